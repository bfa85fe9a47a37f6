"""What is known of the controllers of Ingresses, one table each.

Read in their repositories and documents: kubernetes/ingress-nginx, nginx/kubernetes-ingress,
Kong/kubernetes-ingress-controller, traefik/traefik, apache/apisix-ingress-controller,
projectcontour/contour, kubernetes-sigs/aws-load-balancer-controller,
Azure/application-gateway-kubernetes-ingress, haproxytech/kubernetes-ingress,
jcmoraisjr/haproxy-ingress. Of GKE, OpenShift and Cilium their documents.
"""

from __future__ import annotations

from apiscape.collectors.kubernetes.exposed import PathType
from apiscape.collectors.kubernetes.ingress.dialects import Asks, Dialect, Redirect, Sign
from apiscape.collectors.kubernetes.ingress.rate_tables import (
    HAPROXY_INGRESS_RATES,
    HAPROXY_TECH_RATES,
    NGINX_COMMUNITY_RATES,
    NGINX_F5_RATES,
    OPENSHIFT_RATES,
)
from apiscape.model.vocabulary import SchemeKind

_HEADER = "header:Authorization"
_BASIC = frozenset({"basic", "digest"})
_GRPC = frozenset({"grpc", "grpcs"})
_TRUE = frozenset({"true"})


def _signs(*keys: str) -> tuple[Sign, ...]:
    return tuple(Sign(key=key) for key in keys)


NGINX_COMMUNITY = Dialect(
    name="ingress-nginx",
    controllers=("k8s.io/ingress-nginx", "webapprouting.kubernetes.azure.com/nginx"),
    classes=("nginx",),
    prefixes=("nginx.ingress.kubernetes.io/",),
    asks=(
        Asks(key="auth-url", kind=SchemeKind.CUSTOM, is_issuer=True),
        Asks(key="auth-type", kind=SchemeKind.BASIC, values=_BASIC, location=_HEADER),
        Asks(
            key="auth-tls-secret",
            kind=SchemeKind.MTLS,
            location="tls",
            mode="auth-tls-verify-client",
        ),
    ),
    elsewhere="global-auth-url in the ConfigMap of the controller",
    elsewhere_off="enable-global-auth",
    either=("satisfy", "whitelist-source-range", "allowlist-source-range"),
    on={
        "cors": _signs("enable-cors"),
        "waf": _signs("enable-modsecurity"),
        "tracing": _signs("enable-opentelemetry"),
    },
    rates=NGINX_COMMUNITY_RATES,
    settled=frozenset({"rate_limit", "cors"}),
    redirect=Redirect(always="force-ssl-redirect", keys=("ssl-redirect",), usual=True),
    passthrough=_signs("ssl-passthrough"),
    moved=("permanent-redirect", "temporal-redirect"),
    aliases=("server-alias",),
    own_path=PathType.PREFIX,
    regex=_signs("use-regex", "rewrite-target"),
    grpc=(Sign(key="backend-protocol", values=_GRPC),),
    snippets=(
        *("configuration-snippet", "server-snippet", "auth-snippet"),
        *("modsecurity-snippet", "stream-snippet"),
    ),
    retired="2026-03",
)

NGINX_F5 = Dialect(
    name="NGINX Ingress Controller",
    controllers=("nginx.org/ingress-controller",),
    prefixes=("nginx.org/", "nginx.com/"),
    asks=(
        Asks(key="jwt-key", kind=SchemeKind.JWT),
        Asks(key="basic-auth-secret", kind=SchemeKind.BASIC, location=_HEADER),
    ),
    on={"waf": _signs("appprotect.f5.com/app_protect_enable")},
    rates=NGINX_F5_RATES,
    settled=frozenset({"rate_limit", "cors"}),
    redirect=Redirect(always="redirect-to-https", keys=("ssl-redirect",), usual=True),
    plain_ports="listen-ports",
    secure_ports="listen-ports-ssl",
    own_path=PathType.PREFIX,
    regex=(Sign(key="path-regex", values=frozenset({"case_sensitive", "case_insensitive"})),),
    grpc_services="grpc-services",
    snippets=("location-snippets", "server-snippets"),
)

KONG = Dialect(
    name="Kong",
    controllers=("ingress-controllers.konghq.com/",),
    classes=("kong",),
    prefixes=("konghq.com/",),
    settled=frozenset({"rate_limit", "cors", "request_validation"}),
    redirect=Redirect(
        closed=(Sign(key="protocols", values=frozenset({"https", "grpcs", "https,grpcs"})),),
        usual=False,
    ),
    aliases=("host-aliases",),
    own_path=PathType.PREFIX,
    regex_prefix="/~",
    regex_prefix_key="regex-prefix",
    server_names="snis",
    methods="methods",
    grpc=(Sign(key="protocols", values=frozenset({"grpc", "grpcs", "grpc,grpcs", "grpcs,grpc"})),),
)

TRAEFIK = Dialect(
    name="Traefik",
    controllers=("traefik.io/ingress-controller",),
    classes=("traefik",),
    prefixes=("traefik.ingress.kubernetes.io/",),
    elsewhere="middlewares of entry points in Traefik's static configuration",
    redirect=Redirect(closed=_signs("router.tls")),
    own_path=PathType.PREFIX,
    regex=(Sign(key="router.pathmatcher", values=frozenset({"pathregexp"})),),
    tls=("router.tls", "router.tls.certresolver"),
    links=("hub.traefik.io/api", "hub.traefik.io/api-version"),
)

APISIX = Dialect(
    name="Apache APISIX",
    controllers=("apisix.apache.org/",),
    classes=("apisix",),
    prefixes=("k8s.apisix.apache.org/",),
    asks=(
        Asks(key="auth-uri", kind=SchemeKind.CUSTOM, is_issuer=True),
        Asks(
            key="auth-type",
            kind=SchemeKind.BASIC,
            values=frozenset({"basicauth"}),
            location=_HEADER,
        ),
        Asks(key="auth-type", kind=SchemeKind.API_KEY, values=frozenset({"keyauth"})),
    ),
    elsewhere="global rules and plugin configurations",
    on={"cors": (Sign(key="enable-cors", values=_TRUE),)},
    redirect=Redirect(keys=("http-to-https",), usual=False, values=_TRUE),
    moved=("http-redirect",),
    regex=(Sign(key="use-regex", values=_TRUE),),
    methods="http-allow-methods",
    without_methods="http-block-methods",
    grpc=(Sign(key="upstream-scheme", values=_GRPC),),
)

CONTOUR = Dialect(
    name="Contour",
    controllers=("projectcontour.io/",),
    classes=("contour",),
    prefixes=("projectcontour.io/", "ingress.kubernetes.io/"),
    elsewhere="the global authorization server of Contour's configuration",
    redirect=Redirect(always="force-ssl-redirect", usual=False),
    tls_min="tls-minimum-protocol-version",
    own_path=PathType.PREFIX,
)

ALB = Dialect(
    name="AWS Load Balancer Controller",
    controllers=("ingress.k8s.aws/alb", "eks.amazonaws.com/alb"),
    classes=("alb",),
    prefixes=("alb.ingress.kubernetes.io/",),
    on={"waf": _signs("wafv2-acl-arn", "waf-acl-id", "wafv2-acl-name")},
    settled=frozenset({"rate_limit", "cors"}),
    redirect=Redirect(keys=("ssl-redirect",), usual=False),
    regex=(Sign(key="use-regex-path-match", values=_TRUE),),
    grpc=(Sign(key="backend-protocol-version", values=frozenset({"grpc"})),),
    tls=("certificate-arn",),
    links=("load-balancer-name",),
)

AGIC = Dialect(
    name="Azure Application Gateway",
    controllers=("azure/application-gateway",),
    classes=("azure/application-gateway", "azure-application-gateway"),
    prefixes=("appgw.ingress.kubernetes.io/",),
    on={"waf": _signs("waf-policy-for-path")},
    settled=frozenset({"rate_limit", "cors"}),
    redirect=Redirect(keys=("ssl-redirect",), usual=False, values=_TRUE),
    aliases=("hostname-extension",),
    tls=("appgw-ssl-certificate",),
    hiding=("appgw-ssl-profile",),
)

GKE = Dialect(
    name="GKE Ingress",
    classes=("gce", "gce-internal", "gce-regional-external"),
    elsewhere="the Identity-Aware Proxy, which can be switched on outside of the cluster",
    redirect=Redirect(
        closed=(Sign(key="kubernetes.io/ingress.allow-http", values=frozenset({"false"})),)
    ),
    tls=(
        "networking.gke.io/managed-certificates",
        "ingress.gcp.kubernetes.io/pre-shared-cert",
        "networking.gke.io/certmap",
    ),
    links=(
        *("ingress.kubernetes.io/url-map", "ingress.kubernetes.io/forwarding-rule"),
        *("ingress.kubernetes.io/https-forwarding-rule", "ingress.kubernetes.io/target-proxy"),
        *("ingress.kubernetes.io/https-target-proxy", "networking.gke.io/certmap"),
        "kubernetes.io/ingress.global-static-ip-name",
    ),
)

OPENSHIFT = Dialect(
    name="OpenShift router",
    controllers=("openshift.io/ingress-to-route",),
    classes=("openshift-default",),
    prefixes=("haproxy.router.openshift.io/",),
    elsewhere="client certificates that the IngressController of the router may ask for",
    rates=OPENSHIFT_RATES,
    redirect=Redirect(usual=True),
    passthrough=(Sign(key="route.openshift.io/termination", values=frozenset({"passthrough"})),),
    own_path=PathType.PREFIX,
)

HAPROXY_TECH = Dialect(
    name="HAProxy Kubernetes Ingress Controller",
    controllers=("haproxy.org/ingress-controller",),
    prefixes=("haproxy.org/", "ingress.kubernetes.io/"),
    asks=(
        Asks(
            key="auth-type",
            kind=SchemeKind.BASIC,
            values=frozenset({"basic-auth"}),
            location=_HEADER,
        ),
    ),
    elsewhere="auth-type and client-ca in the ConfigMap of the controller",
    on={"cors": (Sign(key="cors-enable", values=_TRUE),)},
    rates=HAPROXY_TECH_RATES,
    redirect=Redirect(keys=("ssl-redirect",)),
    passthrough=(Sign(key="ssl-passthrough", values=_TRUE),),
    own_path=PathType.PREFIX,
    moved=("request-redirect",),
    snippets=("backend-config-snippet",),
)

HAPROXY_INGRESS = Dialect(
    name="HAProxy Ingress",
    controllers=("haproxy-ingress.github.io/controller",),
    prefixes=("haproxy-ingress.github.io/", "ingress.kubernetes.io/"),
    asks=(
        Asks(key="auth-url", kind=SchemeKind.CUSTOM, is_issuer=True),
        Asks(key="oauth", kind=SchemeKind.OIDC, values=frozenset({"oauth2_proxy", "oauth2-proxy"})),
        Asks(key="auth-secret", kind=SchemeKind.BASIC, location=_HEADER),
        Asks(
            key="auth-tls-secret",
            kind=SchemeKind.MTLS,
            location="tls",
            mode="auth-tls-verify-client",
        ),
    ),
    elsewhere="what the ConfigMap of the controller sets for every Ingress",
    on={
        "cors": (Sign(key="cors-enable", values=_TRUE),),
        "waf": _signs("waf"),
    },
    rates=HAPROXY_INGRESS_RATES,
    redirect=Redirect(keys=("ssl-redirect",), usual=True),
    passthrough=(Sign(key="ssl-passthrough", values=_TRUE),),
    moved=("redirect-to",),
    aliases=("server-alias",),
    own_path=PathType.PREFIX,
    regex=(Sign(key="path-type", values=frozenset({"regex"})),),
    snippets=("config-backend",),
)

CILIUM = Dialect(
    name="Cilium",
    controllers=("cilium.io/ingress-controller",),
    classes=("cilium",),
    prefixes=("ingress.cilium.io/",),
    elsewhere="network policies of layer 7",
    redirect=Redirect(keys=("force-https",), values=frozenset({"enabled", "true"})),
    passthrough=(Sign(key="tls-passthrough", values=frozenset({"enabled", "true"})),),
    own_path=PathType.REGEX,
)

ISTIO = Dialect(
    name="Istio",
    controllers=("istio.io/ingress-controller",),
    classes=("istio",),
    elsewhere="policies of Istio that select its gateway",
    own_path=PathType.PREFIX,
)

UNKNOWN_DIALECT = Dialect(name="", elsewhere="a controller whose annotations are not known")

DIALECTS: tuple[Dialect, ...] = (
    *(NGINX_COMMUNITY, NGINX_F5, KONG, TRAEFIK, APISIX, CONTOUR, ALB, AGIC, GKE),
    *(OPENSHIFT, HAPROXY_TECH, HAPROXY_INGRESS, CILIUM, ISTIO),
)
