"""Whether all front doors that may lead somewhere were looked at: known place by place, and never assumed.

Doors of some products lead to APIs of their own account and region alone, those of others to any address. A
listing of the former that falls short leaves open what stands in its place, one of the latter leaves all open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from apiscape.collectors.reaches import LeadsToApis, LeadsWithinReach
from apiscape.collectors.registry import PlugInError, load_collector
from apiscape.model.entity import Entity
from apiscape.model.run import EstateEntry
from apiscape.model.surroundings import FrontDoor
from apiscape.model.values import is_known
from apiscape.model.vocabulary import ReachState
from apiscape.store import Visited

TellsDoors = Callable[[str], bool]
"""Of a product: whether its listing tells front doors."""


class Within(Entity, frozen=True):
    """Front doors of a kind that lead to APIs of some products, in their own account and region, alone."""

    kind: str
    products: tuple[str, ...]


LeadsWithin = Callable[[str], Within | None]
"""Of a product: how far its front doors lead; `None` where to any address."""


class Sight(Entity, frozen=True):
    """Where front doors were looked at.

    Attributes:
        everywhere: Whether all of those that may lead to any address were, and whether anybody looked at all.
        open: Keys of the scopes to which others may lead that nobody saw.
        narrow: Kinds of front doors that lead to their own account and region alone.
    """

    everywhere: bool = False
    open: frozenset[str] = frozenset()
    narrow: frozenset[str] = frozenset()


@cache
def tells_doors(product: str) -> bool:
    """Say whether an installed collector tells front doors."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return False
    return isinstance(collector, LeadsToApis) and collector.tells_front_doors


@cache
def leads_within(product: str) -> Within | None:
    """Return how far the front doors of an installed collector lead."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return None
    if not isinstance(collector, LeadsWithinReach):
        return None
    return Within(collector.door_kind, collector.leads_only_to)


def look_for_doors(
    visited: Iterable[Visited], estate: Iterable[EstateEntry], doors: Iterable[FrontDoor]
) -> Sight:
    """Return where front doors were looked at, as the newest runs left it."""
    scopes, entries = tuple(visited), tuple(estate)
    narrow = {
        within.kind: within.products
        for product in dict.fromkeys(scope.product for scope in scopes)
        if tells_doors(product) and (within := leads_within(product))
    }
    lost = frozenset(_open_by_doors(scopes, doors, narrow))
    return Sight(
        everywhere=saw_every_door(scopes, tells_doors, entries),
        open=lost | frozenset(open_by_listings(scopes, tells_doors, entries)),
        narrow=frozenset(narrow),
    )


def saw_every_door(
    visited: Iterable[Visited],
    tells: TellsDoors,
    estate: Iterable[EstateEntry] = (),
    within: LeadsWithin = leads_within,
) -> bool:
    """Say whether every scope was read whole that tells front doors which may lead to any address.

    Without any that tells front doors, nobody looked. Where there turned out to be nothing to look at, there are
    none. In a reach of the estate that is still to be visited there may be some.
    """
    telling = [scope for scope in visited if tells(scope.product)]
    wide = [scope for scope in telling if within(scope.product) is None]
    if not any(scope.whole for scope in telling):
        return False
    whole = all(scope.whole or scope.absent for scope in wide)
    return whole and not any(_unbegun(wide, estate))


def open_by_listings(
    visited: Iterable[Visited],
    tells: TellsDoors,
    estate: Iterable[EstateEntry] = (),
    within: LeadsWithin = leads_within,
) -> Iterator[str]:
    """Yield the keys of scopes to which front doors may lead whose listing, of the same reach, fell short."""
    scopes = tuple(visited)
    near = [scope for scope in scopes if tells(scope.product) and within(scope.product)]
    short = [(scope.reach, scope.product) for scope in near if not (scope.whole or scope.absent)]
    short += [(entry.key, product) for entry, product in _unbegun(near, estate)]
    for reach, product in dict.fromkeys(short):
        leading = within(product)
        products = leading.products if leading else ()
        yield from (each.key for each in scopes if each.reach == reach and each.product in products)


def _unbegun(
    telling: Iterable[Visited], estate: Iterable[EstateEntry]
) -> Iterator[tuple[EstateEntry, str]]:
    """Yield the reaches of the estate in which a product of front doors is still to be visited."""
    held = tuple(telling)
    begun = {(scope.source, scope.product, scope.reach) for scope in held}
    products = dict.fromkeys((scope.source, scope.product) for scope in held)
    for entry in estate:
        for source, product in products:
            asked = entry.source == source and entry.state == ReachState.VISITED
            if asked and not any((source, product, place) in begun for place in _places(entry)):
                yield entry, product


def _places(entry: EstateEntry) -> tuple[str, str]:
    """Return where a product of a reach is visited: in the reach, or once in the account that it lies in."""
    return entry.key, entry.key.partition("/")[0]


def _open_by_doors(
    scopes: Iterable[Visited], doors: Iterable[FrontDoor], narrow: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield the keys of scopes to which front doors may lead of which nobody knows where they do."""
    lost = {
        (door.provider, door.account, door.region, product)
        for door in doors
        if not tells_where(door)
        for product in narrow.get(door.native_kind, ())
    }
    for scope in scopes if lost else ():
        if (scope.provider, scope.account, scope.region, scope.product) in lost:
            yield scope.key


def tell_where(doors: Iterable[FrontDoor], narrow: frozenset[str] = frozenset()) -> bool:
    """Say whether of all these front doors it is known where they lead, as far as that matters everywhere."""
    return all(tells_where(door) for door in doors if door.native_kind not in narrow)


def tells_where(door: FrontDoor) -> bool:
    """Say whether it is known where a front door leads, or that it does not matter."""
    return is_known(door.routes) or door.is_name or door.endpoint.enabled is False
