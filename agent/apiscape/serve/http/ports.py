"""What the HTTP API asks of the agent around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from apiscape.client.collected import Collection
from apiscape.client.inventory import Inventory
from apiscape.client.standing import Standing
from apiscape.client.wire import CollectRequest, Paused


class Visits(Protocol):
    """The agent's schedule, as far as callers may touch it. Calls are quick and safe from any thread."""

    def collect(self, asked: CollectRequest) -> Collection:
        """Begin to visit scopes now; return what is known of it so far.

        Raises:
            UsageError: No such source or scope.
            Busy: A collection is under way already.
        """
        ...

    def collection(self, number: str) -> Collection:
        """Return how far a collection is, or what came of it.

        Raises:
            NotFound: There is none of that number, or it was long ago.
        """
        ...

    def pause(self, sources: tuple[str, ...], *, by: str) -> Paused:
        """Start no visit of some sources, or of any, until they are resumed."""
        ...

    def resume(self, sources: tuple[str, ...], *, by: str) -> Paused:
        """Start visits of some sources, or of all, again."""
        ...


def _unheard(_method: str, _route: str, _status: int) -> None:
    """Take no notice."""


class Offer(msgspec.Struct, frozen=True):
    """What is behind the doors.

    Attributes:
        inventory: Answers; its calls block.
        visits: The schedule, `None` where nothing is visited from here.
        version: Gives what changes whenever an answer may; `None` says that nobody knows.
        ready: Says what is not ready yet, in a word or two each.
        standing: Gives how the agent itself fares, `None` where there is no agent around it.
        metrics: Gives the text of `/metrics`: aggregates, no name of anything.
        answered: Told of each answer: method, route as a template (`unmatched` where none is), status.
    """

    inventory: Inventory
    visits: Visits | None = None
    version: Callable[[], int | None] = lambda: None
    ready: Callable[[], tuple[str, ...]] = tuple
    standing: Callable[[], Standing] | None = None
    metrics: Callable[[], str] = str
    answered: Callable[[str, str, int], None] = _unheard
