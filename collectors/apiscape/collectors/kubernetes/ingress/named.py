"""What Ingresses name of their controllers' own objects: decoded is that something is there, never its value.

AWS: `elbv2.k8s.aws/v1beta1`. GKE: `cloud.google.com/v1`, `networking.gke.io/v1beta1`. Plugins of Kong, Middlewares of
Traefik and Policies of NGINX the table reads.
"""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource, declared

CLASS_PARAMETERS = "ingressclassparams.elbv2.k8s.aws"
BACKEND_CONFIGS = "backendconfigs.cloud.google.com"
FRONTEND_CONFIGS = "frontendconfigs.networking.gke.io"


class Present(Field):
    """Something that is there; nothing of it is read."""


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


RESOURCES: tuple[Resource, ...] = (
    declared(
        CLASS_PARAMETERS,
        "IngressClassParams",
        ClassParams,
        "v1beta1",
        is_namespaced=False,
        reveals="from where load balancers of AWS can be reached, and which Ingresses share one",
    ),
    declared(
        BACKEND_CONFIGS,
        "BackendConfig",
        BackendConfig,
        "v1",
        reveals="whether the Identity-Aware Proxy of Google stands before a backend",
    ),
    declared(
        FRONTEND_CONFIGS,
        "FrontendConfig",
        FrontendConfig,
        "v1beta1",
        reveals="whether load balancers of Google send plain requests to https, and their policy of TLS",
    ),
)
"""Read for what Ingresses name of them."""
