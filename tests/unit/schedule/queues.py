"""What every adapter of the queue port is held to: a bench that the contract's tests drive."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from apiscape.schedule.memory import MemoryQueue
from apiscape.schedule.queue import Priority, Queue, QueueJob
from tests.unit.collect.toy import VirtualClock


@dataclass
class QueueBench:
    """A queue, its clock, and a handler that notes what it is given and ends when it is told to.

    Another adapter gives the same with its own queue: `turn` until nothing moves, and a clock that
    `advance` sets forward.
    """

    clock: VirtualClock
    queue: Queue
    size: int
    begun: list[str] = field(default_factory=list)
    futures: dict[str, list[Future[None]]] = field(default_factory=dict)

    def handle(self, *kinds: str, at_once: int = 1) -> None:
        for kind in kinds or ("visit",):
            self.queue.handle(kind, self._begin, at_once=at_once)

    def _begin(self, job: QueueJob) -> Future[None]:
        future: Future[None] = Future()
        self.begun.append(job.key)
        self.futures.setdefault(job.key, []).append(future)
        return future

    def enqueue(self, *keys: str, priority: Priority = Priority.ROUTINE) -> tuple[str, ...]:
        """Take jobs and start what may start; return the keys for which there was no room."""
        refused = self.queue.enqueue(QueueJob("visit", key, priority) for key in keys)
        self.queue.turn()
        return tuple(job.key for job in refused)

    def finish(self, key: str, error: Exception | None = None) -> None:
        """End the newest running job of a key, and start what may start."""
        future = self.futures[key][-1]
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
        self.queue.turn()

    def advance(self, seconds: float) -> None:
        """Let time pass, and start what may start."""
        self.clock.advance(seconds=seconds)
        self.queue.turn()


def memory() -> QueueBench:
    """Return the adapter in memory."""
    clock = VirtualClock()
    return QueueBench(clock, MemoryQueue(clock, size=5), size=5)


ADAPTERS = {"memory": memory}
