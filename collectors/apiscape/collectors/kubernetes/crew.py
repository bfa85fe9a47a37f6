"""Threads that take turns at work that does not end by itself, never more than so many."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Turn = Callable[[], bool]
"""Does a piece of work; says whether there is more of it."""


class Crew:
    """Does many works side by side, each in a thread of its own as long as there are enough.

    Threads are daemons: a server that does not answer does not hold up an exit.

    Args:
        most: Threads at most. More works than that take turns: none begins a second one before all others had theirs.
        name: What the threads are called.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._waiting: deque[Turn] = deque()
        self._threads = 0
        self._lock = threading.Lock()

    def take_on(self, turn: Turn) -> None:
        """Begin a work, and go on until it says that there is no more of it."""
        with self._lock:
            self._waiting.append(turn)
            if self._threads >= self._most:
                return
            self._threads += 1
            number = self._threads
        threading.Thread(target=self._work, name=f"{self._name} {number}", daemon=True).start()

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            if turn():
                with self._lock:
                    self._waiting.append(turn)

    def _next(self) -> Turn | None:
        """Return the work that has waited longest; where there is none, the thread counts no more."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._threads -= 1
            return None
