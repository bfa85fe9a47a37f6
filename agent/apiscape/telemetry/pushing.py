"""Pushes what there is, every so often, from a thread of its own; what nobody takes is counted."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

GRACE_S = 10.0
"""How long a push under way may take when the agent ends."""


class Pusher:
    """Does one thing again and again until it is closed, and once more then.

    The first time comes after a random part of the interval, so that agents begun together do
    not push together.

    Args:
        name: Of the thread.
        push: What is done; it must not raise.
        interval_s: From one time to the next.
        wait: Waits for the end, so many seconds at most; says whether it has come.
    """

    def __init__(
        self,
        name: str,
        push: Callable[[], None],
        interval_s: float,
        *,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._push = push
        self._interval_s = interval_s
        self._end = threading.Event()
        self._wait = wait or self._end.wait
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Push once more, and end; a push that hangs is left behind."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(GRACE_S)

    def _run(self) -> None:
        wait_s = self._interval_s * random.random()  # noqa: S311 - spreads load, keeps no secret
        while not self._wait(wait_s):
            self._push()
            wait_s = self._interval_s
        self._push()
