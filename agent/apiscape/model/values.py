"""The three kinds of nothing: unknown, absent, and zero.

A field that may be unknown is typed `T | None | Unknown`. `UNKNOWN` says that nobody could
look, `None` that somebody looked and there is none, `0` or `()` that it was counted and is
nothing. In JSON an unknown field is left out and an absent one is `null`, so that a field
which an older writer did not know reads as unknown.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeGuard, TypeVar

import msgspec

T = TypeVar("T")

Unknown = msgspec.UnsetType
UNKNOWN = msgspec.UNSET


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_known(value: T | Unknown) -> TypeGuard[T]:
    """Say whether somebody could look: true for `None`, zero and any value, false for `UNKNOWN`."""
    return value is not UNKNOWN


def known_or(value: T | Unknown, default: T) -> T:
    """Return the value, or `default` where it is unknown."""
    return value if is_known(value) else default


def moment_in(value: object) -> datetime | None:
    """Return the time that an RFC 3339 text tells, where it is one with its zone."""
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        return None
    return told if told.tzinfo is not None else None


def utc_millis(moment: datetime) -> int:
    """Return milliseconds since 1970-01-01T00:00:00Z of an aware time; naive times are refused.

    Raises:
        ValueError: `moment` has no time zone.
    """
    if moment.tzinfo is None:
        message = f"time without a zone: {moment.isoformat()}"
        raise ValueError(message)
    return round(moment.timestamp() * 1000)


def from_utc_millis(millis: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970, to the millisecond however far away it is.

    Raises:
        OverflowError: it lies outside the years 1 to 9999.
    """
    return _EPOCH + timedelta(milliseconds=millis)
