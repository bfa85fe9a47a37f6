"""The driver: what is due is visited, nobody waits for anybody, and a stop loses nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.scan import Tools
from apiscape.collect.visits import Limits
from apiscape.collectors.contract import (
    AccessDenied,
    Listed,
    Observation,
    Recorded,
    Throttled,
    Visit,
)
from apiscape.errors import StoreFull
from apiscape.model.run import Scope
from apiscape.schedule.driver import Driver
from apiscape.schedule.memory import MemoryQueue
from apiscape.settings.schema import Rate
from tests.unit.collect.scanning import Toys, whole
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import SOURCE, scripted, toy_deployment
from tests.unit.schedule.agents import HOUR, KEY, Agent, source
from tests.unit.schedule.gates import Gate, failing

# When.


def test_every_scope_is_visited_at_the_start_and_again_after_its_interval() -> None:
    agent = Agent()
    agent.reaches("1/r", "2/r")
    agent.start()
    assert sorted(run.outcome for run in agent.ran(2)) == ["complete", "complete"]
    agent.pass_time(0.99 * HOUR, step=60)
    assert len(agent.runs) == 2
    agent.pass_time(0.12 * HOUR, step=60)
    agent.ran(4)
    assert sorted(agent.visited) == ["1/r", "1/r", "2/r", "2/r"]


def test_after_a_restart_what_was_visited_lately_rests() -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    agent.clock.advance(minutes=30)
    agent.renew()
    agent.start()
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.pass_time(0.4 * HOUR, step=60)
    assert len(agent.runs) == 1
    agent.pass_time(0.3 * HOUR, step=60)
    agent.ran(2)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_calendar_that_is_set_neither_hurries_nor_holds_anything(hours: int) -> None:
    agent = Agent()
    agent.start()
    agent.ran(1)
    agent.clock.set_by = timedelta(hours=hours)
    agent.pass_time(0.99 * HOUR, step=60)
    assert len(agent.runs) == 1
    agent.pass_time(0.12 * HOUR, step=60)
    agent.ran(2)


def test_a_source_is_planned_seldom_and_not_at_every_visit() -> None:
    agent = Agent()
    agent.start(source(interval_s=600.0, plan_interval_s=6 * HOUR))
    agent.ran(1)
    for visits in range(2, 6):
        agent.pass_time(700, step=20)
        agent.ran(visits)
    assert agent.progress.told.count("planned toys well") == 1
    agent.reaches("1/r", "2/r")
    agent.clock.advance(hours=7)
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.until(lambda: "2/r" in agent.visited)


def test_what_fails_is_visited_again_soon_and_later_every_time() -> None:
    agent = Agent()
    agent.collect(scripted(failing(*[ConnectionError()] * 2, AccessDenied("no"))))
    agent.start(source(interval_s=6 * HOUR))
    agent.ran(1)
    agent.pass_time(HOUR)
    agent.ran(2)
    [slot] = agent.ask(agent.driver.slots())
    assert (slot.failures, slot.last.failure) == (2, "defect")


def test_a_provider_that_asks_to_wait_is_left_in_peace() -> None:
    agent = Agent()
    agent.collect(scripted(failing(Throttled("slow down", retry_after_s=3000))))
    agent.start(source(interval_s=60.0))
    agent.ran(1)
    agent.pass_time(2990)
    assert len(agent.runs) == 1
    agent.pass_time(20)
    assert [run.outcome for run in agent.ran(2)] == ["failed", "complete"]


def test_quotas_hold_from_visit_to_visit() -> None:
    waited: list[float] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        before = agent.clock.monotonic()
        visit.session.budget.acquire(("toy",), account="1", region="r")
        waited.append(agent.clock.monotonic() - before)
        yield from whole(scope, visit)

    agent = Agent()
    agent.collect(scripted(script))
    slow = {"toy": Rate(rate_per_s=0.01, burst=1)}
    agent.start(source(quotas=slow))
    agent.ran(1)
    agent.driver.collect_now()
    agent.ran(2)
    assert waited == [0, pytest.approx(100, abs=1)]
    agent.ask(agent.driver.reload([source(quotas={"toy": Rate(rate_per_s=10, burst=1)})]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.driver.collect_now()
    agent.ran(3)
    assert waited[2] < 1


@pytest.mark.no_cover
def test_two_thousand_scopes_due_at_once_are_all_visited_and_how_long_they_wait_is_seen() -> None:
    limits = Limits(scopes=16, scopes_per_account=16, grace_s=1.0, tick_s=0.002)
    agent = Agent(limits=limits)
    agent.collect(scripted(lambda *_: iter((Listed("apis", (), last=True),))))
    agent.reaches(*(f"{number}/r" for number in range(2_000)))
    agent.start(source(interval_s=24 * HOUR))
    agent.until(lambda: agent.driver.depth().queued > 1_800)
    agent.clock.advance(seconds=5)
    assert (agent.driver.depth().oldest_s or 0) >= 5
    assert len(agent.visited) < 2_000
    agent.until(lambda: len(agent.runs) == 2_000)
    assert len(set(agent.visited)) == 2_000


# Asking, events, pauses.


def test_what_is_asked_for_is_visited_now() -> None:
    agent = Agent()
    agent.reaches("1/r", "2/r")
    agent.start()
    agent.ran(2)
    assert agent.ask(agent.driver.collect_now("toys/2/r/toy.api")) == ("toys/2/r/toy.api",)
    assert agent.ran(3)[-1].scope.reach.key == "2/r"
    assert len(agent.ask(agent.driver.collect_now("toys"))) == 2
    agent.ran(5)
    assert agent.ask(agent.driver.collect_now("others")) == ()


def test_an_event_has_its_scope_visited_and_its_objects_read_anew() -> None:
    tokens: list[dict[str, str]] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        for name in ("a", "b"):
            item = toy_deployment(name, "live")
            tokens.append(dict(visit.tokens(name)))
            yield Recorded(name, (item,), tokens={item.uid: "t"})

    agent = Agent()
    agent.collect(scripted(script))
    agent.start()
    agent.ran(1)
    assert agent.ask(agent.driver.happen(KEY, ["a"]))
    assert not agent.ask(agent.driver.happen("toys/9/r/toy.api"))
    agent.pass_time(25, step=5)
    assert len(agent.runs) == 1
    agent.pass_time(10, step=5)
    agent.ran(2)
    assert [len(each) for each in tokens] == [0, 0, 0, 1]


def test_a_pause_holds_everything_and_its_end_lets_it_go() -> None:
    agent = Agent()
    agent.driver.pause()
    agent.start()
    agent.pass_time(60)
    agent.until(lambda: "planned toys well" in agent.progress.told)
    assert agent.runs == []
    agent.ask(agent.driver.resume())
    agent.pass_time(10)
    agent.ran(1)


# Nobody waits for anybody.


def test_a_scope_that_is_stuck_keeps_neither_its_account_nor_others_waiting() -> None:
    gate = Gate("1/a")
    agent = Agent()
    agent.collect(scripted(gate.script))
    agent.reaches("1/a", "1/b", "2/a")
    agent.start()
    agent.until(lambda: len(agent.runs) == 2)
    assert sorted(agent.visited) == ["1/b", "2/a"]
    agent.driver.collect_now("toys/1/b/toy.api")
    agent.until(lambda: len(agent.runs) == 3)
    assert agent.visited[-1] == "1/b"
    assert gate.entered.acquire(timeout=30)
    gate.open()
    agent.ran(4)
    assert agent.visited[-1] == "1/a"


def test_a_scope_is_never_visited_twice_at_once() -> None:
    gate = Gate("1/r")
    agent = Agent()
    agent.collect(scripted(gate.script))
    agent.start()
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.ask(agent.driver.collect_now())
    agent.pass_time(3, step=1)
    assert not gate.entered.acquire(blocking=False)
    gate.open()
    agent.ran(1)
    agent.pass_time(1, step=1)
    agent.ran(2)


def test_a_visit_that_never_returns_is_left_behind_said_and_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Gate("1/r")
    agent = Agent()
    agent.collect(scripted(gate.script))
    agent.reaches("1/r", "2/r")
    agent.start(source(deadline_s=100.0))
    agent.until(lambda: len(agent.runs) == 1)
    assert gate.entered.acquire(timeout=30)
    with caplog.at_level(logging.ERROR, "apiscape.schedule"):
        agent.pass_time(120)
    assert [(run.scope.reach.key, run.outcome) for run in agent.runs] == [
        ("2/r", "complete"),
        ("1/r", "partial"),
    ]
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("visit toys/1/r/toy.api does not return")
    assert "gates.py:" in line
    agent.driver.collect_now("toys/1/r/toy.api")
    refused = agent.ran(3)[-1]
    assert refused.error is not None
    assert (refused.outcome, refused.error.kind) == ("failed", "defect")
    gate.open()
    agent.until(lambda: not agent.driver.lingering())
    agent.driver.collect_now("toys/1/r/toy.api")
    assert agent.ran(4)[-1].outcome == "complete"


def test_a_store_that_is_full_for_a_while_stops_nothing_for_ever() -> None:
    def full() -> None:
        raise StoreFull("no space left")

    agent = Agent()
    agent.store.runs.before_apply = full
    agent.start()
    agent.until(lambda: agent.ask(agent.driver.slots()) and agent.rests())
    agent.until(lambda: agent.ask(agent.driver.slots())[0].failures == 1)
    agent.store.runs.before_apply = lambda: None
    agent.pass_time(70)
    assert agent.ran(1)[0].outcome == "complete"


# Stopping.


def test_a_stop_ends_what_is_under_way_as_partial_and_begins_nothing_more() -> None:
    gate = Gate("1/a")
    agent = Agent(limits=Limits(grace_s=1.0, tick_s=0.002, scopes=1))
    agent.collect(scripted(gate.script))
    agent.reaches("1/a", "1/b")
    agent.start()
    agent.until(lambda: gate.entered.acquire(blocking=False))
    stop = Stop(agent.clock)
    stop.tell()
    assert stop.error is not None
    threading.Timer(0.01, gate.open).start()
    agent.driver.finish(stop.error)
    [run] = agent.runs
    assert run.error is not None
    assert (run.scope.reach.key, run.outcome, run.error.kind) == ("1/a", "partial", "interrupted")
    assert "ended 1/b failed" in agent.progress.told


def test_a_run_that_does_not_heed_a_stop_is_closed_after_its_grace() -> None:
    gate = Gate("1/r")
    store = MemoryStore()
    toys = Toys(collectors={"toy.api": scripted(gate.script)})
    clock = SystemClock()
    tools = Tools(clock=clock, plug_ins=toys, limits=Limits(grace_s=0.02, tick_s=0.002))
    driver = Driver(store, MemoryQueue(clock), tools=tools)
    stop = Stop(clock)
    thread = threading.Thread(target=driver.run, args=([SOURCE], stop))
    thread.start()
    assert gate.entered.acquire(timeout=30)
    stop.tell()
    thread.join(30)
    assert not thread.is_alive()
    gate.open()
    [run] = store.runs.reports
    assert (run.outcome, run.ledger.recorded, run.ledger.failed) == ("partial", 1, 1)
