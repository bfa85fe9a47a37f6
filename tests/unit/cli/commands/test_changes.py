from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from apiscape.cli.commands import changes
from apiscape.store import Conclusion, open_store
from tests.store.making import DAY, batch, make, visit
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN, Answer


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
    assert call("changes", "--after", "999") == (0, "", "No change.\n")
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
