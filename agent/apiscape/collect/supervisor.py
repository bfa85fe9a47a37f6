"""Work in threads of its own, watched from one: what does not end in time is left behind.

Everything but the work itself happens in the thread that turns the supervisor, one thing after
the other, so that whoever builds on it needs no lock.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from apiscape.collect.clock import Clock, Stop
from apiscape.errors import ApiscapeError
from apiscape.model.run import ErrorRecord


@dataclass(frozen=True)
class Task:
    """Something to do, and what to do about its end; exactly one of the three is called.

    Attributes:
        name: Unique among what is under way; the thread's name too.
        kind: What lingering threads are counted by.
        work: What the thread does.
        stop: Says when it should end.
        ended: Told what the work returned.
        failed: Told why there is no result: an error, or `None` where the thread died.
        left: Told why it should have ended, once its time of grace has passed; its thread lingers.
    """

    name: str
    kind: str
    work: Callable[[], Any]
    stop: Stop
    ended: Callable[[Any], None]
    failed: Callable[[ApiscapeError | None], None]
    left: Callable[[ErrorRecord], None]


class Supervisor:
    """Starts tasks, and closes those that do not end.

    Args:
        clock: Measures the grace.
        grace_s: How long a task may take to end once it should.
    """

    def __init__(self, clock: Clock, grace_s: float) -> None:
        self._clock = clock
        self._grace_s = grace_s
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._under_way: dict[str, Task] = {}
        self._leave_at: dict[str, float] = {}
        self._lingering: dict[str, Task] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is under way; threads that were left behind do not count."""
        return not self._under_way

    def post(self, act: Callable[[], None]) -> None:
        """Have something done in the supervisor's thread; may be called from any."""
        self._inbox.put(act)

    def start(self, task: Task) -> None:
        """Start a task in a daemon thread: one that never ends does not hold up an exit."""
        self._under_way[task.name] = task
        run = threading.Thread(target=self._run, args=(task,), name=task.name, daemon=True)
        run.start()

    def turn(self, wait_s: float = 0.0) -> bool:
        """Do what was posted, waiting so long for the first of it, and leave behind what is overdue.

        Returns whether anything was posted.
        """
        some = self._take(wait_s)
        while some and self._take(0.0):
            pass
        for task in list(self._under_way.values()):
            error = self._overdue(task)
            if error is not None:
                self._forget(task)
                self._lingering[task.name] = task
                task.left(error)
        return some

    def is_under_way(self, name: str) -> bool:
        """Say whether a task of that name has been started and has not ended."""
        return name in self._under_way

    def lingers(self, name: str) -> bool:
        """Say whether a thread of that name was left behind and still has not returned."""
        return name in self._lingering

    def left_behind(self) -> dict[str, str]:
        """Return the threads that were left behind and have not returned, and where each is; from any thread."""
        names = list(self._lingering)
        if not names:
            return {}
        frames = sys._current_frames()  # noqa: SLF001 - documented, and there is no other way
        threads = {thread.name: thread.ident for thread in threading.enumerate()}
        return {name: _place(frames.get(threads.get(name) or 0)) for name in names}

    def lingering(self) -> Counter[str]:
        """Return how many threads were left behind and have not returned, by kind."""
        return Counter(task.kind for task in self._lingering.values())

    def _run(self, task: Task) -> None:
        end: Callable[[], None] = lambda: task.failed(None)  # noqa: E731 - replaced where all goes well
        try:
            result = task.work()
            end = lambda: task.ended(result)  # noqa: E731 - as above
        except ApiscapeError as error:
            failure = error
            end = lambda: task.failed(failure)  # noqa: E731 - as above
        finally:
            self.post(lambda: self._finish(task, end))

    def _finish(self, task: Task, end: Callable[[], None]) -> None:
        """Take up the end of a task; that of one left behind comes too late for anything."""
        if self._lingering.get(task.name) is task:
            del self._lingering[task.name]
        if self._under_way.get(task.name) is task:
            self._forget(task)
            end()

    def _take(self, wait_s: float) -> bool:
        try:
            act = self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
        except Empty:
            return False
        act()
        return True

    def _overdue(self, task: Task) -> ErrorRecord | None:
        """Return why a task that should end is to be left behind: its time of grace has passed."""
        error, now = task.stop.error, self._clock.monotonic()
        if error is None or now < self._leave_at.setdefault(task.name, now + self._grace_s):
            return None
        return error

    def _forget(self, task: Task) -> None:
        task.stop.leave()
        self._under_way.pop(task.name, None)
        self._leave_at.pop(task.name, None)


def _place(frame: FrameType | None) -> str:
    """Return where a thread is, innermost first: files and lines alone, for values may be anything."""
    calls = traceback.extract_stack(frame)[:-6:-1] if frame is not None else []
    return ", ".join(f"{Path(call.filename).name}:{call.lineno}" for call in calls) or "nowhere"
