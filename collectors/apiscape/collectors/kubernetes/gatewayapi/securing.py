"""What holds for each rule of a route at a gateway: policies on the gateway, its listeners, the route and the rule."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from apiscape.collectors.kubernetes.deploying.operations import merged
from apiscape.collectors.kubernetes.exposed import Match, Rule, Target
from apiscape.collectors.kubernetes.gatewayapi.kinds import BackendRef
from apiscape.collectors.kubernetes.gatewayapi.parents import Parent, Place, set_of
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import (
    Known,
    extensions_of,
    matches_of,
    targets_of,
)
from apiscape.collectors.kubernetes.limiting import merged as merged_limits
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import (
    DETACHED,
    Effective,
    Point,
    effective,
)
from apiscape.collectors.kubernetes.policies.securing import asked
from apiscape.collectors.kubernetes.policies.securing import together as asked_together
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import SchemeKind, Switch

_NOWHERE: tuple[Place | None, ...] = (None,)
_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"


def rules_at(
    resource: Resource, route: Route, parent: Parent | None, places: Sequence[Place], look: Look
) -> tuple[tuple[Rule, ...], list[Effective]]:
    """Return a route's rules with what is asked of callers, and what holds at each listener for all of the rules.

    What is asked is what is asked at every listener, else mixed.
    """
    held = _alike(parent, places)
    usual = None if held is None else (held, *_asked(held))
    known: Known = {}
    rules: list[Rule] = []
    effects: list[list[Effective]] = []
    before: Sequence[BackendRef] | None = None
    targets: tuple[Target, ...] = ()
    for told in route.spec.rules or ():
        matches = matches_of(told)
        refs = told.backend_refs or ()
        if refs != before:
            targets = targets_of(refs, route, resource.kind, look, known)
            before = refs
        extensions = extensions_of(told.filters) if told.filters else ()
        if usual is None or extensions:
            points = _points(resource, route, parent, places)
            of_rule = [_for_rule(each, told.name, extensions, matches, targets) for each in points]
            held = [
                _guarded(effective(each, look), place)
                for each, place in zip(of_rule, places or _NOWHERE, strict=True)
            ]
            security, limits = _asked(held)
        else:
            held, security, limits = usual
        effects.append(held)
        rules.append(Rule(matches=matches, targets=targets, security=security, rate_limits=limits))
    return tuple(rules), _of_rules(effects, len(places))


def _of_rules(effects: list[list[Effective]], places: int) -> list[Effective]:
    """Return what holds at each of some places for all rules, from what holds there for each."""
    if effects and effects.count(effects[0]) == len(effects):
        return effects[0][:places]
    return [of_all([each[place] for each in effects]) for place in range(places)]


def _asked(held: list[Effective]) -> tuple[Security, RateLimits | Unknown]:
    """Return what is asked of callers at all places where a rule holds, and how often they may."""
    if len(held) == 1:
        return held[0].security, held[0].rate_limits
    limits = merged_limits([each.rate_limits for each in held], "not at each of its listeners")
    return merged([each.security for each in held]), limits


def _alike(parent: Parent | None, places: Sequence[Place]) -> list[Effective] | None:
    """Return what holds at each place for all rules that refer to nothing; `None` where rules may differ."""
    if parent is None or not parent.is_there:
        return [DETACHED]
    if not places:
        return None if parent.usual is None else [parent.usual]
    sure = [_guarded(usual, place) for place in places if (usual := place.front.usual) is not None]
    return sure if len(sure) == len(places) else None


def _guarded(effect: Effective, place: Place | None) -> Effective:
    """Return what holds at a place, with the certificate that its listener asks callers for."""
    front = None if place is None else place.front
    if front is None or front.address.mtls != Switch.ENABLED:
        return effect
    by = f"listener {front.listener} of {front.holder.replace('/', ' ', 1)}"
    certificate = asked(by, Scheme(kind=SchemeKind.MTLS, location="tls", native_id=by))
    security = asked_together([effect.security, certificate])
    return msgspec.structs.replace(effect, security=security)


def _points(
    resource: Resource, route: Route, parent: Parent | None, places: Sequence[Place]
) -> list[Point]:
    """Return where policies on a whole route are attached: at each listener; at none where none takes it."""
    there = parent is not None and parent.is_there
    key = parent.gateway if parent is not None and there else None
    return [
        Point(
            controller=parent.controller if parent is not None and there else None,
            gateway=key,
            listener_set=None if place is None else set_of(place.front.holder),
            listener=None if place is None else place.front.listener,
            gateway_labels={} if key is None else {_NAME_LABEL: key.rpartition("/")[2]},
            route=route.metadata,
            route_group=resource.group,
            route_kind=resource.kind,
            hosts=() if place is None else place.hosts,
        )
        for place in places or _NOWHERE
    ]


def _for_rule(
    place: Point,
    name: str | None,
    extensions: tuple[tuple[str, str, str], ...],
    matches: tuple[Match, ...],
    targets: tuple[Target, ...],
) -> Point:
    services = (key_of(each.namespace, each.name) for each in targets if each.kind == "service")
    return msgspec.structs.replace(
        place, rule=name, extensions=extensions, services=tuple(services), matches=matches
    )


def of_all(held: list[Effective]) -> Effective:
    """Return what holds for all of some rules, or at all of some listeners; of none of them nothing is known."""
    if not held:
        return Effective()
    first = held[0]
    if held.count(first) == len(held):
        return first
    return Effective(
        cors=together([each.cors for each in held]),
        waf=together([each.waf for each in held]),
        mtls=together([each.mtls for each in held]),
        tls_min=first.tls_min,
    )


def together(switches: Sequence[str]) -> str:
    """Return the state of several switches that stand for one: what all of them say; off where one is off."""
    if switches and switches.count(switches[0]) == len(switches):
        return switches[0]
    return Switch.DISABLED if Switch.DISABLED in switches else Switch.UNKNOWN
