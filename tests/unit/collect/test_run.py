"""One visit of a scope, end to end against a store in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Observation,
    Recorded,
    Skipped,
    Synced,
    Unchanged,
    Unseen,
    Visit,
)
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.run import Scope
from tests.unit.collect.toy import (
    GET,
    SCOPE,
    Bench,
    recorded,
    scripted,
    toy_deployment,
)
from tests.unit.collect.visiting import DENIED, GONE, bench, gateway


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


def test_a_gap_that_lasts_is_said_and_its_object_is_not_looked_at_again() -> None:
    item = toy_deployment("a", "live")
    world = Bench()
    report = world.script(
        Listed("apis", ("a",), last=True),
        Recorded("a", (item,), tokens={item.uid: "t"}),
        Unseen("a", "spec", DENIED, lasting=True),
    )
    assert report.parts[0].gaps[0].detail == "spec"
    assert world.store.runs.known(SCOPE)[item.uid].token is not None


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


def test_a_report_says_who_looked_with_what() -> None:
    report = Bench().visit(caller="arn:toy", agent_version="1", collector_version="toy 2")
    assert (report.caller, report.agent_version, report.collector_version) == (
        "arn:toy",
        "1",
        "toy 2",
    )
    assert isinstance(toy_deployment("a", None), Deployment)
