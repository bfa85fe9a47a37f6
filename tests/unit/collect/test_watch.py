"""A watch: a complete visit first, then what happens at once; cut, overtaken, silent, or told to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from apiscape.collect.watch import Patience
from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Budget,
    Failed,
    Listed,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
    Throttled,
    Unchanged,
    Unseen,
    Visit,
)
from apiscape.errors import Fenced, StoreFull
from apiscape.model.known import Batch as StoredBatch
from apiscape.model.known import Happened
from apiscape.model.run import ErrorRecord, Reach, Scope
from apiscape.model.surroundings import Gateway
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.store.copies import opened_copy
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    NOON,
    SCOPE,
    ToyProvider,
    ToySession,
    recorded,
    toy_deployment,
)
from tests.unit.collect.watching import Batch, WatchBench, changed, listing, says, watching

DENIED = ErrorRecord(kind="access_denied", message="may not list")
TWO = ("apis", "events")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def kinds(bench: WatchBench) -> list[tuple[str, str]]:
    """Return the changes that were logged, with the names of what changed."""
    items = bench.store.runs.items
    return [(kind, items[uid].name) for kind, uid in bench.store.runs.log]


def test_the_first_list_is_a_complete_visit_of_its_own() -> None:
    bench = WatchBench()
    run = bench.watch(says(listing("apis", "a", "b")))
    [report] = bench.told
    assert (report.outcome, report.generation, report.ledger.listed) == ("complete", 1, 2)
    assert report == bench.store.runs.reports[0]
    assert run.cut is not None
    assert (run.cut.kind, run.again, run.following) == ("unreachable", False, False)


def test_what_happens_is_stored_at_once_under_that_generation() -> None:
    bench = WatchBench()
    seen: list[dict[str, str]] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a", "b")
        yield (changed("a"),)
        seen.append(bench.presence())
        yield (Absent("apis", "b"), Recorded("c", (toy_deployment("c", "live"),)))
        seen.append(bench.presence())

    bench.watch(script)
    assert seen[1] == {"a": "present", "b": "retired", "c": "present"}
    assert kinds(bench)[2:] == [("changed", "a"), ("appeared", "c"), ("retired", "b")]
    assert [each.presence[0].evidence for each in bench.store.runs.followed if each.presence] == [
        "event"
    ]
    assert len(bench.store.runs.reports) == 1


def test_what_an_object_no_longer_gives_is_missing_and_not_retired_by_being_said_often() -> None:
    both = Recorded("a", (toy_deployment("a", "live"), toy_deployment("a", "test")))
    one = Recorded("a", (toy_deployment("a", "live"),))
    bench = WatchBench()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (Listed("apis", ("a",), last=True), both, Synced("apis"))
        for _ in range(5):
            yield (one,)
            bench.clock.advance(hours=20)

    bench.watch(script)
    stages = {row.stage: row for row in bench.store.runs.known(SCOPE).values()}
    assert (stages["test"].presence, stages["test"].missing_runs) == ("missing", 1)
    assert stages["live"].presence == "present"


def test_of_an_object_the_last_word_of_a_batch_counts() -> None:
    bench = WatchBench()
    back = (Absent("apis", "a"), changed("a"))
    gone = (changed("b"), Absent("apis", "b"))
    bench.watch(says(listing("apis", "a", "b"), (*back, *gone)))
    assert bench.presence() == {"a": "present", "b": "retired"}
    assert [each for each in kinds(bench) if each[1] == "a"] == [
        ("appeared", "a"),
        ("changed", "a"),
    ]


def test_much_that_happens_at_once_is_stored_in_batches() -> None:
    names = [f"n{number}" for number in range(1100)]
    bench = WatchBench()
    bench.watch(
        says(listing("apis"), recorded(*names), tuple(Absent("apis", name) for name in names))
    )
    assert set(bench.presence().values()) == {"retired"}
    assert max(len(happened.whole) for happened in bench.store.runs.followed) == 500
    assert len(bench.presence()) == 1100


def test_a_list_that_is_cut_makes_nothing_missing() -> None:
    bench = WatchBench()
    bench.watch(says(listing("apis", "a", "b")))

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (Listed("apis", ("a",)), *recorded("a"))
        raise Throttled("slow down", retry_after_s=90)

    run = bench.watch(script)
    newest = bench.store.runs.reports[-1]
    assert (newest.outcome, newest.generation, len(bench.told)) == ("partial", 2, 1)
    assert bench.presence() == {"a": "present", "b": "present"}
    assert run.cut is not None
    assert (run.cut.kind, run.cut.retry_after_s) == ("throttled", 90)


def test_a_list_said_to_be_synced_before_its_last_page_is_partial() -> None:
    bench = WatchBench()
    bench.watch(says(listing("apis", "a", "b")))
    bench.watch(says((Listed("apis", ("a",)), *recorded("a"), Synced("apis")), (changed("a"),)))
    assert [report.outcome for report in bench.told] == ["complete", "partial"]
    assert bench.presence() == {"a": "present", "b": "present"}
    assert ("changed", "a") in kinds(bench)


def test_a_watch_that_ends_in_its_list_is_a_defect_of_it() -> None:
    bench = WatchBench()
    run = bench.watch(says((Listed("apis", ("a", "b")), *recorded("a"))))
    [report] = bench.store.runs.reports
    assert (report.outcome, bench.told) == ("partial", [])
    assert report.parts[0].error is not None
    assert report.parts[0].error.kind == "defect"
    assert run.cut is not None


def test_a_relist_takes_the_next_generation_and_what_it_lacks_is_missing() -> None:
    bench = WatchBench()
    bench.watch(says(listing("apis", "a", "b"), listing("apis", "a"), (changed("a"),)))
    assert [report.generation for report in bench.told] == [1, 2]
    assert bench.presence() == {"a": "present", "b": "missing"}


def test_parts_that_are_followed_stand_while_another_lists_anew() -> None:
    bench = WatchBench()
    relist = listing("apis", "a")
    script = says(
        (*listing("apis", "a"), *listing("events", "x", "y")),
        (Absent("events", "y"),),
        relist[:1],
        (changed("x", "events"),),
        relist[1:],
    )
    bench.watch(script, TWO)
    first, second = bench.told
    assert (first.ledger.listed, second.ledger.listed) == (3, 2)
    assert (second.outcome, second.ledger.recorded) == ("complete", 2)
    assert bench.presence() == {"a": "present", "x": "present", "y": "retired"}
    assert kinds(bench)[-1] == ("changed", "x")


def test_what_is_said_to_be_gone_while_another_part_lists_anew_stays_retired() -> None:
    bench = WatchBench()
    relist = listing("apis", "a")
    both = (*relist, *listing("events", "x", "y"))
    bench.watch(says(both, relist[:1], (Absent("events", "y"),), relist[1:]), TWO)
    assert [report.outcome for report in bench.told] == ["complete", "complete"]
    assert bench.presence() == {"a": "present", "x": "present", "y": "retired"}
    assert [kind for kind, name in kinds(bench) if name == "y"] == ["appeared", "retired"]


def test_a_part_that_lists_anew_while_another_still_lists_does_so_in_the_same_generation() -> None:
    bench = WatchBench()
    events = listing("events", "x")
    bench.watch(says(listing("apis", "a", "b"), events[:1], listing("apis", "a"), events[1:]), TWO)
    [report] = bench.told
    assert (report.outcome, report.generation, report.ledger.listed) == ("complete", 1, 2)
    assert bench.presence() == {"a": "present", "b": "missing", "x": "present"}


def test_a_denied_part_leaves_the_others_followed_and_is_tried_again_soon() -> None:
    bench = WatchBench(patience=Patience(relist_s=86_400, mend_s=60))

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (*listing("apis", "a"), PartFailed("events", DENIED))
        yield (changed("a"),)
        bench.clock.advance(seconds=61)
        yield ()
        raise NotImplementedError

    run = bench.watch(script, TWO)
    assert [report.outcome for report in bench.told] == ["partial"]
    assert (run.again, run.cut) == (True, None)
    assert kinds(bench)[-1] == ("changed", "a")


def test_a_part_that_is_left_out_is_not_tried_again_soon() -> None:
    bench = WatchBench(patience=Patience(relist_s=100, mend_s=60))

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (*listing("apis", "a"), PartFailed("events", DENIED, "left out"))
        bench.clock.advance(seconds=61)
        yield (changed("a"),)
        bench.clock.advance(seconds=39)
        yield ()
        raise NotImplementedError

    run = bench.watch(script, TWO)
    assert [(each.outcome, each.accepted) for each in bench.told] == [("partial", "left out")]
    assert (run.again, run.cut, run.followed_s) == (True, None, 100)


def test_what_is_left_out_stays_so_while_another_part_lists_anew() -> None:
    bench = WatchBench()
    first = (*listing("apis", "a"), PartFailed("events", DENIED, "left out"))
    bench.watch(says(first, listing("apis", "a", "b")), TWO)
    assert [(each.outcome, each.accepted) for each in bench.told] == [("partial", "left out")] * 2


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


def test_an_object_of_no_part_ends_the_watch() -> None:
    bench = WatchBench()
    both = (*listing("apis", "a"), *listing("events", "x"))
    run = bench.watch(says(both, (changed("new"),)), TWO)
    assert run.cut is not None
    assert run.cut.kind == "malformed"


def test_an_object_that_was_listed_needs_no_part() -> None:
    bench = WatchBench()
    both = (*listing("apis", "a"), *listing("events", "x"))
    run = bench.watch(says(both, (changed("x"), changed("a"))), TWO)
    assert kinds(bench)[2:] == [("changed", "x"), ("changed", "a")]
    assert run.ledger().listed == 2


def test_what_belongs_to_no_list_under_way_is_a_defect_of_that_list() -> None:
    bench = WatchBench()
    events = listing("events", "x")
    bench.watch(says(listing("apis", "a"), events[:1], (changed("new"),), events[1:]), TWO)
    [report] = bench.told
    assert report.outcome == "partial"
    assert "never listed" in next(str(part.error) for part in report.parts if part.error)


def test_what_cannot_be_looked_at_is_not_observed_until_it_is_seen_again() -> None:
    bench = WatchBench()
    script = says(
        listing("apis", "a", "b", "c"),
        (Failed("a", DENIED), Skipped("b", "a test"), Unchanged("c")),
        (changed("a"),),
    )
    run = bench.watch(script)
    first, second = bench.store.runs.followed[0], bench.store.runs.followed[-1]
    assert sorted(each.reason for each in first.not_observed) == [
        "access denied: may not list",
        "skipped: a test",
    ]
    assert len(first.seen) == 1
    assert (len(second.seen), second.not_observed) == (1, ())
    sums = run.ledger()
    assert (sums.listed, sums.recorded, sums.skipped, sums.failed) == (3, 2, 1, 0)


def test_an_object_that_is_gone_while_it_is_read_retires() -> None:
    gone = Failed("a", ErrorRecord(kind="gone", message="not found"))
    bench = WatchBench()
    run = bench.watch(says(listing("apis", "a"), (gone,)))
    assert bench.presence() == {"a": "retired"}
    assert run.ledger().listed == 0


def test_a_detail_that_could_not_be_looked_at_is_no_token() -> None:
    item = toy_deployment("a", "live")
    said = Recorded("a", (item,), tokens={item.uid: "t2"})
    first = Recorded("a", (item,), tokens={item.uid: "t1"})
    unseen = Unseen("a", "operations", DENIED)
    seen: list[dict[str, str]] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (Listed("apis", ("a",), last=True), first, Synced("apis"))
        seen.append(dict(visit.tokens("a")))
        yield (said,)
        seen.append(dict(visit.tokens("a")))
        yield (said, unseen)
        seen.append(dict(visit.tokens("a")))
        yield (Unseen("shared", "policies", DENIED),)
        yield (Absent("apis", "a"),)
        seen.append(dict(visit.tokens("a")))

    WatchBench().watch(script)
    assert seen == [{item.uid: "t1"}, {item.uid: "t2"}, {}, {}]


def test_a_denied_sign_in_is_data() -> None:
    class Locked(ToyProvider):
        def session(self, settings: Any, reach: Reach, budget: Budget) -> ToySession:
            raise AccessDenied("no")

    bench = WatchBench(provider=Locked())
    run = bench.watch(says(listing("apis", "a")))
    assert run.cut is not None
    assert (run.cut.kind, bench.store.runs.reports[0].outcome) == ("access_denied", "failed")


# In the store itself.


def follow(store: Store, *batches: Batch) -> WatchBench:
    bench = WatchBench(store=cast("MemoryStore", store))
    bench.watch(says(*batches))
    return bench


def test_the_store_retires_on_an_event_and_logs_the_evidence(store: Store) -> None:
    bench = follow(store, listing("apis", "a", "b"), (Absent("apis", "b"), changed("a")))
    assert bench.presence() == {"a": "present", "b": "retired"}
    said = [(change.kind, change.name, change.evidence) for change in store.changes.after(0, 100)]
    assert said[2:] == [("changed", "a", None), ("retired", "b", "event")]


def test_the_store_closes_what_an_object_no_longer_gives(store: Store) -> None:
    def gateway(name: str) -> Gateway:
        return Gateway(
            uid=name, native_id=name, native_kind="toy", provider="toy", account="1", name=name
        )

    item = toy_deployment("a", "live")
    listed = Recorded("a", (item, gateway("g"), gateway("h")))
    kept = Recorded("b", (toy_deployment("b", "live"), gateway("k")))
    page = Listed("apis", ("a", "b"), last=True)
    first = (page, listed, kept, Synced("apis"))
    follow(store, first, (Recorded("a", (item, gateway("h"), gateway("i"))),))
    assert [each.name for each in store.surroundings.current(Gateway)] == ["h", "i", "k"]
    follow(store, first, (Absent("apis", "a"),))
    assert [each.name for each in store.surroundings.current(Gateway)] == ["k"]


def test_the_store_refuses_batches_that_come_too_late(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=NOON)
    store.runs.follow(run, StoredBatch(), Happened(), number=2, at=NOON)
    for number in (1, 2):
        with pytest.raises(Fenced, match="too late"):
            store.runs.follow(run, StoredBatch(), Happened(), number=number, at=NOON)
    store.runs.follow(run, StoredBatch(), Happened(), number=3, at=NOON)
    newer = store.runs.begin(SCOPE, at=NOON)
    with pytest.raises(Fenced, match="newer"):
        store.runs.follow(run, StoredBatch(), Happened(), number=4, at=NOON)
    store.runs.follow(newer, StoredBatch(), Happened(), number=1, at=NOON)


def test_the_store_ends_an_exception_when_its_row_is_seen(store: Store) -> None:
    def freshness() -> list[str]:
        return [row.freshness for row in Reader(store.database).page("").items]

    blind = (Failed("a", DENIED),)
    bench = follow(store, listing("apis", "a"), blind)
    assert bench.presence() == {"a": "present"}
    assert freshness() == ["not_observed"]
    follow(store, listing("apis", "a"), blind, recorded("a"))
    assert freshness() == ["current"]
