"""A Gateway as it serves: where it can be reached, how it speaks TLS, what its controller says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.core import NAMESPACES, OF_GATEWAY, SERVICES
from apiscape.collectors.kubernetes.exposed import Condition, Reached, Served
from apiscape.collectors.kubernetes.gatewayapi.attachment import addresses, takes_set
from apiscape.collectors.kubernetes.gatewayapi.controlling import controller_of, given_to
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    Gateway,
    Listener,
    ListenerSet,
)
from apiscape.collectors.kubernetes.gatewayapi.resources import GATEWAYS, HOLDING, OF_PARENT
from apiscape.collectors.kubernetes.gatewayapi.tls import Certificates, certificates_of, lowest
from apiscape.collectors.kubernetes.policies.fronts import fronting
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.reaching import CLASS_KEY, limited, reach
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.standing import read_conditions
from apiscape.model.surroundings import ALB_STACK, BALANCER_HOST, NLB_STACK
from apiscape.model.vocabulary import Exposure, Switch

NEGATIVE = frozenset(
    {"Conflicted", "OverlappingTLSConfig", "InsecureFrontendValidationMode", "PartiallyInvalid"}
)
"""Conditions that are well where they do not hold."""

PERMITTED = "CertificatePermitted"
"""Whether a listener may use the certificates that it refers to in other namespaces."""


_STACKS = {"gateway.k8s.aws/alb": ALB_STACK, "gateway.k8s.aws/nlb": NLB_STACK}
"""Controllers that make load balancers of AWS, and the tag by which they know theirs: `pkg/gateway/constants`."""


def balancer_of(gateway: Gateway, controller: str | None) -> dict[str, str]:
    """Return what AWS calls the load balancer of a Gateway, and its host where the controller says one."""
    stack = _STACKS.get(controller or "")
    if stack is None:
        return {}
    told = gateway.status.addresses if gateway.status else None
    hosts = [each.value.casefold() for each in told or () if each.type == "Hostname"]
    return {stack: gateway.key} | ({BALANCER_HOST: hosts[0]} if len(hosts) == 1 else {})


def serve(gateway: Gateway, look: Look) -> Iterator[Served]:
    """Yield a Gateway, with the listeners of the sets that it takes."""
    held = [
        *((each, f"Gateway/{gateway.key}") for each in gateway.spec.listeners or ()),
        *_further(gateway, look),
    ]
    listeners = [each for each, _ in held]
    certificates = [(each, certificates_of(gateway, each, holder, look)) for each, holder in held]
    before = fronting(Point(controller=controller_of(gateway, look), gateway=gateway.key), look)
    yield Served(
        metadata=gateway.metadata,
        hosts=_hosts(listeners),
        reached=reached_by(gateway, look),
        tls_min=lowest(gateway, listeners, look),
        waf=waf_of(gateway, look),
        conditions=(*_conditions(gateway), *_refused(certificates), *before.conditions),
        certificates=tuple(dict.fromkeys(key for _, each in certificates for key in each.secrets)),
        links=before.links,
    )


def _further(gateway: Gateway, look: Look) -> Iterator[tuple[Listener, str]]:
    """Yield the listeners of the sets that a Gateway takes, each with what has it."""
    for kind, resource in HOLDING.items():
        for held in look.those(resource, OF_PARENT, gateway.key) if kind != "Gateway" else ():
            if _takes(gateway, held, look):
                yield from ((each, f"{kind}/{held.key}") for each in held.spec.listeners or ())


def _refused(told: Iterable[tuple[Listener, Certificates]]) -> Iterator[Condition]:
    """Yield which certificates listeners refer to and may not use, or of which nobody can tell."""
    for listener, each in told:
        yield from permitted(f"{PERMITTED}.{listener.name}", each, "")


def permitted(name: str, told: Certificates, place: str) -> Iterator[Condition]:
    """Yield what is not known to be well of certificates, with a name and before the reason the place."""
    for why in told.refused:
        yield Condition(name=name, holds=False, reason=f"{place}{why}")
    for why in told.doubted:
        yield Condition(name=name, holds=None, reason=f"{place}unknown: {why}")


def _takes(gateway: Gateway, held: ListenerSet, look: Look) -> bool | None:
    namespace = look.get(NAMESPACES, held.metadata.namespace)
    labels = {} if namespace is None else {namespace.key: namespace.metadata.labels or {}}
    return takes_set(gateway, held, labels if look.sees(NAMESPACES) else None)


def _hosts(listeners: Iterable[Listener]) -> tuple[str, ...]:
    hosts = [each.hostname or "" for each in listeners]
    return () if "" in hosts else tuple(dict.fromkeys(hosts))


def reached_by(gateway: Gateway, look: Look) -> Reached:
    """Return from where a Gateway can be reached: by its addresses, and what is said to its load balancer."""
    return look.once("gateway-api.reached", gateway.key, lambda look: _reached(gateway.key, look))


def _reached(key: str, look: Look) -> Reached:
    gateway: Gateway | None = look.get(GATEWAYS, key)
    if gateway is None:
        return Reached()
    told = given_to(gateway, look)
    infrastructure = gateway.spec.infrastructure
    said = {CLASS_KEY: gateway.spec.gateway_class_name, **(gateway.metadata.annotations or {})}
    said |= told.said
    kind = told.service_type
    for service in look.those(SERVICES, OF_GATEWAY, gateway.key):
        said |= service.metadata.annotations or {}
        kind = service.spec.type
    said |= (infrastructure.annotations if infrastructure else None) or {}
    found = reach(tuple(addresses(gateway)), said, kind)
    found = limited(found, told.sources, "spec.sourceRanges of the LoadBalancerConfiguration")
    if found.exposure != Exposure.UNKNOWN or not told.unknown:
        return found
    evidence = "; ".join(filter(None, (found.evidence, *told.unknown)))
    return msgspec.structs.replace(found, evidence=evidence)


def waf_of(gateway: Gateway, look: Look) -> str:
    """Return whether a firewall stands before a Gateway, as far as its parameters say."""
    return Switch.ENABLED if given_to(gateway, look).has_waf else Switch.UNKNOWN


def _conditions(gateway: Gateway) -> Iterator[Condition]:
    status, generation = gateway.status, gateway.metadata.generation
    if status is None or not (status.conditions or status.listeners):
        yield Condition(name="Programmed", holds=None, reason="pending: no controller has answered")
        return
    yield from read_conditions(status.conditions, generation, NEGATIVE)
    for listener in status.listeners or ():
        for each in read_conditions(listener.conditions, generation, NEGATIVE):
            yield Condition(
                name=f"{each.name}.{listener.name}", holds=each.holds, reason=each.reason
            )


def troubles(gateway: str, listeners: Iterable[tuple[str, str]], look: Look) -> Iterator[Condition]:
    """Yield what is wrong or not known yet with a Gateway, for what is attached to it at some listeners.

    Args:
        gateway: Its key.
        listeners: What has each (`Gateway/ns/name`, `ListenerSet/ns/name`, …), and what it is called there.
        look: What is looked at.
    """
    places = list(dict.fromkeys(listeners))
    for holder in dict.fromkeys((f"Gateway/{gateway}", *(holder for holder, _ in places))):
        yield from _unprogrammed(holder, look)
    broken = [(place, each) for place in places for each in _broken(*place, look)]
    if not broken:
        return
    all_broken = bool(places) and {place for place, _ in broken} == set(places)
    for (holder, name), each in broken:
        kind, _, key = holder.partition("/")
        yield Condition(
            name="Programmed" if all_broken else f"Listener{each.name}",
            holds=False,
            reason=f"listener {name} of {kind} {key}: {each.name}: {each.reason}",
        )


def _unprogrammed(holder: str, look: Look) -> tuple[Condition, ...]:
    """Return what does not hold, or is not known to, of a Gateway or a set of listeners as a whole."""
    return look.once(
        "gateway-api.programmed", holder, lambda look: tuple(_not_served(holder, look))
    )


def _not_served(holder: str, look: Look) -> Iterator[Condition]:
    found = _held(holder, look)
    status = found.status if found is not None else None
    generation = 0 if found is None else found.metadata.generation
    words = holder.replace("/", " ", 1)
    for each in read_conditions(status.conditions if status else None, generation):
        if each.name in {"Accepted", "Programmed"} and each.holds is not True:
            reason = f"{words}: {each.name}: {each.reason}"
            yield Condition(name="Programmed", holds=each.holds, reason=reason)


def _held(holder: str, look: Look) -> Gateway | ListenerSet | None:
    kind, _, key = holder.partition("/")
    found: Gateway | ListenerSet | None = look.get(HOLDING[kind], key)
    return found


def _broken(holder: str, name: str, look: Look) -> tuple[Condition, ...]:
    """Return what does not hold of a listener, as the status of what has it says."""
    return look.once(
        "gateway-api.broken", f"{holder} {name}", lambda look: tuple(_not_well(holder, name, look))
    )


def _not_well(holder: str, name: str, look: Look) -> Iterator[Condition]:
    found = _held(holder, look)
    status = found.status if found is not None else None
    for told in (status.listeners if status else None) or ():
        if found is not None and told.name == name:
            for each in read_conditions(told.conditions, found.metadata.generation, NEGATIVE):
                if each.holds is False:
                    yield each
