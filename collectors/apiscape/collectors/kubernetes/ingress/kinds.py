"""Ingress and IngressClass as they are decoded.

Field for field after `networking.k8s.io/v1`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource, Role

GROUP = "networking.k8s.io"
INGRESSES, CLASSES = f"ingresses.{GROUP}", f"ingressclasses.{GROUP}"

HOST, CANARY, MASTER = "host", "canary", "master"
"""Indexes of Ingresses: by their hosts, and by those where they vary another (`canary`) or hold it together."""
ALB_GROUP, ADDRESS = "alb-group", "address"
"""Indexes of Ingresses: by the load balancer that they share, and by where they can be reached."""
DEFAULT = "default"
"""Index of IngressClasses: the one for Ingresses that name none."""

ANY_HOST = "*"
"""What the host of an Ingress is called that names none."""

SOLVER_LABEL = "acme.cert-manager.io/http01-solver"
"""Of what stands for minutes alone, to prove to whoever signs a certificate that a host is one's own."""
CANARY_KEY = "nginx.ingress.kubernetes.io/canary"
MERGEABLE_KEY = "nginx.org/mergeable-ingress-type"
GROUP_KEY = "alb.ingress.kubernetes.io/group.name"
DEFAULT_KEY = "ingressclass.kubernetes.io/is-default-class"
TRUE = "true"
NAME_SIZE = 253
"""What is longer is no name."""


class BackendPort(Field):
    """A port by its number or name."""

    number: int | None = None
    name: str | None = None


class ServiceBackend(Field):
    """A Service of the same namespace."""

    name: str
    port: BackendPort | None = None


class ResourceBackend(Field):
    """An object of the same namespace that stands for where requests are sent."""

    kind: str
    name: str
    api_group: str | None = None


class IngressBackend(Field):
    """Where requests are sent on."""

    service: ServiceBackend | None = None
    resource: ResourceBackend | None = None


class HttpPath(Field):
    """A path, and where its requests are sent on."""

    backend: IngressBackend
    path: str | None = None
    path_type: str = "ImplementationSpecific"


class HttpPaths(Field):
    """The paths of a host."""

    paths: list[HttpPath] | None = None


class IngressRule(Field):
    """A host; any where none is named."""

    host: str | None = None
    http: HttpPaths | None = None


class IngressTls(Field):
    """Hosts that TLS is ended for, and the Secret of their certificate, which is never read."""

    hosts: list[str] | None = None
    secret_name: str | None = None


class IngressSpec(Field):
    """What an Ingress asks for."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: list[IngressRule] | None = None
    tls: list[IngressTls] | None = None


class PortStatus(Field):
    """What is said of a port of a load balancer."""

    port: int = 0
    error: str | None = None


class IngressAddress(Field):
    """Where an Ingress can be reached."""

    ip: str | None = None
    hostname: str | None = None
    ports: list[PortStatus] | None = None


class IngressLoadBalancer(Field):
    """What a controller says of where an Ingress can be reached."""

    ingress: list[IngressAddress] | None = None


class IngressStatus(Field):
    """What a controller says of an Ingress."""

    load_balancer: IngressLoadBalancer | None = None


class Ingress(Thing):
    """An Ingress."""

    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)
    status: IngressStatus | None = None

    @property
    def said(self) -> dict[str, str]:
        """Its annotations."""
        return self.metadata.annotations or {}

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that its rules name, in small letters; `ANY_HOST` for one that names none."""
        rules = self.spec.rules or ()
        return tuple(dict.fromkeys((rule.host or ANY_HOST).lower() for rule in rules))

    @property
    def addresses(self) -> list[IngressAddress]:
        """Where its controller says that it can be reached."""
        balancer = self.status.load_balancer if self.status else None
        return (balancer.ingress if balancer else None) or []

    @property
    def is_canary(self) -> bool:
        """Whether it varies another Ingress of the same host (ingress-nginx)."""
        return self.said.get(CANARY_KEY, "").strip() == TRUE

    @property
    def part(self) -> str:
        """`master` holds a host together whose paths are on `minion`s (NGINX); empty for neither."""
        return self.said.get(MERGEABLE_KEY, "").strip().lower()

    @property
    def alb_group(self) -> str:
        """With which others it shares a load balancer of AWS; empty for none."""
        name = self.said.get(GROUP_KEY, "").strip()
        return name if len(name) <= NAME_SIZE else ""


class ClassParameters(Field):
    """An object that says more of a class."""

    kind: str
    name: str
    api_group: str | None = None
    namespace: str | None = None


class IngressClassSpec(Field):
    """Who looks after the Ingresses of a class."""

    controller: str = ""
    parameters: ClassParameters | None = None


class IngressClass(Thing):
    """An IngressClass."""

    spec: IngressClassSpec = msgspec.field(default_factory=IngressClassSpec)

    @property
    def is_default(self) -> bool:
        """Whether Ingresses that name no class are of it."""
        return (self.metadata.annotations or {}).get(DEFAULT_KEY) == TRUE


def _canary_of(thing: Ingress) -> Iterable[str]:
    return thing.hosts if thing.is_canary else ()


def _master_of(thing: Ingress) -> Iterable[str]:
    return thing.hosts if thing.part == "master" else ()


def _group_of(thing: Ingress) -> Iterable[str]:
    return [thing.alb_group] if thing.alb_group else []


def _default_of(thing: IngressClass) -> Iterable[str]:
    return [TRUE] if thing.is_default else []


def _addresses_of(thing: Ingress) -> Iterable[str]:
    return [at for each in thing.addresses if (at := each.ip or each.hostname)]


def _hosts_of(thing: Ingress) -> Iterable[str]:
    return thing.hosts


RESOURCES: tuple[Resource, ...] = (
    Resource(
        group=GROUP,
        plural="ingresses",
        kind="Ingress",
        versions=("v1",),
        type=Ingress,
        role=Role.ROUTE,
        indexes={
            HOST: _hosts_of,
            CANARY: _canary_of,
            MASTER: _master_of,
            ALB_GROUP: _group_of,
            ADDRESS: _addresses_of,
        },
        reveals="APIs behind Ingresses",
    ),
    Resource(
        group=GROUP,
        plural="ingressclasses",
        kind="IngressClass",
        versions=("v1",),
        type=IngressClass,
        is_namespaced=False,
        indexes={DEFAULT: _default_of},
        reveals="which controller an Ingress is of, and so what its annotations mean",
    ),
)
