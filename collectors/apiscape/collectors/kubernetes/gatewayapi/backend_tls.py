"""Whether a gateway speaks TLS with what is behind it (`BackendTLSPolicy`)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.core import SERVICES, Field, Service
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, Condition
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.resource import Look, declared

POLICIES = f"backendtlspolicies.{GROUP}"
OF_SERVICE = "service"
"""Index: of policies by the Services that they are for, `namespace/name`."""

TLS = "tls"


class PolicyTarget(Field):
    """What a policy is for; of a Service, one of its ports where it names a section."""

    kind: str
    name: str
    group: str = ""
    section_name: str | None = None


class BackendTlsPolicySpec(Field):
    """What a policy is for; how certificates are looked at is not read."""

    target_refs: list[PolicyTarget] | None = None


class Ancestor(Field):
    """What a controller says of a policy at one gateway."""

    conditions: list[Condition] | None = None


class BackendTlsPolicyStatus(Field):
    """What controllers say of a policy."""

    ancestors: list[Ancestor] | None = None


class BackendTlsPolicy(Thing):
    """A BackendTLSPolicy."""

    spec: BackendTlsPolicySpec = msgspec.field(default_factory=BackendTlsPolicySpec)
    status: BackendTlsPolicyStatus | None = None


def _services_of(thing: BackendTlsPolicy) -> Iterable[str]:
    return {
        key_of(thing.metadata.namespace, each.name)
        for each in thing.spec.target_refs or ()
        if (each.group, each.kind) == ("", "Service")
    }


RESOURCE = declared(
    POLICIES,
    "BackendTLSPolicy",
    BackendTlsPolicy,
    *("v1", "v1alpha3"),
    indexes={OF_SERVICE: _services_of},
    reveals="whether gateways speak TLS with what is behind them",
)


def secured(namespace: str, name: str, port: int | None, look: Look) -> str | None:
    """Return `tls` where a policy that is not rejected has TLS spoken with a port of a Service."""
    if not look.has(POLICIES):
        return None
    key = key_of(namespace, name)
    policies: Iterable[BackendTlsPolicy] = look.those(POLICIES, OF_SERVICE, key)
    sections = {
        each.section_name
        for policy in policies
        if not _is_rejected(policy)
        for each in policy.spec.target_refs or ()
        if (each.group, each.kind, each.name) == ("", "Service", name)
    }
    if not sections:
        return None
    return TLS if None in sections or _port_name(key, port, look) in sections else None


def _port_name(key: str, port: int | None, look: Look) -> str:
    """Return what a port of a Service is called; empty where nobody can tell."""
    service: Service | None = look.get(SERVICES, key)
    ports = (service.spec.ports if service is not None else None) or ()
    return next((each.name for each in ports if each.port == port), "")


def _is_rejected(policy: BackendTlsPolicy) -> bool:
    """Say whether every controller that says something of a policy rejects it."""
    said = [
        each.status
        for ancestor in (policy.status.ancestors if policy.status else None) or ()
        for each in ancestor.conditions or ()
        if each.type == "Accepted"
    ]
    return bool(said) and all(each == "False" for each in said)
