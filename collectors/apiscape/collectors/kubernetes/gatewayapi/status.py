"""What controllers say of a route at its parents, beside what follows from the objects. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.gatewayapi.attachment import Attachment, Detached
from apiscape.collectors.kubernetes.gatewayapi.kinds import ParentRef
from apiscape.collectors.kubernetes.gatewayapi.routes import Route, RouteParentStatus
from apiscape.collectors.kubernetes.gatewayapi.serving import NEGATIVE
from apiscape.collectors.kubernetes.standing import read_conditions

ACCEPTED = "Accepted"


def standing(
    route: Route, attachments: Iterable[Attachment], *others: ParentRef
) -> Iterator[Condition]:
    """Yield how a route stands at some of its parents: at each of them all that is said.

    Where a status and the objects differ, the status counts, and that they differ is said.
    """
    for each in attachments:
        yield from _at(route, each.parent, each.why_not)
    for parent in others:
        yield from _at(route, parent, None)


def _at(route: Route, parent: ParentRef, why_not: Detached | None) -> Iterator[Condition]:
    told = [each for each in _statuses(route) if _is_of(each.parent_ref, parent, route)]
    said = [
        condition
        for each in told
        for condition in read_conditions(each.conditions, route.metadata.generation, NEGATIVE)
    ]
    yield from said
    accepted = next((each.holds for each in said if each.name == ACCEPTED), None)
    detached = why_not not in {None, Detached.UNSEEN}
    if not any(each.name == ACCEPTED for each in said):
        yield _without_status(why_not)
    elif accepted is not None and accepted == detached:
        says = "accepts" if accepted else "does not accept"
        follows = str(why_not) if detached else "attached"
        why = f"the controller {says} it; by the objects: {follows}"
        yield Condition(name="AttachmentAgrees", holds=None, reason=why)


def _without_status(why_not: Detached | None) -> Condition:
    if why_not is Detached.UNSEEN:
        words = "unknown: what it is attached to could not be looked at"
        return Condition(name=ACCEPTED, holds=None, reason=words)
    if why_not is not None:
        return Condition(name=ACCEPTED, holds=False, reason=f"by the objects: {why_not}")
    return Condition(name=ACCEPTED, holds=None, reason="pending: no controller has answered")


def _statuses(route: Route) -> list[RouteParentStatus]:
    return (route.status.parents if route.status else None) or []


def _is_of(told: ParentRef, parent: ParentRef, route: Route) -> bool:
    own = route.metadata.namespace
    return (
        told.name == parent.name
        and (told.group, told.kind) == (parent.group, parent.kind)
        and (told.namespace or own) == (parent.namespace or own)
        and told.section_name == parent.section_name
        and told.port == parent.port
    )
