"""Rules of a VirtualService at a gateway or within the mesh: which requests go where, and what is asked of callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.kubernetes.exposed import Condition, Rule, Target
from apiscape.collectors.kubernetes.istio.asking import Enforcer, in_mesh, ruled
from apiscape.collectors.kubernetes.istio.binding import Binding
from apiscape.collectors.kubernetes.istio.kinds import Destination, StreamRoute, VirtualService
from apiscape.collectors.kubernetes.istio.routing import Bound, Routes, Way, is_meant
from apiscape.collectors.kubernetes.istio.serving import HTTP, TCP, TLS
from apiscape.collectors.kubernetes.istio.targets import targets_of, troubles
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.vocabulary import Switch


def ports_of(bound: Iterable[Binding]) -> frozenset[int]:
    """Return the ports of some servers."""
    return frozenset(each.server.port.number for each in bound)


class Ruling:
    """Rules of a VirtualService at a gateway, or within the mesh.

    Args:
        service: Whose rules.
        bound: Where.
        look: What is looked at.
    """

    def __init__(self, service: VirtualService, bound: Bound, look: Look) -> None:
        self._service = service
        self._bound = bound
        self._look = look
        routes = Routes(service, bound, look)
        self._ways: tuple[Way, ...] = tuple(routes.http())
        self.odd = routes.odd

    def at_gateway(self, bound: list[Binding], enforcer: Enforcer) -> tuple[Rule, ...]:
        """Return the rules that servers of a gateway take."""
        kinds = tuple(dict.fromkeys(each.kind for each in bound))
        hosts = tuple(dict.fromkeys(host for each in bound for host in each.hosts))
        ports = ports_of(bound)
        port = next(iter(ports)) if len(ports) == 1 else None
        return self.of_kinds(kinds, (enforcer,), hosts, port)

    def of_kinds(
        self,
        kinds: tuple[str, ...],
        enforcers: tuple[Enforcer, ...],
        hosts: tuple[str, ...],
        port: int | None = None,
    ) -> tuple[Rule, ...]:
        """Return the rules of routes of some kinds, with what is asked of their callers."""
        rules: list[Rule] = []
        for way in self._ways if HTTP in kinds else ():
            targets = targets_of(way.destinations, way.namespace, self._look)
            rules += ruled(way.matches, targets, enforcers, hosts, port)
        for route in self._streams(kinds):
            rules.append(Rule(matches=(), targets=self._targets(route)))
        return tuple(rules)

    def in_mesh(self, hosts: tuple[str, ...]) -> tuple[Rule, ...]:
        """Return the rules that hold within the mesh, with what each of their Services asks of callers."""
        rules: list[Rule] = []
        for way in self._ways:
            targets = targets_of(way.destinations, way.namespace, self._look)
            told = [in_mesh(each, self._look) for each in targets]
            enforcers = [each for each in told if each is not None]
            whole = enforcers if len(enforcers) == len(told) else []
            rules += ruled(way.matches, targets, whole, hosts)
        for route in self._streams((TLS, TCP)):
            rules.append(Rule(matches=(), targets=self._targets(route)))
        return tuple(rules)

    def _targets(self, route: StreamRoute) -> tuple[Target, ...]:
        return targets_of(route.route or (), self._service.metadata.namespace, self._look)

    def _streams(self, kinds: tuple[str, ...]) -> Iterator[StreamRoute]:
        spec, own = self._service.spec, self._service.metadata.namespace
        routes: list[StreamRoute] = [*(spec.tls or ())] if TLS in kinds else []
        routes += (spec.tcp or ()) if TCP in kinds else ()
        for route in routes:
            told = route.match
            if not told or any(is_meant(m.gateways, m.port, own, self._bound) for m in told):
                yield route

    def troubles(self) -> Iterator[Condition]:
        """Yield what is wrong with where requests are sent."""
        yield from troubles(self._destinations(), self._look)

    def _destinations(self) -> Iterator[tuple[Destination, str]]:
        for way in self._ways:
            for each in way.destinations:
                yield each.destination, way.namespace
        for route in self._streams((TLS, TCP)):
            for each in route.route or ():
                yield each.destination, self._service.metadata.namespace

    def cors(self) -> str:
        """Return whether the gateway answers other origins: known where all routes were followed."""
        if any(each.has_cors for each in self._ways):
            return Switch.ENABLED
        return Switch.UNKNOWN if self.odd else Switch.DISABLED
