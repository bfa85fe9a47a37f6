"""The driver's sources: a reload loses nothing, and a source that cannot be planned stops no visit."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from apiscape.collect.visits import Limits
from apiscape.collectors.contract import (
    CredentialsInvalid,
    Plan,
)
from apiscape.collectors.registry import PlugInError
from apiscape.errors import StoreFull
from tests.unit.collect.scanning import whole
from tests.unit.collect.toy import SOURCE, ToyProvider, scripted
from tests.unit.schedule.agents import HOUR, Agent, source
from tests.unit.schedule.gates import Gate

# Reloading.


def test_a_reload_leaves_what_stands_and_visits_what_is_new() -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    agent.clock.advance(minutes=10)
    agent.ask(agent.driver.reload([source(), source("more")]))
    assert agent.ran(2)[-1].scope.source == "more"
    assert agent.progress.told.count("planned toys well") == 1


def test_a_running_visit_outlives_a_reload() -> None:
    gate = Gate("1/r")
    agent = Agent()
    agent.collect(scripted(gate.script))
    agent.start()
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.ask(agent.driver.reload([source(interval_s=60.0)]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    gate.open()
    assert agent.ran(1)[0].outcome == "complete"


def test_a_source_that_is_removed_says_so_once_in_every_scope() -> None:
    agent = Agent()
    agent.reaches("1/r", "2/r")
    agent.start()
    agent.ran(2)
    agent.ask(agent.driver.reload([]))
    laid_down = agent.ran(4)[2:]
    assert [(run.outcome, run.parts[0].reason) for run in laid_down] == [
        ("absent", "no longer configured")
    ] * 2
    assert set(agent.store.runs.presence().values()) == {"present"}
    agent.pass_time(8 * HOUR, step=300)
    agent.ran(4)
    assert agent.ask(agent.driver.slots()) == ()
    agent.ask(agent.driver.reload([source()]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.driver.collect_now()
    assert [run.outcome for run in agent.ran(6)[4:]] == ["complete", "complete"]


def test_a_reach_that_is_removed_from_a_source_falls_away() -> None:
    agent = Agent()
    agent.reaches("1/r", "2/r")
    agent.start()
    agent.ran(2)
    agent.collect(scripted(whole))
    agent.toys.collectors["toy.events"] = scripted(whole)
    agent.ask(agent.driver.reload([source(products=("toy.events",))]))
    agent.ran(6)
    assert sorted((run.scope.product, run.outcome) for run in agent.runs[2:]) == [
        *[("toy.api", "absent")] * 2,
        *[("toy.events", "complete")] * 2,
    ]
    assert len(agent.ask(agent.driver.slots())) == 2


def test_a_reload_that_cannot_be_changes_nothing() -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    with pytest.raises(PlugInError):
        agent.driver.reload([source("x", provider="nobody")])
    agent.pass_time(1.2 * HOUR, step=60)
    agent.ran(2)


def test_a_shorter_interval_holds_from_the_reload_on() -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    agent.ask(agent.driver.reload([source(interval_s=60.0)]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.pass_time(70)
    agent.ran(2)


# Planning that fails.


def test_where_nobody_can_sign_in_at_the_start_what_was_visited_fails_when_it_is_due() -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    agent.renew()
    found = agent.toys.source.planned
    agent.toys.source.planned = CredentialsInvalid("expired")
    agent.clock.advance(minutes=30)
    agent.start()
    agent.until(lambda: "planned toys credentials" in agent.progress.told)
    assert len(agent.runs) == 1
    agent.pass_time(0.7 * HOUR, step=60)
    assert agent.runs[-1].outcome == "failed"
    assert agent.store.estate.errors["toys"].kind == "credentials"
    agent.toys.source.planned = found
    agent.pass_time(6 * HOUR, step=60)
    agent.until(agent.rests)
    assert agent.runs[-1].outcome == "complete"
    assert set(agent.store.runs.presence().values()) == {"present"}


def test_a_plan_that_fails_later_leaves_the_scopes_as_they_are() -> None:
    agent = Agent()
    agent.start(source(plan_interval_s=HOUR, interval_s=3 * HOUR))
    agent.ran(1)
    agent.toys.source.planned = CredentialsInvalid("expired")
    agent.pass_time(3.4 * HOUR, step=60)
    assert [run.outcome for run in agent.ran(2)] == ["complete", "complete"]
    assert agent.store.estate.errors["toys"].kind == "credentials"


def test_a_source_that_never_answers_is_planned_no_more_than_once_at_a_time() -> None:
    release, calls = threading.Event(), []

    class Slow(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            calls.append(source)
            release.wait(60)
            return super().plan(source, settings)

    agent = Agent(limits=Limits(grace_s=1.0, tick_s=0.002, plan_s=10.0))
    agent.toys.source = Slow()
    agent.start()
    agent.until(lambda: calls)
    agent.pass_time(2 * HOUR, step=30)
    assert calls == ["toys"]
    assert "planned toys deadline" in agent.progress.told
    release.set()
    agent.until(lambda: not agent.driver.lingering())
    agent.pass_time(2 * HOUR, step=30)
    agent.until(lambda: agent.visited)
    assert len(calls) >= 2


def test_planning_that_dies_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    deaths = [SystemExit(), PlugInError("no SDK")]

    class Dying(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            if deaths:
                raise deaths.pop(0)
            return super().plan(source, settings)

    agent = Agent()
    agent.toys.source = Dying()
    agent.start()
    agent.until(lambda: len(deaths) == 1 and agent.rests())
    agent.pass_time(3 * HOUR, step=60)
    agent.until(lambda: agent.visited)
    assert deaths == []


def test_an_estate_that_cannot_be_stored_stops_no_visit() -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull("no space left")

    agent = Agent()
    agent.store.estate.save = full  # type: ignore[method-assign]
    agent.start()
    assert agent.ran(1)[0].outcome == "complete"


def test_a_plan_of_a_source_that_was_changed_meanwhile_is_not_taken() -> None:
    release, found_first = threading.Event(), threading.Event()

    class Slow(ToyProvider):
        def plan(self, source: str, settings: Any) -> Plan:
            found = super().plan(source, settings)
            found_first.set()
            release.wait(60)
            return found

    agent = Agent()
    agent.toys.source = Slow()
    agent.reaches("1/r", "2/r")
    agent.start()
    agent.until(found_first.is_set)
    agent.ask(agent.driver.reload([msgspec.structs.replace(SOURCE, deadline_s=7.0)]))
    agent.reaches("3/r")
    release.set()
    agent.until(agent.rests)
    agent.pass_time(2, step=1)
    agent.ran(1)
    assert agent.visited == ["3/r"]
