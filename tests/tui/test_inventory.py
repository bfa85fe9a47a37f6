from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apiscape.tui.app import ApiscapeApp
from apiscape.tui.options import Actions, Options
from apiscape.tui.places import Place
from apiscape.tui.screens import following
from apiscape.tui.screens.menu import Menu
from tests.tui.driving import (
    MIDDLE,
    NARROW,
    app_of,
    bar_of,
    grid_of,
    inventory_of,
    names_of,
    opened,
    press,
    rest,
    seen,
    type_in,
    view_of,
)
from tests.tui.fake import FakeInventory, fixed_clock, renamed
from tests.tui.rows import department
from tests.tui.shots import make_app


async def test_rows_come_in_the_order_of_names() -> None:
    async with opened(make_app()) as pilot:
        assert names_of(pilot) == sorted(names_of(pilot))
        assert "312 of 312" in bar_of(pilot, "crumb")


async def test_the_first_line_says_where_from_how_fresh_and_how_whole() -> None:
    async with opened(make_app()) as pilot:
        line = bar_of(pilot, "status")
    assert "● live" in line
    assert "store apiscape.db" in line
    assert "✗ 3 failed" in line
    assert "◌ 30 not observed" in line


async def test_on_a_narrow_terminal_incomplete_scopes_still_show() -> None:
    async with opened(make_app(), NARROW) as pilot:
        assert "✗ 3" in bar_of(pilot, "status")


async def test_a_file_is_called_a_snapshot() -> None:
    options = Options(live=False, clock=fixed_clock)
    async with opened(make_app(options=options)) as pilot:
        assert "○ snapshot taken 14:05" in bar_of(pilot, "status")
        assert "live" not in bar_of(pilot, "status")


async def test_where_nobody_visits_any_more_the_first_line_stops_saying_live() -> None:
    kept = [True]
    options = Options(clock=fixed_clock, is_kept=lambda: kept[0], poll_s=3600)
    async with opened(make_app(options=options)) as pilot:
        assert "● live" in bar_of(pilot, "status")
        kept[0] = False
        app_of(pilot).polling.poll()
        await rest(pilot)
        assert "○ no agent visits anything" in bar_of(pilot, "status")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "k"], 0),
        (["G"], 311),
        (["G", "g"], 0),
        (["end", "home"], 0),
    ],
)
async def test_the_cursor_moves(keys: list[str], place: int) -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, *keys)
        assert grid_of(pilot).place == place


async def test_a_page_moves_by_what_shows() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "ctrl+d")
        page = grid_of(pilot).place
        assert page > 30
        await press(pilot, "pageup")
        assert grid_of(pilot).place == 0


async def test_typing_narrows_at_once_and_enter_keeps() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/health:failing")
        assert view_of(pilot) == "health:failing"
        assert len(names_of(pilot)) == 10
        await press(pilot, "enter")
        assert pilot.app.focused is grid_of(pilot)
        assert "health:failing" in bar_of(pilot, "crumb")
        assert app_of(pilot).history.here == Place("inventory", "health:failing")


async def test_an_error_points_at_its_column_and_leaves_the_last_good_rows() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/health:failing")
        await type_in(pilot, ' "')
        hint = bar_of(pilot, "prompt-hint")
        assert len(names_of(pilot)) == 10
    assert "^ this quote is not closed" in hint
    sign = 3
    assert hint.index("^") == sign + len("health:failing ")


async def test_escape_clears_the_filter_then_leaves_it() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/tax")
        await press(pilot, "escape")
        assert view_of(pilot) == ""
        assert inventory_of(pilot).prompt.is_open
        await press(pilot, "escape")
        assert not inventory_of(pilot).prompt.is_open
        assert pilot.app.focused is grid_of(pilot)


async def test_escape_in_the_grid_shows_everything_again() -> None:
    async with opened(make_app(view="tax sort:p95")) as pilot:
        await press(pilot, "escape")
        assert view_of(pilot) == "sort:p95"


async def test_tab_completes_fields_and_vocabulary() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/heal")
        await press(pilot, "tab")
        await type_in(pilot, "fa")
        await press(pilot, "tab")
        assert inventory_of(pilot).prompt.field.value == "health:failing"


async def test_tab_completes_owners_of_the_inventory() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/owner:")
        await press(pilot, "tab")
        assert inventory_of(pilot).prompt.field.value.startswith('owner:"team ')
        first = inventory_of(pilot).prompt.field.value
        await press(pilot, "tab")
        assert inventory_of(pilot).prompt.field.value != first
        await press(pilot, "shift+tab")
        assert inventory_of(pilot).prompt.field.value == first


async def test_what_was_typed_before_comes_back() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, "/tax")
        await press(pilot, "enter", "escape", "slash", "up")
        assert inventory_of(pilot).prompt.field.value == "tax"
        await press(pilot, "down")
        assert inventory_of(pilot).prompt.field.value == ""


async def test_only_what_is_faulty_and_back() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "exclamation_mark")
        assert view_of(pilot) == "health:failing,degraded"
        await press(pilot, "exclamation_mark")
        assert view_of(pilot) == ""


async def test_undecided_rows_are_counted_and_can_be_listed() -> None:
    async with opened(make_app(view="p95>1")) as pilot:
        assert "undecided" in bar_of(pilot, "crumb")
        undecided = inventory_of(pilot).listing.found.undecided
        await press(pilot, "u")
        assert view_of(pilot) == "p95>1 undecided:yes"
        assert len(names_of(pilot)) == undecided > 0


async def test_nothing_matches_says_how_many_may_and_how_to_see_them() -> None:
    async with opened(make_app(view="p95>99999")) as pilot:
        shown = seen(pilot)
    assert "Nothing matches" in shown
    assert "may match" in shown
    assert "lists those" in shown


async def test_sorting_by_menu_by_column_and_reversed() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "s")
        assert isinstance(pilot.app.screen, Menu)
        await press(pilot, "j", "enter")
        assert view_of(pilot) == "sort:stage"
        await press(pilot, "S")
        assert view_of(pilot) == "sort:stage:desc"
        await press(pilot, "greater_than_sign")
        assert view_of(pilot) == "sort:exposure"
        await press(pilot, "less_than_sign", "less_than_sign")
        assert view_of(pilot) == "sort:name"


async def test_columns_are_chosen_and_stand_in_the_view() -> None:
    async with opened(make_app(view="cols:name,health")) as pilot:
        await press(pilot, "c", "enter", "escape")
        assert view_of(pilot) == "cols:health"
        assert [each.column.field for each in grid_of(pilot).placed] == ["health"]


async def test_wide_gives_the_grid_all_the_room() -> None:
    async with opened(make_app()) as pilot:
        before = len(grid_of(pilot).placed)
        await press(pilot, "w")
        assert not inventory_of(pilot).detail.display
        assert len(grid_of(pilot).placed) > before
        await press(pilot, "w")
        assert len(grid_of(pilot).placed) == before


async def test_facets_count_and_narrow() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "f")
        screen = inventory_of(pilot)
        assert pilot.app.focused is screen.facets
        assert "182" in "".join(line.text for line in screen.facets.lines)
        await press(pilot, "enter")
        assert view_of(pilot) == "health:healthy"
        await press(pilot, "enter")
        assert view_of(pilot) == ""
        await press(pilot, "f")
        assert not screen.facets.display
        assert grid_of(pilot).has_focus


async def test_panes_take_turns_where_there_is_room_for_one() -> None:
    async with opened(make_app(), NARROW) as pilot:
        screen = inventory_of(pilot)
        assert not screen.detail.display
        await press(pilot, "tab")
        assert screen.detail.display
        assert not screen.grid.display
        assert "environment" in seen(pilot)
        await press(pilot, "escape")
        assert screen.grid.display


async def test_two_panes_at_middle_widths_and_facets_on_demand() -> None:
    async with opened(make_app(), MIDDLE) as pilot:
        screen = inventory_of(pilot)
        assert screen.detail.display
        assert not screen.facets.display
        await press(pilot, "f")
        assert screen.facets.display


async def test_marks_are_counted_and_taken_back() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "space", "space")
        assert "◆ 2 marked" in bar_of(pilot, "crumb")
        await press(pilot, "k", "space")
        assert "◆ 1 marked" in bar_of(pilot, "crumb")


async def test_the_detail_follows_the_cursor() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "j", "j", "j")
        screen = inventory_of(pilot)
        text = "\n".join(line.text for line in screen.detail.lines)
        row = screen.chosen()
        assert row is not None
        assert text.startswith(row.name)
        assert "endpoints" in text
        assert row.uid in text.replace("\n", "").replace(" ", "")


async def test_a_held_key_asks_for_no_detail_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "REST_S", 0.3)
    inventory = FakeInventory()
    async with opened(make_app(inventory)) as pilot:
        before = inventory.asked["detail"]
        await pilot.press(*["j"] * 30)
        await rest(pilot)
        assert inventory.asked["detail"] <= before + 3


async def test_copying_asks_what_and_says_where_it_went() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "y", "enter")
        row = inventory_of(pilot).chosen()
        assert row is not None
        assert pilot.app.clipboard == row.name
        assert "through the terminal" in seen(pilot)


async def test_the_console_address_is_shown() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "o")
        assert "console.aws.amazon.com" in seen(pilot)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, Menu)


async def test_views_are_kept_under_numbers(tmp_path: Path) -> None:
    options = Options(folder=tmp_path, poll_s=3600, clock=fixed_clock)
    async with opened(make_app(view="health:failing", options=options)) as pilot:
        await press(pilot, "apostrophe", "3")
        await press(pilot, "escape")
        assert view_of(pilot) == ""
    async with opened(make_app(options=options)) as pilot:
        await press(pilot, "3")
        assert view_of(pilot) == "health:failing"
        await press(pilot, "4")
        assert "Nothing is kept under 4" in seen(pilot)


async def test_history_goes_back_ahead_and_between_two() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "exclamation_mark")
        await press(pilot, "S")
        both = view_of(pilot)
        await press(pilot, "left_square_bracket")
        assert view_of(pilot) == "health:failing,degraded"
        await press(pilot, "right_square_bracket")
        assert view_of(pilot) == both
        await press(pilot, "minus")
        assert view_of(pilot) == "health:failing,degraded"
        await press(pilot, "minus")
        assert view_of(pilot) == both


async def test_rescan_visits_the_scope_of_the_row() -> None:
    asked: list[str | None] = []

    def rescan(scope: str | None) -> str:
        asked.append(scope)
        return "9 deployments, nothing changed"

    async with opened(make_app(actions=Actions(rescan=rescan))) as pilot:
        await press(pilot, "r")
        row = inventory_of(pilot).chosen()
        assert row is not None
        assert asked == [row.scope]
        assert "nothing changed" in seen(pilot)


async def test_without_anything_to_scan_with_it_says_so() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "r")
        assert "apiscape scan" in seen(pilot)


async def test_quitting_is_complete() -> None:
    app = make_app()
    async with opened(app) as pilot:
        await pilot.press("q")
    assert app.return_value == 0


async def test_the_store_is_asked_for_what_columns_do_not_hold() -> None:
    inventory = FakeInventory()
    async with opened(make_app(inventory, view="path:/returns")) as pilot:
        assert inventory.asked["select"] == 1
        assert "undecided" in bar_of(pilot, "crumb")


async def test_another_time_is_fetched_whole() -> None:
    inventory = FakeInventory(department(20))
    async with opened(make_app(inventory, view="at:2026-09-01")) as pilot:
        assert inventory.asked["page"] >= 1
        assert len(names_of(pilot)) == 20
        assert "at:2026-09-01" in bar_of(pilot, "crumb")


async def test_a_view_that_cannot_be_read_says_so_and_shows_everything() -> None:
    async with opened(make_app(view="colour:red")) as pilot:
        assert "no field colour" in seen(pilot)
        assert len(names_of(pilot)) == 312


async def test_the_cursor_stays_on_its_uid_through_sort_filter_and_changes() -> None:
    rows = department(60)
    inventory = FakeInventory(rows)
    app = make_app(inventory)
    async with opened(app) as pilot:
        await press(pilot, *["j"] * 20)
        chosen = grid_of(pilot).cursor
        await press(pilot, "S")
        assert grid_of(pilot).cursor == chosen
        await type_in(pilot, "/zzzzzz")
        assert grid_of(pilot).cursor is None
        await press(pilot, "escape", "escape")
        assert grid_of(pilot).cursor == chosen
        inventory.put(renamed(rows[0], name="aaaa-first"), renamed(rows[1], name="aaaa-second"))
        app.polling.poll()
        await rest(pilot)
        inventory_of(pilot).renew()
        await rest(pilot)
        assert grid_of(pilot).cursor == chosen


async def test_where_nothing_measures_health_it_is_said_once() -> None:
    rows = [renamed(row, health="unknown", presence="present") for row in department(9)]
    async with opened(make_app(FakeInventory(rows))) as pilot:
        assert "9 of 9 · ? health unknown" in bar_of(pilot, "crumb")
        assert grid_of(pilot).placed[0].column.field == "name"
        inventory_of(pilot).open("cols:health,name")
        await rest(pilot)
        assert "health unknown" not in bar_of(pilot, "crumb")
        assert [placed.column.field for placed in grid_of(pilot).placed] == ["health", "name"]


@pytest.mark.parametrize(("live", "every"), [(True, [2.0, 0.25]), (False, [])])
async def test_an_inventory_that_can_change_is_asked_by_the_clock(
    live: bool, every: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to: dict[str, float] = {}

    def note(_app: ApiscapeApp, interval_s: float, callback: Any) -> None:
        set_to[callback.__name__] = interval_s

    monkeypatch.setattr(ApiscapeApp, "set_interval", note)
    options = Options(poll_s=2.0, clock=fixed_clock, live=live)
    async with opened(make_app(FakeInventory([]), options=options), NARROW):
        names = ["poll", "poll_empty"] if live else []
        assert [set_to[name] for name in names] == every
        assert set(set_to) == {"tick", *names}
