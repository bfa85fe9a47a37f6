"""What callers are asked for in truth: by the weakest of all names that a deployment is reached by. Pure.

A front door that asks for a client certificate, has a firewall, or stands in another network before the
gateway, guards nothing as long as the same deployment answers by a name that does not. An unseen name can
only make it worse: whatever is not known makes a good result unknown, and never a bad one good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Access
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Bypass, Exposure, Switch

MOST_REASONS = 20
"""Reasons that are kept: names by the hundred lack the same."""

_INSIDE = frozenset({Exposure.PRIVATE, Exposure.CLUSTER})
_NOT_ALL_SEEN = "not every front door could be looked at"


class Name(Entity, frozen=True):
    """One name that a deployment is reached by: its own address, or a front door's.

    Attributes:
        title: As it is told (`https://api.example`).
        door: Uid of the front door; `None` for an address of its own.
        enabled: Whether it is served.
        mtls, waf: What is asked and looked at by the name itself; words of `Switch`.
        sends: Headers that the front door adds, by which what stands behind may know it.
        asks_address: Whether it stands before the gateway, and is none of the gateway itself.
    """

    title: str
    door: str | None = None
    exposure: str = Exposure.UNKNOWN
    enabled: bool | Unknown = UNKNOWN
    mtls: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    sends: tuple[str, ...] = ()
    asks_address: bool = False


class Measure(Entity, frozen=True):
    """Something that a front door may have and another name may lack.

    Attributes:
        noun: What it is.
        title: As it is told of what lacks it: `answers without …`.
        state: Returns a word of `Switch` for a name.
    """

    noun: str
    title: str
    state: Callable[[Name], str]


def own_names(item: Deployment) -> tuple[Name, ...] | Unknown:
    """Return the addresses that a deployment answers at itself; unknown where nobody could look."""
    if not is_known(item.endpoints):
        return UNKNOWN
    return tuple(
        Name(
            title=each.url,
            exposure=each.exposure,
            enabled=each.enabled,
            mtls=each.mtls,
            waf=Switch.DISABLED,
        )
        for each in item.endpoints
        if each.enabled is not False
    )


def judge_access(
    doors: Iterable[Name],
    own: Sequence[Name] | Unknown,
    *,
    firewall: str = Switch.UNKNOWN,
    whole: bool,
) -> Access:
    """Return what callers must show in truth, and whether they can go around what guards.

    Args:
        doors: Front doors that lead to the deployment, names in DNS not among them.
        own: Its own addresses.
        firewall: Whether the deployment has a firewall of its own, behind all of its names.
        whole: Whether every front door that there may be was looked at.
    """
    names = tuple(dict.fromkeys((*doors, *(own if is_known(own) else ()))))
    served = tuple(name for name in names if name.enabled is not False)
    seen = whole and is_known(own)
    bypass, reasons = _judge_bypass(served, firewall, seen=seen)
    mtls, weaker = _judge_mtls(served, seen=seen)
    told = tuple(dict.fromkeys((*reasons, *weaker)))
    return Access(mtls=mtls, bypass=bypass, reasons=told[:MOST_REASONS])


def _judge_mtls(names: Sequence[Name], *, seen: bool) -> tuple[str, tuple[str, ...]]:
    """Return whether a client certificate is asked for by every name, and which asks for none."""
    without = [name for name in names if name.mtls == Switch.DISABLED and name.enabled is True]
    asking = [name for name in names if name.mtls == Switch.ENABLED]
    if without:
        told = (f"{each.title} asks for no client certificate" for each in without if asking)
        return Switch.DISABLED, tuple(told)
    if seen and names and len(asking) == len(names):
        return Switch.ENABLED, ()
    return Switch.UNKNOWN, (() if seen or not asking else (_NOT_ALL_SEEN,))


def _judge_bypass(
    names: Sequence[Name], firewall: str, *, seen: bool
) -> tuple[str | None, tuple[str, ...]]:
    """Return whether a front door can be gone around, and by what."""
    certain: list[str] = []
    doubts: list[str] = [] if seen else [_NOT_ALL_SEEN]
    guards = [
        (guard, measure)
        for guard in names
        if guard.door is not None
        for measure in _measures(guard, firewall)
    ]
    for guard, measure in guards:
        if measure.state(guard) == Switch.UNKNOWN:
            doubts.append(f"whether {guard.title} has {measure.noun} is not known")
            continue
        for other in names:
            if other.door != guard.door:
                sure, doubtful = _compare(guard, other, measure)
                certain += sure
                doubts += doubtful
    if certain:
        return Bypass.YES, tuple(certain)
    if doubts:
        return Bypass.UNKNOWN, tuple(doubts)
    return (Bypass.NO if guards else None), ()


def _measures(guard: Name, firewall: str) -> Iterator[Measure]:
    """Yield what a front door has, or may have, that other names could lack.

    A firewall behind all names is lacked by none; where nobody knows of one there, it may be there.
    """
    if guard.mtls != Switch.DISABLED:
        title = f"the client certificate that {guard.title} asks for"
        yield Measure("a client certificate to ask for", title, lambda name: name.mtls)
    if guard.waf != Switch.DISABLED and firewall != Switch.ENABLED:
        state = _own_firewall if firewall == Switch.DISABLED else _some_firewall
        yield Measure("a firewall", f"the firewall of {guard.title}", state)
    if guard.asks_address:
        yield Measure("a way of its own", f"passing {guard.title}", _passage)


def _own_firewall(name: Name) -> str:
    return name.waf


def _some_firewall(name: Name) -> str:
    """Say whether a name has a firewall, where there may be one behind it as well."""
    return Switch.ENABLED if name.waf == Switch.ENABLED else Switch.UNKNOWN


def _passage(name: Name) -> str:
    """Say whether a name is asked by way of another network than the gateway's own."""
    return Switch.ENABLED if name.asks_address else Switch.DISABLED


def _compare(guard: Name, other: Name, measure: Measure) -> tuple[list[str], list[str]]:
    """Return by what a guard is gone around for certain, and what leaves that open."""
    state = measure.state(other)
    within = _is_open_to_callers_of(guard, other)
    if state == Switch.ENABLED or within is False:
        return [], []
    words = f"{other.title} answers without {measure.title}"
    if state == Switch.UNKNOWN or other.enabled is not True or within is None:
        return [], [f"whether {words} is not known"]
    if guard.sends:
        headers = ", ".join(guard.sends)
        return [], [f"{words}, unless it asks for what is sent by that ({headers})"]
    return [words], []


def _is_open_to_callers_of(guard: Name, other: Name) -> bool | None:
    """Say whether callers who reach a front door reach another name as well; `None` where it is not known."""
    if other.exposure == Exposure.INTERNET:
        return True
    if other.exposure not in _INSIDE:
        return None
    if guard.exposure in _INSIDE:
        return True
    return False if guard.exposure == Exposure.INTERNET else None
