"""What holds for each rule of a route at a gateway: policies on the gateway, its listeners, the route and the rule."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.deploying.operations import merged
from apiscape.collectors.kubernetes.exposed import Match, Rule, Target
from apiscape.collectors.kubernetes.gatewayapi.attachment import Attached
from apiscape.collectors.kubernetes.gatewayapi.kinds import Gateway
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import (
    Referred,
    extensions_of,
    matches_of,
    targets_of,
)
from apiscape.collectors.kubernetes.gatewayapi.serving import controller_of
from apiscape.collectors.kubernetes.limiting import merged as merged_limits
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import (
    Effective,
    Point,
    effective,
    of_all_rules,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.limits import RateLimits
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import Switch

_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"


def rules_at(
    resource: Resource, route: Route, gateway: Gateway | None, at: list[Attached], look: Look
) -> tuple[tuple[Rule, ...], list[Effective]]:
    """Return a route's rules with what is asked of callers, and what holds at each listener for all of the rules.

    What is asked is what is asked at every listener, else mixed.
    """
    places = _places(resource, route, gateway, at, look)
    alike = _alike(places, look)
    usual = None if alike is None else merged([each.security for each in alike])
    usual_limits = _limits(alike or [])
    known: dict[Referred, Target] = {}
    rules: list[Rule] = []
    effects: list[list[Effective]] = []
    for told in route.spec.rules or ():
        matches = matches_of(told)
        targets = targets_of(told, route, resource.kind, look, known)
        extensions = tuple(extensions_of(told))
        if alike is None or usual is None or extensions:
            points = [_for_rule(each, told.name, extensions, matches, targets) for each in places]
            held = [effective(each, look) for each in points]
            security, limits = merged([each.security for each in held]), _limits(held)
        else:
            held, security, limits = alike, usual, usual_limits
        effects.append(held)
        rules.append(Rule(matches=matches, targets=targets, security=security, rate_limits=limits))
    return tuple(rules), [of_all([each[place] for each in effects]) for place in range(len(at))]


def _limits(held: list[Effective]) -> RateLimits | Unknown:
    """Return how often callers may at all places where a rule holds."""
    return merged_limits([each.rate_limits for each in held], "not at each of its listeners")


def _alike(places: list[Point], look: Look) -> list[Effective] | None:
    """Return what holds at each place for all rules that refer to nothing; `None` where rules may differ."""
    held = [of_all_rules(each, look) for each in places]
    sure = [each for each in held if each is not None]
    return sure if len(sure) == len(held) else None


def _places(
    resource: Resource, route: Route, gateway: Gateway | None, at: list[Attached], look: Look
) -> list[Point]:
    """Return where policies on a whole route are attached: at each listener; at none where none takes it."""
    controller = None if gateway is None else controller_of(gateway, look)
    labels = {} if gateway is None else {_NAME_LABEL: gateway.metadata.name}
    key = None if gateway is None else gateway.key
    usual: list[Attached | None] = [None]
    return [
        Point(
            controller=controller,
            gateway=key,
            listener_set=None if place is None else _set_of(place),
            listener=None if place is None else place.listener.name,
            gateway_labels=labels,
            route=route.metadata,
            route_group=resource.group,
            route_kind=resource.kind,
            hosts=() if place is None else place.hosts,
        )
        for place in at or usual
    ]


def _set_of(at: Attached) -> str | None:
    holder, _, key = at.holder.partition("/")
    return key if holder == "ListenerSet" else None


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
    if all(each is first or each == first for each in held):
        return first
    return Effective(
        cors=together(each.cors for each in held),
        waf=together(each.waf for each in held),
        mtls=together(each.mtls for each in held),
        tls_min=first.tls_min,
    )


def together(switches: Iterable[str]) -> str:
    """Return the state of several switches that stand for one: what all of them say; off where one is off."""
    words = set(switches)
    if Switch.DISABLED in words:
        return Switch.DISABLED
    return words.pop() if len(words) == 1 else Switch.UNKNOWN
