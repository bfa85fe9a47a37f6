"""What every family leans on: namespaces, Services, whether anything behind them takes requests, certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.resource import Resource, declared

NAMESPACES, SERVICES = "namespaces", "services"
SLICES = "endpointslices.discovery.k8s.io"
CERTIFICATES = "certificates.cert-manager.io"
OF_SERVICE, OF_SECRET = "service", "secret"
"""Indexes: of EndpointSlices by their Service, of Certificates by the Secret that they are kept in."""
OF_GATEWAY, OF_SELECTED, OF_ADDRESS = "gateway", "selected", "address"
"""Indexes of Services: by their Gateway, by each label that they select by, by addresses of their load balancer."""

_SERVICE_NAME = "kubernetes.io/service-name"
_GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"


class Field(msgspec.Struct, rename="camel"):
    """Base of what an object holds: names are written as Kubernetes writes them."""


class Namespace(Thing):
    """A namespace: labels and annotations of its metadata are what is read."""


class ServicePort(Field):
    """A port of a Service."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str | None = None
    node_port: int | None = None
    target_port: int | str | None = None


class LoadBalancerIngress(Field):
    """Where a load balancer can be reached."""

    ip: str | None = None
    hostname: str | None = None


class LoadBalancerStatus(Field):
    """What a load balancer's controller says."""

    ingress: list[LoadBalancerIngress] | None = None


class ServiceStatus(Field):
    """What is said of a Service."""

    load_balancer: LoadBalancerStatus | None = None


class ServiceSpec(Field):
    """What a Service is asked to be."""

    type: str = "ClusterIP"
    ports: list[ServicePort] | None = None
    external_name: str | None = None
    load_balancer_class: str | None = None
    selector: dict[str, str] | None = None


class Service(Thing):
    """A Service."""

    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    status: ServiceStatus | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where its load balancer can be reached."""
        balancer = self.status.load_balancer if self.status else None
        found = (
            each.ip or each.hostname for each in (balancer.ingress if balancer else None) or ()
        )
        return tuple(each for each in found if each)


class EndpointConditions(Field):
    """Whether an endpoint takes requests; one that does not say is taken to."""

    ready: bool | None = None


class SliceEndpoint(Field):
    """One of those behind a Service; its addresses are not read."""

    conditions: EndpointConditions | None = None


class EndpointSlice(Thing):
    """Some of those behind a Service."""

    endpoints: list[SliceEndpoint] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether one of them takes requests."""
        return any(
            each.conditions is None or each.conditions.ready is not False
            for each in self.endpoints or ()
        )


class CertificateSpec(Field):
    """What a Certificate of cert-manager is asked to be."""

    secret_name: str
    dns_names: list[str] | None = None


class CertificateStatus(Field):
    """What cert-manager says of a Certificate."""

    not_after: datetime | None = None


class Certificate(Thing):
    """A Certificate of cert-manager: tells when the one in a Secret ends, without the Secret being read."""

    spec: CertificateSpec
    status: CertificateStatus | None = None


def _service_of(thing: EndpointSlice) -> Iterable[str]:
    name = (thing.metadata.labels or {}).get(_SERVICE_NAME)
    return [key_of(thing.metadata.namespace, name)] if name else []


def _gateway_of(thing: Service) -> Iterable[str]:
    name = (thing.metadata.labels or {}).get(_GATEWAY_NAME)
    return [key_of(thing.metadata.namespace, name)] if name else []


def _selected_by(thing: Service) -> Iterable[str]:
    return [f"{name}={value}" for name, value in (thing.spec.selector or {}).items()]


def _addresses_of(thing: Service) -> Iterable[str]:
    return thing.addresses


def _secret_of(thing: Certificate) -> Iterable[str]:
    return [key_of(thing.metadata.namespace, thing.spec.secret_name)]


CORE: tuple[Resource, ...] = (
    declared(
        NAMESPACES,
        "Namespace",
        Namespace,
        "v1",
        is_namespaced=False,
        reveals="owners and environments that namespaces name, and which namespaces a gateway takes routes of",
    ),
    declared(
        SERVICES,
        "Service",
        Service,
        "v1",
        indexes={OF_GATEWAY: _gateway_of, OF_SELECTED: _selected_by, OF_ADDRESS: _addresses_of},
        reveals="whether backends exist, and from where gateways can be reached",
    ),
    declared(
        SLICES,
        "EndpointSlice",
        EndpointSlice,
        "v1",
        indexes={OF_SERVICE: _service_of},
        reveals="whether anything behind a backend takes requests",
    ),
    declared(
        CERTIFICATES,
        "Certificate",
        Certificate,
        "v1",
        indexes={OF_SECRET: _secret_of},
        reveals="when certificates end",
    ),
)
"""Read before everything else, whichever families there are."""
