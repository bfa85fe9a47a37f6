"""Hearing of changes on a timetable: who is looked at again, when, and what stands in for what was not heard."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apiscape.collect.clock import INTERRUPTED
from apiscape.collect.source import SourcePlan
from apiscape.collectors.changing import Unheard
from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    Failed,
    Malformed,
    Throttled,
    Unreachable,
)
from apiscape.errors import StoreError
from apiscape.model.known import Verdict
from apiscape.model.noticed import LookedAgain, Noticed
from apiscape.schedule.again import DEADLINE_S, MOST_OBJECTS, RETRY_S
from apiscape.schedule.noticing import FURTHEST, OVERLAP
from apiscape.schedule.timetable import DEBOUNCE_S, LONGEST_DEBOUNCE_S
from apiscape.settings.schema import Events
from tests.unit.collect.hearing import Chronicle, Looker, change
from tests.unit.collect.toy import NOON, ToyCollector, ToyGate, ToyProvider
from tests.unit.schedule.agents import KEY, Agent, source

EVERY_S = 60.0
ROUTINE_S = 1e6
"""So seldom that no second visit is due in any of these tests."""


class Attentive(Agent):
    """An agent whose provider keeps a log and whose collector looks again.

    Attributes:
        reads, looks: What it was told came of them.
    """

    def __post_init__(self) -> None:
        self.heard = self
        self.reads: list[Noticed] = []
        self.looks: list[LookedAgain] = []
        self.gate = ToyGate(apis={name: {"live": ()} for name in ("a", "b", "c")})
        self.log = Chronicle(self.gate)
        self.looker = Looker()
        self.toys.source = self.log
        self.collect(self.looker)
        super().__post_init__()

    def noticed(self, report: Noticed) -> None:
        self.reads.append(report)

    def looked_again(self, report: LookedAgain) -> None:
        self.looks.append(report)

    def soon(
        self, holds: Callable[[], Any], within_s: float = 70.0, *, stuck: bool = False
    ) -> None:
        """Turn, letting so much time pass at most, until something holds; `stuck` where a thread does not return."""
        for _ in range(int(within_s / 0.5)):
            if holds():
                return
            self.pass_by(0.5, stuck=stuck)
        raise AssertionError("it never came to that")

    def stay(self, seconds: float, step: float = 1.0, *, stuck: bool = False) -> None:
        """Let time pass, and what falls due happen."""
        for _ in range(int(seconds / step)):
            self.pass_by(step, stuck=stuck)

    def pass_by(self, seconds: float, *, stuck: bool) -> None:
        """Let time pass, and what is under way by then end, but for what is stuck."""
        self.clock.advance(seconds=seconds)
        self.driver.turn()
        self.driver.turn(0.001 if stuck else 0.0)
        while not (stuck or self.driver._supervisor.idle):
            self.driver.turn(0.005)

    def happen(self, *names: str | None, **more: Any) -> None:
        """Have the log tell of changes, now."""
        for name in names:
            number = len(self.log.log) + 1
            self.log.log.append(change(name, number, self.clock.now(), **more))

    def begin(self, *sources: SourcePlan) -> None:
        """Start, and wait until everything was visited and every log was read."""
        self.start(*(sources or (hearing(),)))
        self.soon(lambda: self.runs and self.reads)
        self.gate.calls.clear()
        self.looker.looked.clear()

    @property
    def looked(self) -> list[tuple[str, ...]]:
        """The objects of each look."""
        return [tuple(each.native_id for each in objects) for objects in self.looker.looked]


def hearing(name: str = "toys", every_s: float = EVERY_S, **more: Any) -> SourcePlan:
    return source(name, events=Events(every_s=every_s), **{"interval_s": ROUTINE_S} | more)


@pytest.fixture
def agent() -> Attentive:
    return Attentive()


def test_a_change_is_in_the_store_half_a_minute_after_it_was_read(agent: Attentive) -> None:
    agent.begin()
    agent.gate.apis["a"]["new"] = ()
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    read_at = agent.clock.monotonic()
    agent.soon(lambda: agent.looks)
    waited_s = agent.clock.monotonic() - read_at
    assert DEBOUNCE_S <= waited_s <= DEBOUNCE_S + 5
    assert "toy:1:r:a/new" in agent.store.runs.presence()
    assert agent.gate.calls == ["stages a", "operations a/new"]
    assert (len(agent.runs), agent.looker.visits) == (1, 1), "nothing was visited for it"
    assert agent.looks[0].calls == 2


def test_without_being_asked_for_no_log_is_read(agent: Attentive) -> None:
    agent.start(source())
    agent.happen("a")
    agent.ran(1)
    agent.stay(600, step=10)
    assert (agent.log.asked, agent.reads, agent.looked) == ([], [], [])


def test_notes_are_kept_for_whoever_looks_again_only(agent: Attentive) -> None:
    noted: list[Any] = []

    class Noting(Looker):
        def discover(self, scope: Any, visit: Any) -> Any:
            noted.append(visit.notes)
            yield from super().discover(scope, visit)

        def look_again(self, scope: Any, visit: Any, objects: Any) -> Any:
            noted.append(visit.notes)
            return super().look_again(scope, visit, objects)

    agent.looker = Noting()
    agent.collect(agent.looker)
    agent.begin()
    agent.happen("a")
    agent.soon(lambda: agent.looks, 200)
    agent.ask(agent.driver.reload([hearing(deadline_s=77.0)]))
    agent.ask(agent.driver.collect_now())
    agent.ran(2)
    assert noted[0] is not None
    assert all(each is noted[0] for each in noted)
    agent.ask(agent.driver.reload([source()]))
    agent.soon(lambda: agent.progress.told.count("planned toys well") == 3)
    agent.ask(agent.driver.collect_now())
    agent.ran(3)
    assert noted[-1] is None


def test_each_object_waits_for_itself(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    agent.stay(15)
    agent.happen("b")
    agent.soon(lambda: agent.looks)
    assert agent.looked == [("a",)]
    agent.soon(lambda: len(agent.looks) > 1)
    assert agent.looked == [("a",), ("b",)]


def test_one_that_changes_all_the_time_is_looked_at_all_the_same(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    begun = agent.clock.monotonic()
    while not agent.looks:
        agent.happen("a")
        agent.stay(10)
        assert agent.clock.monotonic() - begun < LONGEST_DEBOUNCE_S + 60
    assert agent.clock.monotonic() - begun >= LONGEST_DEBOUNCE_S
    assert agent.looked == [("a",)]


def test_its_names_are_told_together(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.happen("a", name="CreateDeployment")
    agent.soon(lambda: agent.looks)
    ((touched,),) = agent.looker.looked
    assert touched.names == {"UpdateApi", "CreateDeployment"}


def test_reads_overlap_and_nothing_is_heard_twice(agent: Attentive) -> None:
    agent.begin()
    agent.happen("a")
    agent.soon(lambda: agent.looks, 200)
    agent.stay(300, step=2)
    assert agent.looked == [("a",)]
    since = [since for since, _ in agent.log.asked]
    assert len(since) >= 5
    assert since == sorted(since)
    first, last = since[1], since[-1]
    assert first - OVERLAP <= NOON
    assert agent.clock.now() - last <= OVERLAP + timedelta(seconds=3 * EVERY_S)


def test_one_that_the_log_tells_late_is_heard(agent: Attentive) -> None:
    agent.begin()
    agent.log.log.append(change("a", at=agent.clock.now() + timedelta(minutes=1)))
    told, agent.log.log = agent.log.log, []
    agent.stay(600, step=5)
    agent.log.log = told
    agent.soon(lambda: agent.looks, 200)
    assert agent.looked == [("a",)]


@pytest.mark.parametrize("failure", [Unreachable("cut"), Throttled("slow", retry_after_s=90.0)])
def test_a_read_that_failed_is_said_and_made_up_for(
    agent: Attentive, failure: CollectorError
) -> None:
    agent.begin()
    agent.log.log = [failure]
    agent.soon(lambda: agent.reads[-1].unread, 130)
    assert agent.reads[-1].unread[0].kind == failure.kind
    reads, failed_since = len(agent.reads), agent.log.asked[-1][0]
    agent.log.log = []
    agent.soon(lambda: len(agent.reads) > reads, 400)
    assert agent.reads[-1].unread == ()
    assert agent.log.asked[-1][0] == failed_since, "it goes back to where the last good one was"
    assert (len(agent.runs), agent.looks) == (1, []), "and no visit is begun for it"


def test_what_is_lost_for_good_does_not_hold_the_next_read_back(agent: Attentive) -> None:
    agent.begin()
    agent.log.log = [Unheard("toys", Malformed("too much").record(), lost=True)]
    agent.soon(lambda: agent.reads[-1].unread, 130)
    since = agent.log.asked[-1][0]
    reads = len(agent.reads)
    agent.soon(lambda: len(agent.reads) > reads, 130)
    assert agent.log.asked[-1][0] > since


def test_after_long_silence_it_goes_back_no_further_than_it_should(agent: Attentive) -> None:
    agent.begin()
    agent.log.log = [Unreachable("cut")]
    agent.stay(10 * 3600, step=120)
    agent.log.log, asked = [], len(agent.log.asked)
    agent.stay(2 * 3600, step=60)
    first = agent.log.asked[asked][0]
    assert NOON + timedelta(hours=10) - first <= FURTHEST
    assert agent.log.asked[-1][0] > first


def test_a_denied_log_is_asked_for_less_and_less(agent: Attentive) -> None:
    agent.log.log = [AccessDenied("not you")]
    agent.begin()
    agent.stay(4 * 3600, step=60)
    assert len(agent.log.asked) <= 5


def test_one_log_is_read_for_all_scopes_of_a_reach_and_one_for_each_reach() -> None:
    agent = Attentive()
    agent.toys.collectors["toy.other"] = type("Other", (Looker,), {"product": "toy.other"})()
    agent.reaches("1/r", "1/s", "2/r")
    agent.start(hearing())
    agent.soon(lambda: len(agent.reads) == 3)
    assert sorted(each.place for each in agent.reads) == ["toys/1/r", "toys/1/s", "toys/2/r"]


def test_whoever_cannot_look_again_is_left_alone(agent: Attentive) -> None:
    agent.collect(ToyCollector())
    agent.start(hearing())
    agent.ran(1)
    agent.stay(200, step=5)
    assert agent.log.asked == []


def test_without_a_log_there_is_nothing_to_read() -> None:
    agent = Attentive()
    agent.toys.source = ToyProvider(agent.gate)
    agent.start(hearing())
    agent.ran(1)
    agent.stay(200, step=5)
    assert agent.reads == []


def test_a_source_that_no_longer_asks_is_no_longer_read(agent: Attentive) -> None:
    agent.begin()
    agent.ask(agent.driver.reload([source(interval_s=ROUTINE_S)]))
    agent.soon(lambda: agent.progress.told.count("planned toys well") == 2)
    asked = len(agent.log.asked)
    agent.happen("a")
    agent.stay(300, step=5)
    assert (len(agent.log.asked), agent.looked) == (asked, [])


def test_what_was_heard_before_nobody_asked_any_more_is_forgotten(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    agent.ask(agent.driver.reload([source(interval_s=ROUTINE_S)]))
    agent.stay(120, step=2)
    assert agent.looked == []


def test_nothing_is_read_or_looked_at_that_is_paused(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    agent.ask(agent.driver.pause("toys"))
    asked = len(agent.log.asked)
    agent.stay(120, step=2)
    assert (agent.looked, len(agent.log.asked)) == ([], asked)
    agent.ask(agent.driver.resume("toys"))
    agent.soon(lambda: agent.looks)
    assert agent.looked == [("a",)]


def test_a_visit_that_began_after_a_change_saw_it(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    agent.stay(15)
    agent.ask(agent.driver.collect_now())
    agent.ran(2)
    agent.stay(120, step=2)
    assert agent.looked == []


def test_what_changed_before_the_newest_visit_is_not_looked_at(agent: Attentive) -> None:
    agent.clock.advance(seconds=60)
    agent.log.log = [change("a", 1, NOON), change("b", 2, NOON + timedelta(seconds=59))]
    agent.start(hearing())
    agent.soon(lambda: agent.runs and agent.reads)
    assert agent.reads[0].events == 2
    agent.soon(lambda: agent.looks)
    assert agent.looked == [("b",)], "clocks differ by some seconds"


def test_a_visit_that_did_not_see_everything_leaves_it_to_be_looked_at(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    agent.gate.fails_at = {len(agent.gate.calls): AccessDenied("not you")}
    agent.ask(agent.driver.collect_now())
    agent.ran(2)
    agent.gate.fails_at = {}
    agent.soon(lambda: agent.looks)
    assert agent.looked == [("a",)]


def test_it_waits_for_a_visit_that_is_under_way(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)
    go = threading.Event()
    agent.looker.within = lambda: go.wait(30)
    agent.ask(agent.driver.collect_now())
    agent.until(lambda: agent.looker.visits == 2)
    agent.happen("a")
    agent.stay(100, stuck=True)
    assert agent.looked == []
    go.set()
    agent.soon(lambda: agent.looks)
    assert agent.looked == [("a",)], "it changed again while the visit was under way"


def test_it_gives_way_to_a_visit_that_begins_meanwhile(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.gate.apis["a"]["new"] = ()
    agent.happen("a")

    scope = agent.runs[0].scope

    def overtake() -> None:
        agent.looker.before = lambda: None
        run = agent.store.runs.begin(scope, at=agent.clock.now())
        agent.store.runs.end(run, agent.runs[0], Verdict())

    agent.looker.before = overtake
    agent.soon(lambda: agent.looks)
    assert agent.looks[0].overtaken
    agent.soon(lambda: len(agent.looks) > 1)
    assert agent.looks[1].recorded == 1, "and looks once more under the one that took over"


def test_what_may_pass_is_tried_again_and_what_will_not_is_left_to_the_visit(
    agent: Attentive,
) -> None:
    agent.begin(hearing(every_s=10))
    agent.looker.says = {
        "a": Failed("a", Throttled("slow").record()),
        "b": Failed("b", AccessDenied("not you").record()),
    }
    agent.happen("a", "b")
    agent.soon(lambda: agent.looks)
    agent.looker.says = {}
    tried_at = agent.clock.monotonic()
    agent.soon(lambda: len(agent.looks) > 1, RETRY_S + 60)
    assert agent.clock.monotonic() - tried_at >= RETRY_S - 1
    agent.stay(2 * RETRY_S, step=10)
    assert agent.looked == [("a", "b"), ("a",)]


def test_what_ended_a_look_early_leaves_the_others_for_the_next(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.looker.says = {"b": Unreachable("cut")}
    agent.happen("a", "b", "c")
    agent.soon(lambda: agent.looks)
    agent.looker.says = {}
    agent.happen("c")
    agent.soon(lambda: len(agent.looks) > 1)
    assert agent.looked[1] == ("c",), "it changed anew, and does not wait as long"
    agent.soon(lambda: len(agent.looks) > 2, RETRY_S + 60)
    assert set(agent.looked[2]) == {"a", "b"}


def test_so_many_objects_at_once_and_the_others_after_them(agent: Attentive) -> None:
    names = [f"api-{number:03}" for number in range(MOST_OBJECTS + 5)]
    agent.gate.apis |= {name: {"live": ()} for name in names}
    agent.begin(hearing(every_s=10))
    agent.happen(*names)
    agent.soon(lambda: len(agent.looks) == 2)
    assert [len(each) for each in agent.looked] == [MOST_OBJECTS, 5]


def test_one_that_does_not_return_is_left_behind_and_holds_up_nobody(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    go = threading.Event()
    agent.looker.before = lambda: go.wait(30)
    agent.happen("a")
    agent.soon(lambda: agent.looker.looked, stuck=True)
    agent.happen("b")
    agent.soon(lambda: agent.looks, DEADLINE_S + 60, stuck=True)
    assert agent.looks[0].error is not None
    assert agent.looks[0].error.kind == "deadline"
    assert f"look again {KEY}" in agent.driver.lingering()
    agent.stay(60, stuck=True)
    assert agent.looked == [("a",)], "nothing is begun there until it returns"
    go.set()
    agent.until(lambda: not agent.driver.lingering())
    agent.soon(lambda: len(agent.looks) > 1)
    assert "b" in agent.looked[1]


def test_a_log_that_does_not_answer_is_left_behind(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    go = threading.Event()
    agent.log.before = lambda: go.wait(30)
    reads = len(agent.reads)
    agent.soon(lambda: len(agent.reads) > reads, 400, stuck=True)
    assert agent.reads[-1].unread[0].kind == "deadline"
    agent.log.before = lambda: None
    go.set()
    agent.until(lambda: not agent.driver.lingering())
    agent.soon(lambda: not agent.reads[-1].unread, 200)


def test_a_store_that_fails_is_said_and_tried_again(
    agent: Attentive, caplog: pytest.LogCaptureFixture
) -> None:
    agent.begin(hearing(every_s=10))

    def fail() -> None:
        raise StoreError("disk full")

    agent.gate.apis["a"]["new"] = ()
    agent.store.runs.before_apply = fail
    agent.happen("a")
    with caplog.at_level(logging.ERROR, "apiscape.schedule"):
        agent.soon(lambda: agent.looks)
    assert "could not be looked at again: not stored: disk full" in caplog.text
    agent.store.runs.before_apply = lambda: None
    agent.soon(lambda: len(agent.looks) > 1, RETRY_S + 60)
    assert "toy:1:r:a/new" in agent.store.runs.presence()


def test_a_store_that_cannot_be_read_is_no_silence(
    agent: Attentive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent.begin(hearing(every_s=10))

    def fail(_scope: object) -> Any:
        raise StoreError("no disk")

    agent.happen("a")
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "apiscape.schedule"):
        broken.setattr(agent.store.runs, "known", fail)
        agent.soon(lambda: agent.reads[-1].unread)
    assert "changes of toys/1/r could not be read: no disk" in caplog.text
    agent.soon(lambda: agent.looks, 400)
    assert agent.looked == [("a",)]


def test_an_agent_that_is_told_to_stop_begins_nothing_more(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)

    agent.driver.finish(INTERRUPTED)
    agent.clock.advance(seconds=120)
    agent.driver.look()
    assert agent.looked == []
