"""The text of `/metrics`: how the agent fares, in aggregates; no name of anything is in it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from apiscape.daemon.concluding import Concluder
from apiscape.daemon.journal import Journal
from apiscape.schedule.queue import Depth

if TYPE_CHECKING:
    from prometheus_client.core import Metric


class Schedule(Protocol):
    """As much of the driver as is measured."""

    def depth(self) -> Depth:
        """Return how much there is to do."""
        ...

    def lingering(self) -> dict[str, str]:
        """Return the threads that were left behind."""
        ...


def metrics_text(
    schedule: Schedule, journal: Journal, concluder: Concluder, *, configuration_valid: bool
) -> str:
    """Return the metrics in the text format of Prometheus."""
    from prometheus_client.core import CollectorRegistry
    from prometheus_client.exposition import generate_latest

    families = list(_families(schedule, journal, concluder, valid=configuration_valid))

    class Held:
        """Collects what was counted elsewhere."""

        def collect(self) -> Iterator[Metric]:
            """Yield every family."""
            yield from families

    registry = CollectorRegistry()
    registry.register(Held())
    return generate_latest(registry).decode()


def _families(
    schedule: Schedule, journal: Journal, concluder: Concluder, *, valid: bool
) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    info = GaugeMetricFamily("apiscape_build_info", "The agent's version.", labels=["version"])
    info.add_metric([version("apiscape")], 1)
    yield info
    runs = CounterMetricFamily("apiscape_runs", "Visits that ended.", labels=["outcome"])
    for outcome, number in sorted(journal.runs.items()):
        runs.add_metric([str(outcome)], number)
    yield runs
    depth = schedule.depth()
    yield CounterMetricFamily("apiscape_calls", "Provider calls.", value=journal.calls)
    words = "Provider calls that were refused for rate."
    yield CounterMetricFamily("apiscape_throttled", words, value=journal.throttled)
    for name, words, value in (
        ("apiscape_queue_jobs", "Jobs that wait.", depth.queued),
        ("apiscape_queue_running", "Jobs under way.", depth.running),
        ("apiscape_queue_oldest_seconds", "How long the oldest job waits.", depth.oldest_s or 0.0),
        ("apiscape_threads_left_behind", "Visits that did not return.", len(schedule.lingering())),
        ("apiscape_sources_unplanned", "Sources that cannot be planned.", len(journal.unplanned)),
        ("apiscape_conclude_failures", "Failed tries to conclude in a row.", concluder.failures),
        ("apiscape_configuration_valid", "Whether the newest file could be read.", int(valid)),
    ):
        yield GaugeMetricFamily(name, words, value=value)
