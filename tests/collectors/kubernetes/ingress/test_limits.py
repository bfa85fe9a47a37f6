"""Limits of rates of Ingresses: by annotations, plugins of Kong, Middlewares of Traefik and Policies of NGINX."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.model.limits import RateLimits
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.kubernetes.ingress.room import Json, ingress, named, one, only

N = "nginx.ingress.kubernetes.io/"
F5 = "nginx.org/"
ROUTER = "haproxy.router.openshift.io/rate-limit-connections"
ADDRESS = ("client_address",)


def held(thing: Json, *around: Json) -> Any:
    return only(one(thing, *around)).rate_limits


def figures(told: Any) -> list[tuple[Any, ...]]:
    return [(each.requests, each.per_s, each.burst, each.counts, each.by) for each in told]


@pytest.mark.parametrize(
    ("class_name", "said", "told"),
    [
        ("nginx", {f"{N}limit-rps": "5"}, (5.0, 1.0, 25.0, "requests", ADDRESS)),
        ("nginx", {f"{N}limit-rpm": "30", f"{N}limit-burst-multiplier": "2"}, (30.0, 60.0, 60.0, "requests", ADDRESS)),
        ("nginx", {f"{N}limit-rps": "5", f"{N}limit-burst-multiplier": "x"}, (5.0, 1.0, UNKNOWN, "requests", ADDRESS)),
        ("nginx", {f"{N}limit-rps": "fast"}, (UNKNOWN, 1.0, UNKNOWN, "requests", ADDRESS)),
        ("nginx", {f"{N}limit-connections": "9"}, (9.0, None, None, "connections", ADDRESS)),
        ("f5", {f"{F5}limit-req-rate": "10r/s"}, (10.0, 1.0, None, "requests", ADDRESS)),
        ("f5", {f"{F5}limit-req-rate": "10r/m", f"{F5}limit-req-key": "${http_x_team}", f"{F5}limit-req-burst": "3"},
         (10.0, 60.0, 3.0, "requests", ("header:x-team",))),
        ("haproxy", {"haproxy.org/rate-limit-requests": "7"}, (7.0, 1.0, None, "requests", ADDRESS)),
        ("haproxy", {"haproxy.org/rate-limit-requests": "7", "haproxy.org/rate-limit-period": "1m"},
         (7.0, 60.0, None, "requests", ADDRESS)),
        ("haproxy-ingress", {"haproxy-ingress.github.io/limit-rps": "4"}, (4.0, 1.0, None, "requests", ADDRESS)),
        ("openshift-default", {ROUTER: "true", f"{ROUTER}.rate-http": "6"}, (6.0, 3.0, None, "requests", ADDRESS)),
        ("openshift-default", {ROUTER: "true", f"{ROUTER}.concurrent-tcp": "2"},
         (2.0, None, None, "connections", ADDRESS)),
    ],
)  # fmt: skip
def test_an_annotation_limits_callers(class_name: str, said: Json, told: tuple[Any, ...]) -> None:
    limits = held(ingress(class_name, said=said))
    assert figures(limits) == [told]
    assert (limits[0].native_id, limits[0].shared) == ("Ingress shop/api", False)
    assert limits[0].evidence in said


@pytest.mark.parametrize(
    ("class_name", "said", "told"),
    [
        ("nginx", {}, ()),
        ("nginx", {f"{N}limit-rps": "0"}, ()),
        ("f5", {f"{F5}limit-req-rate": "1r/s", f"{F5}limit-req-dry-run": "true"}, ()),
        ("openshift-default", {f"{ROUTER}.rate-http": "6"}, UNKNOWN),
        ("own", {f"{N}limit-rps": "5"}, UNKNOWN),
        ("traefik", {}, UNKNOWN),
    ],
)
def test_none_is_said_only_where_nothing_else_could_limit(
    class_name: str, said: Json, told: Any
) -> None:
    assert held(ingress(class_name, said=said)) == told


def test_limits_that_hold_together_are_all_said_and_whom_they_spare() -> None:
    said = {f"{N}limit-rps": "5", f"{N}limit-rpm": "60", f"{N}limit-whitelist": "10.0.0.0/8"}
    found = one(ingress("nginx", said=said))
    limits: RateLimits = held(ingress("nginx", said=said))
    assert [each.requests for each in limits] == [5.0, 60.0]
    assert {each.condition for each in limits} == {f"not for callers of {N}limit-whitelist"}
    assert found.rate_limit == "partial"


# What Ingresses name.


def kong(config: Json | None, kind: str = "rate-limiting") -> Any:
    plugin = named("KongPlugin", "p", "shop", plugin=kind, config=config)
    return held(ingress("kong", said={"konghq.com/plugins": "p"}), plugin)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"minute": 5, "hour": 100, "policy": "local"},
         [(5.0, 60.0, ("consumer",), False), (100.0, 3_600.0, ("consumer",), False)]),
        ({"second": 1, "limit_by": "ip", "policy": "redis"}, [(1.0, 1.0, ADDRESS, True)]),
        ({"second": 1, "limit_by": "header", "header_name": "X-Team"}, [(1.0, 1.0, ("header:x-team",), False)]),
        ({"second": 1, "limit_by": "service"}, [(1.0, 1.0, (), False)]),
        ({"second": "x", "limit_by": "odd"}, [(UNKNOWN, 1.0, UNKNOWN, False)]),
        (None, [(UNKNOWN, UNKNOWN, ("consumer",), False)]),
        ({"limits": {"sms": {"minute": 1}}}, [(UNKNOWN, UNKNOWN, ("consumer",), False)]),
    ],
)  # fmt: skip
def test_a_plugin_of_kong_limits_in_each_of_its_windows(config: Any, told: Any) -> None:
    limits = kong(config)
    assert [(each.requests, each.per_s, each.by, each.shared) for each in limits] == told
    assert {(each.native_id, each.evidence) for each in limits} == {
        ("KongPlugin shop/p", "rate-limiting")
    }


def test_the_advanced_plugin_has_lists_and_nothing_of_its_secrets_is_kept() -> None:
    config = {
        "limit": [5, 100],
        "window_size": [10, 3_600],
        "identifier": "credential",
        "strategy": "cluster",
        "redis": {"password": "CANARY"},
    }
    limits = kong(config, "rate-limiting-advanced")
    assert [(each.requests, each.per_s, each.by, each.shared) for each in limits] == [
        (5.0, 10.0, ("credential",), True),
        (100.0, 3_600.0, ("credential",), True),
    ]
    assert "CANARY" not in repr(limits)
    (unsaid,) = kong({"limit": [5], "window_size": [10]}, "rate-limiting-advanced")
    assert unsaid.shared is UNKNOWN


def test_a_plugin_that_is_not_there_may_limit() -> None:
    assert held(ingress("kong", said={"konghq.com/plugins": "gone"})) is UNKNOWN
    assert held(ingress("kong", said={})) == ()
    assert held(ingress("f5", said={"nginx.org/policies": "gone"})) is UNKNOWN


def traefik(**spec: Any) -> Any:
    said = {"traefik.ingress.kubernetes.io/router.middlewares": "shop-m@kubernetescrd"}
    return held(ingress("traefik", said=said), named("Middleware", "m", spec=spec))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"rateLimit": {"average": 100}}, (100.0, 1.0, 1.0, "requests", ADDRESS)),
        ({"rateLimit": {"average": 6, "period": "1m", "burst": 12, "sourceCriterion": {"requestHost": True}}},
         (6.0, 60.0, 12.0, "requests", ("host",))),
        ({"rateLimit": {"average": 6, "period": 60, "sourceCriterion": {"requestHeaderName": "X-Team"}}},
         (6.0, 60.0, 1.0, "requests", ("header:x-team",))),
        ({"inFlightReq": {"amount": 9}}, (9.0, None, None, "requests", ("host",))),
        ({"inFlightReq": {"amount": 9, "sourceCriterion": {}}}, (9.0, None, None, "requests", ("host",))),
        ({"inFlightReq": {"amount": 9, "sourceCriterion": {"ipStrategy": {"depth": 1}}}},
         (9.0, None, None, "requests", ADDRESS)),
    ],
)  # fmt: skip
def test_a_middleware_limits_callers(spec: Json, told: tuple[Any, ...]) -> None:
    limits = traefik(**spec)
    assert figures(limits) == [told]
    assert limits[0].native_id == "Middleware shop/m"


def test_a_middleware_counts_for_all_instances_where_it_has_a_store_of_its_own() -> None:
    (limit,) = traefik(rateLimit={"average": 1, "redis": {"secret": "CANARY"}})
    assert limit.shared is True
    assert "CANARY" not in repr(limit)


@pytest.mark.parametrize("told", [{"average": 0}, {}])
def test_a_middleware_of_zero_limits_nobody(told: Json) -> None:
    assert traefik(rateLimit=told) is UNKNOWN


def test_a_policy_of_nginx_limits_callers() -> None:
    policy = named("Policy", "p", spec={"rateLimit": {"rate": "10r/s", "key": "$uri", "burst": 4}})
    thing = ingress("f5", said={"nginx.org/policies": "p"})
    (limit,) = held(thing, policy)
    assert (limit.requests, limit.burst, limit.by) == (10.0, 4.0, ("uri",))
    assert limit.native_id == "Policy shop/p"


SAID = st.dictionaries(
    st.sampled_from([f"{N}{key}" for key in ("limit-rps", "limit-rpm", "limit-connections")]),
    st.sampled_from(["0", "1", "20", "odd"]),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(SAID, st.data())
def test_an_annotation_less_never_adds_a_limit(said: Json, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from([*said, "none"]))
    before = held(ingress("nginx", said=said))
    after = held(ingress("nginx", said={key: value for key, value in said.items() if key != gone}))
    assert is_known(before)
    assert set(after) == {each for each in before if each.evidence != gone}
