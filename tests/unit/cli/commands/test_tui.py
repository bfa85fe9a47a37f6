"""Opening the UI: what it is handed, and what is said where it cannot open."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from apiscape.cli import screen
from apiscape.cli.naming import NO_SOURCES
from apiscape.client.standing import ConfigurationStanding, ScheduleStanding
from apiscape.serve.local import LocalInventory
from apiscape.settings.paths import default_store
from apiscape.store import Store, open_store
from tests.unit.cli.conftest import Call
from tests.unit.serve.http.harness import STANDING, serving

VALID = ConfigurationStanding(is_valid=True, since=STANDING.started_at)

Opened = dict[str, Any]


class Terminal(io.StringIO):
    """A stream that leads to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Stand in for the UI: keep what it is handed."""
    handed: Opened = {}

    def run(inventory: LocalInventory, **rest: object) -> int:
        handed.update(rest, summary=inventory.summary())  # asked while the store is open
        return 0

    streams = SimpleNamespace(stdin=Terminal(), stdout=Terminal())
    monkeypatch.setattr(screen, "sys", streams)
    monkeypatch.setattr("apiscape.tui.app.run", run)
    return handed


@pytest.mark.parametrize("words", [[], ["tui"], ["tui", "tax"]])
def test_without_a_terminal_nothing_is_made(words: list[str], call: Call) -> None:
    answer = call(*words)
    assert (answer.code, answer.out) == (3, "")
    assert "the terminal UI needs a terminal\n  → apiscape list prints the same rows" in answer.err
    assert not default_store().exists()


def test_it_opens_over_an_empty_store_at_first(call: Call, opened: Opened) -> None:
    assert call().code == 0
    assert default_store().exists()
    assert opened["summary"].scopes == 0
    assert opened["options"].origin == str(default_store())


def test_it_opens_over_an_empty_file_that_is_named_as_an_address(
    call: Call, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "empty.db"
    for _ in range(2):
        assert call("--store", f"sqlite:///{file}").code == 0
        assert opened["summary"].scopes == 0
    assert opened["options"].origin == f"sqlite:///{file}"


def test_it_says_where_a_database_is_without_its_password(
    call: Call, filled: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "postgresql://bob:hush@h/inv"

    def open_file(_told: str, *, write: bool) -> Store:
        return open_store(str(filled), write=write)

    monkeypatch.setattr("apiscape.store.make_where_absent", lambda _told: None)
    monkeypatch.setattr("apiscape.store.open_store", open_file)
    assert call("--store", told).code == 0
    assert opened["options"].origin == "postgresql://bob:***@h/inv"


def test_it_opens_at_a_view_in_a_theme(call: Call, filled: Path, opened: Opened) -> None:
    assert call("tui", "tax", "-owner:none", "--theme", "ansi-dark").code == 0
    assert (opened["view"], opened["theme"]) == ("tax -owner:none", "ansi-dark")


def test_visiting_again_says_what_is_in_the_way(call: Call, filled: Path, opened: Opened) -> None:
    call()
    rescan: Callable[[str | None], str] = opened["actions"].rescan
    assert rescan(None) == f"no source is configured: {NO_SOURCES}"


def test_a_configuration_that_the_agent_does_not_take_is_said(
    call: Call, filled: Path, opened: Opened
) -> None:
    call()
    notice: Callable[[], str | None] = opened["options"].notice
    assert notice() is None, "there is no agent"
    with open_store(str(filled), write=True) as store:
        standings = [msgspec.structs.replace(STANDING, configuration=VALID), STANDING]
        offered = serving(LocalInventory(store), filled.parent, standing=standings.pop)
        with offered as doors:
            assert doors.unix is not None
            store.announce(doors.unix)
            said = "configuration not taken: config.yaml line 3: unknown key 'bogus'"
            assert (notice(), notice()) == (said, None)
        assert notice() is None, "the agent does not answer"


def test_sources_that_are_paused_are_said(call: Call, filled: Path, opened: Opened) -> None:
    call()
    schedule = ScheduleStanding(queued=0, running=0, paused=("lab", "prod"))
    paused = msgspec.structs.replace(STANDING, configuration=VALID, schedule=schedule)
    with (
        open_store(str(filled), write=True) as store,
        serving(LocalInventory(store), filled.parent, standing=lambda: paused) as doors,
    ):
        store.announce(doors.unix)
        assert opened["options"].notice() == "not visited, for they are paused: lab, prod"


def test_a_toolkit_that_is_not_installed_is_named_with_its_extra(
    call: Call, filled: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apiscape.tui.app", None)
    answer = call()
    assert answer.code == 3
    assert "→ pipx install 'apiscape[tui]'" in answer.err


def test_a_terminal_is_both_in_and_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from apiscape.errors import UsageError

    monkeypatch.setattr(screen, "sys", SimpleNamespace(stdin=Terminal(), stdout=io.StringIO()))
    with pytest.raises(UsageError):
        screen.need_terminal()
