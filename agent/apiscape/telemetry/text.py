"""The text of `/metrics`, as a Prometheus reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from apiscape.telemetry.catalogue import Kind, Metric, Point, Sample, Spread

if TYPE_CHECKING:
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


def write_text(samples: Iterable[Sample]) -> str:
    """Return samples in Prometheus' text format, families together."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(samples))
    return generate_latest(registry).decode()


class _Once:
    """A collector that gives what it was made with."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples

    def describe(self) -> Iterable[Family]:
        """Promise nothing, so that nothing is collected when this is registered."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Yield a family for every metric that has a sample."""
        by_name: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in self._samples:
            by_name[sample.metric.name].append(sample)
        for samples in by_name.values():
            yield _family(samples[0].metric, samples)


def _family(metric: Metric, samples: Iterable[Sample]) -> Family:
    from prometheus_client import metrics_core as core

    head = (metric.family, metric.meaning)
    if metric.kind is Kind.HISTOGRAM:
        histogram = core.HistogramMetricFamily(*head, labels=metric.labels)
        for spread in (each for each in samples if isinstance(each, Spread)):
            histogram.add_metric(spread.labels, _buckets(spread), spread.total)
        return histogram
    family: CounterMetricFamily | GaugeMetricFamily
    if metric.kind is Kind.COUNTER:
        family = core.CounterMetricFamily(*head, labels=metric.labels)
    else:
        family = core.GaugeMetricFamily(*head, labels=metric.labels)
    for point in (each for each in samples if isinstance(each, Point)):
        family.add_metric(point.labels, point.value)
    return family


def _buckets(spread: Spread) -> list[tuple[str, float]]:
    bounds = [*(f"{float(bound)}" for bound in spread.metric.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(spread.counts)), strict=True))
