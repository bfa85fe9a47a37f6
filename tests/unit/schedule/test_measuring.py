"""Traffic on a timetable: measured when it is due, by whom it is asked for, and nobody waits for anybody."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from apiscape.collect.progress import Silent
from apiscape.collect.source import SourcePlan
from apiscape.collect.spending import FollowsCalls, Spent
from apiscape.collect.traffic import source_of
from apiscape.collectors.contract import AccessDenied, CredentialsInvalid, Observation, Visit
from apiscape.collectors.measuring import Counted, Counting, Uncounted
from apiscape.errors import StoreError
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.measured import Measured
from apiscape.model.run import ErrorRecord, Scope
from apiscape.model.values import is_known
from apiscape.schedule.measuring import AfterVisits
from apiscape.settings.schema import Measuring
from tests.unit.collect.scanning import whole
from tests.unit.collect.store_double import MemoryMeasurements
from tests.unit.collect.test_traffic import Counts, ToyCounter
from tests.unit.collect.toy import SCOPE
from tests.unit.schedule.agents import Agent, source

EVERY_S = 900.0


class Meter(ToyCounter):
    """Sees one API in each scope, and counts its requests as its script says."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(counts)
        self.discovers = True

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield from whole(scope, visit) if self.discovers else ()


class Metered(Agent):
    """An agent whose only collector measures.

    Attributes:
        asked: The reach of every scope whose traffic was asked for, in order.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.asked: list[str] = []
        self.counts: Counts = self.count
        self.meter = Meter(self._counted)
        self.collect(self.meter)

    def _counted(
        self, scope: Scope, visit: Visit, items: Sequence[Deployment]
    ) -> Iterator[Counting]:
        self.asked.append(scope.reach.key)
        yield from self.counts(scope, visit, items)

    def count(self, scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        for item in items:
            yield Counted(item.uid, Traffic(window_s=600, until=self.clock.now(), requests=7))

    def measured_times(self, times: int) -> None:
        """Turn, some seconds of the clock at most, until so many scopes were measured in all."""
        for _ in range(100):
            self.until(self.rests)
            if len(self.measured) >= times:
                break
            self.pass_time(1, step=0.1)
        assert len(self.measured) == times

    def soon(self, holds: Callable[[], Any]) -> None:
        """Turn, and let a minute pass at most, until something holds."""
        for _ in range(1200):
            if holds():
                return
            self.clock.advance(seconds=0.05)
            self.driver.turn(0.005)
        raise AssertionError("it never came to that")

    @property
    def figures(self) -> list[Measured]:
        return list(self.store.measurements.held.values())


def metered(name: str = "toys", every_s: float = EVERY_S, **more: Any) -> SourcePlan:
    return source(name, traffic=Measuring(every_s=every_s), **more)


def test_traffic_is_measured_after_the_first_visit_and_again_after_its_interval() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    assert [len(agent.runs), agent.asked] == [1, ["1/r"]]
    assert [figure.traffic for figure in agent.figures if is_known(figure.traffic)]
    agent.pass_time(0.99 * EVERY_S)
    assert len(agent.measured) == 1
    agent.pass_time(0.12 * EVERY_S)
    agent.measured_times(2)


def test_a_source_that_does_not_ask_for_it_is_never_asked() -> None:
    agent = Metered()
    agent.start(source())
    agent.ran(1)
    agent.pass_time(3 * EVERY_S, step=60)
    assert (agent.asked, agent.figures) == ([], [])


def test_scopes_drift_apart() -> None:
    agent = Metered()
    agent.reaches(*(f"{number}/r" for number in range(20)))
    agent.start(metered(interval_s=1e6))
    agent.measured_times(20)
    agent.pass_time(0.99 * EVERY_S, step=27)
    assert len(agent.measured) == 20
    agent.pass_time(0.06 * EVERY_S, step=9)
    assert 20 < len(agent.measured) < 40
    agent.pass_time(0.06 * EVERY_S, step=9)
    agent.measured_times(40)


def test_after_a_restart_what_was_measured_lately_rests() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.clock.advance(seconds=EVERY_S / 2)
    agent.renew()
    agent.start(metered())
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.pass_time(0.4 * EVERY_S)
    assert len(agent.measured) == 1
    agent.pass_time(0.3 * EVERY_S)
    agent.measured_times(2)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_calendar_that_is_set_neither_hurries_nor_holds_it(hours: int) -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.clock.set_by = timedelta(hours=hours)
    agent.pass_time(0.99 * EVERY_S)
    assert len(agent.measured) == 1
    agent.pass_time(0.12 * EVERY_S)
    agent.measured_times(2)


# ── Asked for, taken away, paused ──


def test_a_reload_that_asks_for_it_takes_effect_without_a_visit() -> None:
    agent = Metered()
    agent.start(source())
    agent.ran(1)
    agent.ask(agent.driver.reload([metered()]))
    agent.measured_times(1)
    assert len(agent.runs) == 1


def test_a_reload_that_takes_it_away_ends_it_and_empties_the_figures() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.toys.source.planned = CredentialsInvalid(
        "no longer signed in"
    )  # what counts is what is configured, not planned
    agent.ask(agent.driver.reload([source()]))
    agent.until(lambda: agent.figures == [Measured()])
    agent.pass_time(3 * EVERY_S, step=60)
    assert agent.asked == ["1/r"]
    assert agent.figures == [Measured()]


def test_a_reload_that_asks_for_it_more_often_moves_what_is_due() -> None:
    agent = Metered()
    agent.start(metered(every_s=7200.0))
    agent.measured_times(1)
    agent.ask(agent.driver.reload([metered(every_s=300.0)]))
    agent.pass_time(290)
    assert len(agent.measured) == 1
    agent.pass_time(50)
    agent.measured_times(2)


def test_a_source_that_is_no_longer_configured_is_emptied() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.ask(agent.driver.reload([]))
    agent.until(lambda: agent.figures == [Measured()])
    agent.pass_time(2 * EVERY_S, step=60)
    assert agent.asked == ["1/r"]


def test_a_pause_holds_it_and_its_end_lets_it_go() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.ask(agent.driver.pause("toys"))
    agent.pass_time(3 * EVERY_S, step=60)
    assert len(agent.measured) == 1
    agent.ask(agent.driver.resume())
    agent.pass_time(10)
    agent.measured_times(2)


def test_whoever_asks_for_a_visit_now_has_the_traffic_measured_after_it() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.driver.collect_now()
    agent.measured_times(2)
    assert len(agent.runs) == 2
    agent.driver.happen("toys/1/r/toy.api")  # an ordinary visit has no such effect
    agent.pass_time(40)
    agent.ran(3)
    agent.measured_times(2)


def test_what_is_visited_anew_while_it_is_measured_is_measured_again() -> None:
    entered, go = threading.Event(), threading.Event()

    def hold(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        entered.set()
        go.wait(60)
        yield from agent.count(scope, visit, items)

    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.counts = hold
    agent.ask(agent.driver.collect_now())
    agent.soon(entered.is_set)
    agent.driver.collect_now()
    agent.until(lambda: len(agent.runs) == 3)
    go.set()
    agent.pass_time(40)
    agent.measured_times(3)
    assert len(agent.measured) == 3


# ── What goes wrong ──


def denied(*_: object) -> Iterator[Counting]:
    raise AccessDenied("needs toy:Count", permission="toy:Count")
    yield


def test_what_fails_waits_longer_every_time_and_never_less_than_its_interval() -> None:
    agent = Metered()
    agent.counts = denied
    agent.start(metered(interval_s=1e6))
    agent.measured_times(1)
    agent.pass_time(1750)  # from half an hour to an hour
    assert len(agent.measured) == 1
    agent.pass_time(1900, step=30)
    agent.measured_times(2)
    agent.pass_time(3500, step=50)  # from an hour to two
    agent.measured_times(2)
    agent.counts = agent.count
    agent.pass_time(3800, step=50)
    assert [report.measured for report in agent.measured[:3]] == [0, 0, 1]
    assert len(agent.measured) > 3, "as often as ever from then on"


def test_what_no_later_try_mends_is_no_failure() -> None:
    def shared(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        for item in items:
            yield Uncounted(item.uid, ErrorRecord("unsupported", "two APIs share the name"))

    agent = Metered()
    agent.counts = shared
    agent.start(metered())
    agent.measured_times(1)
    for times in (2, 3, 4):
        agent.pass_time(1.12 * EVERY_S)
        agent.measured_times(times)
    assert [report.measured for report in agent.measured] == [0, 0, 0, 0]


def test_an_account_that_hangs_holds_up_no_other_and_gets_no_second_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    go = threading.Event()

    def hang(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        if scope.reach.account == "1":
            go.wait(60)
        yield from agent.count(scope, visit, items)

    agent = Metered()
    agent.counts = hang
    agent.reaches("1/r", "2/r")
    agent.start(metered(deadline_s=100.0, interval_s=1e6))
    agent.soon(lambda: [report.scope.reach.key for report in agent.measured] == ["2/r"])
    agent.pass_time(3 * EVERY_S, step=20)
    by_reach = {key: agent.asked.count(key) for key in ("1/r", "2/r")}
    assert by_reach["1/r"] == 1
    assert by_reach["2/r"] >= 3
    assert len(agent.driver.lingering()) == 1
    late = [report for report in agent.measured if report.scope.reach.key == "1/r"]
    assert {report.measured for report in late} == {0}
    assert late[-1].uncountable[0].error.message == "measured before, and never returned"
    assert "does not return" in caplog.text
    go.set()
    agent.until(lambda: not any("traffic 1" in each.name for each in threading.enumerate()))
    agent.pass_time(4 * EVERY_S, step=60)
    assert agent.asked.count("1/r") >= 2
    assert agent.driver.lingering() == {}


def test_a_store_that_fails_for_a_while_stops_nothing_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> int:
        raise StoreError("no space left")

    agent = Metered()
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "apiscape.schedule"):
        broken.setattr(MemoryMeasurements, "save", full)
        agent.start(metered())
        agent.soon(lambda: "no space left" in caplog.text)
        assert agent.measured == []
    agent.pass_time(1.2 * EVERY_S)
    agent.until(lambda: len(agent.measured) >= 1)


def test_nobody_knows_when_it_was_measured_last_then_it_is_measured(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def silent(*_: object) -> None:
        raise StoreError("no answer")

    agent = Metered()
    agent.start(source())
    agent.ran(1)
    monkeypatch.setattr(MemoryMeasurements, "newest", silent)
    agent.ask(agent.driver.reload([metered()]))
    agent.measured_times(1)
    assert "nobody knows when traffic was measured last: no answer" in caplog.text


def test_figures_that_could_not_be_emptied_are_emptied_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def silent(*_: object) -> None:
        raise StoreError("no answer")

    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    with monkeypatch.context() as broken:
        broken.setattr(MemoryMeasurements, "subjects", silent)
        agent.ask(agent.driver.reload([source()]))
        agent.until(lambda: "still stands: no answer" in caplog.text)
    assert agent.figures != [Measured()]
    agent.driver.plan_now()
    agent.until(lambda: agent.figures == [Measured()])


def test_a_stop_in_the_middle_leaves_the_figures_as_they_were() -> None:
    entered = threading.Event()

    def patient(scope: Scope, visit: Visit, items: Sequence[Deployment]) -> Iterator[Counting]:
        entered.set()
        while True:
            visit.check()
            threading.Event().wait(0.001)
        yield

    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    before = agent.figures
    agent.counts = patient
    agent.driver.collect_now()
    agent.soon(entered.is_set)
    agent.driver.finish(ErrorRecord("interrupted", "told to stop"))
    assert agent.figures == before
    assert agent.store.measurements.newest(
        source_of("toy.api"), [uid for _, uid in agent.store.measurements.held]
    )


def test_a_source_that_nobody_can_sign_in_to_is_unknown_and_not_what_it_was() -> None:
    agent = Metered()
    agent.start(metered())
    agent.measured_times(1)
    agent.toys.source.planned = CredentialsInvalid("no longer signed in")
    agent.renew()
    agent.clock.advance(seconds=2 * EVERY_S)
    agent.start(metered())
    agent.pass_time(0.3 * EVERY_S)
    agent.measured_times(2)
    assert [is_known(figure.traffic) for figure in agent.figures] == [False]


def test_what_the_calls_of_a_visit_took_reaches_whoever_follows_them() -> None:
    told: list[tuple[Scope, Sequence[Spent]]] = []

    class Following(Silent):
        def spent(self, scope: Scope, spent: Sequence[Spent]) -> None:
            told.append((scope, spent))

    spent = (Spent(family="apigateway", calls=7, took_s=2.0),)
    for then in (Silent(), Following()):
        both = AfterVisits(AfterVisits(then, lambda _: None), lambda _: None)
        assert isinstance(both, FollowsCalls)
        both.spent(SCOPE, spent)
    assert told == [(SCOPE, spent)]
