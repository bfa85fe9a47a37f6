"""Objects that are not as their kinds have to be: one is odd, none stops the reading of others."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.istio.resources import VIRTUAL_SERVICES
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.policies.effective import POLICIES, effective
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.world import World
from tests.collectors.kubernetes.istio.meshes import (
    RESOURCES,
    front,
    gateway,
    istio,
    server,
    to,
    told_of,
    virtual,
)
from tests.collectors.kubernetes.policies.clusters import (
    AMAZON,
    ENVOY,
    GATEWAY,
    GOOGLE,
    ISTIO,
    KGATEWAY,
    NGINX,
    ROUTE,
    Json,
    look_at,
    made,
    point,
)

TLS = {"mode": "SIMPLE", "credentialName": "c", "minProtocolVersion": "TLSV1_2"}
ENTRY = istio("ServiceEntry", "e", {"hosts": ["*.com"], "location": "MESH_EXTERNAL"})
RULE = {
    "from": [{"source": {"requestPrincipals": ["*"]}}],
    "to": [{"operation": {"paths": ["/a"], "hosts": ["a"]}}],
    "when": [{"key": "request.auth.claims[a]", "values": ["b"]}],
}
MESH = [
    gateway(server("HTTPS", 443, "./*.example", **TLS), server()),
    virtual(
        {
            "name": "n",
            "match": [{"uri": {"prefix": "/a"}, "method": {"regex": "GET|PUT"}, "port": 80}],
            "route": [to("web", 80, subset="v1", port={"number": 80}), to("api.a.com", 20)],
            "corsPolicy": {},
        },
        {"delegate": {"name": "more"}},
        gateways=["edge", "mesh"],
        exportTo=["."],
        tls=[{"match": [{"sniHosts": ["a.example"]}], "route": [to()]}],
        status={"validationMessages": [{"level": "ERROR", "type": {"code": "IST0101"}}]},
    ),
    virtual({"route": [to()]}, name="more", hosts=(), gateways=None),
    front("istio-system", "192.0.2.1", ports=[{"port": 443, "targetPort": 443}]),
    istio("DestinationRule", "d", {"host": "web", "subsets": [{"name": "v1"}]}),
    ENTRY,
    istio("RequestAuthentication", "r", {"jwtRules": [{"issuer": "i", "fromParams": ["t"]}]}),
    istio("AuthorizationPolicy", "a", {"action": "ALLOW", "rules": [RULE]}, "istio-system"),
    istio("PeerAuthentication", "p", {"mtls": {"mode": "STRICT"}}),
    istio("EnvoyFilter", "f", {"workloadSelector": {"labels": {"app": "x"}}}),
]
AUTHENTICATION = {"a": {"jwt": {"issuerUrl": "i"}, "credentials": {"cookie": {"name": "c"}}}}
ATTACHED = [
    made(
        "SecurityPolicy",
        "s",
        {
            "targetRefs": [ROUTE],
            "targetSelectors": [{"kind": "HTTPRoute", "matchLabels": {"app": "web"}}],
            "mergeType": "JSONMerge",
            "jwt": {
                "optional": True,
                "providers": [{"issuer": "i", "extractFrom": {"params": ["t"]}}],
            },
            "oidc": {"provider": {"issuer": "i"}},
            "apiKeyAuth": {"extractFrom": [{"headers": ["k"]}]},
            "authorization": {"rules": [{"action": "Allow", "principal": {"jwt": {}}}]},
        },
    ),
    made("ClientTrafficPolicy", "c", {"targetRef": GATEWAY, "tls": {"clientValidation": {}}}),
    made("AuthPolicy", "k", {"targetRef": ROUTE, "rules": {"authentication": AUTHENTICATION}}),
    made(
        "TrafficPolicy",
        "t",
        {"targetRefs": [ROUTE], "apiKeyAuth": {"keySources": [{"query": "k"}]}},
    ),
    made("AuthenticationFilter", "f", {"type": "OIDC", "oidc": {"issuer": "i"}}),
    made("GCPBackendPolicy", "g", {"targetRef": ROUTE, "default": {"iap": {"enabled": True}}}),
    made("ListenerRuleConfiguration", "l", {"actions": [{"type": "x", "jwtValidationConfig": {}}]}),
]
EVERY = {each.name: each for each in (*RESOURCES.values(), *POLICIES)}
INSTEAD = st.sampled_from(
    [None, [], {}, "", "\x1b[31m../*", "{**}", 0, -1, True, [None], {"a": None}]
)


def nodes(told: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where something is in an object, but for what it is called."""
    held = (
        told.items()
        if isinstance(told, dict)
        else enumerate(told)
        if isinstance(told, list)
        else ()
    )
    for name, below in held:
        if trail or name in {"spec", "status"}:
            yield (*trail, name)
            yield from nodes(below, (*trail, name))


def changed(told: Json, trail: tuple[Any, ...], value: Any) -> Json:
    """Return an object with something else in one place."""
    made_new = copy.deepcopy(told)
    holder: Any = made_new
    for name in trail[:-1]:
        holder = holder[name]
    holder[trail[-1]] = value
    return made_new


def world_of_odd(objects: list[Json]) -> World:
    """Return a cluster with those objects that are not odd."""
    world = World(EVERY.values())
    for told in objects:
        group = told["apiVersion"].rpartition("/")[0]
        resource = next(
            each for each in EVERY.values() if (each.group, each.kind) == (group, told["kind"])
        )
        for each in page(told, resource):
            world.put(resource.name, each)
    for name in EVERY:
        world.see(name, whole=True)
    return world


def page(told: Json, resource: Resource) -> tuple[Any, ...]:
    body = msgspec.json.encode({"items": [told], "metadata": {}})
    return Decoder(resource.type).page(body, "list").items


@settings(max_examples=300)
@given(data=st.data())
def test_nothing_in_a_mesh_stops_the_reading_of_a_virtual_service(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(MESH) - 1))
    trail = data.draw(st.sampled_from(list(nodes(MESH[at]))))
    objects = [*MESH]
    objects[at] = changed(MESH[at], trail, data.draw(INSTEAD))
    world = world_of_odd(objects)
    if world.find(VIRTUAL_SERVICES, "shop/web") is not None:
        for each in told_of(world, VIRTUAL_SERVICES, "shop/web"):
            assert msgspec.json.encode(each.rules)


@settings(max_examples=300)
@given(data=st.data())
def test_nothing_in_a_policy_stops_what_holds_from_being_told(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(ATTACHED) - 1))
    trail = data.draw(st.sampled_from(list(nodes(ATTACHED[at]))))
    objects = [*ATTACHED]
    objects[at] = changed(ATTACHED[at], trail, data.draw(INSTEAD))
    world = world_of_odd(objects)
    extensions = (
        ("gateway.nginx.org", "AuthenticationFilter", "f"),
        ("gateway.k8s.aws", "ListenerRuleConfiguration", "l"),
    )
    for controller in (ENVOY, ISTIO, KGATEWAY, NGINX, GOOGLE, AMAZON):
        told = effective(
            point(controller, extensions=extensions, services=("shop/web",)), look_at(world)
        )
        assert msgspec.json.encode(told.security)
