"""What is really exposed: which listeners take a route, and under which hosts. Pure.

After the specification of Gateway API (`Listener.allowedRoutes`, `Listener.hostname`,
`ParentReference`, `ListenerSet`, `ReferenceGrant`). What the objects say is worked out here; what a
controller says in a status is compared with it by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.hosts import common_hosts
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    GROUP,
    HOLDERS,
    Gateway,
    LabelSelector,
    Listener,
    ListenerSet,
    ParentRef,
    RouteNamespaces,
)
from apiscape.collectors.kubernetes.objects import key_of

_HTTP = ("HTTPRoute", "GRPCRoute")
KINDS_BY_PROTOCOL: Mapping[str, tuple[str, ...]] = {
    "HTTP": _HTTP,
    "HTTPS": _HTTP,
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Which routes a listener takes that does not say it; one of a protocol that only its controller knows takes none."""

SAME, ALL, SELECTOR = "Same", "All", "Selector"

Labels = Mapping[str, str]

Found_co = TypeVar("Found_co", covariant=True)


class Finds(Protocol[Found_co]):
    """Things by what they are called: a mapping, or whatever else looks them up."""

    def get(self, key: str, /) -> Found_co | None:
        """Return one, if it is there."""
        ...


class Detached(StrEnum):
    """Why a route is not attached to a parent, in the words of the specification."""

    NO_PARENT = "NoMatchingParent"
    NOT_ALLOWED = "NotAllowedByListeners"
    NO_HOST = "NoMatchingListenerHostname"
    UNSEEN = "Unknown"
    """Nobody could look at the parent, or at what it takes."""


class Attached(msgspec.Struct, frozen=True):
    """A route at one listener.

    Attributes:
        gateway: The Gateway in the end, whichever set of listeners stands between.
        holder: `Gateway/ns/name`, `ListenerSet/ns/name`, …: what has the listener.
        hosts: Under which names; one of them, empty, stands for any.
    """

    gateway: Gateway
    holder: str
    listener: Listener
    hosts: tuple[str, ...]


class Attachment(msgspec.Struct, frozen=True):
    """What came of one parent of a route.

    Attributes:
        parent: As the route names it.
        namespace: Of the route: where a parent is that names none.
        at: The listeners that take it.
        why_not: Why none does, where none does.
    """

    parent: ParentRef
    namespace: str
    at: tuple[Attached, ...] = ()
    why_not: Detached | None = None


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """What routes are attached to, as far as it could be seen.

    Attributes:
        gateways: By `namespace/name`.
        sets: By kind and `namespace/name` (`ListenerSet/shop/more`).
        labels: Of namespaces, by name; `None` where nobody could look at namespaces.
        unseen: Kinds not all of which could be looked at.
    """

    gateways: Finds[Gateway]
    sets: Finds[ListenerSet] = msgspec.field(default_factory=dict)
    labels: Finds[Labels] | None = None
    unseen: frozenset[str] = frozenset()


class Asking(msgspec.Struct, frozen=True):
    """A route, as far as attachment asks.

    Attributes:
        kind: `HTTPRoute`, ….
        hosts: As it states them; none stand for any.
    """

    kind: str
    namespace: str
    hosts: tuple[str, ...] = ()
    group: str = GROUP


def attach(
    route: Asking, parents: Iterable[ParentRef], around: Neighbours
) -> tuple[Attachment, ...]:
    """Return what comes of each parent that has listeners (`HOLDERS`), in their order.

    A parent of another kind, such as a Service of a mesh, is left out.
    """
    return tuple(
        _attach_to(route, parent, around)
        for parent in parents
        if parent.group == HOLDERS.get(parent.kind)
    )


def _attach_to(route: Asking, parent: ParentRef, around: Neighbours) -> Attachment:
    key = key_of(parent.namespace or route.namespace, parent.name)
    found = _listeners(parent.kind, key, around)
    if isinstance(found, Detached):
        return Attachment(parent, route.namespace, why_not=found)
    gateway, namespace, listeners = found
    chosen = [each for each in listeners if _is_meant(each, parent)]
    if not chosen:
        return Attachment(parent, route.namespace, why_not=Detached.NO_PARENT)
    taken = [(each, _takes(each, namespace, route, around.labels)) for each in chosen]
    allowed = [each for each, takes in taken if takes]
    if not allowed:
        unseen = any(takes is None for _, takes in taken)
        return Attachment(
            parent, route.namespace, why_not=Detached.UNSEEN if unseen else Detached.NOT_ALLOWED
        )
    at = tuple(
        Attached(gateway, f"{parent.kind}/{key}", each, hosts)
        for each in allowed
        if (hosts := common_hosts(each.hostname, route.hosts))
    )
    return Attachment(parent, route.namespace, at, None if at else Detached.NO_HOST)


def _listeners(
    kind: str, key: str, around: Neighbours
) -> tuple[Gateway, str, list[Listener]] | Detached:
    """Return the listeners of a parent, with the Gateway they are of and their own namespace; or why there are none."""
    if kind == "Gateway":
        gateway = around.gateways.get(key)
        if gateway is None:
            return _lacking("Gateway", around)
        return gateway, gateway.metadata.namespace, gateway.spec.listeners or []
    held = around.sets.get(f"{kind}/{key}")
    if held is None:
        return _lacking(kind, around)
    above = held.spec.parent_ref
    gateway = around.gateways.get(key_of(above.namespace or held.metadata.namespace, above.name))
    if gateway is None:
        return _lacking("Gateway", around)
    takes = takes_set(gateway, held, around.labels)
    if not takes:
        return Detached.UNSEEN if takes is None else Detached.NO_PARENT
    return gateway, held.metadata.namespace, held.spec.listeners or []


def _lacking(kind: str, around: Neighbours) -> Detached:
    return Detached.UNSEEN if kind in around.unseen else Detached.NO_PARENT


def takes_set(gateway: Gateway, held: ListenerSet, labels: Finds[Labels] | None) -> bool | None:
    """Say whether a Gateway takes a set of listeners: none unless it says so; `None` where nobody can tell."""
    allowed = gateway.spec.allowed_listeners
    namespaces = allowed.namespaces if allowed else None
    if namespaces is None or namespaces.origin in {None, "None"}:
        return False
    return _is_of(namespaces, gateway.metadata.namespace, held.metadata.namespace, labels)


def _is_meant(listener: Listener, parent: ParentRef) -> bool:
    return parent.section_name in {None, listener.name} and parent.port in {None, listener.port}


def _takes(
    listener: Listener, namespace: str, route: Asking, labels: Finds[Labels] | None
) -> bool | None:
    """Say whether a listener takes a route, whatever its hosts; `None` where nobody can tell."""
    allowed = listener.allowed_routes
    if not _takes_kind(listener, route):
        return False
    namespaces = (allowed.namespaces if allowed else None) or RouteNamespaces(origin=SAME)
    return _is_of(namespaces, namespace, route.namespace, labels)


def _takes_kind(listener: Listener, route: Asking) -> bool:
    allowed = listener.allowed_routes
    if allowed and allowed.kinds:
        return any((each.group, each.kind) == (route.group, route.kind) for each in allowed.kinds)
    return route.group == GROUP and route.kind in KINDS_BY_PROTOCOL.get(listener.protocol, ())


def _is_of(
    told: RouteNamespaces, own: str, namespace: str, labels: Finds[Labels] | None
) -> bool | None:
    match told.origin or SAME:
        case "All":
            return True
        case "Same":
            return namespace == own
        case "Selector":
            if labels is None:
                return None
            return selects(told.selector or LabelSelector(), labels.get(namespace) or {})
    return False


def selects(selector: LabelSelector, labels: Labels) -> bool:
    """Say whether a selector selects labels; one operator that nobody knows selects nothing."""
    if any(labels.get(key) != value for key, value in (selector.match_labels or {}).items()):
        return False
    for each in selector.match_expressions or ():
        held = labels.get(each.key)
        fits = {
            "In": held is not None and held in each.values,
            "NotIn": held not in each.values,
            "Exists": held is not None,
            "DoesNotExist": held is None,
        }
        if not fits.get(each.operator, False):
            return False
    return True


def addresses(gateway: Gateway) -> Iterator[str]:
    """Yield where a Gateway says that it can be reached."""
    status = gateway.status
    for each in (status.addresses if status else None) or ():
        if each.value:
            yield each.value
