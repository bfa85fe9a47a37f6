"""What a cluster of gateways is made of in tests: definitions of kinds of our own, and objects of them."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP
from apiscape.demo.kubernetes.cluster import Cluster

Json = dict[str, Any]

KINDS = {
    "gatewayclasses": ("GatewayClass", "Cluster"),
    "gateways": ("Gateway", "Namespaced"),
    "listenersets": ("ListenerSet", "Namespaced"),
    "referencegrants": ("ReferenceGrant", "Namespaced"),
    "httproutes": ("HTTPRoute", "Namespaced"),
    "grpcroutes": ("GRPCRoute", "Namespaced"),
    "tlsroutes": ("TLSRoute", "Namespaced"),
    "tcproutes": ("TCPRoute", "Namespaced"),
    "udproutes": ("UDPRoute", "Namespaced"),
}
OTHERS = {"xlistenersets": ("XListenerSet", "Namespaced")}
OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}

CONTROLLER = "example.com/controller"


def definition(plural: str, group: str = GROUP, *versions: str) -> Json:
    """Return the definition of a kind that takes whatever it is given; the first version is stored."""
    kind, scope = (KINDS | OTHERS).get(plural, (plural.removesuffix("s").title(), "Namespaced"))
    served = versions or ("v1",)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": name == served[0],
                    "schema": {"openAPIV3Schema": OPEN},
                }
                for name in served
            ],
        },
    }


def definitions() -> list[Json]:
    return [definition(plural) for plural in KINDS]


def thing(kind: str, name: str, namespace: str, spec: Json, **given: Any) -> Json:
    """Return an object of Gateway API; `metadata` is merged, all else stands beside `spec`."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": metadata | given.pop("metadata", {}),
        "spec": spec,
    } | given


def said(*, generation: int | None = None, **holds: str) -> list[Json]:
    """Return conditions: `said(Accepted="True", ResolvedRefs="False")`."""
    seen = {} if generation is None else {"observedGeneration": generation}
    return [
        {"type": name, "status": status, "reason": f"Is{status}", "message": ""} | seen
        for name, status in holds.items()
    ]


def gateway_class(name: str = "public", controller: str = CONTROLLER) -> Json:
    return thing("GatewayClass", name, "", {"controllerName": controller})


ALL = {"namespaces": {"from": "All"}}


def listener(name: str = "web", **given: Any) -> Json:
    return {"name": name, "protocol": "HTTPS", "port": 443, "allowedRoutes": ALL} | given


def gateway(*listeners: Json, name: str = "edge", namespace: str = "infra", **given: Any) -> Json:
    status = {
        "addresses": [{"type": "IPAddress", "value": "203.0.113.9"}],
        "conditions": said(Accepted="True", Programmed="True"),
    }
    spec = {"gatewayClassName": "public", "listeners": list(listeners or (listener(),))}
    spec |= given.pop("spec", {})
    return thing("Gateway", name, namespace, spec, **({"status": status} | given))


def parent(name: str = "edge", namespace: str = "infra", **given: Any) -> Json:
    """Return how a route refers to what it is attached to, as a server gives it: defaults filled in."""
    return {"group": GROUP, "kind": "Gateway", "name": name, "namespace": namespace} | given


def backend(name: str = "orders", **given: Any) -> Json:
    return {"group": "", "kind": "Service", "name": name, "port": 80, "weight": 1} | given


def rule(path: str = "/", *backends: Json, method: str | None = None, **given: Any) -> Json:
    match: Json = {"path": {"type": "PathPrefix", "value": path}}
    if method is not None:
        match["method"] = method
    return {"matches": [match], "backendRefs": list(backends or (backend(),))} | given


def route(
    name: str = "orders",
    *rules: Json,
    namespace: str = "shop",
    kind: str = "HTTPRoute",
    parents: list[Json] | None = None,
    hostnames: list[str] | None = None,
    **given: Any,
) -> Json:
    spec: Json = {
        "parentRefs": [parent()] if parents is None else parents,
        "rules": list(rules or (rule(),)),
    }
    if hostnames is not None:
        spec["hostnames"] = hostnames
    return thing(kind, name, namespace, spec, **given)


def accepted(*parents: Json, generation: int = 1, **holds: str) -> Json:
    """Return the status of a route that a controller gives at some parents."""
    conditions = said(generation=generation, **({"Accepted": "True"} | holds))
    return {
        "parents": [
            {"parentRef": each, "controllerName": CONTROLLER, "conditions": conditions}
            for each in parents or (parent(),)
        ]
    }


def endpoint_slice(service: str = "orders", *ready: bool, namespace: str = "shop") -> Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{service}-1",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": each}} for each in ready or (True,)
        ],
        "ports": [{"port": 8080}],
    }


def service(name: str = "orders", namespace: str = "shop", **given: Any) -> Json:
    spec = {"type": "ClusterIP", "ports": [{"port": 80}]} | given.pop("spec", {})
    metadata = {"name": name, "namespace": namespace} | given.pop("metadata", {})
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec} | given


def namespace(name: str, **labels: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def shop() -> list[Json]:
    """Return a gateway, and one route of a shop through it, with all that stands behind it."""
    return [
        gateway_class(),
        gateway(),
        route(hostnames=["shop.example"]),
        service(),
        endpoint_slice(),
    ]


def make_cluster(*manifests: Json, kinds: list[Json] | None = None) -> Cluster:
    """Return a cluster with Gateway API, two namespaces, and some objects."""
    made = Cluster()
    made.add(*(definitions() if kinds is None else kinds))
    made.add(namespace("infra"), namespace("shop", team="retail"), *manifests)
    return made
