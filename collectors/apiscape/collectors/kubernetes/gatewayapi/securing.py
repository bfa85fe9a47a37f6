"""What holds for each rule of a route at a gateway: policies on the gateway, its listeners, the route and the rule."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.kubernetes.deploying.operations import merged
from apiscape.collectors.kubernetes.exposed import Rule
from apiscape.collectors.kubernetes.gatewayapi.attachment import Attached
from apiscape.collectors.kubernetes.gatewayapi.kinds import Gateway
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.ruling import (
    AnyRule,
    extensions_of,
    matches_of,
    targets_of,
)
from apiscape.collectors.kubernetes.gatewayapi.serving import controller_of
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.effective import Effective, Point, effective
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.vocabulary import Switch

_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"


def rules_at(
    resource: Resource, route: Route, gateway: Gateway | None, at: list[Attached], look: Look
) -> tuple[tuple[Rule, ...], list[Effective]]:
    """Return a route's rules with what is asked of callers, and what holds at each listener for all of the rules.

    What is asked is what is asked at every listener, else mixed.
    """
    controller = None if gateway is None else controller_of(gateway, look)
    rules: list[Rule] = []
    effects: list[list[Effective]] = [[] for _ in at]
    places: list[Attached | None] = [*at] or [None]
    for told in route.spec.rules or ():
        rule = _bare(told, resource, route, look)
        held = [
            effective(_point(told, rule, resource, route, gateway, controller, place), look)
            for place in places
        ]
        for listener, each in zip(effects, held, strict=False):
            listener.append(each)
        security = merged([each.security for each in held])
        rules.append(Rule(matches=rule.matches, targets=rule.targets, security=security))
    return tuple(rules), [_all_of(each) for each in effects]


def _bare(told: AnyRule, resource: Resource, route: Route, look: Look) -> Rule:
    return Rule(matches=matches_of(told), targets=targets_of(told, route, resource.kind, look))


def _point(
    told: AnyRule,
    rule: Rule,
    resource: Resource,
    route: Route,
    gateway: Gateway | None,
    controller: str | None,
    at: Attached | None,
) -> Point:
    holder, _, key = ("", "", "") if at is None else at.holder.partition("/")
    return Point(
        controller=controller,
        gateway=None if gateway is None else gateway.key,
        listener_set=key if holder == "ListenerSet" else None,
        listener=None if at is None else at.listener.name,
        gateway_labels={} if gateway is None else {_NAME_LABEL: gateway.metadata.name},
        route=route.metadata,
        route_group=resource.group,
        route_kind=resource.kind,
        rule=told.name,
        extensions=tuple(extensions_of(told)),
        services=tuple(
            key_of(each.namespace, each.name) for each in rule.targets if each.kind == "service"
        ),
        matches=rule.matches,
        hosts=() if at is None else at.hosts,
    )


def _all_of(held: list[Effective]) -> Effective:
    """Return what holds for all rules at one listener."""
    if not held:
        return Effective()
    first = held[0]
    if all(each is first or each == first for each in held):
        return first
    return Effective(
        rate_limit=together(each.rate_limit for each in held),
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
