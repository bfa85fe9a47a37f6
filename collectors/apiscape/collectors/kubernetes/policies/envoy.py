"""Policies of Envoy Gateway: SecurityPolicy, BackendTrafficPolicy, ClientTrafficPolicy.

After api/v1alpha1 of envoyproxy/gateway. The more specific policy of a kind takes the place of the wider one
as a whole, unless it says how they are merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.kubernetes.gatewayapi.kinds import Gateway
from apiscape.collectors.kubernetes.policies.attaching import GATEWAYS, Attached, attached, sees_at
from apiscape.collectors.kubernetes.policies.envoy_kinds import (
    Authorization,
    AuthorizationRule,
    BackendTrafficPolicy,
    ClientTrafficPolicy,
    JwtExtract,
    JwtProvider,
    SecurityPolicy,
    SecurityPolicySpec,
)
from apiscape.collectors.kubernetes.policies.merging import absent, first, in_force, merged, switch
from apiscape.collectors.kubernetes.policies.opaque import disturbances, opaque, unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.rates import envoy_limits, in_all
from apiscape.collectors.kubernetes.policies.securing import (
    any_of,
    asked,
    named,
    nothing,
    together,
    unknown,
)
from apiscape.collectors.kubernetes.policies.targets import attachable
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import SchemeKind, Switch

GROUP = "gateway.envoyproxy.io"
BEARER = "header:Authorization"


SECURITY = attachable(
    f"securitypolicies.{GROUP}",
    "SecurityPolicy",
    SecurityPolicy,
    "v1alpha1",
    reveals="what is asked of callers",
)
TRAFFIC = attachable(
    f"backendtrafficpolicies.{GROUP}",
    "BackendTrafficPolicy",
    BackendTrafficPolicy,
    "v1alpha1",
    reveals="limits of rates",
)
CLIENTS = attachable(
    f"clienttrafficpolicies.{GROUP}",
    "ClientTrafficPolicy",
    ClientTrafficPolicy,
    "v1alpha1",
    reveals="certificates of callers",
)
OPAQUE = (
    opaque(GROUP, "envoyextensionpolicies", "EnvoyExtensionPolicy", "v1alpha1"),
    opaque(GROUP, "envoypatchpolicies", "EnvoyPatchPolicy", "v1alpha1"),
)
RESOURCES: tuple[Resource, ...] = (SECURITY, TRAFFIC, CLIENTS, *OPAQUE)


def holds(point: Point, look: Look) -> Part:
    """Return what policies of Envoy Gateway say of a point."""
    force = in_force(attached(SECURITY, point, look), lambda each: each.spec.merge_type)
    clients = first(attached(CLIENTS, point, look))
    mtls = _mtls(clients, point, look)
    told = _security(force) if force else absent(SECURITY, point, look)
    parts = [told if sees_at(SECURITY, point, look) else unseen(SECURITY)]
    parts += disturbances(OPAQUE, point, look)
    if not sees_at(CLIENTS, point, look):
        parts.append(unseen(CLIENTS))
    elif clients is not None and mtls != Switch.DISABLED:
        parts.append(_of_certificate(clients, mtls))
    return Part(
        security=together(parts),
        cors=switch(
            force, lambda each: each.spec.cors is not None, sees=sees_at(SECURITY, point, look)
        ),
        rate_limits=_rate_limits(point, look),
        mtls=mtls,
        tls_min=_tls_min(clients),
    )


def _security(force: Sequence[Attached[SecurityPolicy]]) -> Security:
    names = ", ".join(named("SecurityPolicy", each.policy) for each in force)
    waiting = [each for each in force if not each.is_sure]
    if waiting:
        return unknown(f"{names}: {waiting[0].doubt}")
    spec = merged([each.policy.spec for each in force], _AUTH)
    schemes = tuple(_schemes(spec, names))
    parts = [asked(names, *schemes)] if schemes else []
    parts += [each for each in (_of_oidc(spec, names), _of_jwt(spec, names)) if each is not None]
    return together(parts) if parts else nothing(f"{names} asks for nothing")


_AUTH = ("jwt", "oidc", "basic_auth", "api_key_auth", "ext_auth", "authorization")


def _schemes(spec: SecurityPolicySpec, by: str) -> Iterator[Scheme]:
    if spec.basic_auth is not None:
        yield Scheme(kind=SchemeKind.BASIC, location=BEARER, native_id=by)
    if spec.api_key_auth is not None:
        told = spec.api_key_auth.extract_from or ()
        where = [
            place for each in told for place in _places(each.headers, each.params, each.cookies)
        ]
        yield Scheme(kind=SchemeKind.API_KEY, location=where[0] if where else None, native_id=by)
    if spec.ext_auth is not None:
        yield Scheme(kind=SchemeKind.CUSTOM, native_id=by)


def _of_oidc(spec: SecurityPolicySpec, by: str) -> Security | None:
    """Return what signing in asks for; nothing by itself where a header of the caller's is let through."""
    if spec.oidc is None:
        return None
    issuer = spec.oidc.provider.issuer if spec.oidc.provider else None
    scheme = Scheme(kind=SchemeKind.OIDC, issuer=issuer, native_id=by)
    if spec.oidc.pass_through_auth_header:
        return Security(
            schemes=(scheme,), evidence=f"{by}: a header of the caller's is let through"
        )
    return asked(by, scheme)


def _of_jwt(spec: SecurityPolicySpec, by: str) -> Security | None:
    if spec.jwt is None:
        return None
    schemes = [
        Scheme(kind=SchemeKind.JWT, location=_token(each), issuer=each.issuer or None, native_id=by)
        for each in spec.jwt.providers or ()
    ] or [Scheme(kind=SchemeKind.JWT, native_id=by)]
    scheme = any_of(schemes)
    if not spec.jwt.optional or _asks_for_token(spec.authorization):
        return asked(by, scheme)
    if spec.authorization is not None and any(map(_is_of_token, spec.authorization.rules or ())):
        return Security(schemes=(scheme,), evidence=f"{by}: rules of authorization go by the token")
    return asked(by, scheme, optional=True)


def _asks_for_token(told: Authorization | None) -> bool:
    """Say whether nobody is let in without a token that is else optional."""
    if told is None or told.default_action == "Allow":
        return False
    letting = [each for each in told.rules or () if each.action == "Allow"]
    return bool(letting) and all(map(_is_of_token, letting))


def _is_of_token(rule: AuthorizationRule) -> bool:
    return rule.principal is not None and rule.principal.jwt is not None


def _token(provider: JwtProvider) -> str:
    told = provider.extract_from or JwtExtract()
    headers = [each.name for each in told.headers or ()]
    return next(_places(headers, told.params, told.cookies), BEARER)


def _places(
    headers: list[str] | None, params: list[str] | None, cookies: list[str] | None
) -> Iterator[str]:
    for word, names in (("header", headers), ("query", params), ("cookie", cookies)):
        for name in names or ():
            yield f"{word}:{name}"


def _rate_limits(point: Point, look: Look) -> RateLimits | Unknown:
    """Return the limits of the most specific policy that states some, of those that make up what holds."""
    force = in_force(attached(TRAFFIC, point, look), lambda each: each.spec.merge_type)
    stated = [each for each in force if each.is_sure and each.policy.spec.rate_limit is not None]
    return in_all(stated[:1] or force, _limits, sees=sees_at(TRAFFIC, point, look))


def _limits(policy: BackendTrafficPolicy) -> RateLimits:
    told = policy.spec.rate_limit
    return () if told is None else envoy_limits(told, named("BackendTrafficPolicy", policy))


def _mtls(policy: Attached[ClientTrafficPolicy] | None, point: Point, look: Look) -> str:
    """Say whether a certificate is asked for: never where callers do not speak TLS to the gateway."""
    asks = policy is not None and _asks_for_certificate(policy.policy)
    if policy is None or (policy.is_sure and asks is False):
        return Switch.DISABLED if sees_at(CLIENTS, point, look) else Switch.UNKNOWN
    protocol = _protocol(point, look)
    if protocol in {"HTTP", "TCP", "UDP"}:
        return Switch.DISABLED
    return Switch.ENABLED if asks and policy.is_sure and protocol else Switch.UNKNOWN


def _asks_for_certificate(policy: ClientTrafficPolicy) -> bool | None:
    """Say whether nobody is let in without a certificate; `None` for a mode that nobody knows."""
    validation = policy.spec.tls.client_validation if policy.spec.tls else None
    if validation is None or validation.optional:
        return False
    return True if validation.mode is None or validation.mode.startswith("Require") else None


def _protocol(point: Point, look: Look) -> str | None:
    gateway: Gateway | None = look.get(GATEWAYS, point.gateway) if point.gateway else None
    listeners = gateway.spec.listeners or () if gateway else ()
    return next((each.protocol for each in listeners if each.name == point.listener), None)


def _of_certificate(policy: Attached[ClientTrafficPolicy], mtls: str) -> Security:
    by = named("ClientTrafficPolicy", policy.policy)
    scheme = Scheme(kind=SchemeKind.MTLS, location="tls", native_id=by)
    if mtls == Switch.ENABLED:
        return asked(by, scheme)
    doubt = policy.doubt or "nobody knows whether its listener speaks TLS"
    return Security(schemes=(scheme,), evidence=f"{by}: {doubt}")


def _tls_min(policy: Attached[ClientTrafficPolicy] | None) -> str | None:
    told = policy.policy.spec.tls if policy is not None and policy.is_sure else None
    number = (told.min_version or "") if told else ""
    return f"TLS_{number.replace('.', '_')}" if number[:1].isdigit() else None
