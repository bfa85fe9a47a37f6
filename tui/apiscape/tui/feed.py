"""What is asked of the inventory, in a thread: all of it once, then what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from apiscape.client.inventory import Inventory, ScopeStatus, Summary
from apiscape.errors import NotKept
from apiscape.model.row import Row
from apiscape.model.run import EstateEntry
from apiscape.model.vocabulary import Presence
from apiscape.query import View, format_view, shows_hidden
from apiscape.query.syntax import AnyOf, Literal
from apiscape.tui.store import ColumnStore

MOST_AT_ONCE = 640
"""Changed rows beyond so many cost less as a new snapshot."""

UIDS_A_VIEW = 64
"""Values that one list of a view may hold."""

PAGE_ROWS = 1_000
MOST_ROWS = 20_000
"""Rows that are fetched for one view, besides those of the snapshot."""

HIDDEN = AnyOf("presence", (Literal(Presence.SUPERSEDED.value), Literal(Presence.RETIRED.value)))
"""Among these are the rows that a snapshot leaves out."""


FIRST_STALE_S = 900.0
"""How old the first snapshot may be: it is there at once, and a new one follows where it is not the newest."""


class Around(msgspec.Struct, frozen=True):
    """What the rows rest on.

    Attributes:
        outlived: Whether scopes were visited since the rows were read, so that they should be read again.
    """

    summary: Summary
    scopes: tuple[ScopeStatus, ...]
    estate: tuple[EstateEntry, ...]
    outlived: bool = False

    @property
    def stamp(self) -> tuple[tuple[str, int, str], ...]:
        """What differs as soon as any scope was visited again."""
        return tuple(
            (status.scope.key, status.last_run.generation, status.last_run.outcome)
            for status in self.scopes
            if status.last_run
        )


class Answer(msgspec.Struct, frozen=True):
    """What a view lists: uids in order, of rows in a store.

    Attributes:
        left_out: Rows that were not fetched, for there are too many.
        is_whole: Whether the store holds all rows that were asked, so that its size is their number.
    """

    store: ColumnStore
    uids: tuple[str, ...]
    undecided: int
    left_out: int = 0
    is_whole: bool = False


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


def begin(inventory: Inventory) -> Loaded:
    """Return everything, soon: a snapshot that stands ready; `follow` brings a newer one where it is not the newest.

    Raises:
        ApiscapeError: the inventory does not answer.
    """
    loaded = load(inventory, FIRST_STALE_S)
    runs = (status.last_run for status in loaded.around.scopes if status.last_run)
    if all((run.ended_at or run.started_at) < loaded.taken_at for run in runs):
        return loaded
    around = msgspec.structs.replace(loaded.around, outlived=True)
    return msgspec.structs.replace(loaded, around=around)


def load(inventory: Inventory, stale_s: float = 0.0) -> Loaded:
    """Return everything; rows may be so many seconds old.

    Raises:
        ApiscapeError: the inventory does not answer.
    """
    around = look_around(inventory)
    snapshot = inventory.snapshot(stale_s=stale_s)
    return Loaded(ColumnStore.of(snapshot), snapshot.taken_at, around)


def follow(inventory: Inventory, seq: int, before: Around) -> Loaded | Followed:
    """Return what changed after a sequence number; everything, where that is less work.

    A scope that was visited again may have changed the freshness of all its rows without a
    change in the log, so that calls for everything too; and so does a log that is another one.

    Raises:
        ApiscapeError: the inventory does not answer.
    """
    try:
        page = inventory.changes(after=seq, limit=MOST_AT_ONCE)
    except NotKept:
        return load(inventory)
    around = look_around(inventory)
    uids = sorted({change.uid for change in page.items})
    if before.outlived or around.stamp != before.stamp or len(page.items) >= MOST_AT_ONCE:
        return load(inventory)
    rows = _fetch(inventory, uids)
    return Followed(
        seq=page.last_seq,
        rows=tuple(rows),
        gone=frozenset(uids) - {row.uid for row in rows},
        around=around,
    )


def _fetch(inventory: Inventory, uids: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for start in range(0, len(uids), UIDS_A_VIEW):
        view = f"uid:{','.join(uids[start : start + UIDS_A_VIEW])}"
        rows += inventory.page(view, limit=UIDS_A_VIEW).items
    return rows


def answer(inventory: Inventory, view: View, store: ColumnStore) -> Answer:
    """Return what a view lists that the columns of a snapshot cannot answer.

    Raises:
        ApiscapeError: the inventory does not answer; nothing is kept of the time that is asked for.
    """
    if view.at is not None:
        rows, undecided, left_out = _fetch_view(inventory, view)
        uids = tuple(row.uid for row in rows)
        return Answer(ColumnStore.of_rows(rows), uids, undecided, left_out)
    selection = inventory.select(format_view(view))
    asked = selection.uids
    hidden = asked if shows_hidden(view) else ()
    missing = {uid for uid in hidden if uid not in store.row_of}
    if not missing:
        return Answer(store, asked, selection.undecided, is_whole=not shows_hidden(view))
    narrowed = msgspec.structs.replace(view, terms=(*view.terms, HIDDEN), sort=())
    rows, _undecided, _left_out = _fetch_view(inventory, narrowed)
    fetched = [row for row in rows if row.uid in missing]
    listed = store.rebuilt(fetched, store.row_of.keys() - set(asked), store.seq)
    return Answer(listed, asked, selection.undecided)


def _fetch_view(inventory: Inventory, view: View) -> tuple[list[Row], int, int]:
    """Return the rows of a view, how many are undecided, and how many rows were left there."""
    text = format_view(view)
    rows: list[Row] = []
    after: str | None = None
    while True:
        page = inventory.page(text, limit=PAGE_ROWS, after=after)
        rows += page.items
        after = page.next
        if after is None or len(rows) >= MOST_ROWS:
            return rows, page.undecided, page.matched - len(rows) if after else 0
