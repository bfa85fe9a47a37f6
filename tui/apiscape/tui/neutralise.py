"""The one choke point: every text of the inventory passes here before it is painted.

Names come from strangers. Escape sequences, control characters, bidirectional and zero-width
characters become visible replacement characters, and nothing is ever read as markup: painted
text is made of segments, never of strings with tags. Combining marks are kept, but no more than
a script needs, so that no name can climb over its neighbours.
"""

from __future__ import annotations

import unicodedata

from apiscape.model.plain import REPLACEMENT, plain

MOST_MARKS = 3
"""Combining marks that may follow one another."""

LONGEST = 1_000
"""Characters of one text that are ever painted."""


def neutralise(text: str) -> str:
    """Return a text that is safe to paint on one line, in cells that can be counted."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _settle_marks(plain(text))


def _settle_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
        elif marks == MOST_MARKS + 1:
            kept.append(REPLACEMENT)
    return "".join(kept)
