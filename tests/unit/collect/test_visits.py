"""Visits that are driven one by one: what begins, what fails at once, what lingers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.progress import Silent
from apiscape.collect.quotas import Quotas
from apiscape.collect.run import ScopeRun
from apiscape.collect.supervisor import Supervisor
from apiscape.collect.visits import Ends, Limits, Run, Visits
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Listed, Observation, Visit
from apiscape.errors import ApiscapeError, StoreFull
from apiscape.model.run import ErrorRecord, Reach, RunReport, Scope
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    SCOPE,
    SOURCE,
    Script,
    ToyProvider,
    VirtualClock,
    recorded,
    scripted,
)

QUICK = Limits(grace_s=1.0)


def whole(scope: Scope, visit: Visit) -> Iterator[Observation]:
    yield Listed("apis", ("a",), last=True)
    yield from recorded("a")


@dataclass
class Bench:
    """Visits of toys, and what was said of their ends."""

    script: Script = whole
    limits: Limits = QUICK
    clock: VirtualClock = field(default_factory=VirtualClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    reports: list[RunReport] = field(default_factory=list)
    begun: list[bool] = field(default_factory=list)
    failures: list[ApiscapeError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stop = Stop(self.clock)
        self.supervisor = Supervisor(self.clock, self.limits.grace_s)
        means = Means(runs=self.store.runs, clock=self.clock, workers=Workers())
        self.visits = Visits(
            self.supervisor, means, Quotas(self.clock), self.limits, ScopeRun, Silent()
        )

    def submit(self, *reaches: str) -> None:
        for key in reaches:
            reach = Reach(key=key, account=key.partition("/")[0])
            scope = msgspec.structs.replace(SCOPE, reach=reach)
            job = Job(scope, SOURCE, ToyProvider(), scripted(self.script))
            self.visits.submit(job, self.stop, Ends(self._end, self.failures.append))
        self.visits.launch()

    def _end(self, run: Run | None, report: RunReport) -> None:
        self.begun.append(run is not None)
        self.reports.append(report)

    def finish(self, ends: int) -> list[RunReport]:
        while len(self.reports) + len(self.failures) < ends:
            self.supervisor.turn(30)
            self.visits.launch()
        return self.reports[-ends:]

    def leave_behind(self) -> None:
        """Let the deadline and the grace of everything under way pass."""
        self.clock.advance(seconds=SOURCE.deadline_s)
        self.supervisor.turn()
        self.clock.advance(seconds=self.limits.grace_s)
        self.supervisor.turn()


def stuck(release: threading.Event) -> Script:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        release.wait(60)

    return script


def wait_for(bench: Bench, listed: int) -> None:
    """Wait until what is under way has listed so much."""
    turns = threading.Event()
    while sum(each.listed for each in bench.visits.ledgers().values()) < listed:
        turns.wait(0.001)


def test_a_scope_whose_visit_did_not_return_is_refused_until_it_does() -> None:
    release = threading.Event()
    bench = Bench(stuck(release))
    bench.submit("1/r")
    wait_for(bench, 2)
    bench.leave_behind()
    [left] = bench.reports
    assert (left.outcome, left.ledger.recorded, left.ledger.failed) == ("partial", 1, 1)
    assert bench.visits.idle
    bench.script = whole
    bench.submit("1/r")
    [_, refused] = bench.finish(2)
    assert refused.error is not None
    assert (refused.outcome, refused.error.kind, refused.totals.retired) == ("failed", "defect", 0)
    assert "1 visits of toy.api were left behind" in refused.error.message
    assert bench.store.runs.reports[-1] == refused
    release.set()
    while bench.supervisor.lingering():
        bench.supervisor.turn(30)
    bench.submit("1/r")
    assert bench.finish(3)[-1].outcome == "complete"


def test_too_many_lingering_threads_of_a_product_stop_its_other_scopes() -> None:
    release = threading.Event()
    bench = Bench(stuck(release), Limits(grace_s=1.0, lingering=2))
    bench.submit("1/r", "2/r")
    wait_for(bench, 4)
    bench.leave_behind()
    assert len(bench.reports) == 2
    assert bench.supervisor.lingering() == {"toy.api": 2}
    bench.submit("3/r")
    third = bench.finish(3)[-1]
    release.set()
    assert (third.scope.reach.key, third.outcome) == ("3/r", "failed")


def test_one_below_the_bound_the_others_go_on() -> None:
    release = threading.Event()
    bench = Bench(stuck(release), Limits(grace_s=1.0, lingering=2))
    bench.submit("1/r")
    wait_for(bench, 2)
    bench.leave_behind()
    bench.script = whole
    bench.submit("3/r")
    other = bench.finish(2)[-1]
    release.set()
    assert (other.scope.reach.key, other.outcome) == ("3/r", "complete")


def test_a_failing_store_is_told_and_leaves_room_for_the_next() -> None:
    bench = Bench()

    def full() -> None:
        raise StoreFull("no space left")

    bench.store.runs.before_apply = full
    bench.submit("1/r")
    bench.finish(1)
    assert [type(error) for error in bench.failures] == [StoreFull]
    assert bench.visits.idle
    bench.store.runs.before_apply = lambda: None
    bench.submit("1/r")
    bench.finish(2)
    assert [run.outcome for run in bench.reports] == ["complete"]


def test_a_store_that_fails_as_a_visit_is_left_behind_is_told_too() -> None:
    release = threading.Event()
    bench = Bench(stuck(release))
    bench.submit("1/r")
    wait_for(bench, 2)

    def full() -> None:
        raise StoreFull("no space left")

    bench.store.runs.before_apply = full
    bench.leave_behind()
    release.set()
    assert ([type(error) for error in bench.failures], bench.reports) == ([StoreFull], [])


def test_what_waits_is_given_up_without_a_word_to_the_store() -> None:
    release = threading.Event()
    bench = Bench(stuck(release), Limits(scopes=1))
    bench.submit("1/r", "2/r")
    wait_for(bench, 2)
    bench.visits.give_up_waiting(ErrorRecord(kind="interrupted", message="told to stop"))
    [report] = bench.reports
    assert (report.scope.reach.key, report.generation, bench.begun) == ("2/r", 0, [False])
    assert [run.job.scope.reach.key for run in bench.visits.running()] == ["1/r"]
    assert bench.visits.run_of(report.scope.key) is None
    bench.stop.tell()
    release.set()
    assert bench.finish(2)[-1].outcome == "partial"
    assert len(bench.store.runs.reports) == 1


def test_a_run_that_ended_hears_nothing_more_from_above() -> None:
    bench = Bench()
    bench.submit("1/r")
    runs = list(bench.visits.running())
    bench.finish(1)
    bench.stop.tell()
    assert [run.stop.error for run in runs] == [None]
