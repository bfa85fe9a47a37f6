"""One line of pieces, some to the left and some to the right: status, breadcrumb, keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from apiscape.tui.lines import Piece, fit
from apiscape.tui.neutralise import neutralise
from apiscape.tui.widgets.painted import COMPONENTS, looks_of, paint


class Bar(Widget):
    """A line; what stands to the right is cut last."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    def __init__(self, *, id: str, unit: int = 0) -> None:  # noqa: A002 - the toolkit's name
        """Begin empty; pieces of the left side go together by `unit`, and rather go than be cut."""
        super().__init__(id=id)
        self.unit = unit
        self.left: Sequence[Piece] = ()
        self.rights: Sequence[Sequence[Piece]] = ()

    def show(self, left: Sequence[Piece], *rights: Sequence[Piece]) -> None:
        """Show other pieces; the same ones cost nothing.

        Args:
            left: Cut where there is no room for all of it.
            rights: What may stand to the right, the longest first; the first one that leaves
                room for the left side is taken, else the last.
        """
        if (tuple(left), rights) != (self.left, self.rights):
            self.left, self.rights = tuple(left), rights
            self.refresh()

    @property
    def text(self) -> str:
        """The line as it is shown."""
        return self.render_line(0).text

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line."""
        return 1

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        width = self.size.width
        needed = width - length_of(self.left) - 4
        fitting = [right for right in self.rights if length_of(right) <= needed]
        right = fitting[0] if fitting else self.rights[-1] if self.rights else ()
        left = whole(self.left, width - length_of(right) - 4, self.unit) if self.unit else self.left
        return paint(compose(left, right, width), looks_of(self), width)


def whole(pieces: Sequence[Piece], room: int, unit: int) -> Sequence[Piece]:
    """Return as many pieces from the left as there is room for, by groups of `unit`."""
    for end in range(0, len(pieces), unit):
        if length_of(pieces[: end + unit]) > room:
            return pieces[:end]
    return pieces


def length_of(pieces: Sequence[Piece]) -> int:
    """Return how many cells pieces take."""
    return sum(cell_len(neutralise(piece.text)) for piece in pieces)


def compose(left: Sequence[Piece], right: Sequence[Piece], width: int) -> list[Piece]:
    """Return the pieces of a line of `width` cells: right ones whole if they fit, left ones cut."""
    tail, taken = [Piece(neutralise(text), tone) for text, tone in right], length_of(right)
    if taken > width - 2:
        tail, taken = [], 0
    gap = 2 if tail else 0
    room = width - taken - gap - 2
    pieces = [Piece(" ")]
    for text, tone in left:
        safe = neutralise(text)
        length = min(cell_len(safe), room)
        if length > 0:
            pieces.append(Piece(fit(safe, length), tone))
        room -= length
    return [*pieces, Piece(" " * (max(room, 0) + gap)), *tail, Piece(" ")]
