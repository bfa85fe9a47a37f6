"""A cluster in the memory of a test, filled with objects as a server gives them, and what Ingresses of it expose."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.collectors.kubernetes.core import CORE, SERVICES
from apiscape.collectors.kubernetes.exposed import Exposed, Rule
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.ingress.family import IngressFamily
from apiscape.collectors.kubernetes.ingress.kinds import INGRESSES
from apiscape.collectors.kubernetes.ingress.plugins import (
    CLUSTER_PLUGINS,
    MIDDLEWARES,
    PLUGINS,
    POLICIES,
)
from apiscape.collectors.kubernetes.ingress.services import ServiceFamily
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.resource import Family, Resource
from apiscape.collectors.kubernetes.world import Subject, World

Json = dict[str, Any]

NAMED = {PLUGINS, CLUSTER_PLUGINS, *MIDDLEWARES, POLICIES}
"""What Ingresses name that the table reads."""

_FAMILIES = (*CORE, *IngressFamily.resources, *ServiceFamily.resources)
_NAMES = NAMED | {each.name for each in _FAMILIES}
RESOURCES: dict[str, Resource] = {
    each.name: each for each in reads().resources if each.name in _NAMES
}
OLDER = MIDDLEWARES[1]
KINDS = {each.kind: each for each in RESOURCES.values() if each.name != OLDER}
FAMILIES: dict[str, Family] = {SERVICES: ServiceFamily(), INGRESSES: IngressFamily()}

CONTROLLERS = {
    "nginx": "k8s.io/ingress-nginx",
    "f5": "nginx.org/ingress-controller",
    "kong": "ingress-controllers.konghq.com/kong",
    "traefik": "traefik.io/ingress-controller",
    "apisix": "apisix.apache.org/apisix-ingress-controller",
    "contour": "projectcontour.io/ingress-controller",
    "alb": "ingress.k8s.aws/alb",
    "agic": "azure/application-gateway",
    "openshift": "openshift.io/ingress-to-route",
    "haproxy": "haproxy.org/ingress-controller",
    "haproxy-ingress": "haproxy-ingress.github.io/controller/internal",
    "cilium": "cilium.io/ingress-controller",
    "istio": "istio.io/ingress-controller",
    "own": "example.org/controller",
}


def named(kind: str, name: str, namespace: str = "shop", **more: Any) -> Json:
    metadata = {"name": name, "namespace": namespace} | more.pop("metadata", {})
    return {"kind": kind, "metadata": metadata} | more


def path(text: str = "/", service: str = "web", kind: str = "Prefix", port: Any = 80) -> Json:
    at = {"number": port} if isinstance(port, int) else {"name": port}
    backend = {"service": {"name": service, "port": at}}
    return {"path": text, "pathType": kind, "backend": backend}


def rule(host: str | None = "shop.example", *paths: Json) -> Json:
    told: Json = {"http": {"paths": list(paths) or [path()]}}
    return told | ({"host": host} if host else {})


def ingress(
    cls: str | None = "nginx",
    *rules: Json,
    name: str = "api",
    namespace: str = "shop",
    said: Json | None = None,
    address: str | None = "8.8.8.8",
    **spec: Any,
) -> Json:
    told = {"rules": list(rules) or [rule()]} | ({"ingressClassName": cls} if cls else {}) | spec
    word = "hostname" if address and address[-1].isalpha() else "ip"
    at = [] if address is None else [{word: address}]
    metadata = {"uid": f"uid-{namespace}-{name}", "annotations": said or {}}
    status = {"loadBalancer": {"ingress": at}}
    return named("Ingress", name, namespace, metadata=metadata, spec=told, status=status)


def cls(name: str, controller: str | None = None, **more: Any) -> Json:
    spec = {"controller": controller or CONTROLLERS[name]} | more.pop("spec", {})
    return named("IngressClass", name, "", spec=spec, **more)


def service(
    name: str = "web", namespace: str = "shop", said: Json | None = None, **spec: Any
) -> Json:
    told = {"ports": [{"port": 80}]} | spec
    return named("Service", name, namespace, metadata={"annotations": said or {}}, spec=told)


def world_of(*objects: Json, unseen: tuple[str, ...] = ()) -> World:
    """Return a cluster that was read, but for the resources that nobody could see; all classes are there."""
    world = World(RESOURCES.values())
    for name in RESOURCES:
        world.see(name, whole=name not in unseen)
    there = {each["metadata"]["name"] for each in objects if each["kind"] == "IngressClass"}
    classes = [cls(name) for name in CONTROLLERS if name not in there]
    for each in (*classes, *objects):
        is_older = each.get("apiVersion", "").startswith("traefik.containo.us/")
        resource = RESOURCES[OLDER] if is_older else KINDS[each["kind"]]
        body = msgspec.json.encode({"metadata": {}, "items": [each]})
        page = Decoder(resource.type).page(body, "list")
        assert page.odd == (), page.odd
        thing = page.items[0] if resource.pick is None else resource.pick(page.items[0])
        world.put(resource.name, thing)
    return world


def expose_in(world: World, kind: str, key: str) -> list[Exposed]:
    """Return what an object of a cluster exposes."""
    resource = KINDS[kind]
    look = world.look(Subject(resource.name, key))
    found = list(FAMILIES[resource.name].expose(resource, world.find(resource.name, key), look))
    look.done()
    assert all(isinstance(each, Exposed) for each in found)
    return [each for each in found if isinstance(each, Exposed)]


def expose(thing: Json, *around: Json, unseen: tuple[str, ...] = ()) -> list[Exposed]:
    """Return what an object exposes, with these around it."""
    meta = thing["metadata"]
    world = world_of(thing, *around, unseen=unseen)
    return expose_in(world, thing["kind"], f"{meta['namespace']}/{meta['name']}")


def one(thing: Json, *around: Json, unseen: tuple[str, ...] = ()) -> Exposed:
    """Return the one API that an object exposes."""
    (found,) = expose(thing, *around, unseen=unseen)
    return found


def asked(found: Exposed) -> list[tuple[str, list[str]]]:
    """Return what is asked of callers, by rule: the requirement and the kinds of schemes."""
    assert found.rules is not None
    return [
        (each.security.requirement, [s.kind for s in each.security.schemes]) for each in found.rules
    ]


def only(found: Exposed) -> Rule:
    """Return the one rule of an API."""
    (rule_,) = list(found.rules or ())
    return rule_


def urls(found: Exposed) -> list[str]:
    """Return the addresses that callers type."""
    return [
        f"{each.scheme}://{each.host}{f':{each.port}' if each.port else ''}{each.path}"
        for each in found.addresses or ()
    ]


def condition(found: Exposed, name: str) -> tuple[bool | None, str | None] | None:
    """Return what is said by a condition, if it is."""
    told = {each.name: (each.holds, each.reason) for each in found.conditions}
    return told.get(name)
