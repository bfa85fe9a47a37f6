"""Figures in OTLP: what was recorded, handed to OpenTelemetry's exporters as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from apiscape.telemetry.catalogue import Kind, Metric, Point, Sample, Spread
from apiscape.telemetry.exporters import MOST_IN_BATCH
from apiscape.telemetry.identity import this_agent, this_library

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import Gauge, Histogram, MetricsData, Sum
    from opentelemetry.sdk.metrics.export import Metric as Told


def portions(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """Yield samples as many as a request may hold, so that no more than those are packed at a time."""
    left = iter(samples)
    while some := list(islice(left, MOST_IN_BATCH)):
        yield some


class Packing:
    """Packs samples; a process begins its counters at one time, `start_ns`."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._resource = this_agent()
        self._library = this_library()

    def pack(self, samples: Iterable[Sample], now_ns: int) -> MetricsData:
        """Return samples as one message, families together."""
        from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics

        by_name: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            by_name[sample.metric.name].append(sample)
        told = [self._tell(held[0].metric, held, now_ns) for held in by_name.values()]
        scope = ScopeMetrics(scope=self._library, metrics=told, schema_url="")
        resource = ResourceMetrics(
            resource=self._resource, scope_metrics=[scope], schema_url=self._resource.schema_url
        )
        return MetricsData(resource_metrics=[resource])

    def _tell(self, metric: Metric, samples: Iterable[Sample], now_ns: int) -> Told:
        from opentelemetry.sdk.metrics.export import Metric as Told

        data: Histogram | Sum | Gauge
        if metric.kind is Kind.HISTOGRAM:
            data = self._histogram((each for each in samples if isinstance(each, Spread)), now_ns)
        else:
            data = self._numbers(metric, (e for e in samples if isinstance(e, Point)), now_ns)
        return Told(name=metric.name, description=metric.meaning, unit=metric.unit, data=data)

    def _numbers(self, metric: Metric, points: Iterable[Point], now_ns: int) -> Sum | Gauge:
        from opentelemetry.sdk.metrics.export import (
            AggregationTemporality,
            Gauge,
            NumberDataPoint,
            Sum,
        )

        counts = metric.kind is Kind.COUNTER
        told = [
            NumberDataPoint(
                attributes=dict(zip(metric.attributes, point.labels, strict=True)),
                start_time_unix_nano=self._start_ns if counts else 0,
                time_unix_nano=now_ns,
                value=float(point.value),
            )
            for point in points
        ]
        if counts:
            return Sum(told, AggregationTemporality.CUMULATIVE, is_monotonic=True)
        return Gauge(told)

    def _histogram(self, spreads: Iterable[Spread], now_ns: int) -> Histogram:
        from opentelemetry.sdk.metrics.export import (
            AggregationTemporality,
            Histogram,
            HistogramDataPoint,
        )

        told = [
            HistogramDataPoint(
                attributes=dict(zip(spread.metric.attributes, spread.labels, strict=True)),
                start_time_unix_nano=self._start_ns,
                time_unix_nano=now_ns,
                count=sum(spread.counts),
                sum=spread.total,
                bucket_counts=spread.counts,
                explicit_bounds=spread.metric.bounds,
                min=spread.least,
                max=spread.most,
            )
            for spread in spreads
        ]
        return Histogram(told, AggregationTemporality.CUMULATIVE)
