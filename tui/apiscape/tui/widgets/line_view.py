"""A page of lines that scrolls: detail, facets, help, whatever `pages` builds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip

from apiscape.tui.lines import Build, Line, Piece
from apiscape.tui.widgets.painted import Painted, paint


class LineView(Painted):
    """Lines of a page; the cursor stops at those that have a key, else the page scrolls."""

    def __init__(self, *, id: str, inset: int = 1) -> None:  # noqa: A002 - the toolkit's name
        """Begin empty; `inset` cells stay free on both sides."""
        super().__init__(id=id)
        self.inset = inset
        self.lines: Sequence[Line] = ()
        self._build: Build = lambda _width: ()
        self._stops: list[int] = []

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    @property
    def cursor(self) -> str | None:
        """The key of the line that the cursor is on."""
        return self.lines[self.place].key if self.place in self._stops else None

    def show(self, build: Build, *, top: bool = False) -> None:
        """Show another page, at its top or where the one before stood."""
        self._build = build
        if top:
            self.place = 0
            self.scroll_to(y=0, animate=False)
        self.rebuild()

    def rebuild(self) -> None:
        """Build the page again for the width there is; the cursor stays on its key."""
        before = self.cursor
        width = max(self.size.width - 2 * self.inset, 8)
        self.lines = self._build(width) if self.size.width else ()
        self._stops = [place for place, line in enumerate(self.lines) if line.key is not None]
        same = [place for place in self._stops if self.lines[place].key == before]
        self.place = (same or [self._nearest(self.place)])[0]
        self.virtual_size = Size(self.size.width, len(self.lines))
        self.refresh()

    def _nearest(self, place: int) -> int:
        return min(self._stops, key=lambda stop: abs(stop - place), default=0)

    def go_to(self, place: int) -> None:
        """Put the cursor on a place that has a key; without keys, scroll."""
        if not self._stops:
            shift = place - self.place
            self.scroll_to(
                y=self.scroll_offset.y + shift if abs(shift) == 1 else place, animate=False
            )
            return
        ahead = place >= self.place
        beyond = [stop for stop in self._stops if (stop >= place if ahead else stop <= place)]
        edge = self._stops[-1] if ahead else self._stops[0]
        target = (beyond[0] if ahead else beyond[-1]) if beyond else edge
        before, self.place = self.place, target
        self.refresh_places(before, target)
        self.fit_scroll()
        if target == self._stops[0]:
            self.scroll_to(y=0, animate=False)

    def on_resize(self) -> None:
        """Build the page for the new width."""
        self.rebuild()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        place, width = self.scroll_offset.y + y, self.size.width
        if place >= len(self.lines):
            return Strip.blank(width, self.looks.ground)
        edge = Piece(" " * self.inset)
        strip = paint([edge, *self.lines[place].pieces], self.looks, width)
        if place == self.place and self.cursor is not None and self.has_focus:
            return Strip([Segment(strip.text, self.cursor_style())], width)
        return strip
