"""What is recorded is there, once, and no caller can make it grow without a limit."""

from __future__ import annotations

import threading

import pytest

from apiscape.telemetry.catalogue import (
    CALLS,
    DROPPED,
    LINGERING,
    LOOP_LAG,
    QUEUE,
    QUEUE_OLDEST,
    RUN_DURATION,
    Spread,
)
from apiscape.telemetry.recorder import LONGEST, OTHER, Recorder
from tests.unit.telemetry.samples import value, values


def test_counts_add_up_by_label() -> None:
    recorder = Recorder()
    recorder.add(CALLS, 2, "aws", "rest")
    recorder.add(CALLS, 3, "aws", "rest")
    recorder.add(CALLS, 1, "aws", "http")
    assert values(recorder.samples(), CALLS) == {("aws", "rest"): 5, ("aws", "http"): 1}


def test_a_gauge_says_the_newest_and_nothing_where_nobody_knows() -> None:
    recorder = Recorder()
    recorder.set(QUEUE_OLDEST, 4)
    recorder.set(QUEUE_OLDEST, 5)
    assert value(recorder.samples(), QUEUE_OLDEST) == 5
    recorder.set(QUEUE_OLDEST, None)
    recorder.set(LINGERING, None)
    assert list(recorder.samples()) == []


def test_a_zero_that_was_told_is_a_sample() -> None:
    recorder = Recorder()
    recorder.set(LINGERING, 0)
    assert value(recorder.samples(), LINGERING) == 0


def test_a_histogram_puts_a_value_into_the_first_bucket_that_takes_it() -> None:
    recorder = Recorder()
    for seconds in (0.001, 0.002, 7):
        recorder.observe(LOOP_LAG, seconds)
    (spread,) = recorder.samples()
    assert isinstance(spread, Spread)
    assert spread.counts == (1, 1, 0, 0, 0, 0, 0, 0, 1)
    assert spread.total == pytest.approx(7.003)


def test_what_is_beyond_the_limit_is_one_series_and_counted() -> None:
    recorder = Recorder(most_series=2)
    for name in ("a", "b", "c", "d", "a"):
        recorder.add(CALLS, 1, "aws", name)
    recorder.observe(RUN_DURATION, 1, "a", "complete")
    assert values(recorder.samples(), CALLS) == {
        ("aws", "a"): 2,
        ("aws", "b"): 1,
        (OTHER, OTHER): 2,
    }
    assert values(recorder.samples(), DROPPED) == {("counter", "limit"): 2}


def test_a_long_label_is_cut() -> None:
    recorder = Recorder()
    recorder.set(QUEUE, 1, "x" * 500)
    assert list(values(recorder.samples(), QUEUE)) == [("x" * LONGEST,)]
    recorder.set(QUEUE, None, "x" * 500)
    assert values(recorder.samples(), QUEUE) == {}


def test_labels_that_do_not_fit_a_metric_are_refused() -> None:
    with pytest.raises(ValueError, match="told apart by"):
        Recorder().add(CALLS, 1, "aws")


def test_only_a_histogram_takes_observations() -> None:
    with pytest.raises(ValueError, match="no histogram"):
        Recorder().observe(LINGERING, 1)


def test_threads_that_count_at_once_lose_nothing() -> None:
    recorder = Recorder()

    def count() -> None:
        for _ in range(1_000):
            recorder.add(CALLS, 1, "aws", "rest")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(recorder.samples(), CALLS) == 4_000
