"""Routes of Gateway API, one API for each gateway that they ask to be attached to."""

from __future__ import annotations

from collections.abc import Iterator
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
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, Gateway, ListenerSet, ParentRef
from apiscape.collectors.kubernetes.gatewayapi.resources import GATEWAYS, RESOURCES, SETS
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import AnyRule, has_cors
from apiscape.collectors.kubernetes.gatewayapi.securing import rules_at, together
from apiscape.collectors.kubernetes.gatewayapi.serving import (
    mtls_of,
    reached_by,
    secrets,
    serve,
    troubles,
)
from apiscape.collectors.kubernetes.gatewayapi.status import standing
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import Effective
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.model.vocabulary import Exposure, Style, Switch

SCHEMES = {"HTTP": "http", "HTTPS": "https", "TLS": "tls", "TCP": "tcp", "UDP": "udp"}
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
    for key, attachments in _by_gateway(attach(asking, parents, _around(look))).items():
        yield _at_gateway(resource, route, key, attachments, look)
    for parent in parents:
        if (parent.group, parent.kind) not in {(GROUP, kind) for kind in _HOLDERS}:
            yield _elsewhere(resource, route, parent, look)
    if not parents:
        orphan = Condition(name="Accepted", holds=False, reason="it names no parent")
        yield _exposed(resource, route, None, (orphan,))


def _around(look: Look) -> Neighbours:
    return Neighbours(
        gateways=_Held[Gateway](look, GATEWAYS),
        sets=_Held[ListenerSet](look, SETS),
        labels=_NamespaceLabels(look) if look.sees(NAMESPACES) else None,
        sees_gateways=look.sees(GATEWAYS),
        sees_sets=look.sees(SETS),
    )


def _by_gateway(attachments: tuple[Attachment, ...]) -> dict[str, list[Attachment]]:
    """Return what came of a route's parents by the gateway that they lead to; two may lead to one."""
    found: dict[str, list[Attachment]] = {}
    for each in attachments:
        found.setdefault(_gateway_key(each), []).append(each)
    return found


def _gateway_key(attachment: Attachment) -> str:
    if attachment.at:
        return attachment.at[0].gateway.key
    parent = attachment.parent
    key = key_of(parent.namespace or attachment.namespace, parent.name)
    return key if parent.kind == "Gateway" else f"listenerset:{key}"


def _at_gateway(
    resource: Resource, route: Route, key: str, attachments: list[Attachment], look: Look
) -> Exposed:
    at = [each for attachment in attachments for each in attachment.at]
    gateway: Gateway | None = at[0].gateway if at else look.get(GATEWAYS, key)
    reached = reached_by(gateway, look) if gateway is not None else Reached()
    rules, effects = rules_at(resource, route, gateway, at, look)
    conditions = [
        *standing(route, attachments),
        *(troubles(gateway, [each.listener for each in at]) if gateway is not None else ()),
    ]
    unseen = any(each.why_not is Detached.UNSEEN for each in attachments)
    addresses = None if unseen and not at else _addresses(at, effects)
    return msgspec.structs.replace(
        _exposed(resource, route, key, tuple(conditions)),
        gateway=key,
        reached=reached,
        addresses=addresses,
        rules=rules,
        rate_limit=together(each.rate_limit for each in effects),
        cors=_cors(route.spec.rules or [], effects),
        waf=together(each.waf for each in effects),
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


def _elsewhere(resource: Resource, route: Route, parent: ParentRef, look: Look) -> Exposed:
    """Return a route at a parent that is no gateway: a Service of a mesh, or what only its controller knows."""
    key = key_of(parent.namespace or route.metadata.namespace, parent.name)
    is_mesh = parent.kind == "Service" and parent.group in {"", "core"}
    rules, _ = rules_at(resource, route, None, [], look)
    namespace, _, name = key.rpartition("/")
    address = Address(host=f"{name}.{namespace}.svc", scheme="http", port=parent.port)
    evidence = f"attached to Service {key}: reached within the mesh alone"
    return msgspec.structs.replace(
        _exposed(
            resource, route, f"{parent.kind.lower()}:{key}", tuple(standing(route, [], parent))
        ),
        gateway="mesh" if is_mesh else None,
        addresses=(address,) if is_mesh else None,
        reached=Reached(exposure=Exposure.CLUSTER, evidence=evidence) if is_mesh else Reached(),
        rules=rules,
    )


def _addresses(at: list[Attached], effects: list[Effective]) -> tuple[Address, ...]:
    """Return where callers reach a route: at each listener that takes it, under each host that they have in common."""
    return tuple(
        Address(
            host=host,
            scheme=SCHEMES.get(each.listener.protocol, each.listener.protocol.lower()),
            port=each.listener.port or None,
            tls_min=effect.tls_min,
            certificate=next(secrets(each.listener, _namespace(each)), None),
            mtls=_mtls(each, effect),
        )
        for each, effect in zip(at, effects, strict=True)
        for host in each.hosts
    )


def _namespace(at: Attached) -> str:
    """Return the namespace that a listener's certificates are named in: of what has the listener."""
    _, namespace, _ = at.holder.split("/", 2)
    return namespace


def _mtls(at: Attached, effect: Effective) -> str:
    own = mtls_of(at.gateway, at.listener)
    return effect.mtls if own == Switch.UNKNOWN else own


def _further_secrets(at: list[Attached]) -> tuple[str, ...]:
    found = (secrets(each.listener, _namespace(each)) for each in at)
    return tuple(dict.fromkeys(secret for held in found for secret in list(held)[1:]))


def _cors(rules: list[Any], effects: list[Effective]) -> str:
    told: list[AnyRule] = rules
    return Switch.ENABLED if has_cors(told) else together(each.cors for each in effects)


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
