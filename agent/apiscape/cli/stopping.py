"""Words from outside to a command at work: SIGINT and SIGTERM end it early, and in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from apiscape.collect.clock import Stop, SystemClock

WORDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Lend a stop that is told by Ctrl-C and by SIGTERM, for the time of a `with`.

    Only the main thread hears signals; in any other the stop is told by nobody.
    """
    stop = Stop(SystemClock())

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.tell()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {word: signal.signal(word, tell) for word in WORDS}
    try:
        yield stop
    finally:
        for word, handler in before.items():
            signal.signal(word, handler)
