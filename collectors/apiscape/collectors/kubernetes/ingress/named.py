"""What Ingresses name of their controllers' own objects: decoded is that something is there, never its value.

Kong: https://developer.konghq.com/kubernetes-ingress-controller (`KongPlugin` has no `spec`). Traefik:
`traefik.io/v1alpha1`. NGINX: `k8s.nginx.org/v1`. AWS: `elbv2.k8s.aws/v1beta1`. GKE: `cloud.google.com/v1`,
`networking.gke.io/v1beta1`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.ingress.plugin_rates import (
    PluginConfig,
    TraefikInFlight,
    TraefikRate,
)
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.rates import NginxRate
from apiscape.collectors.kubernetes.resource import Resource

PLUGINS = "kongplugins.configuration.konghq.com"
CLUSTER_PLUGINS = "kongclusterplugins.configuration.konghq.com"
MIDDLEWARES = "middlewares.traefik.io"
POLICIES = "policies.k8s.nginx.org"
CLASS_PARAMETERS = "ingressclassparams.elbv2.k8s.aws"
BACKEND_CONFIGS = "backendconfigs.cloud.google.com"
FRONTEND_CONFIGS = "frontendconfigs.networking.gke.io"
GLOBAL, JOINED = "global", "joined"
"""Indexes: of cluster plugins those for everything; of Middlewares `namespace-name`, as annotations call them."""


class Present(Field):
    """Something that is there; nothing of it is read."""


class KongPlugin(Thing):
    """A KongPlugin or KongClusterPlugin: its fields are not in a `spec`."""

    plugin: str = ""
    disabled: bool | None = None
    config: PluginConfig | None = None


class ForwardAuth(Field):
    """Whom Traefik asks about a caller."""

    address: str = ""


class MiddlewareRef(Field):
    """Another Middleware."""

    name: str
    namespace: str | None = None


class Chain(Field):
    """Middlewares one after the other."""

    middlewares: list[MiddlewareRef] | None = None


class MiddlewareHeaders(Field):
    """Of the headers that are set, whether they are those of CORS."""

    access_control_allow_origin_list: list[str] | None = None
    access_control_allow_origin_list_regex: list[str] | None = None


class RedirectScheme(Field):
    """To what a request is redirected."""

    scheme: str = ""


class MiddlewareSpec(Field):
    """What a Middleware does."""

    basic_auth: Present | None = None
    digest_auth: Present | None = None
    forward_auth: ForwardAuth | None = None
    rate_limit: TraefikRate | None = None
    in_flight_req: TraefikInFlight | None = None
    headers: MiddlewareHeaders | None = None
    redirect_scheme: RedirectScheme | None = None
    chain: Chain | None = None
    plugin: dict[str, Present | None] | None = None


class Middleware(Thing):
    """A Middleware of Traefik."""

    spec: MiddlewareSpec = msgspec.field(default_factory=MiddlewareSpec)


class PolicyJwt(Field):
    """Where the keys of tokens are; of a key that is kept here nothing is read."""

    jwks_uri: str | None = msgspec.field(default=None, name="jwksURI")


class PolicyMtls(Field):
    """How certificates of callers are looked at."""

    verify_client: str = "on"


class PolicySpec(Field):
    """What a Policy asks of callers."""

    jwt: PolicyJwt | None = None
    oidc: Present | None = None
    basic_auth: Present | None = None
    api_key: Present | None = None
    external_auth: Present | None = None
    ingress_mtls: PolicyMtls | None = msgspec.field(default=None, name="ingressMTLS")
    rate_limit: NginxRate | None = None
    cors: Present | None = None
    waf: Present | None = None


class Policy(Thing):
    """A Policy of NGINX."""

    spec: PolicySpec = msgspec.field(default_factory=PolicySpec)


class GroupName(Field):
    """Which Ingresses share a load balancer."""

    name: str = ""


class ClassParamsSpec(Field):
    """What holds for every load balancer of a class, whatever annotations say."""

    scheme: str | None = None
    group: GroupName | None = None
    ssl_policy: str | None = None
    wafv2_acl_arn: str | None = None
    inbound_cidrs: list[str] | None = msgspec.field(default=None, name="inboundCIDRs")


class ClassParams(Thing):
    """An IngressClassParams of the AWS Load Balancer Controller."""

    spec: ClassParamsSpec = msgspec.field(default_factory=ClassParamsSpec)


class Iap(Field):
    """Whether the Identity-Aware Proxy stands before it; its credentials are not read."""

    enabled: bool = False


class BackendConfigSpec(Field):
    """What stands before a backend."""

    iap: Iap | None = None
    security_policy: Present | None = None


class BackendConfig(Thing):
    """A BackendConfig of GKE."""

    spec: BackendConfigSpec = msgspec.field(default_factory=BackendConfigSpec)


class HttpsRedirect(Field):
    """Whether plain requests are sent to https."""

    enabled: bool = False


class FrontendConfigSpec(Field):
    """How a load balancer of Google takes requests."""

    ssl_policy: str | None = None
    redirect_to_https: HttpsRedirect | None = None


class FrontendConfig(Thing):
    """A FrontendConfig of GKE."""

    spec: FrontendConfigSpec = msgspec.field(default_factory=FrontendConfigSpec)


def _global_of(thing: KongPlugin) -> Iterable[str]:
    return ["true"] if (thing.metadata.labels or {}).get("global") == "true" else []


def _joined_of(thing: Middleware) -> Iterable[str]:
    return [f"{thing.metadata.namespace}-{thing.metadata.name}"]


RESOURCES: tuple[Resource, ...] = (
    Resource(
        group="configuration.konghq.com",
        plural="kongplugins",
        kind="KongPlugin",
        versions=("v1",),
        type=KongPlugin,
        reveals="what Kong asks of callers of Ingresses",
    ),
    Resource(
        group="configuration.konghq.com",
        plural="kongclusterplugins",
        kind="KongClusterPlugin",
        versions=("v1",),
        type=KongPlugin,
        is_namespaced=False,
        indexes={GLOBAL: _global_of},
        reveals="what Kong asks of every caller",
    ),
    Resource(
        group="traefik.io",
        plural="middlewares",
        kind="Middleware",
        versions=("v1alpha1",),
        type=Middleware,
        indexes={JOINED: _joined_of},
        reveals="what Traefik asks of callers of Ingresses",
    ),
    Resource(
        group="k8s.nginx.org",
        plural="policies",
        kind="Policy",
        versions=("v1", "v1alpha1"),
        type=Policy,
        reveals="what NGINX asks of callers of Ingresses",
    ),
    Resource(
        group="elbv2.k8s.aws",
        plural="ingressclassparams",
        kind="IngressClassParams",
        versions=("v1beta1",),
        type=ClassParams,
        is_namespaced=False,
        reveals="from where load balancers of AWS can be reached, and which Ingresses share one",
    ),
    Resource(
        group="cloud.google.com",
        plural="backendconfigs",
        kind="BackendConfig",
        versions=("v1",),
        type=BackendConfig,
        reveals="whether the Identity-Aware Proxy of Google stands before a backend",
    ),
    Resource(
        group="networking.gke.io",
        plural="frontendconfigs",
        kind="FrontendConfig",
        versions=("v1beta1",),
        type=FrontendConfig,
        reveals="whether load balancers of Google send plain requests to https, and their policy of TLS",
    ),
)
"""Read for what Ingresses name of them."""
