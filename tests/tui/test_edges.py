"""What goes wrong on the way: tools that fail, folders that cannot be written, answers that come too late."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from apiscape.errors import Exit, NotKept, UnreachableError
from apiscape.model.change import Change
from apiscape.tui import app as app_module
from apiscape.tui import clipboard
from apiscape.tui.app import ApiscapeApp
from apiscape.tui.messages import Command
from apiscape.tui.options import Actions, Options, utc_now
from apiscape.tui.places import LONGEST, History, Place
from apiscape.tui.saved import FILE, SavedViews
from apiscape.tui.screens import changes as changes_screen
from apiscape.tui.screens.changes import ChangesScreen
from apiscape.tui.screens.scopes import ScopeScreen
from apiscape.tui.threads import tell
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
from tests.tui.fake import FakeInventory, fixed_clock, renamed, some_changes
from tests.tui.rows import department
from tests.tui.saying import a_run, a_session, a_status
from tests.tui.shots import make_app


async def order(pilot: Pilot[int], command: str) -> None:
    """Give a command, as if it were typed."""
    app_of(pilot).post_message(Command(command))
    await rest(pilot)


def noticed(pilot: Pilot[int]) -> str:
    """Return what the screen says as one run of words, notices unwrapped."""
    return " ".join(seen(pilot).replace("▌", " ").split())


# ── without a screen ──


@pytest.mark.parametrize(
    ("environ", "found", "tool"),
    [
        ({"SSH_CONNECTION": "1", "DISPLAY": ":0"}, {"xclip", "pbcopy"}, None),
        ({}, {"pbcopy"}, "pbcopy"),
        ({}, {"wl-copy", "xclip", "xsel"}, None),
        ({"WAYLAND_DISPLAY": "w"}, {"xclip", "wl-copy"}, "wl-copy"),
        ({"DISPLAY": ":0"}, {"xsel", "wl-copy"}, "xsel"),
        ({"DISPLAY": ""}, {"xsel"}, None),
        ({}, {"clip.exe"}, "clip.exe"),
        ({"DISPLAY": ":0"}, set(), None),
    ],
)
def test_the_clipboard_that_the_person_sees_is_written(
    environ: dict[str, str], found: set[str], tool: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def which(name: str) -> str | None:
        return name if name in found else None

    monkeypatch.setattr("shutil.which", which)
    taken = clipboard.native_tool(environ)
    assert (taken[0] if taken else None) == tool


@pytest.mark.parametrize(
    "failure",
    [
        OSError("no such tool"),
        subprocess.TimeoutExpired("xsel", 2.0),
        subprocess.CompletedProcess([], 1),
    ],
)
def test_a_tool_that_fails_leaves_it_to_the_terminal(
    failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_args: Any, **_kwargs: Any) -> Any:
        if isinstance(failure, Exception):
            raise failure
        return failure

    monkeypatch.setattr(clipboard, "native_tool", lambda _environ: ("xsel",))
    monkeypatch.setattr(subprocess, "run", run)
    sent: list[str] = []
    words = clipboard.copy("税", {}, sent.append)
    assert sent == ["税"]
    assert words == "Copied 1 character through the terminal, if it allows that."


def test_views_that_cannot_be_written_last_as_long_as_this_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    views = SavedViews(tmp_path / "file")
    assert not views.keep(1, "tax")
    assert views.get(1) == "tax"


def test_two_uis_do_not_take_each_others_views(tmp_path: Path) -> None:
    one, other = SavedViews(tmp_path), SavedViews(tmp_path)
    assert one.keep(1, "tax")
    assert other.keep(2, "vat")
    both = SavedViews(tmp_path)
    assert (both.get(1), both.get(2)) == ("tax", "vat")
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_file_that_was_spoilt_meanwhile_is_left_alone(tmp_path: Path) -> None:
    views = SavedViews(tmp_path)
    (tmp_path / FILE).write_text('{"1": 2}', "utf-8")
    assert not views.keep(1, "tax")
    assert (tmp_path / FILE).read_text("utf-8") == '{"1": 2}'
    assert views.get(1) == "tax"


def test_history_forgets_the_oldest_places_first() -> None:
    history = History(Place("inventory", "0"))
    for number in range(1, LONGEST + 50):
        history.visit(Place("inventory", str(number)))
    steps = 0
    while history.step(-1):
        steps += 1
    assert steps == LONGEST - 1
    assert history.here.argument == "50"


def test_a_visit_to_where_one_is_makes_no_place() -> None:
    history = History(Place("scopes"))
    history.visit(Place("scopes"))
    assert history.step(-1) is None
    assert history.last() == Place("scopes")


def test_the_clock_knows_its_zone() -> None:
    assert utc_now().tzinfo is not None


def test_an_answer_after_the_end_is_dropped() -> None:
    class Ended:
        @property
        def app(self) -> Any:
            raise RuntimeError("the app ended")

    called: list[int] = []
    tell(Ended(), called.append, 1)  # type: ignore[arg-type] # a widget that is gone
    assert called == []


@pytest.mark.parametrize(("returned", "code"), [(0, 0), (None, int(Exit.UNREACHABLE)), (2, 2)])
def test_the_exit_code_is_that_of_the_app(
    returned: int | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ApiscapeApp, "run", lambda _self: returned)
    assert app_module.run(FakeInventory([]), theme="light", view="tax") == code


# ── inventory ──


async def test_a_time_that_is_not_kept_says_so_in_place_of_rows_of_another_time() -> None:
    inventory = FakeInventory(department(9))
    async with opened(make_app(inventory), NARROW) as pilot:
        inventory.error = NotKept("nothing is kept of 2020", hint="the horizon is 2026-01-01")
        await order(pilot, "apis at:2020-01-01")
        shown = seen(pilot)
        assert "nothing is kept of 2020" in shown
        assert "the horizon is 2026-01-01" in shown
        assert names_of(pilot) == []
        assert "Nothing matches" not in shown
        assert "✗ not answered" in bar_of(pilot, "crumb")
        await press(pilot, "escape")
        assert len(names_of(pilot)) == 9
        assert "9 of 9" in bar_of(pilot, "crumb")


async def test_a_detail_that_does_not_come_leaves_the_row() -> None:
    inventory = FakeInventory(department(9))
    async with opened(make_app(inventory)) as pilot:
        inventory.error = UnreachableError("gone")
        await press(pilot, "j")
        row = inventory_of(pilot).chosen()
        assert row is not None
        lines = [line.text for line in inventory_of(pilot).detail.lines]
        assert lines[0].startswith(row.name)
        assert not [text for text in lines if text.startswith("endpoints")]
        await press(pilot, "o")
        assert "gone" in seen(pilot)


async def test_rows_come_when_the_person_rests_and_not_before() -> None:
    inventory = FakeInventory(department(9))
    app = make_app(inventory)
    async with opened(app, NARROW) as pilot:
        browsing = inventory_of(pilot).browsing
        app.session.touched_at = float("inf")  # however long it takes until the change is read
        inventory.put(renamed(department(20)[15], scope=department(1)[0].scope), kind="appeared")
        app.polling.poll()
        await rest(pilot)
        browsing._evaluated_at = 0.0
        browsing.tick()
        assert len(names_of(pilot)) == 9
        app.session.touched_at = 0.0
        browsing.tick()
        assert len(names_of(pilot)) == 10


async def test_an_empty_inventory_has_nothing_to_copy_open_or_mark() -> None:
    async with opened(make_app(FakeInventory([], scopes=(), estate=())), NARROW) as pilot:
        await press(pilot, "y", "o", "space", "enter", "j", "G", "ctrl+u")
        assert app_of(pilot).history.here.screen == "inventory"
        assert "marked" not in bar_of(pilot, "crumb")
        assert "No source is configured" in seen(pilot)


async def test_clicking_chooses_and_twice_opens() -> None:
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        await pilot.click("#grid", offset=(5, 0))
        await pilot.click("#grid", offset=(5, 15))
        assert grid_of(pilot).place == 0
        await pilot.click("#grid", offset=(5, 3))
        assert grid_of(pilot).place == 2
        await pilot.click("#grid", offset=(5, 4), times=2)
        await rest(pilot)
        assert app_of(pilot).history.here.screen == "deployment"


async def test_panes_at_middle_widths_go_round_and_back() -> None:
    async with opened(make_app(FakeInventory(department(9))), MIDDLE) as pilot:
        screen = inventory_of(pilot)
        focused = []
        for key in ("tab", "tab", "shift+tab"):
            await press(pilot, key)
            focused.append(pilot.app.focused)
        assert focused == [screen.detail, screen.grid, screen.detail]
        await press(pilot, "j", "G", "enter", "escape")
        assert screen.grid.has_focus


async def test_a_choice_goes_to_a_row_now_or_when_it_shows() -> None:
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        grid = grid_of(pilot)
        last = grid.table.uid_at(8)
        grid.choose(last)
        assert grid.cursor == last
        grid.choose("a-stranger")
        assert (grid.cursor, grid.wanted) == (last, "a-stranger")


async def test_columns_and_sorting_can_be_left_as_they_are() -> None:
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        await press(pilot, "s")
        await press(pilot, "escape")
        await press(pilot, "c")
        await press(pilot, "k", "escape")
        await press(pilot, "y")
        await press(pilot, "q")
        assert view_of(pilot) == ""
        assert pilot.app.clipboard == ""


async def test_what_is_kept_for_now_only_says_so_and_no_number_keeps_nothing() -> None:
    async with opened(make_app(FakeInventory(department(9)), view="tax"), NARROW) as pilot:
        await press(pilot, "apostrophe")
        await press(pilot, "escape")
        assert app_of(pilot).saved.get(3) is None
        await press(pilot, "apostrophe")
        await press(pilot, "3")
        assert "Kept under 3 for as long as this runs." in noticed(pilot)
        await order(pilot, "scopes")
        await press(pilot, "apostrophe")
        assert "Views of the inventory are kept" in noticed(pilot)


async def test_a_scan_that_fails_says_why() -> None:
    def rescan(_scope: str | None) -> str:
        raise UnreachableError("the agent does not answer")

    app = make_app(FakeInventory(department(9)), actions=Actions(rescan=rescan))
    async with opened(app, NARROW) as pilot:
        await order(pilot, "rescan")
        shown = seen(pilot)
        assert "Visiting every scope" in shown
        assert "the agent does not answer" in shown


async def test_commands_pause_name_themes_and_quit() -> None:
    app = make_app(FakeInventory(department(9)))
    async with opened(app, NARROW) as pilot:
        await order(pilot, "theme mauve")
        assert "Themes: dark, light, ansi-dark, ansi-light" in noticed(pilot)
        await order(pilot, "pause")
        assert "paused" in bar_of(pilot, "status")
        await press(pilot, "left_square_bracket", "question_mark")
        await press(pilot, "question_mark")
        assert app.history.here == Place("help", "inventory")
        await order(pilot, "quit")
    assert app.return_value == 0


async def test_over_ssh_it_repaints_half_as_often_and_still_shows_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        assert len(names_of(pilot)) == 9


async def test_commands_complete_names_of_the_inventory() -> None:
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        await type_in(pilot, ":api tax-l")
        await press(pilot, "tab")
        assert inventory_of(pilot).prompt.field.value == "api tax-ledger"
        await type_in(pilot, " zzz")
        await press(pilot, "tab", "escape")
        assert not inventory_of(pilot).prompt.is_open


# ── scopes and changes ──


async def test_a_word_that_no_scope_has_says_so_and_not_that_nothing_is_there() -> None:
    async with opened(make_app(FakeInventory(department(9))), NARROW) as pilot:
        await order(pilot, "scopes none")
        shown = seen(pilot)
        assert "No scope matches" in shown
        assert "has the words: none" in shown
        assert "deployments" not in shown.split("No scope matches")[1]


async def test_without_scopes_nothing_is_called_whole() -> None:
    async with opened(make_app(FakeInventory([], scopes=(), estate=())), NARROW) as pilot:
        await order(pilot, "scopes")
        assert "seen whole" not in seen(pilot)
        assert "No source is configured" in seen(pilot)


async def test_keys_of_the_scopes_copy_rescan_and_narrow() -> None:
    asked: list[str | None] = []

    def rescan(scope: str | None) -> str:
        asked.append(scope)
        return "nothing changed"

    actions = Actions(rescan=rescan)
    inventory = FakeInventory(department(9))
    async with opened(make_app(inventory, actions=actions), NARROW) as pilot:
        await order(pilot, "scopes")
        key = grid_of(pilot).cursor
        await press(pilot, "y")
        assert pilot.app.clipboard == key
        await press(pilot, "r")
        assert asked == [key]
        await press(pilot, "slash")
        await type_in(pilot, "never")
        assert len(grid_of(pilot).table) == 1
        assert "not visited yet" in bar_of(pilot, "why")
        assert "apiscape scan --source prod" in bar_of(pilot, "why")


async def test_a_new_run_shows_on_the_page_of_its_scope() -> None:
    session = a_session(scopes=[a_status(a_run("failed"))])
    status = session.scopes[0]
    screen = ScopeScreen(session)
    screen.argument = status.scope.key
    assert "✗ failed" in "\n".join(line.text for line in screen.page(80))
    session.scopes = [a_status(a_run("complete"))]
    assert "✓ complete" in "\n".join(line.text for line in screen.page(80))
    screen.argument = "nobody"
    assert screen.page(80)[0].text == "No scope nobody.  :scopes lists them"
    assert ScopeScreen(a_session(loaded=False)).page(80)[0].text == "◌ asking"


async def test_scopes_show_new_runs_where_they_are_shown() -> None:
    inventory = FakeInventory(department(9))
    app = make_app(inventory)
    async with opened(app, NARROW) as pilot:
        for command in ("scopes", f"scopes {inventory.scopes()[0].scope.key}"):
            await order(pilot, command)
        await press(pilot, "enter")
        assert app.history.here.screen == "scope"
        assert "✓ complete" in seen(pilot)
        first, *others = app.session.scopes
        app.session.scopes = [a_status(a_run("failed"), deployments=first.deployments), *others]
        app.frame.tick()
        app.frames["scopes"].tick()
        await rest(pilot)
        assert "✗ failed" in seen(pilot)


class Refusing(FakeInventory):
    """Refuses to tell what happened."""

    refused = False

    def changes(self, **values: Any) -> Any:
        if self.refused:
            raise NotKept("nothing is kept of that time")
        return super().changes(**values)


async def test_changes_that_cannot_be_shown_are_not_called_none() -> None:
    inventory = Refusing(department(9))
    async with opened(make_app(inventory), NARROW) as pilot:
        inventory.refused = True
        await order(pilot, "changes")
        shown = seen(pilot)
        assert "Changes cannot be shown" in shown
        assert "nothing is kept of that time" in shown
        assert "No changes" not in shown


async def test_changes_follow_the_cursor_and_the_feed() -> None:
    rows = department(9)
    inventory = FakeInventory(rows, changes=some_changes(rows))
    app = make_app(inventory)
    async with opened(app) as pilot:
        await order(pilot, "changes")
        screen = app.frame
        assert isinstance(screen, ChangesScreen)
        chosen = screen.chosen()
        assert chosen is not None
        await press(pilot, "tab", "tab", "slash")
        await type_in(pilot, 'name:"')
        assert "^" in bar_of(pilot, "prompt-hint")
        await press(pilot, "escape", "escape")
        inventory.put(renamed(rows[4], health="failing"))
        app.polling.poll()
        await rest(pilot)
        screen.tick()
        await rest(pilot)
        assert len(screen.changes) == 41
        assert "among the newest" not in bar_of(pilot, "crumb")


async def test_a_list_of_changes_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_screen, "MOST", 5)
    rows = department(9)
    inventory = FakeInventory(rows, changes=some_changes(rows))
    async with opened(make_app(inventory)) as pilot:
        await order(pilot, "changes")
        assert "5 changes among the newest 5" in bar_of(pilot, "crumb")
        await order(pilot, "changes name:nobody")
        assert "None of the newest 5 is of this view" in seen(pilot)


async def test_a_change_of_something_forgotten_has_no_row() -> None:
    rows = department(9)
    change: Change = some_changes(rows)[0]
    inventory = FakeInventory(rows[1:], changes=[change])
    async with opened(make_app(inventory), NARROW) as pilot:
        await order(pilot, "changes")
        screen = app_of(pilot).frame
        assert isinstance(screen, ChangesScreen)
        assert list(screen.changes) == [str(change.seq)]
        assert screen.chosen() is None
        await press(pilot, "y")
        assert pilot.app.clipboard == change.uid


async def test_a_deployment_that_cannot_be_asked_for_is_asked_again() -> None:
    inventory = FakeInventory(department(9))
    options = Options(poll_s=3600, clock=fixed_clock, live=False)
    async with opened(make_app(inventory, options=options), NARROW) as pilot:
        inventory.error = UnreachableError("the agent does not answer")
        await order(pilot, "api tax-ledger")
        assert "It is asked again." in seen(pilot)
        inventory.error = None
        app_of(pilot).frame.renew()
        await rest(pilot)
        assert "operations" in seen(pilot)
        await press(pilot, "G", "k", "g")
        await order(pilot, "api")
        assert app_of(pilot).history.here == Place("deployment", "")
