"""How a watch ends: cut, overtaken, silent, refused, or told to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collect.watch import Patience
from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Budget,
    Listed,
    PartAbsent,
    PartFailed,
    Synced,
    Visit,
)
from apiscape.errors import StoreFull
from apiscape.model.run import ErrorRecord, Reach, Scope
from tests.unit.collect.toy import (
    NOON,
    SCOPE,
    ToyProvider,
    ToySession,
    recorded,
)
from tests.unit.collect.watching import Batch, WatchBench, changed, kinds, listing, says, watching

DENIED = ErrorRecord(kind="access_denied", message="may not list")
TWO = ("apis", "events")


def test_where_there_is_nothing_to_follow_the_watch_ends() -> None:
    bench = WatchBench()
    never = says((PartFailed("apis", DENIED), PartAbsent("events", "not installed")), (), ())
    run = bench.watch(never, TWO)
    [report] = bench.told
    assert (report.outcome, run.again, run.cut) == ("partial", False, None)


@pytest.mark.parametrize(
    ("lost", "kind"),
    [(PartFailed("apis", DENIED), "access_denied"), (PartAbsent("apis", "removed"), "gone")],
)
def test_a_followed_part_that_falls_away_ends_the_watch(lost: Any, kind: str) -> None:
    bench = WatchBench()
    run = bench.watch(says(listing("apis", "a"), (lost,)))
    assert run.cut is not None
    assert run.cut.kind == kind
    assert bench.presence() == {"a": "present"}
    assert len(bench.store.runs.reports) == 1


def test_after_a_day_it_ends_well_to_list_again() -> None:
    bench = WatchBench(patience=Patience(relist_s=100))

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a")
        bench.clock.advance(seconds=99)
        yield ()
        bench.clock.advance(seconds=1)
        yield (changed("a"),)
        raise NotImplementedError

    run = bench.watch(script)
    assert (run.again, run.cut, run.followed_s) == (True, None, 100)
    assert kinds(bench)[-1] == ("changed", "a")


def test_asked_to_list_again_it_first_ends_the_list_under_way() -> None:
    bench = WatchBench()
    said = listing("apis", "a")

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        run.relist()
        yield said[:1]
        yield said[1:]
        raise NotImplementedError

    run = bench.run_of(watching(script))
    assert run.execute().outcome == "complete"
    assert (run.again, run.cut) == (True, None)


def test_the_deadline_is_that_of_a_list_and_then_that_of_silence() -> None:
    bench = WatchBench(patience=Patience(silence_s=50))
    left: list[float] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        said = listing("apis", "a")
        for batch in (said[:1], said[1:], (), said[:1], said[1:]):
            yield batch
            left.append(run.stop.remaining_s())
            bench.clock.advance(seconds=10)

    run = bench.run_of(watching(script))
    run.execute()
    whole = bench.source.deadline_s
    assert left == [whole, 50, 50, whole, 50]


def test_a_watch_that_falls_silent_is_ended_from_outside_and_its_inventory_stands() -> None:
    bench = WatchBench(patience=Patience(silence_s=50))

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a")
        bench.clock.advance(seconds=51)
        assert run.stop.error is not None
        assert run.abandon(run.stop.error).outcome == "complete"
        yield (Absent("apis", "a"),)

    run = bench.run_of(watching(script))
    run.execute()
    assert run.cut is not None
    assert (run.cut.kind, bench.presence()) == ("deadline", {"a": "present"})
    assert len(bench.store.runs.reports) == 1


def test_a_list_that_is_ended_from_outside_is_partial_and_says_no_more() -> None:
    bench = WatchBench()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (Listed("apis", ("a", "b"), last=True), *recorded("a"))
        run.abandon(ErrorRecord(kind="interrupted", message="told to stop"))
        yield recorded("b")

    run = bench.run_of(watching(script))
    report = run.execute()
    assert (report.outcome, report.ledger.recorded, report.ledger.failed) == ("partial", 1, 1)
    assert len(bench.store.runs.reports) == 1
    assert bench.presence() == {"a": "present"}


@pytest.mark.parametrize("synced", [True, False])
def test_where_a_newer_run_took_over_it_gives_way(synced: bool) -> None:
    bench = WatchBench()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        said = listing("apis", "a")
        yield said if synced else said[:-1]
        bench.store.runs.begin(SCOPE, at=NOON)
        yield (Absent("apis", "a"),)
        yield (Synced("apis"),)
        raise NotImplementedError

    run = bench.watch(script)
    assert run.cut is not None
    assert (run.cut.kind, run.following) == ("interrupted", False)
    assert bench.presence() == {"a": "present"}


def test_a_failing_store_ends_the_watch_and_says_so() -> None:
    bench = WatchBench()

    def full() -> None:
        raise StoreFull("no space left")

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a")
        bench.store.runs.before_apply = full
        yield (changed("a"),)

    with pytest.raises(StoreFull):
        bench.watch(script)


def test_an_unforeseen_error_is_a_defect_and_the_session_is_closed() -> None:
    bench = WatchBench()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a")
        raise ZeroDivisionError

    run = bench.watch(script)
    assert run.cut is not None
    assert run.cut.kind == "defect"
    assert [session.closed for session in bench.provider.sessions] == [True]


def test_a_job_that_cannot_be_done_is_not_begun() -> None:
    bench = WatchBench()
    run = bench.run_of(None)
    assert run.execute().outcome == "failed"
    assert run.ledger().listed == 0


def test_a_denied_sign_in_is_data() -> None:
    class Locked(ToyProvider):
        def session(self, settings: Any, reach: Reach, budget: Budget) -> ToySession:
            raise AccessDenied("no")

    bench = WatchBench(provider=Locked())
    run = bench.watch(says(listing("apis", "a")))
    assert run.cut is not None
    assert (run.cut.kind, bench.store.runs.reports[0].outcome) == ("access_denied", "failed")
