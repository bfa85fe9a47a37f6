"""What a screen says, line by line, taken from the picture that the toolkit exports.

Pictures are kept as text: colours are checked by their contrast, not by their bytes, and a change
of words shows in a review as a change of words. `APISCAPE_UPDATE_SCREENS=1` writes them anew.
"""

from __future__ import annotations

import difflib
import html
import os
import re
from pathlib import Path

import pytest
from textual.app import App

KEPT = Path(__file__).parent / "screens"
UPDATE = "APISCAPE_UPDATE_SCREENS"
IS_UPDATE = UPDATE in os.environ
CELL = 12.2
"""Width of a cell in the picture."""

_TEXT = re.compile(
    r'<text class="[^"]*" x="([\d.]+)" y="[\d.]+" textLength="[\d.]+" '
    r'clip-path="url\(#[^"]*-line-(\d+)\)">([^<]*)</text>'
)


def lines_of(app: App[int]) -> list[str]:
    """Return the lines of the screen that an app shows."""
    lines: dict[int, str] = {}
    for x, number, escaped in _TEXT.findall(app.export_screenshot()):
        text = html.unescape(escaped).replace("\N{NO-BREAK SPACE}", " ")
        column = round(float(x) / CELL)
        lines[int(number)] = lines.get(int(number), "").ljust(column) + text
    return [lines.get(number, "").rstrip() for number in range(app.size.height)]


def text_of(app: App[int]) -> str:
    """Return the screen as one text."""
    return "\n".join(lines_of(app)) + "\n"


def check(app: App[int], name: str) -> None:
    """Compare the screen with the one that is kept under a name."""
    path, text = KEPT / f"{name}.txt", text_of(app)
    if IS_UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    kept = path.read_text("utf-8") if path.exists() else ""
    if kept != text:
        difference = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), "kept", "now", lineterm=""
        )
        pytest.fail("\n".join([f"{path.name} differs ({UPDATE}=1 keeps the new one)", *difference]))
