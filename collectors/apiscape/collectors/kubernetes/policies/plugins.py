"""Plugins of Kong and Middlewares of Traefik, where routes of Gateway API name them.

They act on one rule (`ExtensionRef`), and of Kong on all rules of a route or of a Service too, by annotation.
What is configured beside Kubernetes, and what Traefik has before all of its routes, is never seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.collectors.kubernetes.core import SERVICES
from apiscape.collectors.kubernetes.ingress.guards import Guard, security_of, together
from apiscape.collectors.kubernetes.ingress.plugins import KONG_KEY, TRAEFIK_KEY, kong, traefik
from apiscape.collectors.kubernetes.objects import Metadata, Thing
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Switch

KONG = ("configuration.konghq.com", "KongPlugin")
TRAEFIK = ("traefik.io", "Middleware")
KONG_NEUTRAL, TRAEFIK_NEUTRAL = frozenset({KONG}), frozenset({TRAEFIK})
"""What filters refer to that is read here."""

_BEFORE_ALL = Guard(hidden=("middlewares of its entry points",))
_UNSEEN = Guard(hidden=("plugins of Services, which could not be read",))
_BOUND = Guard(hidden=("plugins that are bound by objects of their own",))
_BY_ANNOTATION_ALONE = "konghq.com/kic-gateway-controller"
_SWITCHES = ("cors", "mtls")


def kong_holds(point: Point, look: Look) -> Part:
    """Return what plugins of Kong ask: those for everything, of Services, of the route, of the rule."""
    services = (look.get(SERVICES, each) for each in point.services)
    places = [each for each in services if each is not None]
    if point.route is not None:
        places.append(Thing(point.route))
    guards = [kong([*places, *_referred(point, KONG, KONG_KEY)], look)]
    spaces = {each.partition("/")[0] for each in point.services}
    guards += [] if all(look.sees(SERVICES, each) for each in spaces) else [_UNSEEN]
    guards += [] if point.controller == _BY_ANNOTATION_ALONE else [_BOUND]
    return _part(together(guards), point)


def traefik_holds(point: Point, look: Look) -> Part:
    """Return what Middlewares of Traefik ask that filters of the rule refer to."""
    told = traefik(list(_referred(point, TRAEFIK, TRAEFIK_KEY)), look)
    return _part(together([told, _BEFORE_ALL]), point)


def _referred(point: Point, wanted: tuple[str, str], key: str) -> Iterator[Thing]:
    """Yield what names whatever filters of the rule refer to, as an annotation would."""
    if point.route is None:
        return
    space = point.route.namespace
    for group, kind, name in point.extensions:
        if (group, kind) == wanted:
            told = name if wanted == KONG else f"{space}-{name}@kubernetescrd"
            yield Thing(Metadata(name=point.route.name, namespace=space, annotations={key: told}))


def _part(guard: Guard, point: Point) -> Part:
    place = point.route_kind or "it"
    if point.route is not None:
        place = f"{place} {point.route.namespace}/{point.route.name}"
    on = {name: Switch.ENABLED if name in guard.on else Switch.UNKNOWN for name in _SWITCHES}
    return Part(security=security_of(guard, place), rate_limits=guard.limits or UNKNOWN, **on)
