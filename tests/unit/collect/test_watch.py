"""A watch: a complete visit first, then what happens at once, and lists that are made anew."""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.collect.watch import Patience
from apiscape.collectors.contract import (
    Absent,
    Listed,
    PartFailed,
    Recorded,
    Synced,
    Throttled,
    Visit,
)
from apiscape.model.run import ErrorRecord, Scope
from tests.unit.collect.toy import (
    SCOPE,
    recorded,
    toy_deployment,
)
from tests.unit.collect.watching import Batch, WatchBench, changed, kinds, listing, says

DENIED = ErrorRecord(kind="access_denied", message="may not list")
TWO = ("apis", "events")


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
