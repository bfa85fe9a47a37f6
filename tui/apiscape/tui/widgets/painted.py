"""Tones as styles, lines as strips, and a cursor over them: what grid and pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from apiscape.tui import keys
from apiscape.tui.lines import TONES, Piece
from apiscape.tui.neutralise import neutralise


class Looks(NamedTuple):
    """The styles of a widget under the theme: of each tone, of its ground and its heading."""

    tones: Mapping[str, Style]
    ground: Style
    head: Style


COMPONENTS: frozenset[str] = frozenset(
    {*(f"tone--{tone}" for tone in TONES), "row--cursor", "row--cursor-blurred", "row--head"}
)
"""Component styles of every painted widget; the sheet of the themes gives them colours."""


def looks_of(widget: Widget) -> Looks:
    """Return the styles of a painted widget under the theme of now."""
    tones = {tone: widget.get_component_rich_style(f"tone--{tone}") for tone in TONES}
    return Looks(tones, widget.rich_style, widget.get_component_rich_style("row--head"))


def paint(pieces: Iterable[Piece], looks: Looks, width: int) -> Strip:
    """Return pieces as a strip of exactly `width` cells; neighbours of one style become one run.

    Blanks take the style beside them: they look alike and cost no escape sequence. Every text is
    neutralised here, wherever it came from.
    """
    runs: list[tuple[str, Style]] = []
    for text, tone in pieces:
        safe, style = neutralise(text), looks.tones[tone]
        if runs and (runs[-1][1] == style or safe.isspace() or not safe):
            runs[-1] = (runs[-1][0] + safe, runs[-1][1])
        elif runs and runs[-1][0].isspace():
            runs[-1] = (runs[-1][0] + safe, style)
        elif safe:
            runs.append((safe, style))
    strip = Strip([Segment(text, style) for text, style in runs])
    return strip.adjust_cell_length(width, runs[-1][1] if runs else looks.ground)


class Painted(ScrollView, inherit_bindings=False):
    """Paints its lines itself, and has a cursor over those that can be opened."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS = keys.bindings(keys.MOVE)
    HEAD: ClassVar[int] = 0
    can_focus = True

    class Opened(Message):
        """What the cursor is on shall be opened."""

        def __init__(self, painted: Painted, key: str) -> None:
            """Say which."""
            super().__init__()
            self.painted = painted
            self.key = key

        @property
        def control(self) -> Painted:
            """The widget that it happened on."""
            return self.painted

    def __init__(self, *, id: str) -> None:  # noqa: A002 - the toolkit's name
        """Begin with the cursor on the first row."""
        super().__init__(id=id)
        self.place = 0
        self._looks: Looks | None = None

    @property
    def row_count(self) -> int:
        """How many rows the cursor can be on or pass."""
        return 0

    @property
    def cursor(self) -> str | None:
        """What the cursor is on."""
        return None

    def go_to(self, place: int) -> None:
        """Put the cursor on a place, as near as there are rows."""
        raise NotImplementedError

    @property
    def looks(self) -> Looks:
        """The styles of this widget now."""
        if self._looks is None:
            self._looks = looks_of(self)
        return self._looks

    def cursor_style(self) -> Style:
        """Return the style of the row that the cursor is on."""
        name = "row--cursor" if self.has_focus else "row--cursor-blurred"
        return self.get_component_rich_style(name)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.go_to(self.place + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by pages, and the rows under it."""
        page = max(self.size.height - self.HEAD - 1, 1) * by
        self.scroll_to(y=self.scroll_offset.y + page, animate=False)
        self.go_to(self.place + page)

    def action_edge(self, side: int) -> None:
        """Move the cursor to the first (-1) or last (1) row."""
        self.go_to(0 if side < 0 else self.row_count - 1)

    def action_open(self) -> None:
        """Say that what the cursor is on shall be opened."""
        if self.cursor is not None:
            self.post_message(self.Opened(self, self.cursor))

    def fit_scroll(self) -> None:
        """Scroll as little as needed for the cursor to show."""
        top, room = self.scroll_offset.y, max(self.size.height - self.HEAD, 1)
        if self.place < top:
            self.scroll_to(y=self.place, animate=False)
        elif self.place >= top + room:
            self.scroll_to(y=self.place - room + 1, animate=False)

    def refresh_places(self, *places: int) -> None:
        """Repaint some rows, if they show."""
        top = self.scroll_offset.y - self.HEAD
        self.refresh(*(Region(0, place - top, self.size.width, 1) for place in places))

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self.refresh_places(self.place)

    def on_blur(self) -> None:
        """Show the cursor as resting."""
        self.refresh_places(self.place)

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the pointer; a second click opens it."""
        place = self.scroll_offset.y + event.y - self.HEAD
        if event.y < self.HEAD or place >= self.row_count:
            return
        self.go_to(place)
        if event.chain > 1:
            self.action_open()

    def notify_style_update(self) -> None:
        """Paint anew under another theme."""
        self._looks = None
        super().notify_style_update()
