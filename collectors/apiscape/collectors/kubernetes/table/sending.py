"""Where requests are sent in the end: by names of the object itself, and through objects that stand for backends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.exposed import Target
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.table.finding import MAX_DEPTH, Finder, Known
from apiscape.collectors.kubernetes.table.sketch import Way

MAX_TARGETS = 200


def targets_of(known: Known, ways: Iterable[Way], finder: Finder) -> tuple[Target, ...]:
    """Return where an object sends requests, each once."""
    found: dict[Target, None] = {}
    for target in _targets(known, ways, finder, ()):
        if len(found) == MAX_TARGETS:
            finder.odd[f"only the first {MAX_TARGETS} backends of a rule are read"] = None
            break
        found[target] = None
    return tuple(found)


def _targets(
    known: Known, ways: Iterable[Way], finder: Finder, through: tuple[str, ...]
) -> Iterator[Target]:
    upstreams = {each.id: each for each in known.sketch.upstreams}
    for way in ways:
        real = upstreams.get(way.via) if way.via else way
        if real is None:
            words = f"upstream {way.via} of {known.words}"
            finder.missing[words] = None
            continue
        yield from _one(known, real, way.weight, finder, through)


def _one(
    known: Known, way: Way, weight: int, finder: Finder, through: tuple[str, ...]
) -> Iterator[Target]:
    space = way.namespace or known.sketch.metadata.namespace
    port = None if way.port is None else str(way.port)
    if way.url:
        yield Target(kind="http", name=way.url, weight=weight)
        return
    if not way.name:
        return
    resource = known.entry.backends.get(way.kind)
    if resource is None:
        yield Target(
            kind=way.kind.lower(), name=way.name, namespace=space, port=port, weight=weight
        )
        return
    name = f"{resource}:{key_of(space, way.name)}"
    found = finder.get(resource, space, way.name, way.kind)
    if found is None:
        yield Target(kind=way.kind.lower(), name=way.name, namespace=space, weight=weight)
    elif name in through or len(through) >= MAX_DEPTH:
        finder.odd[f"{found.words} sends to itself"] = None
    else:
        further = tuple(_targets(found, found.sketch.targets, finder, (*through, name)))
        yield from (_weighted(each, weight, alone=len(further) == 1) for each in further)


def _weighted(target: Target, weight: int, *, alone: bool) -> Target:
    """Return a target with the share of what stands for it; among several, they share that out as they say."""
    if alone or not weight:
        return msgspec.structs.replace(target, weight=weight)
    return target
