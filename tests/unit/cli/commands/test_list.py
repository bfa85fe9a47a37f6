from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from apiscape.cli.commands import list as listing
from apiscape.cli.commands.list import RECORD, Rows, column_of, sum_words
from apiscape.query import parse
from tests.store.making import MINUTE
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import NORTH, SEEN, rich

INCOMPLETE = f"""\
not seen whole: prod/111122223333/eu-west-1/aws.apigateway.rest
not seen whole: {NORTH.key}
Rows of these scopes may be out of date or lacking: apiscape runs
"""

HEADINGS = [
    *("NAME", "STYLE", "GATEWAY", "ENVIRONMENT", "OPS"),
    *("AUTH", "EXPOSURE", "OWNER", "HEALTH"),
]
KEYS = [
    "uid",
    "name",
    "style",
    "provider",
    "product",
    "scope",
    "gateway",
    "environment",
    "endpoints",
    "operations",
    "auth",
    "exposure",
    "owner",
    "health",
    "basis",
    "presence",
    "observed_at",
    "consumers",
]


def test_rows_are_data_and_the_rest_is_words(call: Call, filled: Path) -> None:
    answer = call("list", "payments")
    assert answer.code == 0
    assert answer.out.splitlines()[0].split() == [*HEADINGS, "PRESENCE", "FRESHNESS"]
    names = [line.split()[0] for line in answer.out.splitlines()[1:]]
    assert names == [f"payments-{number}" for number in range(1, 7)]
    assert answer.err == f"6 deployments match payments\n{INCOMPLETE}"


def test_rows_that_may_be_out_of_date_are_marked_and_where_there_are_none_nothing_is(
    call: Call, filled: Path
) -> None:
    del filled  # only has to be there
    every = call("list").out.splitlines()
    column = every[0].index("FRESHNESS")
    assert {line[column:].strip() for line in every[1:]} >= {"current", "not_observed"}
    fresh = call("list", "freshness:current", "presence:present").out.splitlines()
    assert len(fresh) > 1
    assert fresh[0].split() == HEADINGS
    named = call("list", "cols:name,owner").out.splitlines()
    assert named[0].split() == ["NAME", "OWNER"]


def test_the_keys_of_a_json_line_are_those_that_scripts_rely_on(call: Call, filled: Path) -> None:
    lines = [json.loads(line) for line in call("list", "--json").out.splitlines()]
    assert [list(line) for line in lines] == [KEYS] * 7
    assert list(RECORD) == KEYS
    first = next(line for line in lines if line["uid"] == rich().uid)
    assert first["owner"] == "Team Tax"
    assert first["endpoints"] == ["https://tax.example"]
    assert first["operations"] == 3
    assert datetime.fromisoformat(first["observed_at"]).tzinfo is not None
    other = next(line for line in lines if line["name"] == "payments-2")
    assert (other["owner"], other["endpoints"], other["gateway"]) == ("unknown", None, None)
    assert (first["consumers"], other["consumers"]) == (3, None)


def test_every_format_says_the_same(call: Call, filled: Path) -> None:
    lines = [json.loads(line) for line in call("list", "tax", "--json").out.splitlines()]
    assert yaml.safe_load(call("list", "tax", "-o", "yaml").out) == lines
    assert "\x1b" not in call("list", "tax", "-o", "name").out
    wide = call("list", "tax", "-o", "wide").out
    assert lines[0]["uid"] in wide
    assert "https://tax.example" in wide
    heads, cells = wide.splitlines()[:2]
    end = heads.index("CONSUMERS") + len("CONSUMERS")
    assert cells[:end].split()[-1] == str(lines[0]["consumers"]) == "3"


def test_a_view_may_be_several_words_and_begin_with_a_minus(call: Call, filled: Path) -> None:
    names = call("list", "payments", "-name:payments-1", "sort:name", "-o", "name").out.split()
    assert names == [f"payments-{number}" for number in range(2, 7)]
    assert call("list", "-payments operations>1", "-o", "name").out.startswith("=tax")


def test_unknown_rows_are_counted_beside_every_result(call: Call, filled: Path) -> None:
    assert "0 deployments match 5xx>1, 7 undecided (undecided:yes lists them)" in (
        call("list", "5xx>1").err
    )
    assert "7 undecided: undecided:yes lists them" in call("list", "5xx>1", "--json").err
    assert "7 deployments undecided of 5xx>1\n" in call("list", "5xx>1 undecided:yes").err
    assert "undecided" not in call("list", "5xx>1 undecided:yes", "--json").err


def test_a_limit_says_of_how_many(call: Call, filled: Path) -> None:
    answer = call("list", "--limit", "2")
    assert len(answer.out.splitlines()) == 3
    assert answer.err.startswith("2 of 7 deployments\n")


def test_columns_and_order_are_the_views(call: Call, filled: Path) -> None:
    out = call("list", "payments sort:name:desc cols:name,consumers,native_id").out
    assert out.splitlines()[0].split() == ["NAME", "CONSUMERS", "NATIVE", "ID"]
    assert out.splitlines()[1].split()[:2] == ["payments-6", "?"]
    assert column_of("scope").cut_inside
    assert (column_of("operations").title, column_of("operations").right) == ("OPS", True)


def test_who_needs_it_whole_is_told_by_the_exit_code(call: Call, filled: Path) -> None:
    assert call("list", "--require-complete").code == 2


def test_the_inventory_as_it_was(call: Call, filled: Path) -> None:
    then = SEEN + 2 * MINUTE
    asked = ("--as-of", f"{then:%Y-%m-%dT%H:%MZ}", "cols:name,title,presence", "payments-1")
    out = call("list", *asked)
    assert out.out.splitlines()[1].split() == ["payments-1", "?", "present"]
    assert f"1 deployment matches payments-1 as of {then:%Y-%m-%d %H:%M} UTC" in out.err
    assert call("list", "cols:name,title payments-1").out.splitlines()[1].split()[1] == "New"
    assert call("list", "--as-of", "now", "-o", "name").out == call("list", "-o", "name").out
    ago = (datetime.now(UTC) - then).total_seconds()
    was = call("list", "--as-of", f"{ago:.0f}s", *asked[2:])
    assert was.out == out.out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nmae:x"], 3, "  nmae:x\n  ^\n  → did you mean name?"),
        (
            ["--as-of", "yesterday"],
            3,
            "'yesterday': a time is 2026-09-30, 2026-09-30T12:00Z or 2d\n  → apiscape list --help",
        ),
        (["at:2026-09-01", "--as-of", "2026-09-01"], 3, "stands twice"),
        (["--store", "/nowhere/x.db"], 4, "there is no store at /nowhere/x.db\n  → "),
        (["--store", "/etc/passwd"], 4, "not a store of apiscape"),
        (["--config", "/nowhere"], 3, "/nowhere: no such file\n  → apiscape sources init"),
    ],
)
def test_what_goes_wrong_is_said_with_the_next_step(
    words: list[str], code: int, says: str, call: Call, filled: Path
) -> None:
    answer = call("list", *words)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err


def test_an_estate_that_nobody_visited_is_not_an_empty_one(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    from apiscape.store import open_store

    empty = str(tmp_path / "empty.db")
    open_store(empty, write=True).close()
    answer = call("list", "--store", empty, "--require-complete")
    assert answer.code == 2
    assert "Nothing was visited yet, so nobody knows what is there: apiscape scan" in answer.err


def test_the_line_below_the_table() -> None:
    rows = Rows([], 0, 0)
    assert sum_words(rows, parse("sort:name cols:name")) == "0 deployments"
    at = datetime(2026, 9, 1, tzinfo=UTC)
    assert sum_words(rows, parse(f"at:{at:%Y-%m-%d}")) == "0 deployments as of 2026-09-01 00:00 UTC"


def test_a_list_of_many_pages_is_whole(
    call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = call("list", "--json").out
    monkeypatch.setattr(listing, "PAGE", 2)
    assert call("list", "--json").out == whole
    assert len(call("list", "--limit", "3", "--json").out.splitlines()) == 3


def test_before_anybody_looked_there_is_no_empty_list(call: Call, filled: Path) -> None:
    answer = call("list", "--as-of", "2020-01-01")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("apiscape: nothing is kept before ")
    assert f"the oldest time that can be asked for is {SEEN:%Y-%m-%d}" in answer.err


def test_a_word_that_looks_mistyped_is_said_and_is_no_error(call: Call, filled: Path) -> None:
    answer = call("list", "health:failng")
    assert answer.code == 0
    assert answer.err.startswith("health:failng: did you mean failing?\n0 deployments match")
    assert "did you mean" not in call("list", "health:failing").err
    assert call("list", "health:failng", "--json").err.startswith("health:failng: did you")
