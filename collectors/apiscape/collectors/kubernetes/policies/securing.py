"""Several statements on who may call, taken together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apiscape.collectors.kubernetes.objects import Thing
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Requirement, SchemeKind

ISSUERS = 4
"""As many of them are named, where a token may be of any."""


def named(kind: str, policy: Thing) -> str:
    """Return what evidence calls a policy: `SecurityPolicy shop/jwt`."""
    return f"{kind} {policy.key}"


def unknown(evidence: str) -> Security:
    """Return that nobody can tell, and why."""
    return Security(evidence=evidence)


def nothing(evidence: str) -> Security:
    """Return that nothing is asked, and what says so."""
    return Security(requirement=Requirement.NONE, evidence=evidence)


def asked(evidence: str, *schemes: Scheme, optional: bool = False) -> Security:
    """Return that all of these are asked for, or may be shown."""
    word = Requirement.OPTIONAL if optional else Requirement.REQUIRED
    return Security(requirement=word, schemes=schemes, evidence=evidence)


def any_of(schemes: Sequence[Scheme]) -> Scheme:
    """Return one scheme that stands for any of several, as a caller needs one of them only.

    Those of one kind stay of that kind, with what they have in common and all their issuers; those of
    several are a custom one.
    """
    first = schemes[0]
    if len(schemes) == 1:
        return first
    if any(each.kind != first.kind for each in schemes):
        return Scheme(kind=SchemeKind.CUSTOM, native_id=first.native_id)
    issuers = dict.fromkeys(each.issuer for each in schemes if each.issuer)
    is_bound = all(each.issuer for each in schemes)
    is_one_place = len({each.location for each in schemes}) == 1
    return Scheme(
        kind=first.kind,
        location=first.location if is_one_place else None,
        issuer=" or ".join(list(issuers)[:ISSUERS]) if is_bound else None,
        native_id=first.native_id,
    )


def together(securities: Iterable[Security]) -> Security:
    """Return what holds where all of these do: the strictest, with all that is asked for.

    What one of them is known to ask for is asked for, whatever is not known of the others; only where all
    are known to ask for nothing, nothing is asked.
    """
    told = tuple(securities)
    if not told:
        return Security()
    words = {each.requirement for each in told}
    for word in (
        Requirement.REQUIRED,
        Requirement.UNKNOWN,
        Requirement.OPTIONAL,
        Requirement.NONE,
    ):
        if word in words:
            return _as(word, told)
    return Security()


def _as(word: str, told: Iterable[Security]) -> Security:
    those = [each for each in told if each.requirement == word]
    schemes = dict.fromkeys(scheme for each in those for scheme in each.schemes)
    evidence = dict.fromkeys(each.evidence for each in those if each.evidence)
    return Security(requirement=word, schemes=tuple(schemes), evidence="; ".join(evidence) or None)
