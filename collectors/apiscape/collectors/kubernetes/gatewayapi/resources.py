"""The resources of Gateway API, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.kubernetes.gatewayapi.backend_tls import RESOURCE as BACKEND_TLS
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    CLASSES,
    EARLY_GROUP,
    GROUP,
    Gateway,
    GatewayClass,
    ListenerSet,
    ReferenceGrant,
)
from apiscape.collectors.kubernetes.gatewayapi.parameters import RESOURCES as PARAMETERS
from apiscape.collectors.kubernetes.gatewayapi.routes import GrpcRoute, HttpRoute, StreamRoute
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.resource import Resource, Role, declared

GATEWAYS = f"gateways.{GROUP}"
SETS, EARLY_SETS = f"listenersets.{GROUP}", f"xlistenersets.{EARLY_GROUP}"
GRANTS = f"referencegrants.{GROUP}"
HOLDING = {"Gateway": GATEWAYS, "ListenerSet": SETS, "XListenerSet": EARLY_SETS}
"""By its kind, which resource has listeners."""
OF_NAMESPACE, OF_PARENT = "namespace", "parent"
"""Indexes: of ReferenceGrants by their namespace, of ListenerSets by their Gateway."""


def _namespace_of(thing: ReferenceGrant) -> Iterable[str]:
    return [thing.metadata.namespace]


def _parent_of(thing: ListenerSet) -> Iterable[str]:
    parent = thing.spec.parent_ref
    return [key_of(parent.namespace or thing.metadata.namespace, parent.name)]


def _route(plural: str, kind: str, of: type[Thing], *versions: str) -> Resource:
    reveals = f"APIs that are routed to by {kind}"
    return declared(f"{plural}.{GROUP}", kind, of, *versions, role=Role.ROUTE, reveals=reveals)


RESOURCES: tuple[Resource, ...] = (
    declared(
        CLASSES,
        "GatewayClass",
        GatewayClass,
        *("v1", "v1beta1"),
        is_namespaced=False,
        reveals="who looks after Gateways, and so which policies hold",
    ),
    declared(
        GATEWAYS,
        "Gateway",
        Gateway,
        *("v1", "v1beta1"),
        role=Role.GATEWAY,
        reveals="gateways, their addresses and TLS, and what is attached to them",
    ),
    declared(
        SETS,
        "ListenerSet",
        ListenerSet,
        "v1",
        indexes={OF_PARENT: _parent_of},
        reveals="listeners that teams add to gateways",
    ),
    declared(
        EARLY_SETS,
        "XListenerSet",
        ListenerSet,
        "v1alpha1",
        indexes={OF_PARENT: _parent_of},
        reveals="listeners that teams add to gateways in the way that was tried out first",
    ),
    declared(
        GRANTS,
        "ReferenceGrant",
        ReferenceGrant,
        *("v1", "v1beta1"),
        indexes={OF_NAMESPACE: _namespace_of},
        reveals="whether backends and certificates in other namespaces may be referred to",
    ),
    BACKEND_TLS,
    *PARAMETERS,
    _route("httproutes", "HTTPRoute", HttpRoute, "v1", "v1beta1"),
    _route("grpcroutes", "GRPCRoute", GrpcRoute, "v1", "v1alpha2"),
    _route("tlsroutes", "TLSRoute", StreamRoute, "v1", "v1alpha3", "v1alpha2"),
    _route("tcproutes", "TCPRoute", StreamRoute, "v1", "v1alpha2"),
    _route("udproutes", "UDPRoute", StreamRoute, "v1", "v1alpha2"),
)
