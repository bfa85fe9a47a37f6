"""To what policies are attached, in what order, and whether they hold. Pure but for what is looked at.

After Gateway API's policy attachment (GEP-713): a policy is in the namespace of its target and names it, or
selects it by labels; of two of one kind at one place the older one goes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any, Generic, TypeVar

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.attachment import selects
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, HOLDERS, Gateway, LabelSelector
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.policies.standing import Standing, stands
from apiscape.collectors.kubernetes.policies.targets import (
    AT,
    SELECTED,
    Policy,
    TargetSelector,
    key_of_target,
    targets,
)
from apiscape.collectors.kubernetes.resource import Look, Resource

GATEWAYS = f"gateways.{GROUP}"


class Level(IntEnum):
    """Where a policy is attached; the greater, the more specific."""

    CLASS = 0
    GATEWAY = 1
    SET = 2
    LISTENER = 3
    ROUTE = 4
    RULE = 5


P_co = TypeVar("P_co", bound=Policy, covariant=True)


class Attached(msgspec.Struct, Generic[P_co], frozen=True):
    """A policy at a point.

    Attributes:
        is_certain: Whether it is known to be there.
        standing, why: Whether it is in force there, and if not why not.
    """

    policy: P_co
    level: Level
    is_certain: bool = True
    standing: Standing = Standing.HOLDS
    why: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it is known to be there and in force."""
        return self.is_certain and self.standing is Standing.HOLDS

    @property
    def doubt(self) -> str:
        """Why it is not known to be there and in force; nothing where it is."""
        return self.why or ("" if self.is_certain else "nobody knows whether it is attached")


def attached(
    resource: Resource, point: Point, look: Look, needs: tuple[str, ...] = ("Accepted",)
) -> list[Attached[Any]]:
    """Return the policies of a resource at a point that are not rejected, the most specific and oldest first.

    Args:
        resource: Theirs; its objects are found by the index `AT`.
        point: Where.
        look: What is looked at.
        needs: Conditions that have to hold for a policy to be in force.
    """
    return [
        each
        for each in everything_attached(resource, point, look, needs)
        if each.standing is not Standing.REJECTED
    ]


def everything_attached(
    resource: Resource, point: Point, look: Look, needs: tuple[str, ...] = ("Accepted",)
) -> list[Attached[Any]]:
    """Return the policies of a resource at a point, those too that are rejected."""
    if not look.has(resource.name):
        return []
    found: dict[str, Policy] = {}
    asked = (*_asked(point, gateway_class_of(point, look)),)
    for place in (*asked, SELECTED):
        found.update((each.key, each) for each in look.those(resource.name, AT, place))
    referred = {each.key: each for each in _referred(resource, point, look)}
    found |= referred
    labels = _labels(point, look) if found else {}
    told: list[Attached[Any]] = []
    for each in found.values():
        at = max(_levels(each, point, asked, labels), default=None)
        if each.key in referred:
            at = (Level.RULE, True)
        if at is not None:
            standing, why = stands(each.status, each.metadata, point, needs)
            told.append(Attached(each, at[0], at[1], standing, why))
    return in_order(told)


def sees_at(resource: Resource, point: Point, look: Look) -> bool:
    """Say whether all policies of a resource that may be at a point were read.

    They are in the namespaces of its gateway, of the set of its listener, and of its route.
    """
    spaces = {_space(each) for each in (point.gateway, point.listener_set) if each}
    spaces |= {point.route.namespace} if point.route is not None else set()
    return all(look.sees(resource.name, each) for each in spaces)


def _referred(resource: Resource, point: Point, look: Look) -> Iterator[Policy]:
    """Yield the policies that filters of the rule refer to, which some kinds let them do."""
    for group, kind, name in point.extensions:
        if (group, kind) == (resource.group, resource.kind) and point.route is not None:
            policy: Policy | None = look.get(resource.name, key_of(point.route.namespace, name))
            if policy is not None:
                yield policy


def in_order(told: Iterable[Attached[P_co]]) -> list[Attached[P_co]]:
    """Return policies in the order in which they win: the most specific first, of these the oldest."""
    return sorted(told, key=lambda each: (-each.level, *age(each.policy)))


def age(policy: Thing | Policy) -> tuple[bool, str, str]:
    """Return what sorts policies of one place: the oldest first, by name where nobody says."""
    born = policy.metadata.creation_timestamp
    return (born is None, born or "", policy.key)


def gateway_class_of(point: Point, look: Look) -> str | None:
    """Return of which class the gateway of a point is; `None` where nobody can tell."""
    if point.gateway_class or not point.gateway:
        return point.gateway_class
    gateway: Gateway | None = look.get(GATEWAYS, point.gateway)
    return None if gateway is None else gateway.spec.gateway_class_name


def _asked(point: Point, gateway_class: str | None) -> Iterator[str]:
    if gateway_class:
        yield f"GatewayClass/{gateway_class}"
    if point.gateway:
        yield f"Gateway/{point.gateway}"
    if point.listener_set:
        yield point.listener_set
    if point.route is not None:
        yield f"{point.route_kind}/{key_of(point.route.namespace, point.route.name)}"


def _labels(point: Point, look: Look) -> dict[str, dict[str, str] | None]:
    """Return the labels of a gateway and a route, by kind; `None` for those that nobody can see."""
    gateway: Gateway | None = look.get(GATEWAYS, point.gateway) if point.gateway else None
    seen = None if gateway is None else gateway.metadata.labels or {}
    told: dict[str, dict[str, str] | None] = {"Gateway": seen}
    if point.listener_set is not None:
        told[point.listener_set.partition("/")[0]] = None
    if point.route is not None:
        told[point.route_kind] = point.route.labels or {}
    return told


def _levels(
    policy: Policy,
    point: Point,
    asked: tuple[str, ...],
    labels: dict[str, dict[str, str] | None],
) -> Iterator[tuple[Level, bool]]:
    own = policy.metadata.namespace
    for each in targets(policy.spec):
        is_meant = f"{each.kind}/{key_of_target(each, own)}" in asked
        if is_meant and each.group in _groups(point, each.kind):
            is_near = each.namespace in {None, own}  # what else may refer to it nobody can tell
            for level, certain in _level(each.kind, each.section_name, point):
                yield level, certain and is_near
    for one in policy.spec.target_selectors or ():
        sure = _is_selected(one, own, point, labels)
        if sure is not False:
            for level, certain in _level(one.kind, one.section_name, point):
                yield level, certain and sure is True


def _is_selected(
    told: TargetSelector, own: str, point: Point, labels: dict[str, dict[str, str] | None]
) -> bool | None:
    """Say whether a gateway or route is selected; `None` where nobody can see its labels, or which namespaces count."""
    if told.kind not in labels:
        return False
    if told.namespaces is None and own != _namespace(told.kind, point):
        return False
    held = labels[told.kind]
    if held is None:
        return None
    chosen = LabelSelector(told.match_labels, told.match_expressions)
    if not selects(chosen, held):
        return False
    return True if told.namespaces is None else None


def _groups(point: Point, kind: str) -> set[str]:
    return {point.route_group or GROUP if kind == point.route_kind else HOLDERS.get(kind, GROUP)}


def _namespace(kind: str, point: Point) -> str:
    if point.route is not None and kind == point.route_kind:
        return point.route.namespace
    return _space((point.gateway if kind == "Gateway" else point.listener_set) or "")


def _space(key: str) -> str:
    """Return the namespace of a Gateway's key, or of a set's, which has its kind before it."""
    return key.rsplit("/", 2)[-2] if "/" in key else ""


def _level(kind: str, section: str | None, point: Point) -> Iterator[tuple[Level, bool]]:
    if kind == "GatewayClass":
        yield Level.CLASS, True
    elif kind in HOLDERS:
        if section is None:
            yield Level.GATEWAY if kind == "Gateway" else Level.SET, True
        elif point.listener in {None, section}:
            yield Level.LISTENER, point.listener is not None
    elif section is None:
        yield Level.ROUTE, True
    elif section == point.rule:
        yield Level.RULE, True
