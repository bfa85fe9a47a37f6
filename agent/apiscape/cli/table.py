"""Tables that fit the terminal: wide columns give way, words are cut with an ellipsis, never wrapped."""

from __future__ import annotations

import shutil
import sys
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
    """

    title: str
    right: bool = False
    gives_way: bool = False


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


def output_width(stream: TextIO = sys.stdout) -> int:
    """Return the width of the terminal a stream leads to; a file or a pipe has no limit."""
    return shutil.get_terminal_size().columns if stream.isatty() else UNLIMITED


def render_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int) -> str:
    """Return the lines of a table, heading first, none longer than `width` while columns can give way."""
    cells = [[plain(cell) for cell in row] for row in rows]
    natural = [
        max([cell_width(column.title), *(cell_width(row[index]) for row in cells)])
        for index, column in enumerate(columns)
    ]
    widths = fit(
        natural, [column.gives_way for column in columns], width - len(GAP) * (len(columns) - 1)
    )
    lines = [[column.title for column in columns], *cells]
    return "".join(_line(columns, line, widths) for line in lines)


def fit(natural: Sequence[int], gives_way: Sequence[bool], width: int) -> list[int]:
    """Return widths of columns that add up to at most `width`: the widest that may give way does so first."""
    widths = list(natural)
    while sum(widths) > width:
        candidates = [i for i, give in enumerate(gives_way) if give and widths[i] > NARROWEST]
        if not candidates:
            break
        widest = max(candidates, key=lambda i: widths[i])
        others = [widths[i] for i in candidates if i != widest]
        excess = sum(widths) - width
        floor = max([NARROWEST, *(other for other in others if other < widths[widest])])
        widths[widest] = max(
            widths[widest] - excess, floor if floor < widths[widest] else widths[widest] - 1
        )
    return widths


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = []
    for column, cell, width in zip(columns, cells, widths, strict=True):
        text = cut(cell, width)
        padding = " " * (width - cell_width(text))
        shown.append(padding + text if column.right else text + padding)
    return GAP.join(shown).rstrip() + "\n"
