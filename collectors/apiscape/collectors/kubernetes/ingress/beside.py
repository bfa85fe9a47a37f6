"""Ingresses whose paths are another's: canaries of ingress-nginx, masters and minions of NGINX."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from apiscape.collectors.kubernetes.exposed import Condition, Match, Target
from apiscape.collectors.kubernetes.ingress.controllers import NGINX_COMMUNITY, NGINX_F5
from apiscape.collectors.kubernetes.ingress.guarding import SIBLINGS, Scene
from apiscape.collectors.kubernetes.ingress.kinds import CANARY, INGRESSES, Ingress
from apiscape.collectors.kubernetes.ingress.paths import roads_of, target_of

_WHOLE = 100
"""Of how many requests `canary-weight` speaks, where `canary-weight-total` does not."""


def is_anothers(scene: Scene) -> bool:
    """Say whether the paths of an Ingress are told with another: a master's minions, what a canary varies."""
    if scene.dialect is NGINX_F5:
        return scene.ingress.part == "master"
    return is_canary(scene) and any(
        not each.is_canary for others in scene.others.values() for each in _near(scene, others)
    )


def is_canary(scene: Scene) -> bool:
    """Say whether an Ingress is a canary, where its controller knows any."""
    return scene.dialect is NGINX_COMMUNITY and scene.ingress.is_canary


def attached(scene: Scene, host: str) -> Condition | None:
    """Return that an Ingress which is nothing without another is without it."""
    if is_canary(scene):
        return Condition(name="Attached", holds=False, reason=f"a canary of no Ingress of {host}")
    is_minion = scene.dialect is NGINX_F5 and scene.ingress.part == "minion"
    if is_minion and not scene.others.get(host):
        return Condition(name="Attached", holds=False, reason=f"a minion of no master of {host}")
    return None


def _near(scene: Scene, others: list[Ingress]) -> Iterator[Ingress]:
    """Yield those of the same namespace: a canary varies no others."""
    namespace = scene.ingress.metadata.namespace
    return (each for each in others if each.metadata.namespace == namespace)


def with_canaries(
    scene: Scene, host: str, match: Match, targets: tuple[Target, ...]
) -> tuple[Target, ...]:
    """Return where requests are sent, with the canaries of the same path and their share."""
    if scene.dialect is not NGINX_COMMUNITY:
        return targets
    found = list(_canaries(scene, host, match))
    if not found:
        return targets
    share = sum(target.weight for target in found)
    main = tuple(_weighed(target, max(_WHOLE - share, 0)) for target in targets)
    return (*main, *found)


def _canaries(scene: Scene, host: str, match: Match) -> Iterator[Target]:
    others = islice(scene.look.those(INGRESSES, CANARY, host), SIBLINGS)
    for canary in _near(scene, list(others)):
        for road in roads_of(canary, scene.dialect).get(host, ()):
            target = target_of(road.backend, canary.metadata.namespace)
            if target is not None and any(each.path == match.path for each in road.matches):
                yield _weighed(target, _share(canary))


def unread_canaries(scene: Scene, host: str) -> Iterator[str]:
    """Yield that not every canary of a host is read, if so."""
    if scene.dialect is NGINX_COMMUNITY:
        found = list(islice(scene.look.those(INGRESSES, CANARY, host), SIBLINGS + 1))
        if len(found) > SIBLINGS:
            yield f"more than {SIBLINGS} canaries of {host}"


def _share(canary: Ingress) -> int:
    """Return how many of a hundred requests a canary gets; one, where it gets those with a header or cookie."""
    prefix = "nginx.ingress.kubernetes.io/canary-"
    weight = _number(canary.said.get(f"{prefix}weight")) or 0
    total = _number(canary.said.get(f"{prefix}weight-total")) or _WHOLE
    share = min(_WHOLE, weight * _WHOLE // total)
    picked = any(canary.said.get(f"{prefix}by-{name}") for name in ("header", "cookie"))
    return share or int(picked)


def _number(text: str | None) -> int | None:
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= _DIGITS else None


_DIGITS = 9


def _weighed(target: Target, weight: int) -> Target:
    return Target(
        name=target.name,
        kind=target.kind,
        namespace=target.namespace,
        port=target.port,
        weight=weight,
    )
