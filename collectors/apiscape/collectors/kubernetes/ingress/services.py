"""Services that are exposed without any gateway: by a load balancer of their own, or by a port of every node.

Not those by which a gateway is reached itself: they serve what other objects expose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.core import CORE, SERVICES, Service, ServicePort
from apiscape.collectors.kubernetes.exposed import (
    Address,
    Condition,
    Exposed,
    Match,
    Rule,
    Served,
    Target,
)
from apiscape.collectors.kubernetes.ingress.kinds import ADDRESS, INGRESSES, SOLVER_LABEL
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.reaching import reach
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.model.security import Security
from apiscape.model.vocabulary import Requirement, Style, Switch

LOAD_BALANCER, NODE_PORT = "LoadBalancer", "NodePort"
HOSTS_KEY = "external-dns.alpha.kubernetes.io/hostname"
"""By which names are asked for in DNS."""
SHARING_KEYS = (
    "metallb.io/allow-shared-ip",
    "metallb.universe.tf/allow-shared-ip",
    "lbipam.cilium.io/sharing-key",
    "io.cilium/lb-ipam-sharing-key",
)
"""By which Services share an address."""
WEB_PORTS = frozenset({80, 443})
STACK = "service.k8s.aws/stack"
"""Tag by which AWS calls the load balancer of a Service."""

PROTOCOLS: Mapping[str, tuple[str, str]] = {
    "http": (Style.HTTP, "http"),
    "https": (Style.HTTP, "https"),
    "kubernetes.io/h2c": (Style.HTTP, "http"),
    "kubernetes.io/ws": (Style.WEBSOCKET, "ws"),
    "kubernetes.io/wss": (Style.WEBSOCKET, "wss"),
    "grpc": (Style.GRPC, "http"),
    "grpcs": (Style.GRPC, "https"),
    "h2c": (Style.HTTP, "http"),
    "http2": (Style.HTTP, "http"),
}
"""By `appProtocol`, or else by what a port is called by custom: the style, and the scheme of addresses."""

GATEWAY_LABELS: Mapping[str, frozenset[str]] = {
    "gateway.networking.k8s.io/gateway-name": frozenset(),
    "gateway.envoyproxy.io/owning-gateway-name": frozenset(),
    "istio.io/gateway-name": frozenset(),
    "istio": frozenset({"ingressgateway", "egressgateway", "eastwestgateway"}),
    "app": frozenset(
        {"istio-ingressgateway", "istio-ingress", "ingress-nginx", "traefik", "envoy", "contour"}
    ),
    "app.kubernetes.io/name": frozenset(
        {
            *("ingress-nginx", "nginx-ingress", "traefik", "kong", "ingress", "gateway"),
            *("envoy", "contour", "emissary-ingress", "apisix", "apisix-gateway", "gloo"),
            *("kubernetes-ingress", "haproxy-ingress", "envoy-gateway", "kgateway"),
            *("nginx-gateway-fabric", "istio-ingressgateway", "istio-ingress", "cilium-ingress"),
        }
    ),
    "cilium.io/ingress": frozenset(),
    SOLVER_LABEL: frozenset(),
    "ingresscontroller.operator.openshift.io/owning-ingresscontroller": frozenset(),
    "serving.knative.dev/service": frozenset(),
    "networking.internal.knative.dev/serverlessservice": frozenset(),
}
"""Labels of Services by which gateways are reached, or that are no API: any value, or these."""

GATEWAY_OWNERS = frozenset(
    {
        *("Gateway", "GatewayClass", "Ingress", "IngressController", "Kong", "DataPlane"),
        *("ControlPlane", "NginxProxy", "EnvoyProxy", "Contour", "NginxIngress", "Istio"),
    }
)
"""Kinds whose Services are gateways."""

_CORE = next(each for each in CORE if each.name == SERVICES)
RESOURCE = msgspec.structs.replace(_CORE, role=Role.ROUTE)
"""Services again, as what exposes something: in place of the one of `core`."""


class ServiceFamily:
    """Services that are reached from outside of the cluster without a gateway."""

    name = "service"
    resources: tuple[Resource, ...] = (RESOURCE,)

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed | Served]:  # noqa: ANN401 - of the resource's own type
        """Yield what a Service exposes: nothing where it answers in the cluster alone, or is a gateway's."""
        if resource.name != SERVICES or not isinstance(thing, Service):
            return
        if thing.spec.type not in {LOAD_BALANCER, NODE_PORT} or is_gateways(thing.metadata):
            return
        if not serves_ingresses(thing, look):
            yield _exposed(thing)


def is_gateways(metadata: Metadata) -> bool:
    """Say whether a Service is one by which a gateway is reached."""
    labels = metadata.labels or {}
    if any(
        key in labels and (not values or labels[key] in values)
        for key, values in GATEWAY_LABELS.items()
    ):
        return True
    return any(owner.kind in GATEWAY_OWNERS for owner in metadata.owner_references or ())


def serves_ingresses(service: Service, look: Look) -> bool:
    """Say whether Ingresses are reached by a Service: they have its address, and it answers where callers of them ask.

    One that says that it shares its address with others may be any of them.
    """
    said = service.metadata.annotations or {}
    ports = {port.port for port in service.spec.ports or ()}
    if not ports & WEB_PORTS or any(key in said for key in SHARING_KEYS):
        return False
    return any(
        any(True for _ in look.those(INGRESSES, ADDRESS, address)) for address in service.addresses
    )


def _exposed(service: Service) -> Exposed:
    metadata = service.metadata
    ports = service.spec.ports or []
    said = metadata.annotations or {}
    told = service.addresses
    reached = reach(told, said, service.spec.type)
    place = f"Service {service.key}"
    return Exposed(
        metadata=metadata,
        style=_style(ports),
        gateway=None,
        addresses=tuple(_addresses(service, ports, said)),
        reached=reached,
        rules=tuple(_rule(service, port, place) for port in ports),
        conditions=tuple(_conditions(service, told)),
        links=_links(service, said, told),
        cors=Switch.DISABLED,
        request_validation=Switch.DISABLED,
    )


def _protocol(port: ServicePort) -> tuple[str, str]:
    """Return the style and scheme of a port: by what it says, else by its name, else of its transport."""
    told = (port.app_protocol or "").lower()
    if told in PROTOCOLS:
        return PROTOCOLS[told]
    custom = port.name.lower().partition("-")[0]
    if not told and port.protocol == "TCP" and custom in PROTOCOLS:
        return PROTOCOLS[custom]
    return Style.TCP, "udp" if port.protocol == "UDP" else "tcp"


def _style(ports: list[ServicePort]) -> str:
    """Return how callers speak to it: the first that is more than a stream of bytes."""
    styles = [_protocol(port)[0] for port in ports]
    return next((style for style in styles if style != Style.TCP), Style.TCP)


def _addresses(
    service: Service, ports: list[ServicePort], said: Mapping[str, str]
) -> Iterator[Address]:
    hosts = [host.strip().lower() for host in said.get(HOSTS_KEY, "").split(",") if host.strip()]
    is_node_port = service.spec.type == NODE_PORT
    for host in hosts or [""]:
        for port in ports:
            number = port.node_port if is_node_port else port.port
            yield Address(host=host, scheme=_protocol(port)[1], port=number, mtls=Switch.UNKNOWN)


def _rule(service: Service, port: ServicePort, place: str) -> Rule:
    """Return where a port is sent: whoever listens there may ask callers for something, nothing before it does."""
    target = Target(
        name=service.metadata.name, namespace=service.metadata.namespace, port=str(port.port)
    )
    is_stream = _protocol(port)[0] == Style.TCP
    evidence = f"{place} is reached through no gateway: nothing before it asks for anything"
    return Rule(
        matches=() if is_stream else (Match(),),
        targets=(target,),
        security=Security(requirement=Requirement.NONE, evidence=evidence),
        rate_limits=(),
    )


def _conditions(service: Service, told: tuple[str, ...]) -> Iterator[Condition]:
    if service.spec.type != LOAD_BALANCER:
        return
    if told:
        yield Condition(name="Programmed", holds=True, reason="has an address")
    else:
        yield Condition(name="Programmed", holds=None, reason="pending: no address yet")


def _links(service: Service, said: Mapping[str, str], told: tuple[str, ...]) -> dict[str, str]:
    """Return what AWS calls its load balancer, where it is one of AWS."""
    spoken = any(key.startswith("service.beta.kubernetes.io/aws-") for key in said)
    is_aws = spoken or any(each.endswith(".amazonaws.com") for each in told)
    if service.spec.type != LOAD_BALANCER or not is_aws:
        return {}
    return {STACK: service.key}
