"""Limits of rates that objects of the table state: as an expression finds them, and as an API has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiscape.collectors.kubernetes.limiting import figure, nginx_key, rate_of, span_s, unit_s
from apiscape.collectors.kubernetes.table.sketch import ALL_TOGETHER, Limit
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Counted

_Figures = tuple[float | Unknown, float | Unknown | None]

_COUNTED = frozenset(str(each) for each in Counted)


def limits_of(stated: tuple[Limit, ...], words: str, *, is_on: bool) -> Iterator[RateLimit]:
    """Yield the limits that an object states; one without figures where it is only known that there is one.

    Args:
        stated: As its entry finds them.
        words: What the object is called.
        is_on: Whether it says that it limits, in whatever figures.
    """
    if is_on and not stated:
        yield RateLimit(native_id=words)
    for each in stated:
        for requests, per_s in _figures(each):
            yield RateLimit(
                requests=requests,
                per_s=per_s,
                burst=None if each.burst is None else figure(each.burst),
                counts=each.counts if each.counts in _COUNTED else Counted.REQUESTS,
                by=_by(each),
                shared=UNKNOWN if each.shared is None else each.shared,
                condition=each.condition,
                evidence=each.setting,
                native_id=words,
            )


def _figures(limit: Limit) -> Iterator[_Figures]:
    """Yield how many in how many seconds: of several windows one after the other."""
    if limit.rate is not None:
        yield rate_of(limit.rate)
    elif limit.windows:
        for unit, many in limit.windows.items():
            yield figure(many), unit_s(unit)
    elif isinstance(limit.requests, list) and isinstance(limit.per, list):
        for many, per in zip(limit.requests, limit.per, strict=False):
            yield figure(many), _seconds(per)
    elif limit.at_once:
        yield figure(limit.requests), None
    else:
        yield figure(limit.requests), _seconds(limit.per)


def _seconds(per: Any) -> float | Unknown:  # noqa: ANN401 - whatever an object holds
    """Return how long a window is: a unit, a duration, or a number of seconds."""
    unit = unit_s(per)
    return unit if is_known(unit) else span_s(per)


def _by(limit: Limit) -> tuple[str, ...] | Unknown:
    if limit.by is not None:
        return tuple(each for each in limit.by if each != ALL_TOGETHER)
    return nginx_key(limit.key)
