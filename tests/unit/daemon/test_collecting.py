"""Collections: what was asked for is planned, visited and concluded before it is told, and nothing hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from apiscape.client.collected import Collected
from apiscape.client.wire import CollectRequest
from apiscape.collectors.contract import CredentialsInvalid, Observation, Visit
from apiscape.collectors.measuring import Counting
from apiscape.daemon.collecting import KEPT, Collections
from apiscape.errors import Busy, NotFound, StoreFull, UsageError
from apiscape.model.deployment import Deployment
from apiscape.model.measured import TrafficReport
from apiscape.model.run import Scope
from apiscape.schedule.driver import Driver
from tests.unit.collect.scanning import whole
from tests.unit.collect.toy import SOURCE, Script, scripted
from tests.unit.schedule.agents import Agent, Feed, source
from tests.unit.schedule.gates import Gate
from tests.unit.schedule.test_measuring import Metered, metered

ALL = CollectRequest()


class Living(Agent):
    """An agent of toys whose collections can be asked for, and whose visits go by a script of the moment."""

    def renew(self) -> None:
        self.script: Script = whole
        self.collect(scripted(self._script))
        self.drawn: list[Callable[[], None]] = []
        self.collections = Collections(
            self.drawn.append,
            lambda name: (scope.key for scope in self.store.runs.scopes(name)),
            self.clock,
            ["toys", "more"],
        )
        self.progress: Any = self.collections
        super().renew()
        self.collections.steer(self.driver)

    def _script(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        return self.script(scope, visit)

    def take_measured(self, reports: Iterable[TrafficReport]) -> None:
        super().take_measured(reports)
        self.collections.measured(reports)

    def until(self, holds: Callable[[], Any]) -> None:
        """Turn until something holds."""
        for _ in range(5000):
            if holds():
                return
            self.driver.turn(0.002)
        message = f"it never came to that: {self.runs}"
        raise AssertionError(message)

    def over(self, number: str) -> Collected:
        """Turn until a collection is over, and return what came of it."""
        self.until(lambda: self.drawn)
        assert not self.collections.collection(number).is_over
        self.drawn.pop()()
        state = self.collections.collection(number)
        assert state.result is not None
        return state.result


@pytest.fixture
def agent() -> Living:
    agent = Living()
    agent.reaches("1/r", "2/r")
    agent.start(SOURCE, source("more"))
    return agent


def rested(agent: Living) -> Living:
    agent.until(lambda: len(agent.runs) == 4 and agent.rests())
    return agent


def test_everything_is_planned_and_visited_again_and_told_as_a_scan_tells(agent: Living) -> None:
    rested(agent)
    agent.reaches("1/r", "2/r", "3/r")
    first = agent.collections.collect(ALL)
    assert (first.number, first.is_over) == ("1", False)
    result = agent.over("1")
    assert [run.scope.key for run in result.runs] == [
        f"{name}/{reach}/toy.api" for name in ("more", "toys") for reach in ("1/r", "2/r", "3/r")
    ]
    assert [each.name for each in result.sources] == ["more", "toys"]
    assert (result.exit_code, result.sources[0].accounts) == (0, 3)
    state = agent.collections.collection("1")
    assert (state.planned, state.ended, state.so_far.recorded) == (6, 6, 6)
    assert len(agent.runs) == 10


def test_only_what_is_named(agent: Living) -> None:
    rested(agent)
    agent.collections.collect(CollectRequest(sources=("more",)))
    assert {run.scope.source for run in agent.over("1").runs} == {"more"}
    agent.collections.collect(CollectRequest(scopes=("toys/2/r/toy.api",)))
    assert [run.scope.key for run in agent.over("2").runs] == ["toys/2/r/toy.api"]


def test_what_nobody_knows_is_refused(agent: Living) -> None:
    rested(agent)
    for asked in (
        CollectRequest(sources=("no",)),
        CollectRequest(scopes=("toys/9/r/toy.api",)),
        CollectRequest(scopes=("no/1/r/toy.api",)),
    ):
        with pytest.raises(UsageError):
            agent.collections.collect(asked)
    with pytest.raises(NotFound):
        agent.collections.collection("1")


def test_one_at_a_time_and_the_newest_are_kept(agent: Living) -> None:
    rested(agent)
    for number in range(1, KEPT + 2):
        agent.collections.collect(CollectRequest(scopes=("toys/1/r/toy.api",)))
        with pytest.raises(Busy):
            agent.collections.collect(ALL)
        agent.over(str(number))
    with pytest.raises(NotFound):
        agent.collections.collection("1")
    assert agent.collections.collection("2").is_over


def test_before_anything_was_planned_it_waits_for_the_plan(agent: Living) -> None:
    agent.collections.collect(ALL)
    assert len(agent.over("1").runs) == 4


def test_a_visit_that_began_before_does_not_count(agent: Living) -> None:
    rested(agent)
    gate = Gate("1/r")
    agent.script = gate.script
    agent.ask(agent.driver.collect_now("toys/1/r/toy.api"))
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.collections.collect(CollectRequest(scopes=("toys/1/r/toy.api",)))
    agent.until(lambda: agent.collections.collection("1").planned == 1)
    gate.open()
    (run,) = agent.over("1").runs
    assert run.generation == 3  # the one under way was the second


@pytest.fixture
def feed() -> Iterator[Feed]:
    with closing(Feed()) as feed:
        yield feed


def test_a_watch_lists_anew_for_it(feed: Feed) -> None:
    agent = Living()
    agent.collections.reload(["toys"])
    agent.collect(feed.collector())
    agent.start()
    agent.until(lambda: agent.runs)
    agent.collections.collect(ALL)
    agent.until(lambda: agent.rests() or agent.drawn)
    for _ in range(50):
        agent.clock.advance(seconds=1)
        agent.driver.turn(0.002)
    assert len(agent.over("1").runs) == 1
    assert feed.lists >= 2


def test_a_source_that_cannot_be_signed_in_to_makes_it_incomplete(agent: Living) -> None:
    rested(agent)
    agent.toys.source.planned = CredentialsInvalid("expired")
    agent.collections.collect(CollectRequest(sources=("toys",)))
    result = agent.over("1")
    assert result.exit_code == 2
    (told,) = result.sources
    assert told.error is not None
    assert told.error.kind == "credentials"


def test_a_visit_that_cannot_be_stored_is_told_as_failed(
    agent: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested(agent)

    def full(*_: object) -> None:
        raise StoreFull("no space is left")

    monkeypatch.setattr(agent.store.runs, "end", full)
    agent.collections.collect(CollectRequest(scopes=("toys/1/r/toy.api",)))
    (run,) = agent.over("1").runs
    assert run.error is not None
    assert "no space is left" in run.error.message
    assert (run.outcome, agent.collections.collection("1").result is not None) == ("failed", True)


def test_planning_that_the_store_prevents_is_told(
    agent: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested(agent)

    def full(_source: str) -> None:
        raise StoreFull("no space is left")

    with monkeypatch.context() as broken:
        broken.setattr(agent.store.runs, "scopes", full)
        agent.collections.collect(CollectRequest(sources=("toys",)))
        result = agent.over("1")
    assert result.sources[0].error is not None
    assert result.exit_code == 2
    assert len(result.runs) == 2  # what was planned before is visited all the same


# ── Pauses and reloads ──


def test_a_pause_is_said_and_held_until_it_is_resumed(agent: Living) -> None:
    rested(agent)
    assert agent.collections.pause(("toys",), by="ada").sources == ("toys",)
    with pytest.raises(UsageError, match="toys is paused") as refused:
        agent.collections.collect(ALL)
    assert refused.value.hint == "apiscape ctx resume toys"
    assert agent.collections.paused() == ("toys",)
    assert agent.collections.pause((), by="ada").sources == ("more", "toys")
    assert agent.collections.resume(("more",), by="ada").sources == ("toys",)
    agent.collections.collect(CollectRequest(sources=("more",)))
    assert len(agent.over("1").runs) == 2
    assert agent.collections.resume((), by="ada").sources == ()
    for act in (agent.collections.pause, agent.collections.resume):
        with pytest.raises(UsageError):
            act(("no",), by="ada")


def test_a_pause_in_the_middle_leaves_out_what_had_not_begun(agent: Living) -> None:
    rested(agent)
    agent.collections.collect(ALL)
    agent.collections.pause(("toys",), by="ada")
    result = agent.over("1")
    assert {run.scope.source for run in result.runs} == {"more"}


def test_a_pause_between_plan_and_visit_tells_of_what_was_not_begun(agent: Living) -> None:
    rested(agent)
    gate = Gate("1/r", "2/r")
    agent.script = gate.script
    agent.ask(agent.driver.collect_now("toys"))
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.collections.collect(CollectRequest(sources=("toys",)))
    agent.until(lambda: agent.collections.collection("1").planned == 2)
    agent.collections.pause(("toys",), by="ada")
    gate.open()
    result = agent.over("1")
    assert {(run.generation, run.error.message) for run in result.runs if run.error} == {
        (0, "paused by ada")
    }
    assert (len(result.runs), result.exit_code) == (2, 2)


def test_a_source_that_is_taken_out_is_not_waited_for(agent: Living) -> None:
    rested(agent)
    agent.collections.collect(ALL)
    agent.ask(agent.driver.reload([SOURCE]))
    agent.collections.reload(iter(["toys"]))
    assert {run.scope.source for run in agent.over("1").runs} == {"toys"}


def test_a_reach_that_falls_away_in_the_middle_is_not_waited_for(agent: Living) -> None:
    rested(agent)
    gate = Gate("1/r")
    agent.script = gate.script
    agent.collections.collect(CollectRequest(sources=("toys",)))
    agent.until(lambda: gate.entered.acquire(blocking=False))
    assert agent.collections.collection("1").so_far.listed >= 0
    agent.ask(agent.driver.plan_now("toys"))
    gate.open()
    assert len(agent.over("1").runs) == 2


def test_how_far_it_is_can_be_asked_from_any_thread(agent: Living) -> None:
    rested(agent)
    gate = Gate("1/r")
    agent.script = gate.script
    agent.collections.collect(CollectRequest(sources=("toys",)))
    agent.until(lambda: gate.entered.acquire(blocking=False))
    agent.until(lambda: agent.collections.collection("1").ended == 1)
    seen: list[int] = []
    asker = threading.Thread(target=lambda: seen.append(agent.collections.collection("1").planned))
    asker.start()
    asker.join(30)
    assert seen == [2]
    agent.until(lambda: agent.collections.collection("1").so_far.listed == 3)
    gate.open()
    agent.over("1")


def test_a_driver_is_what_collections_steer() -> None:
    assert {"plan_now", "collect_now", "pause", "resume"} <= set(dir(Driver))


# ── Traffic ──


class Counted(Living, Metered):
    """An agent of toys that measures, and holds a round back at its gate.

    Attributes:
        held: Waited for by every round; open unless a test closes it.
        entered: Released by every round that waits.
    """

    def __post_init__(self) -> None:
        self.held = threading.Event()
        self.held.set()
        self.entered = threading.Semaphore(0)
        super().__post_init__()
        self.counts = self.count_behind_the_gate

    def count_behind_the_gate(
        self, scope: Scope, visit: Visit, items: Sequence[Deployment]
    ) -> Iterator[Counting]:
        self.entered.release()
        assert self.held.wait(30)
        yield from self.count(scope, visit, items)


def counting() -> Counted:
    """Return an agent of one measured source, after its first visits and rounds."""
    agent = Counted()
    agent.reaches("1/r", "2/r")
    agent.start(metered())
    agent.collections.reload(["toys"])
    agent.measured_times(2)
    agent.until(agent.rests)
    while agent.entered.acquire(blocking=False):
        pass
    return agent


def test_a_collection_carries_what_was_measured_after_its_visits() -> None:
    agent = counting()
    agent.held.clear()
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.entered.acquire(blocking=False))
    agent.soon(lambda: agent.collections.collection("1").ended == 2)
    assert agent.collections.collection("1").unmeasured == 2
    assert not agent.drawn, "nothing is told before it is measured"
    agent.held.set()
    (told,) = agent.over("1").sources
    assert [(each.scope.reach.key, each.asked, each.measured) for each in told.traffic] == [
        ("1/r", 1, 1),
        ("2/r", 1, 1),
    ]
    assert agent.collections.collection("1").unmeasured == 0


def test_a_round_that_was_under_way_before_the_visit_does_not_count() -> None:
    agent = counting()
    agent.held.clear()
    agent.clock.advance(seconds=2 * 900)
    agent.until(lambda: agent.entered.acquire(blocking=False))
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.collections.collection("1").ended == 2)
    rounds = len(agent.measured)
    agent.held.set()
    agent.soon(lambda: agent.drawn)
    assert len(agent.measured) == rounds + 4, "the late round, and the one that it was waited for"
    assert sum(each.measured for each in agent.over("1").sources[0].traffic) == 2


def test_traffic_of_a_paused_source_is_told_as_put_off() -> None:
    agent = counting()
    agent.held.clear()
    agent.clock.advance(seconds=2 * 900)
    agent.until(lambda: agent.entered.acquire(blocking=False))
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.collections.collection("1").ended == 2)
    agent.collections.pause(("toys",), by="ada")
    agent.held.set()
    told = agent.over("1").sources[0].traffic
    assert [(each.asked, each.measured) for each in told] == [(1, 0), (1, 0)]
    assert {each.uncountable[0].error.message for each in told} == {
        "paused: it is measured once that is resumed"
    }


def test_traffic_that_is_no_longer_asked_for_is_told_as_such() -> None:
    agent = counting()
    agent.held.clear()
    agent.clock.advance(seconds=2 * 900)
    agent.until(lambda: agent.entered.acquire(blocking=False))
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.collections.collection("1").ended == 2)
    agent.ask(agent.driver.reload([SOURCE]))
    agent.held.set()
    told = agent.over("1").sources[0].traffic
    assert {each.uncountable[0].error.message for each in told} == {
        "its source no longer asks for it"
    }


def test_traffic_that_the_store_does_not_take_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = counting()

    def full(*_: object) -> None:
        raise StoreFull("no space is left")

    monkeypatch.setattr(agent.store.measurements, "save", full)
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.drawn)
    told = agent.over("1").sources[0].traffic
    assert {each.uncountable[0].error.message for each in told} == {"no space is left"}


def test_scopes_that_have_nothing_to_measure_are_not_waited_for() -> None:
    agent = counting()
    agent.counts = lambda _scope, _visit, _items: iter(())
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.drawn)
    assert agent.over("1").sources[0].traffic == ()


def test_a_collection_at_the_start_waits_for_the_first_round_too() -> None:
    agent = Counted()
    agent.reaches("1/r")
    agent.collections.reload(["toys"])
    agent.start(metered())
    agent.collections.collect(ALL)
    agent.soon(lambda: agent.drawn)
    assert sum(each.measured for each in agent.over("1").sources[0].traffic) == 1
