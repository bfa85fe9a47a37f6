"""What was measured of a deployment by one source: outside its facts, and of its moment only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apiscape.model.deployment import Traffic
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Scope
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown, is_known


class Measured(Entity, frozen=True):
    """What a source measured of a deployment, the newest only.

    Attributes:
        signals: What it found, each with its time.
        traffic: What the gateway counted in a window; unknown where this source counts nothing.
    """

    signals: tuple[Signal, ...] = ()
    traffic: Traffic | Unknown = UNKNOWN


def measured_at(measured: Measured) -> datetime | None:
    """Return until when a source measured, or when it last could not; `None` where it holds nothing."""
    moments = [signal.observed_at for signal in measured.signals]
    moments += [measured.traffic.until] if is_known(measured.traffic) else []
    return max(moments, default=None)


def newest_traffic(measured: Iterable[Measured]) -> Traffic | Unknown:
    """Return the newest figures of whoever counts requests; unknown where nobody does."""
    counted = [each.traffic for each in measured if is_known(each.traffic)]
    return max(counted, key=lambda each: each.until, default=UNKNOWN)


class Uncountable(Entity, frozen=True):
    """Deployments of which nothing could be measured, for one reason."""

    error: ErrorRecord
    deployments: int


class TrafficReport(Entity, frozen=True):
    """What came of measuring the traffic of one scope.

    Attributes:
        asked: Deployments that were asked about; those that can have no traffic not counted.
        measured: Those of which requests were counted, none of them included.
        uncountable: The others, by reason: most deployments first.
        calls, throttled: Calls made for it, and refused for rate.
    """

    scope: Scope
    asked: int
    measured: int
    uncountable: tuple[Uncountable, ...] = ()
    calls: int = 0
    throttled: int = 0


class TrafficCost(Entity, frozen=True):
    """What measuring the traffic of a source is expected to cost at list price.

    Attributes:
        service: Who charges.
        deployments: For how many that is.
        metrics_per_hour: Metrics asked for in an hour.
        usd_per_day: What they cost in a day.
        usd_per_1000: List price of a thousand of them.
    """

    service: str
    deployments: int
    metrics_per_hour: float
    usd_per_day: float
    usd_per_1000: float
