"""Routes of Gateway API, one API for each gateway that they ask to be attached to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from apiscape.collectors.kubernetes.core import NAMESPACES
from apiscape.collectors.kubernetes.exposed import Address, Condition, Exposed, Reached, Served
from apiscape.collectors.kubernetes.gatewayapi.attachment import (
    Asking,
    Attached,
    Attachment,
    Detached,
    Labels,
    Neighbours,
    attach,
)
from apiscape.collectors.kubernetes.gatewayapi.hosts import common_hosts
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, Gateway, ListenerSet, ParentRef
from apiscape.collectors.kubernetes.gatewayapi.resources import GATEWAYS, RESOURCES, SETS
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import AnyRule, has_cors
from apiscape.collectors.kubernetes.gatewayapi.securing import of_all, rules_at, together
from apiscape.collectors.kubernetes.gatewayapi.serving import (
    CORS,
    can,
    mtls_of,
    reached_by,
    secrets,
    serve,
    tls_mode_of,
    troubles,
    waf_of,
)
from apiscape.collectors.kubernetes.gatewayapi.status import standing
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import Effective
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Exposure, Style, Switch

SCHEMES = {"HTTP": "http", "HTTPS": "https", "TLS": "tls", "TCP": "tcp", "UDP": "udp"}
MESH_SCHEMES = {"TLSRoute": "tls", "TCPRoute": "tcp", "UDPRoute": "udp"}
STYLES = {"HTTPRoute": Style.HTTP, "GRPCRoute": Style.GRPC}
T = TypeVar("T")
_HOLDERS = frozenset({"Gateway", "ListenerSet"})


class GatewayApi:
    """Reads Gateway API."""

    name = "gateway-api"
    resources: tuple[Resource, ...] = RESOURCES

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed | Served]:  # noqa: ANN401 - of the resource's own type
        """Yield what a route exposes at each of its parents, or how a Gateway serves."""
        if resource.role is Role.GATEWAY:
            yield from serve(thing, look)
        else:
            yield from _expose(resource, thing, look)


def _expose(resource: Resource, route: Route, look: Look) -> Iterator[Exposed]:
    parents = route.spec.parent_refs or []
    asking = Asking(
        resource.kind, route.metadata.namespace, tuple(route.spec.hostnames or ()), resource.group
    )
    attached = (
        _attach(asking, parent, look)
        for parent in parents
        if parent.group == GROUP and parent.kind in _HOLDERS
    )
    for name, attachments in _by_parent(attached).items():
        yield _at_gateway(resource, route, name, attachments, look)
    elsewhere: dict[str, list[ParentRef]] = {}
    for parent in parents:
        if parent.group != GROUP or parent.kind not in _HOLDERS:
            elsewhere.setdefault(named(parent, route.metadata.namespace), []).append(parent)
    for name, those in elsewhere.items():
        yield _elsewhere(resource, route, name, those, look)
    if not parents:
        orphan = Condition(name="Accepted", holds=False, reason="it names no parent")
        yield _exposed(resource, route, None, (orphan,))


def _attach(route: Asking, parent: ParentRef, look: Look) -> Attachment:
    """Return what comes of a parent: worked out once for all routes of a kind and namespace, but for their hosts."""
    asking = Asking(route.kind, route.namespace, (), route.group)
    place = (named(parent, route.namespace), parent.section_name, parent.port)
    key = f"{route.group}/{route.kind} {route.namespace} {place}"
    found = look.once(
        "gateway-api.attachment", key, lambda look: attach(asking, [parent], _around(look))[0]
    )
    if not route.hosts or not found.at:
        return found
    at = tuple(
        Attached(each.gateway, each.holder, each.listener, hosts)
        for each in found.at
        if (hosts := common_hosts(each.listener.hostname, route.hosts))
    )
    return Attachment(parent, route.namespace, at, None if at else Detached.NO_HOST)


def _around(look: Look) -> Neighbours:
    gateways: _Held[Gateway] = _Held(look, GATEWAYS)
    sets: _Held[ListenerSet] = _Held(look, SETS)
    return Neighbours(
        gateways=gateways,
        sets=sets,
        labels=_NamespaceLabels(look) if look.sees(NAMESPACES) else None,
        sees_gateways=look.sees(GATEWAYS),
        sees_sets=look.sees(SETS),
    )


def _by_parent(attachments: Iterable[Attachment]) -> dict[str, list[Attachment]]:
    """Return what came of a route's parents by what it names them; it may name several listeners of one.

    By what it names, never by where that leads: what a route is called must not change because something
    else could not be read.
    """
    found: dict[str, list[Attachment]] = {}
    for each in attachments:
        found.setdefault(named(each.parent, each.namespace), []).append(each)
    return found


def named(parent: ParentRef, namespace: str) -> str:
    """Return what a parent of a route in some namespace is called in its identity."""
    key = key_of(parent.namespace or namespace, parent.name)
    return key if parent.kind == "Gateway" else f"{parent.kind.lower()}:{key}"


def _gateway_key(attachment: Attachment, look: Look) -> str | None:
    """Return the Gateway that a parent leads to; `None` where nobody can tell."""
    parent = attachment.parent
    key = key_of(parent.namespace or attachment.namespace, parent.name)
    if parent.kind == "Gateway":
        return key
    held: ListenerSet | None = look.get(SETS, key)
    if held is None:
        return None
    above = held.spec.parent_ref
    return key_of(above.namespace or held.metadata.namespace, above.name)


def _at_gateway(
    resource: Resource, route: Route, name: str, attachments: list[Attachment], look: Look
) -> Exposed:
    at = [each for attachment in attachments for each in attachment.at]
    key = _gateway_key(attachments[0], look)
    gateway: Gateway | None = None if key is None else look.get(GATEWAYS, key)
    reached = reached_by(gateway, look) if gateway is not None else Reached()
    rules, effects = rules_at(resource, route, gateway, at, look)
    everywhere = of_all(effects)
    conditions = [
        *standing(route, attachments),
        *(() if gateway is None else troubles(gateway, at, look)),
    ]
    unseen = any(each.why_not is Detached.UNSEEN for each in attachments)
    addresses = None if unseen and not at else _addresses(at, effects, look)
    return msgspec.structs.replace(
        _exposed(resource, route, name, tuple(conditions)),
        gateway=UNKNOWN if key is None else key,
        reached=reached,
        addresses=addresses,
        rules=rules,
        cors=_cors(route.spec.rules or [], everywhere, gateway, look),
        waf=_waf(gateway, everywhere, look),
        mtls=together(each.mtls for each in addresses or ()),
        secrets=_further_secrets(at),
    )


def _exposed(
    resource: Resource, route: Route, parent: str | None, conditions: tuple[Condition, ...]
) -> Exposed:
    return Exposed(
        metadata=route.metadata,
        style=STYLES.get(resource.kind, Style.TCP),
        parent=parent,
        gateway=None,
        conditions=conditions,
    )


def _elsewhere(
    resource: Resource, route: Route, name: str, parents: list[ParentRef], look: Look
) -> Exposed:
    """Return a route at a parent that is no gateway: a Service of a mesh, or what only its controller knows."""
    conditions = tuple(standing(route, [], *parents))
    rules, _ = rules_at(resource, route, None, [], look)
    elsewhere = msgspec.structs.replace(
        _exposed(resource, route, name, conditions), addresses=None, rules=rules
    )
    first = parents[0]
    if first.kind != "Service" or first.group not in {"", "core"}:
        return elsewhere
    key = key_of(first.namespace or route.metadata.namespace, first.name)
    evidence = f"attached to Service {key}: reached within the mesh alone"
    return msgspec.structs.replace(
        elsewhere,
        gateway="mesh",
        addresses=tuple(_in_mesh(resource, key, each.port) for each in parents),
        reached=Reached(exposure=Exposure.CLUSTER, evidence=evidence),
    )


def _in_mesh(resource: Resource, key: str, port: int | None) -> Address:
    namespace, _, name = key.rpartition("/")
    scheme = MESH_SCHEMES.get(resource.kind, "http")
    return Address(host=f"{name}.{namespace}.svc", scheme=scheme, port=port)


def _addresses(at: list[Attached], effects: list[Effective], look: Look) -> tuple[Address, ...]:
    """Return where callers reach a route: at each listener that takes it, under each host that they have in common."""
    return tuple(
        Address(
            host=host,
            scheme=_scheme(each.listener.protocol),
            port=each.listener.port or None,
            tls_min=effect.tls_min,
            certificate=next(secrets(each.listener, _namespace(each)), None),
            mtls=_mtls(each, effect, look),
            tls_mode=tls_mode_of(each.listener),
        )
        for each, effect in zip(at, effects, strict=True)
        for host in each.hosts
    )


def _scheme(protocol: str) -> str:
    """Return how a listener is spoken to; of a protocol of somebody's own (`example.com/mqtt`) the last word."""
    return SCHEMES.get(protocol) or protocol.rpartition("/")[2].lower()


def _namespace(at: Attached) -> str:
    """Return the namespace that a listener's certificates are named in: of what has the listener."""
    _, namespace, _ = at.holder.split("/", 2)
    return namespace


def _mtls(at: Attached, effect: Effective, look: Look) -> str:
    own = mtls_of(at.gateway, at.listener, look)
    return effect.mtls if own == Switch.UNKNOWN else own


def _further_secrets(at: list[Attached]) -> tuple[str, ...]:
    told = [each for each in at if each.listener.tls is not None]
    found = (secrets(each.listener, _namespace(each)) for each in told)
    return tuple(dict.fromkeys(secret for held in found for secret in list(held)[1:]))


def _cors(rules: list[Any], effect: Effective, gateway: Gateway | None, look: Look) -> str:
    """Return whether other sites are answered; by rules alone where the controller does not deny that it can."""
    told: list[AnyRule] = rules
    is_done = gateway is None or can(gateway, CORS, look)
    return Switch.ENABLED if has_cors(told) and is_done else effect.cors


def _waf(gateway: Gateway | None, effect: Effective, look: Look) -> str:
    own = Switch.UNKNOWN if gateway is None else waf_of(gateway, look)
    return own if own == Switch.ENABLED else effect.waf


class _Held(Generic[T]):
    """Objects of a resource, as somebody looks at them."""

    def __init__(self, look: Look, resource: str) -> None:
        self._look = look
        self._resource = resource

    def get(self, key: str, /) -> T | None:
        """Return one by its key."""
        found: T | None = self._look.get(self._resource, key)
        return found


class _NamespaceLabels:
    """Labels of namespaces, as somebody looks at them."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, key: str, /) -> Labels | None:
        """Return those of one."""
        found = self._look.get(NAMESPACES, key)
        return None if found is None else found.metadata.labels or {}
