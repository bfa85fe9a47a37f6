"""Driving the app in tests: open it, wait until it rests, ask what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled

from apiscape.tui.app import ApiscapeApp
from apiscape.tui.screens import following
from apiscape.tui.screens.inventory import InventoryScreen
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.grid import Grid
from tests.tui.headless import nothing_composed
from tests.tui.picture import text_of

WIDE = (170, 42)
NARROW = (80, 24)
MIDDLE = (120, 30)


ROUNDS = 3000
"""How often it is looked whether a text appeared: a minute at least."""


@asynccontextmanager
async def opened(app: ApiscapeApp, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[int]]:
    """Open an app and wait until it shows its rows."""
    with nothing_composed():
        async with app.run_test(size=size, notifications=True) as pilot:
            for each in app.query(Input):
                each.cursor_blink = False
            await rest(pilot)
            yield pilot


async def rest(pilot: Pilot[int]) -> None:
    """Wait until nothing is asked and nothing is about to be shown."""
    for _ in range(3):
        await pilot.pause(following.REST_S / 2 + 0.015)
        with suppress(WorkerCancelled):  # a newer question took its place
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def appears(pilot: Pilot[int], text: str) -> None:
    """Wait until the screen shows a text, whatever else is still asked."""
    for _ in range(ROUNDS):
        if text in seen(pilot):
            return
        await pilot.pause(following.REST_S)
    message = f"{text!r} never appeared in\n{seen(pilot)}"
    raise AssertionError(message)


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys and wait."""
    await pilot.press(*keys)
    await rest(pilot)


async def type_in(pilot: Pilot[int], text: str) -> None:
    """Type a text, key by key, and wait."""
    await pilot.press(*(NAMES.get(character, character) for character in text))
    await rest(pilot)


NAMES = {
    " ": "space",
    ":": "colon",
    ",": "comma",
    "/": "slash",
    ">": "greater_than_sign",
    "-": "minus",
    '"': "quotation_mark",
    ".": "full_stop",
}
"""Names of keys by what they type."""


def app_of(pilot: Pilot[int]) -> ApiscapeApp:
    """Return the app that a pilot drives."""
    assert isinstance(pilot.app, ApiscapeApp)
    return pilot.app


def inventory_of(pilot: Pilot[int]) -> InventoryScreen:
    """Return the inventory's screen."""
    frame = app_of(pilot).frames["inventory"]
    assert isinstance(frame, InventoryScreen)
    return frame


def grid_of(pilot: Pilot[int]) -> Grid:
    """Return the grid that is shown."""
    return app_of(pilot).frame.query_one("#grid", Grid)


def view_of(pilot: Pilot[int]) -> str:
    """Return the view of the inventory."""
    return inventory_of(pilot).listing.text


def names_of(pilot: Pilot[int]) -> list[str]:
    """Return the names that the inventory lists, in order."""
    listing = inventory_of(pilot).listing
    return [listing.store.columns["name"][row] for row in listing.found.rows]


def bar_of(pilot: Pilot[int], name: str) -> str:
    """Return the text of one of the lines around."""
    return app_of(pilot).frame.query_one(f"#{name}", Bar).text


def said(pilot: Pilot[int]) -> str:
    """Return what was said in passing, as it was before it was wrapped."""
    return "\n".join(each.message for each in app_of(pilot)._notifications)


def seen(pilot: Pilot[int]) -> str:
    """Return all that the screen shows."""
    return text_of(app_of(pilot))
