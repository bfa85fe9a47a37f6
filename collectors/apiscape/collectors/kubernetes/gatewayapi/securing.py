"""What holds for each rule of a route at a gateway: policies on the gateway, its listeners, the route and the rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, Rule, Target
from apiscape.collectors.kubernetes.gatewayapi.ground import Held, guarded, held
from apiscape.collectors.kubernetes.gatewayapi.kinds import BackendRef
from apiscape.collectors.kubernetes.gatewayapi.parents import Parent, Place, set_of
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import (
    Known,
    extensions_of,
    matches_of,
    targets_of,
)
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import (
    Effective,
    Point,
    effective,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.vocabulary import Switch

_NOWHERE: tuple[Place | None, ...] = (None,)
_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"


def rules_at(
    resource: Resource,
    route: Route,
    parent: Parent | None,
    places: Sequence[Place],
    usual: Held | None,
    look: Look,
) -> tuple[tuple[Rule, ...], Sequence[Effective]]:
    """Return a route's rules with what is asked of callers, and what holds at each listener for all of the rules.

    What is asked is what is asked at every listener, else mixed.

    Args:
        resource: Of the route.
        route: The route.
        parent: What it is attached to; `None` where that is no gateway.
        places: The listeners that take it.
        usual: What holds for rules that refer to nothing; `None` where they may differ.
        look: What is looked at.
    """
    known: Known = {}
    rules: list[Rule] = []
    effects: list[tuple[Effective, ...]] = []
    before: Sequence[BackendRef] | None = None
    targets: tuple[Target, ...] = ()
    for told in route.spec.rules or ():
        matches = matches_of(told)
        refs = told.backend_refs or ()
        if refs != before:
            targets = targets_of(refs, route, resource.kind, look, known)
            before = refs
        extensions = extensions_of(told.filters) if told.filters else ()
        own = usual
        if own is None or extensions:
            points = _points(resource, route, parent, places)
            of_rule = [_for_rule(each, told.name, extensions, matches, targets) for each in points]
            own = _held(of_rule, places, look)
        effects.append(own.effects)
        rules.append(
            Rule(matches=matches, targets=targets, security=own.security, rate_limits=own.limits)
        )
    return tuple(rules), _of_rules(effects, len(places))


def _held(of_rule: Iterable[Point], places: Sequence[Place], look: Look) -> Held:
    """Return what holds for a rule, by where policies on it are attached at each listener."""
    effects = [effective(each, look) for each in of_rule]
    if not places:
        return held(effects)
    there = zip(effects, places, strict=True)
    return held([guarded(each, place.front) for each, place in there])


def _of_rules(effects: Sequence[tuple[Effective, ...]], places: int) -> Sequence[Effective]:
    """Return what holds at each of some places for all rules, from what holds there for each."""
    if effects and effects.count(effects[0]) == len(effects):
        return effects[0][:places]
    return [of_all([each[place] for each in effects]) for place in range(places)]


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


def of_all(effects: Sequence[Effective]) -> Effective:
    """Return what holds for all of some rules, or at all of some listeners; of none of them nothing is known."""
    if not effects:
        return Effective()
    first = effects[0]
    if effects.count(first) == len(effects):
        return first
    return Effective(
        cors=together([each.cors for each in effects]),
        waf=together([each.waf for each in effects]),
        mtls=together([each.mtls for each in effects]),
        tls_min=first.tls_min,
    )


def together(switches: Sequence[str]) -> str:
    """Return the state of several switches that stand for one: what all of them say; off where one is off."""
    if switches and switches.count(switches[0]) == len(switches):
        return switches[0]
    return Switch.DISABLED if Switch.DISABLED in switches else Switch.UNKNOWN
