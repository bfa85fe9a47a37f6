"""Gateways of the department from before the one that all are told to use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiscape.demo.kubernetes.seeds.manifests import (
    ingress,
    manifest,
)

Json = dict[str, Any]

OLD_IP = "51.140.12.9"

PERMITS_HOST = "k8s-licensing-permits-1852798827.eu-west-2.elb.amazonaws.com"
"""Of the load balancer that the department's shared account has for this cluster."""


def older_gateways() -> Iterator[Json]:
    """Yield what was there before: an ingress controller, a Traefik and a Contour, all still in use."""
    yield from _ingresses()
    yield from _permits()
    yield from _traefik()
    yield from _contour()


def _ingresses() -> Iterator[Json]:
    yield manifest(
        "networking.k8s.io/v1",
        "IngressClass",
        "",
        "nginx",
        {"controller": "k8s.io/ingress-nginx"},
    )
    yield ingress(
        "legacy",
        "forms",
        {"forms.department.example": {"/": "forms", "/addresses": "addresses"}},
        class_name="nginx",
        address=OLD_IP,
        annotations={
            "nginx.ingress.kubernetes.io/auth-url": "https://auth.department.example/verify",
            "nginx.ingress.kubernetes.io/limit-rps": "20",
        },
    )
    yield ingress(
        "legacy",
        "statistics",
        {"statistics.department.example": {"/": "statistics"}},
        class_name="nginx",
        address=OLD_IP,
        annotations={
            "nginx.ingress.kubernetes.io/enable-cors": "true",
            "nginx.ingress.kubernetes.io/configuration-snippet": "more_set_headers 'X-Served-By: k8s';",
        },
    )


def _permits() -> Iterator[Json]:
    """Yield an Ingress that is served by a load balancer of the cloud, which the cluster's controller made."""
    yield manifest(
        "networking.k8s.io/v1",
        "IngressClass",
        "",
        "alb",
        {"controller": "ingress.k8s.aws/alb"},
    )
    yield ingress(
        "licensing",
        "permits",
        {"permits.example.gov.uk": {"/permits": "permits"}},
        class_name="alb",
        address=PERMITS_HOST,
        annotations={
            "alb.ingress.kubernetes.io/scheme": "internet-facing",
            "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS": 443}]',
        },
    )


def _traefik() -> Iterator[Json]:
    yield manifest(
        "traefik.io/v1alpha1",
        "Middleware",
        "legacy",
        "basic",
        {"basicAuth": {"secret": "addresses-users"}},
    )
    yield manifest(
        "traefik.io/v1alpha1",
        "IngressRoute",
        "legacy",
        "addresses",
        {
            "entryPoints": ["websecure"],
            "routes": [
                {
                    "kind": "Rule",
                    "match": "Host(`addresses.department.example`) && PathPrefix(`/v2`)",
                    "middlewares": [{"name": "basic"}],
                    "services": [{"name": "addresses", "port": 80}],
                }
            ],
            "tls": {"secretName": "addresses-tls"},
        },
    )


def _contour() -> Iterator[Json]:
    yield manifest(
        "projectcontour.io/v1",
        "HTTPProxy",
        "legacy",
        "grants",
        {
            "virtualhost": {
                "fqdn": "grants.department.example",
                "tls": {"secretName": "grants-tls", "minimumProtocolVersion": "1.2"},
            },
            "routes": [
                {
                    "conditions": [{"prefix": "/applications"}],
                    "services": [{"name": "grants", "port": 80}],
                }
            ],
        },
        status={"currentStatus": "valid", "description": "valid HTTPProxy"},
    )
