"""The time that a scan goes by, and the word to stop: both can be replaced by a test's."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from apiscape.collectors.contract import Cancelled
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind


class Clock(Protocol):
    """A clock that nobody can set back for measuring, the calendar for writing down, and sleep."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never falls."""
        ...

    def now(self) -> datetime:
        """Return the time of day, aware."""
        ...

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Wait for so long, or until the event is set."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never falls."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Wait for so long, or until the event is set."""
        until.wait(seconds)


class Stop:
    """Whether work should end: because someone said so, or because its deadline passed.

    Stops form a tree: saying so to one says so to all below it.

    Args:
        clock: What the deadline is measured by.
        deadline_s: Seconds from now after which it stops by itself.
        above: The stop that this one listens to as well.
    """

    def __init__(
        self, clock: Clock, *, deadline_s: float | None = None, above: Stop | None = None
    ) -> None:
        self._clock = clock
        self._deadline = None if deadline_s is None else clock.monotonic() + deadline_s
        self._deadline_s = deadline_s
        self._told = threading.Event()
        self._error: ErrorRecord | None = None
        self._below: list[Stop] = []
        self._above = above
        if above is not None:
            above.pass_on(self)

    def tell(self, error: ErrorRecord | None = None) -> None:
        """Say that the work should end; the first reason given stands."""
        if self._error is None:
            self._error = error or INTERRUPTED
        self._told.set()
        for stop in self._below:
            stop.tell(self._error)

    def pass_on(self, stop: Stop) -> None:
        """Tell another one whatever this one is told."""
        self._below.append(stop)
        if self._told.is_set():
            stop.tell(self._error)

    def let_go(self, stop: Stop) -> None:
        """Tell another one nothing more: what it stood for has ended."""
        if stop in self._below:
            self._below.remove(stop)

    def leave(self) -> None:
        """Have the one above tell this one nothing more: what it stood for has ended."""
        if self._above is not None:
            self._above.let_go(self)

    def renew(self, deadline_s: float) -> None:
        """Set the deadline anew, from now on; one that has passed unnoticed has not passed."""
        self._deadline = self._clock.monotonic() + deadline_s
        self._deadline_s = deadline_s

    @property
    def error(self) -> ErrorRecord | None:
        """Why the work should end, `None` where it should go on."""
        if self._error is None and self.remaining_s() <= 0:
            self._error = ErrorRecord(
                kind=ErrorKind.DEADLINE,
                message=f"not done within {self._deadline_s:g} s",
                next_step="raise deadline_s of the source, or its quotas",
            )
        return self._error

    def remaining_s(self) -> float:
        """Return how long there is until the deadline; infinite without one."""
        if self._deadline is None:
            return float("inf")
        return self._deadline - self._clock.monotonic()

    def check(self) -> None:
        """Raise `Cancelled` where the work should end."""
        if self._error is None and self._deadline is None:
            return
        error = self.error
        if error is not None:
            raise Cancelled(error.message)

    def sleep(self, seconds: float) -> None:
        """Wait, unless that is longer than there is time.

        Raises:
            Cancelled: the deadline would pass, or somebody said to stop.
        """
        self.check()
        if seconds > self.remaining_s():
            raise Cancelled(f"the next call is due in {seconds:.0f} s, after the deadline")
        self._clock.sleep(seconds, self._told)
        self.check()


INTERRUPTED = ErrorRecord(kind=ErrorKind.INTERRUPTED, message="interrupted before it was done")
