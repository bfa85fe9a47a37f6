"""A Gateway as it serves: where it can be reached, how it speaks TLS, what its controller says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.kubernetes.core import OF_GATEWAY, SERVICES
from apiscape.collectors.kubernetes.exposed import Condition, Reached, Served
from apiscape.collectors.kubernetes.gatewayapi.attachment import addresses
from apiscape.collectors.kubernetes.gatewayapi.kinds import Gateway, Listener
from apiscape.collectors.kubernetes.gatewayapi.resources import CLASSES, GATEWAYS, OF_PARENT, SETS
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.reaching import reach
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.standing import read_conditions
from apiscape.model.vocabulary import Switch

NEGATIVE = frozenset(
    {"Conflicted", "OverlappingTLSConfig", "InsecureFrontendValidationMode", "PartiallyInvalid"}
)
"""Conditions that are well where they do not hold."""

_ENDS_TLS = frozenset({"HTTPS", "TLS"})
_LETS_ALL_IN = "AllowInsecureFallback"


def serve(gateway: Gateway, look: Look) -> Iterator[Served]:
    """Yield a Gateway."""
    sets = look.those(SETS, OF_PARENT, gateway.key)
    listeners = [
        *(gateway.spec.listeners or ()),
        *(x for s in sets for x in s.spec.listeners or ()),
    ]
    yield Served(
        metadata=gateway.metadata,
        hosts=_hosts(listeners),
        reached=reached_by(gateway, look),
        conditions=tuple(_conditions(gateway)),
        certificates=tuple(
            dict.fromkeys(
                each
                for listener in gateway.spec.listeners or ()
                for each in secrets(listener, gateway.metadata.namespace)
            )
        ),
    )


def _hosts(listeners: Iterable[Listener]) -> tuple[str, ...]:
    hosts = [each.hostname for each in listeners]
    return () if None in hosts else tuple(dict.fromkeys(each for each in hosts if each))


def reached_by(gateway: Gateway, look: Look) -> Reached:
    """Return from where a Gateway can be reached: by its addresses, and what is said to its load balancer."""
    return look.once("gateway-api.reached", gateway.key, lambda look: _reached(gateway.key, look))


def _reached(key: str, look: Look) -> Reached:
    gateway: Gateway | None = look.get(GATEWAYS, key)
    if gateway is None:
        return Reached()
    infrastructure = gateway.spec.infrastructure
    said = dict(gateway.metadata.annotations or {})
    kind = None
    for service in look.those(SERVICES, OF_GATEWAY, gateway.key):
        said |= service.metadata.annotations or {}
        kind = service.spec.type
    said |= (infrastructure.annotations if infrastructure else None) or {}
    return reach(tuple(addresses(gateway)), said, kind)


def controller_of(gateway: Gateway, look: Look) -> str | None:
    """Return who looks after a Gateway; `None` where nobody can tell."""
    found = look.get(CLASSES, gateway.spec.gateway_class_name)
    return found.spec.controller_name if found is not None else None


def secrets(listener: Listener, namespace: str) -> Iterator[str]:
    """Yield the Secrets that a listener's certificates are kept in."""
    for each in (listener.tls.certificate_refs if listener.tls else None) or ():
        if each.kind == "Secret" and not each.group:
            yield key_of(each.namespace or namespace, each.name)


def mtls_of(gateway: Gateway, listener: Listener) -> str:
    """Return whether callers have to show a certificate at a listener, as far as the Gateway says."""
    if listener.protocol not in _ENDS_TLS:
        return Switch.DISABLED
    if listener.protocol == "TLS" and listener.tls and listener.tls.mode == "Passthrough":
        return Switch.UNKNOWN
    frontend = gateway.spec.tls.frontend if gateway.spec.tls else None
    if frontend is None:
        return Switch.UNKNOWN
    told = next(
        (each.tls for each in frontend.per_port or () if each.port == listener.port),
        frontend.default,
    )
    if told is None or told.validation is None:
        return Switch.UNKNOWN
    return Switch.DISABLED if told.validation.mode == _LETS_ALL_IN else Switch.ENABLED


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


def troubles(gateway: Gateway, listeners: Iterable[Listener]) -> Iterator[Condition]:
    """Yield what is wrong with a Gateway, for what is attached to it at some of its own listeners."""
    status, generation = gateway.status, gateway.metadata.generation
    for each in read_conditions(status.conditions if status else None, generation, NEGATIVE):
        if each.name in {"Accepted", "Programmed"} and each.holds is False:
            yield Condition(
                name="Programmed", holds=False, reason=f"Gateway {gateway.key}: {each.reason}"
            )
    names = {each.name for each in listeners}
    told = [each for each in (status.listeners if status else None) or () if each.name in names]
    broken = [
        (listener.name, each)
        for listener in told
        for each in read_conditions(listener.conditions, generation, NEGATIVE)
        if each.holds is False
    ]
    all_broken = bool(names) and {name for name, _ in broken} == names
    for name, each in broken:
        yield Condition(
            name="Programmed" if all_broken else f"Listener{each.name}",
            holds=False,
            reason=f"listener {name} of Gateway {gateway.key}: {each.name}: {each.reason}",
        )
