"""Limits of rates that policies of Gateway API's controllers give: how often, by what, by which policy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    KGATEWAY,
    NGINX,
    ROUTE,
    Json,
    accepted,
    gateway,
    holding,
    made,
    point,
)

HTTPS = gateway(https="HTTPS")


def held(*objects: Json, at: Any = None) -> RateLimits:
    told = holding(*objects, at=at).rate_limits
    assert is_known(told)
    return told


# Envoy Gateway.


def backend(limit: Json | None, name: str = "b", target: Json = ROUTE, **more: Any) -> Json:
    spec = {"targetRefs": [target]} | ({} if limit is None else {"rateLimit": limit}) | more
    return made("BackendTrafficPolicy", name, spec)


def envoy(kind: str, *rules: Json) -> Json:
    return backend({"type": kind.title(), kind: {"rules": list(rules)}})


FIVE = {"limit": {"requests": 5, "unit": "Minute"}}


@pytest.mark.parametrize(
    ("selectors", "by", "condition"),
    [
        (None, (), None),
        ([{"headers": [{"name": "X-Team", "type": "Distinct"}]}], ("header:x-team",), None),
        ([{"sourceCIDR": {"value": "0.0.0.0/0", "type": "Distinct"}}], ("client_address",), None),
        ([{"headers": [{"name": "x-key", "value": "CANARY"}]}], (), "for some values of header:x-key"),
        ([{"sourceCIDR": {"value": "10.0.0.0/8"}, "methods": [{"value": "GET"}], "path": {"value": "/a"}}],
         (), "for some values of client_address, path, methods"),
        ([{"headers": [{"name": 7}]}, {"queryParams": [{"name": "q"}]}], (),
         "for some values of header:?, query"),
    ],
)  # fmt: skip
def test_envoy_says_by_what_it_counts_and_never_which_values(
    selectors: Any, by: tuple[str, ...], condition: str | None
) -> None:
    chosen = {} if selectors is None else {"clientSelectors": selectors}
    (limit,) = held(HTTPS, envoy("global", FIVE | chosen))
    assert (limit.requests, limit.per_s, limit.shared) == (5.0, 60.0, True)
    assert (limit.by, limit.condition) == (by, condition)
    assert (limit.native_id, limit.evidence) == (
        "BackendTrafficPolicy shop/b",
        "rateLimit.global",
    )
    assert "CANARY" not in repr(limit)


def test_envoy_counts_locally_in_each_instance_and_both_hold() -> None:
    hour = {"limit": {"requests": 9, "unit": "Hour"}}
    both = {"local": {"rules": [FIVE]}, "global": {"rules": [hour]}}
    told = [(each.requests, each.per_s, each.shared) for each in held(HTTPS, backend(both))]
    assert told == [(5.0, 60.0, False), (9.0, 3_600.0, True)]


@pytest.mark.parametrize(
    "rule", [{}, {"limit": {}}, {"limit": {"requests": "many", "unit": "Fortnight"}}]
)
def test_a_limit_of_another_form_limits_all_the_same(rule: Json) -> None:
    (limit,) = held(HTTPS, envoy("local", rule))
    assert (limit.requests, limit.per_s) == (UNKNOWN, UNKNOWN)


def test_of_two_policies_of_envoy_the_more_specific_one_holds() -> None:
    wide = backend({"local": {"rules": [FIVE]}}, "wide", GATEWAY)
    narrow = backend({"local": {"rules": [{"limit": {"requests": 1, "unit": "Second"}}]}}, "narrow")
    assert [each.native_id for each in held(HTTPS, wide, narrow)] == [
        "BackendTrafficPolicy shop/narrow"
    ]
    other = backend(None, "narrow", mergeType="StrategicMerge")
    assert [each.native_id for each in held(HTTPS, wide, other)] == [
        "BackendTrafficPolicy shop/wide"
    ]
    assert held(HTTPS, wide, backend(None, "narrow")) == ()


# Kuadrant.


def kuadrant(spec: Json) -> Json:
    conditions = [
        {"type": each, "status": "True", "observedGeneration": 1}
        for each in ("Accepted", "Enforced")
    ]
    return made(
        "RateLimitPolicy",
        "l",
        {"targetRef": ROUTE} | spec,
        group="kuadrant.io",
        status={"conditions": conditions},
    )


@pytest.mark.parametrize(
    ("expression", "by"),
    [
        ("auth.identity.username", "consumer"),
        ("request.headers['X-Team']", "header:x-team"),
        ("request.http.headers.x-team", "header:x-team"),
        ("source.address", "client_address"),
        ("request.path", "request.path"),
        (7, ""),
    ],
)
def test_kuadrant_counts_by_what_its_expressions_name(expression: Any, by: str) -> None:
    rates = {"rates": [{"limit": 5, "window": "10s"}, {"limit": 100, "window": "1h30m"}]}
    told = held(
        HTTPS, kuadrant({"limits": {"all": rates | {"counters": [{"expression": expression}]}}})
    )
    assert [(each.requests, each.per_s, each.by, each.condition) for each in told] == [
        (5.0, 10.0, (by,), None),
        (100.0, 5_400.0, (by,), None),
    ]
    assert {(each.native_id, each.evidence) for each in told} == {
        ("RateLimitPolicy shop/l", "limit all")
    }


@pytest.mark.parametrize(
    "spec",
    [
        {"limits": {"all": {"rates": [{"limit": 1}], "when": [{"predicate": "CANARY"}]}}},
        {"when": [{"predicate": "CANARY"}], "limits": {"all": {"rates": [{"limit": 1}]}}},
        {"overrides": {"when": [{"predicate": "CANARY"}], "limits": {"all": {"rates": [{"limit": 1}]}}}},
    ],
)  # fmt: skip
def test_a_limit_with_predicates_is_for_some_requests(spec: Json) -> None:
    told = holding(HTTPS, kuadrant(spec))
    assert told.rate_limit == "partial"
    assert "CANARY" not in repr(told)


# kgateway, NGINX.


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"local": {"tokenBucket": {"maxTokens": 20, "tokensPerFill": 10, "fillInterval": "30s"}}},
         [(10.0, 30.0, 20.0, False)]),
        ({"local": {"tokenBucket": {"maxTokens": 20, "fillInterval": "1s"}}, "global": {"descriptors": []}},
         [(1.0, 1.0, 20.0, False), (UNKNOWN, UNKNOWN, UNKNOWN, True)]),
        ({"local": {}}, [(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)]),
    ],
)  # fmt: skip
def test_kgateway_fills_buckets_and_asks_a_service(limit: Json, told: Any) -> None:
    policy = made(
        "TrafficPolicy",
        "p",
        {"targetRefs": [ROUTE], "rateLimit": limit},
        status=accepted(KGATEWAY),
    )
    found = held(HTTPS, policy, at=point(KGATEWAY))
    assert [(each.requests, each.per_s, each.burst, each.shared) for each in found] == told
    assert {each.native_id for each in found} == {"TrafficPolicy shop/p"}


def nginx(name: str, *rules: Json) -> Json:
    spec = {"targetRefs": [GATEWAY], "rateLimit": {"local": {"rules": list(rules)}}}
    return made("RateLimitPolicy", name, spec, group="gateway.nginx.org", status=accepted(NGINX))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"rate": "10r/s", "key": "$binary_remote_addr", "burst": 5}, (10.0, 1.0, 5.0, ("client_address",), None)),
        ({"rate": "300r/m", "key": "$http_x_team${server_name}"},
         (300.0, 60.0, None, ("header:x-team", "server_name"), None)),
        ({"rate": "fast", "key": "constant"}, (UNKNOWN, UNKNOWN, None, UNKNOWN, None)),
        ({"rate": "1r/s", "key": "k", "condition": {"jwt": {"match": "CANARY"}}},
         (1.0, 1.0, None, UNKNOWN, "where its condition holds")),
    ],
)  # fmt: skip
def test_nginx_says_rates_and_variables(rule: Json, told: Any) -> None:
    (limit,) = held(HTTPS, nginx("r", rule), at=point(NGINX))
    assert (limit.requests, limit.per_s, limit.burst, limit.by, limit.condition) == told
    assert limit.shared is False


RULES = st.fixed_dictionaries(
    {"rate": st.sampled_from(["1r/s", "2r/m", "odd"]), "key": st.sampled_from(["$uri", "k"])},
    optional={"dryRun": st.booleans(), "burst": st.integers(0, 9)},
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.lists(RULES, max_size=2), min_size=1, max_size=3), st.data())
def test_a_policy_less_never_adds_a_limit(rules: list[list[Json]], data: st.DataObject) -> None:
    policies = [nginx(f"r{number}", *each) for number, each in enumerate(rules)]
    gone = data.draw(st.sampled_from(policies))
    before = held(HTTPS, *policies, at=point(NGINX))
    after = held(HTTPS, *(each for each in policies if each is not gone), at=point(NGINX))
    assert set(after) <= set(before)
    name = f"RateLimitPolicy shop/{gone['metadata']['name']}"
    assert set(before) - set(after) == {each for each in before if each.native_id == name}


POLICIES = st.lists(
    st.tuples(st.sampled_from([GATEWAY, ROUTE]), st.integers(1, 9), st.sampled_from([None, "JSONMerge"])),
    min_size=1,
    max_size=4,
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(POLICIES, st.data())
def test_a_limit_is_always_of_a_policy_that_is_there(told: Any, data: st.DataObject) -> None:
    policies = [
        backend(
            {"local": {"rules": [{"limit": {"requests": requests, "unit": "Second"}}]}},
            f"b{number}",
            target,
            **({"mergeType": merge} if merge else {}),
        )
        for number, (target, requests, merge) in enumerate(told)
    ]
    left = data.draw(st.lists(st.sampled_from(policies), unique_by=id))
    names = {f"BackendTrafficPolicy shop/{each['metadata']['name']}" for each in left}
    found: tuple[RateLimit, ...] = held(HTTPS, *left)
    assert {each.native_id for each in found} <= names
    assert bool(found) == bool(left)
