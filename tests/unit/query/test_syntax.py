from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from apiscape.query.syntax import (
    Age,
    AnyOf,
    Comparison,
    Literal,
    Operator,
    Regex,
    View,
    Word,
    fields_of,
    resolve_times,
)
from tests.strategies import NOW, views


@pytest.mark.parametrize(
    ("operator", "mirrored"),
    [
        (Operator.OVER, Operator.UNDER),
        (Operator.AT_LEAST, Operator.AT_MOST),
        (Operator.UNDER, Operator.OVER),
        (Operator.AT_MOST, Operator.AT_LEAST),
    ],
)
def test_an_age_over_a_span_is_a_time_before_a_moment(
    operator: Operator, mirrored: Operator
) -> None:
    view = View((Comparison("changed", operator, Age(2, "d"), negated=True),))
    moment = NOW - timedelta(days=2)
    assert resolve_times(view, NOW).terms == (
        Comparison("changed", mirrored, moment, negated=True),
    )


def test_moments_come_out_in_utc_and_milliseconds() -> None:
    view = View((Comparison("seen", Operator.OVER, Age(0, "s")),))
    now = datetime(2026, 9, 30, 14, 0, 0, 1_999, tzinfo=timezone(timedelta(hours=2)))
    (term,) = resolve_times(view, now).terms
    assert isinstance(term, Comparison)
    assert term.bound == datetime(2026, 9, 30, 12, 0, 0, 1_000, tzinfo=UTC)
    assert isinstance(term.bound, datetime)
    assert term.bound.tzinfo is UTC


@given(views())
def test_resolving_leaves_no_age_and_nothing_to_resolve(view: View) -> None:
    resolved = resolve_times(view, NOW)
    assert not any(isinstance(getattr(term, "bound", None), Age) for term in resolved.terms)
    assert resolve_times(resolved, NOW + timedelta(days=1)) == resolved
    assert len(resolved.terms) == len(view.terms)


def test_the_fields_asked_for_are_listed() -> None:
    view = View(
        (
            Word("tax"),
            Regex("x"),
            Regex("x", "name"),
            AnyOf("owner", (Literal("tax"),)),
            Comparison("p95", Operator.OVER, 1.0),
        )
    )
    assert list(fields_of(view)) == ["name", "owner", "p95"]


@given(views())
def test_views_are_values(view: View) -> None:
    assert hash(view) == hash(View(*(getattr(view, name) for name in View.__struct_fields__)))


@pytest.mark.parametrize(
    ("text", "short"), [("", True), ("ab", True), ("abc", False), ("税務", True)]
)
def test_words_below_three_characters_are_short(text: str, *, short: bool) -> None:
    assert Word(text).is_short is short
