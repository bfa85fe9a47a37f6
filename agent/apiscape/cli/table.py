"""Tables that fit the terminal: wide columns give way, words are cut with an ellipsis, never wrapped."""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TextIO

import msgspec

from apiscape.model.plain import plain

GAP = "  "
ELLIPSIS = "…"
NARROWEST = 6
"""No column that gives way becomes narrower than this."""

UNLIMITED = 10_000


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Attributes:
        title: Its heading.
        right: True for figures.
        gives_way: True where it may be cut to fit; identifiers that people copy should not be.
        cut_inside: True where a cut text keeps its end as well, which tells it from its neighbours.
        comfort: Cells that it is not cut below while another column can leave.
        leaves: On a terminal that is too narrow, 1 leaves first, then 2; 0 always stays.
    """

    title: str
    right: bool = False
    gives_way: bool = False
    cut_inside: bool = False
    comfort: int = 16
    leaves: int = 0


def cell_width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Return a text that takes at most `width` cells, with an ellipsis where it was longer."""
    if cell_width(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _character_width(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS


def cut_inside(text: str, width: int) -> str:
    """Return a text that takes at most `width` cells, without its middle where it was longer."""
    if cell_width(text) <= width:
        return text
    tail = ""
    for character in reversed(text):
        if cell_width(character + tail) > (width - 1) * 2 // 3:
            break
        tail = character + tail
    return cut(text, max(width - cell_width(tail), 1)) + tail


def fold(text: str, width: int, *, indent: str = "", further: str = "") -> list[str]:
    """Return words on lines of at most `width`; a longer word stays whole, for people copy it."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def output_width(stream: TextIO | None = None) -> int:
    """Return the width of the terminal a stream (stdout) leads to; a file or a pipe has no limit."""
    is_terminal = (stream or sys.stdout).isatty()
    return shutil.get_terminal_size().columns if is_terminal else UNLIMITED


def render_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int) -> str:
    """Return the lines of a table, heading first, none longer than `width` while columns can give way."""
    cells = [[plain(cell) for cell in row] for row in rows]
    natural = [
        max([cell_width(column.title), *(cell_width(row[index]) for row in cells)])
        for index, column in enumerate(columns)
    ]
    stay = staying(columns, natural, width)
    columns = [columns[index] for index in stay]
    gives_way = [column.gives_way for column in columns]
    widths = fit([natural[i] for i in stay], gives_way, width - len(GAP) * (len(columns) - 1))
    lines = [[column.title for column in columns], *([row[i] for i in stay] for row in cells)]
    return "".join(_line(columns, line, widths) for line in lines)


def staying(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """Return the positions of the columns that a terminal has room for."""
    stay = list(range(len(columns)))
    needs = [
        min(wanted, column.comfort) if column.gives_way else wanted
        for column, wanted in zip(columns, natural, strict=True)
    ]
    going = sorted((i for i in stay if columns[i].leaves), key=lambda i: columns[i].leaves)
    for index in going:
        if sum(needs[i] for i in stay) + len(GAP) * (len(stay) - 1) <= width:
            break
        stay.remove(index)
    return stay


def fit(natural: Sequence[int], gives_way: Sequence[bool], width: int) -> list[int]:
    """Return widths of columns that add up to at most `width`.

    The widest that may give way does so first; of several that are equally wide each gives its share.
    """
    widths = list(natural)
    while (excess := sum(widths) - width) > 0:
        candidates = [i for i, give in enumerate(gives_way) if give and widths[i] > NARROWEST]
        if not candidates:
            break
        most = max(widths[i] for i in candidates)
        widest = [i for i in candidates if widths[i] == most]
        floor = max([NARROWEST, *(widths[i] for i in candidates if widths[i] < most)])
        share, odd = divmod(min(excess, (most - floor) * len(widest)), len(widest))
        for rank, index in enumerate(reversed(widest)):
            widths[index] -= share + (rank < odd)
    return widths


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = []
    for column, cell, width in zip(columns, cells, widths, strict=True):
        text = (cut_inside if column.cut_inside else cut)(cell, width)
        padding = " " * (width - cell_width(text))
        shown.append(padding + text if column.right else text + padding)
    return GAP.join(shown).rstrip() + "\n"
