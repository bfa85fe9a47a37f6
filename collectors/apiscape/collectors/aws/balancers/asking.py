"""What a rule asks of callers: the actions before the one that sends a request on. Pure.

An action that signs callers in holds everywhere but on plain HTTP, where AWS takes none. Where it
lets through whoever does not sign in (`allow`), nothing is enforced. The secret that a load balancer
shows an issuer is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.balancers.rules import HTTPS, NO_API, Rule
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.collectors.specs import clean_address
from apiscape.model.security import UNKNOWN_SECURITY, Scheme, Security, summarise_requirement
from apiscape.model.vocabulary import Requirement, SchemeKind, Switch

FORWARD = "forward"
_OTHERWISE = {
    "authenticate": Requirement.REQUIRED,
    "deny": Requirement.REQUIRED,
    "allow": Requirement.OPTIONAL,
}
"""What becomes of whoever does not sign in."""


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What one action, or the listener, asks."""

    requirement: str
    scheme: Scheme | None
    words: str


def read_security(rule: Rule) -> Security:
    """Return what a rule asks of callers, with the listener's part in it."""
    asked = [*_of_listener(rule), *_of_actions(rule)]
    said = [*(each.words for each in asked), *rule.door.notes, *rule.besides, *rule.transforms]
    evidence = f"{rule.words}: {'; '.join(said) or 'asks nothing'}"
    words = {each.requirement for each in asked}
    for requirement in (Requirement.REQUIRED, Requirement.UNKNOWN, Requirement.OPTIONAL):
        if requirement in words:
            schemes = tuple(
                each.scheme for each in asked if each.scheme and each.requirement == requirement
            )
            return Security(requirement=requirement, schemes=schemes, evidence=evidence)
    return Security(requirement=Requirement.NONE, evidence=evidence)


def merge(securities: Sequence[Security]) -> Security:
    """Return what is asked by all of several rules for one operation; mixed where they differ."""
    first = securities[0] if securities else UNKNOWN_SECURITY
    evidence = "; ".join(dict.fromkeys(each.evidence for each in securities if each.evidence))
    plain = {(each.requirement, each.schemes) for each in securities}
    if len(plain) <= 1:
        return msgspec.structs.replace(first, evidence=evidence or None)
    words = summarise_requirement(securities)
    if any(each.requirement == Requirement.UNKNOWN for each in securities):
        words = Requirement.UNKNOWN
    return Security(requirement=words, evidence=evidence or None)


def _of_listener(rule: Rule) -> Iterator[Asked]:
    door = rule.door
    if door.mtls == Switch.ENABLED:
        yield Asked(Requirement.REQUIRED, door.certificate, "client certificate")
    elif door.mtls == Switch.UNKNOWN:
        yield Asked(
            Requirement.UNKNOWN, None, "whether a client certificate is asked for is not said"
        )


def _of_actions(rule: Rule) -> Iterator[Asked]:
    if not rule.actions:
        yield Asked(Requirement.UNKNOWN, None, "its actions are not said")
    for action in rule.actions:
        kind = text(action, "Type") or "?"
        if kind == FORWARD or kind in NO_API:
            continue
        read = _READERS.get(kind)
        if read is None:
            yield Asked(Requirement.UNKNOWN, None, f"action {kind}")
        elif rule.door.protocol != HTTPS:
            yield Asked(Requirement.UNKNOWN, None, f"{kind} without HTTPS")
        else:
            yield read(action)


def _oidc(action: Item) -> Asked:
    given = part(action, "AuthenticateOidcConfig")
    return _sign_in("authenticate-oidc", given, _address(given, "Issuer"))


def _cognito(action: Item) -> Asked:
    given = part(action, "AuthenticateCognitoConfig")
    return _sign_in("authenticate-cognito", given, text(given, "UserPoolArn"))


def _sign_in(kind: str, given: Item, issuer: str | None) -> Asked:
    otherwise = text(given, "OnUnauthenticatedRequest")
    requirement = _OTHERWISE.get(otherwise or "", Requirement.UNKNOWN)
    scheme = Scheme(kind=SchemeKind.OIDC, issuer=issuer)
    return Asked(requirement, scheme, f"{kind}, otherwise {otherwise or 'not said'}")


def _jwt(action: Item) -> Asked:
    issuer = _address(part(action, "JwtValidationConfig"), "Issuer")
    scheme = Scheme(kind=SchemeKind.JWT, location="header:Authorization", issuer=issuer)
    return Asked(Requirement.REQUIRED, scheme, "jwt-validation")


def _address(given: Item, key: str) -> str | None:
    url = text(given, key)
    return clean_address(url) if url else None


_READERS: dict[str, Callable[[Item], Asked]] = {
    "authenticate-oidc": _oidc,
    "authenticate-cognito": _cognito,
    "jwt-validation": _jwt,
}
