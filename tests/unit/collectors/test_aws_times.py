"""Times in answers of AWS are read as its SDK reads them, in whatever notation they come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.utils import parse_timestamp
from hypothesis import example, given
from hypothesis import strategies as st

from apiscape.collectors.aws.sdk import _read_time

_PARTS = st.tuples(
    *(st.sampled_from(each) for each in (
        ("2026", "1970", "9999", "0001", "26"),
        ("01", "02", "12", "13", "00", "1"),
        ("01", "28", "29", "30", "31", "32", "00"),
        ("T", " ", "t"),
        ("00", "12", "23", "24", "7"),
        ("00", "59", "60"),
        ("00", "59", "60", "61"),
        ("", ".5", ".123456", ".1234567", ".", ",5"),
        ("Z", "z", "", "+00:00", "+05:30", "-0100", " GMT"),
    ))
)  # fmt: skip


@given(_PARTS)
@example(("2026", "02", "29", "T", "12", "00", "00", "", "Z"))
@example(("2024", "02", "29", "T", "12", "00", "00", ".25", "Z"))
def test_a_written_time_is_read_as_the_sdk_reads_it(parts: tuple[str, ...]) -> None:
    year, month, day, between, hour, minute, second, fraction, zone = parts
    said = f"{year}-{month}-{day}{between}{hour}:{minute}:{second}{fraction}{zone}"
    assert _read_time(said) == _read_by_the_sdk(said)


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - its zone is written below
def test_a_time_as_aws_writes_it_is_that_time_in_utc(when: datetime) -> None:
    read = _read_time(f"{when.isoformat()}Z")
    assert read is not None
    assert read.utcoffset() == timedelta(0)
    assert read.replace(tzinfo=None) == when


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=30), st.none(), st.just([])))
@example(6.77680361916768e16)
def test_anything_else_is_a_time_or_none(said: object) -> None:
    assert _read_time(said) == _read_by_the_sdk(said)


def _read_by_the_sdk(said: Any) -> datetime | None:
    try:
        read: datetime = parse_timestamp(said)
    except (ValueError, TypeError, ArithmeticError, OSError, RuntimeError):
        return None
    return read
