"""Telemetry as the agent has it: one object that takes what is told, and gives it to who asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from apiscape.collect.progress import Progress
from apiscape.conclude.follow import Concluded
from apiscape.errors import ApiscapeError
from apiscape.store.reading.counts import Counts
from apiscape.telemetry.catalogue import INVENTORY_READ, READ_FAILURES, Point, Sample
from apiscape.telemetry.inventory import inventory_points
from apiscape.telemetry.ourselves import (
    RunsTold,
    Sights,
    record_build,
    record_concluded,
    record_request,
    watch_loop,
)
from apiscape.telemetry.recorder import Recorder
from apiscape.telemetry.text import write_text

FRESH_S = 10.0
"""How long the inventory's sums serve: two who ask at once share one read."""

logger = logging.getLogger("apiscape.telemetry")


class Counting(Protocol):
    """As much of a store's reader as is needed here."""

    def counts(self) -> Counts:
        """Return what the inventory sums up to."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Telemetry:
    """The inventory and the agent in figures; every method is quick and safe from any thread.

    Args:
        reader: Sums up the inventory.
        sights: What is looked up of the agent when somebody asks.
        now: Gives the aware time that ages count from.
        monotonic: Gives seconds on a clock that nobody can set.
    """

    def __init__(
        self,
        reader: Counting,
        sights: Sights | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recorder = Recorder()
        self._reader = reader
        self._sights = sights or Sights()
        self._now = now
        self._monotonic = monotonic
        self._reading = threading.Lock()
        self._read: tuple[float, datetime, Counts] | None = None
        record_build(self.recorder)

    # What the agent tells.

    def progress(self, then: Progress | None = None) -> Progress:
        """Return who watches visits, records how they end, and passes everything on."""
        return RunsTold(self.recorder, then)

    def concluded(self, done: Concluded) -> None:
        """Record what a pass over the log came to."""
        record_concluded(self.recorder, done)

    def answered(self, method: str, route: str, status: int) -> None:
        """Record that the HTTP API answered; the route is a template, never a path."""
        record_request(self.recorder, method, route, status)

    async def watch_loop(self) -> None:
        """Record, until cancelled, how late the event loop that this runs in wakes up."""
        await watch_loop(self.recorder)

    # What it gives.

    def metrics(self) -> str:
        """Return the text of `/metrics`: aggregates, no name of anything."""
        return write_text(self.samples())

    def samples(self) -> Iterator[Sample]:
        """Yield every series; without those of the inventory where it cannot be read."""
        self._sights_now()
        read = self._counts()
        yield from self.recorder.samples()
        if read is not None:
            _, read_at, counts = read
            yield Point(INVENTORY_READ, (), read_at.timestamp())
            yield from inventory_points(counts, self._now())

    def _sights_now(self) -> None:
        try:
            self._sights.record(self.recorder)
        except ApiscapeError as error:
            logger.warning("the agent cannot be looked at: %s", error)

    def _counts(self) -> tuple[float, datetime, Counts] | None:
        """Return the sums of the inventory, when they were read, and on which clock; nothing where they cannot be."""
        with self._reading:
            if self._read is None or self._monotonic() - self._read[0] >= FRESH_S:
                try:
                    counts = self._reader.counts()
                except ApiscapeError as error:
                    logger.warning("the inventory cannot be summed up: %s", error)
                    self.recorder.add(READ_FAILURES, 1)
                    self._read = None
                else:
                    self._read = (self._monotonic(), self._now(), counts)
            return self._read
