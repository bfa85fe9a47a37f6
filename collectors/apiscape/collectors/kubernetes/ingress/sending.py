"""Where the requests of each host of an Ingress are sent, and who may send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, Target
from apiscape.collectors.kubernetes.ingress import alb, alb_rules
from apiscape.collectors.kubernetes.ingress.beside import with_canaries
from apiscape.collectors.kubernetes.ingress.controllers import ALB
from apiscape.collectors.kubernetes.ingress.guarding import Scene, guard, reads_services
from apiscape.collectors.kubernetes.ingress.guards import Guard
from apiscape.collectors.kubernetes.ingress.paths import Road, roads_of, target_of


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of a path, where they are sent on, and who may send them."""

    matches: tuple[Match, ...]
    targets: tuple[Target, ...]
    guard: Guard


def ways_of(scene: Scene) -> dict[str, list[Way]]:
    """Return the ways of each host, in the order in which they are stated."""
    roads = roads_of(scene.ingress, scene.dialect)
    if scene.dialect is ALB:
        roads = _with_more_hosts(scene.ingress.said, roads)
    if scene.dialect.holds(scene.said, scene.dialect.passthrough):
        roads = {host: _whole(each) for host, each in roads.items()}
    guards: dict[tuple[str, Target | None], Guard] = {}
    found: dict[str, list[Way]] = {}
    for host, each in roads.items():
        found[host] = [_way(scene, host, road, guards) for road in each]
    return found


def _whole(roads: list[Road]) -> list[Road]:
    """Return what is left of paths that nobody sees: everything is sent to where the first one is."""
    return [Road(backend=road.backend, matches=(Match(),)) for road in roads[:1]]


def _way(
    scene: Scene, host: str, road: Road, guards: dict[tuple[str, Target | None], Guard]
) -> Way:
    matches, targets = _sent(scene, road)
    targets = with_canaries(scene, host, matches[0], targets)
    if scene.dialect.away(scene.said):
        targets = ()
    alone = targets[0] if len(targets) == 1 and reads_services(scene) else None
    if (host, alone) not in guards:
        guards[host, alone] = guard(scene, host, alone)
    return Way(matches=matches, targets=targets, guard=guards[host, alone])


def _sent(scene: Scene, road: Road) -> tuple[tuple[Match, ...], tuple[Target, ...]]:
    """Return which requests are sent where; of AWS, annotations called after the Service say more."""
    said, namespace = scene.ingress.said, scene.ingress.metadata.namespace
    stated = target_of(road.backend, namespace)
    targets: tuple[Target, ...] = () if stated is None else (stated,)
    if scene.dialect is not ALB or stated is None or stated.kind != "service":
        return road.matches, targets
    matches = alb_rules.narrowed(said, stated.name, road.matches)
    if stated.port == alb.BY_ANNOTATION:
        targets = alb_rules.targets_of(said, stated.name, namespace) or ()
    return matches, targets


def _with_more_hosts(
    said: Mapping[str, str], roads: dict[str, list[Road]]
) -> dict[str, list[Road]]:
    found = {host: list(each) for host, each in roads.items()}
    for host, each in roads.items():
        for road in each:
            for more in _hosts_named(said, road):
                if more != host:
                    found.setdefault(more, []).append(road)
    return found


def _hosts_named(said: Mapping[str, str], road: Road) -> Iterator[str]:
    if road.backend.service is not None:
        yield from alb_rules.more_hosts(said, road.backend.service.name)


def speaks_grpc(scene: Scene, ways: list[Way]) -> bool:
    """Say whether callers speak gRPC: where the Ingress says so, or of all Services that are sent to."""
    if scene.dialect.holds(scene.ingress.said, scene.dialect.grpc):
        return True
    named = set(scene.dialect.words(scene.ingress.said, scene.dialect.grpc_services))
    sent = {target.name for way in ways for target in way.targets}
    return bool(sent) and sent <= named
