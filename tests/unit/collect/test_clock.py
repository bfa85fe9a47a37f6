"""When to stop: told from above, or by the deadline."""

from __future__ import annotations

import threading
from datetime import UTC

import pytest

from apiscape.collect.clock import INTERRUPTED, Stop, SystemClock
from apiscape.collectors.contract import Cancelled
from apiscape.model.run import ErrorRecord
from tests.unit.collect.toy import VirtualClock

WHY = ErrorRecord(kind="interrupted", message="the store is full")


def test_without_a_word_or_a_deadline_work_goes_on() -> None:
    stop = Stop(VirtualClock())
    stop.check()
    assert stop.remaining_s() == float("inf")


def test_the_first_reason_stands() -> None:
    stop = Stop(VirtualClock())
    stop.tell(WHY)
    stop.tell()
    assert stop.error == WHY
    with pytest.raises(Cancelled, match="the store is full"):
        stop.check()


def test_a_word_from_above_reaches_all_below() -> None:
    clock = VirtualClock()
    above = Stop(clock)
    below = Stop(clock, above=Stop(clock, above=above))
    above.tell()
    assert below.error == INTERRUPTED
    late = Stop(clock, above=above)
    assert late.error == INTERRUPTED


def test_a_word_below_does_not_rise() -> None:
    clock = VirtualClock()
    above = Stop(clock)
    Stop(clock, above=above).tell()
    assert above.error is None


def test_a_deadline_is_a_reason_of_its_own() -> None:
    clock = VirtualClock()
    stop = Stop(clock, deadline_s=60)
    clock.advance(seconds=59)
    stop.check()
    clock.advance(seconds=1)
    assert stop.error is not None
    assert (stop.error.kind, stop.error.message) == ("deadline", "not done within 60 s")


def test_sleep_ends_at_once_when_somebody_says_so() -> None:
    stop = Stop(SystemClock())
    ended = threading.Event()

    def sleep() -> None:
        with pytest.raises(Cancelled):
            stop.sleep(3600)
        ended.set()

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    stop.tell()
    sleeper.join(30)
    assert ended.is_set()


def test_the_machines_clock_knows_its_zone() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_a_word_stands_though_the_deadline_passes_after_it() -> None:
    clock = VirtualClock()
    stop = Stop(clock, deadline_s=60)
    stop.tell(WHY)
    clock.advance(seconds=61)
    assert stop.error == WHY


def test_a_deadline_that_passed_stands_though_somebody_says_so_after_it() -> None:
    clock = VirtualClock()
    stop = Stop(clock, deadline_s=0.5)
    clock.advance(seconds=0.5)
    assert stop.error is not None
    stop.tell(WHY)
    assert (stop.error.kind, stop.error.message) == ("deadline", "not done within 0.5 s")
    assert "deadline_s" in str(stop.error.next_step)


@pytest.mark.parametrize(("seconds", "slept"), [(59.0, 59.0), (61.0, 0.0)])
def test_sleep_is_begun_only_where_there_is_time_for_it(seconds: float, slept: float) -> None:
    clock = VirtualClock()
    stop = Stop(clock, deadline_s=60)
    if slept:
        stop.sleep(seconds)
    else:
        with pytest.raises(Cancelled, match="due in 61 s, after the deadline"):
            stop.sleep(seconds)
    assert clock.elapsed_s == slept


def test_told_to_stop_nobody_sleeps() -> None:
    clock = VirtualClock()
    stop = Stop(clock)
    stop.tell()
    with pytest.raises(Cancelled, match="interrupted"):
        stop.sleep(1)
    assert clock.elapsed_s == 0


def test_a_stop_that_left_is_told_nothing_more_and_kept_by_nobody() -> None:
    above = Stop(SystemClock())
    below = Stop(SystemClock(), above=above)
    below.leave()
    below.leave()
    above.leave()
    above.tell()
    assert (below.error, above._below) == (None, [])


def test_a_renewed_deadline_counts_from_then_on() -> None:
    clock = VirtualClock()
    stop = Stop(clock, deadline_s=10)
    clock.advance(seconds=9)
    stop.renew(10)
    clock.advance(seconds=9)
    assert stop.error is None
    clock.advance(seconds=1)
    assert stop.error is not None


def test_a_stop_that_was_let_go_hears_nothing_more() -> None:
    clock = VirtualClock()
    above = Stop(clock)
    below, other = Stop(clock, above=above), Stop(clock, above=above)
    above.let_go(below)
    above.let_go(below)
    above.tell()
    assert (below.error, other.error is None) == (None, False)
