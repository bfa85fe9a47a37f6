"""Routes of Gateway API, one API for each gateway that they ask to be attached to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Address, Condition, Exposed, Reached, Served
from apiscape.collectors.kubernetes.gatewayapi.attachment import Asking, Detached
from apiscape.collectors.kubernetes.gatewayapi.ground import NOWHERE, ground_of
from apiscape.collectors.kubernetes.gatewayapi.kinds import HOLDERS, ParentRef
from apiscape.collectors.kubernetes.gatewayapi.parents import Parent, Place, Taken, named, take
from apiscape.collectors.kubernetes.gatewayapi.resources import RESOURCES
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import AnyRule, has_cors
from apiscape.collectors.kubernetes.gatewayapi.securing import of_all, rules_at, together
from apiscape.collectors.kubernetes.gatewayapi.serving import serve
from apiscape.collectors.kubernetes.gatewayapi.status import believed, standing
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import Effective
from apiscape.collectors.kubernetes.policies.fronts import RESOURCES as FRONT_POLICIES
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Exposure, Style, Switch

MESH_SCHEMES = {"TLSRoute": "tls", "TCPRoute": "tcp", "UDPRoute": "udp"}
STYLES = {"HTTPRoute": Style.HTTP, "GRPCRoute": Style.GRPC}


class GatewayApi:
    """Reads Gateway API."""

    name = "gateway-api"
    resources: tuple[Resource, ...] = (*RESOURCES, *FRONT_POLICIES)

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed | Served]:  # noqa: ANN401 - of the resource's own type
        """Return what a route exposes at each of its parents, or how a Gateway serves."""
        if resource.role is Role.GATEWAY:
            return serve(thing, look)
        return _expose(resource, thing, look)


def _expose(resource: Resource, route: Route, look: Look) -> Iterator[Exposed]:
    """Yield what a route exposes, by what it names its parents; it may name several listeners of one.

    By what it names, never by where that leads: what a route is called must not change because something
    else could not be read.
    """
    own = route.metadata.namespace
    asking = Asking(resource.kind, own, tuple(route.spec.hostnames or ()), resource.group)
    asked: dict[str, list[Taken]] = {}
    elsewhere: dict[str, list[ParentRef]] = {}
    for ref in route.spec.parent_refs or ():
        if ref.group == HOLDERS.get(ref.kind):
            taken = take(asking, ref, look)
            asked.setdefault(taken.parent.name, []).append(taken)
        else:
            elsewhere.setdefault(named(ref, own), []).append(ref)
    for those in asked.values():
        yield _at_gateway(resource, route, those, look)
    for name, refs in elsewhere.items():
        yield _elsewhere(resource, route, name, refs, look)
    if not asked and not elsewhere:
        orphan = Condition(name="Accepted", holds=False, reason="it names no parent")
        yield Exposed(
            metadata=route.metadata, style=_style(resource), gateway=None, conditions=(orphan,)
        )


def _at_gateway(resource: Resource, route: Route, asked: Sequence[Taken], look: Look) -> Exposed:
    """Return a route at what it names so often by one name."""
    parent = asked[0].parent
    places = [place for each in asked for place in each.places]
    ground = ground_of(asked, look)
    rules, effects = rules_at(resource, route, parent, places, ground.usual, look)
    everywhere = of_all(effects)
    conditions = standing(route, [(each.ref, each.why_not) for each in asked])
    addresses = _addresses(asked, places, effects)
    return Exposed(
        metadata=route.metadata,
        style=_style(resource),
        parent=parent.name,
        gateway=UNKNOWN if parent.gateway is None else parent.gateway,
        reached=parent.reached,
        addresses=addresses,
        rules=believed(rules, conditions),
        conditions=(*conditions, *ground.troubles),
        cors=_cors(route.spec.rules or [], everywhere, parent),
        waf=parent.waf if parent.waf == Switch.ENABLED else everywhere.waf,
        mtls=together([each.mtls for each in addresses or ()]),
        secrets=ground.secrets,
        links=ground.links,
    )


def _style(resource: Resource) -> str:
    return STYLES.get(resource.kind, Style.TCP)


def _elsewhere(
    resource: Resource, route: Route, name: str, parents: list[ParentRef], look: Look
) -> Exposed:
    """Return a route at a parent that is no gateway: a Service of a mesh, or what only its controller knows."""
    rules, _ = rules_at(resource, route, None, [], NOWHERE, look)
    elsewhere = Exposed(
        metadata=route.metadata,
        style=_style(resource),
        parent=name,
        gateway=None,
        addresses=None,
        rules=rules,
        conditions=tuple(standing(route, [(each, None) for each in parents])),
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


def _addresses(
    asked: Sequence[Taken], places: Sequence[Place], effects: Sequence[Effective]
) -> tuple[Address, ...] | None:
    """Return where callers reach a route: at each listener that takes it, under each host that they have in common.

    `None` where nobody could look at what takes it.
    """
    if not places and any(each.why_not is Detached.UNSEEN for each in asked):
        return None
    return tuple(
        [
            _address(place.front.address, host, effect)
            for place, effect in zip(places, effects, strict=True)
            for host in place.hosts
        ]
    )


def _address(front: Address, host: str, effect: Effective) -> Address:
    return Address(
        host=host,
        scheme=front.scheme,
        port=front.port,
        tls_min=front.tls_min if effect.tls_min is UNKNOWN else effect.tls_min,
        certificate=front.certificate,
        mtls=effect.mtls if front.mtls == Switch.UNKNOWN else front.mtls,
        tls_mode=front.tls_mode,
    )


def _cors(rules: Sequence[AnyRule], effect: Effective, parent: Parent) -> str:
    """Return whether other sites are answered; by rules alone where the controller does not deny that it can."""
    return Switch.ENABLED if parent.answers_sites and has_cors(rules) else effect.cors
