"""Pick fields from answers. What is missing or of the wrong kind reads as nothing, never as an error.

Answers are hostile input: a name may be a number, a list a string, a time impossible. Only
what is picked by name is ever kept, so a field that nobody thought of cannot leak.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

LARGEST_COUNT = 2**53
"""Counts beyond what every JSON reader holds exactly are not believed."""

LONGEST_WAIT_S = 300.0
"""A provider's wish to wait is obeyed up to here."""

WITHHELD = "(withheld)"
"""Stands for the value of a tag that looks like a credential."""

_SECRET_KEY = re.compile(
    r"pass(?:word|wd|phrase)|pwd|secret|token|credential|(?:api|access|private|signing)[-_ ]?key",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN|\bA[KS]IA[0-9A-Z]{16}\b|\bda2-[0-9a-z]{20}|\bgh[pousr]_\w{20}|\beyJ[\w-]{10,}\.|://[^/\s]*:[^/\s]*@"
)

Item = Mapping[str, Any]

OBJECT = (dict, Mapping)
"""What an object of an answer is: nearly always a `dict`, which is told in a tenth of the time."""


def text(item: object, key: str) -> str | None:
    """Return a non-empty string, with lone surrogates replaced, or `None`."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    return well_formed(value) if isinstance(value, str) and value else None


def texts(item: object, key: str) -> tuple[str, ...]:
    """Return the strings of a list."""
    return tuple(well_formed(value) for value in entries(item, key) if isinstance(value, str))


def flag(item: object, key: str) -> bool | None:
    """Return a boolean, or `None`."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    return value if isinstance(value, bool) else None


def opted(item: object, key: str) -> bool | None:
    """Return whether something was switched on: off where nothing is said of it, `None` where that is no boolean."""
    return False if is_missing(item, key) else flag(item, key)


def is_missing(item: object, key: str) -> bool:
    """Say whether an object says nothing of something: a value of the wrong kind says what nobody understands."""
    return isinstance(item, OBJECT) and item.get(key) is None


def is_set(item: object, *path: str, kind: type[object] = str) -> bool | None:
    """Return whether an answer has something: not where it is missing or empty, `None` where it is of another kind.

    Args:
        item: The answer, or a part of it.
        *path: Members that lead to it, through nested objects.
        kind: Of the thing itself: text, `Mapping`, or `Sequence`.
    """
    held: object = item
    for key in path:
        if held is None:
            return False
        if not isinstance(held, OBJECT):
            return None
        held = held.get(key)
    if held is None:
        return False
    fits = isinstance(held, kind) and (kind is str or not isinstance(held, str | bytes))
    return bool(held) if fits else None


def number(item: object, key: str) -> float | None:
    """Return a finite number, or `None`."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST_COUNT and math.isfinite(value) else None


def count(item: object, key: str) -> int | None:
    """Return a whole number, or `None`."""
    value = number(item, key)
    return None if value is None else int(value)


def moment(item: object, key: str) -> datetime | None:
    """Return a time in UTC, or `None`; a time without a zone is taken as UTC."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # a year that UTC does not have
        return None


def part(item: object, key: str) -> Mapping[Any, Any]:
    """Return a nested object, empty where there is none; its keys may be anything."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    return value if value is not None and isinstance(value, OBJECT) else {}


def parts(item: object, key: str) -> Iterator[tuple[str, Item]]:
    """Yield the nested objects of a map by name, in the order of the answer."""
    for name, value in part(item, key).items():
        if isinstance(name, str) and isinstance(value, OBJECT):
            yield well_formed(name), value


def entries(item: object, key: str) -> Sequence[Any]:
    """Return a list, empty where there is none."""
    value = item.get(key) if isinstance(item, OBJECT) else None
    return value if isinstance(value, list | tuple) else ()


def items(item: object, key: str) -> tuple[Item, ...]:
    """Return the objects of a list."""
    return tuple(entry for entry in entries(item, key) if isinstance(entry, OBJECT))


def labels(item: object, key: str) -> dict[str, str]:
    """Return tags in the order of their keys; values that are no text are left out.

    Tags are no place for credentials, and hold some all the same: a value whose key or form
    speaks of one is withheld.
    """
    given = part(item, key)
    return {
        well_formed(name): WITHHELD if _is_secret(name, value) else well_formed(value)
        for name, value in sorted(given.items(), key=lambda pair: str(pair[0]))
        if isinstance(name, str) and isinstance(value, str)
    }


def told_labels(item: object, key: str) -> dict[str, str] | None:
    """Return the map of tags of an answer that was asked for them alone; an empty map is none.

    `None` where there is no map, or one that is not of texts: who is asked for tags and says no map says nothing.
    """
    given = item.get(key) if isinstance(item, OBJECT) else None
    if not isinstance(given, OBJECT):
        return None
    are_texts = all(isinstance(each, str) for pair in given.items() for each in pair)
    return labels(item, key) if are_texts else None


def paired_labels(item: object, key: str) -> dict[str, str] | None:
    """Return tags as `told_labels` does, of a list of objects with `Key` and `Value`."""
    given = item.get(key) if isinstance(item, OBJECT) else None
    if not isinstance(given, list | tuple):
        return None
    pairs = [(text(tag, "Key"), text(tag, "Value") or "") for tag in given]
    return told_labels({key: dict(pairs)}, key)


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET_KEY.search(name) or _SECRET_VALUE.search(value))


def well_formed(value: str) -> str:
    """Return text that can be encoded: a lone surrogate becomes a question mark."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def retry_after_s(headers: Item) -> float | None:
    """Return how long the provider asks to wait, bounded; only whole or decimal seconds are read."""
    for name in ("retry-after", "x-amz-retry-after"):
        given = text(headers, name)
        if given and given.replace(".", "", 1).isdigit():
            seconds = number({"value": float(given)}, "value")
            scale = 1000.0 if name.startswith("x-amz") else 1.0
            return min(seconds / scale, LONGEST_WAIT_S) if seconds is not None else None
    return None
