"""Meshes in tests: gateways, virtual services, and what they expose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apiscape.collectors.kubernetes.core import CORE
from apiscape.collectors.kubernetes.exposed import Exposed, Served
from apiscape.collectors.kubernetes.istio.family import Istio
from apiscape.collectors.kubernetes.istio.resources import GATEWAYS, VIRTUAL_SERVICES
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.world import Subject, World
from tests.collectors.kubernetes.policies.clusters import Json, made, world_of

FAMILY = Istio()
RESOURCES: dict[str, Resource] = {each.name: each for each in (*CORE, *FAMILY.resources)}
SELECTOR = {"istio": "ingressgateway"}


def istio(kind: str, name: str, spec: Json, namespace: str = "shop", **given: Any) -> Json:
    """Return an object of Istio's."""
    group = next(each.group for each in FAMILY.resources if each.kind == kind)
    given.setdefault("status", {})
    return made(kind, name, spec, group=group, namespace=namespace, **given)


def server(protocol: str = "HTTP", number: int = 80, *hosts: str, **tls: Any) -> Json:
    """Return a server of a Gateway; any keyword is of its TLS."""
    port = {"number": number, "name": protocol.lower(), "protocol": protocol}
    told: Json = {"port": port, "hosts": list(hosts) or ["*"]}
    return told | ({"tls": tls} if tls else {})


def gateway(*servers: Json, name: str = "edge", namespace: str = "shop", **given: Any) -> Json:
    """Return a Gateway."""
    spec = {"selector": SELECTOR, "servers": list(servers) or [server()]}
    return istio("Gateway", name, spec, namespace, **given)


def virtual(*http: Json, hosts: Iterable[str] = ("a.example",), **spec: Any) -> Json:
    """Return a VirtualService bound to the Gateway `edge`."""
    namespace = spec.pop("namespace", "shop")
    name = spec.pop("name", "web")
    status = spec.pop("status", {})
    metadata = spec.pop("metadata", {})
    known: Json = {"hosts": list(hosts), "gateways": ["edge"], "http": list(http)}
    return istio("VirtualService", name, known | spec, namespace, status=status, **metadata)


def to(host: str = "web", weight: int | None = None, **destination: Any) -> Json:
    """Return a destination of a route."""
    told: Json = {"destination": {"host": host} | destination}
    return told if weight is None else told | {"weight": weight}


def front(namespace: str = "istio-system", *addresses: str, **spec: Any) -> Json:
    """Return the Service before the workloads of the Gateway."""
    known = {"type": "LoadBalancer", "selector": SELECTOR | {"app": "gateway"}}
    ingress = [{"ip": each} for each in addresses]
    told = made("Service", "ingress", known | spec, group="x", namespace=namespace)
    return told | {"apiVersion": "v1", "status": {"loadBalancer": {"ingress": ingress}}}


def mesh_of(*objects: Json, unseen: Iterable[str] = ()) -> World:
    """Return a cluster with some objects."""
    return world_of(*objects, unseen=unseen, resources=RESOURCES.values())


def told_of(world: World, resource: str, key: str) -> list[Any]:
    """Return all that an object exposes or serves by."""
    look = world.look(Subject(resource, key))
    told = list(FAMILY.expose(RESOURCES[resource], world.find(resource, key), look))
    look.done()
    return told


def exposed(*objects: Json, unseen: Iterable[str] = (), key: str = "shop/web") -> list[Exposed]:
    """Return what a VirtualService exposes."""
    return told_of(mesh_of(*objects, unseen=unseen), VIRTUAL_SERVICES, key)


def one(*objects: Json, unseen: Iterable[str] = ()) -> Exposed:
    """Return the one API that a VirtualService exposes."""
    (told,) = exposed(*objects, unseen=unseen)
    return told


def served(*objects: Json, unseen: Iterable[str] = ()) -> Served:
    """Return how the Gateway `edge` serves."""
    (told,) = told_of(mesh_of(*objects, unseen=unseen), GATEWAYS, "shop/edge")
    assert isinstance(told, Served)
    return told


def paths(told: Exposed) -> list[tuple[str, str, str]]:
    """Return the requests that an API is for: method, path, and how that is compared."""
    return [
        (each.method, each.path, str(each.path_type))
        for rule in told.rules or ()
        for each in rule.matches
    ]


def asked(told: Exposed) -> list[str]:
    """Return what is asked of callers of each rule."""
    return [str(each.security.requirement) for each in told.rules or ()]


def wrong(told: Exposed | Served) -> dict[str, tuple[bool | None, str | None]]:
    """Return what is said of an API, but for the status that is never written."""
    return {
        each.name: (each.holds, each.reason)
        for each in told.conditions
        if each.reason != "pending: no status is written"
    }
