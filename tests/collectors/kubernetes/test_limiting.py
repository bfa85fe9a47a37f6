"""Figures, windows and keys of limits as objects write them, and several limits put together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.deploying.endpoints import endpoints_of
from apiscape.collectors.kubernetes.deploying.operations import operations_of
from apiscape.collectors.kubernetes.exposed import Address, Exposed, Match, Rule
from apiscape.collectors.kubernetes.limiting import figure, joined, merged, rate_of, span_s, unit_s
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN, is_known

ODD: tuple[Any, ...] = (
    *(None, True, -1, "-1", "x", "", "½", "1e9", 2**60),
    *(float("nan"), float("inf"), [], {}, "9" * 5_000),
)
NO_SPANS: tuple[Any, ...] = ("", "s", "1m x", "1y", None, [])

A, B = RateLimit(requests=1.0, per_s=1.0), RateLimit(requests=2.0, per_s=1.0)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (5, 5.0),
        (0, 0.0),
        (1.5, 1.5),
        ("12", 12.0),
        (" 7 ", 7.0),
        *((each, UNKNOWN) for each in ODD),
    ],
)
def test_a_figure_is_a_number_that_is_none_too_strange(value: Any, told: Any) -> None:
    assert figure(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [("Second", 1.0), ("minutes", 60.0), ("h", 3_600.0), ("DAY", 86_400.0), ("s", 1.0), ("x", UNKNOWN), (7, UNKNOWN)],
)  # fmt: skip
def test_a_unit_is_so_many_seconds(value: Any, told: Any) -> None:
    assert unit_s(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("1.5h", 5_400.0),
        ("250ms", 0.25),
        ("2d", 172_800.0),
        (60, 60.0),
        ("60", 60.0),
        *((each, UNKNOWN) for each in NO_SPANS),
    ],
)
def test_a_duration_is_read_whole_or_not_at_all(value: Any, told: Any) -> None:
    assert span_s(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("10r/s", (10.0, 1.0)),
        (" 300r/m ", (300.0, 60.0)),
        ("10r/h", (UNKNOWN, UNKNOWN)),
        ("r/s", (UNKNOWN, UNKNOWN)),
        (10, (UNKNOWN, UNKNOWN)),
    ],
)
def test_a_rate_has_its_window(value: Any, told: Any) -> None:
    assert rate_of(value) == told


@given(st.text() | st.integers() | st.floats() | st.binary() | st.none())
def test_no_text_is_too_odd(value: Any) -> None:
    for read in (figure, unit_s, span_s):
        told = read(value)
        assert not is_known(told) or told >= 0
    assert len(rate_of(value)) == 2


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ([], UNKNOWN),
        ([UNKNOWN], UNKNOWN),
        ([()], ()),
        ([(), UNKNOWN], UNKNOWN),
        ([(A,), UNKNOWN], (A,)),
        ([(A,), (B, A), ()], (A, B)),
    ],
)
def test_what_is_known_to_hold_holds_whatever_else_is_not_known(told: Any, held: Any) -> None:
    assert joined(told) == held


def some(limit: RateLimit, condition: str = "here") -> RateLimit:
    return RateLimit(requests=limit.requests, per_s=limit.per_s, condition=condition)


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ([], UNKNOWN),
        ([(A,), (A,)], (A,)),
        ([UNKNOWN, UNKNOWN], UNKNOWN),
        ([(A,), UNKNOWN], UNKNOWN),
        ([(A,), ()], (some(A),)),
        ([(A, B), (A,)], (A, some(B))),
        ([(some(A, "there"),), ()], (some(A, "there, here"),)),
    ],
)
def test_a_limit_that_not_all_say_is_of_some_requests(told: Any, held: Any) -> None:
    assert merged(told, "here") == held


def test_an_operation_has_the_limits_of_its_rule_and_how_its_path_is_compared() -> None:
    rules = [
        Rule(matches=(Match(path="/a", path_type="exact"),), rate_limits=(A,)),
        Rule(matches=(Match(path="/b", path_type="regex"), Match(path="/c"))),
        Rule(matches=(Match(path="/c", path_type="own"),), rate_limits=()),
    ]
    told = [(each.template, each.match, each.rate_limits) for each in operations_of(rules)]
    assert told == [
        ("/a", "exact", (A,)),
        ("~ /b", "regex", UNKNOWN),
        ("/c/*", "prefix", UNKNOWN),
        ("/c*", "own", ()),
    ]


def test_requests_that_headers_alone_tell_apart_are_limited_for_some() -> None:
    rules = [Rule(rate_limits=(A,)), Rule(rate_limits=())]
    (told,) = operations_of(rules)
    assert told.rate_limits == (some(A, "for some of its requests"),)
    exposed = Exposed(metadata=Metadata(name="x"), rules=tuple(rules))
    assert exposed.rate_limit == "partial"


@pytest.mark.parametrize(
    ("scheme", "mode", "mtls", "told"),
    [
        ("http", "unknown", "unknown", "plain"),
        ("ws", "unknown", "unknown", "plain"),
        ("https", "unknown", "unknown", "unknown"),
        ("https", "terminate", "disabled", "terminate"),
        ("https", "terminate", "unknown", "terminate"),
        ("https", "terminate", "enabled", "mutual"),
        ("tls", "passthrough", "unknown", "passthrough"),
        ("tcp", "unknown", "disabled", "unknown"),
    ],
)
def test_who_ends_tls_is_as_the_address_says(scheme: str, mode: str, mtls: str, told: str) -> None:
    address = Address(host="a.example", scheme=scheme, tls_mode=mode, mtls=mtls)
    endpoints = endpoints_of(Exposed(metadata=Metadata(name="x"), addresses=(address,)))
    assert is_known(endpoints)
    assert [each.tls_mode for each in endpoints] == [told]
