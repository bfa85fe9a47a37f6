"""What Gateways and their classes refer to as parameters: what a load balancer or a Service is asked to be.

AWS: `gateway.k8s.aws` (its guide, "LoadBalancerConfiguration"); what the class says goes before what the Gateway
says, unless the class's says otherwise (`mergingMode`). Envoy Gateway: `EnvoyProxy`; the Gateway's stands in the
place of the class's. What other controllers take is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    CLASSES,
    Gateway,
    GatewayClass,
    ParametersRef,
)
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.reaching import PARAMETERS_SCHEME_KEY
from apiscape.collectors.kubernetes.resource import Look, Resource, declared

AWS, ENVOY = "gateway.k8s.aws", "gateway.envoyproxy.io"
PREFER_GATEWAY = "prefer-gateway"
VERIFY = "verify"


class WebAcl(Field):
    """A firewall by its ARN."""

    web_acl: str = msgspec.field(default="", name="webACL")


class MutualAuthentication(Field):
    """What is asked of callers' certificates."""

    mode: str = ""


class ListenerConfiguration(Field):
    """What one listener is asked to be; `HTTPS:443`."""

    protocol_port: str = ""
    mutual_authentication: MutualAuthentication | None = None

    @property
    def port(self) -> int | None:
        """Its port."""
        digits = self.protocol_port.rpartition(":")[2]
        return int(digits) if digits.isascii() and digits.isdigit() else None


class LoadBalancerSpec(Field):
    """What a load balancer of AWS is asked to be."""

    scheme: str | None = None
    merging_mode: str | None = None
    source_ranges: list[str] | None = None
    waf: WebAcl | None = msgspec.field(default=None, name="wafV2")
    listener_configurations: list[ListenerConfiguration] | None = None


class LoadBalancerConfiguration(Thing):
    """A LoadBalancerConfiguration."""

    spec: LoadBalancerSpec = msgspec.field(default_factory=LoadBalancerSpec)


class EnvoyService(Field):
    """The Service that Envoys are reached by."""

    type: str | None = None
    annotations: dict[str, str] | None = None


class EnvoyKubernetes(Field):
    """What Envoy Gateway makes in the cluster."""

    envoy_service: EnvoyService | None = None


class EnvoyProvider(Field):
    """Where Envoys run."""

    kubernetes: EnvoyKubernetes | None = None


class EnvoyProxySpec(Field):
    """What Envoys are asked to be."""

    provider: EnvoyProvider | None = None


class EnvoyProxy(Thing):
    """An EnvoyProxy."""

    spec: EnvoyProxySpec = msgspec.field(default_factory=EnvoyProxySpec)

    @property
    def service(self) -> EnvoyService:
        """What is asked of the Service."""
        provider = self.spec.provider
        made = provider.kubernetes if provider else None
        return (made.envoy_service if made else None) or EnvoyService()


RESOURCES: tuple[Resource, ...] = (
    declared(
        f"loadbalancerconfigurations.{AWS}",
        "LoadBalancerConfiguration",
        LoadBalancerConfiguration,
        *("v1", "v1beta1"),
        reveals="from where load balancers of AWS can be reached, and their firewalls",
    ),
    declared(
        f"envoyproxies.{ENVOY}",
        "EnvoyProxy",
        EnvoyProxy,
        "v1alpha1",
        reveals="by which kind of Service gateways of Envoy Gateway are reached",
    ),
)
_READ = {(each.group, each.kind): each for each in RESOURCES}


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What parameters say of a Gateway.

    Attributes:
        said: What a load balancer is asked to be, as `reaching.reach` takes it.
        service_type: Of the Service that leads to it.
        sources: Who is let in, as networks; empty where nobody says.
        has_waf: Whether a firewall stands before it.
        verifying: Ports at which callers have to show a certificate.
        unknown: What could not be found, in words.
    """

    said: dict[str, str] = {}
    service_type: str | None = None
    sources: tuple[str, ...] = ()
    has_waf: bool = False
    verifying: frozenset[int] = frozenset()
    unknown: tuple[str, ...] = ()


def parameters_of(gateway: Gateway, look: Look) -> Parameters:
    """Return what the parameters of a Gateway and of its class say."""
    found: GatewayClass | None = look.get(CLASSES, gateway.spec.gateway_class_name)
    infrastructure = gateway.spec.infrastructure
    own = infrastructure.parameters_ref if infrastructure else None
    wide = found.spec.parameters_ref if found is not None else None
    named = [
        *_named(own, gateway.metadata.namespace),
        *(_named(wide, wide.namespace or "") if wide else ()),
    ]
    objects = [(words, look.get(resource.name, key)) for resource, key, words in named]
    unknown = tuple(
        f"{words} {'is not there' if look.sees(resource.name) else 'could not be looked at'}"
        for (resource, _, words), (_, thing) in zip(named, objects, strict=True)
        if thing is None
    )
    things = [thing for _, thing in objects if thing is not None]
    balancers = [each for each in things if isinstance(each, LoadBalancerConfiguration)]
    proxies = [each for each in things if isinstance(each, EnvoyProxy)]
    told = _of_envoy(proxies[0]) if proxies else _of_aws(_in_order(balancers))
    return msgspec.structs.replace(told, unknown=unknown)


def _named(ref: ParametersRef | None, namespace: str) -> Iterator[tuple[Resource, str, str]]:
    """Yield what is referred to, if it is of a kind that is read: its resource, its key, and both in words."""
    resource = _READ.get((ref.group, ref.kind)) if ref else None
    if ref is not None and resource is not None:
        key = key_of(namespace, ref.name)
        yield resource, key, f"{ref.kind} {key}"


def _in_order(told: list[LoadBalancerConfiguration]) -> list[LoadBalancerConfiguration]:
    """Return the Gateway's configuration and the class's, whichever counts more first."""
    widest = told[-1:]
    prefers_own = any(each.spec.merging_mode == PREFER_GATEWAY for each in widest)
    return told if prefers_own else told[::-1]


def _of_envoy(proxy: EnvoyProxy) -> Parameters:
    return Parameters(said=dict(proxy.service.annotations or {}), service_type=proxy.service.type)


def _of_aws(told: list[LoadBalancerConfiguration]) -> Parameters:
    specs = [each.spec for each in told]
    scheme = next((each.scheme for each in specs if each.scheme), None)
    sources = next((each.source_ranges for each in specs if each.source_ranges), [])
    return Parameters(
        said={PARAMETERS_SCHEME_KEY: scheme} if scheme else {},
        sources=tuple(sources),
        has_waf=any(each.waf and each.waf.web_acl for each in specs),
        verifying=frozenset(_verifying(specs)),
    )


def _verifying(specs: Iterable[LoadBalancerSpec]) -> Iterator[int]:
    """Yield the ports at which certificates are verified: of a port that two speak of, as the first says."""
    seen: set[int] = set()
    for each in (listener for spec in specs for listener in spec.listener_configurations or ()):
        port, asked = each.port, each.mutual_authentication
        if port is None or asked is None or port in seen:
            continue
        seen.add(port)
        if asked.mode == VERIFY:
            yield port
