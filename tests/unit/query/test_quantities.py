from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.query.quantities import (
    read_age,
    read_moment,
    read_number,
    write_age,
    write_moment,
    write_number,
)
from apiscape.query.syntax import Age
from tests.strategies import moments


@pytest.mark.parametrize(
    ("text", "number", "written"),
    [
        ("0", 0.0, "0"),
        ("-0", 0.0, "0"),
        ("+7", 7.0, "7"),
        ("1.50", 1.5, "1.5"),
        ("-2", -2.0, "-2"),
        ("100", 100.0, "100"),
        ("0.000000001", 1e-9, "0.000000001"),
        ("999999999999999", 999999999999999.0, "999999999999999"),
    ],
)
def test_numbers_are_read_and_written_without_exponents(
    text: str, number: float, written: str
) -> None:
    assert read_number(text) == number
    assert write_number(read_number(text) or 0.0) == written


@pytest.mark.parametrize("text", ["", "x", "1e3", "1.", ".5", "1,5", "nan", "inf", "1" * 16, "٣"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(-(10**15) + 1, 10**15 - 1).map(float))
def test_whole_numbers_survive(number: float) -> None:
    assert read_number(write_number(number)) == number


@pytest.mark.parametrize("text", ["0s", "90m", "2h", "2d", "5200w"])
def test_ages_are_read_and_written_as_typed(text: str) -> None:
    age = read_age(text)
    assert age == Age(int(text[:-1]), text[-1])
    assert age is not None
    assert write_age(age) == text


def test_the_unit_of_an_age_is_read_in_any_case() -> None:
    assert read_age("2D") == Age(2, "d")


@pytest.mark.parametrize("text", ["2", "d", "2y", "-2d", "1.5h", "2 d", "36501d", "99999999999s"])
def test_other_texts_are_no_ages(text: str) -> None:
    assert read_age(text) is None


@pytest.mark.parametrize(
    ("text", "moment", "written"),
    [
        ("2026-09-30", datetime(2026, 9, 30, tzinfo=UTC), "2026-09-30"),
        ("2026-09-30T00:00:00Z", datetime(2026, 9, 30, tzinfo=UTC), "2026-09-30"),
        ("2026-09-30t12:00z", datetime(2026, 9, 30, 12, tzinfo=UTC), "2026-09-30T12:00Z"),
        ("2026-09-30T12:00", datetime(2026, 9, 30, 12, tzinfo=UTC), "2026-09-30T12:00Z"),
        ("2026-09-30T01:00+02:00", datetime(2026, 9, 29, 23, tzinfo=UTC), "2026-09-29T23:00Z"),
        ("2026-09-30T12:00:05Z", datetime(2026, 9, 30, 12, 0, 5, tzinfo=UTC), None),
        (
            "2026-09-30T12:00:00.5Z",
            datetime(2026, 9, 30, 12, 0, 0, 500_000, tzinfo=UTC),
            "2026-09-30T12:00:00.500Z",
        ),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC), "0001-01-01"),
    ],
)
def test_moments_are_read_as_utc_and_written_short(
    text: str, moment: datetime, written: str | None
) -> None:
    assert read_moment(text) == moment
    assert write_moment(moment) == (written or text)


@pytest.mark.parametrize(
    "text",
    [
        "now",
        "2026-9-30",
        "2026-02-30",
        "2026-09-30T25:00Z",
        "2026-09-30 12:00",
        "2026-09-30T12",
        "2026-09-30T12:00:00.1234Z",
        "20260930",
        "0001-01-01T00:00+02:00",
    ],
)
def test_other_texts_are_no_moments(text: str) -> None:
    assert read_moment(text) is None


@given(moments())
def test_moments_survive_to_the_millisecond(moment: datetime) -> None:
    assert read_moment(write_moment(moment)) == moment
