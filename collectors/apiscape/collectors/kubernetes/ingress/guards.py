"""What stands before a backend, put together from all that says something of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Requirement, Switch

T = TypeVar("T")

LIMITED = "rate_limit"
"""What a guard calls it in `off` that nothing limits callers but what it says itself."""

SWITCHES = (
    "cors",
    "waf",
    "mtls",
    "request_validation",
    "access_log",
    "tracing",
)
"""Protections of `Exposed` that a guard may tell."""


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What something says of who may call, and of what else stands before a backend.

    Attributes:
        schemes: Asked for together.
        evidence: What says so.
        is_optional: Whether callers who prove nothing are let in too.
        hidden: Where else something may be asked that cannot be seen: without schemes nobody can tell then.
        on: Protections that are there.
        off: Those that are known not to be.
        limits: On how often callers may.
        hides_limits: Whether something is named that may limit callers, and could not be looked at.
        incomplete: What may change all of it.
    """

    schemes: tuple[Scheme, ...] = ()
    evidence: tuple[str, ...] = ()
    is_optional: bool = False
    hidden: tuple[str, ...] = ()
    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    incomplete: tuple[str, ...] = ()
    limits: RateLimits = ()
    hides_limits: bool = False


NOTHING = Guard()


def together(guards: Iterable[Guard]) -> Guard:
    """Return what several say together: optional only where all that ask for something are."""
    told = list(guards)
    asking = [each for each in told if each.schemes]
    return Guard(
        schemes=_each(scheme for each in told for scheme in each.schemes),
        evidence=_each(word for each in told for word in each.evidence),
        is_optional=bool(asking) and all(each.is_optional for each in asking),
        hidden=_each(word for each in told for word in each.hidden),
        on=frozenset().union(*(each.on for each in told)),
        off=frozenset().union(*(each.off for each in told)),
        incomplete=_each(word for each in told for word in each.incomplete),
        limits=_each(limit for each in told for limit in each.limits),
        hides_limits=any(each.hides_limits for each in told),
    )


def limits_of(guard: Guard) -> RateLimits | Unknown:
    """Return the limits that are known to hold; none where nothing else could give any."""
    is_settled = LIMITED in guard.off and not guard.hides_limits
    return guard.limits if guard.limits or is_settled else UNKNOWN


def security_of(guard: Guard, place: str) -> Security:
    """Return what is asked of callers.

    Args:
        guard: All that says something of it.
        place: What was looked at, in words: evidence of that nothing is asked there.
    """
    if guard.schemes:
        requirement = Requirement.OPTIONAL if guard.is_optional else Requirement.REQUIRED
        evidence = "; ".join(guard.evidence)
        return Security(requirement=requirement, schemes=guard.schemes, evidence=evidence)
    if guard.hidden:
        evidence = f"{place} asks for nothing that can be seen; hidden: {'; '.join(guard.hidden)}"
        return Security(evidence=evidence)
    return Security(requirement=Requirement.NONE, evidence=f"{place} asks for nothing")


def switches_of(guards: Iterable[Guard]) -> dict[str, str]:
    """Return the protections that all rules of an API have, or that none has; unknown are those of some alone."""
    told = list(guards)
    found: dict[str, str] = {}
    for name in SWITCHES:
        if told and all(name in each.on for each in told):
            found[name] = Switch.ENABLED
        elif told and all(name in each.off and name not in each.on for each in told):
            found[name] = Switch.DISABLED
    return found


def _each(things: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(things))
