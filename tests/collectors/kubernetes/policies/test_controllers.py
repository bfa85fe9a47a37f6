"""What holds whichever controller looks after a gateway, and where nobody knows what it enforces."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.effective import CONTROLLERS, POLICIES, effective
from apiscape.collectors.kubernetes.policies.securing import together
from tests.collectors.kubernetes.policies.clusters import (
    AMAZON,
    ENVOY,
    EVERY,
    GATEWAY,
    GOOGLE,
    ISTIO,
    KGATEWAY,
    NGINX,
    ROUTE,
    Json,
    accepted,
    asked_of,
    decoded,
    holding,
    look_at,
    made,
    point,
    world_of,
)

FILTER = ("gateway.nginx.org", "AuthenticationFilter", "login")


def test_what_a_controller_that_nobody_knows_enforces_is_unknown() -> None:
    for name in ("example.com/gateway", "", "istio"):
        told = holding(at=point(controller=name))
        assert (told.security.requirement, told.rate_limit, told.mtls) == ("unknown",) * 3


def test_what_is_attached_to_no_gateway_is_asked_nothing_that_anybody_knows() -> None:
    assert asked_of(at=point(gateway=None)) == ("unknown",)


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX, GOOGLE, AMAZON])
def test_an_extension_that_nobody_knows_never_leaves_a_rule_open(controller: str) -> None:
    at = point(controller, extensions=(("x.example", "Plugin", "p"),))
    security = holding(at=at).security
    assert security.requirement == "unknown"
    assert "Plugin p may ask for more" in (security.evidence or "")


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
def test_nothing_is_asked_where_all_policies_were_seen_and_none_is_attached(
    controller: str,
) -> None:
    security = holding(at=point(controller)).security
    assert security.requirement == "none"
    assert security.evidence


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX, GOOGLE, AMAZON])
def test_nothing_is_known_of_a_cluster_that_nobody_could_read(controller: str) -> None:
    every = [each.kind for each in POLICIES]
    at = point(controller, extensions=(FILTER,))
    told = holding(at=at, unseen=every)
    assert told.security.requirement == "unknown"
    assert {told.rate_limit, told.cors, told.waf, told.mtls} == {"unknown"}


def test_what_nobody_can_say_who_looks_after_is_unknown() -> None:
    nobody = msgspec.structs.replace(point(), controller=None)
    assert asked_of(at=nobody) == ("unknown",)


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
@pytest.mark.parametrize(
    ("read", "at", "told"),
    [
        (["shop", "istio-system"], {}, "none"),
        (["other", "istio-system"], {}, "unknown"),
        (["shop", "istio-system"], {"gateway": "edge/edge"}, "unknown"),
    ],
)
def test_of_some_namespaces_that_are_read_those_of_a_route_and_its_gateway_count(
    controller: str, read: list[str], at: Json, told: str
) -> None:
    world = world_of()
    for each in EVERY:
        world.see(each.name, whole=True, namespaces=read)
    found = effective(point(controller, **at), look_at(world)).security
    assert found.requirement == told


def test_nobody_knows_that_nothing_is_asked_while_a_policy_is_odd() -> None:
    world = world_of()
    world.doubt("securitypolicies.gateway.envoyproxy.io", "other/odd")
    assert effective(point(), look_at(world)).security.requirement == "none"
    world.doubt("securitypolicies.gateway.envoyproxy.io", "shop/odd")
    assert effective(point(), look_at(world)).security.requirement == "unknown"


def test_what_services_of_a_rule_ask_says_nothing_of_other_rules() -> None:
    world = world_of()
    told = [
        effective(point(GOOGLE, services=services), look_at(world)).waf
        for services in ((), ("shop/web",), ())
    ]
    assert told == ["unknown", "disabled", "unknown"]


def test_a_filter_of_envoy_gateway_that_rewrites_asks_for_nothing() -> None:
    at = point(ENVOY, extensions=(("gateway.envoyproxy.io", "HTTPRouteFilter", "f"),))
    assert asked_of(at=at) == ("none",)


def test_each_kind_of_policy_is_read_once() -> None:
    names = [each.name for each in POLICIES]
    assert len(names) == len(set(names))
    assert all(name.endswith("/") for name in CONTROLLERS)


def test_a_change_of_a_policy_asks_again_whoever_looked() -> None:
    told = made("SecurityPolicy", "p", {"targetRefs": [ROUTE], "basicAuth": {}})
    world = world_of(told)
    look = look_at(world)
    assert effective(point(), look).security.requirement == "required"
    look.done()
    world.drop("securitypolicies.gateway.envoyproxy.io", "shop/p")
    assert [each.key for each in world.stale] == ["shop/web"]


NOTHING_OF_ITS_OWN: list[Json] = [
    made("SecurityPolicy", "p", {"targetRefs": [GATEWAY], "basicAuth": {}}),
    made(
        "TrafficPolicy", "t", {"targetRefs": [GATEWAY], "basicAuth": {}}, status=accepted(KGATEWAY)
    ),
    made("RequestAuthentication", "r", {"jwtRules": [{"issuer": "i"}]}, status={}),
    made("SnippetsPolicy", "s", {"targetRefs": [GATEWAY]}, status=accepted(NGINX)),
]


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
def test_what_holds_of_a_listener_is_what_holds_of_each_route_that_nothing_is_for(
    controller: str,
) -> None:
    world = world_of(*NOTHING_OF_ITS_OWN)
    shared = [effective(point(controller), look_at(world)) for _ in range(2)]
    told = CONTROLLERS[f"{controller.partition('/')[0]}/"]
    alone = [
        each(point(controller), look_at(world_of(*NOTHING_OF_ITS_OWN))) for each in told.families
    ]
    assert shared[0] == shared[1]
    assert shared[0].security == together([each.security for each in alone if each.security])
    assert shared[0].security.requirement != "none"


def test_a_route_that_a_policy_comes_to_be_for_is_asked_by_it() -> None:
    world = world_of()
    look = look_at(world)
    assert effective(point(), look).security.requirement == "none"
    look.done()
    policy = made("SecurityPolicy", "p", {"targetRefs": [ROUTE], "basicAuth": {}})
    resource = next(each for each in POLICIES if each.kind == "SecurityPolicy")
    world.put(resource.name, decoded(policy, resource))
    assert [each.key for each in world.stale] == ["shop/web"]
    assert effective(point(), look_at(world)).security.requirement == "required"
