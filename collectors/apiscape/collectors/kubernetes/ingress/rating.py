"""Limits of rates that annotations state, and how their tables say so. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.limiting import figure, nginx_key, rate_of, span_s
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Counted

Find = Callable[[str], tuple[str, str] | None]
"""Finds the full key and the value of an annotation by its key."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation that limits callers.

    Attributes:
        key: Whose value is how many; one that is nothing or zero limits nobody.
        only_if: Key that, if it is not `true`, keeps the limit away.
        tried: Key that, if it is `true`, makes a limit that limits nobody.
        per_s: The window; `None` for as many at a time.
        window: Key of the window, instead.
        is_rate: Whether the value is a rate (`10r/s`), with its window.
        counts: What is counted.
        by: What callers are told apart by.
        by_key: Key of the variables that say that, instead.
        burst: Key of how many at once.
        times: Key of how many times as many at once, and how many without it.
        spared: Keys of callers who are not limited.
    """

    key: str
    only_if: str | None = None
    tried: str | None = None
    per_s: float | None = 1.0
    window: str | None = None
    is_rate: bool = False
    counts: str = Counted.REQUESTS
    by: tuple[str, ...] | Unknown = UNKNOWN
    by_key: str | None = None
    burst: str | None = None
    times: tuple[str, float] | None = None
    spared: tuple[str, ...] = ()


def rated(rates: Iterable[Rates], find: Find, place: str) -> Iterator[RateLimit]:
    """Yield the limits that annotations state.

    Args:
        rates: Of the controller's table.
        find: By which annotations are found.
        place: Of which object, in words.
    """
    for each in rates:
        found = find(each.key)
        if found is not None and _is_meant(each, found[1], find):
            yield _limit(each, found, find, place)


def _is_meant(told: Rates, value: str, find: Find) -> bool:
    if value.casefold() in _NONE or (told.only_if and not _is_true(find(told.only_if))):
        return False
    return not (told.tried and _is_true(find(told.tried)))


_NONE = frozenset({"", "0", "false", "off", "no", "none"})


def _is_true(found: tuple[str, str] | None) -> bool:
    return found is not None and found[1].casefold() in {"true", "yes", "on", "1"}


def _limit(told: Rates, found: tuple[str, str], find: Find, place: str) -> RateLimit:
    key, value = found
    requests, per_s = rate_of(value) if told.is_rate else (figure(value), _window(told, find))
    spared = [other for each in told.spared if (other := find(each)) is not None and other[1]]
    return RateLimit(
        requests=requests,
        per_s=per_s,
        burst=_burst(told, requests, find),
        counts=told.counts,
        by=_by(told, find),
        shared=False,
        condition=f"not for callers of {spared[0][0]}" if spared else None,
        evidence=key,
        native_id=place,
    )


def _window(told: Rates, find: Find) -> float | Unknown | None:
    found = find(told.window) if told.window else None
    return told.per_s if found is None else span_s(found[1])


def _by(told: Rates, find: Find) -> tuple[str, ...] | Unknown:
    found = find(told.by_key) if told.by_key else None
    return told.by if found is None else nginx_key(found[1])


def _burst(told: Rates, requests: float | Unknown, find: Find) -> float | Unknown | None:
    found = find(told.burst) if told.burst else None
    if found is not None:
        return figure(found[1])
    if told.times is None:
        return None
    key, usual = told.times
    said = find(key)
    factor = usual if said is None else figure(said[1])
    if not isinstance(factor, float) or not isinstance(requests, float):
        return UNKNOWN
    return requests * factor
