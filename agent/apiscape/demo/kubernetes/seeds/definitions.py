"""Definitions of the gateway resources that a cluster of the demo has installed: names and versions, any content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(
    group: str, plural: str, kind: str, versions: Iterable[str], *, namespaced: bool = True
) -> Json:
    """Return the CustomResourceDefinition of a resource that takes whatever it is given."""
    named = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    served = list(versions)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": named,
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [
                {
                    "name": each,
                    "served": True,
                    "storage": each == served[0],
                    "schema": {"openAPIV3Schema": _OPEN},
                    "subresources": {"status": {}},
                }
                for each in served
            ],
        },
    }


GATEWAY_API = "gateway.networking.k8s.io"

INSTALLED: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (GATEWAY_API, "gateways", "Gateway", ("v1", "v1beta1")),
    (GATEWAY_API, "httproutes", "HTTPRoute", ("v1", "v1beta1")),
    (GATEWAY_API, "grpcroutes", "GRPCRoute", ("v1",)),
    (GATEWAY_API, "tlsroutes", "TLSRoute", ("v1", "v1alpha3")),
    (GATEWAY_API, "listenersets", "ListenerSet", ("v1",)),
    (GATEWAY_API, "referencegrants", "ReferenceGrant", ("v1", "v1beta1")),
    ("gateway.envoyproxy.io", "securitypolicies", "SecurityPolicy", ("v1alpha1",)),
    ("gateway.envoyproxy.io", "backendtrafficpolicies", "BackendTrafficPolicy", ("v1alpha1",)),
    ("gateway.envoyproxy.io", "clienttrafficpolicies", "ClientTrafficPolicy", ("v1alpha1",)),
    ("networking.istio.io", "gateways", "Gateway", ("v1", "v1beta1")),
    ("networking.istio.io", "virtualservices", "VirtualService", ("v1", "v1beta1")),
    ("security.istio.io", "requestauthentications", "RequestAuthentication", ("v1",)),
    ("security.istio.io", "authorizationpolicies", "AuthorizationPolicy", ("v1",)),
    ("traefik.io", "ingressroutes", "IngressRoute", ("v1alpha1",)),
    ("traefik.io", "middlewares", "Middleware", ("v1alpha1",)),
    ("projectcontour.io", "httpproxies", "HTTPProxy", ("v1",)),
    ("configuration.konghq.com", "kongplugins", "KongPlugin", ("v1",)),
    ("cert-manager.io", "certificates", "Certificate", ("v1",)),
)
"""What is installed, beside `GatewayClass`, which is in no namespace."""


def definitions() -> Iterator[Json]:
    """Yield the definitions of all that is installed."""
    yield definition(
        GATEWAY_API, "gatewayclasses", "GatewayClass", ("v1", "v1beta1"), namespaced=False
    )
    for group, plural, kind, versions in INSTALLED:
        yield definition(group, plural, kind, versions)
