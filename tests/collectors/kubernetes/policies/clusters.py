"""Clusters with policies in tests, and points at which to ask what holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, Gateway
from apiscape.collectors.kubernetes.objects import Decoder, Metadata, Thing
from apiscape.collectors.kubernetes.policies.effective import POLICIES, Effective, Point, effective
from apiscape.collectors.kubernetes.resource import Resource, Role
from apiscape.collectors.kubernetes.world import Subject, World, WorldLook

Json = dict[str, Any]

GATEWAYS = Resource(
    group=GROUP,
    plural="gateways",
    kind="Gateway",
    versions=("v1",),
    type=Gateway,
    role=Role.GATEWAY,
)
EVERY: tuple[Resource, ...] = (*POLICIES, GATEWAYS)

ENVOY = "gateway.envoyproxy.io/gatewayclass-controller"
ISTIO = "istio.io/gateway-controller"
KGATEWAY = "kgateway.dev/kgateway"
NGINX = "gateway.nginx.org/nginx-gateway-controller"
GOOGLE = "networking.gke.io/gateway"
AMAZON = "gateway.k8s.aws/alb"

GATEWAY = {"group": GROUP, "kind": "Gateway", "name": "edge"}
ROUTE = {"group": GROUP, "kind": "HTTPRoute", "name": "web"}


def accepted(controller: str = ENVOY, status: str = "True", **condition: Any) -> Json:
    """Return a status in which a controller says of a policy that it is accepted, or not."""
    said = {"type": "Accepted", "status": status, "reason": "Accepted"} | condition
    ancestor = {"ancestorRef": GATEWAY, "controllerName": controller, "conditions": [said]}
    return {"ancestors": [ancestor]}


def made(
    kind: str,
    name: str,
    spec: Json,
    *,
    group: str | None = None,
    namespace: str = "shop",
    status: Json | None = None,
    **metadata: Any,
) -> Json:
    """Return an object as a server gives it."""
    return {
        "apiVersion": f"{group or _group(kind)}/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace} | metadata,
        "spec": spec,
        "status": accepted() if status is None else status,
    }


def _group(kind: str) -> str:
    return next(each.group for each in EVERY if each.kind == kind)


def gateway(**listeners: str) -> Json:
    """Return a Gateway with listeners by name, each with its protocol."""
    told = [{"name": name, "protocol": protocol} for name, protocol in listeners.items()]
    return made(
        "Gateway", "edge", {"gatewayClassName": "c", "listeners": told}, labels={"tier": "gold"}
    )


def world_of(
    *objects: Json, unseen: Iterable[str] = (), resources: Iterable[Resource] = EVERY
) -> World:
    """Return a cluster with some objects; all resources but some were read to the end."""
    every = tuple(resources)
    world = World(every)
    for told in objects:
        group = told["apiVersion"].partition("/")[0] if "/" in told["apiVersion"] else ""
        resource = next(each for each in every if (each.group, each.kind) == (group, told["kind"]))
        world.put(resource.name, decoded(told, resource))
    for resource in every:
        world.see(resource.name, whole=resource.kind not in set(unseen))
    return world


def decoded(told: Json, resource: Resource) -> Thing:
    """Return an object as it is decoded of a list."""
    body = msgspec.json.encode({"items": [told], "metadata": {}})
    page = Decoder(resource.type).page(body, "list")
    assert not page.odd, page.odd
    return page.items[0] if resource.pick is None else resource.pick(page.items[0])


def look_at(world: World) -> WorldLook:
    """Return what somebody looks by."""
    return world.look(Subject("httproutes", "shop/web"))


def point(controller: str = ENVOY, **given: Any) -> Point:
    """Return a rule of the route `web` at a listener of the Gateway `edge`."""
    known: Json = {
        "gateway": "shop/edge",
        "gateway_class": "c",
        "listener": "https",
        "route": Metadata(name="web", namespace="shop", labels={"app": "web"}),
        "route_group": GROUP,
        "route_kind": "HTTPRoute",
        "rule": "read",
    }
    return Point(controller=controller, **(known | given))


def holding(*objects: Json, at: Point | None = None, unseen: Iterable[str] = ()) -> Effective:
    """Return what holds at a point of a cluster."""
    return effective(at or point(), look_at(world_of(*objects, unseen=unseen)))


def asked_of(
    *objects: Json, at: Point | None = None, unseen: Iterable[str] = ()
) -> tuple[Any, ...]:
    """Return the requirement and the kinds of schemes that hold at a point of a cluster."""
    told = holding(*objects, at=at, unseen=unseen).security
    return (str(told.requirement), *(str(each.kind) for each in told.schemes))
