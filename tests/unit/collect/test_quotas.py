"""Token buckets on a clock that takes no time: production's quota is never taken."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.quotas import Quotas, ScopeBudget, halve
from apiscape.collectors.contract import Cancelled, Quota
from apiscape.demo.aws.refusing import quotas as provider
from apiscape.settings.schema import Rate
from tests.unit.collect.toy import VirtualClock

WIDE = Quota(family="gate", rate_per_s=10, burst=40)
NARROW = Quota(family="gate:Get", rate_per_s=2, burst=2)
PER_ACCOUNT = Quota(family="whole", rate_per_s=4, burst=2, scope="account")


class Counter:
    """Calls by family and region, with their times."""

    def __init__(self, *quotas: Quota, **configured: Rate) -> None:
        self.clock = VirtualClock()
        self.quotas = Quotas(self.clock)
        self.quotas.publish("toy", quotas, configured)
        self.stop = Stop(self.clock)
        self.times: list[float] = []

    def call(
        self, families: Sequence[str] = ("gate",), region: str | None = "r", account: str = "1"
    ) -> float:
        self.quotas.acquire("toy", families, account=account, region=region, stop=self.stop)
        self.times.append(self.clock.elapsed_s)
        return self.clock.elapsed_s

    def refuse(
        self, families: Sequence[str] = ("gate",), region: str = "r", wait: float | None = None
    ) -> None:
        self.quotas.slow("toy", families, account="1", region=region, retry_after_s=wait)


def within(times: Sequence[float], rate: float, burst: int) -> bool:
    """Say whether no window of time has more calls than a bucket gives."""
    return all(
        count <= burst + rate * (later - earlier) + 1e-6
        for start, earlier in enumerate(times)
        for count, later in enumerate(times[start:], start=1)
    )


def test_half_of_the_published_quota_is_taken() -> None:
    counter = Counter(WIDE)
    for _ in range(120):
        counter.call()
    assert counter.times[19] == 0
    assert counter.times[-1] == pytest.approx(100 / 5, abs=0.01)
    assert within(counter.times, 5, 20)


def test_a_configured_rate_replaces_the_default() -> None:
    counter = Counter(WIDE, gate=Rate(rate_per_s=9, burst=1))
    for _ in range(91):
        counter.call()
    assert counter.times[-1] == pytest.approx(10, abs=0.01)


def test_an_account_has_one_ceiling_over_all_its_regions() -> None:
    counter = Counter(WIDE)
    for index in range(120):
        counter.call(region=f"r{index % 4}")
    assert within(counter.times, 5, 20)


def test_the_ceiling_can_be_configured_higher() -> None:
    counter = Counter(WIDE, **{"gate/account": Rate(rate_per_s=50, burst=100)})
    for index in range(120):
        counter.call(region=f"r{index % 4}")
    assert counter.times[-1] == pytest.approx(2, abs=0.02)


def test_accounts_do_not_share() -> None:
    counter = Counter(WIDE)
    for index in range(40):
        counter.call(account=str(index % 2))
    assert counter.times[-1] == 0


def test_a_call_takes_from_all_its_families_at_once() -> None:
    counter = Counter(WIDE, NARROW)
    for _ in range(11):
        counter.call(("gate", "gate:Get"))
    assert counter.times[-1] == pytest.approx(10, abs=0.02)
    waited = counter.clock.elapsed_s
    for _ in range(19):
        assert counter.call() == waited


def test_a_quota_per_account_has_no_bucket_per_region() -> None:
    counter = Counter(PER_ACCOUNT)
    for index in range(9):
        counter.call(("whole",), region=f"r{index}")
    assert counter.times[-1] == pytest.approx(4, abs=0.01)


def test_without_a_region_the_account_counts() -> None:
    counter = Counter(WIDE)
    for _ in range(25):
        counter.call(region=None)
    assert counter.times[-1] == pytest.approx(1, abs=0.01)


def test_a_family_that_nobody_published_has_a_modest_rate() -> None:
    counter = Counter()
    for _ in range(30):
        counter.call(("unheard of",))
    assert counter.times[-1] == pytest.approx(5, abs=0.01)


def test_a_refusal_halves_for_a_minute() -> None:
    counter = Counter(WIDE)
    for _ in range(20):
        counter.call()
    counter.refuse()
    first = counter.clock.elapsed_s
    slow = [counter.call() - first for _ in range(180)]
    assert within([moment for moment in slow if moment <= 60], 2.5, 10)
    after = [moment for moment in slow if moment > 60.5]
    gaps = [later - earlier for earlier, later in pairwise(after)]
    assert max(gaps) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(("asked", "waits"), [(7, 7), (3600, 120), (None, 0.4)])
def test_retry_after_is_obeyed_within_bounds(asked: float | None, waits: float) -> None:
    counter = Counter(Quota(family="gate", rate_per_s=10, burst=2))
    counter.call()
    counter.refuse(wait=asked)
    assert counter.call() == pytest.approx(waits, abs=0.01)


def test_a_pause_closes_its_region_and_no_other() -> None:
    counter = Counter(WIDE)
    counter.refuse(wait=30)
    assert counter.call(region="elsewhere") == 0
    assert counter.call() == 30


@pytest.mark.parametrize("family", ["gate", "whole"])
def test_a_region_that_is_refused_alone_delays_no_other(family: str) -> None:
    counter = Counter(WIDE, PER_ACCOUNT)
    calm = Counter(WIDE, PER_ACCOUNT)
    for _ in range(30):
        counter.refuse((family,), region="refusing", wait=120)
        assert counter.call((family,), region="other") == calm.call((family,), region="other")


@pytest.mark.parametrize("family", ["gate", "whole"])
def test_two_regions_that_are_refused_within_a_minute_slow_the_account(family: str) -> None:
    counter = Counter(WIDE, PER_ACCOUNT)
    for region in ("one", "two"):
        counter.refuse((family,), region=region)
    calm = Counter(WIDE, PER_ACCOUNT)
    took = [counter.call((family,), region="other") for _ in range(60)][-1]
    assert took > 1.5 * [calm.call((family,), region="other") for _ in range(60)][-1]


def test_two_regions_that_are_refused_one_after_the_other_are_two_matters() -> None:
    counter = Counter(PER_ACCOUNT)
    counter.refuse(("whole",), region="one")
    counter.clock.sleep(61, threading.Event())
    counter.refuse(("whole",), region="two")
    began = counter.clock.elapsed_s
    calls = [counter.call(("whole",), region="other") for _ in range(21)]
    assert calls[-1] - began == pytest.approx(20 / 2, abs=0.6)


def test_of_two_sources_the_lower_rate_holds() -> None:
    counter = Counter(WIDE, gate=Rate(rate_per_s=9, burst=1))
    counter.quotas.publish("toy", (WIDE,), {"gate": Rate(rate_per_s=1, burst=1)})
    counter.quotas.publish("toy", (WIDE,), {"gate": Rate(rate_per_s=8, burst=1)})
    assert counter.quotas.rate("toy", "gate", region="r").rate_per_s == 1
    counter.call()
    assert counter.call() == pytest.approx(1, abs=0.01)


def test_half_of_a_small_burst_is_one() -> None:
    assert halve(Quota(family="f", rate_per_s=1, burst=1)) == Rate(rate_per_s=0.5, burst=1)


def test_a_call_that_would_pass_the_deadline_is_not_waited_for() -> None:
    counter = Counter(Quota(family="gate", rate_per_s=0.02, burst=1))
    counter.stop = Stop(counter.clock, deadline_s=30)
    counter.call()
    with pytest.raises(Cancelled, match="after the deadline"):
        counter.call()
    assert counter.clock.elapsed_s == 0


def test_a_waiter_wakes_when_told_to_stop() -> None:
    quotas = Quotas(SystemClock())
    quotas.publish("toy", (Quota(family="gate", rate_per_s=0.001, burst=1),))
    stop = Stop(SystemClock())
    budget = ScopeBudget(quotas, "toy", stop)
    budget.acquire(("gate",), account="1", region="r")
    ended: list[str] = []

    def wait() -> None:
        try:
            budget.acquire(("gate",), account="1", region="r")
        except Cancelled as cancelled:
            ended.append(cancelled.message)

    waiter = threading.Thread(target=wait)
    waiter.start()
    stop.tell()
    waiter.join(30)
    assert ended == ["interrupted before it was done"]
    assert budget.calls == 1


def test_a_budget_counts_calls_and_refusals() -> None:
    counter = Counter(WIDE)
    budget = ScopeBudget(counter.quotas, "toy", counter.stop)
    budget.acquire(("gate",), account="1", region="r")
    budget.throttled(("gate",), account="1", region="r", retry_after_s=9)
    assert (budget.calls, budget.throttled_calls) == (1, 1)
    budget.acquire(("gate",), account="1", region="r")
    assert counter.clock.elapsed_s == 9


STEPS = st.lists(
    st.tuples(
        st.sampled_from([("gate",), ("gate:Get",), ("gate", "gate:Get")]),
        st.sampled_from(["r", "s"]),
        st.floats(0, 20),
        st.booleans(),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_window_ever_has_more_than_its_bucket_gives(
    steps: list[tuple[tuple[str, ...], str, float, bool]],
) -> None:
    counter = Counter(WIDE, NARROW)
    made: list[tuple[tuple[str, ...], float]] = []
    for families, region, pause, refused in steps:
        counter.clock.advance(seconds=pause)
        made.append((families, counter.call(families, region)))
        if refused:
            counter.refuse(families, region)
    for family, rate, burst in (("gate", 5, 20), ("gate:Get", 1, 1)):
        assert within([at for families, at in made if family in families], rate, burst)


@pytest.mark.parametrize("pauses_s", [(0.0,), (0.0, 0.1, 0.2, 0.3), (1 / 3, 0.0, 0.07)])
def test_at_the_published_rate_itself_the_provider_never_refuses(
    pauses_s: tuple[float, ...],
) -> None:
    counter = Counter(WIDE, gate=Rate(rate_per_s=WIDE.rate_per_s, burst=WIDE.burst))
    limit = provider.Quota("gate", frozenset({"gate"}), WIDE.rate_per_s, WIDE.burst)
    theirs = provider.Quotas((limit,), lambda: counter.clock.elapsed_s)
    admitted = []
    for index in range(2_000):
        counter.clock.advance(seconds=pauses_s[index % len(pauses_s)])
        counter.call()
        admitted.append(theirs.admit("1", "r", "gate", "Get"))
    assert all(admitted)
    asked_s = sum(pauses_s) / len(pauses_s) * len(admitted)
    least_s = (len(admitted) - WIDE.burst) / WIDE.rate_per_s
    assert (
        max(asked_s, least_s)
        <= counter.times[-1] + max(pauses_s)
        <= 1.01 * max(asked_s, least_s) + 1
    )


def test_threads_share_a_bucket() -> None:
    counter = Counter(WIDE)
    lock = threading.Lock()
    made: list[float] = []

    def work() -> None:
        for _ in range(20):
            counter.quotas.acquire("toy", ("gate",), account="1", region="r", stop=counter.stop)
            with lock:
                made.append(counter.clock.elapsed_s)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 80
    assert counter.clock.elapsed_s >= 60 / 5


def test_rates_that_are_published_anew_may_rise_and_what_was_taken_stays_taken() -> None:
    clock = VirtualClock()
    quotas = Quotas(clock)
    quotas.publish("toy", (), {"toy": Rate(rate_per_s=0.5, burst=1)})
    stop = Stop(clock)
    quotas.acquire("toy", ("toy",), account="1", region="r", stop=stop)
    quotas.begin_anew()
    quotas.publish("toy", (), {"toy": Rate(rate_per_s=5, burst=1)})
    assert quotas.rate("toy", "toy", region="r").rate_per_s == 5
    quotas.acquire("toy", ("toy",), account="1", region="r", stop=stop)
    assert 0 < clock.monotonic() <= 0.2 * (1 + 1e-5)  # a bucket stays a hair below its rate
