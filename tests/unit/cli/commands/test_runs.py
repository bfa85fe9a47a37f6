from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.store.making import SCOPE
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import NORTH


def test_the_last_visit_of_each_scope(call: Call, filled: Path) -> None:
    answer = call("runs")
    rows = answer.out.splitlines()
    assert rows[0].split()[:3] == ["SCOPE", "OUTCOME", "WHEN"]
    assert rows[1].split()[:3] == ["◐", SCOPE.key, "partial"]
    assert "1  = 1 (1 detail not seen)" in rows[1]
    assert rows[2] == "   no id"
    assert rows[3].split()[:3] == ["✗", NORTH.key, "failed"]
    assert rows[4] == "   needs apigateway:GET on /restapis"
    assert answer.err == f"1 suspect loss held: apiscape confirm {SCOPE.key}\n"


def test_past_visits_of_one_scope_or_all(call: Call, filled: Path) -> None:
    assert call("runs", SCOPE.key, "-o", "name").out.split() == [SCOPE.key] * 2
    assert len(call("runs", "--all", "-o", "name").out.split()) == 3
    assert len(call("runs", "--all", "--limit", "1", "-o", "name").out.split()) == 1


def test_wide_shows_every_listing_with_all_that_is_not_in_the_figures(
    call: Call, filled: Path
) -> None:
    out = call("runs", "-o", "wide").out
    assert "   ◐ restapis  partial\n" in out
    assert "       skipped left-out: excluded by name\n" in out
    assert "       failed  broken: no id\n" in out
    assert " stages: needs apigateway:GET on /restapis\n" in out
    assert out.count("   ✗ restapis  failed  needs apigateway:GET on /restapis\n") == 1


def test_the_keys_of_a_json_line(call: Call, filled: Path) -> None:
    records = [json.loads(line) for line in call("runs", "--json").out.splitlines()]
    relied_on = "scope outcome listed recorded skipped failed deployments calls throttled error"
    assert all(set(relied_on.split()) <= set(record) for record in records)
    assert records[1]["error"]["kind"] == "access_denied"
    assert call("runs", "-o", "yaml").out.startswith("- scope: ")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("nope", "apiscape runs -o name lists them"),
        (NORTH.key[:-1], f"did you mean {NORTH.key}?"),
    ],
)
def test_a_scope_that_was_never_visited(asked: str, hint: str, call: Call, filled: Path) -> None:
    assert call("runs", asked) == (3, "", f"apiscape: no scope '{asked}'\n  → {hint}\n")


def test_before_the_first_visit(call: Call, tmp_path: Path) -> None:
    from apiscape.store import open_store

    place = str(tmp_path / "s.db")
    open_store(place, write=True).close()
    assert call("runs", "--store", place) == (0, "", "No visit yet: apiscape scan\n")
    assert call("runs", "--store", place, "--json") == (0, "", "")
