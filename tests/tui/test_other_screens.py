from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apiscape.tui.messages import Go
from apiscape.tui.places import Place, split_moment
from apiscape.tui.screens.deployment import DeploymentScreen
from apiscape.tui.screens.menu import Menu
from tests.tui.driving import (
    NARROW,
    app_of,
    bar_of,
    grid_of,
    inventory_of,
    opened,
    press,
    rest,
    seen,
    type_in,
    view_of,
)
from tests.tui.fake import FakeInventory, renamed, some_changes
from tests.tui.rows import department
from tests.tui.shots import make_app

TABS = ["overview", "operations", "exposure", "dependencies", "history"]


async def test_a_row_opens_with_every_tab_and_closes_again() -> None:
    async with opened(make_app()) as pilot:
        chosen = grid_of(pilot).cursor
        await press(pilot, "enter")
        frame = app_of(pilot).frame
        assert isinstance(frame, DeploymentScreen)
        turned = [frame.tab]
        for _ in TABS[1:]:
            await press(pilot, "tab")
            turned.append(frame.tab)
        assert turned == TABS
        await press(pilot, "tab", "h")
        assert frame.tab == "history"
        await press(pilot, "escape")
        assert inventory_of(pilot).grid.cursor == chosen


async def test_a_deployment_of_another_time_is_shown_as_it_was_then() -> None:
    inventory = FakeInventory()
    async with opened(make_app(inventory, view="at:2026-09-01")) as pilot:
        await press(pilot, "enter")
        then = datetime(2026, 9, 1, tzinfo=UTC)
        assert inventory.moments == [then]
        assert "As of 01 Sep" in seen(pilot)
        assert bar_of(pilot, "crumb").rstrip().split("\n")[0].count("at:2026-09-01") == 1
        await press(pilot, "l", "l", "l", "enter")
        assert inventory.moments == [then, then]
        assert split_moment(app_of(pilot).history.here.argument)[1] == then
        inventory_of(pilot).post_message(Go(Place("deployment", grid_uid(inventory))))
        await rest(pilot)
        assert inventory.moments[-1] is None
        assert "As of" not in seen(pilot)


def grid_uid(inventory: FakeInventory) -> str:
    return next(iter(inventory.rows))


async def test_the_filter_line_doubts_a_word_that_looks_mistyped() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "slash")
        await type_in(pilot, "health:failng")
        assert "health:failng: did you mean failing?" in seen(pilot)
        await press(pilot, "escape", "colon")
        await type_in(pilot, "changes")
        await press(pilot, "enter", "slash")
        await type_in(pilot, "health:failng")
        assert "health:failng: did you mean failing?" in seen(pilot)


async def test_operations_open_to_everybody_stand_out_by_a_sign() -> None:
    async with opened(make_app(view="auth:none exposure:internet")) as pilot:
        await press(pilot, "enter", "l")
        assert "✗ none" in seen(pilot)
        assert "preflight" not in bar_of(pilot, "crumb")


async def test_a_sibling_is_one_key_away() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "enter")
        await press(pilot, "l", "l", "l")
        await press(pilot, "enter")
        assert app_of(pilot).history.here.screen == "deployment"
        assert app_of(pilot).history.here.argument != inventory_of(pilot).grid.cursor


async def test_a_name_that_nobody_has_says_so() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, ":api nobody")
        await press(pilot, "enter")
        assert "no deployment nobody" in seen(pilot)
        assert "apiscape list" in seen(pilot)


async def test_a_command_that_does_not_exist_says_so() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, ":nonsense")
        await press(pilot, "enter")
        assert ":nonsense" in seen(pilot)


async def test_a_theme_is_worn_by_command() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, ":theme light")
        await press(pilot, "enter")
        assert pilot.app.theme == "light"


async def test_the_palette_knows_the_same_commands() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "ctrl+p")
        await type_in(pilot, "scopes")
        await press(pilot, "down", "enter")
        assert app_of(pilot).history.here.screen == "scopes"


async def test_help_opens_for_the_pane_and_closes() -> None:
    async with opened(make_app()) as pilot:
        await press(pilot, "question_mark")
        assert app_of(pilot).history.here == Place("help", "inventory")
        await press(pilot, "ctrl+d", "j", "escape")
        assert app_of(pilot).history.here.screen == "inventory"


async def to_scopes(pilot: object, words: str = "") -> None:
    await type_in(pilot, f":scopes {words}")  # type: ignore[arg-type]
    await press(pilot, "enter")  # type: ignore[arg-type]


async def test_a_denied_scope_is_shown_as_denied_with_the_right_and_the_next_step() -> None:
    async with opened(make_app()) as pilot:
        await to_scopes(pilot)
        why = bar_of(pilot, "why")
        assert "access denied: needs apigateway:GET on /apis" in why
        assert "→ apiscape permissions prod" in why
        assert "5 not seen whole" in bar_of(pilot, "crumb")


async def test_only_incomplete_scopes_and_all_again() -> None:
    async with opened(make_app()) as pilot:
        await to_scopes(pilot)
        await press(pilot, "exclamation_mark")
        assert len(grid_of(pilot).table) == 5
        await press(pilot, "exclamation_mark")
        assert len(grid_of(pilot).table) == 19


async def test_scopes_are_narrowed_by_words() -> None:
    async with opened(make_app()) as pilot:
        await to_scopes(pilot)
        await type_in(pilot, "/tax-prod")
        await press(pilot, "enter")
        assert 0 < len(grid_of(pilot).table) < 19


async def test_a_scope_tells_its_parts_failures_and_gaps_and_leads_to_its_rows() -> None:
    async with opened(make_app()) as pilot:
        await to_scopes(pilot, "partial")
        await press(pilot, "enter")
        shown = seen(pilot)
        assert "part restapis" in shown
        assert "57 recorded + 1 skipped + 3 failed" in shown
        assert "excluded by tag team=lab" in shown
        assert "tags not seen: needs apigateway:GET on /apis" in shown
        await press(pilot, "enter")
        assert view_of(pilot) == "scope:prod/222233334444/eu-west-2/aws.apigateway.rest"


async def test_the_estate_says_what_is_not_looked_at_and_why() -> None:
    async with opened(make_app()) as pilot:
        await to_scopes(pilot)
        shown = seen(pilot)
        for words in (
            "1 ○ not configured",
            "no role is configured",
            "✗ lost",
            "? unsupported",
            "accepted: closes",
        ):
            assert words in shown
        await press(pilot, "tab")
        assert pilot.app.focused is app_of(pilot).frame.query_one("#estate")


async def test_an_estate_that_nobody_knows_is_not_called_empty() -> None:
    inventory = FakeInventory(department(9), estate=())
    async with opened(make_app(inventory)) as pilot:
        await to_scopes(pilot)
        assert "? What else exists is not known" in seen(pilot)


async def test_changes_come_newest_first_with_old_and_new() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, ":changes")
        await press(pilot, "enter")
        await press(pilot, "j", "j")
        shown = seen(pilot)
        assert shown.index("13:54") < shown.index("13:43")
        assert "− 14" in shown
        assert "+ 16" in shown
        await press(pilot, "enter")
        assert app_of(pilot).history.here.screen == "deployment"


async def test_changes_of_a_view_only() -> None:
    async with opened(make_app()) as pilot:
        await type_in(pilot, ":changes name:vat")
        await press(pilot, "enter")
        table = grid_of(pilot).table
        names = [table.cells(place, ["name"])[0].text for place in range(len(table))]
        assert names
        assert all("vat" in name for name in names)
        await type_in(pilot, "/nothing-has-this-name")
        assert "Nothing of this view happened" in seen(pilot)


@pytest.fixture
def live() -> FakeInventory:
    rows = department(30)
    return FakeInventory(rows, changes=some_changes(rows))


async def test_a_change_shows_without_being_asked_for(live: FakeInventory) -> None:
    app = make_app(live)
    async with opened(app) as pilot:
        row = inventory_of(pilot).chosen()
        assert row is not None
        live.put(renamed(row, health="failing"))
        app.polling.poll()
        await rest(pilot)
        inventory_of(pilot).tick()
        await rest(pilot)
        line = next(line for line in seen(pilot).splitlines() if f"failing   {row.name}" in line)
        assert "✗" in line


async def test_what_comes_and_what_goes(live: FakeInventory) -> None:
    app = make_app(live)
    async with opened(app) as pilot:
        gone = next(iter(live.rows))
        fresh = renamed(department(40)[35], name="aaa-brand-new", scope=live.rows[gone].scope)
        live.drop(gone)
        live.put(fresh, kind="appeared")
        app.polling.poll()
        await rest(pilot)
        assert fresh.uid in app.session.store.row_of
        assert gone not in app.session.store.row_of
        assert app.session.seq == live.seq


async def test_paused_holds_back_counts_and_lets_in(live: FakeInventory) -> None:
    app = make_app(live)
    async with opened(app) as pilot:
        await press(pilot, "p")
        row = next(iter(live.rows.values()))
        live.put(renamed(row, health="failing"))
        app.polling.poll()
        await rest(pilot)
        assert "⏸ paused (1 waiting)" in bar_of(pilot, "status")
        assert app.session.store.row(row.uid) == row
        await press(pilot, "p")
        changed = app.session.store.row(row.uid)
        assert changed is not None
        assert changed.health == "failing"


async def test_when_the_inventory_falls_silent_the_rows_stay_and_it_says_since_when(
    live: FakeInventory,
) -> None:
    from apiscape.errors import UnreachableError

    app = make_app(live)
    async with opened(app, NARROW) as pilot:
        live.error = UnreachableError("gone")
        app.polling.poll()
        await rest(pilot)
        assert "no answer since 14:05" in bar_of(pilot, "status")
        assert len(inventory_of(pilot).listing.found.rows) == 30
        live.error = None
        app.polling.poll()
        app.polling.poll()
        await rest(pilot)
        assert "● live" in bar_of(pilot, "status")


async def test_leaving_while_it_still_loads_does_no_harm() -> None:
    app = make_app(FakeInventory(department(2_000)))
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("q")
    assert app.return_value == 0


async def test_an_agent_is_started_after_the_first_frame() -> None:
    started: list[str] = []
    app = make_app(FakeInventory(department(3)))
    app.start_agent = lambda: started.append(app.screen.id or "shown")
    async with opened(app, NARROW):
        assert started == ["shown"]


async def test_conclusions_are_shown_when_asked_for() -> None:
    rows = department(9)
    inventory = FakeInventory(rows, changes=some_changes(rows)[:4])
    inventory.put(rows[0], kind="concluded")
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, "colon", *"changes", "enter")
        assert "4 changes · 1 conclusion not shown" in bar_of(pilot, "crumb")
        assert "∴" not in seen(pilot)
        await press(pilot, "t")
        assert "5 changes" in bar_of(pilot, "crumb")
        assert "∴ concluded" in seen(pilot)
        await press(pilot, "t")
        assert "∴" not in seen(pilot)


async def test_conclusions_alone_are_not_called_nothing() -> None:
    inventory = FakeInventory(department(3))
    inventory.put(next(iter(inventory.rows.values())), kind="concluded")
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, "colon", *"changes", "enter")
        assert "Only 1 conclusion" in seen(pilot)
        assert "Nothing happened" not in seen(pilot)


async def test_a_name_with_blanks_is_one_item_of_the_breadcrumb() -> None:
    rows = [renamed(department(1)[0], name="VAT Service (old)", stage="prod")]
    async with opened(make_app(FakeInventory(rows))) as pilot:
        await press(pilot, "enter")
        crumb = bar_of(pilot, "crumb").replace("\N{NO-BREAK SPACE}", " ")
        assert "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} VAT Service (old) prod" in crumb


@pytest.mark.parametrize("is_gone", [True, False])
async def test_of_a_deployment_that_is_gone_the_uid_can_be_copied(*, is_gone: bool) -> None:
    inventory = FakeInventory(department(3))
    row = next(iter(inventory.rows.values()))
    inventory.put(row)
    if is_gone:
        inventory.drop(row.uid)
    async with opened(make_app(inventory)) as pilot:
        await press(pilot, "colon", *"changes", "enter")
        await press(pilot, "y")
        assert pilot.app.clipboard == (row.uid if is_gone else "")
        assert isinstance(pilot.app.screen, Menu) is not is_gone
