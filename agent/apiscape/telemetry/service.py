"""Telemetry as the agent has it: one object that takes what is told, and gives it to who asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from apiscape.collect.progress import Progress
from apiscape.collect.spending import Spent, visited
from apiscape.conclude.follow import Concluded
from apiscape.errors import ApiscapeError
from apiscape.model.measured import TrafficReport
from apiscape.model.run import RunReport, Scope
from apiscape.network.ways import Ways
from apiscape.settings.schema import Telemetry as Settings
from apiscape.store.reading.counts import Counts, Health
from apiscape.telemetry.catalogue import DROPPED, INVENTORY_READ, READ_FAILURES, Point, Sample
from apiscape.telemetry.entities import TURN_S, Entities, Following, Records, Told
from apiscape.telemetry.exporters import (
    explaining,
    is_wanted,
    log_exporter,
    metric_exporter,
    span_exporter,
    took_events,
    took_points,
)
from apiscape.telemetry.inventory import health_points, inventory_points
from apiscape.telemetry.otlp import Packing, portions
from apiscape.telemetry.ourselves import (
    RunsTold,
    Sights,
    record_build,
    record_concluded,
    record_notified,
    record_request,
    record_run,
    record_traffic,
    watch_loop,
)
from apiscape.telemetry.pushing import Pusher
from apiscape.telemetry.recorder import Recorder
from apiscape.telemetry.text import write_text
from apiscape.telemetry.tracing import Tracing

LAST_PUSH_S = 3.0
"""How long the last push may take when the agent ends."""

FRESH_S = 10.0
"""How long the inventory's sums serve: two who ask at once share one read."""

logger = logging.getLogger("apiscape.telemetry")


TakesTraffic = Callable[[tuple[TrafficReport, ...]], None]
"""Takes what came of a round of measuring traffic."""


class Counting(Protocol):
    """As much of a store's reader as is needed here."""

    def counts(self) -> Counts:
        """Return what the inventory sums up to."""
        ...

    def healths(self, limit: int) -> tuple[Health, ...]:
        """Return how deployments fare that are not gone."""
        ...


class Reading(Counting, Following, Protocol):
    """As much of a store's reader as is needed where entities are told as well."""


class _Read(NamedTuple):
    """What was read of the inventory, when, and when on the clock that nobody can set."""

    monotonic_s: float
    at: datetime
    counts: Counts
    healths: tuple[Health, ...]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Telemetry:
    """The inventory and the agent in figures; every method is quick and safe from any thread.

    An agent makes one, tells it what it does, and `start`s and `close`s it; nothing is pushed
    where nobody said so.

    Args:
        reader: Sums up the inventory.
        sights: What is looked up of the agent when somebody asks.
        settings: The part `telemetry` of the configuration.
        ways: The ways out; those of the environment without it.
        hide: Takes credentials out of a text.
        now: Gives the aware time that ages count from.
        monotonic: Gives seconds on a clock that nobody can set.
    """

    def __init__(
        self,
        reader: Reading,
        sights: Sights | None = None,
        *,
        settings: Settings | None = None,
        ways: Ways | None = None,
        hide: Callable[[str], str] = str,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recorder = Recorder()
        self._reader = reader
        self._sights = sights or Sights()
        self._settings = settings or Settings()
        self._ways = ways
        self._hide = hide
        self._now = now
        self._monotonic = monotonic
        self._reading = threading.Lock()
        self._read: _Read | None = None
        self._pushers: list[Pusher] = []
        self._tracing: Tracing | None = None
        record_build(self.recorder)

    def start(self) -> None:
        """Begin to push, where that is wanted.

        Raises:
            SettingsError: A variable of OpenTelemetry says what cannot be.
        """
        if is_wanted(self._settings.push):
            self._pushers.append(Pusher("telemetry", self._pushing(), self._settings.interval_s))
            if self._settings.entities:
                self._pushers.append(Pusher("entities", self._telling(), TURN_S))
            if self._settings.traces:
                pushed = explaining(span_exporter(self._ways), self._ways)
                self._tracing = Tracing(pushed, self._hide)
        for pusher in self._pushers:
            pusher.start()

    def _pushing(self) -> Callable[[], None]:
        """Return what pushes every figure once."""
        exporter, packing = metric_exporter(self._ways), Packing(time.time_ns())

        def push() -> None:
            for some in portions(self.samples()):
                if not took_points(exporter, packing.pack(some, time.time_ns()), self._ways):
                    self.recorder.add(DROPPED, len(some), "metrics", "export")

        return push

    def _telling(self) -> Callable[[], None]:
        """Return what tells what is new, and a share of the rest."""
        exporter, records = log_exporter(self._ways), Records()

        def take(told: Sequence[Told]) -> bool:
            return took_events(exporter, records.make(told, time.time_ns()), self._ways)

        return Entities(self._reader, take, self.recorder, self._settings.entities_every_s).turn

    def close(self, within_s: float = LAST_PUSH_S) -> None:
        """Push what there is once more, and end; whatever is not taken in time is left behind."""
        closing = [pusher.close for pusher in self._pushers]
        if self._tracing is not None:
            closing.append(self._tracing.close)
        self._pushers.clear()
        self._tracing = None
        threads = [threading.Thread(target=close, daemon=True) for close in closing]
        for thread in threads:
            thread.start()
        until = time.monotonic() + within_s
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))

    # What the agent tells.

    def progress(self, then: Progress | None = None) -> Progress:
        """Return who watches visits, records how they end, and passes everything on."""
        return RunsTold(self._ended, then, begun=self._begun, spent=self._spent)

    def visit_ids(self) -> dict[str, str]:
        """Return the ids of the trace and span that this thread works within; none without one."""
        key = visited()
        if self._tracing is None or key is None:
            return {}
        return self._tracing.ids_of(key)

    def _begun(self, scope: Scope) -> None:
        if self._tracing is not None:
            self._tracing.begin(scope)

    def _spent(self, scope: Scope, spent: Sequence[Spent]) -> None:
        if self._tracing is not None:
            self._tracing.spend(scope, spent)

    def measuring(
        self, then: Callable[[tuple[TrafficReport, ...]], None]
    ) -> Callable[[tuple[TrafficReport, ...]], None]:
        """Return who is told what was measured of traffic, records it, and passes it on."""

        def measured(reports: tuple[TrafficReport, ...]) -> None:
            for report in reports:
                record_traffic(self.recorder, report)
            then(reports)

        return measured

    def _ended(self, report: RunReport) -> None:
        record_run(self.recorder, report)
        if self._tracing is not None:
            self._tracing.tell(report)

    def concluded(self, done: Concluded) -> None:
        """Record what a pass over the log came to."""
        record_concluded(self.recorder, done)

    def answered(self, method: str, route: str, status: int) -> None:
        """Record that the HTTP API answered; the route is a template, never a path."""
        record_request(self.recorder, method, route, status)

    def notified(self, outcome: str, number: int) -> None:
        """Record what became of notifications."""
        record_notified(self.recorder, outcome, number)

    async def watch_loop(self) -> None:
        """Record, until cancelled, how late the event loop that this runs in wakes up."""
        await watch_loop(self.recorder)

    # What it gives.

    def metrics(self) -> str:
        """Return the text of `/metrics`: aggregates, no name of anything.

        With gauges per deployment, which are asked for, it has their uids.
        """
        return write_text(self.samples())

    def samples(self) -> Iterator[Sample]:
        """Yield every series; without those of the inventory where it cannot be read."""
        self._look()
        read = self._read_now()
        yield from self.recorder.samples()
        if read is not None:
            yield Point(INVENTORY_READ, (), read.at.timestamp())
            yield from inventory_points(read.counts, self._now())
            if self._settings.deployments:
                yield from health_points(read.healths, read.counts)

    def _look(self) -> None:
        try:
            self._sights.record(self.recorder)
        except ApiscapeError as error:
            logger.warning("the agent cannot be looked at: %s", error)

    def _read_now(self) -> _Read | None:
        """Return what was read of the inventory a moment ago at most, nothing where it cannot be."""
        with self._reading:
            if self._read is None or self._monotonic() - self._read.monotonic_s >= FRESH_S:
                self._read = None
                try:
                    self._read = self._read_anew()
                except ApiscapeError as error:
                    logger.warning("the inventory cannot be summed up: %s", error)
                    self.recorder.add(READ_FAILURES, 1)
            return self._read

    def _read_anew(self) -> _Read:
        asked = self._settings.deployments
        healths = self._reader.healths(self._settings.most_deployments) if asked else ()
        return _Read(self._monotonic(), self._now(), self._reader.counts(), healths)
