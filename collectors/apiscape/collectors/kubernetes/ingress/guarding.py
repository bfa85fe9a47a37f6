"""Who may call a path of an Ingress: by its annotations, by those of the Service, and by what they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from apiscape.collectors.kubernetes.core import SERVICES, Service
from apiscape.collectors.kubernetes.exposed import Target
from apiscape.collectors.kubernetes.ingress import alb, gke, plugins
from apiscape.collectors.kubernetes.ingress.classes import CLASS_KEY, Classed, class_of
from apiscape.collectors.kubernetes.ingress.controllers import (
    ALB,
    GKE,
    KONG,
    NGINX_COMMUNITY,
    NGINX_F5,
    TRAEFIK,
)
from apiscape.collectors.kubernetes.ingress.dialects import Dialect, annotated
from apiscape.collectors.kubernetes.ingress.guards import Guard, together
from apiscape.collectors.kubernetes.ingress.kinds import HOST, INGRESSES, MASTER, Ingress
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.vocabulary import SchemeKind

SIBLINGS = 100
"""Other Ingresses of a host that are looked at, at most."""

Reader = Callable[[Iterable[Thing], Look], Guard]
READERS: Mapping[str, Reader] = {
    KONG.name: plugins.kong,
    TRAEFIK.name: plugins.traefik,
    NGINX_F5.name: plugins.nginx,
}
"""By controller, what reads the objects that Services and Ingresses name."""

OF_SERVICES = frozenset({KONG.name, ALB.name, GKE.name, TRAEFIK.name})
"""Controllers that read annotations of Services too."""

_OF_HOST = msgspec.structs.replace(
    NGINX_COMMUNITY,
    asks=tuple(each for each in NGINX_COMMUNITY.asks if each.kind == SchemeKind.MTLS),
    elsewhere=None,
    on={},
    rates=(),
    settled=frozenset(),
    snippets=("server-snippet",),
)
"""What one Ingress of ingress-nginx says for a whole host, whichever Ingresses its paths are of."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """An Ingress, its class, and what is around it.

    Attributes:
        balancer: The load balancer of AWS that it is served by, if it is.
        front: What is said of a load balancer of Google beside the Ingress.
        others: By host, other Ingresses that say something of it.
        cut: Hosts that more Ingresses are of than were looked at.
    """

    ingress: Ingress
    classed: Classed
    look: Look
    balancer: alb.Balancer | None = None
    front: gke.Front = gke.Front()
    others: dict[str, list[Ingress]] = msgspec.field(default_factory=dict)
    cut: frozenset[str] = frozenset()

    @property
    def dialect(self) -> Dialect:
        """What its annotations mean."""
        return self.classed.dialect

    @property
    def place(self) -> str:
        """The Ingress, in words."""
        return f"Ingress {self.ingress.key}"

    @property
    def said(self) -> dict[str, str]:
        """Its annotations, with what others say for the load balancer that it shares."""
        return {**self.ingress.said, **(self.balancer.said if self.balancer else {})}


def scene_of(ingress: Ingress, look: Look) -> Scene:
    """Return an Ingress with what is around it."""
    classed = class_of(ingress, look)
    balancer = None
    if classed.dialect is ALB:
        parameters = classed.parameters
        balancer = alb.balancer_of(ingress, parameters.name if parameters else None, look)
    front = gke.Front()
    if classed.dialect is GKE:
        front = gke.front_of(ingress.said, ingress.metadata.namespace, look)
    index = _index(ingress, classed.dialect)
    others: dict[str, list[Ingress]] = {}
    cut: set[str] = set()
    for host in ingress.hosts if index else ():
        found = list(islice(look.those(INGRESSES, index, host), SIBLINGS + 1))
        others[host] = [each for each in found if _is_beside(each, ingress)]
        if len(found) > SIBLINGS:
            cut.add(host)
    return Scene(
        ingress=ingress,
        classed=classed,
        look=look,
        balancer=balancer,
        front=front,
        others=others,
        cut=frozenset(cut),
    )


def _index(ingress: Ingress, dialect: Dialect) -> str:
    """Return by which index others are found that say something of its hosts."""
    if dialect is NGINX_F5 and ingress.part == "minion":
        return MASTER
    return HOST if dialect is NGINX_COMMUNITY else ""


def _is_beside(other: Ingress, ingress: Ingress) -> bool:
    """Say whether another Ingress is one of the same class."""
    if other.key == ingress.key:
        return False
    own, theirs = ingress.spec.ingress_class_name, other.spec.ingress_class_name
    return own == theirs and ingress.said.get(CLASS_KEY) == other.said.get(CLASS_KEY)


def guard(scene: Scene, host: str, target: Target | None) -> Guard:
    """Return who may call a path of a host.

    Args:
        scene: The Ingress, and what is around it.
        host: Of the path.
        target: Where it is sent; `None` where it is sent to several, or nowhere.
    """
    if scene.dialect.holds(scene.said, scene.dialect.passthrough):
        return Guard(hidden=("TLS is not ended here, but by whoever it is passed on to",))
    service, seen = _service(scene, target)
    own = [
        annotated(scene.dialect, scene.ingress.said, scene.place),
        *_of_objects(scene, service, target),
    ]
    others = list(_of_others(scene, host))
    if scene.dialect is NGINX_F5 and any(each.schemes for each in own):
        others = [_of_tls_alone(each) for each in others]
    guards = [*own, *others]
    if not seen:
        guards.append(Guard(hidden=("Services could not be seen",), hides_limits=True))
    if scene.classed.is_guess and scene.dialect.name:
        guards.append(Guard(hidden=(f"{scene.dialect.name} is guessed by the class's name",)))
    return _without_mtls(together(guards))


def _of_tls_alone(told: Guard) -> Guard:
    """Return what is left of what a master asks where a minion asks itself: what TLS is ended with."""
    if any(scheme.kind == SchemeKind.MTLS for scheme in told.schemes):
        return told
    return msgspec.structs.replace(told, schemes=(), evidence=())


def reads_services(scene: Scene) -> bool:
    """Say whether who may call depends on the Service that is sent to."""
    return scene.dialect.name in OF_SERVICES


def _service(scene: Scene, target: Target | None) -> tuple[Service | None, bool]:
    """Return the Service that is sent to, and whether it could be seen as far as that matters."""
    if target is None or target.kind != "service" or not reads_services(scene):
        return None, True
    found = scene.look.get(SERVICES, key_of(target.namespace, target.name))
    if isinstance(found, Service):
        return found, True
    return None, scene.look.sees(SERVICES)


def _of_objects(scene: Scene, service: Service | None, target: Target | None) -> Iterator[Guard]:
    reader = READERS.get(scene.dialect.name)
    places = [service, scene.ingress] if service else [scene.ingress]
    said = (service.metadata.annotations if service else None) or {}
    if reader is not None:
        yield reader(places, scene.look)
    if scene.balancer is not None:
        yield alb.guard_of(scene.balancer, scene.ingress, said, scene.place)
    if scene.dialect is GKE and target is not None:
        yield gke.guard_of(said, target.namespace, target.port, scene.look)


def _of_others(scene: Scene, host: str) -> Iterator[Guard]:
    """Yield what other Ingresses of a host ask for all of it."""
    for other in scene.others.get(host, ()):
        place = f"Ingress {other.key}"
        if scene.dialect is NGINX_F5:
            yield annotated(NGINX_F5, other.said, place)
            yield plugins.nginx([other], scene.look)
        else:
            yield annotated(_OF_HOST, other.said, place)
    if host in scene.cut:
        told = f"more than {SIBLINGS} Ingresses of {host}"
        yield Guard(hidden=(told,), incomplete=(told,))


def _without_mtls(told: Guard) -> Guard:
    """Return a guard with it that no certificate is asked of callers, where that is known."""
    kinds = {scheme.kind for scheme in told.schemes}
    if told.hidden or SchemeKind.MTLS in kinds or "mtls" in told.on:
        return told
    return msgspec.structs.replace(told, off=told.off | {"mtls"})


def loosened(told: Guard, dialect: Dialect, plain: str) -> Guard:
    """Return a guard where plain requests get through: what is asked with TLS alone, they are not asked for.

    Args:
        told: The guard.
        dialect: Of the controller; AWS asks for nothing at plain ports.
        plain: The address of plain requests.
    """
    kinds = {scheme.kind for scheme in told.schemes}
    if not kinds or (kinds != {SchemeKind.MTLS} and dialect is not ALB):
        return told
    evidence = (*told.evidence, f"not asked at {plain}")
    return msgspec.structs.replace(told, evidence=evidence, is_optional=True, on=told.on - {"mtls"})
