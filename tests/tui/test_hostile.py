"""Names from strangers: nothing of them may reach the terminal but letters."""

from __future__ import annotations

import sys

import pytest

from apiscape.tui.lines import fit, line
from apiscape.tui.neutralise import LONGEST, neutralise
from tests.architecture.tree import ROOM
from tests.bench.tui_terminal import Terminal
from tests.tui.driving import NARROW, names_of, opened, press, seen
from tests.tui.fake import FakeInventory, renamed
from tests.tui.rows import department
from tests.tui.shots import make_app

MARKUP = "[/oops][bold red]markup[/][@click=app.quit]x[/]"
TITLE = "\x1b]0;owned-title\x07"
LINK = "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\"
CLEAR = "\x1b[2Jcleared"
EIGHT_BIT = "\x9b31mred"
BIDI = "\u202egpj.exe\u2066"
ZERO = "zero\u200bwidth\ufeff"
BREAKS = "two\nlines\rand\ttab\x08\x07"
NAMES = (MARKUP, TITLE, LINK, CLEAR, EIGHT_BIT, BIDI, ZERO, BREAKS)

NEVER = (
    b"owned-title\x07",
    b"\x1b]0;owned",
    b"\x1b]8;;",
    b"\x1b[2Jcleared",
    "\x9b31m".encode(),
    "\u202e".encode(),
    "\u2066".encode(),
    "\u200b".encode(),
    "\ufeff".encode(),
)
"""Bytes that a terminal would obey."""


def hostile() -> FakeInventory:
    """Return an inventory in which everything that can be named is named by an enemy."""
    rows = [
        renamed(
            row,
            name=name,
            title=name,
            stage=name,
            gateway=name,
            owners=(name,),
            endpoints=(f"https://x.example/{name}",),
            health_reason=name,
        )
        for row, name in zip(department(len(NAMES)), NAMES, strict=True)
    ]
    inventory = FakeInventory(rows)
    inventory.put(*rows, kind="appeared")
    return inventory


@pytest.mark.parametrize("name", NAMES)
def test_what_a_terminal_obeys_is_made_visible(name: str) -> None:
    safe = neutralise(name)
    assert safe.isprintable()
    assert not any(mark.decode() in safe for mark in NEVER)


def test_markup_stays_as_it_is_for_nothing_reads_it() -> None:
    assert neutralise(MARKUP) == MARKUP
    assert line(MARKUP).text == MARKUP


def test_a_tower_of_marks_is_cut() -> None:
    assert len(neutralise("a" + "\u0301" * 50)) == 5


def test_an_endless_name_ends() -> None:
    assert len(neutralise("x" * 90_000)) == LONGEST


def test_wide_letters_take_two_cells() -> None:
    assert fit("税税税", 4) == "税… " or fit("税税税", 4) == "税…" + " "
    assert fit("税", 4) == "税  "


@pytest.mark.parametrize("keys", [[], ["enter"], ["enter", "tab", "tab"], ["s"], ["y"], ["o"]])
async def test_screens_show_hostile_names_without_harm(keys: list[str]) -> None:
    async with opened(make_app(hostile()), NARROW) as pilot:
        assert len(names_of(pilot)) == len(NAMES)
        for key in keys:
            await press(pilot, key)
        shown = seen(pilot)
    assert not any(mark.decode() in shown for mark in NEVER)


async def test_the_markup_is_shown_letter_by_letter() -> None:
    async with opened(make_app(hostile())) as pilot:
        assert "[/oops]" in seen(pilot)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_no_hostile_byte_reaches_a_terminal() -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOM)}
    with Terminal(["-m", "tests.tui.hostile_child"], environ) as terminal:
        written = terminal.read_until("8")
        for key in ("w", "wj\r", "\t", "\t", "\t", "\t", "\x7f", "y", "\x1b", "s", "\x1b"):
            written += terminal.press(key)
        for command in (":changes\r", ":scopes\r", ":api \t\t", "\x1b", ":help\r", ":apis\r", "'"):
            written += terminal.press(command)
    assert b"oops" in written
    assert [mark for mark in NEVER if mark in written] == []
