"""Lines: what pages are made of. A line is pieces of text with tones, and perhaps a key to act on.

Pages are pure functions that return lines; `widgets.line_view` paints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells

from apiscape.tui.neutralise import neutralise

TONES = ("text", "strong", "muted", "faint", "accent", "good", "warn", "bad", "title")
"""What a text may look like; each is a component style of every painted widget."""


class Piece(NamedTuple):
    """Text in one tone."""

    text: str
    tone: str = "text"


class Line(NamedTuple):
    """One line of a page.

    Attributes:
        pieces: From left to right.
        key: What `enter` acts on; `None` where there is nothing to do.
    """

    pieces: tuple[Piece, ...] = ()
    key: str | None = None

    @property
    def text(self) -> str:
        """The line without tones."""
        return "".join(piece.text for piece in self.pieces)


Build: TypeAlias = Callable[[int], Sequence[Line]]
"""Returns the lines of a page for a width in cells."""

BLANK = Line()

SHORTEST_INSIDE = 6
"""Cells below which a text loses its end rather than its middle."""

SEAMS = (" ", "/", ":", ",", ".", "-")
"""After these a text is broken, where there is a choice."""


def line(*pieces: Piece | tuple[str, str] | str, key: str | None = None) -> Line:
    """Return a line of harmless pieces; a bare string has the plain tone."""
    made = (Piece(piece) if isinstance(piece, str) else Piece(*piece) for piece in pieces)
    return Line(tuple(Piece(neutralise(text), tone) for text, tone in made), key)


def title(text: str, note: str = "") -> Line:
    """Return a heading, with a note in a quieter tone."""
    return line((text, "title"), (f"  {note}" if note else "", "muted"))


def wrap(text: str, width: int) -> list[str]:
    """Return a text in parts of at most `width` cells, broken at blanks where there are any."""
    rest = neutralise(text).strip()
    parts: list[str] = []
    while cell_len(rest) > width:
        head = chop_cells(rest, max(width, 1))[0]
        seam = max(head.rfind(mark) + 1 for mark in SEAMS)
        cut = seam if seam > len(head) // 2 else len(head)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest]


def paragraph(text: str, width: int, tone: str = "text", indent: int = 0) -> list[Line]:
    """Return a text wrapped to a width."""
    room = max(width - indent, 8)
    return [line(" " * indent, (part, tone)) for part in wrap(text, room)]


def field(name: str, value: str, width: int, tone: str = "text", label: int = 13) -> list[Line]:
    """Return a name in its own column and a value beside it, wrapped under itself."""
    parts = wrap(value, max(width - label, 8))
    names = [name, *[""] * (len(parts) - 1)]
    return [
        line((head.ljust(label), "muted"), (part, tone))
        for head, part in zip(names, parts, strict=True)
    ]


def table(rows: Sequence[Sequence[Piece]], width: int, gap: int = 2) -> list[Line]:
    """Return rows in columns as wide as their content; the last column is cut at the edge."""
    columns = max(map(len, rows), default=0)
    widths = [
        max(cell_len(neutralise(row[i].text)) for row in rows if i < len(row))
        for i in range(columns)
    ]
    return [line(*_aligned(row, widths, width, gap)) for row in rows]


def _aligned(row: Sequence[Piece], widths: Sequence[int], width: int, gap: int) -> Iterable[Piece]:
    used = 0
    for index, piece in enumerate(row):
        room = max(min(widths[index], width - used), 0)
        last = index == len(row) - 1
        text = fit(piece.text, room) + ("" if last else " " * gap)
        used += room + gap
        yield Piece(text, piece.tone)


def pack(pieces: Iterable[Piece], width: int) -> list[Line]:
    """Return pieces on as few lines of a width as they fit on, none of them broken."""
    lines: list[Line] = []
    row: list[Piece] = []
    used = 0
    for text, tone in pieces:
        length = cell_len(neutralise(text).rstrip())
        if row and used + length > width:
            lines.append(line(*row))
            row, used = [], 0
        row.append(Piece(text, tone))
        used += cell_len(neutralise(text))
    return [*lines, line(*row)]


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return a harmless text of exactly `width` cells, cut with an ellipsis where it is longer."""
    safe = neutralise(text)
    length = len(safe) if safe.isascii() else cell_len(safe)
    if length > width:
        if width <= 0:
            return ""
        safe = (safe[: width - 1] if safe.isascii() else chop(safe, width - 1)) + "…"
        length = cell_len(safe)
    blank = " " * (width - length)
    return blank + safe if right else safe + blank


def fit_inside(text: str, width: int) -> str:
    """Return a harmless text of exactly `width` cells, without its middle where it is longer."""
    safe = neutralise(text)
    if cell_len(safe) <= width or width < SHORTEST_INSIDE:
        return fit(safe, width)
    tail = chop(safe[::-1], width // 2)[::-1].lstrip()
    return chop(safe, width - cell_len(tail) - 1).rstrip() + "…" + tail


def chop(text: str, width: int) -> str:
    """Return the beginning of a text that takes at most `width` cells."""
    return chop_cells(text, width)[0] if width > 0 and text else ""
