"""Whether it is known how many are let in: which listings tell it, and which of them were read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from apiscape.collectors.contract import TellsConsumers
from apiscape.collectors.registry import PlugInError, load_collector
from apiscape.model.entity import Entity
from apiscape.store import Conclusions, Visited

ToldBy = Callable[[str], tuple[str, ...]]
"""Of a product: the products that its listing, read whole, names all consumers of."""

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
    """

    told: frozenset[str] = frozenset()
    turned: tuple[Turned, ...] = ()


def read_telling(kept: Conclusions, told_by: ToldBy) -> Telling:
    """Return of which scopes all consumers are known, as the newest runs left it."""
    told: set[str] = set()
    untold: set[str] = set()
    turned: list[Turned] = []
    for listing, of in listings(kept.visited(), told_by):
        (told if listing.whole else untold).update(of)
        cursor, state = _CURSOR.format(key=listing.key), int(listing.whole)
        if kept.cursor(cursor) != state:
            turned.append(Turned(cursor=cursor, state=state, of=of))
    return Telling(told=frozenset(told - untold), turned=tuple(turned))


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
def told_by_installed(product: str) -> tuple[str, ...]:
    """Return what an installed collector says of itself; nothing where it is not installed."""
    try:
        collector = load_collector(product)
    except PlugInError:
        return ()
    return collector.consumers_of if isinstance(collector, TellsConsumers) else ()
