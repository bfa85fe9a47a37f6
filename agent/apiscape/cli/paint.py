"""Colour, for the glyphs of outcomes where a line begins and for nothing else: a word beside each says the same."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TextIO

GREEN, YELLOW, RED = 32, 33, 31
COLOURS: Mapping[str, int] = {"✓": GREEN, "◐": YELLOW, "✗": RED}

_GLYPH = re.compile(rf"^( *)([{''.join(COLOURS)}])(?= )", re.MULTILINE)


def painted(text: str, stream: TextIO, environment: Mapping[str, str] = os.environ) -> str:
    """Return a text as it goes to a stream: its glyphs in colour where that leads to a terminal that wants any."""
    if not stream.isatty() or environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return text
    return _GLYPH.sub(_paint, text)


def _paint(found: re.Match[str]) -> str:
    blanks, glyph = found.groups()
    return f"{blanks}\x1b[{COLOURS[glyph]}m{glyph}\x1b[0m"
