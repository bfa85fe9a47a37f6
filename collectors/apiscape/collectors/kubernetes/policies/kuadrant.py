"""Policies of Kuadrant: AuthPolicy and RateLimitPolicy.

After api/v1 of Kuadrant/kuadrant-operator. Defaults yield to more specific policies, overrides win over them,
those of a wider target last; either as a whole or rule by rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.limiting import each_once
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.attaching import Attached, attached, sees_at
from apiscape.collectors.kubernetes.policies.merging import absent, one_per_level
from apiscape.collectors.kubernetes.policies.opaque import unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.rates import KuadrantLimit, kuadrant_limits
from apiscape.collectors.kubernetes.policies.securing import any_of, asked, named, nothing, unknown
from apiscape.collectors.kubernetes.policies.targets import (
    PolicyStatus,
    Present,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import SchemeKind

GROUP = "kuadrant.io"
IN_FORCE = ("Accepted", "Enforced")
MERGE = "merge"


class Named(Field):
    """Something with a name."""

    name: str = ""


class Credentials(Field):
    """Where a credential travels."""

    authorization_header: Present | None = None
    custom_header: Named | None = None
    query_string: Named | None = None
    cookie: Named | None = None


class JwtAuthentication(Field):
    """Tokens of an issuer."""

    issuer_url: str | None = None


class Introspection(Field):
    """Tokens that somebody is asked about."""

    endpoint: str | None = None


class Authentication(Field):
    """One way in; a caller needs one of them."""

    when: list[Present] | None = None
    credentials: Credentials | None = None
    jwt: JwtAuthentication | None = None
    api_key: Present | None = None
    oauth2_introspection: Introspection | None = None
    kubernetes_token_review: Present | None = None
    x509: Present | None = None
    anonymous: Present | None = None


class AuthRules(Field):
    """Ways in, and what else is asked."""

    authentication: dict[str, Authentication] | None = None
    authorization: dict[str, Present] | None = None


class AuthBlock(Field):
    """Rules of a policy, as defaults or overrides."""

    strategy: str = "atomic"
    when: list[Present] | None = None
    rules: AuthRules | None = None


class AuthPolicySpec(Targeted):
    """What is asked of callers; bare rules are defaults."""

    when: list[Present] | None = None
    rules: AuthRules | None = None
    defaults: AuthBlock | None = None
    overrides: AuthBlock | None = None


class AuthPolicy(Thing):
    """An AuthPolicy."""

    spec: AuthPolicySpec
    status: PolicyStatus | None = None


class LimitBlock(Field):
    """Limits of a policy, as defaults or overrides."""

    strategy: str = "atomic"
    limits: dict[str, KuadrantLimit] | None = None
    when: list[Present] | None = None


class RateLimitPolicySpec(Targeted):
    """How often callers may; bare limits are defaults."""

    when: list[Present] | None = None
    limits: dict[str, KuadrantLimit] | None = None
    defaults: LimitBlock | None = None
    overrides: LimitBlock | None = None


class RateLimitPolicy(Thing):
    """A RateLimitPolicy."""

    spec: RateLimitPolicySpec
    status: PolicyStatus | None = None


AUTH = attachable(
    f"authpolicies.{GROUP}", "AuthPolicy", AuthPolicy, "v1", reveals="what is asked of callers"
)
LIMITS = attachable(
    f"ratelimitpolicies.{GROUP}",
    "RateLimitPolicy",
    RateLimitPolicy,
    "v1",
    reveals="limits of rates",
)
RESOURCES: tuple[Resource, ...] = (AUTH, LIMITS)

R = TypeVar("R")


class Stated(msgspec.Struct, frozen=True):
    """What a policy states: rules by name, and how they go together with those of others.

    Attributes:
        source: What evidence calls the policy.
    """

    source: str
    rules: Mapping[str, object]
    overrides: bool = False
    is_merged: bool = False


def reduced(policies: Sequence[Stated]) -> dict[str, tuple[object, str]]:
    """Return the rules that hold, each with the policy that it is of.

    Args:
        policies: The most specific first.
    """
    held: dict[str, tuple[object, str]] = {}
    for each in policies:
        own = {name: (rule, each.source) for name, rule in each.rules.items()}
        if each.overrides:
            held = held | own if each.is_merged else own
        elif each.is_merged or not held:
            held = own | held
    return held


def holds(point: Point, look: Look) -> Part:
    """Return what policies of Kuadrant say of a point."""
    policies = one_per_level(attached(AUTH, point, look, IN_FORCE))
    told = _security(policies) if policies else absent(AUTH, point, look, IN_FORCE)
    return Part(
        security=told if sees_at(AUTH, point, look) else unseen(AUTH),
        rate_limits=_rate_limits(point, look),
    )


def _security(policies: Sequence[Attached[AuthPolicy]]) -> Security:
    doubtful = next((each for each in policies if not each.is_sure), None)
    if doubtful is not None:
        return unknown(f"{named('AuthPolicy', doubtful.policy)}: {doubtful.doubt}")
    rules = reduced([_stated(each.policy) for each in policies])
    names = ", ".join(dict.fromkeys(source for _, source in rules.values()))
    if _CONDITIONS in rules:
        return unknown(f"{names}: only where its conditions hold")
    ways = [rule for rule, _ in rules.values() if isinstance(rule, Authentication)]
    if ways:
        return _of_ways(ways, names)
    if any(name.startswith(_AUTHORIZATION) for name in rules):
        return unknown(f"{names}: rules of authorization alone")
    return nothing(f"{names or 'AuthPolicy'}: nothing is asked")


def _of_ways(ways: Sequence[Authentication], by: str) -> Security:
    schemes = [scheme for each in ways if (scheme := _scheme(each, by)) is not None]
    if not schemes:
        return nothing(f"{by}: anonymous")
    is_open = len(schemes) < len(ways)
    if any(each.when for each in ways):
        return Security(schemes=(any_of(schemes),), evidence=f"{by}: ways in have conditions")
    return asked(by, any_of(schemes), optional=is_open)


_CONDITIONS, _AUTHORIZATION = "when", "authorization:"


def _stated(policy: AuthPolicy) -> Stated:
    spec = policy.spec
    block = spec.overrides or spec.defaults or AuthBlock("atomic", spec.when, spec.rules)
    told = block.rules or AuthRules()
    rules: dict[str, object] = dict(told.authentication or {})
    rules |= {f"{_AUTHORIZATION}{name}": rule for name, rule in (told.authorization or {}).items()}
    if block.when:
        rules[_CONDITIONS] = block.when
    return Stated(
        named("AuthPolicy", policy), rules, spec.overrides is not None, block.strategy == MERGE
    )


_SCHEMES: tuple[tuple[Callable[[Authentication], object], str], ...] = (
    (lambda each: each.jwt, SchemeKind.JWT),
    (lambda each: each.api_key, SchemeKind.API_KEY),
    (lambda each: each.oauth2_introspection, SchemeKind.OAUTH2),
    (lambda each: each.kubernetes_token_review, SchemeKind.JWT),
    (lambda each: each.x509, SchemeKind.MTLS),
)


def _scheme(way: Authentication, by: str) -> Scheme | None:
    """Return how a caller proves who it is; `None` where it need not."""
    if way.anonymous is not None:
        return None
    kind = next((kind for ask, kind in _SCHEMES if ask(way) is not None), SchemeKind.CUSTOM)
    issuer = way.jwt.issuer_url if way.jwt else None
    if way.oauth2_introspection is not None:
        issuer = way.oauth2_introspection.endpoint
    return Scheme(kind=kind, location=_location(way, kind), issuer=issuer, native_id=by)


def _location(way: Authentication, kind: str) -> str | None:
    if kind == SchemeKind.MTLS:
        return "tls"
    if kind == SchemeKind.CUSTOM:
        return None
    return next(_told(way.credentials or Credentials()), "header:Authorization")


def _told(where: Credentials) -> Iterator[str]:
    for word, told in (
        ("header", where.custom_header),
        ("query", where.query_string),
        ("cookie", where.cookie),
    ):
        if told is not None and told.name:
            yield f"{word}:{told.name}"


def _rate_limits(point: Point, look: Look) -> RateLimits | Unknown:
    policies = one_per_level(attached(LIMITS, point, look, IN_FORCE))
    if not sees_at(LIMITS, point, look) or not all(each.is_sure for each in policies):
        return UNKNOWN
    told = reduced([_limits(each.policy) for each in policies])
    return each_once(limit for limits, _ in told.values() for limit in _as_limits(limits))


def _as_limits(told: object) -> Iterator[RateLimit]:
    for each in told if isinstance(told, tuple) else ():
        if isinstance(each, RateLimit):
            yield each


def _limits(policy: RateLimitPolicy) -> Stated:
    spec, by = policy.spec, named("RateLimitPolicy", policy)
    block = spec.overrides or spec.defaults or LimitBlock("atomic", spec.limits, spec.when)
    rules = {
        name: kuadrant_limits(name, each, by, narrowed=bool(block.when))
        for name, each in (block.limits or {}).items()
    }
    return Stated(by, rules, spec.overrides is not None, block.strategy == MERGE)
