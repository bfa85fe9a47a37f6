"""Calls are summed up by family, whoever makes them; a thread knows which visit it works for."""

from __future__ import annotations

import threading

from apiscape.collect.clock import Stop
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.spending import Spending, Spent, visited, visiting, within
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Quota
from tests.unit.collect.toy import VirtualClock


def test_calls_are_summed_up_by_family_with_what_they_waited_and_took() -> None:
    clock = VirtualClock()
    quotas = Quotas(clock)
    quotas.publish("toy", (Quota(family="gate", rate_per_s=1, burst=1),))
    budget = ScopeBudget(quotas, "toy", Stop(clock))
    for _ in range(2):
        budget.acquire(("gate", "gate:Get"), account="1", region="r")
    budget.throttled(("gate",), account="1", region="r", retry_after_s=None)
    budget.ended(("gate",), took_s=0.5, failure=None)
    budget.ended(("gate",), took_s=0.25, failure="ReadTimeoutError")
    gate, get = budget.spending.sums()
    assert (gate.family, gate.calls, gate.throttled, gate.failed) == ("gate", 2, 1, 1)
    assert (gate.took_s, gate.failure) == (0.75, "ReadTimeoutError")
    assert gate.waited_s == clock.elapsed_s > 1
    assert get == Spent(family="gate:Get", calls=2, waited_s=gate.waited_s)


def test_a_family_that_is_named_twice_counts_once() -> None:
    spending = Spending()
    spending.add_call(("a", "a"), 0)
    assert spending.sums() == (Spent(family="a", calls=1),)
    assert Spending().sums() == ()


def test_sums_hold_whoever_calls_at_once() -> None:
    spending = Spending()

    def call() -> None:
        for _ in range(500):
            spending.add_call(("a",), 0)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spending.sums()[0].calls == 2000


def test_a_thread_works_for_one_visit_at_a_time() -> None:
    assert visited() is None
    with visiting("a"):
        assert within("b", visited) == "b"
        assert visited() == "a"
    assert visited() is None


def test_workers_work_for_the_visit_that_asks_them() -> None:
    workers = Workers(per_account=2)
    names = ["x", "y", "z"]
    try:
        for key in ("first", "second"):
            with visiting(key):
                seen = list(workers.map("1", lambda _name: visited(), names))
            assert seen == [key] * len(names)
        assert list(workers.map("1", lambda _name: visited(), names)) == [None] * len(names)
    finally:
        workers.close()
