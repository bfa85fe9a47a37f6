"""All scopes side by side: failures stay where they are, and somebody is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.report import ScanReport, add_totals
from apiscape.collect.scan import Tools, scan
from apiscape.collect.source import SourcePlan
from apiscape.collect.visits import Limits
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import (
    Collector,
    CredentialsInvalid,
    Listed,
    Observation,
    Plan,
    PlannedReach,
    Provider,
    Visit,
)
from apiscape.collectors.registry import PlugInError
from apiscape.errors import Exit, StoreFull
from apiscape.model.run import ErrorRecord, EstateEntry, Ledger, Reach, RunReport, Scope, Totals
from apiscape.settings.schema import AcceptedGap
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    NOON,
    SCOPE,
    SOURCE,
    ToyProvider,
    VirtualClock,
    recorded,
    scripted,
)

QUICK = Limits(grace_s=0.05, tick_s=0.02)


@dataclass
class Toys:
    """Plug-ins of one provider; collectors by product."""

    source: ToyProvider = field(default_factory=ToyProvider)
    collectors: dict[str, Collector | PlugInError] = field(default_factory=dict)

    def provider(self, name: str) -> Provider:
        if name != "toy":
            raise PlugInError(f"no provider {name!r}")
        return self.source

    def collector(self, product: str) -> Collector:
        found = self.collectors[product]
        if isinstance(found, PlugInError):
            raise found
        return found

    def products(self, provider: str) -> tuple[str, ...]:
        return tuple(self.collectors)

    def version(self, product: str) -> str | None:
        return "toys 1"


def whole(scope: Scope, visit: Visit) -> Iterator[Observation]:
    name = f"{scope.reach.key}-{scope.product}"
    yield Listed("apis", (name,), last=True)
    yield from recorded(name)


def reach(key: str) -> PlannedReach:
    account, _, region = key.partition("/")
    return PlannedReach(reach=Reach(key=key, account=account, region=region))


@dataclass
class World:
    """Everything that a scan of toys works with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    toys: Toys = field(default_factory=lambda: Toys(collectors={"toy.api": scripted(whole)}))
    clock: Any = field(default_factory=VirtualClock)
    limits: Limits = QUICK

    def plan(self, *keys: str, **more: Any) -> None:
        self.toys.source.planned = Plan(reaches=tuple(reach(key) for key in keys), **more)

    def scan(self, *sources: SourcePlan, **more: Any) -> ScanReport:
        tools = Tools(clock=self.clock, plug_ins=self.toys, limits=self.limits)
        return scan(sources or (SOURCE,), self.store, tools=tools, **more)


@dataclass
class Watcher:
    """Writes down what it is told."""

    told: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    forecasts: list[Forecast] = field(default_factory=list)
    ticks: list[Mapping[str, Ledger]] = field(default_factory=list)
    on_tick: Callable[[], None] = lambda: None

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        self.forecasts.append(forecast)
        self._note(f"planned {plan.source.name} {plan.error.kind if plan.error else 'well'}")

    def started(self, scope: Scope) -> None:
        self._note(f"started {scope.reach.key}")

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        self.ticks.append(ledgers)
        self.on_tick()

    def ended(self, report: RunReport) -> None:
        self._note(f"ended {report.scope.reach.key} {report.outcome}")

    def _note(self, words: str) -> None:
        self.told.append(words)
        self.threads.add(threading.get_ident())


def join_all() -> None:
    """Wait for the threads that a scan left behind."""
    for thread in threading.enumerate():
        if thread.name.startswith(("visit", "plan")):
            thread.join(30)


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
    [ledger] = watcher.ticks[0].values()
    assert ledger.listed == 2


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


# Planning.


def test_a_source_that_nobody_can_sign_in_to_fails_what_was_visited_before() -> None:
    world = World()
    world.scan()
    world.toys.source.planned = CredentialsInvalid("the token expired")
    watcher = Watcher()
    report = world.scan(progress=watcher)
    assert report.unplanned["toys"].kind == "credentials"
    [run] = report.runs
    assert (run.outcome, run.error) == ("failed", report.unplanned["toys"])
    assert run.totals.not_observed == 1
    assert (report.exit_code, watcher.told[0]) == (Exit.INCOMPLETE, "planned toys credentials")
    assert world.store.estate.errors["toys"].kind == "credentials"
    assert [entry.key for entry in world.store.estate.load()] == ["1/r"]


def test_a_source_that_was_never_seen_and_cannot_be_planned_is_incomplete() -> None:
    world = World()
    world.toys.source.planned = CredentialsInvalid("nobody is signed in")
    report = world.scan()
    assert (report.runs, report.exit_code) == ((), Exit.INCOMPLETE)


def test_a_source_that_is_never_planned_is_given_up() -> None:
    release = threading.Event()

    class Slow(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            release.wait(60)
            return super().plan(source, settings)

    limits = Limits(plan_s=0.05, grace_s=0.05, tick_s=0.02)
    world = World(clock=SystemClock(), limits=limits)
    world.toys.source = Slow()
    report = world.scan()
    release.set()
    assert report.unplanned["toys"].kind == "deadline"


def test_a_provider_that_is_not_installed_is_an_error_of_the_configuration() -> None:
    with pytest.raises(PlugInError):
        World().scan(SourcePlan(name="x", provider="nobody", settings=None))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_planning_that_dies_holds_up_nobody() -> None:
    class Dying(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            raise SystemExit

    world = World()
    world.toys.source = Dying()
    assert world.scan().runs == ()
    join_all()


def test_a_defect_of_a_provider_is_data() -> None:
    class Broken(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            raise ZeroDivisionError

    world = World()
    world.toys.source = Broken()
    assert world.scan().unplanned["toys"].kind == "defect"


def test_a_reach_that_cannot_be_visited_fails_by_itself() -> None:
    error = ErrorRecord(kind="credentials", message="the role cannot be assumed")
    world = World()
    broken = msgspec.structs.replace(reach("2/r"), error=error)
    world.toys.source.planned = Plan(reaches=(reach("1/r"), broken))
    report = world.scan()
    assert [run.outcome for run in report.runs] == ["complete", "failed"]
    assert report.runs[1].error == error
    assert [entry.reason for entry in report.estate] == [None, "the role cannot be assumed"]


def test_a_collector_that_cannot_be_loaded_fails_its_scopes_alone() -> None:
    world = World()
    world.toys.collectors["toy.broken"] = PlugInError("no SDK", hint="install it")
    report = world.scan()
    assert [run.outcome for run in report.runs] == ["complete", "failed"]
    error = report.runs[1].error
    assert error is not None
    assert (error.message, error.next_step) == ("no SDK", "install it")


def entry(key: str, state: str, reason: str | None = None) -> EstateEntry:
    return EstateEntry(source="toys", provider="toy", key=key, state=state, reason=reason)


def states(report: ScanReport) -> dict[str, str]:
    return {each.key: each.state for each in report.estate}


def test_the_estate_says_what_is_not_visited() -> None:
    world = World()
    others = (entry("2", "not_configured"), entry("3", "excluded", "a test account"))
    world.plan("1/r", estate=others)
    report = world.scan()
    assert states(report) == {"1/r": "visited", "2": "not_configured", "3": "excluded"}
    assert report.exit_code == Exit.COMPLETE
    assert world.store.estate.load() == report.estate


def test_a_reach_that_falls_away_is_lost_until_somebody_answers_for_it() -> None:
    world = World()
    world.plan("1/r", "2/r")
    world.scan()
    world.plan("1/r")
    for _ in range(2):
        report = world.scan()
        assert states(report) == {"1/r": "visited", "2/r": "lost"}
        assert [run.outcome for run in report.runs] == ["complete", "failed"]
        assert (report.exit_code, report.runs[1].totals.not_observed) == (Exit.INCOMPLETE, 1)
    gap = AcceptedGap(scope="toys/2/*", reason="closed", accepted_by="Tax", until=NOON.date())
    accepted = world.scan(msgspec.structs.replace(SOURCE, accepted=(gap,)))
    assert accepted.exit_code == Exit.COMPLETE
    assert accepted.estate[1].accepted == "closed (Tax, until 2026-09-30)"
    assert (accepted.runs[1].outcome, accepted.lost) == ("failed", ())


def test_a_reach_that_its_account_speaks_for_is_not_lost() -> None:
    world = World()
    world.plan("1/r", "2/r")
    world.scan()
    world.plan("1/r", estate=(entry("2", "not_configured"),))
    report = world.scan()
    assert states(report) == {"1/r": "visited", "2": "not_configured"}
    laid_down = report.runs[1]
    assert (laid_down.outcome, laid_down.parts[0].reason) == ("absent", "no longer configured")
    assert (laid_down.totals.not_observed, report.exit_code) == (1, Exit.COMPLETE)
    assert len(world.scan().runs) == 1


def test_a_product_that_is_no_longer_configured_says_so_once() -> None:
    world = World()
    world.toys.collectors["toy.events"] = scripted(whole)
    world.scan()
    source = msgspec.structs.replace(SOURCE, products=("toy.api",))
    assert [run.outcome for run in world.scan(source).runs] == ["complete", "absent"]
    assert [run.outcome for run in world.scan(source).runs] == ["complete"]
    assert [run.outcome for run in world.scan().runs] == ["complete", "complete"]


def test_an_estate_that_nobody_could_look_at_stays_as_it_was() -> None:
    error = ErrorRecord(kind="access_denied", message="may not list accounts")
    world = World()
    world.plan("1/r", estate=(entry("2", "not_configured"),))
    world.scan()
    world.plan("1/r", estate_error=error)
    report = world.scan()
    assert states(report) == {"1/r": "visited", "2": "not_configured"}
    assert (report.estate_errors, report.exit_code) == ({"toys": error}, Exit.COMPLETE)
    assert world.store.estate.errors == {"toys": error}


def test_the_forecast_goes_by_the_last_run() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        for _ in range(10):
            visit.session.budget.acquire(("toy",), account="1", region="r")
        yield from whole(scope, visit)

    world = World()
    world.toys.collectors["toy.api"] = scripted(script)
    world.plan("1/r")
    watcher = Watcher()
    world.scan(progress=watcher)
    world.plan("1/r", "2/r")
    world.scan(progress=watcher)
    first, second = watcher.forecasts
    assert first == Forecast(scopes=1, unknown=1, calls=0, rate_per_s=5.0, seconds=0.0)
    assert second == Forecast(scopes=2, unknown=1, calls=10, rate_per_s=5.0, seconds=2.0)


def test_totals_add_up() -> None:
    sums = add_totals([Totals(appeared=1, missing=2), Totals(appeared=3, suspect=4)])
    assert (sums.appeared, sums.missing, sums.suspect, sums.retired) == (4, 2, 4, 0)


def test_silence_is_a_watcher_too() -> None:
    watcher: Progress = Silent()
    watcher.planned(
        PlannedSource(source=SOURCE, jobs=()),
        Forecast(scopes=0, unknown=0, calls=0, rate_per_s=0, seconds=0),
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
