"""Hosts and paths of an Ingress, and where their requests are sent on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, PathType, Target
from apiscape.collectors.kubernetes.ingress.dialects import Dialect
from apiscape.collectors.kubernetes.ingress.kinds import (
    ANY_HOST,
    HttpPath,
    Ingress,
    IngressBackend,
)

_PATH_TYPES: Mapping[str, str] = {"Exact": PathType.EXACT, "Prefix": PathType.PREFIX}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
"""Which are left where some are refused."""


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """One path of a host.

    Attributes:
        backend: As the Ingress states it.
        matches: Which requests.
    """

    backend: IngressBackend
    matches: tuple[Match, ...]


def roads_of(ingress: Ingress, dialect: Dialect) -> dict[str, list[Road]]:
    """Return the paths of each host, in the order in which they are stated.

    The default backend is a path of any host, after all others.
    """
    found: dict[str, list[Road]] = {}
    backend = ingress.spec.default_backend
    default = Road(backend=backend, matches=(Match(),)) if backend else None
    for rule in ingress.spec.rules or ():
        host = (rule.host or ANY_HOST).lower()
        paths = (rule.http.paths if rule.http else None) or ()
        roads = found.setdefault(host, [])
        roads.extend(_road(each, ingress.said, dialect) for each in paths)
        if not paths and default is not None and host != ANY_HOST:
            roads.append(default)
    if default is not None:
        found.setdefault(ANY_HOST, []).append(default)
    for alias in _aliases(ingress, dialect):
        main = next((roads for host, roads in found.items() if host != ANY_HOST), None)
        if main is not None:
            found.setdefault(alias.lower(), main)
    return found


def _aliases(ingress: Ingress, dialect: Dialect) -> Iterator[str]:
    for key in dialect.aliases:
        yield from dialect.words(ingress.said, key)


def _road(path: HttpPath, said: Mapping[str, str], dialect: Dialect) -> Road:
    text, kind = _compared(path, said, dialect)
    methods = _methods(said, dialect)
    return Road(
        backend=path.backend,
        matches=tuple(Match(path=text, path_type=kind, method=method) for method in methods),
    )


def _compared(path: HttpPath, said: Mapping[str, str], dialect: Dialect) -> tuple[str, str]:
    text = path.path or "/"
    told = dialect.find(said, dialect.regex_prefix_key) if dialect.regex_prefix_key else None
    prefix = (told[1] if told else "") or dialect.regex_prefix
    if prefix and text.startswith(prefix):
        return text[len(prefix) :] or "/", PathType.REGEX
    if dialect.holds(said, dialect.regex):
        return text, PathType.REGEX
    return text, _PATH_TYPES.get(path.path_type, dialect.own_path)


def _methods(said: Mapping[str, str], dialect: Dialect) -> tuple[str, ...]:
    only = [word.upper() for word in dialect.words(said, dialect.methods)]
    refused = {word.upper() for word in dialect.words(said, dialect.without_methods)}
    if only:
        return tuple(dict.fromkeys(only))
    return tuple(each for each in METHODS if each not in refused) if refused else ("ANY",)


def target_of(backend: IngressBackend, namespace: str) -> Target | None:
    """Return where a backend sends requests; nothing where it names nothing."""
    if backend.service is not None:
        port = backend.service.port
        named = str(port.number) if port and port.number is not None else port and port.name
        return Target(name=backend.service.name, namespace=namespace, port=named or None)
    if backend.resource is not None:
        kind = backend.resource.kind.lower()
        return Target(name=backend.resource.name, namespace=namespace, kind=kind)
    return None
