from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import pytest

from apiscape.model.plain import is_plain
from apiscape.model.row import Row
from apiscape.report.rows import (
    FIELDS,
    FORMATS,
    FORMULA_STARTS,
    PRINTED,
    Writer,
    neutral_cell,
    write_csv,
    write_markdown,
    write_raw_csv,
)

HOSTILE = "=1+1 \x1b[2J|<b>*x*\n\u202e"
PLAIN = Row("u-1", "pay", "aws", "aws.rest", "prod", "prod/1/rest", "1", "n-1")
FULL = msgspec.structs.replace(
    PLAIN,
    uid="u-2",
    name=HOSTILE,
    title=None,
    owners=("Team Tax", "Team Vat"),
    endpoints=(),
    operations=0,
    observed_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
)


def written(write: Writer, rows: Iterable[Row]) -> tuple[int, str]:
    stream = io.StringIO()
    return write(iter(rows), stream), stream.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("rows", [[], [PLAIN], [PLAIN, FULL]], ids=len)
def test_every_format_counts_what_it_writes_and_writes_nothing_to_obey(
    form: str, rows: list[Row]
) -> None:
    count, text = written(FORMATS[form], rows)
    assert count == len(rows)
    assert text.endswith("\n") or not rows
    assert all(map(is_plain, text.split("\n")))


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_reads_back_as_it_was(form: str) -> None:
    _, text = written(FORMATS[form], [PLAIN, FULL])
    found = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert [msgspec.convert(each, Row) for each in found] == [PLAIN, FULL]


def test_no_rows_are_an_empty_array_of_json() -> None:
    assert written(FORMATS["json"], [])[1] == "[]\n"


def test_csv_tells_unknown_absent_and_zero_apart_and_computes_nothing() -> None:
    _, text = written(write_csv, [PLAIN, FULL])
    plain, full = csv.DictReader(io.StringIO(text))
    assert tuple(plain) == FIELDS
    assert (plain["title"], full["title"]) == ("unknown", "")
    assert (plain["operations"], full["operations"]) == ("unknown", "0")
    assert full["owners"] == "Team Tax Team Vat"
    assert full["name"].startswith("'=1+1 ")


def test_raw_cells_are_as_the_gateway_gave_them() -> None:
    _, text = written(write_raw_csv, [FULL])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["name"] == HOSTILE


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_beginning_of_a_formula_is_taken_away(start: str) -> None:
    assert neutral_cell(f"{start}1+1") == f"'{start}1+1"
    assert neutral_cell(f"1{start}") == f"1{start}"


def test_markdown_is_a_table_in_which_no_cell_is_markup() -> None:
    _, text = written(write_markdown, [PLAIN, FULL])
    head, rule, plain, full = text.splitlines()
    assert head.startswith("| name | style | provider |")
    assert rule == "|" + "---|" * len(PRINTED)
    assert plain.count(" | ") == len(PRINTED) - 1
    assert "\\|\\<b\\>\\*x\\*" in full
    assert "| unknown |" in plain
