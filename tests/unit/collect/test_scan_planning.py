"""What a scan plans: sources that cannot be planned, what falls out of the estate, and what it will take."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from apiscape.collect.clock import SystemClock
from apiscape.collect.forecast import Forecast
from apiscape.collect.report import ScanReport
from apiscape.collect.source import SourcePlan
from apiscape.collect.visits import Limits
from apiscape.collectors.contract import (
    CredentialsInvalid,
    Observation,
    Plan,
    Visit,
)
from apiscape.collectors.registry import PlugInError
from apiscape.errors import Exit
from apiscape.model.run import ErrorRecord, EstateEntry, Scope
from apiscape.settings.schema import AcceptedGap
from tests.unit.collect.scanning import Watcher, World, join_all, reach, whole
from tests.unit.collect.toy import (
    NOON,
    SOURCE,
    ToyProvider,
    scripted,
)


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
    assert first == Forecast(
        scopes=1, unknown=1, calls=0, rate_per_s=5.0, most_per_s=5.0, seconds=0.0
    )
    assert second == Forecast(
        scopes=2, unknown=1, calls=10, rate_per_s=5.0, most_per_s=5.0, seconds=2.0
    )
