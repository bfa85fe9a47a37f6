"""Records of catalogues on a command line: a table that people read, records that scripts read, and honest sums."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from apiscape.settings.paths import default_store
from apiscape.store import open_store
from tests.store.declared import AWAY, REGISTRY, UNTOLD, fill_catalogues
from tests.store.making import DAY, OTHER_SCOPE, make, visit
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import SEEN


@pytest.fixture
def declared(filled: Path) -> Path:
    """Return the default store, with records in it; a second source read their region whole."""
    with open_store(str(default_store()), write=True) as store:
        visit(store, scope=OTHER_SCOPE, at=SEEN + DAY)
        fill_catalogues(store, SEEN + DAY, make(2))
    return filled


def test_what_leads_to_nothing_stands_first_with_why(call: Call, declared: Path) -> None:
    answer = call("catalogues", "-o", "wide")
    rows = answer.out.splitlines()
    assert rows[0].split()[:5] == ["DANGLES", "RECORD", "LEADS", "TO", "WHY"]
    assert rows[1].split()[:4] == ["✗", "yes", "gone", "nothing"]
    assert f"not in {OTHER_SCOPE.key}: {AWAY}" in rows[1]
    assert rows[2].split()[:4] == ["?", "unknown", "odd", "?"]
    assert UNTOLD in rows[2]
    assert "planned" in rows[2]
    assert rows[3].split()[:4] == ["✓", "no", "there", "payments-2/prod"]
    assert rows[3].split()[4:8] == ["agents", "mcp", "2", "live"]
    assert REGISTRY.key in rows[3]
    assert "3 records of 1 catalogue: 1 dangles, of 1 nobody can tell\n" in answer.err
    assert "not seen whole: " in answer.err
    assert answer.code == 0
    assert call("catalogues", "--require-complete").code == 2


def test_a_view_narrows_and_what_may_match_is_said(call: Call, declared: Path) -> None:
    assert call("catalogues", "--unlinked", "-o", "name").out == "gone\nodd\n"
    assert call("catalogues", "od", "--unlinked", "-o", "name").out == "odd\n"
    answer = call("catalogues", "backend:payments-2")
    assert "there" in answer.out
    assert "1 record may match, nobody can tell: undecided:yes shows them" in answer.err


def test_scripts_and_spreadsheets_get_every_field(call: Call, declared: Path) -> None:
    told = [json.loads(line) for line in call("catalogues", "--json").out.splitlines()]
    assert [each["name"] for each in told] == ["gone", "odd", "there"]
    assert told[2]["names"][0]["uid"] == make(2).uid
    assert told[0]["names"][0]["native_id"] == AWAY
    cells = list(csv.DictReader(io.StringIO(call("catalogues", "--csv").out)))
    assert [each["missing"] for each in cells] == [AWAY, "", ""]
    assert cells[2]["leads_to"] == "payments-2/prod"
    assert {each["catalogue"] for each in cells} == {"agents"}
    assert "names" not in cells[0]


def test_no_record_is_said_and_is_no_good_news(call: Call, filled: Path) -> None:
    answer = call("catalogues")
    assert (answer.code, answer.out) == (0, "")
    assert "No record of a catalogue is known, or none matches." in answer.err


def test_what_a_record_has_not_is_refused(call: Call, filled: Path) -> None:
    answer = call("catalogues", "health:failing")
    assert answer.code == 3
    assert "a record of a catalogue has no health" in answer.err
