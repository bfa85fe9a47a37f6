"""A grid for a hundred thousand rows: it paints what shows, and repaints what changed of it.

The cursor is a uid, not a row number: rows may come, go and change places, the cursor stays on
what the person chose. While that is filtered away it waits at the same place, and returns to its
row as soon as that shows again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from apiscape.tui.lines import Build, Line, Piece, fit, fit_inside
from apiscape.tui.widgets.painted import Looks, Painted, paint
from apiscape.tui.widgets.table import GAP, Column, Placed, Table, lay_out

CACHED = 1_024
"""Painted rows that are kept."""

MARGIN = 3
"""Cells before the first column: whether it is marked, how it stands, a blank."""


class Grid(Painted):
    """Rows of a table in columns."""

    HEAD: ClassVar[int] = 1

    class Moved(Message):
        """The cursor is on another row; `uid` is `None` where there is none."""

        def __init__(self, grid: Grid, uid: str | None) -> None:
            """Say where it is now."""
            super().__init__()
            self.grid = grid
            self.uid = uid

        @property
        def control(self) -> Grid:
            """The grid that it happened on."""
            return self.grid

    def __init__(self, table: Table, columns: Sequence[Column], *, id: str) -> None:  # noqa: A002 - the toolkit's name
        """Show a table; columns are those that may be shown, from left to right."""
        super().__init__(id=id)
        self.table = table
        self.columns = tuple(columns)
        self.placed: list[Placed] = []
        self.sorted_by: tuple[str, bool] | None = None
        self.marked: set[str] = set()
        self.marked_last: str | None = None
        self.wanted: str | None = None
        self._build: Build = lambda _width: ()
        self._note: Sequence[Line] = ()
        self._strips: LRUCache[int, Strip] = LRUCache(CACHED)

    @property
    def row_count(self) -> int:
        """How many rows are shown."""
        return len(self.table)

    @property
    def cursor(self) -> str | None:
        """The uid that the cursor is on, `None` in an empty grid."""
        return self.table.uid_at(self.place) if 0 <= self.place < len(self.table) else None

    def show(self, table: Table, columns: Sequence[Column] | None = None, *, empty: Build) -> None:
        """Show other rows, or the same in another order; the cursor stays on its row.

        Args:
            table: The rows.
            columns: Other columns than before.
            empty: What stands there if there are none.
        """
        before = self.cursor
        self.table, self._build = table, empty
        if columns is not None:
            self.columns = tuple(columns)
        place = table.place_of(self.wanted) if self.wanted else None
        self.place = max(min(self.place if place is None else place, len(table) - 1), 0)
        self.repaint()
        self.fit_scroll()
        if self.cursor != before:
            self.post_message(self.Moved(self, self.cursor))

    def repaint(self) -> None:
        """Lay out the columns again and paint every row anew."""
        room = max(self.size.width - MARGIN - 1, 8)
        self.placed = lay_out(self.columns, self.table.longest, room)
        self.virtual_size = Size(self.size.width, len(self.table) + self.HEAD)
        self._note = () if len(self.table) else self._build(room)
        self._strips.clear()
        self.refresh()

    def flush(self, dirty: set[str]) -> None:
        """Repaint those of some rows that are on the screen; the rest costs nothing."""
        top = self.scroll_offset.y
        bottom = min(top + self.size.height - self.HEAD, len(self.table))
        for place in [each for each in self._strips.keys() if not top <= each < bottom]:  # noqa: SIM118 - not a mapping
            self._strips.discard(place)  # it may have changed unseen
        shown = [place for place in range(top, bottom) if self.table.uid_at(place) in dirty]
        for place in shown:
            self._strips.discard(place)
        if shown:
            width = self.size.width
            self.refresh(*(Region(0, place - top + self.HEAD, width, 1) for place in shown))

    def choose(self, uid: str) -> None:
        """Put the cursor on a row, now or as soon as it shows."""
        self.wanted = uid
        place = self.table.place_of(uid)
        if place is not None:
            self.go_to(place)

    def go_to(self, place: int) -> None:
        """Put the cursor on a place, as near as there are rows."""
        if not len(self.table):
            return
        target = max(min(place, len(self.table) - 1), 0)
        self.wanted = self.table.uid_at(target)
        if target != self.place:
            before, self.place = self.place, target
            self.refresh_places(before, target)
            self.fit_scroll()
            self.post_message(self.Moved(self, self.cursor))

    def mark(self, what: str) -> None:
        """Mark the `row` at the cursor, or unmark it, and go on; the `range` from the last mark; `none`."""
        if self.cursor is None:
            return
        if what == "row":
            self.marked ^= {self.cursor}
            self.marked_last = self.cursor
            self.action_move(1)
        elif what == "range":
            start = self.table.place_of(self.marked_last) if self.marked_last else None
            first, last = sorted((self.place, self.place if start is None else start))
            self.marked |= {self.table.uid_at(place) for place in range(first, last + 1)}
            self.marked_last = self.cursor
        else:
            self.marked, self.marked_last = set(), None
        self._strips.clear()
        self.refresh()

    def seek(self, step: int, is_sought: Callable[[int], bool]) -> bool:
        """Put the cursor on the next place ahead (1) or behind (-1) that is sought, round the end."""
        total = len(self.table)
        for distance in range(1, total + 1):
            place = (self.place + step * distance) % total
            if is_sought(place):
                self.go_to(place)
                return True
        return False

    def on_resize(self) -> None:
        """Lay the columns out for the new width."""
        self.repaint()
        self.fit_scroll()

    def notify_style_update(self) -> None:
        """Paint anew under another theme."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        width = self.size.width
        if y < self.HEAD and not len(self.table):
            return Strip.blank(width, self.looks.ground)
        if y < self.HEAD:
            return heading(self.placed, self.sorted_by, self.looks, width)
        place = self.scroll_offset.y + y - self.HEAD
        if place >= len(self.table):
            note = self._note[place].pieces if place < len(self._note) else ()
            return paint([Piece(" " * MARGIN), *note], self.looks, width)
        if place == self.place:
            text = self._row(place).text
            return Strip([Segment(text, self.cursor_style())], width)
        strip = self._strips.get(place)
        if strip is None:
            strip = self._row(place)
            self._strips.set(place, strip)
        return strip

    def _row(self, place: int) -> Strip:
        glyph, tone = self.table.mark_at(place)
        marked = self.table.uid_at(place) in self.marked
        pieces = [Piece(f"{'◆' if marked else ' '}{glyph} ", "accent" if marked else tone)]
        cells = self.table.cells(place, [placed.column.field for placed in self.placed])
        for (text, style), (column, width) in zip(cells, self.placed, strict=True):
            cell = (
                fit_inside(text, width) if column.inside else fit(text, width, right=column.right)
            )
            pieces.append(Piece(cell + " " * GAP, style))
        return paint(pieces, self.looks, self.size.width)


def heading(
    placed: Sequence[Placed], sorted_by: tuple[str, bool] | None, looks: Looks, width: int
) -> Strip:
    """Return the line of titles; an arrow stands at the column that the rows are sorted by."""
    bold = looks.head + Style(bold=True)
    segments = [Segment(" " * MARGIN, looks.head)]
    for column, room in placed:
        is_key = sorted_by is not None and sorted_by[0] == column.field
        arrow = ("↓" if sorted_by[1] else "↑") if is_key and sorted_by else " "
        text = f"{fit(column.title, room, right=column.right)}{arrow}{' ' * (GAP - 1)}"
        if is_key and not column.right:
            text = fit(f"{column.title}{arrow}", room + GAP)
        segments.append(Segment(text, bold if is_key else looks.head))
    return Strip(segments).simplify().adjust_cell_length(width, looks.head)
