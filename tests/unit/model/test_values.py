from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.values import UNKNOWN, from_utc_millis, is_known, known_or, utc_millis


def test_absent_zero_and_empty_are_known() -> None:
    assert all(is_known(value) for value in (None, 0, "", (), False))
    assert not is_known(UNKNOWN)


def test_a_default_stands_in_for_the_unknown_only() -> None:
    assert known_or(UNKNOWN, 7) == 7
    assert known_or(0, 7) == 0


@given(st.datetimes(timezones=st.just(UTC)))
def test_milliseconds_go_there_and_back(moment: datetime) -> None:
    millis = utc_millis(moment)
    assert utc_millis(from_utc_millis(millis)) == millis
    assert abs((from_utc_millis(millis) - moment).total_seconds()) <= 0.001


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        utc_millis(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
