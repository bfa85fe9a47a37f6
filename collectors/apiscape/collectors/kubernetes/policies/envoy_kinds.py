"""Policies of Envoy Gateway as they are decoded (api/v1alpha1 of envoyproxy/gateway): no secret of any is read."""

from __future__ import annotations

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.rates import EnvoyRateLimit
from apiscape.collectors.kubernetes.policies.targets import PolicyStatus, Present, Targeted


class Named(Field):
    """Something with a name."""

    name: str


class Extract(Field):
    """Where a credential travels."""

    headers: list[str] | None = None
    params: list[str] | None = None
    cookies: list[str] | None = None


class JwtExtract(Field):
    """Where a token travels."""

    headers: list[Named] | None = None
    params: list[str] | None = None
    cookies: list[str] | None = None


class JwtProvider(Field):
    """Who may have issued a token."""

    issuer: str | None = None
    extract_from: JwtExtract | None = None


class Jwt(Field):
    """Tokens of any of several providers."""

    optional: bool | None = None
    providers: list[JwtProvider] | None = None


class OidcProvider(Field):
    """Who signs people in."""

    issuer: str | None = None


class Oidc(Field):
    """People sign in, or bring a header of their own where that is let through."""

    provider: OidcProvider | None = None
    pass_through_auth_header: bool | None = None


class ApiKeyAuth(Field):
    """Keys; where they are kept is not read."""

    extract_from: list[Extract] | None = None


class Principal(Field):
    """Who a rule is for; of a token only whether one is asked for."""

    jwt: Present | None = None


class AuthorizationRule(Field):
    """Who may, or may not."""

    action: str = "Deny"
    principal: Principal | None = None


class Authorization(Field):
    """Who may; what no rule is for is denied, unless it says otherwise."""

    default_action: str | None = None
    rules: list[AuthorizationRule] | None = None


class SecurityPolicySpec(Targeted):
    """What is asked of callers."""

    merge_type: str | None = None
    cors: Present | None = None
    jwt: Jwt | None = None
    oidc: Oidc | None = None
    basic_auth: Present | None = None
    api_key_auth: ApiKeyAuth | None = None
    ext_auth: Present | None = None
    authorization: Authorization | None = None


class SecurityPolicy(Thing):
    """A SecurityPolicy."""

    spec: SecurityPolicySpec
    status: PolicyStatus | None = None


class BackendTrafficPolicySpec(Targeted):
    """How requests are sent on."""

    merge_type: str | None = None
    rate_limit: EnvoyRateLimit | None = None


class BackendTrafficPolicy(Thing):
    """A BackendTrafficPolicy."""

    spec: BackendTrafficPolicySpec
    status: PolicyStatus | None = None


class ClientValidation(Field):
    """Whether a caller's certificate is asked for."""

    optional: bool = False
    mode: str | None = None


class ClientTls(Field):
    """How callers speak TLS."""

    min_version: str | None = None
    client_validation: ClientValidation | None = None


class ClientTrafficPolicySpec(Targeted):
    """How callers connect."""

    tls: ClientTls | None = None


class ClientTrafficPolicy(Thing):
    """A ClientTrafficPolicy."""

    spec: ClientTrafficPolicySpec
    status: PolicyStatus | None = None
