"""The view that a list shows: its text, what it means, and what it found last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from apiscape.errors import ApiscapeError
from apiscape.query import EVERYTHING, View, format_view, needs_store, parse
from apiscape.tui import view_edits
from apiscape.tui.feed import Answer
from apiscape.tui.store import ColumnStore, Found

EDITS: Mapping[str, Callable[[View, Sequence[str]], View]] = {
    "faulty": lambda view, _fields: view_edits.toggle_term(view, view_edits.FAULTY),
    "undecided": lambda view, _fields: view_edits.toggle_undecided(view),
    "reverse": lambda view, _fields: view_edits.reverse(view),
    "sort_left": lambda view, fields: view_edits.sort_beside(view, fields, -1),
    "sort_right": lambda view, fields: view_edits.sort_beside(view, fields, 1),
    "clear": lambda view, _fields: view_edits.without_terms(view),
}
"""What one key does to the view; the fields are those of the columns shown."""


class Listing:
    """One view over one store; what cannot be read leaves the last good result standing."""

    def __init__(self) -> None:
        """Begin with everything of nothing."""
        self.view: View = EVERYTHING
        self.store = ColumnStore()
        self.found = Found(())
        self.error: ApiscapeError | None = None
        self._answered: View | None = EVERYTHING
        self._is_whole = True

    @property
    def text(self) -> str:
        """The view as text."""
        return format_view(self.view)

    @property
    def asks_store(self) -> bool:
        """Whether the columns alone cannot answer."""
        return needs_store(self.view)

    @property
    def is_answered(self) -> bool:
        """Whether what was found is of this view; else it is of one before, until there is an answer."""
        return self._answered == self.view

    @property
    def total(self) -> int | None:
        """Out of how many rows the view chose; `None` where nobody counted those."""
        return len(self.store) if self._is_whole else None

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The field that the rows are sorted by first, and whether it descends."""
        first = self.view.sort[0] if self.view.sort else None
        return (first.field, first.descending) if first else ("name", False)

    def read(self, text: str) -> None:
        """Take another view.

        Raises:
            QueryError: the text is not a view; the one before stays.
        """
        self.view = parse(text)

    def evaluate(self, store: ColumnStore, now: datetime) -> None:
        """Find the rows of the view in the columns."""
        self._settle(store, store.evaluate(self.view, now), is_whole=True)

    def take(self, given: Answer) -> None:
        """Take rows that the inventory was asked for; those not in the columns are counted as left out.

        Where the view has no order of its own, they stand in that of the columns.
        """
        rows = [given.store.row_of[uid] for uid in given.uids if uid in given.store.row_of]
        missed = len(given.uids) - len(rows)
        listed = rows if self.view.sort else sorted(rows)
        found = Found(listed, given.undecided, given.left_out + missed)
        self._settle(given.store, found, is_whole=given.is_whole)

    def refuse(self, error: ApiscapeError) -> None:
        """Take no for an answer: rows of the view before do not stand for this one."""
        if not self.is_answered or self.error:
            self._settle(ColumnStore(), Found(()), is_whole=False, error=error)

    def _settle(
        self,
        store: ColumnStore,
        found: Found,
        *,
        is_whole: bool,
        error: ApiscapeError | None = None,
    ) -> None:
        self.store, self.found, self.error = store, found, error
        self._answered, self._is_whole = self.view, is_whole
