"""TrafficPolicy of kgateway, and the GatewayExtensions that it refers to.

After api/v1alpha1/kgateway of kgateway-dev/kgateway. Each field is taken of the most specific policy that
states it; one that switches it off states it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.attaching import Attached, attached, sees_at
from apiscape.collectors.kubernetes.policies.merging import absent
from apiscape.collectors.kubernetes.policies.opaque import unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.rates import KgatewayRateLimit, kgateway_limits
from apiscape.collectors.kubernetes.policies.securing import (
    any_of,
    asked,
    named,
    nothing,
    together,
    unknown,
)
from apiscape.collectors.kubernetes.policies.targets import (
    PolicyStatus,
    Present,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource, declared
from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import SchemeKind, Switch

GROUP = "gateway.kgateway.dev"


class ExtensionRef(Field):
    """A GatewayExtension, in the policy's namespace where none is named."""

    name: str
    namespace: str | None = None


class Stated(Field):
    """Something that is asked for, or switched off."""

    extension_ref: ExtensionRef | None = None
    disable: Present | None = None


class KeySource(Field):
    """Where a key travels."""

    header: str | None = None
    query: str | None = None
    cookie: str | None = None


class ApiKeys(Field):
    """Keys; where they are kept is not read."""

    key_sources: list[KeySource] | None = None
    disable: Present | None = None


class TrafficPolicySpec(Targeted):
    """What is asked of callers."""

    jwt_auth: Stated | None = None
    basic_auth: Stated | None = None
    api_key_auth: ApiKeys | None = None
    oauth2: Stated | None = None
    ext_auth: Stated | None = None
    ext_proc: Stated | None = None
    rbac: Present | None = None
    cors: Stated | None = None
    rate_limit: KgatewayRateLimit | None = None


class TrafficPolicy(Thing):
    """A TrafficPolicy."""

    spec: TrafficPolicySpec
    status: PolicyStatus | None = None


class HeaderSource(Field):
    """The header that a token travels in."""

    header: str


class TokenSource(Field):
    """Where a token travels."""

    header: HeaderSource | None = None
    query_parameter: str | None = None


class JwtProvider(Field):
    """Who may have issued a token."""

    issuer: str | None = None
    token_source: TokenSource | None = None


class JwtExtension(Field):
    """Tokens of any of several providers."""

    validation_mode: str | None = None
    providers: list[JwtProvider] | None = None


class GatewayExtensionSpec(Field):
    """What policies refer to; of others than tokens nothing is read."""

    jwt: JwtExtension | None = None


class GatewayExtension(Thing):
    """A GatewayExtension."""

    spec: GatewayExtensionSpec


TRAFFIC = attachable(
    f"trafficpolicies.{GROUP}",
    "TrafficPolicy",
    TrafficPolicy,
    "v1alpha1",
    reveals="what is asked of callers, and limits of rates",
)
EXTENSIONS = declared(
    f"gatewayextensions.{GROUP}",
    "GatewayExtension",
    GatewayExtension,
    "v1alpha1",
    reveals="of which issuers tokens are taken",
)
RESOURCES: tuple[Resource, ...] = (TRAFFIC, EXTENSIONS)
NEUTRAL = frozenset({(GROUP, "TrafficPolicy"), (GROUP, "DirectResponse")})
"""What filters refer to that is read as a policy, or asks for nothing."""

_PLAIN: tuple[tuple[str, str, str | None], ...] = (
    ("basic_auth", SchemeKind.BASIC, "header:Authorization"),
    ("oauth2", SchemeKind.OAUTH2, None),
    ("ext_auth", SchemeKind.CUSTOM, None),
)
_ASKING = ("jwt_auth", "basic_auth", "api_key_auth", "oauth2", "ext_auth", "ext_proc", "rbac")


def holds(point: Point, look: Look) -> Part:
    """Return what policies of kgateway say of a point."""
    policies: list[Attached[TrafficPolicy]] = attached(TRAFFIC, point, look)
    sees = sees_at(TRAFFIC, point, look)
    told = _security(policies, look) if policies else absent(TRAFFIC, point, look)
    return Part(
        security=told if sees else unseen(TRAFFIC),
        cors=_switch(policies, "cors", sees=sees),
        rate_limits=_rate_limits(policies, sees=sees),
    )


def _security(policies: Sequence[Attached[TrafficPolicy]], look: Look) -> Security:
    parts = [part for name in _ASKING for part in _of_field(name, policies, look)]
    names = ", ".join(named("TrafficPolicy", each.policy) for each in policies)
    return together(parts) if parts else nothing(f"{names}: nothing is asked")


def _of_field(
    name: str, policies: Sequence[Attached[TrafficPolicy]], look: Look
) -> Iterator[Security]:
    told = _first(policies, name)
    if told is None:
        return
    by = named("TrafficPolicy", told.policy)
    stated = getattr(told.policy.spec, name)
    if not told.is_sure:
        yield unknown(f"{by}: {told.doubt}")
    elif getattr(stated, "disable", None) is not None:
        return
    elif name == "jwt_auth":
        yield _of_jwt(stated, told.policy, look)
    elif name == "api_key_auth":
        where = next(_places(stated), "header:api-key")
        yield asked(by, Scheme(kind=SchemeKind.API_KEY, location=where, native_id=by))
    elif name in {"rbac", "ext_proc"}:
        yield unknown(f"{by}: {name.replace('_', ' ')} may ask for more")
    else:
        kind, where_told = next((kind, at) for field, kind, at in _PLAIN if field == name)
        yield asked(by, Scheme(kind=kind, location=where_told, native_id=by))


def _first(
    policies: Sequence[Attached[TrafficPolicy]], name: str
) -> Attached[TrafficPolicy] | None:
    return next((each for each in policies if getattr(each.policy.spec, name) is not None), None)


def _of_jwt(stated: Stated, policy: TrafficPolicy, look: Look) -> Security:
    by, ref = named("TrafficPolicy", policy), stated.extension_ref
    key = key_of(ref.namespace or policy.metadata.namespace, ref.name) if ref else ""
    extension: GatewayExtension | None = look.get(EXTENSIONS.name, key) if ref else None
    if extension is None or extension.spec.jwt is None:
        return Security(
            schemes=(Scheme(kind=SchemeKind.JWT, native_id=by),),
            evidence=f"{by}: GatewayExtension {key} could not be read",
        )
    told = extension.spec.jwt
    schemes = [
        Scheme(kind=SchemeKind.JWT, location=_token(each), issuer=each.issuer or None, native_id=by)
        for each in told.providers or ()
    ] or [Scheme(kind=SchemeKind.JWT, native_id=by)]
    return asked(by, any_of(schemes), optional=told.validation_mode == "AllowMissing")


def _token(provider: JwtProvider) -> str:
    told = provider.token_source
    if told is not None and told.header is not None:
        return f"header:{told.header.header}"
    if told is not None and told.query_parameter:
        return f"query:{told.query_parameter}"
    return "header:Authorization"


def _places(keys: ApiKeys) -> Iterator[str]:
    for each in keys.key_sources or ():
        for word in ("header", "query", "cookie"):
            if name := getattr(each, word):
                yield f"{word}:{name}"


def _rate_limits(
    policies: Sequence[Attached[TrafficPolicy]], *, sees: bool
) -> RateLimits | Unknown:
    told = _first(policies, "rate_limit")
    if told is None:
        return () if sees else UNKNOWN
    limit = told.policy.spec.rate_limit
    if not told.is_sure or limit is None:
        return UNKNOWN
    return kgateway_limits(limit, named("TrafficPolicy", told.policy))


def _switch(policies: Sequence[Attached[TrafficPolicy]], name: str, *, sees: bool) -> str:
    told = _first(policies, name)
    if told is None:
        return Switch.DISABLED if sees else Switch.UNKNOWN
    if not told.is_sure:
        return Switch.UNKNOWN
    is_off = getattr(told.policy.spec, name).disable is not None
    return Switch.DISABLED if is_off else Switch.ENABLED
