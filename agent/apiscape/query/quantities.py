"""Numbers, ages and moments as they are written in a view."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from decimal import Decimal

from apiscape.query.syntax import UNIT_S, Age

LONGEST_AGE_S = 36_500 * UNIT_S["d"]
"""A hundred years: no age reaches beyond the calendar."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_AGE = re.compile(r"([0-9]{1,10})([smhdw])", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII | re.IGNORECASE,
)


def read_number(text: str) -> float | None:
    """Return a decimal number of at most 15 and 9 digits before and after the point."""
    return float(text) + 0.0 if _NUMBER.fullmatch(text) else None


def write_number(number: float) -> str:
    """Return the shortest digits that read as the number, without an exponent."""
    return format(Decimal(repr(number)).normalize(), "f")


def read_age(text: str) -> Age | None:
    """Return an age such as `2d`, at most a hundred years; units are s, m, h, d and w."""
    found = _AGE.fullmatch(text.casefold())
    if not found:
        return None
    age = Age(int(found[1]), found[2])
    return age if age.amount * UNIT_S[age.unit] <= LONGEST_AGE_S else None


def write_age(age: Age) -> str:
    """Return the age as typed."""
    return f"{age.amount}{age.unit}"


def read_moment(text: str) -> datetime | None:
    """Return the UTC time of `2026-09-30`, which is its midnight, or `2026-09-30T12:00Z`.

    Seconds, milliseconds and an offset may be given; a time without an offset is UTC.
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """Return the shortest text that reads as the moment (UTC, milliseconds)."""
    if moment.time() == time.min:
        return moment.date().isoformat()
    smallest = "milliseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return f"{moment.replace(tzinfo=None).isoformat(timespec=smallest)}Z"
