"""A believable cluster: the department's own platform, with a gateway from every year that it has been there.

It has what real clusters have: one gateway that all are told to use, and those before it that nobody took
away; a route that nobody lets in, one that its controller has not answered yet, one whose Service is gone;
open APIs next to closed ones; a certificate about to end; owners on some namespaces only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.seeds.definitions import GATEWAY_API, INSTALLED, definitions
from apiscape.demo.kubernetes.seeds.issuing import ISSUER
from apiscape.demo.kubernetes.seeds.kubeconfig import TOKEN
from apiscape.demo.kubernetes.seeds.manifests import (
    BROKEN,
    backends,
    condition,
    manifest,
    namespace,
    prefix,
    route_status,
    service,
)
from apiscape.demo.kubernetes.seeds.mesh import mesh
from apiscape.demo.kubernetes.seeds.older import older_gateways

Json = dict[str, Any]

ENVOY = "gateway.envoyproxy.io/gatewayclass-controller"
ISTIO = "istio.io/gateway-controller"
PUBLIC_IP = "51.140.12.7"
_READS = (
    Rule(("",), ("namespaces", "services")),
    Rule(("discovery.k8s.io",), ("endpointslices",)),
    Rule(("networking.k8s.io",), ("ingresses", "ingressclasses")),
    *(Rule((group,), (plural,)) for group, plural, _, _ in INSTALLED),
    Rule((GATEWAY_API,), ("gatewayclasses",)),
    Rule(("apiextensions.k8s.io",), ("customresourcedefinitions",)),
    Rule(("apiregistration.k8s.io",), ("apiservices",)),
)
"""What the agent may do there: list and watch, no more."""

_GATEWAY = f"{GATEWAY_API}/v1"
_ENVOY = "gateway.envoyproxy.io/v1alpha1"
_PARENT: Json = {"name": "public", "namespace": "edge", "sectionName": "https"}


def department(today: datetime | None = None) -> Cluster:
    """Return the cluster as of a day."""
    cluster = Cluster(seed=1)
    cluster.add(*definitions())
    cluster.add(*_namespaces())
    cluster.add(*_services())
    cluster.add(*_edge(today or datetime.now(UTC)))
    cluster.add(*_routes())
    cluster.add(*_policies())
    cluster.add(*older_gateways())
    cluster.add(*mesh())
    cluster.access.grant("apiscape", TOKEN, _READS)
    return cluster


def _namespaces() -> Iterator[Json]:
    yield namespace("edge", owner="Team Platform", environment="production")
    yield namespace("registers", owner="Team Registers", environment="production")
    yield namespace("licensing", owner="Team Licensing", environment="production")
    yield namespace("licensing-test", owner="Team Licensing", environment="test")
    yield namespace("legacy")
    yield namespace("payments", owner="Team Payments", contact="#payments")


def _services() -> Iterator[Json]:
    openapi = {
        "api.service.kubernetes.io/description-path": "/openapi.json",
        "api.service.kubernetes.io/scheme": "http",
    }
    for made in (
        service("registers", "companies", annotations=openapi),
        service("registers", "companies-next", ready=1),
        service("registers", "lookup", port=9090, ports={"appProtocol": "grpc"}),
        service("licensing", "licences"),
        service("licensing", "documents", ready=0),
        service("licensing", "permits"),
        service("licensing-test", "licences"),
        service("legacy", "forms"),
        service("legacy", "addresses"),
        service("legacy", "statistics"),
        service("legacy", "grants"),
        service("payments", "refunds"),
        service("payments", "ledger"),
    ):
        yield from made


def _edge(today: datetime) -> Iterator[Json]:
    yield manifest(_GATEWAY, "GatewayClass", "", "envoy", {"controllerName": ENVOY})
    yield manifest(
        _GATEWAY,
        "Gateway",
        "edge",
        "public",
        {
            "gatewayClassName": "envoy",
            "listeners": [
                {
                    "name": "https",
                    "port": 443,
                    "protocol": "HTTPS",
                    "hostname": "*.api.department.example",
                    "tls": {"certificateRefs": [{"name": "public-tls"}]},
                    "allowedRoutes": {
                        "namespaces": {
                            "from": "Selector",
                            "selector": {
                                "matchExpressions": [
                                    {
                                        "key": "kubernetes.io/metadata.name",
                                        "operator": "NotIn",
                                        "values": ["legacy"],
                                    }
                                ]
                            },
                        }
                    },
                }
            ],
        },
        status={
            "addresses": [{"type": "IPAddress", "value": PUBLIC_IP}],
            "conditions": [condition("Accepted"), condition("Programmed")],
            "listeners": [
                {
                    "name": "https",
                    "attachedRoutes": 4,
                    "supportedKinds": [{"kind": "HTTPRoute"}],
                    "conditions": [condition("Programmed"), condition("ResolvedRefs")],
                }
            ],
        },
    )
    yield _certificate("edge", "public", today + timedelta(days=9))
    yield _certificate("legacy", "forms", today + timedelta(days=70))


def _certificate(namespace: str, name: str, ends: datetime) -> Json:
    return manifest(
        "cert-manager.io/v1",
        "Certificate",
        namespace,
        name,
        {"secretName": f"{name}-tls", "issuerRef": {"name": "letsencrypt"}},
        status={
            "notAfter": ends.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [condition("Ready")],
        },
    )


def _http_route(
    namespace: str, name: str, host: str, rules: list[Json], *said: Json, **beside: Json
) -> Json:
    status = {"status": route_status(_PARENT, ENVOY, *said)} if said else {}
    spec = {"parentRefs": [_PARENT], "hostnames": [host], "rules": rules}
    return manifest(_GATEWAY, "HTTPRoute", namespace, name, spec, **status, **beside)


_WELL = (condition("Accepted"), condition("ResolvedRefs"))


def _routes() -> Iterator[Json]:
    yield from _registers()
    yield from _licensing()
    yield from _in_trouble()


def _registers() -> Iterator[Json]:
    yield _http_route(
        "registers",
        "companies",
        "companies.api.department.example",
        [
            {
                "name": "read",
                "matches": [prefix("/companies", "GET")],
                "backendRefs": backends("companies", "companies-next", weights=[90, 10]),
            },
            {
                "name": "file",
                "matches": [prefix("/companies", "POST"), prefix("/filings", "POST")],
                "backendRefs": backends("companies"),
            },
        ],
        *_WELL,
        annotations={"apiscape.io/title": "Companies register", "apiscape.io/lifecycle": "live"},
    )
    yield manifest(
        _GATEWAY,
        "GRPCRoute",
        "registers",
        "lookup",
        {
            "parentRefs": [_PARENT],
            "hostnames": ["lookup.api.department.example"],
            "rules": [
                {
                    "matches": [{"method": {"service": "registers.v1.Lookup"}}],
                    "backendRefs": backends("lookup", port=9090),
                }
            ],
        },
        status=route_status(_PARENT, ENVOY, *_WELL),
    )


def _licensing() -> Iterator[Json]:
    yield _http_route(
        "licensing",
        "licences",
        "licences.api.department.example",
        [{"matches": [prefix("/licences")], "backendRefs": backends("licences")}],
        *_WELL,
    )
    yield _http_route(
        "licensing",
        "documents",
        "licences.api.department.example",
        [{"matches": [prefix("/documents")], "backendRefs": backends("documents")}],
        *_WELL,
    )
    yield _http_route(
        "licensing-test",
        "licences",
        "licences-test.api.department.example",
        [{"matches": [prefix("/licences")], "backendRefs": backends("licences", "stub")}],
        condition("Accepted"),
        condition(
            "ResolvedRefs", BROKEN, "BackendNotFound", "service licensing-test/stub not found"
        ),
    )


def _in_trouble() -> Iterator[Json]:
    yield _http_route(
        "legacy",
        "grants",
        "grants.api.department.example",
        [{"matches": [prefix("/")], "backendRefs": backends("grants")}],
        condition("Accepted", BROKEN, "NotAllowedByListeners", "no listener takes this namespace"),
    )
    yield _http_route(
        "payments",
        "refunds",
        "refunds.api.department.example",
        [{"matches": [prefix("/refunds")], "backendRefs": backends("refunds")}],
    )


_ACCEPTED: Json = {
    "ancestors": [
        {
            "ancestorRef": {"kind": "Gateway", "name": "public", "namespace": "edge"},
            "controllerName": ENVOY,
            "conditions": [condition("Accepted")],
        }
    ]
}


def _policies() -> Iterator[Json]:
    for where, name in (("registers", "companies"), ("licensing", "licences")):
        yield manifest(
            _ENVOY,
            "SecurityPolicy",
            where,
            f"{name}-jwt",
            {
                "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": name}],
                "jwt": {
                    "providers": [
                        {
                            "name": "department",
                            "issuer": ISSUER,
                            "remoteJWKS": {"uri": f"{ISSUER}/keys"},
                        }
                    ]
                },
            },
            status=_ACCEPTED,
        )
    yield manifest(
        _ENVOY,
        "BackendTrafficPolicy",
        "registers",
        "companies-limit",
        {
            "targetRefs": [{"group": GATEWAY_API, "kind": "HTTPRoute", "name": "companies"}],
            "rateLimit": {
                "type": "Local",
                "local": {"rules": [{"limit": {"requests": 50, "unit": "Second"}}]},
            },
        },
        status=_ACCEPTED,
    )
    yield manifest(
        _ENVOY,
        "ClientTrafficPolicy",
        "edge",
        "public-tls",
        {
            "targetRefs": [{"group": GATEWAY_API, "kind": "Gateway", "name": "public"}],
            "tls": {"minVersion": "1.2"},
        },
        status=_ACCEPTED,
    )
