"""Where an agent has the store, commands ask it and print the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apiscape.cli import asking
from apiscape.cli.asking import is_kept, seldom
from apiscape.cli.commands.tui import _rescan
from apiscape.cli.options import Session
from apiscape.client.collected import Collection
from apiscape.client.http import HttpAgent
from apiscape.errors import StoreLocked
from apiscape.settings.paths import default_store
from apiscape.store import open_store
from apiscape.store.database.lock import read_holder
from tests.unit.cli.conftest import Call, call, filled

__all__ = ["call", "filled"]

ROOM = Path(__file__).parents[2]


@contextmanager
def agent(store: Path) -> Iterator[subprocess.Popen[str]]:
    """Run an agent over a store as a process of its own, for the time of a `with`."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.serve.http.harness", str(store)],
        cwd=ROOM,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("unix:")
        yield child
    finally:
        child.communicate()


@pytest.fixture
def living(filled: Path) -> Iterator[Path]:
    with agent(filled):
        yield filled


def test_the_lock_says_where_the_agent_answers(living: Path) -> None:
    holder = read_holder(living)
    assert holder is not None
    assert holder.address == f"unix:{living}.agent/agent.sock"
    with pytest.raises(StoreLocked) as caught:
        open_store(str(living), write=True)
    assert caught.value.address == holder.address


@pytest.mark.parametrize("words", [("list",), ("show", "payments-1"), ("changes",), ("runs",)])
def test_readers_print_the_same_beside_an_agent(
    call: Call, filled: Path, words: tuple[str, ...]
) -> None:
    before = call(*words)
    with agent(filled):
        assert call(*words) == before
        assert call(*words, "--url", f"unix:{filled}.agent/agent.sock") == before


def test_a_scan_lets_the_agent_visit_and_prints_the_ledger(call: Call, living: Path) -> None:
    answer = call("scan")
    assert answer.code == 2
    assert f"The agent at unix:{living}.agent/agent.sock does it." in answer.err
    head, *lines = answer.out.splitlines()
    assert head.startswith("prod · aws · 1 account × 1 region")
    assert any("eu-west-1" in line and "partial" in line for line in lines)
    assert lines[-1].startswith("Incomplete: 2 of 2 scopes")
    told = json.loads(call("scan", "--json").out)
    assert [run["outcome"] for run in told["scopes"]] == ["partial", "failed"]
    assert told["exit"] == 2
    assert call("scan", "-o", "name").out.splitlines() == [run["scope"] for run in told["scopes"]]


def test_an_agent_that_is_busy_says_so(call: Call, living: Path) -> None:
    answer = call("scan", "--source", "busy")
    assert (answer.code, answer.out) == (4, "")
    assert "a collection is under way\n  → wait for it" in answer.err


def test_what_a_person_settles_reaches_the_agent(call: Call, living: Path) -> None:
    scope = call("runs", "-o", "name").out.splitlines()[0]
    answer = call("confirm", scope, "--by", "ada")
    assert (answer.code, answer.err) == (0, "1 deployment retired, confirmed by ada\n")
    assert call("forget", "payments-4", "--by", "ada").code == 0
    assert call("show", "payments-4").code == 3


def test_the_ui_lets_the_agent_visit(own_home: Path, living: Path) -> None:
    assert default_store() == living
    sums, verdict = _rescan(Session(), None, None).splitlines()
    assert "deployments of" in sums
    assert verdict.startswith("Incomplete: 2 of 2 scopes")
    assert "exit" not in verdict


def test_the_ui_knows_when_nobody_keeps_what_it_shows(filled: Path) -> None:
    assert not is_kept(str(filled))
    with agent(filled):
        assert is_kept(f"sqlite:///{filled}")
    assert not is_kept(str(filled))
    assert is_kept("postgresql://nowhere.invalid/inventory")


def test_a_database_is_asked_seldom_and_a_file_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    looks = iter(range(10))
    often, rarely = seldom(lambda: next(looks), 0.0), seldom(lambda: next(looks), 10.0)
    assert [often(), often(), rarely(), rarely()] == [0, 1, 2, 2]
    now[0] += 9.9
    assert rarely() == 2
    now[0] += 0.1
    assert [rarely(), rarely(), often()] == [3, 3, 4]


def test_a_writer_that_answers_nowhere_is_waited_for(call: Call, filled: Path) -> None:
    with open_store(str(filled), write=True):
        answer = call("confirm", "x")
        assert answer.code == 4
        assert "writes to" in answer.err


def test_after_the_agent_the_store_is_read_again(call: Call, filled: Path) -> None:
    with agent(filled):
        pass
    assert read_holder(filled) is None
    assert call("confirm", "no such").code == 3


def test_whoever_no_longer_waits_is_told_that_the_agent_goes_on(
    call: Call, living: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_agent: HttpAgent, _number: str) -> Collection:
        raise KeyboardInterrupt

    monkeypatch.setattr(asking, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(HttpAgent, "collection", interrupt)
    answer = call("scan")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == (
        "The agent goes on without you: `apiscape runs` shows what comes of it."
    )
