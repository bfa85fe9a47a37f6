"""Policies as routes of Gateway API are asked of them: by host, by path and by what has the listener."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.core import CORE
from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.collectors.kubernetes.gatewayapi.family import GatewayApi
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP
from apiscape.collectors.kubernetes.policies.effective import POLICIES
from apiscape.collectors.kubernetes.world import Subject
from tests.collectors.kubernetes.policies.clusters import ENVOY, ISTIO, Json, made, world_of

FAMILY = GatewayApi()
ROUTES = f"httproutes.{GROUP}"


def of_gateway_api(kind: str, name: str, spec: Json, namespace: str = "shop") -> Json:
    return made(kind, name, spec, group=GROUP, namespace=namespace, status={})


def route(*matches: Json, parent: Json | None = None) -> Json:
    spec = {
        "parentRefs": [parent or {"name": "edge"}],
        "hostnames": ["a.example"],
        "rules": [{"matches": [each]} for each in matches],
    }
    return of_gateway_api("HTTPRoute", "web", spec)


def cluster(controller: str, *objects: Json) -> list[Json]:
    listeners = [{"name": "https", "protocol": "HTTPS", "port": 443}]
    allowed = {"namespaces": {"from": "Same"}}
    spec = {"gatewayClassName": "c", "listeners": listeners, "allowedListeners": allowed}
    more = {"parentRef": {"name": "edge"}, "listeners": [{"name": "more", "protocol": "HTTP"}]}
    return [
        of_gateway_api("GatewayClass", "c", {"controllerName": controller}, namespace=""),
        of_gateway_api("Gateway", "edge", spec),
        of_gateway_api("ListenerSet", "more", more),
        *objects,
    ]


def asked(*objects: Json) -> list[str]:
    resources = {each.name: each for each in (*CORE, *POLICIES, *FAMILY.resources)}
    world = world_of(*objects, resources=resources.values())
    look = world.look(Subject(ROUTES, "shop/web"))
    told: list[Any] = list(FAMILY.expose(resources[ROUTES], world.find(ROUTES, "shop/web"), look))
    (exposed,) = told
    assert isinstance(exposed, Exposed)
    return [str(each.security.requirement) for each in exposed.rules or ()]


def path(value: str, kind: str) -> Json:
    return {"path": {"type": kind, "value": value}}


def test_a_policy_for_one_path_says_nothing_of_all_below_it() -> None:
    operation = {"paths": ["/open"], "hosts": ["a.example"]}
    rules = {"rules": [{"to": [{"operation": operation}]}]}
    policy = made("AuthorizationPolicy", "open", rules, status={})
    told = route(
        path("/open", "Exact"), path("/open", "PathPrefix"), path("/open", "RegularExpression")
    )
    assert asked(*cluster(ISTIO, policy, told)) == ["none", "unknown", "unknown"]


def test_a_policy_of_a_set_of_listeners_holds_at_its_listeners() -> None:
    target = {"kind": "ListenerSet", "name": "more"}
    ancestor = {"ancestorRef": {"name": "edge"}, "controllerName": ENVOY}
    conditions = [{"type": "Accepted", "status": "True"}]
    policy = made(
        "SecurityPolicy",
        "p",
        {"targetRefs": [target], "basicAuth": {}},
        status={"ancestors": [ancestor | {"conditions": conditions}]},
    )
    any_path = path("/", "PathPrefix")
    at_set = route(any_path, parent={"name": "more", "kind": "ListenerSet"})
    assert asked(*cluster(ENVOY, policy, at_set)) == ["required"]
    assert asked(*cluster(ENVOY, policy, route(any_path))) == ["none"]
