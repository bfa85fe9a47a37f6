"""Policies that are for gateways themselves: names in DNS, certificates and TLS, as Kuadrant and GKE have them.

After api/v1 of Kuadrant/kuadrant-operator (DNSPolicy, TLSPolicy) and the CustomResourceDefinition of GKE's
GCPGatewayPolicy. Nothing of them is asked of callers: what they name outside of the cluster is told, and whether
they are in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.gatewayapi.kinds import Condition as Said
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.attaching import Attached, everything_attached
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.policies.securing import named
from apiscape.collectors.kubernetes.policies.standing import Standing
from apiscape.collectors.kubernetes.policies.targets import (
    AncestorStatus,
    PolicyStatus,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.collectors.kubernetes.standing import read_conditions


class HealthCheck(Field):
    """How names are checked before they are published; what is sent along is not read."""

    path: str = ""


class DnsPolicySpec(Targeted):
    """Which names are published for a gateway."""

    health_check: HealthCheck | None = None


class HealthCheckStatus(Field):
    """How the checks of names go."""

    conditions: list[Said] | None = None


class DnsPolicyStatus(Field):
    """What its controller says of names in DNS."""

    conditions: list[Said] | None = None
    ancestors: list[AncestorStatus] | None = None
    health_check: HealthCheckStatus | None = None


class DnsPolicy(Thing):
    """A DNSPolicy of Kuadrant."""

    spec: DnsPolicySpec
    status: DnsPolicyStatus | None = None


class IssuerRef(Field):
    """Who issues certificates."""

    name: str
    kind: str = "Issuer"


class TlsPolicySpec(Targeted):
    """By whom the certificates of a gateway are issued."""

    issuer_ref: IssuerRef | None = None


class TlsPolicy(Thing):
    """A TLSPolicy of Kuadrant."""

    spec: TlsPolicySpec
    status: PolicyStatus | None = None


class GatewayDefaults(Field):
    """How a load balancer of Google takes requests."""

    ssl_policy: str | None = None
    allow_global_access: bool = False


class GcpGatewayPolicySpec(Targeted):
    """How a load balancer of Google takes requests."""

    default: GatewayDefaults | None = None


class GcpGatewayPolicy(Thing):
    """A GCPGatewayPolicy of GKE."""

    spec: GcpGatewayPolicySpec
    status: PolicyStatus | None = None


class Fronting(msgspec.Struct, frozen=True):
    """What policies for a gateway, or for one of its listeners, come to.

    Attributes:
        links: What they name outside of the cluster.
        conditions: What controllers say of them, by kind (`DNSPolicyEnforced`).
    """

    links: dict[str, str] = {}
    conditions: tuple[Condition, ...] = ()


def _links_of_dns(policy: DnsPolicy) -> Mapping[str, str]:
    check = policy.spec.health_check
    return {"kuadrant.dns.check.path": check.path.partition("?")[0] if check else ""}


def _links_of_tls(policy: TlsPolicy) -> Mapping[str, str]:
    issuer = policy.spec.issuer_ref
    return {"kuadrant.tls.issuer": f"{issuer.kind} {issuer.name}" if issuer else ""}


def _links_of_google(policy: GcpGatewayPolicy) -> Mapping[str, str]:
    """Return the policy that says which versions of TLS are taken, which is kept outside of the cluster."""
    told = policy.spec.default or GatewayDefaults()
    return {
        "networking.gke.io/ssl-policy": told.ssl_policy or "",
        "networking.gke.io/allow-global-access": "true" if told.allow_global_access else "",
    }


class _Kind(msgspec.Struct, frozen=True):
    """A kind of policy for gateways.

    Attributes:
        needs: Conditions that have to hold for one to be in force.
        links: What one names outside of the cluster.
    """

    resource: Resource
    needs: tuple[str, ...]
    links: Callable[[Any], Mapping[str, str]]


_ENFORCED, _ATTACHED = ("Accepted", "Enforced"), ("Attached",)

_KINDS = (
    _Kind(
        attachable(
            "dnspolicies.kuadrant.io",
            "DNSPolicy",
            DnsPolicy,
            "v1",
            reveals="whether names of gateways are published, and how they are checked",
        ),
        _ENFORCED,
        _links_of_dns,
    ),
    _Kind(
        attachable(
            "tlspolicies.kuadrant.io",
            "TLSPolicy",
            TlsPolicy,
            "v1",
            reveals="who issues the certificates of gateways, and whether that works",
        ),
        _ENFORCED,
        _links_of_tls,
    ),
    _Kind(
        attachable(
            "gcpgatewaypolicies.networking.gke.io",
            "GCPGatewayPolicy",
            GcpGatewayPolicy,
            "v1",
            reveals="which policy of TLS load balancers of Google have",
        ),
        _ATTACHED,
        _links_of_google,
    ),
)
RESOURCES: tuple[Resource, ...] = tuple(each.resource for each in _KINDS)


def fronting(point: Point, look: Look) -> Fronting:
    """Return what policies for a gateway come to: for all of it, or for one listener where the point names one.

    Of a kind the most specific policy takes the place of the others; of a whole gateway, the conditions of all are
    told.
    """
    found = [
        (kind, attached)
        for kind in _KINDS
        if (attached := everything_attached(kind.resource, point, look, kind.needs))
    ]
    if not found:
        return _NONE
    return Fronting(
        links_of_all(_links(kind, _winner(attached)) for kind, attached in found),
        tuple(
            condition
            for kind, attached in found
            for each in (attached if point.listener is None else [_winner(attached)])
            for condition in _conditions(kind, each.policy)
        ),
    )


_NONE = Fronting()


def links_of_all(told: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return links of several, each with all that is said of it."""
    found: dict[str, dict[str, None]] = {}
    for each in filter(None, told):
        for key, value in each.items():
            found.setdefault(key, {})[value] = None
    return {key: ", ".join(values) for key, values in found.items()}


def _winner(attached: list[Attached[Any]]) -> Attached[Any]:
    """Return the policy that holds; of those that are all rejected, the one that would."""
    holding = (each for each in attached if each.standing is not Standing.REJECTED)
    return next(holding, attached[0])


def _links(kind: _Kind, winner: Attached[Any]) -> dict[str, str]:
    told = kind.links(winner.policy) if winner.is_sure else {}
    return {key: value for key, value in told.items() if value}


def _conditions(kind: _Kind, policy: Any) -> Iterator[Condition]:  # noqa: ANN401 - of the kind's own type
    name, status = kind.resource.kind, policy.status
    check = getattr(status, "health_check", None)
    said = [
        *((status.conditions if status else None) or ()),
        *((check.conditions if check else None) or ()),
    ]
    if not said:
        why = "pending: no controller has answered"
        yield Condition(name=f"{name}{kind.needs[-1]}", holds=None, reason=why)
    for each in read_conditions(said, policy.metadata.generation):
        reason = each.reason and f"{named(name, policy)}: {each.reason}"
        yield Condition(name=f"{name}{each.name}", holds=each.holds, reason=reason)
