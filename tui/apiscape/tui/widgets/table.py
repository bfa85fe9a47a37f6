"""What a grid shows: columns, cells by place, and how columns share a width. No toolkit here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from apiscape.tui.lines import Piece

GAP = 2
"""Blank cells between columns."""


class Column(NamedTuple):
    """A column of a grid.

    Attributes:
        field: Its name in the view language, or in its table.
        title: Its heading.
        most: Cells that it never needs more than.
        right: Whether it holds figures.
        rank: Columns of a low rank stay when there is little room.
        least: Cells that it may be cut to; 0 where it is never cut.
        comfort: Cells that it is not cut below to make room for a column of a higher rank.
        inside: Whether a text that is cut loses its middle, for it differs from others at its end.
    """

    field: str
    title: str
    most: int = 16
    right: bool = False
    rank: int = 5
    least: int = 0
    comfort: int = 0
    inside: bool = False


class Placed(NamedTuple):
    """A column with the width it got."""

    column: Column
    width: int


class Table(Protocol):
    """What a grid asks of its rows; places count from 0 in the order shown."""

    def __len__(self) -> int:
        """Return how many rows are shown."""
        ...

    def uid_at(self, place: int) -> str:
        """Return what stays the same about the row at a place."""
        ...

    def place_of(self, uid: str) -> int | None:
        """Return where a row is shown, `None` where it is not."""
        ...

    def cells(self, place: int, fields: Sequence[str]) -> Sequence[Piece]:
        """Return the texts of a row in the order of fields, with their tones."""
        ...

    def mark_at(self, place: int) -> Piece:
        """Return the one cell before a row: a glyph, or nothing."""
        ...

    def longest(self, field: str) -> int:
        """Return how many cells the longest text of a field takes."""
        ...


def lay_out(columns: Sequence[Column], longest: Callable[[str], int], width: int) -> list[Placed]:
    """Return the columns that fit, with widths that add up to at most `width` with their gaps.

    No column is cut but those that give way, down to their `least`; rather, columns of a high
    rank are left out, and already where one of a lower rank would lose its comfort. What is left
    over goes to those that were cut, to their comfort first, by rank.
    """
    wanted = {
        column.field: max(len(column.title), min(longest(column.field), column.most))
        for column in columns
    }
    widths = {
        column.field: min(wanted[column.field], column.least or wanted[column.field])
        for column in columns
    }
    easy = {
        column.field: min(wanted[column.field], max(column.comfort, widths[column.field]))
        for column in columns
    }
    kept = _kept(columns, widths, easy, width)
    spare = width - sum(widths[column.field] for column in kept) - GAP * (len(kept) - 1)
    for goal in (easy, wanted):
        for column in sorted(kept, key=lambda each: each.rank):
            more = max(min(spare, goal[column.field] - widths[column.field]), 0)
            widths[column.field] += more
            spare -= more
    return [Placed(column, widths[column.field]) for column in kept]


def _kept(
    columns: Sequence[Column], widths: Mapping[str, int], easy: Mapping[str, int], width: int
) -> list[Column]:
    kept: set[Column] = set()
    used = 0
    for column in sorted(columns, key=lambda each: each.rank):
        if used + widths[column.field] > width and kept:
            break
        used += easy[column.field] + GAP
        kept.add(column)
    return [column for column in columns if column in kept]
