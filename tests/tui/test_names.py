"""The screen of names in DNS: the worst first, in full beside, narrowed by a view, and honest where nobody knows."""

from __future__ import annotations

import pytest

from apiscape.errors import Refused
from apiscape.tui.pages.names import name_entry, name_page, no_names
from tests.tui.driving import (
    NARROW,
    app_of,
    bar_of,
    opened,
    press,
    rest,
    seen,
    type_in,
)
from tests.tui.fake import FakeInventory
from tests.tui.names import a_name, some_names
from tests.tui.rows import NOW
from tests.tui.saying import flat, said, tone_of
from tests.tui.shots import make_app

WIDTH = 60


async def test_what_dangles_comes_first_and_is_told_in_full() -> None:
    async with opened(make_app(FakeInventory(names=some_names()))) as pilot:
        await type_in(pilot, ":names")
        await press(pilot, "enter")
        text = seen(pilot)
        assert "Names" in bar_of(pilot, "crumb")
        assert "3 names: 1 dangles, of 1 nobody can tell" in bar_of(pilot, "crumb")
        assert text.index("orders.tax") < text.index("prices.tax") < text.index("api.tax")
        assert "Take the record away." in text.replace("\n", " ")
        await press(pilot, "j")
        assert "? unknown" in seen(pilot)


async def test_a_view_narrows_and_a_wrong_one_is_pointed_at() -> None:
    async with opened(make_app(FakeInventory(names=some_names()))) as pilot:
        await type_in(pilot, ":names")
        await press(pilot, "enter", "exclamation_mark")
        assert app_of(pilot).history.here.argument == "dangling:yes"
        assert "prices.tax" not in seen(pilot)
        assert "? 1 undecided" in bar_of(pilot, "crumb")
        await press(pilot, "exclamation_mark")
        assert "prices.tax" in seen(pilot)
        await press(pilot, "slash")
        await type_in(pilot, "health:failing")
        assert "a name in DNS has no health" in seen(pilot)
        await press(pilot, "ctrl+u")
        await type_in(pilot, "prices")
        await press(pilot, "enter")
        assert "orders.tax" not in seen(pilot)


async def test_a_name_opens_the_deployments_that_it_reaches() -> None:
    async with opened(make_app(FakeInventory(names=some_names()))) as pilot:
        await type_in(pilot, ":names name:api")
        await press(pilot, "enter", "enter")
        assert app_of(pilot).history.here.screen == "inventory"
        assert app_of(pilot).history.here.argument == "endpoint:api.tax.gov.example"


async def test_what_cannot_be_asked_is_not_an_empty_list() -> None:
    inventory = FakeInventory(names=some_names())
    async with opened(make_app(inventory)) as pilot:
        inventory.error = Refused("no names for you", hint="ask for dangling:yes")
        await type_in(pilot, ":names")
        await press(pilot, "enter")
        assert "no names for you" in seen(pilot)
        assert "ask for dangling:yes" in seen(pilot)


async def test_keys_of_the_list_do_what_the_footer_says() -> None:
    async with opened(make_app(FakeInventory(names=some_names())), NARROW) as pilot:
        await type_in(pilot, ":names")
        await press(pilot, "enter", "tab")
        assert "who looked" in seen(pilot)
        await press(pilot, "m", "m", "tab", "y", "r")
        await rest(pilot)
        assert "orders.tax" in seen(pilot)


async def test_new_changes_have_names_asked_for_again() -> None:
    inventory = FakeInventory(names=some_names())
    async with opened(make_app(inventory)) as pilot:
        await type_in(pilot, ":names")
        await press(pilot, "enter")
        asked = inventory.asked["names"]
        app_of(pilot).tick()
        await rest(pilot)
        assert inventory.asked["names"] == asked
        inventory.put(next(iter(inventory.rows.values())))
        app_of(pilot).polling.poll()
        await rest(pilot)
        app_of(pilot).tick()
        await rest(pilot)
        assert inventory.asked["names"] == asked + 1


@pytest.mark.parametrize(
    ("dangling", "words", "tone"),
    [
        ("yes", "✗ yes", "bad"),
        ("unknown", "? unknown", "warn"),
        ("no", "✓ no", "good"),
        ("half_way", "? half way", "muted"),
    ],
)
def test_a_state_is_a_sign_and_a_word(dangling: str, words: str, tone: str) -> None:
    name = a_name("x", dangling, None)
    entry = name_entry(name, NOW)
    assert (entry.cells["dangling"].text, entry.cells["dangling"].tone) == (words, tone)
    page = name_page(name, NOW, WIDTH)
    assert tone_of(page, words) == tone
    assert "nobody said why" in flat(page)


def test_a_name_that_was_never_seen_or_points_nowhere_says_so() -> None:
    bare = a_name("x", "unknown", "why", points_at=(), zone=None, since=None, seen_at=None)
    text = said(name_page(bare, NOW, WIDTH))
    assert text.count("never") == 2
    assert text.count("?") >= 3


def test_no_name_says_what_lists_names_and_never_that_all_is_well() -> None:
    assert ":scopes" in flat(no_names("", 0, WIDTH))
    assert "Nothing matches" in flat(no_names("dangling:yes", 0, WIDTH))
    assert "2 names may match" in flat(no_names("dangling:yes", 2, WIDTH))
