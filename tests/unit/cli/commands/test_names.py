"""Names in DNS on a command line: a table that people read, records that scripts read, and honest sums."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from apiscape.settings.paths import default_store
from apiscape.store import open_store
from tests.store.named import ZONES, fill_names
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN


@pytest.fixture
def named(filled: Path) -> Path:
    """Return the default store, with names in it."""
    with open_store(str(default_store()), write=True) as store:
        fill_names(store, SEEN)
    return filled


def test_what_dangles_stands_first_with_its_evidence(call: Call, named: Path) -> None:
    answer = call("names")
    rows = answer.out.splitlines()
    assert rows[0].split()[:4] == ["DANGLES", "NAME", "POINTS", "AT"]
    assert rows[1].split()[:4] == ["✗", "yes", "old.example", "old.host.example"]
    assert "was orders, which is gone from prod/1/aws.apigateway.rest" in rows[1]
    assert [row.split()[1] for row in rows[2:]] == ["unknown", "no"]
    assert ZONES.key in rows[1]
    assert "public zone example" in rows[1]
    assert "3 names: 1 dangles, of 1 nobody can tell\n" in answer.err
    assert "not seen whole: " in answer.err
    assert answer.code == 0
    assert call("names", "--require-complete").code == 2


def test_a_view_narrows_and_what_may_match_is_said(call: Call, named: Path) -> None:
    assert call("names", "dangling:yes", "-o", "name").out == "old.example\n"
    answer = call("names", "dangling:no")
    assert answer.out.count("example") > 0
    assert "1 name may match, nobody can tell: undecided:yes shows them" in answer.err
    assert call("names", "-dangling:no,yes", "-o", "name").out == ""
    assert call("names", "undecided:yes", "dangling:yes", "-o", "name").out == "odd.example\n"


def test_scripts_and_spreadsheets_get_every_field(call: Call, named: Path) -> None:
    told = [json.loads(line) for line in call("names", "--json").out.splitlines()]
    assert [each["name"] for each in told] == ["old.example", "odd.example", "fine.example"]
    assert told[0]["points_at"] == ["old.host.example"]
    cells = list(csv.DictReader(io.StringIO(call("names", "dangling:yes", "--csv").out)))
    assert [each["dangling"] for each in cells] == ["yes"]
    assert cells[0]["scope"] == ZONES.key


def test_no_name_is_said_and_is_no_good_news(call: Call, filled: Path) -> None:
    answer = call("names")
    assert (answer.code, answer.out) == (0, "")
    assert "No name that points at a lent host is known, or none matches." in answer.err


def test_what_a_name_has_not_is_refused(call: Call, filled: Path) -> None:
    answer = call("names", "health:failing")
    assert answer.code == 3
    assert "a name in DNS has no health" in answer.err
