"""Which requests rules of authorization are for. Pure.

`True` is all of the requests that are asked of, `False` none of them, `None` some, or nobody can tell.
After the fields of Istio's AuthorizationPolicy: a value is compared exactly, by its beginning (`/a*`), by its end
(`*.a`), or stands for any (`*`); paths may hold `{*}` for one segment and `{**}` for several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, PathType
from apiscape.collectors.kubernetes.istio.security import OperationOf, To

Sure = bool | None


class Request(msgspec.Struct, frozen=True):
    """Requests that are asked of.

    Attributes:
        hosts: Any of them; none where they are not known.
        port: `None` where it is not known.
    """

    match: Match = Match()
    hosts: tuple[str, ...] = ()
    port: int | None = None


def all_of(told: Iterable[Sure]) -> Sure:
    """Return that all hold, that one does not, or that nobody can tell."""
    seen = set(told)
    if False in seen:
        return False
    return None if None in seen else True


def any_of(told: Iterable[Sure]) -> Sure:
    """Return that one holds, that none does, or that nobody can tell."""
    return opposite(all_of(opposite(each) for each in told))


def opposite(told: Sure) -> Sure:
    """Return what is told of the requests that are left."""
    return None if told is None else not told


def is_to(rules: list[To] | None, request: Request) -> Sure:
    """Say whether requests are to any of some operations; to any where none is said."""
    if not rules:
        return True
    return any_of(_is_to(each.operation or OperationOf(), request) for each in rules)


def _is_to(told: OperationOf, request: Request) -> Sure:
    match = request.match
    ports = [] if request.port is None else [str(request.port)]
    return all_of(
        (
            _in(told.methods, lambda value: _method(value, match.method)),
            _not_in(told.not_methods, lambda value: _method(value, match.method)),
            _in(told.paths, lambda value: path_fits(value, match)),
            _not_in(told.not_paths, lambda value: path_fits(value, match)),
            _in(told.hosts, lambda value: _hosts(value, request.hosts)),
            _not_in(told.not_hosts, lambda value: _hosts(value, request.hosts)),
            _in(told.ports, lambda value: value in ports if ports else None),
            _not_in(told.not_ports, lambda value: value in ports if ports else None),
        )
    )


def _in(values: list[str] | None, fits: Callable[[str], Sure]) -> Sure:
    return any_of(fits(each) for each in values) if values else True


def _not_in(values: list[str] | None, fits: Callable[[str], Sure]) -> Sure:
    return opposite(any_of(fits(each) for each in values)) if values else True


def _method(value: str, method: str) -> Sure:
    if value == "*":
        return True
    return None if method == "ANY" else word_fits(value, method)


def _hosts(value: str, hosts: tuple[str, ...]) -> Sure:
    if value == "*":
        return True
    told = {_host(value.lower(), each.lower()) for each in hosts}
    return told.pop() if len(told) == 1 else None


def _host(value: str, host: str) -> Sure:
    """Say whether a host is meant; of one that stands for many (`*.a`, empty) some may be."""
    bare = host.partition(":")[0]
    if bare.startswith("*") or not bare:
        return True if bare and value.startswith("*") and bare[1:].endswith(value[1:]) else None
    return word_fits(value, bare)


def word_fits(value: str, word: str) -> bool:
    """Say whether a value stands for a word."""
    if value == "*":
        return True
    if value.startswith("*"):
        return word.endswith(value[1:])
    if value.endswith("*"):
        return word.startswith(value[:-1])
    return value == word


def path_fits(value: str, match: Match) -> Sure:
    """Say whether a value stands for the paths that a match is for."""
    if value in {"*", "/*", "/{**}"}:
        return True
    if match.path_type == PathType.EXACT:
        return _template(value, match.path) if "{" in value else word_fits(value, match.path)
    if match.path_type == PathType.PREFIX:
        return _prefix_fits(value, match.path)
    return None


def _prefix_fits(value: str, prefix: str) -> Sure:
    """Say whether a value stands for all paths that begin so, for none of them, or for some."""
    begin = re.split(r"[{*]", value, maxsplit=1)[0]
    if begin == value:
        return None if value.startswith(prefix) else False
    if value.startswith("*"):
        return None
    if value == f"{begin}*" and prefix.startswith(begin):
        return True
    return None if begin.startswith(prefix) or prefix.startswith(begin) else False


def _template(value: str, path: str) -> bool:
    """Say whether a path is of a template: segment by segment, `{**}` standing for any number of them."""
    told, segments = value.split("/"), path.split("/")
    if "{**}" not in told:
        return len(told) == len(segments) and all(map(_segment, told, segments))
    at = told.index("{**}")
    after = told[at + 1 :]
    if len(segments) < at + len(after):
        return False
    ends = segments[len(segments) - len(after) :]
    return all(map(_segment, told[:at], segments)) and all(map(_segment, after, ends))


def _segment(told: str, segment: str) -> bool:
    return told == segment or (told == "{*}" and bool(segment))
