"""What holds for one rule of a route at one listener, whichever policies say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.limiting import joined
from apiscape.collectors.kubernetes.policies import (
    amazon,
    envoy,
    google,
    istio,
    kgateway,
    kuadrant,
    nginx,
    plugins,
)
from apiscape.collectors.kubernetes.policies.point import Effective, Part, Point
from apiscape.collectors.kubernetes.policies.securing import together, unknown
from apiscape.collectors.kubernetes.policies.sharing import of_listener, shared
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Switch

__all__ = ["DETACHED", "POLICIES", "Effective", "Point", "effective", "of_all_rules"]


class Policies(msgspec.Struct, frozen=True):
    """What a controller enforces.

    Attributes:
        families: Each says its part of a point.
        neutral: What filters may refer to, as `(group, kind)`, that is read by one of them or asks for nothing.
        goes_by_route: Whether routes differ where no policy is attached: by annotations, by Services.
    """

    families: tuple[Callable[[Point, Look], Part], ...]
    neutral: frozenset[tuple[str, str]] = frozenset()
    goes_by_route: bool = False


_ENVOY = shared(envoy.holds, envoy.RESOURCES)
_KUADRANT = shared(kuadrant.holds, kuadrant.RESOURCES)
_KGATEWAY = shared(kgateway.holds, kgateway.RESOURCES)
_NGINX = shared(nginx.holds, nginx.RESOURCES)

CONTROLLERS: Mapping[str, Policies] = {
    "gateway.envoyproxy.io/": Policies(
        (_ENVOY, _KUADRANT), frozenset({(envoy.GROUP, "HTTPRouteFilter")})
    ),
    "istio.io/": Policies((istio.holds, _KUADRANT)),
    "kgateway.dev/": Policies((_KGATEWAY,), kgateway.NEUTRAL),
    "gateway.nginx.org/": Policies((_NGINX,), nginx.NEUTRAL),
    "konghq.com/": Policies((plugins.kong_holds,), plugins.KONG_NEUTRAL, goes_by_route=True),
    "traefik.io/": Policies((plugins.traefik_holds,), plugins.TRAEFIK_NEUTRAL, goes_by_route=True),
    "networking.gke.io/": Policies((google.holds,), goes_by_route=True),
    "gateway.k8s.aws/": Policies((amazon.holds,), amazon.NEUTRAL),
}
"""By how the name of a controller begins; of every other nobody knows what it enforces."""

POLICIES: tuple[Resource, ...] = (
    *envoy.RESOURCES,
    *kuadrant.RESOURCES,
    *istio.RESOURCES,
    *kgateway.RESOURCES,
    *nginx.RESOURCES,
    *google.RESOURCES,
    *amazon.RESOURCES,
)
"""What is read for it."""


def effective(point: Point, look: Look) -> Effective:
    """Return what holds at a point.

    Unknown is what nobody can tell: a policy that could not be read, a controller whose policies are not known.
    """
    alike = None if point.extensions else of_all_rules(point, look)
    if alike is not None:
        return alike
    if point.gateway is None:
        return DETACHED
    return _effective(point, _enforced_by(point.controller or ""), look)


def of_all_rules(point: Point, look: Look) -> Effective | None:
    """Return what holds for every rule at a listener whose filters refer to nothing; `None` where rules may differ.

    They do not where there is no policy at all, unless the controller goes by routes themselves.
    """
    if point.gateway is None:
        return DETACHED
    known = _enforced_by(point.controller or "")
    has_any: bool = look.once("policies.any", "", _has_any)
    if has_any or known.goes_by_route:
        return None
    place = f"{point.controller} {point.gateway} {point.listener_set} {point.listener}"
    wide = of_listener(point)
    return look.once("policies.none", place, lambda look: _effective(wide, known, look))


DETACHED = Effective(security=unknown("attached to no gateway"))
"""What holds for what no gateway serves."""


def _has_any(look: Look) -> bool:
    """Say whether there is a policy at all: where there is none, all rules at a listener are alike."""
    return any(look.has(each.name) for each in POLICIES)


@lru_cache(maxsize=256)
def _enforced_by(controller: str) -> Policies:
    """Return what a controller enforces; nothing that is known of one that is not in the table."""
    return next(
        (told for name, told in CONTROLLERS.items() if controller.startswith(name)), Policies(())
    )


def _effective(point: Point, known: Policies, look: Look) -> Effective:
    parts = [holds(point, look) for holds in known.families]
    told = [part.security for part in parts if part.security is not None]
    if not known.families:
        told.append(unknown(f"nobody knows what {point.controller or 'its controller'} enforces"))
    return Effective(
        security=together([*told, *_extensions(point, known)]),
        rate_limits=joined(part.rate_limits for part in parts if part.rate_limits is not None),
        cors=_switch(part.cors for part in parts),
        waf=_switch(part.waf for part in parts),
        mtls=_switch(part.mtls for part in parts),
        tls_min=next((part.tls_min for part in parts if part.tls_min is not None), UNKNOWN),
    )


def _extensions(point: Point, known: Policies) -> Iterator[Security]:
    for group, kind, name in point.extensions:
        if (group, kind) not in known.neutral:
            yield unknown(f"{kind} {name} may ask for more")


def _switch(told: Iterable[str | None]) -> str:
    """Return whether any of some families switches something on; unknown where one of them cannot tell."""
    said = {each for each in told if each is not None}
    for word in (Switch.ENABLED, Switch.UNKNOWN, Switch.DISABLED):
        if word in said:
            return word
    return Switch.UNKNOWN
