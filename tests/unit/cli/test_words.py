from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apiscape.cli.words import age, clock, count, duration, shown
from apiscape.model.values import UNKNOWN

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (27.2, "27 s"),
        (59.6, "1 min"),
        (185, "3 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "never"),
        (NOW - timedelta(seconds=5), "5.0 s"),
        (NOW - timedelta(hours=3), "3 h 0 min"),
        (NOW - timedelta(days=3, hours=2), "3 d"),
        (NOW + timedelta(seconds=5), "0.0 s"),
    ],
)
def test_ages(moment: datetime | None, words: str) -> None:
    assert age(moment, NOW) == words


def test_unknown_absent_and_zero_look_different() -> None:
    assert [shown(value) for value in (UNKNOWN, None, (), 0, ("a", "b"), "x")] == [
        "?",
        "-",
        "-",
        "0",
        "a, b",
        "x",
    ]


def test_a_time_is_shown_to_the_minute() -> None:
    assert shown(NOW) == clock(NOW)
    assert len(clock(NOW)) == len("2026-11-24 12:00")
    assert clock(UNKNOWN) == "?"
    assert clock(None) == "-"


def test_one_is_not_many() -> None:
    assert (count(1, "scope"), count(1200, "scope"), count(2, "entry", "entries")) == (
        "1 scope",
        "1,200 scopes",
        "2 entries",
    )
