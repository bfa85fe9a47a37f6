from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.codec import detail_hash, encode, facts_hash
from apiscape.model.deployment import Endpoint, Operation
from apiscape.model.limits import RateLimit, limited, summarise_limits
from apiscape.model.values import UNKNOWN
from tests.unit.model.build import a_deployment

ALL = (RateLimit(requests=1.0, per_s=1.0),)
SOME = (RateLimit(condition="where x is y"),)
NONE: tuple[RateLimit, ...] = ()


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (UNKNOWN, "unknown"),
        (NONE, "disabled"),
        (ALL, "enabled"),
        (SOME, "partial"),
        (SOME + ALL, "enabled"),
        ((RateLimit(),), "enabled"),
    ],
)
def test_an_operation_is_limited_where_a_limit_is_for_all_of_its_requests(
    limits: Any, word: str
) -> None:
    assert limited(limits) == word


@pytest.mark.parametrize(
    ("operations", "word"),
    [
        ([], "unknown"),
        ([ALL, ALL], "enabled"),
        ([NONE, NONE], "disabled"),
        ([UNKNOWN], "unknown"),
        ([ALL, NONE], "partial"),
        ([ALL, SOME], "partial"),
        ([NONE, SOME, UNKNOWN], "partial"),
        ([ALL, NONE, UNKNOWN], "partial"),
        ([ALL, UNKNOWN], "unknown"),
        ([NONE, UNKNOWN], "unknown"),
    ],
)
def test_a_set_of_operations_is_limited_as_far_as_each_is(operations: Any, word: str) -> None:
    assert summarise_limits(operations) == word


@given(st.lists(st.sampled_from([ALL, NONE, SOME, UNKNOWN]), min_size=1, max_size=6), st.data())
def test_what_is_learnt_of_an_operation_never_takes_a_known_word_back(
    operations: Any, data: st.DataObject
) -> None:
    word = summarise_limits(operations)
    learnt = [
        data.draw(st.sampled_from([ALL, NONE, SOME])) if each is UNKNOWN else each
        for each in operations
    ]
    assert word in {"unknown", summarise_limits(learnt)}


@given(st.lists(st.sampled_from([ALL, NONE, SOME]), min_size=1, max_size=6), st.data())
def test_a_limit_less_never_makes_more_of_them_limited(
    operations: Any, data: st.DataObject
) -> None:
    order = ("disabled", "partial", "enabled")
    less = list(operations)
    less[data.draw(st.integers(0, len(less) - 1))] = NONE
    before, after = summarise_limits(operations), summarise_limits(less)
    assert order.index(after) <= order.index(before)


def test_what_nobody_knew_before_leaves_the_hashes_as_they_were() -> None:
    operation, endpoint = Operation("GET", "/a"), Endpoint("https://x.example")
    item = a_deployment(operations=(operation,), endpoints=(endpoint,))
    assert b"rate_limit" not in encode(item)
    assert b"match" not in encode(item)
    assert b"tls_mode" not in encode(item)
    told = a_deployment(
        operations=(Operation("GET", "/a", rate_limits=()),),
        endpoints=(Endpoint("https://x.example", tls_mode="plain"),),
    )
    assert detail_hash(told) != detail_hash(item)
    assert facts_hash(told) != facts_hash(item)
