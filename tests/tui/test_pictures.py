from __future__ import annotations

import re

import pytest

from apiscape.errors import UnreachableError
from apiscape.tui.messages import Command
from apiscape.tui.themes import THEMES
from tests.tui.driving import NARROW, WIDE, opened, press, rest
from tests.tui.fake import FakeInventory
from tests.tui.picture import check, text_of
from tests.tui.shots import make_app

SCREENS = {
    "inventory": "apis",
    "deployment": "api notify",
    "scopes": "scopes",
    "scope": "scopes rest",
    "changes": "changes",
    "names": "names",
    "catalogues": "catalogues",
    "help": "help",
}
"""The command that leads to each screen."""

INK, GROUND = "#c5c8c6", "#292929"
"""What the exported picture takes for the terminal's own two colours."""

SIZES = {"170x42": WIDE, "80x24": NARROW}
PLAIN = ("auto",)
LOOKS = (tuple(THEMES), PLAIN)
"""Themes are worn one after the other; without colours the app begins anew."""


@pytest.mark.no_cover
@pytest.mark.parametrize("looks", LOOKS, ids=["themes", "no-color"])
@pytest.mark.parametrize("size", SIZES)
async def test_screens_say_the_same_in_every_look(
    size: str, looks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if looks == PLAIN:
        monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(theme=looks[0])
    async with opened(app, SIZES[size]) as pilot:
        for screen, command in SCREENS.items():
            app.post_message(Command(command))
            await rest(pilot)
            if screen == "scope":
                await press(pilot, "enter")
            for look in looks:
                app.theme = look if look in THEMES else app.theme
                await pilot.pause()
                check(app, f"{screen}-{size}")


@pytest.mark.parametrize("size", SIZES)
async def test_the_exposure_of_what_can_be_gone_around_says_by_which_name(size: str) -> None:
    app = make_app(view="vat-return exposure:internet")
    async with opened(app, SIZES[size]) as pilot:
        await press(pilot, "enter", "tab", "tab")
        await rest(pilot)
        assert "answers without the client certificate" in text_of(app)
        check(app, f"exposure-{size}")


async def test_without_colours_nothing_on_the_screen_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(theme="auto")
    async with opened(app, NARROW):
        colours = set(re.findall(r"\.\S+-r\d+ \{ fill: (#[0-9a-f]{6})", app.export_screenshot()))
    assert colours
    assert colours <= {INK, GROUND}


async def test_without_a_source_it_says_what_to_do() -> None:
    app = make_app(FakeInventory([], scopes=(), estate=()))
    async with opened(app, NARROW):
        assert "apiscape sources init" in text_of(app)
        assert "apiscape demo" in text_of(app)


async def test_with_an_empty_store_it_says_to_scan() -> None:
    scopes = FakeInventory([]).scopes()
    app = make_app(FakeInventory([], scopes=scopes))
    async with opened(app, NARROW):
        assert "Nothing was looked at yet" in text_of(app)
        assert "apiscape scan" in text_of(app)


async def test_a_silent_inventory_is_said_to_be_silent() -> None:
    inventory = FakeInventory()
    inventory.error = UnreachableError("the agent does not answer", hint="apiscape agent")
    app = make_app(inventory)
    async with opened(app, NARROW):
        shown = text_of(app)
    assert "no answer since 14:05" in shown
    assert "the agent does not answer" in shown
    assert "→ apiscape agent" in shown
    assert "live" not in shown
