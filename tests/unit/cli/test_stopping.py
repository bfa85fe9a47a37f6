from __future__ import annotations

import signal
import threading

import pytest

from apiscape.cli.stopping import WORDS, stop_on_signals
from apiscape.collectors.contract import Cancelled


@pytest.mark.parametrize("word", WORDS)
def test_a_word_from_outside_tells_the_stop_and_nothing_else(word: signal.Signals) -> None:
    before = signal.getsignal(word)
    with stop_on_signals() as stop:
        stop.check()
        signal.raise_signal(word)
        signal.raise_signal(word)
        with pytest.raises(Cancelled, match="interrupted"):
            stop.check()
    assert signal.getsignal(word) is before


def test_in_another_thread_nobody_is_told() -> None:
    before = signal.getsignal(signal.SIGTERM)
    errors = []

    def work() -> None:
        with stop_on_signals() as stop:
            errors.append(stop.error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == [None]
    assert signal.getsignal(signal.SIGTERM) is before
