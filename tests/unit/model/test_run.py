from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.run import Ledger, add_ledgers, worst_outcome
from tests.unit.model.build import a_scope

COUNTS = st.integers(0, 50)
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
