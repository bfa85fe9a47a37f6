"""What the agent says of itself: every part told or looked up, and nothing made up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from apiscape.collect.progress import Silent
from apiscape.conclude.follow import Concluded
from apiscape.errors import StoreError
from apiscape.model.measured import TrafficReport
from apiscape.model.run import RunReport
from apiscape.schedule.queue import Depth
from apiscape.telemetry.catalogue import (
    BUILD,
    CALLS,
    CHANGES,
    DRAWN,
    INVENTORY_READ,
    LAST_ATTEMPT,
    LAST_SUCCESS,
    LINGERING,
    LOOP_LAG,
    MOVED,
    NOTIFIED,
    NOTIFY_UNDECIDED,
    QUEUE,
    QUEUE_OLDEST,
    READ_FAILURES,
    REQUESTS,
    RUN_DURATION,
    RUNS,
    STORE_SIZE,
    SUBSCRIBERS,
    TARGETS_DISABLED,
    THROTTLES,
    TRAFFIC,
    UNTOLD,
    UNTOLD_OLDEST,
    Spread,
)
from apiscape.telemetry.ourselves import Sights, watch_loop
from apiscape.telemetry.recorder import Recorder
from apiscape.telemetry.service import FRESH_S, Telemetry
from tests.unit.telemetry.samples import NOW, REST, Counted, report, told, value, values

KEY = ("aws", REST)


class Time:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def made(reader: Counted | None = None, **more: Any) -> Telemetry:
    return Telemetry(reader or Counted(), now=lambda: NOW, **more)


def test_a_visit_that_ended_is_recorded_and_passed_on() -> None:
    heard: list[RunReport] = []

    class Listening(Silent):
        def ended(self, report: RunReport) -> None:
            heard.append(report)

    telemetry = made()
    telemetry.progress(Listening()).ended(report())
    found = list(telemetry.samples())
    assert len(heard) == 1
    assert values(found, RUNS) == {(*KEY, "complete"): 1}
    assert values(found, CALLS) == {KEY: 7}
    assert values(found, THROTTLES) == {KEY: 2}
    assert values(found, CHANGES) == {(REST, "appeared"): 3}
    assert values(found, LAST_ATTEMPT) == values(found, LAST_SUCCESS) == {KEY: NOW.timestamp()}
    (spread,) = (each for each in found if each.metric is RUN_DURATION)
    assert isinstance(spread, Spread)
    assert (spread.total, spread.labels) == (4, (REST, "complete"))


def test_traffic_that_was_measured_is_recorded_and_passed_on() -> None:
    heard: list[TrafficReport] = []
    telemetry = made()
    told = TrafficReport(scope=report().scope, asked=5, measured=3, calls=2, throttled=1)
    telemetry.measuring(heard.extend)((told, told))
    found = list(telemetry.samples())
    assert heard == [told, told]
    assert values(found, TRAFFIC) == {(*KEY, "measured"): 6, (*KEY, "unmeasured"): 4}
    assert (values(found, CALLS), values(found, THROTTLES)) == ({KEY: 4}, {KEY: 2})


def test_a_visit_that_failed_is_an_attempt_and_no_success() -> None:
    telemetry = made()
    telemetry.progress().ended(report(outcome="failed", ended_at=None))
    found = list(telemetry.samples())
    assert values(found, LAST_SUCCESS) == {}
    assert value(found, LAST_ATTEMPT) == NOW.timestamp() - 4


def test_the_other_calls_are_passed_on() -> None:
    heard: list[str] = []

    class Listening(Silent):
        def planned(self, plan: Any, forecast: Any) -> None:
            heard.append("planned")

        def started(self, scope: Any) -> None:
            heard.append("started")

        def tick(self, ledgers: Any) -> None:
            heard.append("tick")

    progress: Any = made().progress(Listening())
    progress.planned(None, None)
    progress.started(None)
    progress.tick({})
    assert heard == ["planned", "started", "tick"]


def test_before_the_first_visit_nothing_is_said_of_visits() -> None:
    found = list(made().samples())
    assert {RUNS, CALLS, LAST_ATTEMPT, LAST_SUCCESS} & {each.metric for each in found} == set()
    assert value(found, BUILD) == 1


def test_what_is_looked_up_is_as_it_is_now() -> None:
    depths = [Depth(queued=2, running=1, oldest_s=9.0, failing=1), Depth(queued=0, running=0)]
    sights = Sights(
        depth=lambda: depths.pop(0),
        lingering=lambda: {"visit": "x.py:1"},
        subscribers=lambda: 3,
        store_bytes=lambda: 4096,
    )
    telemetry = made(sights=sights)
    found = list(telemetry.samples())
    assert values(found, QUEUE) == {("queued",): 2, ("running",): 1, ("failing",): 1}
    assert value(found, QUEUE_OLDEST) == 9
    assert [value(found, each) for each in (LINGERING, SUBSCRIBERS, STORE_SIZE)] == [1, 3, 4096]
    again = list(telemetry.samples())
    assert values(again, QUEUE)[("queued",)] == 0
    assert values(again, QUEUE_OLDEST) == {}


def test_what_an_agent_does_not_have_has_no_sample() -> None:
    metrics = {each.metric for each in made().samples()}
    assert metrics & {QUEUE, LINGERING, SUBSCRIBERS, STORE_SIZE} == set()


def test_a_look_that_fails_takes_nothing_else_along() -> None:
    def broken() -> int:
        raise StoreError("the database does not answer", hint=None)

    found = list(made(sights=Sights(subscribers=lambda: 2, store_bytes=broken)).samples())
    assert values(found, STORE_SIZE) == {}
    assert value(found, SUBSCRIBERS) == 2
    assert value(found, INVENTORY_READ) == NOW.timestamp()


def test_conclusions_and_requests_are_counted() -> None:
    telemetry = made()
    telemetry.concluded(Concluded(deployments=5, moved=2, seq=9))
    telemetry.answered("GET", "/v1/deployments/{uid}", 200)
    telemetry.answered("GET", "/v1/deployments/{uid}", 200)
    telemetry.answered("x" * 50, "unmatched", 405)
    found = list(telemetry.samples())
    assert (value(found, DRAWN), value(found, MOVED)) == (5, 2)
    assert values(found, REQUESTS) == {
        ("GET", "/v1/deployments/{uid}", "200"): 2,
        ("_OTHER", "unmatched", "405"): 1,
    }


def test_what_became_of_notifications_is_counted_apart_from_what_nobody_could_decide() -> None:
    telemetry = made()
    for outcome, number in (("sent", 1), ("failed", 1), ("sent", 1), ("undecided", 7)):
        telemetry.notified(outcome, number)
    found = list(telemetry.samples())
    assert values(found, NOTIFIED) == {("sent",): 2, ("failed",): 1}
    assert value(found, NOTIFY_UNDECIDED) == 7


def test_what_targets_have_yet_to_be_told_has_an_age_only_where_something_waits() -> None:
    ages = [30.0, None]
    sights = Sights(
        untold=lambda: len([age for age in ages if age]),
        untold_oldest_s=lambda: ages.pop(0),
        disabled_targets=lambda: 1,
    )
    telemetry = made(sights=sights)
    found = list(telemetry.samples())
    assert (value(found, UNTOLD_OLDEST), value(found, TARGETS_DISABLED)) == (30, 1)
    again = list(telemetry.samples())
    assert (values(again, UNTOLD_OLDEST), value(again, UNTOLD)) == ({}, 0)


def test_two_who_ask_at_once_share_one_read() -> None:
    reader, clock = Counted(), Time()
    telemetry = made(reader, monotonic=clock)
    list(telemetry.samples())
    clock.seconds = FRESH_S - 1
    list(telemetry.samples())
    assert reader.asked == 1
    clock.seconds = FRESH_S
    list(telemetry.samples())
    assert reader.asked == 2


def test_an_inventory_that_cannot_be_read_has_no_figures_and_says_so() -> None:
    reader, clock = Counted(), Time()
    telemetry = made(reader, monotonic=clock)
    assert "apiscape_deployments{" in telemetry.metrics()
    clock.seconds, reader.is_broken = FRESH_S, True
    said = told(telemetry.metrics())
    assert [name for name in said if name.startswith("apiscape_deployments")] == []
    assert "apiscape_inventory_read_timestamp_seconds" not in said
    assert said["apiscape_inventory_read_failures_total"] == [({}, 1)]
    assert value(telemetry.samples(), READ_FAILURES) == 2
    reader.is_broken = False
    assert "apiscape_deployments{" in telemetry.metrics()


def test_no_account_no_scope_and_no_deployment_is_named_in_the_text() -> None:
    telemetry = made()
    telemetry.progress().ended(report())
    assert "secret-account" not in telemetry.metrics()


async def test_a_loop_that_wakes_up_late_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 101.5, 101.5, 102.5, 102.5])

    class Loop:
        def time(self) -> float:
            return next(times)

    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 2:
            raise asyncio.CancelledError

    recorder = Recorder()
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "get_running_loop", Loop)
        patch.setattr(asyncio, "sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await watch_loop(recorder, every_s=1.0)
    (spread,) = recorder.samples()
    assert isinstance(spread, Spread)
    assert spread.metric is LOOP_LAG
    assert (slept, sum(spread.counts), spread.total) == ([1.0] * 3, 2, 0.5)
