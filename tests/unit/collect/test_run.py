"""One visit of a scope, end to end against a store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from apiscape.collect import intake
from apiscape.collect.run import ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Failed,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
    Throttled,
    Unchanged,
    Unseen,
    Unsupported,
    Visit,
)
from apiscape.errors import StoreFull
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.run import ErrorRecord, RunReport, Scope
from apiscape.model.surroundings import Gateway
from tests.unit.collect.toy import (
    GET,
    NOON,
    SCOPE,
    Bench,
    ToyGate,
    ToyProvider,
    recorded,
    scripted,
    toy_deployment,
)

DENIED = ErrorRecord(kind="access_denied", message="may not read", permission="toy:Read")
GONE = ErrorRecord(kind="gone", message="not found")


def bench(**apis: tuple[str, ...]) -> Bench:
    held: dict[str, dict[str, tuple[Operation, ...]]] = {
        name: dict.fromkeys(stages, (GET,)) for name, stages in apis.items()
    }
    return Bench(provider=ToyProvider(ToyGate(apis=held)))


def gateway(name: str) -> Gateway:
    return Gateway(
        uid=name, native_id=name, native_kind="toy", provider="toy", account="1", name=name
    )


def test_a_visit_records_what_the_gateway_lists() -> None:
    world = bench(a=("live", "test"), b=("live",), c=())
    report = world.visit()
    assert report.outcome == "complete"
    assert (report.ledger.listed, report.ledger.recorded, report.ledger.deployments) == (3, 3, 4)
    assert (report.ledger.listed_whole, report.ledger.closes) == (True, True)
    assert report.totals.appeared == 4
    assert report.ledger.calls == len(world.provider.gate.calls)
    assert set(world.store.runs.presence()) == {
        "toy:1:r:a/live",
        "toy:1:r:a/test",
        "toy:1:r:b/live",
        "toy:1:r:c/-",
    }
    assert world.provider.sessions[0].closed


def test_an_unchanged_visit_writes_nothing_and_reads_no_details() -> None:
    world = bench(a=("live", "test"), b=("live",))
    world.visit()
    before = len(world.store.runs.batches)
    world.provider.gate.calls.clear()
    report = world.visit()
    assert world.store.runs.batches[before:] == []
    assert world.provider.gate.calls == ["list", "stages a", "stages b"]
    assert (report.outcome, report.totals.changed, report.generation) == ("complete", 0, 2)


def test_details_are_read_anew_within_a_week() -> None:
    world = bench(a=("live",))
    world.visit()
    world.clock.advance(days=7)
    world.provider.gate.calls.clear()
    world.visit()
    assert world.provider.gate.calls[-1] == "operations a/live"
    world.provider.gate.calls.clear()
    world.visit()
    assert "operations a/live" not in world.provider.gate.calls


def test_a_change_says_what_changed() -> None:
    world = bench(a=("live",))
    world.visit()
    world.provider.gate.apis["a"]["live"] = (GET, Operation("PUT", "/"))
    report = world.visit()
    assert (report.totals.changed, report.totals.appeared) == (1, 0)
    [write] = world.store.runs.batches[-1].writes
    assert [change.new for change in write.fields] == [["PUT /"]]


def test_the_first_stage_supersedes_the_lack_of_one_and_back() -> None:
    world = bench(a=())
    world.visit()
    world.provider.gate.apis["a"] = {"live": (GET,)}
    report = world.visit()
    assert report.totals.superseded == 1
    assert world.store.runs.presence() == {
        "toy:1:r:a/-": "superseded",
        "toy:1:r:a/live": "present",
    }
    world.provider.gate.apis["a"] = {}
    report = world.visit()
    assert (report.totals.returned, report.totals.missing) == (1, 1)
    assert world.store.runs.presence()["toy:1:r:a/-"] == "present"


def test_what_is_no_longer_listed_is_missing_then_retired_then_returns() -> None:
    world = bench(a=("live",), b=("live",))
    world.visit()
    held = world.provider.gate.apis.pop("b")
    assert world.visit().totals.missing == 1
    assert world.visit().totals.missing == 0
    world.clock.advance(hours=25)
    assert world.visit().totals.retired == 1
    world.provider.gate.apis["b"] = held
    report = world.visit()
    assert (report.totals.returned, report.totals.appeared) == (1, 0)
    assert set(world.store.runs.presence().values()) == {"present"}


def test_a_narrowed_listing_that_still_answers_is_held() -> None:
    world = bench(**{f"n{index:02}": ("live",) for index in range(20)})
    world.visit()
    world.provider.gate.hidden = {f"n{index:02}" for index in range(5, 20)}
    report = world.visit()
    assert (report.outcome, report.totals.suspect, report.totals.missing) == ("complete", 15, 0)
    for _ in range(4):
        world.clock.advance(days=2)
        report = world.visit()
        assert (report.totals.suspect, report.totals.retired) == (0, 0)
    world.provider.gate.hidden = set()
    assert world.visit().totals.returned == 15


def test_one_failed_object_makes_a_partial_part_and_loses_nothing() -> None:
    world = Bench()
    world.script(Listed("apis", ("a", "b"), last=True), *recorded("a", "b"))
    report = world.script(
        Listed("apis", ("a", "b"), last=True), *recorded("a"), Failed("b", DENIED)
    )
    [part] = report.parts
    assert (report.outcome, part.failed[0].error) == ("partial", DENIED)
    assert (report.totals.not_observed, report.totals.missing) == (1, 0)
    [unseen] = world.store.runs.verdicts[-1].not_observed
    assert unseen.reason == "access denied: may not read"


def test_an_object_deleted_while_it_was_read_counts_as_skipped_and_retires() -> None:
    world = Bench()
    world.script(Listed("apis", ("a", "b"), last=True), *recorded("a", "b"))
    report = world.script(Listed("apis", ("a", "b"), last=True), *recorded("a"), Failed("b", GONE))
    assert (report.outcome, report.ledger.skipped, report.totals.retired) == ("complete", 1, 1)


def test_positive_evidence_retires_at_once() -> None:
    world = Bench()
    world.script(Listed("apis", ("a", "b"), last=True), *recorded("a", "b"))
    report = world.script(
        Listed("apis", ("a",), last=True), *recorded("a"), Absent("apis", "b"), Synced("apis")
    )
    assert (report.outcome, report.totals.retired) == ("complete", 1)


def test_what_is_excluded_is_counted_and_stays() -> None:
    world = Bench()
    world.script(Listed("apis", ("a",), last=True), *recorded("a"))
    report = world.script(Listed("apis", ("a",), last=True), Skipped("a", "excluded"))
    assert (report.outcome, report.ledger.skipped) == ("complete", 1)
    assert report.totals.not_observed == 1
    assert world.store.runs.presence() == {"toy:1:r:a/live": "present"}


def test_an_object_that_stands_needs_no_more_words() -> None:
    world = Bench()
    world.script(Listed("apis", ("a",), last=True), *recorded("a"))
    report = world.script(Listed("apis", ("a",), last=True), Unchanged("a"))
    assert (report.outcome, report.ledger.recorded, report.ledger.deployments) == ("complete", 1, 1)
    assert world.store.runs.verdicts[-1].stands == (("apis", "a"),)


def test_an_object_that_stands_though_nothing_is_stored_is_a_defect() -> None:
    report = Bench().script(Listed("apis", ("a",), last=True), Unchanged("a"))
    [part] = report.parts
    assert (report.outcome, part.failed[0].error and part.failed[0].error.kind) == (
        "partial",
        "defect",
    )


def test_a_deployment_that_stands_though_nothing_is_stored_is_recorded_as_a_defect() -> None:
    item = toy_deployment("a", "live")
    report = Bench().script(Listed("apis", ("a",), last=True), Recorded("a", unchanged=(item,)))
    [part] = report.parts
    assert part.error is not None
    assert "never recorded" in part.error.message
    assert report.totals.appeared == 1


def test_a_uid_given_twice_is_a_defect() -> None:
    item = toy_deployment("a", "live")
    report = Bench().script(
        Listed("apis", ("a", "b"), last=True), Recorded("a", (item,)), Recorded("b", (item,))
    )
    assert report.outcome == "partial"
    assert report.parts[0].error is not None
    assert "given twice" in report.parts[0].error.message


def test_what_stands_around_and_documents_are_kept() -> None:
    world = Bench()
    said = Recorded("a", (toy_deployment("a", "live"), gateway("g")), documents={"sum": b"openapi"})
    world.script(Listed("apis", ("a",), last=True), said)
    assert world.store.runs.surroundings == {"g": gateway("g")}
    assert world.store.runs.documents_kept == {"sum": b"openapi"}


@pytest.mark.parametrize("unseen_first", [True, False])
def test_an_unseen_detail_is_a_gap_and_is_looked_at_again(*, unseen_first: bool) -> None:
    item = toy_deployment("a", "live")
    world = Bench()
    pair: list[Observation] = [
        Unseen("a", "spec", DENIED),
        Recorded("a", (item,), tokens={item.uid: "t"}),
    ]
    report = world.script(
        Listed("apis", ("a",), last=True), *(pair if unseen_first else pair[::-1])
    )
    assert report.outcome == "complete"
    assert report.parts[0].gaps[0].detail == "spec"
    assert world.store.runs.known(SCOPE)[item.uid].token is None


def test_tokens_of_an_older_normaliser_are_not_believed() -> None:
    item = toy_deployment("a", "live")
    world, asked = Bench(), []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        asked.append(dict(visit.tokens("a")))
        yield Listed("apis", ("a",), last=True)
        yield Recorded("a", (item,), tokens={item.uid: "t"})

    world.visit(scripted(script))
    world.visit(scripted(script))
    newer = scripted(script)
    type(newer).normaliser_version = 2
    world.visit(newer)
    world.visit(newer)
    assert asked == [{}, {item.uid: "t"}, {}, {item.uid: "t"}]


def test_large_visits_are_stored_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 3)
    world = bench(**{f"n{index:02}": ("live", "test") for index in range(5)})
    world.visit()
    assert [len(batch.writes) for batch in world.store.runs.batches] == [3, 1, 3, 1, 2]


def test_heavy_documents_are_stored_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_BYTES", 10)
    world = Bench()
    heavy = [
        msgspec.structs.replace(each, documents={each.native_id: b"0123456789"})
        for each in recorded("a", "b")
    ]
    world.script(Listed("apis", ("a", "b"), last=True), *heavy)
    assert [len(batch.writes) for batch in world.store.runs.batches] == [1, 1]


def test_a_contract_of_what_stands_is_kept_though_nothing_else_is_written() -> None:
    world, [said] = Bench(), recorded("a")
    world.script(Listed("apis", ("a",), last=True), said)
    before = len(world.store.runs.batches)
    late = msgspec.structs.replace(said, documents={"sum": b"openapi"})
    world.script(Listed("apis", ("a",), last=True), late)
    [batch] = world.store.runs.batches[before:]
    assert (batch.writes, batch.documents) == ((), {"sum": b"openapi"})
    world.script(Listed("apis", ("a",), last=True), said)
    assert world.store.runs.batches[before:] == [batch]


def test_what_moved_is_stored_though_more_that_stands_is_seen_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "BATCH", 3)
    world, names = Bench(), tuple("abcdefgh")
    listed = Listed("apis", names, last=True)
    world.script(listed, *recorded(*names))
    before = len(world.store.runs.batches)
    moved = [
        msgspec.structs.replace(
            each, entities=(msgspec.structs.replace(each.entities[0], title="moved"),)
        )
        if each.native_id in {"a", "h"}
        else each
        for each in recorded(*names)
    ]
    world.script(listed, *moved)
    stored = [[w.listed_id for w in b.writes] for b in world.store.runs.batches[before:]]
    assert stored == [["a"], ["h"]]


# What ends a visit early.


def test_an_error_in_the_middle_leaves_a_partial_part() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b", "c"))
        yield from recorded("a")
        raise Throttled("too fast")

    report = Bench().visit(scripted(script, ("apis", "domains")))
    apis, domains = report.parts
    assert report.outcome == "partial"
    assert (apis.outcome, domains.outcome) == ("partial", "failed")
    assert apis.ledger.listed == apis.ledger.recorded + apis.ledger.failed == 3
    assert not apis.ledger.listed_whole
    assert report.error is not None
    assert report.error.kind == domains.error.kind == "throttled"  # type: ignore[union-attr]


def test_an_error_after_everything_was_listed_still_shows() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a",), last=True)
        yield from recorded("a")
        raise AccessDenied("no tags", permission="toy:Tags")

    report = Bench().visit(scripted(script))
    assert (report.outcome, report.parts[0].error) == ("partial", report.error)


def test_a_product_that_is_not_there_is_absent() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        raise Unsupported("not in this region")
        yield

    world = Bench()
    world.script(Listed("apis", ("a",), last=True), *recorded("a"))
    report = world.visit(scripted(script))
    assert (report.outcome, report.error, report.parts[0].reason) == (
        "absent",
        None,
        "not in this region",
    )
    assert world.store.runs.verdicts[-1].stale_parts == ("apis",)
    assert report.totals.not_observed == 1


def test_a_part_can_fail_and_the_next_go_on() -> None:
    report = Bench().script(
        PartFailed("apis", DENIED),
        Listed("domains", (), last=True),
        PartAbsent("plans", "not installed"),
        parts=("apis", "domains", "plans"),
    )
    assert [part.outcome for part in report.parts] == ["failed", "complete", "absent"]
    assert (report.outcome, report.error) == ("partial", None)


def test_a_defect_of_a_collector_is_data_without_its_text() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a",))
        raise KeyError("password=canary")

    report = Bench().visit(scripted(script))
    assert report.error is not None
    assert report.error.kind == "defect"
    assert "KeyError at test_run.py:" in report.error.message
    assert "canary" not in report.error.message


def test_a_deadline_ends_a_visit_with_what_it_has() -> None:
    world = bench(a=("live",), b=("live",), c=("live",))
    world.source = SourcePlan(name="toys", provider="toy", settings=None, deadline_s=60)
    world.visit()

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b", "c"), last=True)
        yield from recorded("a")
        world.clock.advance(seconds=61)
        yield from recorded("b")

    report = world.visit(scripted(script))
    assert report.error is not None
    assert (report.outcome, report.error.kind) == ("partial", "deadline")
    assert (report.ledger.recorded, report.ledger.failed) == (1, 2)
    assert report.totals.missing == 0


def test_a_collector_that_is_told_to_stop_ends_as_interrupted() -> None:
    world = Bench()
    held: list[ScopeRun] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        held[0].stop.tell()
        visit.check()

    held.append(world.run_of(scripted(script)))
    report = held[0].execute()
    assert report.error is not None
    assert (report.outcome, report.error.kind) == ("partial", "interrupted")


def test_a_visit_that_cannot_begin_says_why_and_marks_its_parts() -> None:
    world = Bench()
    world.script(Listed("apis", ("a",), last=True), *recorded("a"))
    report = world.visit(error=DENIED)
    assert (report.outcome, report.error, report.ledger.calls) == ("failed", DENIED, 0)
    broken = world.run_of(error=DENIED)
    broken.job = msgspec.structs.replace(broken.job, collector=None)
    report = broken.execute()
    assert [part.part for part in report.parts] == ["apis"]
    assert world.store.runs.verdicts[-1].stale_parts == ("apis",)


def test_an_accepted_gap_is_named_only_where_there_is_one() -> None:
    world = Bench()
    whole = world.visit(accepted="closed in May")
    assert whole.accepted is None
    assert world.visit(error=DENIED, accepted="closed in May").accepted == "closed in May"


# The store.


def test_a_failing_store_is_no_defect_of_the_collector() -> None:
    world = bench(a=("live",))

    def full() -> None:
        raise StoreFull("no space left")

    world.store.runs.before_apply = full
    with pytest.raises(StoreFull):
        world.visit()


def test_an_older_run_never_wins() -> None:
    world = bench(a=("live",))
    newer = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "x"), last=True)
        newer.append(world.visit())
        yield from recorded("x")

    report = world.visit(scripted(script))
    assert newer[0].outcome == "complete"
    assert report.error is not None
    assert (report.error.kind, report.outcome) == ("interrupted", "partial")
    assert report.ledger.closes
    assert world.store.runs.presence() == {"toy:1:r:a/live": "present"}
    assert [each.generation for each in world.store.runs.reports] == [2]


def test_a_killed_run_leaves_what_it_stored_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "BATCH", 1)
    world = bench(a=("live",), b=("live",))

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a", "b")
        raise SystemExit

    with pytest.raises(SystemExit):
        world.visit(scripted(script))
    assert world.store.runs.presence() == {"toy:1:r:a/live": "present"}
    assert world.store.runs.reports == []
    report = world.visit()
    assert (report.generation, report.totals.appeared) == (2, 1)


def test_an_abandoned_visit_is_closed_once_and_hears_no_more() -> None:
    world = Bench()
    stuck: list[RunReport] = []
    held: list[ScopeRun] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        stuck.append(held[0].abandon(DENIED))
        yield from recorded("b")

    held.append(world.run_of(scripted(script)))
    report = held[0].execute()
    assert stuck == [report]
    assert (report.outcome, report.error) == ("partial", DENIED)
    assert (report.ledger.recorded, report.ledger.failed) == (1, 1)
    assert set(world.store.runs.presence()) == {"toy:1:r:a/live"}
    assert len(world.store.runs.reports) == 1


def test_calls_are_counted_to_the_part_that_made_them() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        budget = visit.session.budget
        for part, calls in (("apis", 2), ("domains", 3)):
            for _ in range(calls):
                budget.acquire(("toy",), account="1", region="r")
            yield Listed(part, (), last=True)
        budget.throttled(("toy",), account="1", region="r", retry_after_s=1)
        budget.acquire(("toy",), account="1", region="r")

    report = Bench().visit(scripted(script, ("apis", "domains")))
    assert [part.ledger.calls for part in report.parts] == [2, 4]
    assert (report.ledger.calls, report.ledger.throttled) == (6, 1)


# The sweep: each call of a visit fails once, in every way there is.

APIS = {"a": ("live", "test"), "b": ("live",), "c": ("live",), "d": ()}
CALLS = 10
FAULTS = [
    AccessDenied("no"),
    Throttled("too fast", retry_after_s=1),
    Unsupported("not here"),
    RuntimeError("bug"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("call", range(CALLS))
def test_whichever_call_fails_nothing_is_lost(call: int, fault: Exception) -> None:
    world = bench(**APIS)
    gate = world.provider.gate
    first = world.visit()
    assert first.ledger.calls == CALLS == len(gate.calls)
    before = dict(world.store.runs.presence())
    facts = dict(world.store.runs.items)
    for _ in range(3):
        world.clock.advance(days=8)
        gate.calls.clear()
        gate.fails_at = {call: fault}
        report = world.visit()
        assert report.outcome != "complete"
        assert report.ledger.closes
        assert (report.totals.missing, report.totals.retired, report.totals.suspect) == (0, 0, 0)
        assert world.store.runs.presence() == before
        assert world.store.runs.items == facts
    gate.calls.clear()
    gate.fails_at = {}
    assert world.visit().outcome == "complete"
    assert world.store.runs.presence() == before


def test_a_deployment_missing_before_a_failed_visit_is_not_counted_further() -> None:
    world = bench(a=("live",), b=("live",))
    world.visit()
    world.provider.gate.apis.pop("b")
    world.visit()
    for _ in range(5):
        world.clock.advance(days=8)
        world.provider.gate.calls.clear()
        world.provider.gate.fails_at = {0: AccessDenied("no")}
        assert world.visit().totals.retired == 0
    [missing] = [row for row in world.store.runs.known(SCOPE).values() if row.presence == "missing"]
    assert (missing.missing_runs, missing.missing_since) == (1, NOON + timedelta(0))


def test_a_report_says_who_looked_with_what() -> None:
    report = Bench().visit(caller="arn:toy", agent_version="1", collector_version="toy 2")
    assert (report.caller, report.agent_version, report.collector_version) == (
        "arn:toy",
        "1",
        "toy 2",
    )
    assert isinstance(toy_deployment("a", None), Deployment)
