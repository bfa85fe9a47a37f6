"""Istio's traffic as it is decoded: Gateway, VirtualService, DestinationRule, ServiceEntry.

Field for field after the CustomResourceDefinitions of istio/istio; no key of a certificate is read.
"""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing

GROUP = "networking.istio.io"


class IstioCondition(Field):
    """What the control plane says; the generation may be written as a text."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed: int | str | None = msgspec.field(default=None, name="observedGeneration")

    @property
    def observed_generation(self) -> int | None:
        """Of which generation it is said."""
        told = str(self.observed or "")
        return int(told) if told.isascii() and told.isdigit() else None


class MessageType(Field):
    """What a message is about."""

    code: str = ""
    name: str = ""


class ValidationMessage(Field):
    """What an analysis found."""

    level: str = ""
    type: MessageType | None = None


class IstioStatus(Field):
    """What the control plane says, where it was told to."""

    conditions: list[IstioCondition] | None = None
    validation_messages: list[ValidationMessage] | None = None


class ServerPort(Field):
    """The port of a server, as the workload has it."""

    number: int = 0
    name: str = ""
    protocol: str = ""


class ServerTls(Field):
    """How a server speaks TLS; the name of the Secret, never what is in it."""

    mode: str | None = None
    credential_name: str | None = None
    min_protocol_version: str | None = None
    https_redirect: bool | None = None


class Server(Field):
    """Hosts at a port."""

    port: ServerPort
    name: str = ""
    hosts: list[str] | None = None
    tls: ServerTls | None = None


class GatewaySpec(Field):
    """What workloads serve."""

    selector: dict[str, str] | None = None
    servers: list[Server] | None = None


class Gateway(Thing):
    """A Gateway of Istio."""

    spec: GatewaySpec = msgspec.field(default_factory=GatewaySpec)
    status: IstioStatus | None = None


class StringMatch(Field):
    """How a text is compared."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None


class HttpMatch(Field):
    """Which requests; of headers and parameters nothing is read."""

    name: str | None = None
    uri: StringMatch | None = None
    method: StringMatch | None = None
    port: int | None = None
    gateways: list[str] | None = None


class TlsMatch(Field):
    """Which connections, by the name that the caller asks for."""

    sni_hosts: list[str] | None = None
    port: int | None = None
    gateways: list[str] | None = None


class TcpMatch(Field):
    """Which connections."""

    port: int | None = None
    gateways: list[str] | None = None


class PortSelector(Field):
    """A port of a destination."""

    number: int | None = None


class Destination(Field):
    """A Service, or a host that a ServiceEntry knows."""

    host: str
    port: PortSelector | None = None
    subset: str | None = None


class RouteDestination(Field):
    """A destination and its share."""

    destination: Destination
    weight: int | None = None


class Delegate(Field):
    """A VirtualService that routes the rest."""

    name: str
    namespace: str | None = None


class Present(Field):
    """Something that is asked for; nothing of it is read."""


class HttpRoute(Field):
    """Requests, and where they are sent on."""

    name: str | None = None
    match: list[HttpMatch] | None = None
    route: list[RouteDestination] | None = None
    delegate: Delegate | None = None
    cors_policy: Present | None = None


class TlsRoute(Field):
    """Connections that stay encrypted, and where they are sent on."""

    match: list[TlsMatch] | None = None
    route: list[RouteDestination] | None = None


class TcpRoute(Field):
    """Connections, and where they are sent on."""

    match: list[TcpMatch] | None = None
    route: list[RouteDestination] | None = None


StreamRoute = TlsRoute | TcpRoute


class VirtualServiceSpec(Field):
    """How requests to hosts are routed; within the mesh alone where no gateway is named."""

    hosts: list[str] | None = None
    gateways: list[str] | None = None
    export_to: list[str] | None = None
    http: list[HttpRoute] | None = None
    tls: list[TlsRoute] | None = None
    tcp: list[TcpRoute] | None = None


class VirtualService(Thing):
    """A VirtualService."""

    spec: VirtualServiceSpec = msgspec.field(default_factory=VirtualServiceSpec)
    status: IstioStatus | None = None


class ClientTls(Field):
    """How TLS is spoken with a host."""

    mode: str = ""


class TrafficPolicy(Field):
    """How a host is spoken with."""

    tls: ClientTls | None = None


class Subset(Field):
    """Some of the workloads of a host."""

    name: str
    traffic_policy: TrafficPolicy | None = None


class DestinationRuleSpec(Field):
    """Which subsets a host has, and how it is spoken with."""

    host: str = ""
    subsets: list[Subset] | None = None
    traffic_policy: TrafficPolicy | None = None


class DestinationRule(Thing):
    """A DestinationRule."""

    spec: DestinationRuleSpec = msgspec.field(default_factory=DestinationRuleSpec)


class ServiceEntrySpec(Field):
    """Hosts that the mesh knows beside its Services."""

    hosts: list[str] | None = None
    location: str | None = None


class ServiceEntry(Thing):
    """A ServiceEntry."""

    spec: ServiceEntrySpec = msgspec.field(default_factory=ServiceEntrySpec)
