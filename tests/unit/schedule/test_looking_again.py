"""Objects that a log of changes names: who is looked at again, when, and what a visit makes needless."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest

from apiscape.collectors.contract import AccessDenied, Failed, Throttled, Unreachable
from apiscape.errors import StoreError
from apiscape.model.known import Verdict
from apiscape.schedule.again import DEADLINE_S, MOST_OBJECTS, RETRY_S
from apiscape.schedule.timetable import DEBOUNCE_S, LONGEST_DEBOUNCE_S
from tests.unit.collect.hearing import change
from tests.unit.collect.toy import NOON
from tests.unit.schedule.agents import KEY
from tests.unit.schedule.attentive import Attentive, hearing


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
