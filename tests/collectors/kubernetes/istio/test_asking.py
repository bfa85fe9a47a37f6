"""What is asked of callers of virtual services: at gateways, and within the mesh."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.istio.resources import VIRTUAL_SERVICES
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.istio.meshes import (
    RESOURCES,
    asked,
    front,
    gateway,
    istio,
    mesh_of,
    one,
    paths,
    server,
    to,
    told_of,
    virtual,
)
from tests.collectors.kubernetes.policies.clusters import Json, decoded, made

ROUTE = {"route": [to()]}
TOKEN: Json = {"rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]}
JWT: Json = {"jwtRules": [{"issuer": "https://id.example"}]}


def selecting(**labels: str) -> Json:
    return {"selector": {"matchLabels": labels}}


def allows(spec: Json, namespace: str = "istio-system") -> Json:
    return istio("AuthorizationPolicy", "ask", spec, namespace)


def service(name: str = "web", namespace: str = "shop", **selector: str) -> Json:
    told = made("Service", name, {"selector": selector}, group="x", namespace=namespace)
    return told | {"apiVersion": "v1", "status": {}}


# ── At a gateway ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (allows(TOKEN), ["required"]),
        (allows(TOKEN | selecting(istio="ingressgateway")), ["required"]),
        (allows(TOKEN | selecting(app="gateway")), ["required"]),
        (allows(TOKEN | selecting(istio="other")), ["none"]),
        (allows(TOKEN | selecting(version="v1")), ["unknown"]),
        (allows(TOKEN, "shop"), ["none"]),
        (istio("RequestAuthentication", "jwt", JWT, "istio-system"), ["optional"]),
        (istio("EnvoyFilter", "lua", {}, "istio-system"), ["unknown"]),
        (istio("EnvoyFilter", "lua", {}, "shop"), ["none"]),
        (istio("EnvoyFilter", "tcp-stats-filter-1.17", {}, "istio-system"), ["none"]),
        (istio("EnvoyFilter", "metadata-exchange-1.9-x", {}, "istio-system"), ["none"]),
        (istio("EnvoyFilter", "stats-filter-mine", {}, "istio-system"), ["unknown"]),
    ],
)
def test_policies_are_for_the_workloads_of_a_gateway(policy: Json, told: list[str]) -> None:
    assert asked(one(virtual(ROUTE), gateway(), front(), policy)) == told


@pytest.mark.parametrize(
    "spec", [{}, {"workloadSelector": {"labels": {"istio": "ingressgateway"}}}]
)
def test_a_filter_may_limit_callers_and_without_one_nobody_knows_that_none_does(spec: Json) -> None:
    local = istio("EnvoyFilter", "local-rate-limit", spec, "istio-system")
    for objects in ([], [local]):
        told = one(virtual(ROUTE), gateway(), front(), *objects)
        assert told.rate_limit == "unknown"
        assert [each.rate_limits for each in told.rules or ()] == [UNKNOWN]


def test_where_the_workloads_are_not_known_a_policy_of_any_namespace_may_be_for_them() -> None:
    told = one(
        virtual(ROUTE), gateway(), allows(TOKEN | selecting(istio="ingressgateway"), "infra")
    )
    assert asked(told) == ["unknown"]
    assert asked(one(virtual(ROUTE), gateway())) == ["none"]
    unseen = one(virtual(ROUTE), gateway(), front(), allows(TOKEN, "infra"), unseen=["Service"])
    assert asked(unseen) == ["unknown"]


def test_requests_of_a_route_that_something_else_is_asked_of_are_a_rule_of_their_own() -> None:
    match = [{"uri": {"exact": "/open"}}, {"uri": {"prefix": "/a"}}, {"uri": {"exact": "/b"}}]
    open_path = {"to": [{"operation": {"paths": ["/open"]}}]}
    policy = allows({"rules": [*TOKEN["rules"], open_path]})
    told = one(virtual(ROUTE | {"match": match}), gateway(), front(), policy)
    assert asked(told) == ["none", "required"]
    assert [path for _, path, _ in paths(told)] == ["/open", "/a", "/b"]
    assert len({each.targets for each in told.rules or ()}) == 1


def test_a_prefix_of_istio_begins_with_its_letters() -> None:
    prefix = ROUTE | {"match": [{"uri": {"prefix": "/op"}}]}
    open_paths = allows({"rules": [{"to": [{"operation": {"paths": ["/op*"]}}]}]})
    assert asked(one(virtual(prefix), gateway(), front(), open_paths)) == ["none"]
    narrower = allows({"rules": [{"to": [{"operation": {"paths": ["/open*"]}}]}]})
    assert asked(one(virtual(prefix), gateway(), front(), narrower)) == ["unknown"]


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ([server("HTTPS", 443)], ["unknown"]),
        ([server("HTTPS", 444)], ["none"]),
        ([server("HTTPS", 443), server("HTTPS", 444)], ["unknown"]),
    ],
)
def test_a_policy_may_go_by_ports_and_hosts(servers: list[Json], told: list[str]) -> None:
    operation = {"ports": ["444"], "hosts": ["a.example"]}
    policy = allows({"rules": [{"to": [{"operation": operation}]}]})
    assert asked(one(virtual(ROUTE), gateway(*servers), front(), policy)) == told


MUTUAL = {"mode": "MUTUAL", "credentialName": "cert"}


def test_a_certificate_is_asked_for_where_every_server_asks_for_one() -> None:
    both = one(virtual(ROUTE), gateway(server("HTTPS", 443, **MUTUAL)), front(), allows(TOKEN))
    assert both.rules is not None
    (rule,) = both.rules
    assert both.mtls == "enabled"
    assert [each.kind for each in rule.security.schemes] == ["jwt", "mtls"]
    assert rule.security.evidence == "AuthorizationPolicy istio-system/ask; Gateway shop/edge"
    half = one(virtual(ROUTE), gateway(server("HTTPS", 443, **MUTUAL), server()), front())
    assert (half.mtls, asked(half)) == ("disabled", ["none"])


@pytest.mark.parametrize(
    "kind", ["RequestAuthentication", "AuthorizationPolicy", "EnvoyFilter", "WasmPlugin"]
)
def test_where_policies_could_not_be_read_nobody_knows_that_nothing_is_asked(kind: str) -> None:
    told = one(virtual(ROUTE), gateway(), front(), unseen=[kind])
    assert asked(told) == ["unknown"]


def test_where_the_workloads_move_other_policies_are_for_them() -> None:
    world = mesh_of(virtual(ROUTE), gateway(), front("istio-system"), allows(TOKEN, "infra"))
    (before,) = told_of(world, VIRTUAL_SERVICES, "shop/web")
    world.drop("services", "istio-system/ingress")
    world.put("services", decoded(front("infra"), RESOURCES["services"]))
    assert "shop/web" in {each.key for each in world.stale}
    (after,) = told_of(world, VIRTUAL_SERVICES, "shop/web")
    assert (asked(before), asked(after)) == (["none"], ["required"])


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (["istio-system", "shop"], ["none"]),
        (["shop"], ["unknown"]),
        (["istio-system"], ["none"]),
    ],
)
def test_of_some_namespaces_that_are_read_those_of_the_workloads_count(
    read: list[str], told: list[str]
) -> None:
    world = mesh_of(virtual(ROUTE), gateway(), front())
    for name in RESOURCES:
        if name != "services":
            world.see(name, whole=True, namespaces=read)
    (found,) = told_of(world, VIRTUAL_SERVICES, "shop/web")
    assert asked(found) == told


@pytest.mark.parametrize(("count", "told"), [(1000, ["none"]), (2000, ["unknown"])])
def test_so_many_values_are_compared_and_no_more(count: int, told: list[str]) -> None:
    values = [f"/{at}" for at in range(count)]
    policy = allows({"rules": [{"to": [{"operation": {"paths": [*values, "*"]}}]}]})
    assert asked(one(virtual(ROUTE), gateway(), front(), policy)) == told


# ── Within the mesh ──────────────────────────────────────────────────────────


def in_mesh(*objects: Json, **given: Any) -> Any:
    route = {"route": [to(), to("till")]} if given.pop("split", False) else ROUTE
    told = virtual(route, hosts=["web"], gateways=["mesh"])
    return one(told, service(app="web"), service("till", app="till"), *objects, **given)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (allows(TOKEN | selecting(app="web"), "shop"), ["required"]),
        (allows(TOKEN | selecting(app="till"), "shop"), ["none"]),
        (
            allows(TOKEN | {"targetRefs": [{"kind": "Service", "name": "web"}]}, "shop"),
            ["required"],
        ),
        (allows(TOKEN, "shop"), ["required"]),
        (allows(TOKEN), ["required"]),
        (allows(TOKEN, "other"), ["none"]),
        (allows(TOKEN | selecting(version="v1"), "shop"), ["unknown"]),
    ],
)
def test_within_the_mesh_the_workloads_of_a_service_ask(policy: Json, told: list[str]) -> None:
    assert asked(in_mesh(policy)) == told


def test_where_services_of_a_route_ask_for_different_things_nobody_can_say_one() -> None:
    policy = allows(TOKEN | selecting(app="web"), "shop")
    assert asked(in_mesh(policy, split=True)) == ["unknown"]
    assert asked(in_mesh(allows(TOKEN, "shop"), split=True)) == ["required"]


def test_what_is_sent_outside_the_mesh_is_asked_nothing_that_anybody_knows() -> None:
    entry = istio("ServiceEntry", "out", {"hosts": ["api.example.com"]})
    route = {"route": [to("api.example.com")]}
    assert asked(one(virtual(route, hosts=["web"], gateways=["mesh"]), entry)) == ["unknown"]


def test_what_is_answered_by_a_callers_own_proxy_asks_for_nothing_that_anybody_knows() -> None:
    told = virtual({"redirect": {"uri": "/b"}}, hosts=["web"], gateways=["mesh"])
    assert asked(one(told)) == ["unknown"]


def peers(mode: str | None, namespace: str = "shop", name: str = "p", **spec: Any) -> Json:
    return istio("PeerAuthentication", name, {"mtls": {"mode": mode}} | spec, namespace)


@pytest.mark.parametrize(
    ("objects", "mtls", "told"),
    [
        ([], "disabled", ["none"]),
        ([peers("STRICT")], "enabled", ["required"]),
        ([peers("PERMISSIVE")], "disabled", ["none"]),
        ([peers("DISABLE")], "disabled", ["none"]),
        ([peers("NEWER")], "unknown", ["unknown"]),
        ([peers("STRICT", "istio-system")], "enabled", ["required"]),
        ([peers("STRICT", "other")], "disabled", ["none"]),
        ([peers("STRICT", "istio-system"), peers("PERMISSIVE")], "disabled", ["none"]),
        ([peers("STRICT", "istio-system"), peers("UNSET")], "enabled", ["required"]),
        ([peers("STRICT", "istio-system"), peers(None)], "enabled", ["required"]),
        (
            [peers("STRICT"), peers("PERMISSIVE", name="q", **selecting(app="web"))],
            "disabled",
            ["none"],
        ),
        ([peers("STRICT", **selecting(app="till"))], "disabled", ["none"]),
        ([peers("STRICT", **selecting(version="v1"))], "unknown", ["unknown"]),
        ([peers("STRICT", "istio-system", **selecting(app="web"))], "disabled", ["none"]),
        ([peers("STRICT", portLevelMtls={"80": {"mode": "DISABLE"}})], "unknown", ["unknown"]),
        ([peers("STRICT", portLevelMtls={"80": {"mode": "STRICT"}})], "enabled", ["required"]),
        (
            [istio("PeerAuthentication", "p", {"portLevelMtls": {"80": {"mode": "STRICT"}}})],
            "unknown",
            ["unknown"],
        ),
        ([istio("PeerAuthentication", "p", {})], "disabled", ["none"]),
    ],
)
def test_callers_within_the_mesh_may_have_to_show_certificates(
    objects: list[Json], mtls: str, told: list[str]
) -> None:
    found = in_mesh(*objects)
    assert (found.mtls, asked(found)) == (mtls, told)


def test_of_two_policies_for_peers_at_one_place_the_older_one_holds() -> None:
    old = istio(
        "PeerAuthentication",
        "z",
        {"mtls": {"mode": "STRICT"}},
        creationTimestamp="2026-01-01T00:00:00Z",
    )
    young = istio(
        "PeerAuthentication",
        "a",
        {"mtls": {"mode": "DISABLE"}},
        creationTimestamp="2026-02-01T00:00:00Z",
    )
    assert in_mesh(young, old).mtls == "enabled"


def test_where_policies_for_peers_could_not_be_read_nobody_knows_of_certificates() -> None:
    told = in_mesh(unseen=["PeerAuthentication"])
    assert (told.mtls, asked(told)) == ("unknown", ["unknown"])


def test_a_service_that_is_not_there_has_labels_that_nobody_knows() -> None:
    told = virtual(ROUTE, hosts=["web"], gateways=["mesh"])
    assert asked(one(told, allows(TOKEN | selecting(app="web"), "shop"))) == ["unknown"]
    assert asked(one(told, allows(TOKEN, "shop"))) == ["required"]
