"""A round of measuring: who is asked, what is kept of it, and what holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
import pytest

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job
from apiscape.collect.quotas import Quotas
from apiscape.collect.source import SourcePlan
from apiscape.collect.tools import Tools
from apiscape.collect.traffic import measure_traffic, source_of
from apiscape.collect.visits import Limits
from apiscape.collectors.contract import (
    AccessDenied,
    Collector,
    CredentialsInvalid,
    Listed,
    Permission,
    Quota,
    Visit,
)
from apiscape.collectors.measuring import Counted, Counting, Price, Uncounted, Wanted
from apiscape.collectors.trying import Tried
from apiscape.errors import StoreError
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.measured import Measured, TrafficReport
from apiscape.model.run import ErrorRecord, Reach, Scope
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Measuring
from tests.unit.collect.store_double import MemoryMeasurements
from tests.unit.collect.toy import (
    NOON,
    SOURCE,
    Bench,
    ToyCollector,
    VirtualClock,
    recorded,
    toy_deployment,
)

WINDOW_S = 600
MEASURED = msgspec.structs.replace(SOURCE, traffic=Measuring(every_s=300, window_s=WINDOW_S))
KEPT = source_of("toy.api")
ORDERS, CARTS = (toy_deployment(name, "live") for name in ("orders", "carts"))

Counts = Callable[[Scope, Visit, Sequence[Deployment]], Iterator[Counting]]


def traffic(requests: int = 100, window_s: int = WINDOW_S) -> Traffic:
    return Traffic(window_s=window_s, until=NOON, requests=requests)


class ToyCounter(ToyCollector):
    """Counts as its script says."""

    traffic_permissions: ClassVar[tuple[Permission, ...]] = ()
    traffic_quotas: ClassVar[tuple[Quota, ...]] = (Quota("counts", rate_per_s=8, burst=4),)
    traffic_price: ClassVar[Price | None] = None

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.wanted: list[Wanted] = []

    def traffic(
        self, scope: Scope, visit: Visit, deployments: Sequence[Deployment], wanted: Wanted
    ) -> Iterator[Counting]:
        self.wanted.append(wanted)
        yield from self._counts(scope, visit, deployments)

    def try_traffic(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield from ()


def count_all(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
    for item in items:
        visit.session.gate.call(visit.session.budget, "count")
        yield Counted(item.uid, traffic())


@dataclass
class Rounds(Bench):
    """A scope of two deployments, measured again and again."""

    quotas: Quotas | None = None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script(Listed("apis", ("orders", "carts"), last=True), *recorded("orders", "carts"))

    def job(self, collector: Collector, source: SourcePlan = MEASURED, **more: Any) -> Job:
        scope = Scope("toys", "toy", "toy.api", Reach(key="1/r", account="1", region="r"))
        given: dict[str, Any] = {"scope": scope, "source": source, "provider": self.provider}
        given |= more
        return Job(collector=collector, **given)

    def measure(
        self, *jobs: Job, stop: Stop | None = None, limits: Limits | None = None
    ) -> tuple[TrafficReport, ...]:
        limits = limits or Limits(grace_s=0.05, tick_s=0.02)
        tools = Tools(clock=self.clock, quotas=self.quotas, limits=limits)
        return measure_traffic(jobs, self.store, tools, stop=stop)

    @property
    def held(self) -> dict[str, Measured]:
        return {uid: measured for (_, uid), measured in self.store.measurements.held.items()}


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


def reasons(measured: Measured) -> list[str | None]:
    assert measured.traffic is UNKNOWN
    return [signal.reason for signal in measured.signals]


def test_what_is_counted_is_kept_under_the_collectors_name(rounds: Rounds) -> None:
    collector = ToyCounter(count_all)
    (report,) = rounds.measure(rounds.job(collector))
    assert (report.asked, report.measured, report.uncountable) == (2, 2, ())
    assert (report.calls, report.throttled) == (2, 0)
    assert rounds.store.measurements.held == {
        (KEPT, item.uid): Measured(traffic=traffic()) for item in (ORDERS, CARTS)
    }
    assert collector.wanted == [Wanted(window_s=WINDOW_S)]
    assert all(session.closed for session in rounds.provider.sessions)


def test_it_is_given_facts_without_operations_and_none_that_are_gone(rounds: Rounds) -> None:
    seen: list[Deployment] = []

    def look(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        seen.extend(items)
        yield from ()

    rows = rounds.store.runs.rows["toys/1/r/toy.api"]
    rows[CARTS.uid] = msgspec.structs.replace(rows[CARTS.uid], presence="retired")
    rounds.measure(rounds.job(ToyCounter(look)))
    assert [(item.uid, item.operations) for item in seen] == [(ORDERS.uid, UNKNOWN)]


def test_without_opting_in_nothing_is_asked_and_old_figures_are_emptied(rounds: Rounds) -> None:
    def never(*_: object) -> Iterator[Counting]:
        raise AssertionError("asked without being told to")

    old = Measured(traffic=traffic())
    rounds.store.measurements.save(KEPT, {ORDERS.uid: old})
    rounds.store.measurements.save("probes", {ORDERS.uid: old})
    assert rounds.measure(rounds.job(ToyCounter(never), source=SOURCE)) == ()
    assert rounds.store.measurements.held == {
        (KEPT, ORDERS.uid): Measured(),
        ("probes", ORDERS.uid): old,
    }
    assert rounds.measure(rounds.job(ToyCollector())) == (), "one that cannot measure"


def test_a_denied_scope_is_unknown_with_the_right_that_is_missing(rounds: Rounds) -> None:
    def denied(*_: object) -> Iterator[Counting]:
        raise AccessDenied("needs toy:Count", permission="toy:Count")
        yield

    rounds.store.measurements.save(KEPT, {ORDERS.uid: Measured(traffic=traffic(7))})
    (report,) = rounds.measure(rounds.job(ToyCounter(denied)))
    assert (report.asked, report.measured) == (2, 0)
    (why,) = report.uncountable
    assert (why.deployments, why.error.permission) == (2, "toy:Count")
    assert {uid: reasons(measured) for uid, measured in rounds.held.items()} == {
        ORDERS.uid: ["needs toy:Count"],
        CARTS.uid: ["needs toy:Count"],
    }
    (signal,) = rounds.held[ORDERS.uid].signals
    assert (signal.name, signal.subject_uid, signal.observed_at, signal.value) == (
        SignalName.TRAFFIC_UNMEASURED,
        ORDERS.uid,
        NOON,
        None,
    )


def test_what_was_said_before_an_error_counts(rounds: Rounds) -> None:
    def breaks(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        yield Counted(ORDERS.uid, traffic(5))
        yield Counted("of nobody", traffic(9))
        raise ValueError("a secret of the SDK")

    (report,) = rounds.measure(rounds.job(ToyCounter(breaks)))
    assert (report.asked, report.measured) == (2, 1)
    assert rounds.held[ORDERS.uid] == Measured(traffic=traffic(5))
    (said,) = reasons(rounds.held[CARTS.uid])
    assert said is not None
    assert said.startswith("defect of toy.api: ValueError at")
    assert "secret" not in said
    assert set(rounds.held) == {ORDERS.uid, CARTS.uid}


def test_reasons_are_counted_the_most_frequent_first(rounds: Rounds) -> None:
    rounds.script(Listed("apis", ("a", "b", "c"), last=True), *recorded("a", "b", "c"))

    def ambiguous(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        for item in items:
            words = "alone" if item.name == "a" else "shared name"
            yield Uncounted(item.uid, ErrorRecord("unsupported", words))

    (report,) = rounds.measure(rounds.job(ToyCounter(ambiguous)))
    said = [(each.error.message, each.deployments) for each in report.uncountable]
    assert said == [("shared name", report.asked - 1), ("alone", 1)]


def test_what_can_have_no_traffic_is_not_spoken_of_and_loses_its_figures(rounds: Rounds) -> None:
    def of_orders(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        yield Counted(ORDERS.uid, traffic())

    rounds.store.measurements.save(KEPT, {CARTS.uid: Measured(traffic=traffic(7))})
    (report,) = rounds.measure(rounds.job(ToyCounter(of_orders)))
    assert (report.asked, report.measured) == (1, 1)
    assert rounds.held == {ORDERS.uid: Measured(traffic=traffic()), CARTS.uid: Measured()}


def test_a_scope_that_cannot_be_reached_is_unknown_without_a_call(rounds: Rounds) -> None:
    error = ErrorRecord("credentials", "the role cannot be taken on")
    before = len(rounds.provider.sessions)
    (report,) = rounds.measure(rounds.job(ToyCounter(count_all), error=error))
    assert (report.asked, report.measured, report.calls) == (2, 0, 0)
    assert reasons(rounds.held[ORDERS.uid]) == ["the role cannot be taken on"]
    assert len(rounds.provider.sessions) == before


def test_nobody_signed_in_is_said(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CredentialsInvalid("nobody is signed in")

    monkeypatch.setattr(rounds.provider, "session", refuse)
    (report,) = rounds.measure(rounds.job(ToyCounter(count_all)))
    assert report.uncountable[0].error.message == "nobody is signed in"


def test_a_scope_without_deployments_is_left_out(rounds: Rounds) -> None:
    empty = Scope("toys", "toy", "toy.api", Reach(key="2/r", account="2"))
    assert rounds.measure(rounds.job(ToyCounter(count_all), scope=empty)) == ()


# ── Side by side, and in time ────────────────────────────────────────────────


def test_one_that_hangs_is_left_behind_and_the_others_are_measured(rounds: Rounds) -> None:
    release = threading.Event()
    other = Scope("toys", "toy", "toy.other", Reach(key="1/r", account="1", region="r"))
    rounds.store.runs.rows[other.key] = {
        CARTS.uid: rounds.store.runs.rows["toys/1/r/toy.api"].pop(CARTS.uid)
    }

    def hang(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        rounds.clock.advance(seconds=400)
        release.wait(60)
        yield Counted(ORDERS.uid, traffic(1))

    patient = msgspec.structs.replace(SOURCE, traffic=Measuring(every_s=1800))
    jobs = (
        rounds.job(ToyCounter(hang)),
        rounds.job(ToyCounter(count_all), source=patient, scope=other),
    )
    late, good = rounds.measure(*jobs, limits=Limits(grace_s=0.0, tick_s=0.02))
    release.set()
    assert (late.measured, good.measured) == (0, 1)
    assert late.uncountable[0].error.kind == "deadline"
    assert all("300" in str(reason) for reason in reasons(rounds.held[ORDERS.uid]))


def test_no_more_scopes_at_once_than_allowed(rounds: Rounds) -> None:
    row = rounds.store.runs.rows["toys/1/r/toy.api"][ORDERS.uid]
    jobs, at_once, most = [], threading.Semaphore(2), []

    def narrow(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        most.append(at_once.acquire(blocking=False))
        yield Counted(ORDERS.uid, traffic())
        at_once.release()

    for number in range(9):
        scope = Scope("toys", "toy", "toy.api", Reach(key=f"{number}/r", account=f"{number}"))
        rounds.store.runs.rows[scope.key] = {ORDERS.uid: row}
        jobs.append(rounds.job(ToyCounter(narrow), scope=scope))
    reports = rounds.measure(*jobs, limits=Limits(scopes=2, tick_s=0.02))
    assert most == [True] * 9
    assert [report.scope.key for report in reports] == sorted(job.scope.key for job in jobs)


def test_its_calls_keep_to_its_own_quota(rounds: Rounds) -> None:
    rounds.quotas = Quotas(rounds.clock)
    rounds.measure(rounds.job(ToyCounter(count_all)))
    assert rounds.quotas.rate("toy", "counts", region="r").rate_per_s == 4
    assert rounds.quotas.rate("toy", "toy", region="r").rate_per_s == 10


def test_told_to_stop_nothing_is_begun(rounds: Rounds) -> None:
    stop = Stop(rounds.clock)
    stop.tell()
    assert rounds.measure(rounds.job(ToyCounter(count_all)), stop=stop) == ()
    assert rounds.held == {}


def test_ctrl_c_ends_what_is_under_way(rounds: Rounds) -> None:
    began = threading.Event()

    def patient(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        began.set()
        while True:
            visit.check()
            yield Counted(ORDERS.uid, traffic())

    class Interrupting(VirtualClock):
        def monotonic(self) -> float:
            if threading.current_thread() is threading.main_thread() and began.is_set():
                began.clear()
                raise KeyboardInterrupt
            return super().monotonic()

    rounds.clock = Interrupting()
    (report,) = rounds.measure(rounds.job(ToyCounter(patient)))
    assert report.uncountable[0].error.kind == "interrupted"
    assert report.measured == 1


def test_a_store_that_fails_ends_the_round(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(MemoryMeasurements, "save", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        rounds.measure(rounds.job(ToyCounter(count_all)))
    monkeypatch.setattr(rounds.store.runs, "documents", fail)
    with pytest.raises(StoreError, match="the disk is full"):
        rounds.measure(rounds.job(ToyCounter(count_all)))


def test_a_thread_that_dies_leaves_its_scope_unknown(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        yield Counted(ORDERS.uid, traffic())
        raise SystemExit

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    (report,) = rounds.measure(rounds.job(ToyCounter(die)))
    assert (report.measured, report.uncountable[0].error.message) == (1, "its thread died")
