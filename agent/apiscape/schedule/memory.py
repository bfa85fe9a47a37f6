"""The queue in memory: for one process, which derives what is due from the store."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from types import TracebackType

from apiscape.collect.clock import Clock
from apiscape.schedule.queue import Depth, Handler, QueueJob

SIZE = 10_000
"""Queued jobs of one priority at most."""

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 300.0
"""How long a job whose handler failed waits before it is handed out again: doubling."""

IDLE_S = 3_600.0

_LOG = logging.getLogger("apiscape.schedule")

_Key = tuple[str, str]


@dataclass
class _Lane:
    """Jobs of one kind: what is ready, best first; an entry counts while its number is the job's."""

    kind: str
    handler: Handler
    at_once: int = 0
    running: int = 0
    ready: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class _Queued:
    job: QueueJob
    since: float
    number: int = 0
    failures: int = 0


@dataclass
class _Timer:
    job: QueueJob
    every_s: float
    due_at: float


class _Beginning:
    """Hands what a handler raises to its job's future, as if the handler had begun and failed."""

    def __init__(self) -> None:
        self.future: Future[None] = Future()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self.future.set_exception(error)
        return isinstance(error, Exception)


class MemoryQueue:
    """Jobs in memory (`queue.Queue`).

    Args:
        clock: Measures how long jobs wait, and when timers fire.
        size: Queued jobs of one priority at most, so that "now" finds room beside the routine.
    """

    def __init__(self, clock: Clock, size: int = SIZE) -> None:
        self._clock = clock
        self._size = size
        self._lock = threading.RLock()
        self._lanes: dict[str, _Lane] = {}
        self._queued: dict[_Key, _Queued] = {}
        self._running: dict[_Key, _Queued] = {}
        self._timers: dict[_Key, _Timer] = {}
        self._later: list[tuple[float, int, _Key]] = []
        self._counts: Counter[int] = Counter()
        self._numbers = itertools.count(1)
        self._stopped = False

    def handle(self, kind: str, handler: Handler, *, at_once: int) -> None:
        """Have jobs of a kind handled, no more than so many at once."""
        with self._lock:
            lane = self._lane(kind)
            lane.handler, lane.at_once = handler, at_once

    def enqueue(self, jobs: Iterable[QueueJob]) -> tuple[QueueJob, ...]:
        """Take jobs, and return those for which there is no room."""
        with self._lock:
            return tuple(job for job in jobs if not self._take(job))

    def schedule(self, job: QueueJob, *, every_s: float | None) -> None:
        """Take a job every so many seconds from now on; `None` ends that."""
        with self._lock:
            self._timers.pop(_key(job), None)
            if every_s is not None:
                due_at = self._clock.monotonic() + every_s
                self._timers[_key(job)] = _Timer(job, every_s, due_at)

    def turn(self) -> float:
        """Start what may start, and return in how many seconds there is more to do by the clock."""
        with self._lock:
            now = self._clock.monotonic()
            self._fire(now)
            self._ripen(now)
            for lane in list(self._lanes.values()):
                while (queued := self._next(lane)) is not None:
                    self._start(queued, lane)
            moments = [timer.due_at for timer in self._timers.values()]
            moments += [at for at, *_ in self._later[:1]]
            return min((max(moment - now, 0.0) for moment in moments), default=IDLE_S)

    def stop(self) -> None:
        """Take and start nothing more; what is running is left to end."""
        with self._lock:
            self._stopped = True
            self._timers.clear()

    def depth(self) -> Depth:
        """Return how much there is to do."""
        with self._lock:
            now, queued = self._clock.monotonic(), self._queued.values()
            return Depth(
                queued=len(queued),
                running=len(self._running),
                oldest_s=max((now - each.since for each in queued), default=None),
                failing=sum(each.failures > 0 for each in queued),
            )

    def _lane(self, kind: str) -> _Lane:
        return self._lanes.setdefault(kind, _Lane(kind, _nobody))

    def _take(self, job: QueueJob) -> bool:
        """Queue a job, and say whether it is queued or running now."""
        key = _key(job)
        if self._stopped:
            return False
        if key in self._running:
            return True
        held = self._queued.get(key)
        if held is None:
            if self._counts[job.priority] >= self._size:
                return False
            held = _Queued(job, since=self._clock.monotonic())
        elif job.priority >= held.job.priority:
            return True
        else:
            self._counts[held.job.priority] -= 1
            held.job = job
        self._put(held)
        self._ready(held)
        return True

    def _put(self, queued: _Queued) -> None:
        """Queue a job behind all of its priority."""
        queued.number = next(self._numbers)
        self._queued[_key(queued.job)] = queued
        self._counts[queued.job.priority] += 1

    def _ready(self, queued: _Queued) -> None:
        job = queued.job
        heapq.heappush(self._lane(job.kind).ready, (job.priority, queued.number, job.key))

    def _fire(self, now: float) -> None:
        """Take what is due by the clock; a round that was missed is not made up for."""
        for timer in self._timers.values():
            if timer.due_at <= now:
                self._take(timer.job)
                timer.due_at = now + timer.every_s

    def _ripen(self, now: float) -> None:
        """Make ready what failed and has waited long enough."""
        while self._later and self._later[0][0] <= now:
            _, number, key = heapq.heappop(self._later)
            queued = self._queued.get(key)
            if queued is not None and queued.number == number:
                self._ready(queued)

    def _next(self, lane: _Lane) -> _Queued | None:
        """Return the best job of a lane that may start, taken out of the queue."""
        if self._stopped or lane.running >= lane.at_once:
            return None
        while lane.ready:
            _, number, name = heapq.heappop(lane.ready)
            queued = self._queued.get((lane.kind, name))
            if queued is not None and queued.number == number:
                del self._queued[_key(queued.job)]
                self._counts[queued.job.priority] -= 1
                return queued
        return None

    def _start(self, queued: _Queued, lane: _Lane) -> None:
        self._running[_key(queued.job)] = queued
        lane.running += 1
        beginning = _Beginning()
        future = beginning.future
        with beginning:
            future = lane.handler(queued.job)
        future.add_done_callback(lambda done: self._end(queued, lane, done))

    def _end(self, queued: _Queued, lane: _Lane, future: Future[None]) -> None:
        """Take up the end of a job; one that failed waits, longer every time, and comes again."""
        with self._lock:
            del self._running[_key(queued.job)]
            lane.running -= 1
            error = _error(future)
            if error is None:
                return
            _LOG.warning("%s %s failed: %s", queued.job.kind, queued.job.key, error)
            wait_s = min(FIRST_RETRY_S * 2.0**queued.failures, LONGEST_RETRY_S)
            queued.failures = min(queued.failures + 1, 30)
            self._put(queued)
            at = self._clock.monotonic() + wait_s
            heapq.heappush(self._later, (at, queued.number, _key(queued.job)))


def _nobody(job: QueueJob) -> Future[None]:
    """Handle nothing: no job of a kind starts before somebody handles it, for none may run at once."""
    raise NotImplementedError(job.kind)


def _key(job: QueueJob) -> _Key:
    return (job.kind, job.key)


def _error(future: Future[None]) -> str | None:
    """Return why a job failed, in the name of the exception: its text may hold anything."""
    try:
        error = future.exception()
    except CancelledError:
        return "cancelled"
    return None if error is None else type(error).__name__
