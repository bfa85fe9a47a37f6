"""Limits that objects of the table state: figures in every form that gateways write them, and those of none."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.table.rating import limits_of
from apiscape.collectors.kubernetes.table.sketch import Limit
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.table.room import route, rules


def figures(**stated: Any) -> list[tuple[Any, Any]]:
    found = limits_of((Limit(**stated),), "Gate shop/a", is_on=True)
    return [(each.requests, each.per_s) for each in found]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ({"requests": 10, "per": "MINUTE"}, [(10, 60)]),
        ({"requests": "10", "per": "1m30s"}, [(10, 90)]),
        ({"requests": 10, "per": 30}, [(10, 30)]),
        ({"requests": 10, "per": "30"}, [(10, 30)]),
        ({"rate": "300r/m"}, [(300, 60)]),
        ({"rate": "many"}, [(UNKNOWN, UNKNOWN)]),
        ({"windows": {"second": 5, "hour": 100}}, [(5, 1), (100, 3600)]),
        ({"windows": {"fortnight": 5}}, [(5, UNKNOWN)]),
        ({"requests": [5, 100], "per": [1, 3600]}, [(5, 1), (100, 3600)]),
        ({"requests": [5, 100], "per": [1]}, [(5, 1)]),
        ({"requests": [5, 100], "per": "second"}, [(UNKNOWN, 1)]),
        ({"requests": 3, "at_once": True}, [(3, None)]),
        ({"requests": {"odd": 1}, "per": ["odd"]}, [(UNKNOWN, UNKNOWN)]),
        ({"requests": -1, "per": float("inf")}, [(UNKNOWN, UNKNOWN)]),
        ({}, [(UNKNOWN, UNKNOWN)]),
    ],
)
def test_figures_are_read_in_every_form_and_unknown_in_any_other(
    stated: dict[str, Any], found: list[tuple[Any, Any]]
) -> None:
    assert figures(**stated) == found


def test_what_is_stated_beside_figures_is_kept_and_what_is_not_is_unknown() -> None:
    (bare,) = limits_of((Limit(counts="apples"),), "Gate shop/a", is_on=False)
    assert (bare.by, bare.shared, bare.burst, bare.counts) == (UNKNOWN, UNKNOWN, None, "requests")
    whole = Limit(
        burst="5", by=("all", "consumer"), shared=False, counts="connections", condition="at night"
    )
    (limit,) = limits_of((whole,), "Gate shop/a", is_on=False)
    assert (limit.burst, limit.by, limit.shared) == (5, ("consumer",), False)
    assert (limit.counts, limit.condition) == ("connections", "at night")
    (keyed,) = limits_of((Limit(key="$binary_remote_addr$http_x_team"),), "x", is_on=False)
    assert keyed.by == ("client_address", "header:x-team")


def test_that_there_is_a_limit_is_said_without_figures_and_that_there_is_none_not() -> None:
    assert list(limits_of((), "Gate shop/a", is_on=True)) == [RateLimit(native_id="Gate shop/a")]
    assert list(limits_of((), "Gate shop/a", is_on=False)) == []


TABLE = """
  limits: "[spec.limit][?many].{requests: many, per: unit, by: ['all'], setting: 'limit'}"
  rules:
    - each: spec.routes[]
      limits: "[limit][?many].{requests: many, per: unit}"
"""


def test_limits_of_the_whole_and_of_a_rule_hold_together() -> None:
    exposed = route(
        TABLE,
        spec={
            "limit": {"many": 100, "unit": "minute"},
            "routes": [{"limit": {"many": 5, "unit": "second"}}, {}],
        },
    ).one()
    first, second = rules(exposed)
    wide = RateLimit(
        requests=100.0,
        per_s=60.0,
        burst=None,
        by=(),
        evidence="limit",
        native_id="Gate shop/a",
    )
    own = RateLimit(requests=5.0, per_s=1.0, burst=None, native_id="Gate shop/a")
    assert first.rate_limits == (own, wide)
    assert second.rate_limits == (wide,)
    assert exposed.rate_limit == "enabled"


def test_a_limit_that_cannot_be_read_is_said_to_be_so_and_never_to_be_none() -> None:
    text = TABLE + "  whole: [rate_limit]\n"
    odd = route(text, spec={"limit": {"many": 1, "unit": "s", "x": 1}, "routes": [{"limit": "x"}]})
    assert rules(odd.one())[0].rate_limits != ()
    broken = '\n  limits: "{requests: spec.many, bogus: spec.many}"\n  whole: [rate_limit]\n  rules: [{}]\n'
    exposed = route(broken, spec={"many": 5}).one()
    assert rules(exposed)[0].rate_limits is UNKNOWN
    assert exposed.incomplete == ("limits could not be read",)
