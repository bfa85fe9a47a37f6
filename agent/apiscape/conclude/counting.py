"""Whether all is known of what stands around: which listings tell it, and which of them were read whole.

Listings of consumers tell how many are let in, those of front doors by which names callers come.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache

from apiscape.collectors.contract import TellsConsumers
from apiscape.collectors.reaches import MakesHosts
from apiscape.collectors.registry import PlugInError, load_collector, load_collectors, products_of
from apiscape.conclude.sighting import Sight, look_for_doors
from apiscape.model.entity import Entity
from apiscape.model.surroundings import FrontDoor
from apiscape.store import Store, Visited

ToldBy = Callable[[str], tuple[str, ...]]
"""Of a product: the products that its listing, read whole, names all consumers of."""

FRONT_DOORS = "front doors"
"""Where the store keeps whether all front doors, and where they lead, were known the last time: 1 where they were."""

_CURSOR = "consumers {key}"
_OPEN = "front doors before "
"""Begins the names of the cursors that keep, for each scope, whether front doors may lead there that nobody saw."""


class Turned(Entity, frozen=True):
    """A listing of consumers that tells now and did not before, or the other way round; so of front doors of a place.

    Attributes:
        cursor: Where the store keeps what it was; `state`: what it is, 1 where it tells, or leaves open.
        of: Keys of the scopes that it tells of.
    """

    cursor: str
    state: int
    of: tuple[str, ...]


class Telling(Entity, frozen=True):
    """Of which scopes all consumers are known, and what turned since the last time.

    Attributes:
        told: Keys of scopes.
        sight: Where front doors were looked at.
    """

    told: frozenset[str] = frozenset()
    sight: Sight = Sight()
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
    doors = store.surroundings.current(FrontDoor)
    sight = look_for_doors(visited, store.estate.load(), doors)
    turned += _turned_sight(kept.cursors(_OPEN), sight.open)
    return Telling(told=frozenset(told - untold), sight=sight, turned=tuple(turned))


def _turned_sight(kept: Mapping[str, int], now: Collection[str]) -> Iterator[Turned]:
    """Yield the scopes to which unseen front doors may lead now and might not before, or the other way round."""
    before = {name.removeprefix(_OPEN) for name, state in kept.items() if state}
    for key in sorted(before ^ set(now)):
        yield Turned(cursor=f"{_OPEN}{key}", state=int(key in now), of=(key,))


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
def installed_forms(
    provider: str, visited: frozenset[str] = frozenset()
) -> dict[str, tuple[str, ...]]:
    """Return the hosts that a provider's services make, by product, as its collectors say and those that visited."""
    loaded = load_collectors(sorted({*products_of(provider), *visited}))
    return {
        product: collector.generated_hosts
        for product, collector in loaded
        if isinstance(collector, MakesHosts)
    }


@cache
def told_by_installed(product: str) -> tuple[str, ...]:
    """Return what an installed collector says of itself; nothing where it is not installed."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return ()
    return collector.consumers_of if isinstance(collector, TellsConsumers) else ()
