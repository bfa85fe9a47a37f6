"""Signals: one ends the agent in order and within ten seconds, a second one at once; SIGHUP reloads."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from apiscape.daemon.logs import tell

LONGEST_S = 9.5
"""After so long an agent that was told to stop is ended, whatever it waits for; nothing stored is lost."""

ENDS = (signal.SIGTERM, signal.SIGINT)


class Told(Protocol):
    """What signals are told to."""

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        ...

    def stop(self) -> None:
        """End in order."""
        ...

    def reload(self) -> None:
        """Read the configuration anew."""
        ...


Leave = Callable[[int], None]
"""Ends the process with a code, at once."""


@contextmanager
def signals_to(agent: Told, leave: Leave = os._exit) -> Iterator[None]:
    """Have the signals of this process told to an agent, within its loop, for the time of a `with`.

    Only the main thread hears signals; in any other it is told by nobody.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def end(number: int) -> None:
        if agent.is_stopping:
            leave(128 + number)
            return
        tell("told to stop", signal=signal.Signals(number).name)
        watch_the_end(lambda: leave(128 + number))
        agent.stop()

    for number in ENDS:
        loop.add_signal_handler(number, end, number)
    loop.add_signal_handler(signal.SIGHUP, agent.reload)
    try:
        yield
    finally:
        for number in (*ENDS, signal.SIGHUP):
            loop.remove_signal_handler(number)


def watch_the_end(leave: Callable[[], None], longest_s: float = LONGEST_S) -> threading.Timer:
    """Have the process left where it has not ended in time."""
    timer = threading.Timer(longest_s, leave)
    timer.daemon = True
    timer.start()
    return timer
