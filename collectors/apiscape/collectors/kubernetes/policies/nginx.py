"""Policies of NGINX Gateway Fabric: AuthenticationFilter, RateLimitPolicy, WAFPolicy.

After apis/v1alpha1 of nginx/nginx-gateway-fabric. An AuthenticationFilter acts on the one rule that refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.gatewayapi.kinds import Condition
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.attaching import attached, sees_at
from apiscape.collectors.kubernetes.policies.merging import switch
from apiscape.collectors.kubernetes.policies.opaque import disturbances, opaque, unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.rates import NginxRate, in_all, nginx_limits
from apiscape.collectors.kubernetes.policies.securing import (
    asked,
    named,
    nothing,
    together,
    unknown,
)
from apiscape.collectors.kubernetes.policies.standing import Standing, verdict
from apiscape.collectors.kubernetes.policies.targets import (
    PolicyStatus,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource, declared
from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import SchemeKind

GROUP = "gateway.nginx.org"


class Oidc(Field):
    """People sign in."""

    issuer: str | None = None


class AuthenticationFilterSpec(Field):
    """What is asked of callers."""

    type: str = ""
    oidc: Oidc | None = None


class ControllerStatus(Field):
    """What one controller says of a filter."""

    controller_name: str = ""
    conditions: list[Condition] | None = None


class FilterStatus(Field):
    """What controllers say of a filter."""

    controllers: list[ControllerStatus] | None = None


class AuthenticationFilter(Thing):
    """An AuthenticationFilter."""

    spec: AuthenticationFilterSpec
    status: FilterStatus | None = None


class LocalRateLimit(Field):
    """Limits of one instance."""

    rules: list[NginxRate] | None = None


class RateLimit(Field):
    """How often callers may."""

    local: LocalRateLimit | None = None


class RateLimitPolicySpec(Targeted):
    """How often callers may."""

    rate_limit: RateLimit | None = None


class RateLimitPolicy(Thing):
    """A RateLimitPolicy."""

    spec: RateLimitPolicySpec
    status: PolicyStatus | None = None


class WafPolicy(Thing):
    """A WAFPolicy."""

    spec: Targeted
    status: PolicyStatus | None = None


FILTERS = declared(
    f"authenticationfilters.{GROUP}",
    "AuthenticationFilter",
    AuthenticationFilter,
    "v1alpha1",
    reveals="what is asked of callers",
)
LIMITS = attachable(
    f"ratelimitpolicies.{GROUP}",
    "RateLimitPolicy",
    RateLimitPolicy,
    "v1alpha1",
    reveals="limits of rates",
)
WAF = attachable(
    f"wafpolicies.{GROUP}", "WAFPolicy", WafPolicy, "v1alpha1", reveals="web application firewalls"
)
OPAQUE = (opaque(GROUP, "snippetspolicies", "SnippetsPolicy", "v1alpha1"),)
RESOURCES: tuple[Resource, ...] = (FILTERS, LIMITS, WAF, *OPAQUE)
NEUTRAL = frozenset({(GROUP, "AuthenticationFilter")})
"""What filters refer to that is read here."""

_KINDS = {"Basic": SchemeKind.BASIC, "OIDC": SchemeKind.OIDC, "JWT": SchemeKind.JWT}


def holds(point: Point, look: Look) -> Part:
    """Return what policies of NGINX Gateway Fabric say of a point."""
    parts = list(_filters(point, look)) or [nothing("no AuthenticationFilter attached")]
    return Part(
        security=together([*parts, *disturbances(OPAQUE, point, look)]),
        rate_limits=in_all(
            attached(LIMITS, point, look), _limits, sees=sees_at(LIMITS, point, look)
        ),
        waf=switch(attached(WAF, point, look), lambda _: True, sees=sees_at(WAF, point, look)),
    )


def _filters(point: Point, look: Look) -> Iterator[Security]:
    for group, kind, name in point.extensions:
        if (group, kind) != (GROUP, "AuthenticationFilter") or point.route is None:
            continue
        told: AuthenticationFilter | None = look.get(
            FILTERS.name, key_of(point.route.namespace, name)
        )
        if told is None and not look.sees(FILTERS.name, point.route.namespace):
            yield unseen(FILTERS)
        elif told is None:
            yield unknown(f"{kind} {key_of(point.route.namespace, name)} is not there")
        else:
            yield _of_filter(told, point)


def _of_filter(told: AuthenticationFilter, point: Point) -> Security:
    by = named("AuthenticationFilter", told)
    said_of = [
        each.conditions or []
        for each in (told.status.controllers if told.status else None) or ()
        if point.controller in {None, each.controller_name}
    ]
    standing, why = verdict(said_of, ("Accepted",), told.metadata.generation)
    scheme = Scheme(
        kind=_KINDS.get(told.spec.type, SchemeKind.CUSTOM),
        location="header:Authorization" if told.spec.type in {"Basic", "JWT"} else None,
        issuer=told.spec.oidc.issuer if told.spec.oidc else None,
        native_id=by,
    )
    if standing is Standing.HOLDS:
        return asked(by, scheme)
    if standing is Standing.REJECTED:
        return unknown(f"{by} is not accepted: {why}")
    return Security(schemes=(scheme,), evidence=f"{by}: {why}")


def _limits(policy: RateLimitPolicy) -> RateLimits:
    told = policy.spec.rate_limit.local if policy.spec.rate_limit else None
    return nginx_limits((told.rules if told else None) or (), named("RateLimitPolicy", policy))
