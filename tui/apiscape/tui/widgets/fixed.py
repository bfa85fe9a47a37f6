"""A table of a few rows that are made once: scopes, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from apiscape.tui.lines import Piece
from apiscape.tui.neutralise import neutralise

NO_MARK = Piece(" ")


class Entry(NamedTuple):
    """One row: what it is called, its cells by field, and the sign before it."""

    uid: str
    cells: Mapping[str, Piece]
    mark: Piece = NO_MARK


class FixedTable:
    """Rows in the order given."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        """Take the rows."""
        self.entries = entries
        self._places = {entry.uid: place for place, entry in enumerate(entries)}

    def __len__(self) -> int:
        return len(self.entries)

    def uid_at(self, place: int) -> str:
        """Return what a row is called."""
        return self.entries[place].uid

    def place_of(self, uid: str) -> int | None:
        """Return where a row is shown, `None` where it is not."""
        return self._places.get(uid)

    def cells(self, place: int, fields: Sequence[str]) -> Sequence[Piece]:
        """Return the cells of a row."""
        cells = self.entries[place].cells
        return [cells.get(field, Piece("")) for field in fields]

    def mark_at(self, place: int) -> Piece:
        """Return the sign before a row."""
        return self.entries[place].mark

    def longest(self, field: str) -> int:
        """Return how many cells the longest text of a field takes."""
        texts = (entry.cells[field].text for entry in self.entries if field in entry.cells)
        return max((cell_len(neutralise(text)) for text in texts), default=1)
