"""The mesh of the department, and what is reached through it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiscape.demo.kubernetes.seeds.issuing import ISSUER
from apiscape.demo.kubernetes.seeds.manifests import (
    manifest,
    service,
)

Json = dict[str, Any]


def mesh() -> Iterator[Json]:
    """Yield the mesh's gateway, what it routes, and what it asks of callers."""
    yield manifest(
        "networking.istio.io/v1",
        "Gateway",
        "payments",
        "partners",
        {
            "selector": {"istio": "partner-gateway"},
            "servers": [
                {
                    "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
                    "hosts": ["ledger.partners.department.example"],
                    "tls": {
                        "mode": "MUTUAL",
                        "credentialName": "partners-tls",
                        "minProtocolVersion": "TLSV1_3",
                    },
                }
            ],
        },
    )
    yield from service(
        "payments",
        "partner-gateway",
        port=443,
        type="LoadBalancer",
        selector={"istio": "partner-gateway"},
        labels={"app": "istio-ingressgateway"},
        annotations={"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
    )
    yield from _behind_the_mesh()


def _behind_the_mesh() -> Iterator[Json]:
    yield manifest(
        "networking.istio.io/v1",
        "VirtualService",
        "payments",
        "ledger",
        {
            "hosts": ["ledger.partners.department.example"],
            "gateways": ["partners", "mesh"],
            "http": [
                {
                    "match": [{"uri": {"prefix": "/entries"}, "method": {"exact": "GET"}}],
                    "route": [{"destination": {"host": "ledger", "port": {"number": 80}}}],
                },
                {"route": [{"destination": {"host": "ledger", "port": {"number": 80}}}]},
            ],
        },
    )
    yield manifest(
        "security.istio.io/v1",
        "RequestAuthentication",
        "payments",
        "partners",
        {
            "selector": {"matchLabels": {"istio": "partner-gateway"}},
            "jwtRules": [{"issuer": ISSUER, "jwksUri": f"{ISSUER}/keys"}],
        },
    )
