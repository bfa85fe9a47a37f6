"""Policies of GKE's gateways: GCPBackendPolicy, which asks for an identity in front of a Service.

What is attached to the load balancer itself stands in no object of a cluster: that nothing is asked is never known.
"""

from __future__ import annotations

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.attaching import Attached, Level, in_order
from apiscape.collectors.kubernetes.policies.opaque import unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.securing import asked, named, unknown
from apiscape.collectors.kubernetes.policies.standing import Standing, verdict
from apiscape.collectors.kubernetes.policies.targets import (
    AT,
    PolicyStatus,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import SchemeKind, Switch

GROUP = "networking.gke.io"
BESIDE = "what is attached to the load balancer itself is not in the cluster"


class Iap(Field):
    """Identity-Aware Proxy; its client is not read."""

    enabled: bool = False


class BackendDefaults(Field):
    """What is asked in front of a Service."""

    iap: Iap | None = None
    security_policy: str | None = None


class BackendPolicySpec(Targeted):
    """What is asked in front of a Service."""

    default: BackendDefaults | None = None


class BackendPolicy(Thing):
    """A GCPBackendPolicy."""

    spec: BackendPolicySpec
    status: PolicyStatus | None = None


BACKENDS = attachable(
    f"gcpbackendpolicies.{GROUP}",
    "GCPBackendPolicy",
    BackendPolicy,
    "v1",
    reveals="which Services ask for an identity, and web application firewalls",
)
RESOURCES: tuple[Resource, ...] = (BACKENDS,)


def holds(point: Point, look: Look) -> Part:
    """Return what policies of GKE say of a point: what holds of all the Services that a rule sends to."""
    spaces = {each.partition("/")[0] for each in point.services}
    if not all(look.sees(BACKENDS.name, each) for each in spaces):
        return Part(security=unseen(BACKENDS), waf=Switch.UNKNOWN)
    told = [_of_service(service, look) for service in point.services]
    return Part(security=_security(told), waf=_waf(told))


def _of_service(service: str, look: Look) -> Attached[BackendPolicy] | None:
    found: list[Attached[BackendPolicy]] = []
    for policy in look.those(BACKENDS.name, AT, f"Service/{service}"):
        conditions = policy.status.conditions if policy.status else None
        standing, why = verdict(
            [conditions] if conditions else [], ("Attached",), policy.metadata.generation
        )
        if standing is not Standing.REJECTED:
            found.append(Attached(policy, Level.ROUTE, standing=standing, why=why))
    return next(iter(in_order(found)), None)


def _security(told: list[Attached[BackendPolicy] | None]) -> Security:
    asking = [each for each in told if each is not None and _has_iap(each.policy)]
    if not asking:
        return unknown(f"no IAP in front of its Services; {BESIDE}")
    by = ", ".join(named("GCPBackendPolicy", each.policy) for each in asking)
    scheme = Scheme(kind=SchemeKind.OIDC, native_id=by)
    if len(asking) < len(told):
        return Security(schemes=(scheme,), evidence=f"{by}: in front of some Services only")
    doubtful = next((each for each in asking if not each.is_sure), None)
    if doubtful is not None:
        return Security(schemes=(scheme,), evidence=f"{by}: {doubtful.doubt}")
    return asked(by, scheme)


def _waf(told: list[Attached[BackendPolicy] | None]) -> str:
    if not told or not all(each is None or each.is_sure for each in told):
        return Switch.UNKNOWN
    on = [each for each in told if each is not None and _has_armor(each.policy)]
    if len(on) == len(told):
        return Switch.ENABLED
    return Switch.UNKNOWN if on else Switch.DISABLED


def _has_iap(policy: BackendPolicy) -> bool:
    told = policy.spec.default
    return told is not None and told.iap is not None and told.iap.enabled


def _has_armor(policy: BackendPolicy) -> bool:
    return policy.spec.default is not None and bool(policy.spec.default.security_policy)
