"""Inventories in figures, small and readable, and what a text of metrics says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from opentelemetry.sdk.trace import ReadableSpan
from prometheus_client.parser import text_string_to_metric_families

from apiscape.client.inventory import ChangePage, Page
from apiscape.errors import StoreError
from apiscape.model.run import Ledger, Reach, RunReport, Scope, Totals
from apiscape.store.reading.counts import Alike, Counts, Health, Product, Standing
from apiscape.telemetry.catalogue import Metric, Point, Sample

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
REST = "aws.apigateway.rest"

ALIKE = Alike(
    provider="aws",
    product=REST,
    environment="production",
    lifecycle="unknown",
    health="unknown",
    basis="none",
    exposure="internet",
    auth="required",
    presence="present",
    count=3,
)
PRODUCT = Product(
    provider="aws", product=REST, deployments=3, unauthenticated=2, undecided=1, not_observed=0
)
SCOPE = Standing(provider="aws", product=REST, outcome="complete", last_complete_at=NOW - HOUR)


def alike(**changes: Any) -> Alike:
    return msgspec.structs.replace(ALIKE, **changes)


def product(**changes: Any) -> Product:
    return msgspec.structs.replace(PRODUCT, **changes)


def standing(**changes: Any) -> Standing:
    return msgspec.structs.replace(SCOPE, **changes)


COUNTS = Counts(alike=(ALIKE,), products=(PRODUCT,), scopes=(SCOPE,))


class Counted:
    """A reader that gives what it was told to, and counts how often it is asked."""

    def __init__(self, counts: Counts = COUNTS) -> None:
        self.counts_ = counts
        self.asked = 0
        self.measured: tuple[Health, ...] = ()
        self.is_broken = False

    def counts(self) -> Counts:
        self.asked += 1
        if self.is_broken:
            raise StoreError("the database does not answer", hint=None)
        return self.counts_

    def healths(self, limit: int) -> tuple[Health, ...]:
        standing = tuple(Health(f"uid-{n}", "healthy", "serving") for n in range(3))
        return (*standing, *self.measured)[:limit]

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        return Page(items=(), matched=0, undecided=0)

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        return ChangePage(items=(), last_seq=after)

    def last_seq(self) -> int:
        return 0


def report(**changes: Any) -> RunReport:
    scope = Scope(
        source="prod",
        provider="aws",
        product=REST,
        reach=Reach(key="secret-account", account="secret-account"),
    )
    run = RunReport(
        scope=scope,
        generation=1,
        started_at=NOW - timedelta(seconds=4),
        ended_at=NOW,
        outcome="complete",
        ledger=Ledger(listed=3, listed_whole=True, recorded=3, calls=7, throttled=2),
        totals=Totals(appeared=3),
    )
    return msgspec.structs.replace(run, **changes)


def values(samples: Iterable[Sample], metric: Metric) -> dict[tuple[str, ...], float]:
    """Return what the series of a metric say."""
    return {
        each.labels: each.value
        for each in samples
        if each.metric is metric and isinstance(each, Point)
    }


def value(samples: Iterable[Sample], metric: Metric) -> float:
    """Return what the one series of a metric says."""
    (found,) = values(samples, metric).values()
    return found


def told(text: str) -> Mapping[str, list[tuple[dict[str, str], float]]]:
    """Return what a text of metrics says, by the names of its samples."""
    said: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            said.setdefault(sample.name, []).append((sample.labels, sample.value))
    return said


def ids(span: ReadableSpan) -> tuple[int, int]:
    """Return the ids of a span: of its trace, and its own."""
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id
