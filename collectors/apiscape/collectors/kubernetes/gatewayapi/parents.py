"""What a parent of routes is for all routes of a kind and namespace, worked out once; and for one route among them."""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.core import NAMESPACES
from apiscape.collectors.kubernetes.exposed import Address, Condition, Reached
from apiscape.collectors.kubernetes.gatewayapi.attachment import (
    Asking,
    Attached,
    Detached,
    Labels,
    Neighbours,
    attach,
)
from apiscape.collectors.kubernetes.gatewayapi.controlling import CORS, can, controller_of
from apiscape.collectors.kubernetes.gatewayapi.hosts import common_hosts
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    Gateway,
    ListenerSet,
    ParentRef,
)
from apiscape.collectors.kubernetes.gatewayapi.resources import GATEWAYS, HOLDING
from apiscape.collectors.kubernetes.gatewayapi.serving import (
    PERMITTED,
    balancer_of,
    permitted,
    reached_by,
    waf_of,
)
from apiscape.collectors.kubernetes.gatewayapi.tls import (
    certificates_of,
    mtls_of,
    tls_min_of,
    tls_mode_of,
)
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import Effective, of_all_rules
from apiscape.collectors.kubernetes.policies.fronts import fronting
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.vocabulary import Switch

SCHEMES = {"HTTP": "http", "HTTPS": "https", "TLS": "tls", "TCP": "tcp", "UDP": "udp"}


class Front(msgspec.Struct, frozen=True):
    """A listener as routes find it.

    Attributes:
        holder: `Gateway/ns/name`, `ListenerSet/ns/name`, …: what has it.
        listener: What it is called there.
        host: Which it is for; any without.
        address: Of what is routed to by it, but for the host and for what policies say.
        secrets: Of its certificates beside the one of the address.
        usual: What holds there for each rule that refers to nothing; `None` where rules may differ.
        troubles: What is wrong with its certificates, and with policies for it.
        links: What those policies name outside of the cluster.
    """

    holder: str
    listener: str
    host: str | None
    address: Address
    secrets: tuple[str, ...]
    usual: Effective | None
    troubles: tuple[Condition, ...] = ()
    links: dict[str, str] = {}


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """A parent as routes find it, whatever hosts they are for.

    Attributes:
        name: What it is called in the identity of its routes.
        gateway: `namespace/name` of the Gateway that it leads to; `None` where nobody can tell.
        is_there: Whether that one could be looked at.
        controller: Who looks after it; `None` where nobody can tell.
        answers_sites: Whether it answers browsers from other sites where a route says so.
        fronts: The listeners that take such routes.
        why_not: Why none does, where none does.
        usual: What holds for each rule that refers to nothing of a route that no listener takes, as of a `Front`.
        links: What a cloud calls the load balancer that it is (see `serving.balancer_of`).
    """

    name: str
    gateway: str | None
    is_there: bool
    controller: str | None = None
    reached: Reached = Reached()
    waf: str = Switch.UNKNOWN
    answers_sites: bool = True
    fronts: tuple[Front, ...] = ()
    why_not: Detached | None = None
    usual: Effective | None = None
    links: dict[str, str] = msgspec.field(default_factory=dict)


class Place(msgspec.Struct, frozen=True, gc=False):
    """A listener that takes a route.

    Attributes:
        hosts: That both are for; one of them, empty, stands for any.
        index: Its own among those of the parent.
    """

    front: Front
    hosts: tuple[str, ...]
    index: int


class Taken(msgspec.Struct, frozen=True):
    """What came of a route at one of its parents.

    Attributes:
        route: The route, as far as attachment asks.
        ref: The parent as the route names it.
        key: The same for all routes that are at the same listeners of the parent.
        why_not: Why no listener takes it, where none does.
    """

    route: Asking
    ref: ParentRef
    parent: Parent
    places: tuple[Place, ...]
    key: str
    why_not: Detached | None


def take(route: Asking, ref: ParentRef, look: Look) -> Taken:
    """Return what comes of a route at a Gateway or a set of listeners."""
    parent, key = parent_at(route, ref, look)
    places: list[Place] = []
    for index, front in enumerate(parent.fronts):
        hosts = common_hosts(front.host, route.hosts)
        if hosts:
            places.append(Place(front, hosts, index))
            key += f" {index}"
    detached = Detached.NO_HOST if parent.fronts and not places else parent.why_not
    return Taken(route, ref, parent, tuple(places), key, detached)


def parent_at(route: Asking, ref: ParentRef, look: Look) -> tuple[Parent, str]:
    """Return a parent as all routes of a kind and namespace find it, whatever hosts they are for, and its key."""
    name = named(ref, route.namespace)
    key = f"{route.group}/{route.kind} {route.namespace} {name} {ref.section_name} {ref.port}"
    parent = look.once("gateway-api.parent", key, lambda look: _parent(route, ref, name, look))
    return parent, key


def named(parent: ParentRef, namespace: str) -> str:
    """Return what a parent of a route in some namespace is called in its identity."""
    key = key_of(parent.namespace or namespace, parent.name)
    return key if parent.kind == "Gateway" else f"{parent.kind.lower()}:{key}"


def _parent(route: Asking, ref: ParentRef, name: str, look: Look) -> Parent:
    asking = Asking(route.kind, route.namespace, (), route.group)
    (found,) = attach(asking, [ref], _around(look, "Gateway", ref.kind))
    key = _gateway_key(ref, route.namespace, look)
    gateway: Gateway | None = None if key is None else look.get(GATEWAYS, key)
    if gateway is None:
        return Parent(name=name, gateway=key, is_there=False, why_not=found.why_not)
    controller = controller_of(gateway, look)
    return Parent(
        name=name,
        gateway=key,
        is_there=True,
        controller=controller,
        reached=reached_by(gateway, look),
        waf=waf_of(gateway, look),
        answers_sites=can(gateway, CORS, look),
        fronts=tuple(_front(each, controller, look) for each in found.at),
        why_not=found.why_not,
        usual=of_all_rules(Point(controller=controller, gateway=key), look),
        links=balancer_of(gateway, controller),
    )


def _front(at: Attached, controller: str | None, look: Look) -> Front:
    listener = at.listener
    certificates = certificates_of(at.gateway, listener, at.holder, look)
    point = Point(
        controller=controller,
        gateway=at.gateway.key,
        listener_set=set_of(at.holder),
        listener=listener.name,
    )
    before = fronting(point, look)
    return Front(
        holder=at.holder,
        listener=listener.name,
        host=listener.hostname,
        address=Address(
            scheme=_scheme(listener.protocol),
            port=listener.port or None,
            tls_min=tls_min_of(at.gateway, listener, look),
            certificate=next(iter(certificates.secrets), None),
            mtls=mtls_of(at.gateway, listener, look),
            tls_mode=tls_mode_of(listener),
        ),
        secrets=certificates.secrets[1:],
        usual=of_all_rules(point, look),
        troubles=(
            *permitted(PERMITTED, certificates, _place(at)),
            *(each for each in before.conditions if each.holds is False),
        ),
        links=before.links,
    )


def _place(at: Attached) -> str:
    words = at.holder.replace("/", " ", 1)
    return f"listener {at.listener.name} of {words}: "


def set_of(holder: str) -> str | None:
    """Return the set of listeners that has one (`ListenerSet/ns/name`), if one has."""
    return None if holder.startswith("Gateway/") else holder


def _scheme(protocol: str) -> str:
    """Return how a listener is spoken to; of a protocol of somebody's own (`example.com/mqtt`) the last word."""
    return SCHEMES.get(protocol) or protocol.rpartition("/")[2].lower()


def _gateway_key(ref: ParentRef, namespace: str, look: Look) -> str | None:
    """Return the Gateway that a parent leads to; `None` where nobody can tell."""
    key = key_of(ref.namespace or namespace, ref.name)
    if ref.kind == "Gateway":
        return key
    held: ListenerSet | None = look.get(HOLDING[ref.kind], key)
    if held is None:
        return None
    above = held.spec.parent_ref
    return key_of(above.namespace or held.metadata.namespace, above.name)


def _around(look: Look, *kinds: str) -> Neighbours:
    """Return what is looked at by somebody to whom so many kinds matter."""
    return Neighbours(
        gateways=_Gateways(look),
        sets=_Sets(look),
        labels=_NamespaceLabels(look) if look.sees(NAMESPACES) else None,
        unseen=frozenset(kind for kind in kinds if not look.sees(HOLDING[kind])),
    )


class _Gateways:
    """Gateways, as somebody looks at them."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, key: str, /) -> Gateway | None:
        """Return one by its key."""
        found: Gateway | None = self._look.get(GATEWAYS, key)
        return found


class _Sets:
    """Sets of listeners, as somebody looks at them."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, key: str, /) -> ListenerSet | None:
        """Return one by its kind and key."""
        kind, _, key = key.partition("/")
        found: ListenerSet | None = self._look.get(HOLDING[kind], key)
        return found


class _NamespaceLabels:
    """Labels of namespaces, as somebody looks at them."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, key: str, /) -> Labels | None:
        """Return those of one."""
        found = self._look.get(NAMESPACES, key)
        return None if found is None else found.metadata.labels or {}
