"""What policies say of a whole listener, worked out once for all rules that no policy is for by itself."""

from __future__ import annotations

from collections.abc import Callable

from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.targets import AT, SELECTED
from apiscape.collectors.kubernetes.resource import Look, Resource

Holds = Callable[[Point, Look], Part]


def shared(holds: Holds, resources: tuple[Resource, ...]) -> Holds:
    """Return the same, worked out once for a listener where nothing is attached to a route itself.

    Args:
        holds: What goes by where policies are attached, and by nothing else.
        resources: The policies that it goes by.
    """
    attached = tuple(each.name for each in resources if AT in each.indexes)
    name = f"policies.{holds.__module__}"

    def told(point: Point, look: Look) -> Part:
        if point.extensions or _has_own(point, attached, look):
            return holds(point, look)
        wide = of_listener(point)
        return look.once(name, repr(wide), lambda look: holds(wide, look))

    return told


def _has_own(point: Point, attached: tuple[str, ...], look: Look) -> bool:
    """Say whether a policy names the route, or may select it."""
    if point.route is None:
        return False
    place = f"{point.route_kind}/{key_of(point.route.namespace, point.route.name)}"
    return any(
        next(iter(look.those(name, AT, at)), None) is not None
        for name in attached
        for at in (place, SELECTED)
    )


def of_listener(point: Point) -> Point:
    """Return the listener that a point is at, for whatever is attached to it."""
    return Point(
        controller=point.controller,
        gateway_class=point.gateway_class,
        gateway=point.gateway,
        listener_set=point.listener_set,
        listener=point.listener,
    )
