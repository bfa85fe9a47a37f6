"""What a watch says of single objects: of no part, gone, not to be looked at."""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.collect.watch import Patience
from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Recorded,
    Skipped,
    Synced,
    Unchanged,
    Unseen,
    Visit,
)
from apiscape.model.run import ErrorRecord, Scope
from tests.unit.collect.toy import (
    toy_deployment,
)
from tests.unit.collect.watching import Batch, WatchBench, changed, kinds, listing, says

DENIED = ErrorRecord(kind="access_denied", message="may not list")
TWO = ("apis", "events")


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


def test_an_object_that_cannot_be_read_has_everything_listed_again_so_that_the_ledger_says_it() -> (
    None
):
    bench = WatchBench(patience=Patience(doubt_s=60))
    batches: list[float] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield listing("apis", "a")
        for _ in range(20):
            bench.clock.advance(seconds=10)
            batches.append(bench.clock.monotonic())
            yield (Failed("bad", DENIED),)

    run = bench.watch(script)
    assert (run.cut, run.again, len(batches)) == (None, True, 6)
    assert bench.told[0].ledger.failed == 0
    never = WatchBench(patience=Patience(doubt_s=60))
    both = (*listing("apis", "a"), Failed("bad", DENIED))
    known = never.watch(says((Listed("apis", ("bad",), last=False), *both), *[()] * 20))
    assert (never.told[0].ledger.failed, known.again) == (1, False)


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
