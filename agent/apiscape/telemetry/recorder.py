"""Counters, gauges and histograms in plain Python: what is recorded here, two outputs read.

Every metric has a limit of series. What is told beyond it is recorded in one series called
(other), and counted as dropped, so that no caller can fill the memory with names.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from apiscape.telemetry.catalogue import DROPPED, Kind, Metric, Point, Sample, Spread

MOST_SERIES = 200
"""Series of one metric; the catalogue's own attributes stay far below it."""

OTHER = "(other)"
LONGEST = 120
"""Characters of a label."""

Labels = tuple[str, ...]


class Recorder:
    """Keeps what is told; safe from any thread."""

    def __init__(self, most_series: int = MOST_SERIES) -> None:
        self._most = most_series
        self._lock = threading.Lock()
        self._values: defaultdict[Metric, dict[Labels, float]] = defaultdict(dict)
        self._spreads: defaultdict[Metric, dict[Labels, _Buckets]] = defaultdict(dict)

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        """Count; the labels are in the order of the metric's attributes."""
        with self._lock:
            held = self._values[metric]
            key = self._place(metric, held, labels)
            held[key] = held.get(key, 0) + value

    def set(self, metric: Metric, value: float | None, *labels: str) -> None:
        """Say how much something is now; `None` where nobody knows, and then there is no sample."""
        with self._lock:
            held = self._values[metric]
            if value is None:
                held.pop(_cut(labels), None)
            else:
                held[self._place(metric, held, labels)] = value

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Let a histogram take in one more value."""
        with self._lock:
            held = self._spreads[metric]
            key = self._place(metric, held, labels)
            held.setdefault(key, _Buckets(metric)).take(value)

    def samples(self) -> Iterator[Sample]:
        """Yield every series as it stands."""
        with self._lock:
            points = [
                Point(metric, labels, value)
                for metric, held in self._values.items()
                for labels, value in held.items()
            ]
            spreads = [
                Spread(metric, labels, tuple(held.counts), held.total, held.least, held.most)
                for metric, series in self._spreads.items()
                for labels, held in series.items()
            ]
        yield from points
        yield from spreads

    def _place(
        self, metric: Metric, held: dict[Labels, float] | dict[Labels, _Buckets], labels: Labels
    ) -> Labels:
        """Return the series that a value goes to."""
        if len(labels) != len(metric.attributes):
            raise ValueError(f"{metric.name} is told apart by {metric.attributes}, not {labels}")
        key = _cut(labels)
        if key in held or len(held) < self._most or not labels:
            return key
        lost = self._values[DROPPED]
        place = (str(metric.kind), "limit")
        lost[place] = lost.get(place, 0) + 1
        return (OTHER,) * len(labels)


class _Buckets:
    """One series of a histogram."""

    def __init__(self, metric: Metric) -> None:
        if metric.kind is not Kind.HISTOGRAM:
            raise ValueError(f"{metric.name} is no histogram")
        self._bounds = metric.bounds
        self.counts = [0] * (len(metric.bounds) + 1)
        self.total = 0.0
        self.least, self.most = math.inf, -math.inf

    def take(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value
        self.least, self.most = min(self.least, value), max(self.most, value)


def _cut(labels: Labels) -> Labels:
    return tuple(label[:LONGEST] for label in labels)
