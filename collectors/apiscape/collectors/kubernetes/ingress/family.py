"""The family of Ingress: each host of an Ingress is one API, whichever controller serves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Reached, Rule, Served
from apiscape.collectors.kubernetes.ingress import alb, alb_rules, gke, kinds, named
from apiscape.collectors.kubernetes.ingress.beside import attached, is_anothers, unread_canaries
from apiscape.collectors.kubernetes.ingress.controllers import NGINX_F5
from apiscape.collectors.kubernetes.ingress.endpoints import (
    Hosted,
    Taken,
    links_of,
    serve,
    tls_min_of,
)
from apiscape.collectors.kubernetes.ingress.guarding import Scene, loosened, scene_of
from apiscape.collectors.kubernetes.ingress.guards import (
    limits_of,
    security_of,
    switches_of,
    together,
)
from apiscape.collectors.kubernetes.ingress.kinds import INGRESSES, SOLVER_LABEL, Ingress
from apiscape.collectors.kubernetes.ingress.sending import Way, speaks_grpc, ways_of
from apiscape.collectors.kubernetes.reaching import CLASS_SCHEME_KEY, reach_through
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.surroundings import BALANCER_HOST, STACK
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Style, Switch

CONTROLLER, RETIRED, PLAIN, MOVED = (
    "apiscape.io/ingress-controller",
    "apiscape.io/ingress-controller-retired",
    "apiscape.io/plain-http",
    "apiscape.io/moved",
)
"""Links that say who serves it, since when that is given up, and where requests end that do not reach it."""


class IngressFamily:
    """Ingresses and IngressClasses, with what their annotations name."""

    name = "ingress"
    resources: tuple[Resource, ...] = (*kinds.RESOURCES, *named.RESOURCES)

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed | Served]:  # noqa: ANN401 - of the resource's own type
        """Yield one API for each host of an Ingress.

        Nothing of one whose paths are another's (a canary of another Ingress, the master of minions), nor
        of one that proves whose a host is to whoever signs its certificate.
        """
        if resource.name != INGRESSES or not isinstance(thing, Ingress):
            return
        if SOLVER_LABEL in (thing.metadata.labels or {}):
            return
        scene = scene_of(thing, look)
        if is_anothers(scene):
            return
        for host, ways in ways_of(scene).items():
            yield _exposed(scene, host, ways)


def _exposed(scene: Scene, host: str, ways: list[Way]) -> Exposed:
    """Return what one host of an Ingress exposes."""
    ingress, dialect = scene.ingress, scene.dialect
    guards = {id(way.guard): way.guard for way in ways}
    hosted = _hosted(scene, host, switches_of(guards.values()).get("mtls", Switch.UNKNOWN))
    plain = next((each.host for each in hosted.addresses if each.scheme == "http"), None)
    if plain is not None:
        name = f"http://{plain or 'any host'}"
        guards = {key: loosened(told, dialect, name) for key, told in guards.items()}
    asked = {key: security_of(told, scene.place) for key, told in guards.items()}
    apart = attached(scene, host)
    made = Exposed(
        metadata=ingress.metadata,
        host=host,
        style=Style.GRPC if speaks_grpc(scene, ways) else Style.HTTP,
        gateway=_gateway(scene),
        addresses=() if apart else hosted.addresses,
        reached=_reached(scene),
        rules=tuple(
            Rule(
                matches=way.matches,
                targets=way.targets,
                security=asked[id(way.guard)],
                rate_limits=limits_of(way.guard),
            )
            for way in ways
        ),
        conditions=tuple(_conditions(scene, apart)),
        links={**_links(scene, hosted), **links_of(dialect, scene.said), **scene.front.links},
        incomplete=(
            *together(guards.values()).incomplete,
            *dialect.cut(ingress.said),
            *(alb_rules.cut(ingress.said) if scene.balancer is not None else ()),
            *unread_canaries(scene, host),
            *scene.front.incomplete,
        ),
    )
    return msgspec.structs.replace(made, **switches_of(guards.values()))


def _hosted(scene: Scene, host: str, mtls: str) -> Hosted:
    """Return the addresses of a host; of a minion it is the master who says how it is listened on."""
    holders = [scene.ingress, *scene.others.get(host, ())]
    tls_min = tls_min_of(scene.dialect, scene.said)
    ports = None
    if scene.balancer is not None:
        ports = alb.ports_of(scene.ingress)
        tls_min = alb.tls_min_of(scene.balancer)
    said = scene.said if scene.dialect is not NGINX_F5 else holders[-1].said
    how = Taken(ports=ports, tls_min=tls_min, mtls=mtls, away=scene.front.away)
    return serve(host, holders, scene.dialect, said, how)


def _gateway(scene: Scene) -> str | Unknown:
    """Return what serves it, as people call it: the group of a load balancer, else the class."""
    if scene.balancer is not None:
        return scene.balancer.name
    return scene.classed.name or UNKNOWN


def _reached(scene: Scene) -> Reached:
    """Return from where it can be reached; what the class of a load balancer says comes before annotations."""
    said = dict(scene.said)
    if scene.balancer is not None and scene.balancer.class_scheme:
        said.pop(f"{alb.PREFIX}scheme", None)
        said[CLASS_SCHEME_KEY] = scene.balancer.class_scheme
    told = (each.ip or each.hostname or "" for each in scene.ingress.addresses)
    found = reach_through(told, said, scene.look)
    return found if scene.balancer is None else alb.limited_to(scene.balancer, scene.ingress, found)


def _conditions(scene: Scene, apart: Condition | None) -> Iterator[Condition]:
    """Yield how it fares: an Ingress has no conditions of its own, but a class, and an address once it is served."""
    yield scene.classed.condition
    addresses = scene.ingress.addresses
    errors = [port.error for each in addresses for port in each.ports or () if port.error]
    if errors:
        yield Condition(name="Programmed", holds=False, reason=errors[0])
    elif any(each.ip or each.hostname for each in addresses):
        yield Condition(name="Programmed", holds=True, reason="has an address")
    else:
        yield Condition(name="Programmed", holds=None, reason="pending: no address yet")
    if apart is not None:
        yield apart
    backends = gke.backends_condition(scene.ingress.said)
    if backends is not None:
        yield backends


def _balancer_host(scene: Scene) -> str | None:
    """Return the host of the load balancer, where the controller says one."""
    hosts = [each.hostname.casefold() for each in scene.ingress.addresses if each.hostname]
    return hosts[0] if len(hosts) == 1 else None


def _links(scene: Scene, hosted: Hosted) -> dict[str, str]:
    found = {
        CONTROLLER: scene.dialect.name or scene.classed.controller,
        RETIRED: scene.dialect.retired,
        PLAIN: hosted.plain,
        MOVED: scene.dialect.away(scene.said),
        STACK: scene.balancer.name if scene.balancer else None,
        BALANCER_HOST: _balancer_host(scene) if scene.balancer else None,
    }
    return {key: value for key, value in found.items() if value}
