"""Gathers the rules of a route from all objects that have a part in it: included ones, and those before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, PathType
from apiscape.collectors.kubernetes.table.finding import MAX_DEPTH, Finder, Known
from apiscape.collectors.kubernetes.table.parts import Paths
from apiscape.collectors.kubernetes.table.sketch import Asking, Line, Ref

MAX_RULES = 2_000
MAX_CASES = 256

_NARROW = (PathType.OWN, PathType.PREFIX, PathType.REGEX, PathType.EXACT)
_TYPES: dict[str, str] = {each: each for each in PathType}


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with what it has from others.

    Attributes:
        of: The object that states it.
        cases: Which requests.
        before: Rules that led to it, with the objects that state them, the first first.
    """

    of: Known
    line: Line
    cases: tuple[Asking, ...]
    before: tuple[tuple[Known, Line], ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that it is for; none where it does not say."""
        said = (*self.line.hosts, *(each.host for each in self.cases if each.host is not None))
        return tuple(dict.fromkeys(said))


def gather(route: Known, finder: Finder) -> tuple[Piece, ...]:
    """Return the rules of a route, in their order, at most as many as are read."""
    pieces: list[Piece] = []
    walk = _Including(finder).lines(route, (), (), (_name(route),))
    for piece in _behind(route, walk, finder):
        if len(pieces) == MAX_RULES:
            finder.odd[f"only the first {MAX_RULES:,} rules are read"] = None
            break
        pieces.append(piece)
    return tuple(pieces)


def parents(route: Known, finder: Finder, depth: int = 0) -> tuple[Known, ...]:
    """Return the objects of the same resource that are before a route."""
    if depth >= MAX_DEPTH and route.sketch.parents:
        finder.odd[f"{route.words} is behind more than {MAX_DEPTH} others"] = None
        return ()
    space, resource = route.sketch.metadata.namespace, route.entry.resource
    found = (
        finder.get(resource.name, ref.namespace or space, ref.name) for ref in route.sketch.parents
    )
    return tuple(each for each in found if each is not None)


def _behind(route: Known, own: Iterable[Piece], finder: Finder, depth: int = 0) -> Iterator[Piece]:
    """Yield rules as they are behind those of the parents."""
    above = parents(route, finder, depth)
    if not route.sketch.parents:
        yield from own
        return
    pieces = tuple(own)
    for parent in above:
        lines = _Including(finder).lines(parent, (), (), (_name(parent),))
        for first in _behind(parent, lines, finder, depth + 1):
            for piece in pieces:
                yield msgspec.structs.replace(
                    piece,
                    cases=_bounded(narrowed(first.cases, piece.cases), finder),
                    before=(*first.before, (first.of, first.line), *piece.before),
                )


class _Including:
    """Walks into what rules include, never twice on one way."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def lines(
        self,
        known: Known,
        outer: tuple[Asking, ...],
        before: tuple[tuple[Known, Line], ...],
        way: tuple[str, ...],
    ) -> Iterator[Piece]:
        """Yield the rules of an object as they are under what it is included by."""
        for line in known.sketch.rules:
            cases = _bounded(_cases(before, outer, line.matches), self._finder)
            if not line.include:
                yield Piece(of=known, line=line, cases=cases, before=before)
                continue
            for ref in line.include:
                for part in self._parts(known, ref, way):
                    led = (*before, (known, line))
                    yield from self.lines(part, cases, led, (*way, _name(part)))

    def _parts(self, known: Known, ref: Ref, way: tuple[str, ...]) -> Iterator[Known]:
        includes = known.entry.includes
        if includes is None:
            return
        space = ref.namespace or known.sketch.metadata.namespace
        if ref.labels:
            found = list(self._finder.labelled(includes.resource, ref.labels, space))
        else:
            one = self._finder.get(includes.resource, space, ref.name)
            found = [one] if one else []
        for part in found:
            if _name(part) in way:
                self._finder.odd[f"{part.words} includes itself"] = None
            elif len(way) > MAX_DEPTH:
                self._finder.odd[f"{part.words} is included deeper than {MAX_DEPTH}"] = None
            else:
                yield part


def _cases(
    before: tuple[tuple[Known, Line], ...], outer: tuple[Asking, ...], own: tuple[Asking, ...]
) -> tuple[Asking, ...]:
    """Return the cases of a rule under what it is included by, as whoever includes it writes paths."""
    includes = before[-1][0].entry.includes if before else None
    if not outer or not own:
        return own or outer
    if includes is not None and includes.paths is Paths.WHOLE:
        return own
    joined = (_joined(first, second) for first in outer for second in own)
    return tuple(islice(joined, MAX_CASES + 1))


def _bounded(cases: tuple[Asking, ...], finder: Finder) -> tuple[Asking, ...]:
    """Return as many cases as are read, with a word where that is not all of them."""
    if len(cases) > MAX_CASES:
        finder.odd[f"only the first {MAX_CASES} cases of a rule are read"] = None
    return cases[:MAX_CASES]


def narrowed(one: tuple[Asking, ...], other: tuple[Asking, ...]) -> tuple[Asking, ...]:
    """Return the cases of what both ask; of two that ask of the same, the narrower.

    Where there are too many, as many are returned as are read, and one that says that there are more.
    """
    if not one or not other:
        return one or other
    both = (_both(first, second) for first in one for second in other)
    return tuple(islice(both, MAX_CASES + 1))


def matches_of(cases: Iterable[Asking]) -> tuple[Match, ...]:
    """Return which requests, each once; without any case, all."""
    found = dict.fromkeys(each for case in cases for each in _matches(case))
    return tuple(found) or (Match(),)


def _matches(case: Asking) -> Iterator[Match]:
    kind = _TYPES.get(case.type.lower(), PathType.OWN)
    path = case.path if case.path[:1] in {"/", "*"} or kind == PathType.REGEX else f"/{case.path}"
    for method in case.methods or (case.method or "ANY",):
        yield Match(
            path=path, path_type=kind, method=method.upper(), operation_id=case.operation_id
        )


def _joined(outer: Asking, inner: Asking) -> Asking:
    path = inner.path
    if outer.path not in {"", "/"}:
        tail = path.lstrip("/")
        path = f"{outer.path.rstrip('/')}/{tail}" if tail else outer.path
    return msgspec.structs.replace(_both(outer, inner), path=path, type=inner.type)


def _both(one: Asking, other: Asking) -> Asking:
    path = max(one, other, key=_narrowness)
    return Asking(
        path=path.path,
        type=path.type,
        method=other.method or one.method,
        methods=other.methods or one.methods,
        operation_id=other.operation_id or one.operation_id,
        host=one.host if other.host is None else other.host,
        narrowed=one.narrowed or other.narrowed,
    )


def _narrowness(case: Asking) -> tuple[int, int]:
    kind = _TYPES.get(case.type.lower(), PathType.OWN)
    return (-1 if case.path in {"", "/"} else _NARROW.index(PathType(kind)), len(case.path))


def _name(known: Known) -> str:
    return f"{known.entry.resource.name}:{known.sketch.key}"
