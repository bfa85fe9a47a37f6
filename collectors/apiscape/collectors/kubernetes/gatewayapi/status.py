"""What controllers say of a route at its parents, beside what follows from the objects. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition, Rule, Target, targets_in
from apiscape.collectors.kubernetes.gatewayapi.attachment import Detached
from apiscape.collectors.kubernetes.gatewayapi.kinds import ParentRef
from apiscape.collectors.kubernetes.gatewayapi.routes import Route
from apiscape.collectors.kubernetes.gatewayapi.serving import NEGATIVE
from apiscape.collectors.kubernetes.standing import read_conditions

ACCEPTED, RESOLVED = "Accepted", "ResolvedRefs"


Asked = tuple[ParentRef, Detached | None]
"""A parent as a route names it, and why it does not take the route, by the objects."""


def standing(route: Route, parents: Iterable[Asked]) -> list[Condition]:
    """Return how a route stands at some of its parents: at each of them all that is said.

    Where a status and the objects differ, the status counts, and that they differ is said.
    """
    said: list[Condition] = []
    for parent, why_not in parents:
        told = _told(route, parent)
        beside = _beside(told, why_not)
        said += told if beside is None else (*told, beside)
    return said


def _told(route: Route, parent: ParentRef) -> list[Condition]:
    """Return what controllers say of a route at a parent."""
    generation = route.metadata.generation
    said: list[Condition] = []
    for each in (route.status.parents if route.status else None) or ():
        if each.parent_ref == parent or _is_of(each.parent_ref, parent, route):
            said += read_conditions(each.conditions, generation, NEGATIVE)
    return said


def _beside(told: Iterable[Condition], why_not: Detached | None) -> Condition | None:
    """Return what the objects say where controllers say nothing, or something else."""
    detached = why_not is not None and why_not is not Detached.UNSEEN
    for each in told:
        if each.name == ACCEPTED:
            return _contradicted(why_not, detached=detached) if each.holds is detached else None
    return _without_status(why_not)


def _contradicted(why_not: Detached | None, *, detached: bool) -> Condition:
    says = "accepts" if detached else "does not accept"
    follows = str(why_not) if detached else "attached"
    why = f"the controller {says} it; by the objects: {follows}"
    return Condition(name="AttachmentAgrees", holds=None, reason=why)


def believed(rules: tuple[Rule, ...], said: Iterable[Condition]) -> tuple[Rule, ...]:
    """Return rules without doubt of what they may refer to, where controllers say that they could follow all of it."""
    told = [each.holds for each in said if each.name == RESOLVED]
    if not told or not all(told):
        return rules
    doubted = any(target.doubted for targets in targets_in(rules) for target in targets)
    return tuple([_sure(each) for each in rules]) if doubted else rules


def _sure(rule: Rule) -> Rule:
    targets = tuple([_without_doubt(each) for each in rule.targets])
    return msgspec.structs.replace(rule, targets=targets)


def _without_doubt(target: Target) -> Target:
    return msgspec.structs.replace(target, doubted=None)


def _without_status(why_not: Detached | None) -> Condition:
    if why_not is Detached.UNSEEN:
        words = "unknown: what it is attached to could not be looked at"
        return Condition(name=ACCEPTED, holds=None, reason=words)
    if why_not is not None:
        return Condition(name=ACCEPTED, holds=False, reason=f"by the objects: {why_not}")
    return Condition(name=ACCEPTED, holds=None, reason="pending: no controller has answered")


def _is_of(told: ParentRef, parent: ParentRef, route: Route) -> bool:
    own = route.metadata.namespace
    return (
        told.name == parent.name
        and (told.group, told.kind) == (parent.group, parent.kind)
        and (told.namespace or own) == (parent.namespace or own)
        and told.section_name == parent.section_name
        and told.port == parent.port
    )
