"""The resources of Istio's traffic, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.kubernetes.istio.kinds import (
    GROUP,
    DestinationRule,
    Gateway,
    ServiceEntry,
    VirtualService,
)
from apiscape.collectors.kubernetes.istio.security import SECURITY_RESOURCES
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource, Role, Values, declared

GATEWAYS, VIRTUAL_SERVICES = f"gateways.{GROUP}", f"virtualservices.{GROUP}"
RULES, ENTRIES = f"destinationrules.{GROUP}", f"serviceentries.{GROUP}"
OF_HOST = "host"
"""Index: of DestinationRules and ServiceEntries by their hosts, written out in full."""

CLUSTER_SUFFIX = ".svc.cluster.local"


def full_host(host: str, namespace: str) -> str:
    """Return a host written out in full: a name without dots is a Service of the namespace."""
    plain = host.lower().rstrip(".")
    if "." not in plain and "*" not in plain:
        return f"{plain}.{namespace}{CLUSTER_SUFFIX}"
    return f"{plain}.cluster.local" if plain.endswith(".svc") else plain


def _rule_hosts(thing: DestinationRule) -> Iterable[str]:
    return [full_host(thing.spec.host, thing.metadata.namespace)]


def _entry_hosts(thing: ServiceEntry) -> Iterable[str]:
    return {each.lower() for each in thing.spec.hosts or ()}


def _resource(
    plural: str,
    kind: str,
    of: type[Thing],
    reveals: str,
    role: Role = Role.SUPPORT,
    hosts: Values | None = None,
) -> Resource:
    return declared(
        f"{plural}.{GROUP}",
        kind,
        of,
        *("v1", "v1beta1", "v1alpha3"),
        role=role,
        indexes={} if hosts is None else {OF_HOST: hosts},
        reveals=reveals,
    )


RESOURCES: tuple[Resource, ...] = (
    _resource("gateways", "Gateway", Gateway, "under which hosts APIs are served", Role.GATEWAY),
    _resource(
        "virtualservices",
        "VirtualService",
        VirtualService,
        "APIs that are routed to by VirtualService",
        Role.ROUTE,
    ),
    _resource(
        "destinationrules",
        "DestinationRule",
        DestinationRule,
        "which subsets backends have, and whether TLS is spoken with them",
        hosts=_rule_hosts,
    ),
    _resource(
        "serviceentries",
        "ServiceEntry",
        ServiceEntry,
        "which hosts outside a mesh knows",
        hosts=_entry_hosts,
    ),
    *SECURITY_RESOURCES,
)
