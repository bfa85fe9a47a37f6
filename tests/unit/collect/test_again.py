"""A look at single objects between visits: stored as what a watch says is, and giving way to any visit."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collect.again import LookAgain
from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.workers import Workers
from apiscape.collectors.changing import Touched
from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    CollectorError,
    Failed,
    Listed,
    Observation,
    Recorded,
    Skipped,
    Throttled,
    Unseen,
)
from apiscape.errors import StoreError
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind
from tests.unit.collect.hearing import Chronicle, Looker
from tests.unit.collect.toy import SCOPE, Bench, ToyCollector, ToyGate, recorded

LIVE, OLD = "toy:1:r:a/live", "toy:1:r:a/old"
DENIED = AccessDenied("not you", permission="toys:LookAt").record()


class Look:
    """One scope that was visited, to be looked at again."""

    def __init__(self, gate: ToyGate, collector: Any = None) -> None:
        self.gate = gate
        self.collector = Looker() if collector is None else collector
        self.bench = Bench(provider=Chronicle(gate))
        self.report = self.bench.visit(self.collector)
        gate.calls.clear()

    @property
    def runs(self) -> Any:
        return self.bench.store.runs

    def make(self, *names: str, **job: Any) -> LookAgain:
        clock = self.bench.clock
        stop = Stop(clock, deadline_s=300)
        means = Means(runs=self.runs, clock=clock, workers=Workers())
        given: dict[str, Any] = {
            "scope": SCOPE,
            "source": self.bench.source,
            "provider": self.bench.provider,
            "collector": self.collector,
        }
        budget = ScopeBudget(Quotas(clock), "toy", stop)
        return LookAgain(Job(**(given | job)), means, budget, [Touched(name) for name in names])

    def again(self, *names: str) -> Any:
        return self.make(*names).execute()


@pytest.fixture
def look() -> Look:
    return Look(ToyGate(apis={"a": {"live": (), "old": ()}, "b": {"live": ()}}))


def test_what_changed_is_stored_under_the_generation_that_stands(look: Look) -> None:
    look.gate.apis["a"]["new"] = ()
    report = look.again("a")
    assert (report.recorded, report.told, report.failed, report.error) == (1, ("a",), {}, None)
    assert look.runs.presence()["toy:1:r:a/new"] == "present"
    assert [run.generation for run in look.runs.reports] == [1], "no run of its own"
    assert report.calls == len(look.gate.calls) == 2, "its stages, and what is new of them"


def test_an_object_that_nobody_listed_appears(look: Look) -> None:
    look.gate.apis["c"] = {"live": ()}
    assert look.again("c").recorded == 1
    assert look.runs.rows[SCOPE.key][look.runs.log[-1][1]].part == "apis"
    assert look.runs.log[-1][0] == "appeared"


def test_what_a_direct_read_does_not_find_is_retired(look: Look) -> None:
    del look.gate.apis["a"]
    report = look.again("a")
    assert (report.gone, report.recorded, report.failed) == (1, 0, {})
    assert look.runs.presence() == {
        LIVE: "retired",
        OLD: "retired",
        "toy:1:r:b/live": "present",
    }


def test_what_an_object_no_longer_gives_is_missing_and_no_more(look: Look) -> None:
    del look.gate.apis["a"]["old"]
    look.again("a")
    assert (look.runs.presence()[LIVE], look.runs.presence()[OLD]) == ("present", "missing")


@pytest.mark.parametrize("error", [DENIED, Throttled("slow").record()], ids=lambda e: e.kind)
def test_what_cannot_be_looked_at_is_not_observed_and_stands(
    look: Look, error: ErrorRecord
) -> None:
    look.collector.says["a"] = Failed("a", error)
    report = look.again("a", "b")
    assert report.failed == {"a": error}
    assert (report.recorded, report.told) == (1, ("b",))
    assert set(look.runs.presence().values()) == {"present"}
    assert {each.uid for happened in look.runs.followed for each in happened.not_observed} >= {
        uid for uid, row in look.runs.rows[SCOPE.key].items() if row.listed_id == "a"
    }


def test_what_is_left_out_meanwhile_is_skipped(look: Look) -> None:
    look.collector.says["a"] = Skipped("a", "excluded by the source")
    report = look.again("a")
    assert (report.skipped, report.told) == (1, ("a",))


def test_a_gap_is_told_and_has_its_object_read_anew(look: Look) -> None:
    class Short(Looker):
        def look_again(self, scope: Any, visit: Any, objects: Any) -> Any:
            for each in objects:
                yield from recorded(each.native_id)
                yield Unseen(each.native_id, "operations", DENIED)

    look.collector = Short()
    report = look.again("a", "b")
    assert (report.recorded, report.unseen) == (2, 2)


@pytest.mark.parametrize(
    "error", [Throttled("slow", retry_after_s=9.0), AccessDenied("not you")], ids=lambda e: e.kind
)
def test_what_ends_a_look_leaves_what_was_seen(look: Look, error: CollectorError) -> None:
    look.gate.apis["a"]["new"] = ()
    look.collector.says["c"] = error
    report = look.again("a", "b", "c")
    assert report.error == error.record()
    assert report.told == ("a",), "of the last one something may have been left to say"
    assert look.runs.presence()["toy:1:r:a/new"] == "present"


def test_a_defect_is_data(look: Look) -> None:
    class Breaks(Looker):
        def look_again(self, scope: Any, visit: Any, objects: Any) -> Any:
            raise LookupError("s3cret")

    look.collector = Breaks()
    report = look.again("a")
    assert report.error.kind == ErrorKind.DEFECT
    assert "s3cret" not in report.error.message


@pytest.mark.parametrize(
    "word",
    [Listed("apis", ("a",), last=True), Recorded("z"), Unseen("z", "x", DENIED)],
    ids=lambda word: type(word).__name__,
)
def test_other_words_than_of_what_was_asked_end_it(look: Look, word: Observation) -> None:
    look.collector.says["a"] = word
    report = look.again("a")
    assert report.error.kind == ErrorKind.MALFORMED
    assert set(look.runs.presence().values()) == {"present"}


def test_where_there_are_several_parts_somebody_has_to_say_which(look: Look) -> None:
    class Parted(Looker):
        parts = ("apis", "others")

    look.collector = Parted()
    look.gate.apis["c"] = {"live": ()}
    assert look.again("c").error.kind == ErrorKind.MALFORMED
    assert look.again("a").error is None, "its part is known"
    item = recorded("c")[0]
    look.collector.says["c"] = Skipped("c", "excluded by the source", part="others")
    report = look.again("c")
    assert (report.error, report.skipped) == (None, 1), "one that is left out says it as well"
    look.collector.says["c"] = Recorded("c", item.entities, part="others")
    assert look.again("c").error is None
    assert {row.part for row in look.runs.rows[SCOPE.key].values()} == {"apis", "others"}


def test_it_gives_way_to_a_visit_that_is_under_way(look: Look) -> None:
    run = look.runs.begin(SCOPE, at=look.bench.clock.now())
    report = look.again("a")
    assert report.overtaken
    assert look.gate.calls == []
    assert run.generation == 2


def test_it_gives_way_to_a_visit_that_begins_meanwhile(look: Look) -> None:
    look.gate.apis["a"]["new"] = ()
    look.collector.before = lambda: look.runs.begin(SCOPE, at=look.bench.clock.now())
    report = look.again("a")
    assert (report.overtaken, report.recorded) == (True, 0)
    assert "toy:1:r:a/new" not in look.runs.presence()


def test_a_scope_that_was_never_visited_is_left_to_its_visit(look: Look) -> None:
    other = Look(ToyGate())
    fresh = other.make("a")
    other.bench.store.runs.__init__()  # type: ignore[misc]  # as if nothing had happened yet
    assert fresh.execute().overtaken


def test_a_look_that_is_told_to_end_says_why(look: Look) -> None:
    made = look.make("a", "b")
    why = ErrorRecord(kind=ErrorKind.INTERRUPTED, message="stopping")
    look.collector.before = lambda: made.budget.stop.tell(why)
    report = made.execute()
    assert report.error == why
    assert report.told == ()


def test_one_that_does_not_end_is_closed_and_says_no_more(look: Look) -> None:
    made = look.make("a")
    why = ErrorRecord(kind=ErrorKind.DEADLINE, message="too long")
    closed: list[Any] = []
    look.gate.apis["a"]["new"] = ()
    look.collector.before = lambda: closed.append(made.close(why))
    late = made.execute()
    assert (closed[0].error, closed[0].told) == (why, ())
    assert late.error is not None
    assert late.error.kind == Cancelled.kind
    assert "toy:1:r:a/new" not in look.runs.presence()


def test_a_store_that_fails_is_raised(look: Look) -> None:
    def fail() -> None:
        raise StoreError("disk full")

    look.runs.before_apply = fail
    look.gate.apis["a"]["new"] = ()
    with pytest.raises(StoreError):
        look.again("a")


def test_a_collector_that_does_not_look_again_says_nothing(look: Look) -> None:
    look.collector = ToyCollector()
    report = look.again("a")
    assert (report.told, report.error, look.gate.calls) == ((), None, [])
    assert look.make("a", collector=None).execute().told == ()
