"""`apiscape diff`: what two days differ in, the sums in a line, and what nobody could see."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apiscape.cli.commands import diff
from apiscape.store import Conclusion, open_store
from tests.store.making import DAY, MINUTE, batch, make, part, visit
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN

FROM = (SEEN + MINUTE).isoformat()


def kinds(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()[1:]]


def test_the_net_of_all_changes_by_kind_with_its_sums(call: Call, filled: Path) -> None:
    answer = call("diff", FROM, "now")
    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == ["WHAT", "DEPLOYMENT", "SCOPE", "DETAIL"]
    assert kinds(answer.out) == ["changed", "missing", "suspect", "retired"]
    assert "payments-1" in answer.out.splitlines()[1]
    assert answer.out.splitlines()[1].endswith("title unknown → New")
    sums = answer.err.splitlines()[0]
    assert sums.endswith(": 1 changed · 1 missing · 1 suspect · 1 retired")


def test_what_could_not_be_seen_is_said_and_never_nothing(call: Call, filled: Path) -> None:
    answer = call("diff", FROM, "now", "name:nobody")
    lines = answer.err.splitlines()
    assert (answer.code, answer.out) == (0, "")
    assert lines[0].endswith("no difference in what was seen both times")
    assert sum("not seen whole by" in line for line in lines) == 3
    assert any("eu-west-2" in line and "(not visited yet)" in line for line in lines)
    assert any("eu-west-1" in line and "(newest visit partial)" in line for line in lines)
    assert lines[-1].startswith("What differs in these scopes")
    assert call("diff", FROM, "now", "name:nobody", "--require-complete").code == 2


def test_where_all_was_seen_nothing_is_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APISCAPE_STORE", str(tmp_path / "other.db"))
    with open_store(str(tmp_path / "other.db"), write=True) as store:
        visit(store, batch(make(1)), at=SEEN, parts=[part()])
    answer = call("diff", FROM, "now", "--require-complete")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.rstrip().endswith(": no difference")


def test_health_and_conclusions(call: Call, filled: Path) -> None:
    with open_store(str(filled), write=True) as store:
        for days, health in ((0, "healthy"), (2, "failing")):
            said = Conclusion(
                health=health, basis="serving", health_reason="5xx 7 %", owners=("Tax",) * days
            )
            store.conclusions.save({make(2).uid: said}, (), seq=1, at=SEEN + days * DAY)
    answer = call("diff", FROM, "now", "name:payments-2")
    assert kinds(answer.out) == ["health"]
    assert answer.out.rstrip().endswith("healthy → failing (serving): 5xx 7 %")
    assert "conclusions not shown: 1; --conclusions shows them" in answer.err
    assert kinds(call("diff", FROM, "now", "payments-2", "--conclusions").out) == [
        *("health", "concluded"),
    ]


def test_a_table_is_cut_and_says_so_and_what_scripts_read_is_whole(
    call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "SHOWN", 2)
    monkeypatch.setattr(diff, "PAGE", 1)
    answer = call("diff", FROM, "now")
    assert len(kinds(answer.out)) == 2
    assert "2 of 4 shown: --limit shows more" in answer.err
    records = [json.loads(line) for line in call("diff", FROM, "now", "--json").out.splitlines()]
    assert [each["kind"] for each in records] == ["changed", "missing", "suspect", "retired"]
    assert records[0]["uid"] == make(1).uid
    assert len(call("diff", FROM, "now", "--json", "--limit", "3").out.splitlines()) == 3
    assert len(call("diff", FROM, "now", "-o", "name").out.splitlines()) == 4


def test_times_that_cannot_be(call: Call, filled: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%MZ")
    late = call("diff", FROM, tomorrow)
    assert (late.code, "has not come yet" in late.err) == (3, True)
    early = call("diff", "2001-01-01", "now")
    assert (early.code, "nothing is kept before" in early.err) == (3, True)
    turned = call("diff", "now", FROM)
    assert (turned.code, "not after the first" in turned.err) == (3, True)
    assert call("diff", FROM).code == 3
    assert call("diff", "soon", "now").code == 3


def test_what_a_view_cannot_decide_is_counted(call: Call, filled: Path) -> None:
    answer = call("diff", FROM, "now", "p95>1")
    assert answer.out == ""
    assert "undecided: nobody can tell whether the view holds them" in answer.err
