"""Whether names in DNS still lead to something that exists: dangling ones may be taken over. Pure.

A name dangles where the host that it points at was somebody's, whose scope was read whole and no longer lists
them; or where only scopes that were all read whole could hold it, and none does. Whatever was not looked at
whole makes that unknown, and never fine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from apiscape.model.entity import Entity
from apiscape.model.run import EstateEntry
from apiscape.model.surroundings import DANGLES, Signal
from apiscape.model.values import is_known
from apiscape.model.vocabulary import ReachState
from apiscape.store import Holder, Visited

SOURCE = "conclude"

Forms = Mapping[str, tuple[str, ...]]
"""Of each product: expressions for the hosts that its service makes and no other (`collectors.reaches`)."""


class Ground(Entity, frozen=True):
    """What is known of who holds hosts, and of where that was looked for.

    Attributes:
        standing, gone: Holders by host, those that are listed and those that no longer are.
        natives: Holders that are listed, by the last piece of their native API's id.
        unread: Holders that are listed and whose hosts nobody could look at, by the key of their scope.
        visited: Every scope, by its key; `estate`: every reach.
    """

    standing: dict[str, Holder]
    gone: dict[str, Holder]
    natives: dict[str, Holder]
    unread: dict[str, Holder]
    visited: dict[str, Visited]
    estate: tuple[EstateEntry, ...]


class Made(Entity, frozen=True):
    """What the form of a host tells: whose it may be, and where."""

    products: frozenset[str]
    region: str | None = None
    native: str | None = None


def survey_hosts(
    holders: Iterable[Holder], visited: Iterable[Visited], estate: Iterable[EstateEntry]
) -> Ground:
    """Return who holds which hosts."""
    standing: dict[str, Holder] = {}
    gone: dict[str, Holder] = {}
    natives: dict[str, Holder] = {}
    unread: dict[str, Holder] = {}
    for holder in holders:
        hosts = holder.hosts if is_known(holder.hosts) else ()
        (standing if holder.stands else gone).update(dict.fromkeys(hosts, holder))
        if holder.stands and holder.native:
            natives[holder.native] = holder
        if holder.stands and not is_known(holder.hosts):
            unread[holder.scope] = holder
    return Ground(
        standing=standing,
        gone=gone,
        natives=natives,
        unread=unread,
        visited={scope.key: scope for scope in visited},
        estate=tuple(estate),
    )


def judge_name(pointer: Signal, ground: Ground, forms: Forms, now: datetime) -> Signal:
    """Return whether a name dangles: by the worst of the hosts that it points at, with why.

    Args:
        pointer: The signal that says at which hosts it points.
        ground: Who holds hosts, and where that was looked for.
        forms: The hosts that services make, by the products that there are, visited or not.
        now: Noted as its time.
    """
    found = [judge_host(host, ground, forms) for host in str(pointer.value).split()]
    told = next((each for each in found if each[0]), None)
    told = told or next((each for each in found if each[0] is None), None)
    dangles, why = told or (False, found[0][1]) if found else (None, "it says no host")
    return Signal(pointer.subject_uid, DANGLES, dangles, now, SOURCE, reason=why)


def judge_host(host: str, ground: Ground, forms: Forms) -> tuple[bool | None, str]:
    """Return whether nobody has a host any more, `None` where nobody can tell; and why in words."""
    holder = ground.standing.get(host)
    if holder is not None:
        return False, f"{host} is {holder.title}"
    made = read_form(host, forms)
    held = ground.natives.get(made.native) if made.native else None
    if held is not None:
        return False, f"{host} is {held.title}"
    was = ground.gone.get(host)
    if was is not None:
        seen = ground.visited.get(was.scope)
        if seen is None or not seen.whole:
            return None, f"{host} was {was.title}; {was.scope} was not read whole since"
        return True, f"{host} was {was.title}, which is gone from {was.scope}"
    return _judge_unheard_of(host, made, ground)


def read_form(host: str, forms: Forms) -> Made:
    """Return what the form of a host tells."""
    products: set[str] = set()
    told: dict[str, str] = {}
    for product, patterns in forms.items():
        for match in filter(None, (re.fullmatch(pattern, host) for pattern in patterns)):
            products.add(product)
            told |= match.groupdict()
    return Made(frozenset(products), told.get("region"), told.get("native"))


def _judge_unheard_of(host: str, made: Made, ground: Ground) -> tuple[bool | None, str]:
    """Judge a host that nobody was ever seen with: it dangles only where everybody who might have it was seen."""
    scopes = [
        scope
        for scope in ground.visited.values()
        if scope.product in made.products and _is_of_region(scope.reach, made.region)
    ]
    unread = sorted(made.products - {scope.product for scope in scopes})
    if unread or not scopes:
        return None, f"{host} may be of {unread[0] if unread else 'a service'}, which is not read"
    for scope in scopes:
        if not (scope.whole or scope.absent):
            return None, f"{host} may be in {scope.key}, which was not read whole"
        if scope.key in ground.unread:
            return None, f"{host} may be of {ground.unread[scope.key].title} in {scope.key}"
    unvisited = _unvisited(scopes, made, ground.estate)
    if unvisited is not None:
        return None, f"{host} may be in {unvisited}, which is not read"
    return True, f"{host} is in none of {_count(scopes)} that would hold it"


def _unvisited(scopes: Iterable[Visited], made: Made, estate: Iterable[EstateEntry]) -> str | None:
    """Return a reach of the same sources that may hold something and where not all of it was looked for."""
    seen = {(scope.source, scope.product, scope.reach) for scope in scopes}
    products = {(source, product) for source, product, _ in seen}
    for entry in estate:
        asked = {product for source, product in products if source == entry.source}
        if not asked or not _may_hold(entry, made.region):
            continue
        begun = all((entry.source, product, entry.key) in seen for product in asked)
        if entry.state != ReachState.VISITED or not begun:
            return f"{entry.source}/{entry.key}"
    return None


def _may_hold(entry: EstateEntry, region: str | None) -> bool:
    """Say whether a reach may hold something of a region; one that names none is of a whole account."""
    return "/" not in entry.key or _is_of_region(entry.key, region)


def _is_of_region(reach: str, region: str | None) -> bool:
    return region is None or reach.rpartition("/")[2] == region


def _count(scopes: list[Visited]) -> str:
    return "the one scope" if len(scopes) == 1 else f"the {len(scopes)} scopes"


def judge_names(
    pointers: Mapping[str, Signal], ground: Ground, forms: Forms, now: datetime
) -> dict[str, Signal]:
    """Return the verdicts on names, by their uids."""
    return {uid: judge_name(pointer, ground, forms, now) for uid, pointer in pointers.items()}
