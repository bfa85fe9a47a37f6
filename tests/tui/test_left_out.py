"""Views of what the snapshot leaves out: the inventory is asked, and the UI says the same as the commands."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apiscape.errors import UnreachableError
from apiscape.model.known import PresenceChange, Verdict
from apiscape.query import parse
from apiscape.serve.local import LocalInventory
from apiscape.store import Store, open_store
from apiscape.tui import feed
from apiscape.tui.feed import answer, load
from apiscape.tui.messages import Command
from apiscape.tui.screens import browsing
from tests.store.making import DAY, MINUTE, T0, batch, make, visit
from tests.tui.driving import (
    app_of,
    appears,
    bar_of,
    grid_of,
    inventory_of,
    names_of,
    opened,
    press,
    rest,
    seen,
)
from tests.tui.fake import FakeInventory, renamed
from tests.tui.rows import department
from tests.tui.shots import make_app

LATER = T0 + 60 * DAY
VIEWS = (
    "presence:superseded",
    "presence:retired",
    "presence:retired,superseded sort:name:desc",
    "-presence:present",
    "presence:present,superseded",
    "presence:present",
    "presence:missing",
    "payments presence:superseded",
    "5xx>1 presence:superseded",
    "5xx>1 presence:superseded undecided:yes",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one superseded, one long retired, one newly retired and three present rows."""
    with open_store(str(tmp_path / "store.db"), write=True) as opened_store:
        visit(opened_store, batch(*map(make, range(6))))
        for number, presence, after in (
            (1, "superseded", MINUTE),
            (2, "retired", 2 * MINUTE),
            (3, "retired", 55 * DAY),
        ):
            change = PresenceChange(
                uid=make(number).uid, presence=presence, missing_since=T0, reason="gone"
            )
            visit(opened_store, at=T0 + after, verdict=Verdict(presence=(change,)))
        yield opened_store


@pytest.fixture
def inventory(store: Store) -> LocalInventory:
    return LocalInventory(store, lambda: LATER)


def test_the_snapshot_leaves_some_out(inventory: LocalInventory) -> None:
    kept = set(inventory.snapshot().columns["uid"])
    assert kept == {make(number).uid for number in (0, 3, 4, 5)}


@pytest.mark.no_cover
@pytest.mark.parametrize("view", VIEWS)
async def test_the_screen_lists_what_the_command_lists(
    inventory: LocalInventory, view: str
) -> None:
    page = inventory.page(view)
    async with opened(make_app(inventory, view=view)) as pilot:
        listing = inventory_of(pilot).listing
        shown = {listing.store.uids[row] for row in listing.found.rows}
        assert shown == {row.uid for row in page.items}
        assert (listing.found.undecided, listing.found.left_out) == (page.undecided, 0)
        if "sort:" in view:
            assert names_of(pilot) == [row.name for row in page.items]


async def test_a_row_that_was_left_out_has_its_detail_and_its_screen(
    inventory: LocalInventory,
) -> None:
    async with opened(make_app(inventory, view="presence:superseded")) as pilot:
        assert names_of(pilot) == ["payments-1"]
        assert "1 deployment" in bar_of(pilot, "crumb")
        assert "↷ superseded" in "\n".join(line.text for line in inventory_of(pilot).detail.lines)
        await press(pilot, "enter")
        assert "↷ superseded" in seen(pilot)


def with_hidden(count: int = 12) -> FakeInventory:
    """Return an inventory of a few rows, every fourth of which is superseded."""
    rows = [renamed(row, presence="present") for row in department(count)]
    rows[::4] = [renamed(row, presence="superseded") for row in rows[::4]]
    return FakeInventory(rows)


def test_rows_that_the_snapshot_holds_are_not_fetched_again() -> None:
    inventory = with_hidden()
    store = load(inventory).store
    given = answer(inventory, parse("presence:present"), store)
    assert given.store is store
    assert not given.is_whole  # more is kept than the snapshot holds
    assert inventory.asked["page"] == 0


def test_rows_beyond_the_most_are_counted_as_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_ROWS", 1)
    monkeypatch.setattr(feed, "MOST_ROWS", 2)
    inventory = with_hidden()
    given = answer(inventory, parse("presence:superseded"), load(inventory).store)
    assert (len(given.uids), len(given.store)) == (3, 2)


async def test_rows_that_were_not_fetched_are_said_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "PAGE_ROWS", 1)
    monkeypatch.setattr(feed, "MOST_ROWS", 2)
    async with opened(make_app(with_hidden(), view="presence:superseded")) as pilot:
        assert "2 deployments · … 1 more not fetched" in bar_of(pilot, "crumb")


async def test_rows_of_no_order_stand_in_that_of_names_as_the_arrow_says() -> None:
    async with opened(make_app(with_hidden(60), view="-presence:missing")) as pilot:
        assert names_of(pilot) == sorted(names_of(pilot))
        assert grid_of(pilot).sorted_by == ("name", False)


class Slow(FakeInventory):
    """Answers selections when it is let."""

    def __init__(self, *values: Any, **more: Any) -> None:
        super().__init__(*values, **more)
        self.gate = threading.Event()
        self.is_asked = threading.Event()

    def select(self, view: str) -> Any:
        self.is_asked.set()
        self.gate.wait(60)
        return super().select(view)


async def test_until_there_is_an_answer_it_says_what_is_asked_and_obeys_keys() -> None:
    inventory = Slow(with_hidden().rows.values())
    async with opened(make_app(inventory, view="zzz")) as pilot:
        assert "Nothing matches" in seen(pilot)
        app_of(pilot).post_message(Command("apis presence:superseded"))
        await appears(pilot, "◌ Asking the inventory for  presence:superseded")
        shown = seen(pilot)
        assert browsing.ASKING in bar_of(pilot, "crumb")
        assert "Nothing matches" not in shown
        await pilot.press("question_mark")
        await appears(pilot, "What the signs say")
        inventory.gate.set()
        await press(pilot, "escape")
        assert len(names_of(pilot)) == 3
        assert browsing.ASKING not in bar_of(pilot, "crumb")


async def test_an_answer_to_a_question_that_is_no_longer_asked_is_dropped() -> None:
    inventory = Slow(with_hidden().rows.values())
    async with opened(make_app(inventory)) as pilot:
        inventory_of(pilot).open("presence:superseded")
        assert await asyncio.to_thread(inventory.is_asked.wait, 10)
        inventory_of(pilot).open("")
        inventory.gate.set()
        await rest(pilot)
        assert len(names_of(pilot)) == 9
        assert "9 of 9" in bar_of(pilot, "crumb")


async def test_while_one_types_only_the_last_text_is_asked_for() -> None:
    inventory = with_hidden()
    async with opened(make_app(inventory)) as pilot:
        screen = inventory_of(pilot)
        for text in ("presence:s", "presence:su", "presence:superseded"):
            screen.listing.read(text)
            screen.renew()
        await rest(pilot)
        assert inventory.asked["select"] == 1
        assert len(names_of(pilot)) == 3


async def test_an_answer_stands_while_it_cannot_be_asked_for_again() -> None:
    inventory = with_hidden()
    async with opened(make_app(inventory, view="presence:superseded")) as pilot:
        inventory.error = UnreachableError("the agent does not answer")
        inventory_of(pilot).renew()
        await rest(pilot)
        assert len(names_of(pilot)) == 3
        assert "3 deployments" in bar_of(pilot, "crumb")


async def test_a_question_that_was_refused_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUIET_S", "SETTLE_S", "RETRY_S"):
        monkeypatch.setattr(browsing, name, -1.0)
    inventory = with_hidden()
    async with opened(make_app(inventory)) as pilot:
        inventory.error = UnreachableError("the agent does not answer")
        inventory_of(pilot).open("presence:superseded")
        await rest(pilot)
        assert "This view cannot be shown" in seen(pilot)
        inventory.error = None
        inventory_of(pilot).tick()
        await rest(pilot)
        assert len(names_of(pilot)) == 3


async def test_the_pane_of_another_time_shows_the_row_as_it_was() -> None:
    inventory = with_hidden()
    async with opened(make_app(inventory, view="at:2026-09-01")) as pilot:
        before = inventory.asked["detail"]
        await press(pilot, "j")
        lines = [line.text for line in inventory_of(pilot).detail.lines]
        assert lines[0].startswith("As of 01 Sep")
        assert inventory.asked["detail"] == before
