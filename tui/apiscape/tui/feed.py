"""What is asked of the inventory, in a thread: all of it once, then what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from apiscape.client.inventory import Inventory, ScopeStatus, Summary
from apiscape.model.row import Row
from apiscape.model.run import EstateEntry
from apiscape.model.vocabulary import Presence
from apiscape.query import View, format_view
from apiscape.tui.store import ColumnStore

MOST_AT_ONCE = 640
"""Changed rows beyond so many cost less as a new snapshot."""

UIDS_A_VIEW = 64
"""Values that one list of a view may hold."""

PAGE_ROWS = 1_000
MOST_ROWS_AS_OF = 20_000
"""Rows of another time that are fetched."""


class Around(msgspec.Struct, frozen=True):
    """What the rows rest on."""

    summary: Summary
    scopes: tuple[ScopeStatus, ...]
    estate: tuple[EstateEntry, ...]

    @property
    def stamp(self) -> tuple[tuple[str, int, str], ...]:
        """What differs as soon as any scope was visited again."""
        return tuple(
            (status.scope.key, status.last_run.generation, status.last_run.outcome)
            for status in self.scopes
            if status.last_run
        )


class Answer(msgspec.Struct, frozen=True):
    """What a view lists: uids in order, of rows in a store; `left_out` rows more were not fetched."""

    store: ColumnStore
    uids: tuple[str, ...]
    undecided: int
    left_out: int = 0


class Loaded(msgspec.Struct, frozen=True):
    """Everything."""

    store: ColumnStore
    taken_at: datetime
    around: Around


class Followed(msgspec.Struct, frozen=True):
    """What changed since a sequence number: rows as they are now, and uids that are gone."""

    seq: int
    rows: tuple[Row, ...]
    gone: frozenset[str]
    around: Around


def look_around(inventory: Inventory) -> Around:
    """Return what the rows rest on."""
    return Around(inventory.summary(), inventory.scopes(), inventory.estate())


def load(inventory: Inventory) -> Loaded:
    """Return everything.

    Raises:
        ApiscapeError: the inventory does not answer.
    """
    around = look_around(inventory)
    snapshot = inventory.snapshot()
    return Loaded(ColumnStore.of(snapshot), snapshot.taken_at, around)


def follow(inventory: Inventory, seq: int, before: Around) -> Loaded | Followed:
    """Return what changed after a sequence number; everything, where that is less work.

    A scope that was visited again may have changed the freshness of all its rows without a
    change in the log, so that calls for everything too.

    Raises:
        ApiscapeError: the inventory does not answer.
    """
    page = inventory.changes(after=seq, limit=MOST_AT_ONCE)
    around = look_around(inventory)
    uids = sorted({change.uid for change in page.items})
    if around.stamp != before.stamp or len(page.items) >= MOST_AT_ONCE:
        return load(inventory)
    rows = _fetch(inventory, uids)
    there = {row.uid for row in rows if row.presence != Presence.RETIRED}
    return Followed(
        seq=page.last_seq,
        rows=tuple(row for row in rows if row.uid in there),
        gone=frozenset(uids) - there,
        around=around,
    )


def _fetch(inventory: Inventory, uids: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for start in range(0, len(uids), UIDS_A_VIEW):
        view = f"uid:{','.join(uids[start : start + UIDS_A_VIEW])}"
        rows += inventory.page(view, limit=UIDS_A_VIEW).items
    return rows


def answer(inventory: Inventory, view: View, store: ColumnStore) -> Answer:
    """Return what a view lists that the columns alone cannot answer.

    Raises:
        NotKept: nothing is kept of the time that it asks for.
    """
    text = format_view(view)
    if view.at is None:
        selection = inventory.select(text)
        return Answer(store, selection.uids, selection.undecided)
    rows: list[Row] = []
    after: str | None = None
    while True:
        page = inventory.page(text, limit=PAGE_ROWS, after=after)
        rows += page.items
        after = page.next
        if after is None or len(rows) >= MOST_ROWS_AS_OF:
            break
    past = ColumnStore.of_rows(rows)
    left_out = page.matched - len(rows) if after else 0
    return Answer(past, tuple(row.uid for row in rows), page.undecided, left_out)
