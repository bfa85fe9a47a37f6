from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.run import (
    ErrorRecord,
    Gap,
    Ledger,
    PartReport,
    RunReport,
    add_ledgers,
    worst_outcome,
)
from tests.unit.model.build import a_scope

COUNTS = st.integers(0, 50)
NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
LEDGERS = st.builds(
    Ledger,
    listed=COUNTS,
    listed_whole=st.booleans(),
    recorded=COUNTS,
    skipped=COUNTS,
    failed=COUNTS,
)


def test_a_scope_is_named_by_source_reach_and_product() -> None:
    assert a_scope().key == "prod/111122223333/eu-west-1/aws.apigateway.rest"


def test_a_ledger_closes_when_every_object_ended_once() -> None:
    assert Ledger(listed=6, recorded=3, skipped=2, failed=1).closes
    assert not Ledger(listed=6, recorded=3, skipped=2).closes


@given(st.lists(LEDGERS))
def test_sums_add_up_and_are_whole_only_if_each_is(ledgers: list[Ledger]) -> None:
    total = add_ledgers(ledgers)
    assert total.listed == sum(ledger.listed for ledger in ledgers)
    assert total.failed == sum(ledger.failed for ledger in ledgers)
    assert total.listed_whole == (bool(ledgers) and all(ledger.listed_whole for ledger in ledgers))


def a_run(outcome: str, accepted: str | None = None, *gaps: Gap) -> RunReport:
    part = PartReport(part="GetRestApis", outcome="complete", gaps=gaps)
    return RunReport(
        scope=a_scope(),
        generation=1,
        started_at=NOON,
        outcome=outcome,
        accepted=accepted,
        parts=(part,),
    )


def a_gap(kind: str = "access_denied", accepted: str | None = None) -> Gap:
    return Gap(
        native_id="a",
        detail="tags",
        error=ErrorRecord(kind=kind, message="no"),
        accepted=accepted,
    )


@pytest.mark.parametrize(
    ("run", "short", "answer"),
    [
        (a_run("complete"), False, None),
        (a_run("absent", "of old"), False, None),
        (a_run("partial"), True, None),
        (a_run("partial", "moves out"), False, "moves out"),
        (a_run("complete", None, a_gap()), True, None),
        (a_run("complete", None, a_gap(accepted="not ours")), False, "not ours"),
        (a_run("complete", None, a_gap(accepted="not ours"), a_gap()), True, None),
        (a_run("complete", None, a_gap(accepted="b"), a_gap(accepted="b")), False, "b"),
        (a_run("partial", "a", a_gap(accepted="b")), False, "a; b"),
        (a_run("partial", "a", a_gap()), True, None),
        (a_run("complete", None, a_gap("unsupported")), False, None),
        (a_run("complete", None, a_gap("malformed")), True, None),
    ],
)
def test_a_run_falls_short_where_nobody_answers_for_something_unseen(
    run: RunReport, *, short: bool, answer: str | None
) -> None:
    assert run.falls_short is short
    assert run.answer == answer


@pytest.mark.parametrize(
    ("parts", "worst"),
    [
        ((), "failed"),
        (("complete",), "complete"),
        (("complete", "absent"), "complete"),
        (("absent",), "absent"),
        (("complete", "partial"), "partial"),
        (("complete", "failed"), "partial"),
        (("failed", "failed"), "failed"),
        (("absent", "failed"), "partial"),
        (("something newer",), "failed"),
    ],
)
def test_a_scope_is_as_bad_as_its_worst_part(parts: tuple[str, ...], worst: str) -> None:
    for order in itertools.permutations(parts):
        assert worst_outcome(order) == worst
