"""The queue port: what hands out work, whoever keeps it.

Delivery is at least once, and the work is level-triggered: whatever is due stays due until it
was done, so that a job which comes twice does no harm and a lost queue costs one round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from enum import IntEnum
from typing import Protocol

from apiscape.model.entity import Entity


class Priority(IntEnum):
    """What goes first; the order within one is that of asking."""

    NOW = 0
    EVENT = 1
    ROUTINE = 2


class QueueJob(Entity, frozen=True):
    """Something to do.

    Attributes:
        kind: Names the handler.
        key: What it is about; while a job of this kind and key is queued or running, another is not taken.
        priority: A word of `Priority`; not part of its identity.
    """

    kind: str
    key: str
    priority: Priority = Priority.ROUTINE


class Depth(Entity, frozen=True):
    """How much there is to do, for people and for alarms.

    Attributes:
        oldest_s: How long the oldest queued job has been waiting; nothing where none waits.
        failing: Jobs whose handler failed last time, and that wait for another try.
    """

    queued: int
    running: int
    oldest_s: float | None = None
    failing: int = 0


Handler = Callable[[QueueJob], "Future[None]"]
"""Begins a job and returns at once; the job runs until the future is done.

A future with an exception, or a handler that raises, hands the job out again later.
"""


class Queue(Protocol):
    """What an adapter does. May be called from any thread."""

    def handle(self, kind: str, handler: Handler, *, at_once: int) -> None:
        """Have jobs of a kind handled, no more than so many at once."""
        ...

    def enqueue(self, jobs: Iterable[QueueJob]) -> tuple[QueueJob, ...]:
        """Take jobs, and return those for which there is no room, to be asked for again.

        One that is queued already rises to the better of both priorities; one that is running
        is not taken again.
        """
        ...

    def schedule(self, job: QueueJob, *, every_s: float | None) -> None:
        """Take a job every so many seconds from now on, once over all processes; `None` ends that."""
        ...

    def turn(self) -> float:
        """Start what may start, and return in how many seconds there is more to do by the clock."""
        ...

    def stop(self) -> None:
        """Take and start nothing more; what is running is left to end."""
        ...

    def depth(self) -> Depth:
        """Return how much there is to do."""
        ...
