"""Who may call: authentication as the gateway enforces it, per operation."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.model.entity import Entity
from apiscape.model.vocabulary import Requirement


class Scheme(Entity, frozen=True):
    """One way to prove who the caller is. Never holds a credential.

    Attributes:
        kind: A word of `SchemeKind`.
        location: Where it travels (`header:Authorization`, `query:key`, `tls`), if the gateway says.
        issuer: Token issuer or user pool, if the gateway says.
        scopes: Scopes that the token must carry, one of them is enough.
        native_id: The gateway's own id of the authorizer or policy that enforces it.
    """

    kind: str
    location: str | None = None
    issuer: str | None = None
    scopes: tuple[str, ...] = ()
    native_id: str | None = None


class Security(Entity, frozen=True):
    """What the gateway asks of a caller of one operation.

    Attributes:
        requirement: A word of `Requirement`; `required` means every scheme listed is asked for.
        schemes: All that are enforced together.
        evidence: The attachment that says so (`method authorizationType=AWS_IAM`).
    """

    requirement: str = Requirement.UNKNOWN
    schemes: tuple[Scheme, ...] = ()
    evidence: str | None = None


UNKNOWN_SECURITY = Security()
ANONYMOUS = Security(requirement=Requirement.NONE)


def summarise_requirement(securities: Iterable[Security]) -> str:
    """Return the requirement of a set of operations.

    One word for all if they agree; `mixed` if some ask and some do not; `unknown` as soon as
    one is unknown and the rest cannot settle it (an empty set is unknown, never `none`).
    """
    words = {security.requirement for security in securities}
    known = words - {Requirement.UNKNOWN}
    if len(known) > 1:
        return Requirement.MIXED
    if len(words) == 1:
        return words.pop()
    return Requirement.UNKNOWN
