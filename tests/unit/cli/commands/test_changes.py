from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from apiscape.cli.commands import changes
from apiscape.client.http import Follow
from apiscape.client.inventory import ChangePage
from apiscape.errors import StoreError
from apiscape.model.change import Change
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import Conclusion, open_store
from tests.store.making import DAY, batch, make, visit
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN, Answer
from tests.unit.serve.http.harness import serving


def test_what_gateways_did_is_shown_oldest_first(call: Call, filled: Path) -> None:
    answer = call("changes")
    lines = answer.out.splitlines()
    assert lines[0].split() == ["SEQ", "WHEN", "WHAT", "DEPLOYMENT", "SCOPE", "DETAIL"]
    kinds = [line.split()[3] for line in lines[1:]]
    assert kinds[:7] == ["appeared"] * 7
    assert set(kinds[7:]) == {"changed", "missing", "retired", "suspect"}
    (changed,) = [line for line in lines if " changed " in line]
    assert changed.endswith("title – → New; endpoints +https://b.example -https://a.example")
    assert "not found when asked for" in answer.out
    assert answer.err == "2 conclusions not shown: --conclusions shows them\n"


def test_conclusions_are_shown_when_asked_for(call: Call, filled: Path) -> None:
    answer = call("changes", "--conclusions")
    assert (answer.out.count("concluded"), answer.err) == (2, "")


def test_only_some_of_them(call: Call, filled: Path) -> None:
    assert len(call("changes", "--limit", "2").out.splitlines()) == 3
    assert call("changes", "name:nobody") == (0, "", "No change.\n")
    beyond = call("changes", "--after", "999")
    assert (beyond.code, beyond.out) == (3, "")
    assert "999 is of another one, or of before a restore" in beyond.err
    assert call("changes", "name:payments-3", "-o", "name").out.split() == ["payments-3"] * 2
    assert "no field nofield" in call("changes", "nofield:x").err


@pytest.fixture
def turned(filled: Path) -> Path:
    """Give the inventory with a verdict, and its turn."""
    with open_store(str(filled), write=True) as store:
        for health, reason in (("healthy", "all is well"), ("failing", "5xx 7 %, limit 1 %")):
            drawn = Conclusion(health=health, basis="serving", health_reason=reason)
            store.conclusions.save({make(2).uid: drawn}, (), seq=1, at=SEEN + 2 * DAY)
    return filled


def kinds_of(answer: Answer) -> list[str]:
    return [line.split()[3] for line in answer.out.splitlines()[1:]]


def test_a_verdict_that_turned_is_shown_in_words(call: Call, turned: Path) -> None:
    answer = call("changes", "--kind", "health")
    assert kinds_of(answer) == ["health"]
    assert answer.out.rstrip().endswith("healthy → failing (serving): 5xx 7 %, limit 1 %")
    shown = call("show", "payments-2").out
    assert "health  healthy → failing (serving): 5xx 7 %, limit 1 %" in shown


def test_only_the_kinds_that_are_asked_for_are_shown_and_counted(call: Call, turned: Path) -> None:
    both = call("changes", "--kind", "health", "--kind", "retired")
    assert (kinds_of(both), both.err) == (["retired", "health"], "")
    assert call("changes", "--kind", "forgotten") == (0, "", "No change.\n")
    named = call("changes", "--kind", "concluded")
    assert (set(kinds_of(named)), named.err) == ({"concluded"}, "")
    beside = call("changes", "--kind", "health", "--conclusions")
    assert set(kinds_of(beside)) == {"concluded", "health"}
    assert "'sad' is not one of" in call("changes", "--kind", "sad").err


def test_every_format(call: Call, filled: Path) -> None:
    records = [json.loads(line) for line in call("changes", "--json").out.splitlines()]
    seqs = [record["seq"] for record in records]
    assert seqs == sorted(seqs)
    assert len(call("changes", "-o", "wide").out.splitlines()) == len(records) + 1
    assert call("changes", "-o", "yaml").out.startswith("- ")
    assert call("changes", "--json").err == ""


@pytest.mark.parametrize(("form", "heading"), [("table", 1), ("json", 0)])
def test_following_shows_what_comes_and_the_heading_once(
    form: str, heading: int, call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter(range(3))

    def sleep(_seconds: float) -> None:
        number = next(rounds, None)
        if number is None:
            raise KeyboardInterrupt
        if number == 1:
            with open_store(str(filled), write=True) as store:
                visit(store, batch(make(9, name="fresh")), at=SEEN + 2 * DAY)

    monkeypatch.setattr(time, "sleep", sleep)
    answer = call("changes", "-f", "--limit", "1", "-o", form)
    assert answer.code == 130
    assert len(answer.out.splitlines()) == heading + 2
    assert "fresh" in answer.out.splitlines()[-1]


def test_a_log_of_many_pages_is_read_to_its_end(
    call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = call("changes", "--json").out
    monkeypatch.setattr(changes, "PAGE", 2)
    assert call("changes", "--json").out == whole


@pytest.mark.parametrize("view", ["", "name:fresh"])
def test_a_store_that_fails_for_a_while_is_followed_on(
    view: str, call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice it fails and once it is said; what came meanwhile is shown, once."""
    asked, read = iter(range(5)), LocalInventory.changes
    seen: list[int] = []

    def sleep(_seconds: float) -> None:
        if next(asked, None) is None:
            raise KeyboardInterrupt

    def answer(inventory: LocalInventory, *, after: int, **more: Any) -> ChangePage:
        seen.append(after)
        if len(seen) == 2:
            with open_store(str(filled), write=True) as store:
                visit(store, batch(make(9, name="fresh")), at=SEEN + 2 * DAY)
        if len(seen) in {2, 3}:
            raise StoreError("the store does not answer")
        return read(inventory, after=after, **more)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(LocalInventory, "changes", answer)
    told = call("changes", "-f", "-o", "name", *([view] if view else []))
    assert (told.code, told.out.split().count("fresh")) == (130, 1)
    assert told.err.count("the store does not answer; nothing is lost") == 1
    assert seen[1:4] == [seen[1]] * 3
    assert seen[4:] == [seen[4]] * 2, "what was looked at is not looked at again"
    assert seen[4] > seen[3] > 0


def test_an_agent_that_is_started_anew_is_followed_on(
    call: Call, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Follow, "FIRST_PAUSE_S", 0.0)
    printed, held = changes.show, ExitStack()
    with open_store(str(filled), write=True) as store, held:

        def begin() -> Doors:
            return held.enter_context(serving(LocalInventory(store), tmp_path))

        def show(form: str, found: Sequence[Change], *, heading: bool = True) -> None:
            printed(form, found, heading=heading)
            if "second" in {change.name for change in found}:
                raise KeyboardInterrupt
            if not heading:
                held.close()
                visit(store, batch(make(91, name="second")))
                begin()
            else:
                visit(store, batch(make(90, name="first")))

        monkeypatch.setattr(changes, "show", show)
        told = call("changes", "-f", "-o", "name", "name:first,second", "--url", begin().unix or "")
    assert (told.code, told.out) == (130, "first\nsecond\n")
    (line,) = told.err.splitlines()
    assert line.endswith("; nothing is lost, and it goes on as soon as there is an answer")
