"""Thresholds, and which of them hold for which deployments: laid down by view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.row import Row
from apiscape.query import matcher, parse


class Thresholds(Entity, frozen=True):
    """From where on a figure counts against a deployment. Rates are in percent.

    Attributes:
        errors_5xx_degraded, errors_5xx_failing: Share of answers 5xx in the window.
        degraded_requests, failing_requests: Fewest requests from which each of these may be judged.
        errors_4xx_degraded, p95_ms_degraded: Not judged where none: callers' mistakes, and what is
            slow, differ from API to API.
        certificate_days: Days of validity under which a certificate degrades; none left is failing.
        recovery: Share of a limit that a figure must fall under before its deployment recovers.
        stale_after_s: Age from which what was measured says nothing any more: traffic, and answers to probes.
        seen_stale_after_s: The same, of what a visit saw.
    """

    errors_5xx_degraded: float = 1.0
    errors_5xx_failing: float = 5.0
    degraded_requests: int = 100
    failing_requests: int = 20
    errors_4xx_degraded: float | None = None
    p95_ms_degraded: float | None = None
    certificate_days: float = 14.0
    recovery: float = 0.8
    stale_after_s: float = 3600.0
    seen_stale_after_s: float = 3600.0


DEFAULT_THRESHOLDS = Thresholds()

MISSED = 2.5
"""Of rounds: what is that old has missed two in a row, each of which may have been late."""


def in_rhythm(visit_s: float, measure_s: float = 0.0) -> Thresholds:
    """Return the thresholds of a source that is visited and measured so often, in seconds.

    Nothing of it is too old to tell merely because the next round is not due yet.
    """
    least_s = DEFAULT_THRESHOLDS.stale_after_s
    return Thresholds(
        stale_after_s=max(least_s, MISSED * measure_s),
        seen_stale_after_s=max(least_s, MISSED * visit_s),
    )


class Override(Entity, frozen=True):
    """Thresholds of the deployments of a view; what is left out stays as it was before."""

    view: str
    errors_5xx_degraded: float | None = None
    errors_5xx_failing: float | None = None
    degraded_requests: int | None = None
    failing_requests: int | None = None
    errors_4xx_degraded: float | None = None
    p95_ms_degraded: float | None = None
    certificate_days: float | None = None
    recovery: float | None = None
    stale_after_s: float | None = None


def thresholds_for(
    overrides: Sequence[Override], now: datetime
) -> Callable[[Row, Thresholds], Thresholds]:
    """Return the function that says a row's thresholds: its own, and over them those of every view that it matches.

    The last one wins. A row of which nobody can tell whether it matches keeps what it had: a selector never applies
    to it.

    Raises:
        QueryError: A view cannot be read.
    """
    asked = [(matcher(parse(each.view), now=now), _given(each)) for each in overrides]

    def choose(row: Row, own: Thresholds) -> Thresholds:
        chosen = own
        for matches, given in asked:
            if matches(row, None) is True:
                chosen = msgspec.structs.replace(chosen, **given)
        return chosen

    return choose


def _given(override: Override) -> dict[str, float]:
    values = (
        (name, getattr(override, _SAID_BY.get(name, name))) for name in Thresholds.__struct_fields__
    )
    return {name: value for name, value in values if value is not None}


_SAID_BY = {"seen_stale_after_s": "stale_after_s"}
"""What is said by another key: one age for all, where somebody says one."""
