"""Logs of changes on a timetable: when they are read, how far back, and what is made of one that fails."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from apiscape.collect.clock import INTERRUPTED
from apiscape.collectors.changing import Unheard
from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    Malformed,
    Throttled,
    Unreachable,
)
from apiscape.schedule.noticing import FURTHEST, OVERLAP
from tests.unit.collect.hearing import Looker, change
from tests.unit.collect.toy import NOON, ToyCollector, ToyProvider
from tests.unit.schedule.agents import source
from tests.unit.schedule.attentive import EVERY_S, ROUTINE_S, Attentive, hearing


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


def test_an_agent_that_is_told_to_stop_begins_nothing_more(agent: Attentive) -> None:
    agent.begin(hearing(every_s=10))
    agent.happen("a")
    agent.soon(lambda: agent.reads[-1].events)

    agent.driver.finish(INTERRUPTED)
    agent.clock.advance(seconds=120)
    agent.driver.look()
    assert agent.looked == []
