"""`apiscape ctx`, and commands that ask an agent instead of the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.client.contexts import default_contexts
from apiscape.client.problem import HOW_TO_COME_IN
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.store.copies import copy_to
from tests.store.making import DAY
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN, fill
from tests.unit.serve.http.harness import OPERATOR, READER, STANDING, Pretended, serving


@pytest.fixture
def agent(filled: Path, tmp_path: Path) -> Iterator[Doors]:
    """Give an agent over the filled store, which is then moved away, so that nobody else reads it."""
    moved = tmp_path / "moved.db"
    filled.rename(moved)
    with (
        open_store(str(moved), write=True) as store,
        serving(LocalInventory(store), tmp_path) as doors,
    ):
        yield doors


def test_contexts_are_added_chosen_listed_and_forgotten(call: Call, own_home: Path) -> None:
    assert call("ctx", "list").err == "No context: apiscape ctx add NAME URL\n"
    first = call("ctx", "add", "prod", "https://agent.example", "--token-file", "/run/token")
    assert first.err == "prod is https://agent.example, and is asked from now on\n"
    assert (
        call("ctx", "add", "here", "unix:/run/agent.sock").err == "here is unix:/run/agent.sock\n"
    )
    table = call("ctx", "list").out.splitlines()
    assert table[1].split() == ["*", "prod", "https://agent.example", "/run/token"]
    assert table[2].split() == ["here", "unix:/run/agent.sock"]
    assert call("ctx").out.splitlines() == table
    assert call("--json", "ctx").out == call("--json", "ctx", "list").out
    lines = call("ctx", "list", "--json").out.splitlines()
    assert [json.loads(line)["current"] for line in lines] == [True, False]
    assert call("ctx", "use", "here").code == 0
    assert call("ctx", "list", "-o", "name").out == "prod\nhere\n"
    assert call("ctx", "use").err == "the store of this machine is read from now on\n"
    assert call("ctx", "use", "here").code == 0
    assert call("ctx", "remove", "here").code == 0
    assert json.loads(default_contexts().read_text("utf-8")) == {
        "contexts": {"prod": {"url": "https://agent.example", "token_file": "/run/token"}}
    }


@pytest.mark.parametrize("words", [("use", "none"), ("remove", "none"), ("add", "a", "ftp://a")])
def test_what_cannot_be_is_refused(call: Call, own_home: Path, words: tuple[str, ...]) -> None:
    answer = call("ctx", *words)
    assert answer.code == 3
    assert not default_contexts().exists()


def test_how_the_agent_fares_is_asked_of_the_chosen_one_or_the_one_that_has_the_store(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    with open_store(str(filled), write=True) as store:
        offered = serving(LocalInventory(store), filled.parent, standing=lambda: STANDING)
        with offered as doors:
            assert doors.unix is not None
            chosen = call("ctx", "status", "--url", doors.unix)
            store.announce(doors.unix)
            found = call("ctx", "status")
            assert json.loads(call("ctx", "status", "--json").out)["pid"] == STANDING.pid
    assert (chosen.code, chosen.out) == (0, found.out)
    assert "config.yaml line 3: unknown key 'bogus'" in found.out


def test_visits_are_paused_and_resumed_by_whoever_may(
    call: Call, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = Pretended()
    with (
        open_store(str(filled), write=True) as store,
        serving(LocalInventory(store), tmp_path, visits=visits) as doors,
    ):
        store.announce(doors.unix)
        assert call("ctx", "pause", "prod", "lab") == (0, "", "paused: lab, prod\n")
        assert visits.asked == [("local", ("prod", "lab"))]
        at_the_port = ("--url", doors.url or "")
        monkeypatch.setenv("APISCAPE_TOKEN", READER)
        refused = call("ctx", "resume", *at_the_port)
        assert (refused.code, refused.err) == (4, "apiscape: this token may not operate\n")
        monkeypatch.setenv("APISCAPE_TOKEN", OPERATOR)
        named = call("ctx", "resume", "prod", "-o", "name", *at_the_port)
        assert (named.code, named.out) == (0, "lab\n")
        told = call("ctx", "resume", "lab", "--json")
        assert json.loads(told.out) == {"sources": []}
        assert call("ctx", "resume") == (0, "", "No source is paused.\n")


@pytest.mark.parametrize("word", ["status", "pause", "resume"])
def test_where_there_is_no_agent_that_is_said(call: Call, filled: Path, word: str) -> None:
    answer = call("ctx", word)
    assert (answer.code, answer.out) == (4, "")
    assert "start one with `apiscape agent`" in answer.err


DAYS = {"FIRST": SEEN.isoformat(), "LAST": (SEEN + 2 * DAY).isoformat()}
"""What stands for a day in the words of a command: those have to be the same whenever tests are looked for."""

COMMANDS = (
    ("list",),
    ("list", "payments", "--json"),
    ("list", "-o", "wide", "undecided:yes p95>1"),
    ("show", "payments-1"),
    ("changes",),
    ("changes", "--json", "--conclusions"),
    ("runs", "--all"),
    ("diff", "FIRST", "LAST"),
    ("diff", "FIRST", "LAST", "payments", "--json"),
    ("export", "--format", "csv"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_prints_the_same_from_an_agent(
    call: Call, filled: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = [DAYS.get(word, word) for word in words]
    here = call(*said)
    assert here.out
    with (
        open_store(str(filled), write=True) as store,
        serving(LocalInventory(store), tmp_path) as doors,
    ):
        there = call(*said, "--url", doors.unix or "", "--config", str(tmp_path / "none.yaml"))
    assert there == here


def test_the_chosen_context_is_asked_unless_a_store_is_named(
    call: Call, agent: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text(READER, "utf-8")
    call("ctx", "add", "prod", agent.url or "", "--token-file", str(token))
    assert "payments-1" in call("list").out
    assert call("list", "--store", str(tmp_path / "none.db")).code == 4
    call("ctx", "use")
    assert call("list").code == 4
    assert "payments-1" in call("list", "--context", "prod").out
    monkeypatch.setenv("APISCAPE_CONTEXT", "prod")
    assert "payments-1" in call("--json", "list").out
    monkeypatch.delenv("APISCAPE_CONTEXT")
    monkeypatch.setenv("APISCAPE_TOKEN", READER)
    assert "payments-1" in call("--url", agent.url or "", "list").out


def test_an_agent_refuses_in_words_and_with_the_exit_code_of_the_error(
    call: Call, agent: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = agent.url or ""
    wrong = call("list", "--url", url)
    assert (wrong.code, wrong.err) == (
        4,
        f"apiscape: a token is needed\n  → {HOW_TO_COME_IN}\n",
    )
    monkeypatch.setenv("APISCAPE_TOKEN", READER)
    answer = call("confirm", "none", "--url", url)
    assert (answer.code, answer.err) == (4, "apiscape: this token may not operate\n")
    assert call("list", "colour:red", "--url", url).code == 3
    assert call("show", "none", "--url", url).code == 3
    assert call("list", "--url", url, "--context", "x").code == 3
    assert call("list", "--context", "x").code == 3
    gone = call("list", "--url", f"unix:{tmp_path}/none.sock")
    assert gone.code == 4
    assert gone.err.startswith(f"apiscape: no answer from unix:{tmp_path}/none.sock: No such file")


def test_a_place_that_is_typed_comes_before_one_that_the_environment_names(
    call: Call, agent: Doors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = tmp_path / "store.db"
    copy_to(filled, fill)
    monkeypatch.setenv("APISCAPE_CONTEXT", "nobody")
    monkeypatch.setenv("APISCAPE_TOKEN", READER)
    assert call("list").code == 3
    assert "payments-1" in call("list", "--url", agent.url or "").out
    assert "payments-1" in call("list", "--store", str(filled)).out
    assert call("list", "--store", str(filled), "--context", "nobody").code == 3
    monkeypatch.setenv("APISCAPE_STORE", str(filled))
    assert call("list").code == 3, "of two that the environment names the agent is asked"
