"""Visits that end early or see less: what is said of it, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from apiscape.collect.run import ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import (
    AccessDenied,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Throttled,
    Unsupported,
    Visit,
)
from apiscape.errors import StoreFull
from apiscape.model.run import Scope
from tests.unit.collect.toy import (
    NOON,
    SCOPE,
    Bench,
    recorded,
    scripted,
)
from tests.unit.collect.visiting import DENIED, bench


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


NARROW = "in no namespace, and the source names shop alone"


def test_a_part_that_the_configuration_leaves_out_failed_and_is_accepted() -> None:
    report = Bench().script(
        PartFailed("apis", DENIED, NARROW),
        Listed("domains", (), last=True),
        parts=("apis", "domains"),
    )
    assert [part.outcome for part in report.parts] == ["failed", "complete"]
    assert (report.outcome, report.accepted) == ("partial", NARROW)
    assert report.is_as_configured
    assert [part.part for part in report.left_out] == ["apis"]
    assert not report.ledger.listed_whole


def test_what_fails_besides_is_not_accepted_with_it() -> None:
    report = Bench().script(
        PartFailed("apis", DENIED, NARROW),
        PartFailed("domains", DENIED),
        Listed("plans", (), last=True),
        parts=("apis", "domains", "plans"),
    )
    assert (report.outcome, report.accepted) == ("partial", None)
    assert not report.is_as_configured


def test_an_error_of_the_visit_is_not_accepted_with_what_is_left_out() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("domains", (), last=True)
        yield PartFailed("apis", DENIED, NARROW)
        raise Throttled("too fast")

    report = Bench().visit(scripted(script, ("domains", "apis")))
    assert (report.outcome, report.accepted) == ("partial", None)
    assert not report.is_as_configured


def test_a_part_that_failed_and_is_accepted_makes_nothing_missing() -> None:
    world = Bench()
    world.script(Listed("apis", ("a",), last=True), *recorded("a"))
    report = world.script(PartFailed("apis", DENIED, NARROW))
    assert (report.outcome, report.accepted) == ("failed", NARROW)
    assert (report.totals.missing, report.totals.not_observed) == (0, 1)


def test_a_defect_of_a_collector_is_data_without_its_text() -> None:
    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a",))
        raise KeyError("password=canary")

    report = Bench().visit(scripted(script))
    assert report.error is not None
    assert report.error.kind == "defect"
    assert "KeyError at test_run_faults.py:" in report.error.message
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


def test_a_failing_store_is_no_defect_of_the_collector() -> None:
    world = bench(a=("live",))

    def full() -> None:
        raise StoreFull("no space left")

    world.store.runs.before_apply = full
    with pytest.raises(StoreFull):
        world.visit()


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
