"""Listings that permissions can narrow: the gateway itself is asked of what they no longer give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from apiscape.collect import direct
from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Cancelled,
    CollectorError,
    Listed,
    Observation,
    PartFailed,
    ReadsDirectly,
    Unreachable,
    Visit,
)
from apiscape.model.run import ErrorRecord, Scope
from tests.unit.collect.toy import Bench, ToyCollector, recorded


@dataclass
class Answers:
    """What direct reads answer; what is not in it is gone."""

    by_id: dict[str, bool | CollectorError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Narrowable(ToyCollector):
    """A collector whose listing shows what it is told to show."""

    def __init__(self, *names: str, answers: Answers | None = None) -> None:
        self.names = names
        self.answers = answers or Answers()
        self.extra: tuple[Observation, ...] = ()

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", self.names, last=True)
        yield from recorded(*self.names)
        yield from self.extra

    def confirm_gone(self, scope: Scope, visit: Visit, native_id: str) -> bool:
        self.answers.asked.append(native_id)
        answer = self.answers.by_id.get(native_id, True)
        if isinstance(answer, CollectorError):
            raise answer
        return answer


def presence(world: Bench) -> dict[str, str]:
    return {key[-6:-5]: word for key, word in world.store.runs.presence().items()}


def test_it_keeps_the_contract() -> None:
    assert isinstance(Narrowable(), ReadsDirectly)


def test_what_answers_not_found_is_gone_at_once() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b"))
    report = world.visit(Narrowable("a"))
    assert (report.outcome, report.totals.retired) == ("complete", 1)


def test_what_answers_is_still_there_and_the_part_was_not_whole() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b"))
    report = world.visit(Narrowable("a", answers=Answers({"b": False})))
    assert (report.outcome, report.totals.not_observed) == ("partial", 1)
    assert presence(world) == {"a": "present", "b": "present"}


def test_what_is_forbidden_is_not_observed() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b", "c"))
    report = world.visit(Narrowable("a", answers=Answers({"b": AccessDenied("no")})))
    assert (report.outcome, report.totals.not_observed, report.totals.retired) == ("partial", 1, 1)
    [unseen] = world.store.runs.verdicts[-1].not_observed
    assert unseen.reason == "access denied: no"


def test_what_does_not_answer_stays_missing_however_often() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b"))
    answers = Answers({"b": Unreachable("cut")})
    for _ in range(4):
        world.clock.advance(days=2)
        assert world.visit(Narrowable("a", answers=answers)).totals.retired == 0
    assert presence(world) == {"a": "present", "b": "missing"}
    assert world.visit(Narrowable("a")).totals.retired == 1
    answers.asked.clear()
    world.visit(Narrowable("a", answers=answers))
    assert answers.asked == []


def test_a_great_many_are_asked_for_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MOST_READS", 2)
    world = Bench()
    world.visit(Narrowable(*"abcde"))
    answers = Answers(dict.fromkeys("bcde", Unreachable("cut")))
    for _ in range(2):
        world.visit(Narrowable("a", answers=answers))
    assert sorted(answers.asked) == list("bcde")


def test_evidence_that_came_already_is_not_asked_for() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b"))
    collector = Narrowable("a")
    collector.extra = (Absent("apis", "b"),)
    assert world.visit(collector).totals.retired == 1
    assert collector.answers.asked == []


def test_a_listing_that_failed_asks_for_nothing() -> None:
    class Failing(Narrowable):
        def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
            yield PartFailed("apis", ErrorRecord(kind="throttled", message="too fast"))

    world = Bench()
    world.visit(Narrowable("a"))
    collector = Failing()
    assert world.visit(collector).outcome == "failed"
    assert collector.answers.asked == []


def test_told_to_stop_it_asks_no_more() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b", "c"))
    answers = Answers()
    run = world.run_of(Narrowable("a", answers=answers))

    def stop(native_id: str) -> bool:
        run.stop.tell()
        return True

    class Stopping(Narrowable):
        def confirm_gone(self, scope: Scope, visit: Visit, native_id: str) -> bool:
            answers.asked.append(native_id)
            return stop(native_id)

    run.job = world.run_of(Stopping("a")).job
    report = run.execute()
    assert (report.outcome, answers.asked) == ("partial", ["b"])


def test_a_read_that_is_cancelled_ends_the_visit() -> None:
    world = Bench()
    world.visit(Narrowable("a", "b"))
    report = world.visit(Narrowable("a", answers=Answers({"b": Cancelled("stop")})))
    assert report.error is not None
    assert (report.outcome, report.error.kind) == ("partial", "deadline")
