from __future__ import annotations

from operator import attrgetter

import pytest
from hypothesis import given

from apiscape.model.row import Deep, Row, search_text
from apiscape.query import parse, select_columns, select_rows
from apiscape.query.columns import Columns
from apiscape.query.syntax import View
from tests.strategies import NOW, inventories, views
from tests.unit.query.examples import row


def columns_of(rows: list[Row]) -> Columns:
    return {name: [getattr(r, name) for r in rows] for name in Row.__struct_fields__}


def select(view: View, rows: list[Row]) -> tuple[list[str], int]:
    indexes, undecided = select_columns(view, columns_of(rows), list(map(search_text, rows)), NOW)
    return [rows[i].uid for i in indexes], undecided


@pytest.mark.no_cover
@given(views(most=3), inventories())
def test_columns_say_what_rows_say(view: View, inventory: list[tuple[Row, Deep]]) -> None:
    rows = sorted((on for on, _deep in inventory), key=attrgetter("uid"))
    selection = select_rows(view, rows, NOW)
    assert select(view, rows) == ([r.uid for r in selection.rows], selection.undecided)


ROWS = [
    row(uid="z", name="Tax", health="failing", errors_5xx=2.0, region="eu"),
    row(uid="y", name="Tax", health="unknown", errors_5xx=0.5),
    row(uid="x", name="VAT", health="failing"),
    row(uid="w", name="Tax", health="unknown", region="us"),
]


@pytest.mark.parametrize(
    ("text", "uids", "undecided"),
    [
        ("", "zyxw", 0),
        ("tax", "zyw", 0),
        ("-tax", "x", 0),
        ("ta", "zyw", 0),
        ("-ta", "x", 0),
        ("/^t.x$/", "zyw", 0),
        ("-/^t.x$/", "x", 0),
        ("health:failing", "zx", 2),
        ("health:failing tax", "z", 2),
        ("health:failing undecided:yes", "yw", 2),
        ("health:failing -tax", "x", 0),
        ("5xx>1", "z", 2),
        ("-5xx>1", "y", 2),
        ("5xx>1 health:failing", "z", 2),
        ("5xx>1 undecided:yes health:failing", "xw", 2),
        ("-5xx>1 health:healthy undecided:yes", "yw", 2),
        ("region:eu health:failing", "z", 0),
        ("name:/^v/ health:failing", "x", 0),
        ("path:/v1 tax", "", 3),
        ("path:unknown tax", "zyw", 0),
    ],
)
def test_columns_are_matched_in_their_own_order(text: str, uids: str, undecided: int) -> None:
    found, count = select(parse(text), ROWS)
    assert ("".join(found), count) == (uids, undecided)


def test_sorted_columns_keep_their_order_where_they_tie() -> None:
    assert select(parse("sort:name"), ROWS)[0] == ["z", "y", "w", "x"]
    assert select(parse("sort:name:desc"), ROWS)[0] == ["x", "z", "y", "w"]


def test_a_verdict_is_found_once_for_each_distinct_value() -> None:
    class Word(str):
        __slots__ = ()
        folded = 0

        def casefold(self) -> str:
            Word.folded += 1
            return super().casefold()

    region = Word("EU")
    columns: Columns = {"region": [region] * 1_000, "uid": ["u"] * 1_000}
    indexes, undecided = select_columns(parse("region:eu"), columns, [""] * 1_000, NOW)
    assert (indexes, undecided, Word.folded) == (list(range(1_000)), 0, 1)
