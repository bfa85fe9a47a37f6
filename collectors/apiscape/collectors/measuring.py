"""Measuring traffic: an optional part of what a collector is, used only where a source opted in.

Counting costs calls of another quota, a right of its own, and at most providers money. So all three
stand apart from those of `discover`: nothing of them is asked for, tried or paid unless the source
has `traffic`.

A figure is a claim. A count is zero only where the gateway's whole answer has none; whatever could
not be looked at is `Uncounted`, with the reason, and is never a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Protocol, runtime_checkable

from apiscape.collectors.contract import Permission, Quota, Visit
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Scope


class Counted(Entity, frozen=True, tag_field="counting", tag=True):
    """What was counted of a deployment; a figure that was not measured is `None` in it."""

    uid: str
    traffic: Traffic


class Uncounted(Entity, frozen=True, tag_field="counting", tag=True):
    """A deployment of which nothing could be counted, and why."""

    uid: str
    error: ErrorRecord


Counting = Counted | Uncounted
"""One thing that a collector says while it measures."""


PERCENTILES = ("p50", "p95", "p99")
"""Of latency, in the order in which they are told."""


class Wanted(Entity, frozen=True):
    """What is to be measured of each deployment, beside requests and errors.

    Attributes:
        window_s: Length of the newest window that is whole, in full minutes, an hour at most.
        percentiles: Those of latency, out of `PERCENTILES`.
        integration_latency: Whether to time what is behind the gateway as well, where that is told apart.
    """

    window_s: int
    percentiles: tuple[str, ...] = PERCENTILES
    integration_latency: bool = True


class Price(Entity, frozen=True):
    """What measuring costs at list price.

    Attributes:
        service: Who charges (`CloudWatch`).
        metrics: How many metrics are asked for each deployment, whatever is wanted of latency.
        usd_per_1000: List price of a thousand of them.
        percentile: How many more for each percentile of latency.
        integration: How many more for the latency of what is behind the gateway.
        source: Where it is published.
    """

    service: str
    metrics: int
    usd_per_1000: float
    percentile: int = 0
    integration: int = 0
    source: str | None = None

    def metrics_of(self, wanted: Wanted) -> int:
        """Return how many metrics are asked for each deployment."""
        behind = self.integration if wanted.integration_latency else 0
        return self.metrics + self.percentile * len(wanted.percentiles) + behind


@runtime_checkable
class MeasuresTraffic(Protocol):
    """A collector whose gateway, or what watches over it, counts requests."""

    traffic_permissions: ClassVar[tuple[Permission, ...]]
    traffic_quotas: ClassVar[tuple[Quota, ...]]
    traffic_price: ClassVar[Price | None]

    def traffic(
        self, scope: Scope, visit: Visit, deployments: Sequence[Deployment], wanted: Wanted
    ) -> Iterator[Counting]:
        """Yield what was counted of some deployments of the scope, each at most once, in bulk.

        They come without their operations. One that can have no traffic (nothing is deployed) is not
        spoken of. What is raised is why the deployments not yet spoken of are unknown.

        Args:
            scope: Where they are.
            visit: Lends session, clock and threads, as to `discover`.
            deployments: As they stand in the store.
            wanted: What to measure, and over how long.

        Raises:
            CollectorError: what ends it.
        """
        ...

    def try_traffic(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of each of `traffic_permissions`, with at most one call each (`collectors.trying`).

        Raises:
            CollectorError: what leaves all the others unknown.
        """
        ...


@runtime_checkable
class TimesCalls(Protocol):
    """A budget that is told how long calls took, for whoever traces them."""

    def ended(self, families: Sequence[str], *, took_s: float, failure: str | None) -> None:
        """Say how long a call took, and of which type the error was where there was no answer."""
        ...
