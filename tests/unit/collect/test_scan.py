"""All scopes side by side: failures stay where they are, and somebody is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec
import pytest

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.report import ScanReport, add_totals
from apiscape.collect.scan import Tools, scan
from apiscape.collect.visits import Limits
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import (
    Listed,
    Observation,
    Visit,
)
from apiscape.errors import Exit, StoreFull
from apiscape.model.run import Scope, Totals
from tests.unit.collect.scanning import Watcher, World, join_all, whole
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    SCOPE,
    SOURCE,
    recorded,
    scripted,
)


def test_every_reach_times_every_product_is_visited() -> None:
    world = World()
    world.toys.collectors["toy.events"] = scripted(whole)
    world.plan("1/r", "2/r")
    watcher = Watcher()
    report = world.scan(progress=watcher)
    assert [run.scope.key for run in report.runs] == [
        "toys/1/r/toy.api",
        "toys/1/r/toy.events",
        "toys/2/r/toy.api",
        "toys/2/r/toy.events",
    ]
    assert (report.exit_code, report.ledger.listed, report.totals.appeared) == (0, 4, 4)
    assert {run.collector_version for run in report.runs} == {"toys 1"}
    assert watcher.told[0] == "planned toys well"
    assert sorted(watcher.told[1:]) == sorted(
        [f"started {key}" for key in ("1/r", "1/r", "2/r", "2/r")]
        + [f"ended {key} complete" for key in ("1/r", "1/r", "2/r", "2/r")]
    )
    assert watcher.threads == {threading.get_ident()}


def test_one_broken_scope_leaves_the_others_alone() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        if scope.reach.key == "1/r":
            raise ZeroDivisionError
        yield from whole(scope, visit)

    world = World()
    world.toys.collectors["toy.api"] = scripted(script)
    world.plan("1/r", "2/r", "3/r")
    report = world.scan()
    assert [run.outcome for run in report.runs] == ["failed", "complete", "complete"]
    assert (report.exit_code, len(report.incomplete)) == (Exit.INCOMPLETE, 1)


def test_a_scope_that_never_answers_holds_up_nobody() -> None:
    release = threading.Event()

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        if scope.reach.key == "1/r":
            yield Listed("apis", ("a", "b"), last=True)
            yield from recorded("a")
            release.wait(60)
            yield from recorded("b")
        else:
            yield from whole(scope, visit)

    world = World(clock=SystemClock())
    world.toys.collectors["toy.api"] = scripted(script)
    world.plan("1/r", "2/r")
    report = world.scan(msgspec.structs.replace(SOURCE, deadline_s=0.1))
    release.set()
    stuck, other = report.runs
    assert (other.outcome, stuck.outcome) == ("complete", "partial")
    assert stuck.error is not None
    assert stuck.error.kind == "deadline"
    assert (stuck.ledger.recorded, stuck.ledger.failed, stuck.totals.retired) == (1, 1, 0)
    assert len(world.store.runs.reports) == 2


def test_only_a_few_scopes_of_an_account_are_under_way_at_once() -> None:
    lock, gauge = threading.Lock(), {"now": 0, "most": 0}
    both = threading.Barrier(2, timeout=30)

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        with lock:
            gauge["now"] += 1
            gauge["most"] = max(gauge.values())
        both.wait()
        yield from whole(scope, visit)
        with lock:
            gauge["now"] -= 1

    world = World(limits=Limits(scopes=3, scopes_per_account=2, tick_s=0.02))
    world.toys.collectors["toy.api"] = scripted(script)
    world.plan(*(f"1/r{index}" for index in range(8)))
    assert world.scan().exit_code == 0
    assert gauge["most"] == 2


def test_of_many_scopes_those_of_idle_accounts_go_first() -> None:
    world = World(limits=Limits(scopes=2, scopes_per_account=2, tick_s=0.02))
    world.plan("1/a", "1/b", "1/c", "2/a")
    watcher = Watcher()
    world.scan(progress=watcher)
    assert {words for words in watcher.told if words.startswith("started")} >= {"started 2/a"}
    assert watcher.told.index("started 2/a") == 2


def test_ctrl_c_ends_every_visit_with_what_it_has() -> None:
    begun = threading.Event()

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        begun.set()
        while True:
            visit.check()

    def press() -> None:
        if begun.is_set() and watcher.ticks[-1] != {}:
            begun.clear()
            raise KeyboardInterrupt

    world = World(clock=SystemClock(), limits=Limits(scopes=1, tick_s=0.02))
    world.toys.collectors["toy.api"] = scripted(script)
    world.plan("1/r", "2/r")
    watcher = Watcher(on_tick=press)
    report = world.scan(progress=watcher)
    first, second = report.runs
    assert report.interrupted
    assert (first.outcome, second.outcome) == ("partial", "failed")
    assert {run.error.kind for run in report.runs if run.error} == {"interrupted"}
    assert (second.generation, report.exit_code) == (0, Exit.INCOMPLETE)
    assert [each.scope.reach.key for each in world.store.runs.reports] == ["1/r"]
    assert 2 in {ledger.listed for tick in watcher.ticks for ledger in tick.values()}


def test_a_callers_stop_ends_the_scan() -> None:
    world = World()
    stop = Stop(world.clock)
    stop.tell()
    report = world.scan(stop=stop)
    assert report.interrupted
    assert all(run.outcome == "failed" for run in report.runs)


def test_a_failing_store_ends_the_scan_and_says_so() -> None:
    world = World()

    def full() -> None:
        raise StoreFull("no space left")

    world.store.runs.before_apply = full
    world.plan("1/r", "2/r")
    with pytest.raises(StoreFull):
        world.scan()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_visit_whose_thread_dies_is_closed() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a",))
        raise SystemExit

    world = World()
    world.toys.collectors["toy.api"] = scripted(script)
    [run] = world.scan().runs
    join_all()
    assert run.error is not None
    assert (run.outcome, run.error.kind) == ("partial", "defect")


def test_only_chosen_scopes_are_visited() -> None:
    world = World()
    world.plan("1/r", "2/r")
    assert [run.scope.reach.key for run in world.scan(only={"toys/2/r/toy.api"}).runs] == ["2/r"]


def test_two_scans_at_once_leave_one_truth() -> None:
    gate = threading.Barrier(2, timeout=30)

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        gate.wait()
        yield from whole(scope, visit)

    world = World()
    world.toys.collectors["toy.api"] = scripted(script)
    reports: list[ScanReport] = []
    threads = [threading.Thread(target=lambda: reports.append(world.scan())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = sorted((run.generation, run.outcome) for each in reports for run in each.runs)
    assert [generation for generation, _ in outcomes] == [1, 2]
    assert outcomes[1] == (2, "complete")
    assert outcomes[0][1] in {"complete", "partial", "failed"}
    assert set(world.store.runs.presence().values()) == {"present"}


def test_totals_add_up() -> None:
    sums = add_totals([Totals(appeared=1, missing=2), Totals(appeared=3, suspect=4)])
    assert (sums.appeared, sums.missing, sums.suspect, sums.retired) == (4, 2, 4, 0)


def test_silence_is_a_watcher_too() -> None:
    watcher: Progress = Silent()
    watcher.planned(
        PlannedSource(source=SOURCE, jobs=()),
        Forecast(scopes=0, unknown=0, calls=0, rate_per_s=0, most_per_s=0, seconds=0),
    )
    watcher.tick({})
    watcher.started(SCOPE)
    assert World().scan(progress=watcher).exit_code == Exit.COMPLETE


@pytest.mark.parametrize("lent", [True, False])
def test_threads_for_calls_end_with_the_scan_that_made_them_and_stay_where_they_were_lent(
    lent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Workers] = []

    def close(workers: Workers) -> None:
        closed.append(workers)

    monkeypatch.setattr(Workers, "close", close)
    tools = Tools() if lent else None
    assert scan([], MemoryStore(), tools=tools).runs == ()
    assert len(closed) == (0 if lent else 1)
