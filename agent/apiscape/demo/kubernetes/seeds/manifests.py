"""Manifests, in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

WORKING, BROKEN = "True", "False"


def manifest(
    api_version: str,
    kind: str,
    namespace: str,
    name: str,
    spec: Json | None = None,
    **beside: Any,  # noqa: ANN401 - whatever an object has beside its spec
) -> Json:
    """Return an object; `labels`, `annotations` and `generation` go into its metadata."""
    metadata: Json = {"name": name} | ({"namespace": namespace} if namespace else {})
    for each in ("labels", "annotations", "generation"):
        if each in beside:
            metadata[each] = beside.pop(each)
    made: Json = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    return made | ({"spec": spec} if spec is not None else {}) | beside


def namespace(name: str, **annotations: str) -> Json:
    """Return a namespace; what is said of it is said under our own prefix."""
    said = {f"apiscape.io/{key}": value for key, value in annotations.items()}
    return manifest("v1", "Namespace", "", name, annotations=said)


def service(
    namespace: str,
    name: str,
    *,
    port: int = 80,
    ready: int = 2,
    **beside: Any,  # noqa: ANN401 - whatever else its spec has
) -> list[Json]:
    """Return a Service and the slice of what is behind it, so many of two of which take requests."""
    told = {each: beside.pop(each, {}) for each in ("annotations", "labels")}
    spec = {"ports": [{"name": "main", "port": port, **beside.pop("ports", {})}]} | beside
    endpoints = [
        {"addresses": [f"10.1.{len(name)}.{n + 10}"], "conditions": {"ready": n < ready}}
        for n in range(2)
    ]
    return [
        manifest("v1", "Service", namespace, name, spec, **told),
        manifest(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            namespace,
            f"{name}-x7k2p",
            labels={"kubernetes.io/service-name": name},
            addressType="IPv4",
            endpoints=endpoints,
            ports=[{"name": "main", "port": 8080}],
        ),
    ]


def condition(type_: str, status: str = WORKING, reason: str = "", message: str = "") -> Json:
    """Return a condition of generation 1."""
    return {
        "type": type_,
        "status": status,
        "reason": reason or type_,
        "message": message,
        "observedGeneration": 1,
        "lastTransitionTime": "2026-03-02T08:00:00Z",
    }


def route_status(parent: Json, controller: str, *conditions: Json) -> Json:
    """Return what a controller says of a route at one parent."""
    said = {"parentRef": parent, "controllerName": controller, "conditions": list(conditions)}
    return {"parents": [said]}


def backends(*names: str, weights: Sequence[int] = (), port: int = 80) -> list[Json]:
    """Return references to Services of the same namespace."""
    shares = weights or [1] * len(names)
    return [
        {"name": name, "port": port, "weight": weight}
        for name, weight in zip(names, shares, strict=True)
    ]


def prefix(path: str, method: str | None = None) -> Json:
    """Return a match of a path and all below it."""
    matched: Json = {"path": {"type": "PathPrefix", "value": path}}
    return matched | ({"method": method} if method else {})


def ingress(
    namespace: str,
    name: str,
    hosts: Mapping[str, Mapping[str, str]],
    *,
    class_name: str,
    address: str | None,
    annotations: Mapping[str, str],
) -> Json:
    """Return an Ingress: Services by path by host, all under one certificate."""
    rules = [
        {
            "host": host,
            "http": {
                "paths": [
                    {
                        "path": path,
                        "pathType": "Prefix",
                        "backend": {"service": {"name": service, "port": {"number": 80}}},
                    }
                    for path, service in paths.items()
                ]
            },
        }
        for host, paths in hosts.items()
    ]
    tls = [{"hosts": list(hosts), "secretName": f"{name}-tls"}]
    spec = {"ingressClassName": class_name, "rules": rules, "tls": tls}
    word = "hostname" if address and address[-1].isalpha() else "ip"
    told = {"loadBalancer": {"ingress": [{word: address}] if address else []}}
    return manifest(
        "networking.k8s.io/v1",
        "Ingress",
        namespace,
        name,
        spec,
        annotations=dict(annotations),
        status=told,
    )
