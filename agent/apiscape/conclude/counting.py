"""Whether all is known of what stands around: which listings tell it, and which of them were read whole.

Listings of consumers tell how many are let in, those of front doors by which names callers come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from apiscape.collectors.contract import TellsConsumers
from apiscape.collectors.reaches import LeadsToApis, MakesHosts
from apiscape.collectors.registry import PlugInError, collector_names, load_collector
from apiscape.model.entity import Entity
from apiscape.model.run import EstateEntry
from apiscape.model.vocabulary import ReachState
from apiscape.store import Store, Visited

ToldBy = Callable[[str], tuple[str, ...]]
"""Of a product: the products that its listing, read whole, names all consumers of."""

TellsDoors = Callable[[str], bool]
"""Of a product: whether its listing tells front doors."""

FRONT_DOORS = "front doors"
"""Where the store keeps whether all front doors, and where they lead, were known the last time: 1 where they were."""

_CURSOR = "consumers {key}"


class Turned(Entity, frozen=True):
    """A listing of consumers that tells now and did not before, or the other way round.

    Attributes:
        cursor: Where the store keeps what it was; `state`: what it is, 1 where it tells.
        of: Keys of the scopes that it tells of.
    """

    cursor: str
    state: int
    of: tuple[str, ...]


class Telling(Entity, frozen=True):
    """Of which scopes all consumers are known, and what turned since the last time.

    Attributes:
        told: Keys of scopes.
        every_door: Whether every scope that tells front doors was read whole, of which there are some.
    """

    told: frozenset[str] = frozenset()
    every_door: bool = False
    turned: tuple[Turned, ...] = ()


def read_telling(store: Store, told_by: ToldBy) -> Telling:
    """Return of which scopes all consumers are known, and whether all front doors are, as the newest runs left it."""
    kept = store.conclusions
    visited = kept.visited()
    told: set[str] = set()
    untold: set[str] = set()
    turned: list[Turned] = []
    for listing, of in listings(visited, told_by):
        (told if listing.whole else untold).update(of)
        cursor, state = _CURSOR.format(key=listing.key), int(listing.whole)
        if kept.cursor(cursor) != state:
            turned.append(Turned(cursor=cursor, state=state, of=of))
    return Telling(
        told=frozenset(told - untold),
        every_door=saw_every_door(visited, tells_doors, store.estate.load()),
        turned=tuple(turned),
    )


def saw_every_door(
    visited: Iterable[Visited], tells: TellsDoors, estate: Iterable[EstateEntry] = ()
) -> bool:
    """Say whether every scope that tells front doors was read whole; without any, nobody looked.

    Where there turned out to be nothing to look at, there are none. In a reach of the estate that is
    still to be visited there may be some.
    """
    telling = [scope for scope in visited if tells(scope.product)]
    whole = all(scope.whole or scope.absent for scope in telling)
    if not (whole and any(scope.whole for scope in telling)):
        return False
    begun = {(scope.source, scope.product, scope.reach) for scope in telling}
    products = {(scope.source, scope.product) for scope in telling}
    return all(
        any((source, product, place) in begun for place in _places(entry))
        for source, product in products
        for entry in estate
        if entry.source == source and entry.state == ReachState.VISITED
    )


def _places(entry: EstateEntry) -> tuple[str, str]:
    """Return where a product of a reach is visited: in the reach, or once in the account that it lies in."""
    return entry.key, entry.key.partition("/")[0]


def listings(
    visited: Iterable[Visited], told_by: ToldBy
) -> Iterator[tuple[Visited, tuple[str, ...]]]:
    """Yield the scopes that list consumers, each with the keys of the scopes beside it that it tells of."""
    scopes = tuple(visited)
    for listing in scopes:
        products = told_by(listing.product)
        if products:
            place = (listing.source, listing.reach)
            yield (
                listing,
                tuple(
                    scope.key
                    for scope in scopes
                    if scope.product in products and (scope.source, scope.reach) == place
                ),
            )


@cache
def tells_doors(product: str) -> bool:
    """Say whether an installed collector tells front doors."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return False
    return isinstance(collector, LeadsToApis) and collector.tells_front_doors


@cache
def installed_forms(provider: str) -> dict[str, tuple[str, ...]]:
    """Return the hosts that the services of a provider make, by product, as installed collectors say."""
    found: dict[str, tuple[str, ...]] = {}
    for product in collector_names(provider):
        try:
            collector = load_collector(product)
        except PlugInError:
            continue
        if isinstance(collector, MakesHosts):
            found[product] = collector.generated_hosts
    return found


@cache
def told_by_installed(product: str) -> tuple[str, ...]:
    """Return what an installed collector says of itself; nothing where it is not installed."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return ()
    return collector.consumers_of if isinstance(collector, TellsConsumers) else ()
