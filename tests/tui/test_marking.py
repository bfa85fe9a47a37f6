"""Marks, the next row that matters, one pane on the whole screen, and what can be copied of a row."""

from __future__ import annotations

import pytest

from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN
from tests.tui.driving import (
    MIDDLE,
    NARROW,
    WIDE,
    app_of,
    bar_of,
    grid_of,
    inventory_of,
    opened,
    press,
    said,
    seen,
)
from tests.tui.fake import FakeInventory, renamed
from tests.tui.rows import department
from tests.tui.shots import make_app

TOTAL = 12


def calm(**changes: dict[int, object]) -> FakeInventory:
    """Return rows named in order, all healthy and present, but for some values by place."""
    rows: list[Row] = []
    for place, row in enumerate(department(TOTAL)):
        values = {name: by_place[place] for name, by_place in changes.items() if place in by_place}
        plain = {"name": f"api-{place:02d}", "health": "healthy", "presence": "present"}
        rows.append(renamed(row, **{**plain, **values}))
    return FakeInventory(rows)


def marked_of(inventory: FakeInventory, marked: set[str]) -> list[str]:
    return sorted(inventory.rows[uid].name for uid in marked)


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (("v",), [0]),
        (("space", "j", "j", "v"), [0, 1, 2, 3]),
        (("G", "v", "k", "k", "v"), [9, 10, 11]),
        (("v", "j", "v", "j", "j", "v"), [0, 1, 2, 3]),
        (("space", "G", "v", "V"), []),
        (("space", "V", "G", "v"), [11]),
    ],
)
async def test_a_range_goes_from_the_last_mark_to_the_cursor(
    keys: tuple[str, ...], names: list[int]
) -> None:
    inventory = calm()
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, *keys)
        assert marked_of(inventory, grid_of(pilot).marked) == [f"api-{each:02d}" for each in names]
        assert ("marked" in bar_of(pilot, "crumb")) is bool(names)


async def test_a_mark_that_is_filtered_away_begins_no_range() -> None:
    inventory = calm()
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, "space")
        inventory_of(pilot).open("-name:api-00")
        await press(pilot, "G", "v")
        assert marked_of(inventory, grid_of(pilot).marked) == ["api-00", "api-11"]


@pytest.mark.parametrize("key", ["space", "v", "V"])
async def test_where_no_row_is_none_is_marked(key: str) -> None:
    async with opened(make_app(calm(), view="zzz")) as pilot:
        await press(pilot, key)
        assert not grid_of(pilot).marked


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (("n",), 3),
        (("n", "n"), 5),
        (("n", "n", "n"), 7),
        (("n", "n", "n", "n"), 3),
        (("N",), 7),
        (("space", "n"), 0),
        (("G", "space", "k", "k", "N"), 11),
        (("space", "V", "n"), 3),
    ],
)
async def test_the_next_row_is_a_marked_one_or_else_one_in_trouble(
    keys: tuple[str, ...], place: int
) -> None:
    inventory = calm(health={3: "failing", 5: "degraded", 9: "idle"}, presence={7: "missing"})
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, *keys)
        assert grid_of(pilot).place == place


async def test_marks_that_do_not_show_leave_the_rows_in_trouble() -> None:
    async with opened(make_app(calm(health={3: "failing"}))) as pilot:
        await press(pilot, "space")
        inventory_of(pilot).open("-name:api-00")
        await press(pilot, "n")
        row = inventory_of(pilot).chosen()
        assert row
        assert row.name == "api-03"


async def test_where_nothing_is_in_trouble_it_says_so_and_stays() -> None:
    async with opened(make_app(calm())) as pilot:
        await press(pilot, "j", "n")
        assert "No row that is shown is marked, failing" in said(pilot)
        assert grid_of(pilot).place == 1


async def test_scopes_go_to_the_next_that_was_not_seen_whole() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "colon", *"scopes", "enter")
        await press(pilot, "G", "n")
        assert grid_of(pilot).place == 0  # what is incomplete comes first
        await press(pilot, "N")
        last = grid_of(pilot).place
        assert 0 < last < grid_of(pilot).row_count - 1
        assert "Every scope" not in said(pilot)
        await press(pilot, "slash", *"complete", "enter", "n")
        assert "Every scope that is shown was seen whole." in said(pilot)


@pytest.mark.parametrize("size", [WIDE, MIDDLE, NARROW])
@pytest.mark.parametrize(("tabs", "pane"), [(0, "grid"), (1, "detail")])
async def test_one_pane_has_the_whole_screen_and_gives_it_back(
    size: tuple[int, int], tabs: int, pane: str
) -> None:
    async with opened(make_app(), size) as pilot:
        await press(pilot, *["tab"] * tabs)
        before = panes_of(pilot)
        await press(pilot, "m")
        assert panes_of(pilot) == [pane]
        assert app_of(pilot).frame.query_one(f"#{pane}").size.width >= size[0] - 1
        await press(pilot, "m")
        assert panes_of(pilot) == before


async def test_maximised_panes_take_turns_and_back_ends_it() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "m", "tab")
        assert panes_of(pilot) == ["detail"]
        await press(pilot, "tab")
        assert panes_of(pilot) == ["facets"]
        await press(pilot, "escape")
        assert panes_of(pilot) == ["grid"]
        await press(pilot, "escape")
        assert panes_of(pilot) == ["facets", "grid", "detail"]


@pytest.mark.parametrize(
    ("command", "tabs", "shown"),
    [("scopes", 0, "grid"), ("scopes", 1, "estate"), ("changes", 1, "detail")],
)
async def test_panes_of_other_screens_are_maximised_too(
    command: str, tabs: int, shown: str
) -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "colon", *command, "enter")
        before = panes_of(pilot)
        await press(pilot, *["tab"] * tabs, "m")
        assert panes_of(pilot) == [shown]
        await press(pilot, "m")
        assert panes_of(pilot) == before


def panes_of(pilot: object) -> list[str]:
    """Return the panes that take room on the screen."""
    frame = app_of(pilot).frame  # type: ignore[arg-type]
    panes = frame.query("#facets, #grid, #detail, #estate")
    return [str(pane.id) for pane in panes if pane.region.area and pane.display]


async def test_what_a_row_lacks_says_why_it_is_not_copied() -> None:
    inventory = calm(endpoints={0: UNKNOWN, 1: ()})
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, "y")
        assert "? nobody could look" in seen(pilot)
        await press(pilot, "j", "enter")
        assert "No url to copy: ? nobody could look." in said(pilot)
        await press(pilot, "j", "y")
        assert "– it has none" in seen(pilot)
        assert pilot.app.clipboard == ""
