from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given

from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN
from apiscape.query import FIELDS, parse, select_rows, sort_key
from apiscape.query.order import ELEMENT_END
from apiscape.query.syntax import Sort, View
from tests.strategies import NOW, inventories
from tests.unit.query.examples import row


def ordered(text: str, attribute: str, *values: Any) -> list[object]:
    """Return the values in the order of a view, for rows whose uids fall."""
    uids = [f"u{len(values) - place}" for place in range(len(values))]
    held = [row(uid=uid, **{attribute: v}) for uid, v in zip(uids, values, strict=True)]
    return [getattr(r, attribute) for r in select_rows(parse(text), held, NOW).rows]


def test_without_a_key_the_order_is_by_uid() -> None:
    found = select_rows(View(), [row(uid="b"), row(uid="B"), row(uid="a")], NOW)
    assert [r.uid for r in found.rows] == ["B", "a", "b"]


def test_text_is_ordered_by_its_casefolded_form_by_code_point() -> None:
    values = ("b", "ä", "STRASSE", "A", "straßen", "Z")
    expected = ["A", "b", "STRASSE", "straßen", "Z", "ä"]
    assert ordered("sort:name", "name", *values) == expected
    assert ordered("sort:name:desc", "name", *values) == expected[::-1]


def test_texts_that_differ_in_case_alone_tie_and_go_by_rising_uid() -> None:
    assert ordered("sort:name", "name", "b", "a", "A") == ["A", "a", "b"]
    assert ordered("sort:name", "name", "b", "A", "a") == ["a", "A", "b"]
    assert ordered("sort:name:desc", "name", "a", "A", "b") == ["b", "A", "a"]


@pytest.mark.parametrize(
    ("key", "attribute", "low", "high", "nothings"),
    [
        ("p95", "p95_ms", 5.0, 40.0, (UNKNOWN, None)),
        ("operations", "operations", 0, 2, (UNKNOWN,)),
        ("gateway", "gateway", "a", "b", (UNKNOWN, None)),
        ("health", "health", "degraded", "idle", ("unknown", "Unknown")),
        ("changed", "changed_at", NOW - timedelta(days=1), NOW, (None,)),
        ("owner", "owners", ("a", "b"), ("b", "a"), (UNKNOWN, ())),
        ("owner", "owners", ("a",), ("a", "b"), (UNKNOWN, ())),
    ],
)
def test_nothing_goes_last_in_both_directions(
    key: str, attribute: str, low: object, high: object, nothings: tuple[object, ...]
) -> None:
    rising = ordered(f"sort:{key}", attribute, *nothings, high, low)
    falling = ordered(f"sort:{key}:desc", attribute, *nothings, low, high)
    assert rising[:2] == [low, high]
    assert falling[:2] == [high, low]
    assert set(rising[2:]) == set(falling[2:]) == set(nothings)


def test_what_ties_is_ordered_by_the_next_key_and_in_the_end_by_rising_uid() -> None:
    held = [
        row(uid="1", region="eu", p95_ms=1.0),
        row(uid="2", region=None, p95_ms=9.0),
        row(uid="3", region="eu", p95_ms=5.0),
        row(uid="4", region="eu", p95_ms=5.0),
        row(uid="5", region=None, p95_ms=UNKNOWN),
    ]

    def uids(text: str) -> str:
        return "".join(r.uid for r in select_rows(parse(text), held[::-1], NOW).rows)

    assert uids("sort:region,p95:desc") == "34125"
    assert uids("sort:region:desc,p95") == "13425"
    assert uids("sort:region:desc") == "13425"
    assert uids("sort:p95:desc") == "23415"


def test_the_word_none_is_a_word_like_others() -> None:
    assert ordered("sort:auth", "auth", "unknown", "required", "none") == [
        "none",
        "required",
        "unknown",
    ]


def test_a_key_says_what_a_value_is_ordered_by() -> None:
    assert sort_key(FIELDS["name"], "Tax") == "tax"
    assert sort_key(FIELDS["owner"], ("B", "a")) == f"b{ELEMENT_END}a{ELEMENT_END}"
    assert sort_key(FIELDS["operations"], 0) == 0
    assert sort_key(FIELDS["changed"], NOW) == NOW
    assert sort_key(FIELDS["health"], "unknown") is None
    assert sort_key(FIELDS["p95"], UNKNOWN) is None


@pytest.mark.no_cover
@given(inventories())
def test_the_order_does_not_depend_on_how_rows_arrive(inventory: list[tuple[Row, Deep]]) -> None:
    plain = [on for on, _deep in inventory]
    view = View(sort=(Sort("health", descending=True), Sort("gateway")))
    found = select_rows(view, plain, NOW).rows
    assert select_rows(view, plain[::-1], NOW).rows == found
    assert select_rows(View(), plain, NOW).rows == tuple(sorted(plain, key=attrgetter("uid")))
