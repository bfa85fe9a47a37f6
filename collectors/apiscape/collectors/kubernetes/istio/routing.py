"""Routes of a VirtualService, with those that it hands to others. Pure but for what is looked at.

A delegate has no hosts of its own; its routes have to be for a part of the requests that are handed to it,
else they are not followed. What a delegate hands on once more is not followed either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, PathType
from apiscape.collectors.kubernetes.istio.kinds import (
    Delegate,
    HttpMatch,
    HttpRoute,
    RouteDestination,
    StringMatch,
    VirtualService,
)
from apiscape.collectors.kubernetes.istio.resources import VIRTUAL_SERVICES
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look

MESH = "mesh"
MOST_MATCHES = 20_000
"""Of a VirtualService as many matches are read, those counted that are compared with what a delegate is for."""
_WORDS = re.compile(r"\^?\(?([A-Z]+(?:\|[A-Z]+)*)\)?\$?")
"""Regular expressions that are a choice of methods."""


class Way(msgspec.Struct, frozen=True):
    """Requests, and where they are sent on.

    Attributes:
        namespace: In which names of destinations are meant.
    """

    matches: tuple[Match, ...]
    destinations: tuple[RouteDestination, ...]
    namespace: str
    has_cors: bool = False


class Bound(msgspec.Struct, frozen=True):
    """At which gateway routes are asked for.

    Attributes:
        gateway: `namespace/name`, or `mesh`.
        ports: That it serves the routes at; `None` for any.
    """

    gateway: str
    ports: frozenset[int] | None = None


def gateway_key(name: str, namespace: str) -> str:
    """Return what a gateway is called in full: in the namespace of who names it, where it names none."""
    if name == MESH:
        return MESH
    plain = name.removesuffix(".svc.cluster.local")
    return plain if "/" in plain else key_of(namespace, plain)


def bound_to(service: VirtualService) -> list[str]:
    """Return the gateways that a VirtualService names, each once; the mesh where it names none."""
    own = service.metadata.namespace
    return list(dict.fromkeys(gateway_key(each, own) for each in service.spec.gateways or (MESH,)))


def is_meant(gateways: list[str] | None, port: int | None, namespace: str, bound: Bound) -> bool:
    """Say whether a match is for a gateway and one of its ports."""
    named = {gateway_key(each, namespace) for each in gateways or ()}
    if named and bound.gateway not in named:
        return False
    return port is None or bound.ports is None or port in bound.ports


class Routes:
    """Reads the routes of a VirtualService at a gateway.

    Args:
        service: Whose routes.
        bound: At which gateway.
        look: What is looked at.
    """

    def __init__(self, service: VirtualService, bound: Bound, look: Look) -> None:
        self._service = service
        self._bound = bound
        self._look = look
        self._left = MOST_MATCHES
        self.odd: dict[str, None] = {}
        """What is not followed, and why."""

    def http(self) -> Iterator[Way]:
        """Yield the routes of requests, in their order."""
        own = self._service.metadata.namespace
        for route in self._service.spec.http or ():
            matches = self._matches(route, own)
            if not matches or not self._may_read(len(matches)):
                continue
            if route.delegate is None:
                yield Way(
                    matches, tuple(route.route or ()), own, has_cors=route.cors_policy is not None
                )
            else:
                yield from self._handed(route.delegate, matches, own)

    def _may_read(self, count: int) -> bool:
        """Say whether so many more matches are read."""
        self._left -= count
        if self._left < 0:
            self.odd[f"no more than {MOST_MATCHES} matches are read"] = None
        return self._left >= 0

    def _matches(self, route: HttpRoute, namespace: str) -> tuple[Match, ...]:
        if not route.match:
            return (Match(operation_id=route.name or None),)
        return tuple(
            each
            for told in route.match
            if is_meant(told.gateways, told.port, namespace, self._bound)
            for each in matches_of(told, route.name)
        )

    def _handed(self, delegate: Delegate, matches: tuple[Match, ...], own: str) -> Iterator[Way]:
        key = key_of(delegate.namespace or own, delegate.name)
        found: VirtualService | None = self._look.get(VIRTUAL_SERVICES, key)
        why = self._why_not(found, key)
        if found is None or why:
            self.odd[f"delegate {key}: {why}"] = None
            return
        space = found.metadata.namespace
        for route in found.spec.http or ():
            if route.delegate is not None:
                self.odd[f"delegate {key}: hands on once more, which is not followed"] = None
                continue
            told = self._matches(route, space)
            if not self._may_read(len(matches) * len(told)):
                return
            both = [met for one in matches for each in told if (met := meet(one, each)) is not None]
            if both:
                yield Way(
                    tuple(both),
                    tuple(route.route or ()),
                    space,
                    has_cors=route.cors_policy is not None,
                )
            elif told:
                self.odd[f"delegate {key}: a route is for none of what is handed to it"] = None

    def _why_not(self, found: VirtualService | None, key: str) -> str:
        if found is None:
            sees = self._look.sees(VIRTUAL_SERVICES, key.partition("/")[0])
            return "is not there" if sees else "could not be read"
        if found.spec.hosts:
            return "has hosts of its own"
        if not is_exported(found, (self._service.metadata.namespace,)):
            return "is not exported to here"
        return ""


def is_exported(service: VirtualService, namespaces: tuple[str, ...] | None) -> bool | None:
    """Say whether a VirtualService is seen from any of some namespaces; `None` where nobody knows which they are."""
    told = service.spec.export_to
    if not told or "*" in told:
        return True
    if namespaces is None:
        return None
    own = service.metadata.namespace
    return bool({own if each == "." else each for each in told} & set(namespaces))


def matches_of(told: HttpMatch, name: str | None) -> Iterator[Match]:
    """Yield the requests that a match is for: one for each method."""
    path, kind = _path(told.uri)
    for method in _methods(told.method):
        yield Match(
            path=path, path_type=kind, method=method, operation_id=told.name or name or None
        )


def _path(uri: StringMatch | None) -> tuple[str, str]:
    told = uri or StringMatch()
    if told.exact is not None:
        return told.exact, PathType.EXACT
    if told.regex is not None:
        return told.regex, PathType.REGEX
    prefix = told.prefix or "/"
    return prefix, PathType.PREFIX if prefix.endswith("/") else PathType.OWN


def _methods(told: StringMatch | None) -> list[str]:
    if told is None:
        return ["ANY"]
    if told.exact:
        return [told.exact]
    words = _WORDS.fullmatch(told.regex or "")
    return words[1].split("|") if words else ["ANY"]


def meet(one: Match, other: Match) -> Match | None:
    """Return the requests that two matches are both for, where the second is for a part of the first."""
    method = one.method if other.method == "ANY" else other.method
    if one.method not in {"ANY", method} or not _holds(one, other):
        return None
    narrow = one if _is_any(other) else other
    name = other.operation_id or one.operation_id
    return Match(path=narrow.path, path_type=narrow.path_type, method=method, operation_id=name)


def _holds(wide: Match, narrow: Match) -> bool:
    if _is_any(wide) or _is_any(narrow):
        return True
    if (wide.path, wide.path_type) == (narrow.path, narrow.path_type):
        return True
    begins = wide.path_type in {PathType.PREFIX, PathType.OWN}
    is_plain = narrow.path_type != PathType.REGEX
    return begins and is_plain and narrow.path.startswith(wide.path)


def _is_any(told: Match) -> bool:
    return told.path == "/" and told.path_type == PathType.PREFIX
