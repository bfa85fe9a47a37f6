"""Threads for provider calls: in order, bounded, and not in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from apiscape.collect.workers import Workers
from tests.unit.demo.kubernetes.wire import eventually


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(per_account=3, in_all=4)
    yield made
    made.close()


class Gauge:
    """How many are at work at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = 0

    def work(self, item: int) -> int:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        with self._lock:
            self.now -= 1
        return item * 2


def test_results_come_in_order(workers: Workers) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item

    assert list(workers.map("1", work, range(40))) == list(range(40))


def test_one_item_or_none_needs_no_thread(workers: Workers) -> None:
    here = threading.current_thread()
    assert list(workers.map("1", lambda _: threading.current_thread(), [1])) == [here]
    assert list(workers.map("1", lambda item: item, [])) == []


def test_an_account_has_a_few_threads(workers: Workers) -> None:
    gauge = Gauge()
    assert list(workers.map("1", gauge.work, range(30))) == [item * 2 for item in range(30)]
    assert 1 < gauge.most <= 3


def test_all_accounts_together_are_bounded(workers: Workers) -> None:
    gauge = Gauge()
    threads = [
        threading.Thread(target=lambda a=account: list(workers.map(a, gauge.work, range(12))))
        for account in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gauge.most <= 4


def test_an_error_is_raised_in_its_place_and_drops_the_rest(workers: Workers) -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 2:
            raise KeyError(item)
        return item

    seen: list[int] = []
    with pytest.raises(KeyError):
        seen.extend(workers.map("1", work, range(1000)))
    assert len(begun) < 20
    assert list(workers.map("1", lambda item: item, range(5))) == list(range(5))


def test_a_reader_that_goes_away_leaves_nothing_behind(workers: Workers) -> None:
    begun: list[int] = []
    results = workers.map("1", begun.append, range(1000))
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator
    assert len(begun) <= 12


def test_work_within_work_does_not_wait_for_itself(workers: Workers) -> None:
    def outer(item: int) -> int:
        return sum(workers.map("1", lambda inner: inner * item, range(4)))

    assert list(workers.map("1", outer, range(8))) == [6 * item for item in range(8)]


def threads_of(account: str) -> int:
    return sum(each.name == f"calls {account}" for each in threading.enumerate())


def test_threads_that_nobody_needs_end_and_others_are_started_where_they_are() -> None:
    workers = Workers(per_account=3, in_all=3, idle_s=0.02)
    for _ in range(2):
        assert list(workers.map("idle", lambda item: item, range(12))) == list(range(12))
        assert threads_of("idle") > 0
        assert eventually(lambda: threads_of("idle") == 0)


def test_nothing_is_lost_where_threads_end_while_work_comes() -> None:
    workers = Workers(per_account=2, in_all=2, idle_s=1e-6)
    for number in range(300):
        assert list(workers.map("hasty", lambda item: item, [number, -number])) == [number, -number]
