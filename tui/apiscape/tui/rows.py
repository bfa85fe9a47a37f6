"""The inventory as a table for the grid: columns, cells in words, what stands before a row."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from typing import Any

from apiscape.client.words import UNKNOWN_WORD, day, row_state, shown
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Exposure, Freshness, Presence, Requirement
from apiscape.query import FIELDS, Kind, View
from apiscape.tui.lines import Piece
from apiscape.tui.store import ColumnStore
from apiscape.tui.widgets.table import Column

COLUMNS: tuple[Column, ...] = (
    Column("health", "STATE", most=14, rank=0),
    Column("name", "NAME", most=46, rank=1, least=21),
    Column("stage", "STAGE", most=12, rank=2),
    Column("exposure", "EXPOSURE", most=10, rank=3),
    Column("auth", "AUTH", most=10, rank=4),
    Column("owner", "OWNER", most=22, rank=5, least=11, comfort=16),
    Column("environment", "ENV", most=12, rank=6),
    Column("style", "STYLE", most=10, rank=7),
    Column("operations", "OPS", most=6, right=True, rank=8),
    Column("observed", "SEEN", most=8, right=True, rank=9),
    Column("product", "PRODUCT", most=26, rank=10),
    Column("region", "REGION", most=14, rank=11),
    Column("account", "ACCOUNT", most=14, rank=12),
    Column("p95", "P95 MS", most=8, right=True, rank=13),
    Column("5xx", "5XX %", most=7, right=True, rank=14),
    Column("requests", "REQUESTS", most=10, right=True, rank=15),
    Column("lifecycle", "LIFECYCLE", most=11, rank=16),
    Column("spec", "SPEC", most=14, rank=17),
    Column("basis", "BASIS", most=11, rank=18),
    Column("version", "VERSION", most=10, rank=19),
    Column("changed", "CHANGED", most=8, right=True, rank=20),
)
"""Columns of a view that names none, from left to right."""

BESIDE = 14
"""Rank up to which columns show beside other panes; `w` shows them all."""


def columns_of(view: View, *, wide: bool) -> list[Column]:
    """Return the columns of a view: those it names, or the usual ones."""
    if not view.columns:
        return [column for column in COLUMNS if wide or column.rank <= BESIDE]
    usual = {column.field: column for column in COLUMNS}
    return [
        usual.get(name, _column(name))._replace(rank=place)
        for place, name in enumerate(view.columns)
    ]


def telling(columns: Sequence[Column], table: RowTable, sorted_by: str) -> list[Column]:
    """Return the columns without those that say nothing of any row, but for the one that is sorted by."""
    kept = [
        column
        for column in columns
        if column.field == sorted_by or not table.is_blank(column.field)
    ]
    return kept if len(table) else list(columns)


def _column(field: str) -> Column:
    kind = FIELDS[field].kind
    narrow = kind in {Kind.NUMBER, Kind.TIME}
    most = 10 if narrow else 40
    return Column(field, field.upper().replace("_", " "), most=most, right=narrow)


class RowTable:
    """Rows of a view in its order."""

    def __init__(
        self, store: ColumnStore, rows: Sequence[int], now: datetime, fresh: Container[str]
    ) -> None:
        """Take places of rows in a store."""
        self.store = store
        self.rows = rows
        self._now = now
        self._fresh = fresh

    def __len__(self) -> int:
        return len(self.rows)

    def uid_at(self, place: int) -> str:
        """Return the uid of a row."""
        return self.store.uids[self.rows[place]]

    def place_of(self, uid: str) -> int | None:
        """Return where a row is shown, `None` where it is not."""
        row = self.store.row_of.get(uid)
        if row is None:
            return None
        try:
            return self.rows.index(row)
        except ValueError:
            return None

    def longest(self, field: str) -> int:
        """Return how many cells the longest text of a field takes."""
        if field == "health":
            return 2 + max(self.store.longest("health"), self.store.longest("presence"))
        return LENGTH_OF_TIME if FIELDS[field].kind == Kind.TIME else self.store.longest(field)

    def is_blank(self, field: str) -> bool:
        """Say whether a column would say of every row that nothing is known or there; the state, that all is usual."""
        if field == "health":
            gone = any(presence != Presence.PRESENT for presence in self.store.values("presence"))
            return not gone and self.store.is_blank("health")
        return self.store.is_blank(field)

    def mark_at(self, place: int) -> Piece:
        """Return whether a row was just changed, or could not be seen by the newest run."""
        row = self.rows[place]
        if self.store.columns["freshness"][row] == Freshness.NOT_OBSERVED:
            return Piece("◌", "warn")
        return Piece("~", "accent") if self.store.uids[row] in self._fresh else Piece(" ")

    def is_in_trouble(self, place: int) -> bool:
        """Say whether a row is failing, degraded, missing or suspect."""
        columns, row = self.store.columns, self.rows[place]
        return row_state(columns["health"][row], columns["presence"][row]).tone in {"bad", "warn"}

    def cells(self, place: int, fields: Sequence[str]) -> Sequence[Piece]:
        """Return the cells of a row."""
        row = self.rows[place]
        columns = self.store.columns
        unseen = columns["freshness"][row] == Freshness.NOT_OBSERVED
        pieces = []
        for field in fields:
            value = columns[FIELDS[field].attribute][row]
            make = CELLS.get(field)
            piece = make(columns, row) if make else Piece(_text(field, value, self._now), "muted")
            pieces.append(Piece(piece.text, "faint") if unseen and field != "health" else piece)
        return pieces


Columns = Mapping[str, Sequence[Any]]
LENGTH_OF_TIME = len("2026-09")


def _text(field: str, value: object, now: datetime) -> str:
    if FIELDS[field].kind == Kind.TIME:
        return day(value, now)
    if value == UNKNOWN_WORD or value is UNKNOWN or value == "unknown":
        return UNKNOWN_WORD
    return shown(value)


def _state(columns: Columns, row: int) -> Piece:
    state = row_state(columns["health"][row], columns["presence"][row])
    return Piece(state.text, state.tone)


def _name(columns: Columns, row: int) -> Piece:
    return Piece(columns["name"][row], "text")


def _auth(columns: Columns, row: int) -> Piece:
    """Return what is asked of callers; nothing, open to the internet, stands out."""
    word = columns["auth"][row]
    is_open = word in {Requirement.NONE, Requirement.MIXED}
    loud = is_open and columns["exposure"][row] == Exposure.INTERNET
    return Piece("?" if word == Requirement.UNKNOWN else word, "warn" if loud else "muted")


CELLS: Mapping[str, Callable[[Columns, int], Piece]] = {
    "health": _state,
    "name": _name,
    "auth": _auth,
}
"""Cells that are more than a value."""
