"""Which data source serves which field of a root type. Pure.

Of resolvers and functions only names are looked at: their code and templates may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from apiscape.collectors.aws.picking import Item, entries, is_set, part, text
from apiscape.model.deployment import Backend, Operation
from apiscape.model.values import UNKNOWN, Unknown, is_known

PIPELINE = "PIPELINE"
KIND = "pipeline"
"""Kind of a backend that stands for several, which are asked one after the other."""

NAMELESS = ""
"""Stands for a field whose resolver does not say of which it is: it may be of any that has none."""

Sources = tuple[str, ...] | None
"""Data sources of a field, in the order in which they are asked; `None` where that cannot be told."""


def is_pipeline(resolver: Item) -> bool:
    """Say whether a resolver asks several functions, whose data sources are told elsewhere."""
    return text(resolver, "kind") == PIPELINE


def read_resolvers(
    resolvers: Iterable[Item], functions: Iterable[Item] | None
) -> dict[str, Sources]:
    """Return the data sources of the fields of one type.

    Args:
        resolvers: Items of `ListResolvers`.
        functions: Items of `ListFunctions`, `None` where they could not be read.
    """
    known = {text(each, "functionId"): text(each, "dataSourceName") for each in functions or ()}
    return {text(each, "fieldName") or NAMELESS: _sources(each, known) for each in resolvers}


def resolve(
    operations: Iterable[Operation],
    served: Mapping[str, Mapping[str, Sources]],
    backends: tuple[Backend, ...] | Unknown,
) -> tuple[tuple[Operation, ...], tuple[Backend, ...] | Unknown]:
    """Return operations with what serves each, and the backends with those that stand for several.

    A field without a resolver is served by nothing: what its type gives by itself, which is nothing at
    the root. One whose type could not be read is unknown.

    Args:
        operations: Fields of the root types.
        served: Data sources by field, by verb.
        backends: The data sources of the API.
    """
    found = tuple(
        each
        if each.verb not in served
        else msgspec.structs.replace(each, backend=_backend(served[each.verb], each, backends))
        for each in operations
    )
    if not is_known(backends):
        return found, backends
    several = {key: names for names in _pipelines(served) if (key := _key(names))}
    known = {each.key for each in backends}
    joined = (
        Backend(key=key, kind=KIND, address=", ".join(several[key]))
        for key in sorted(several)
        if set(several[key]) <= known
    )
    return found, (*backends, *joined)


def _sources(resolver: Item, functions: Mapping[str | None, str | None]) -> Sources:
    if not is_pipeline(resolver):
        name = text(resolver, "dataSourceName")
        told = is_set(resolver, "dataSourceName")
        return (name,) if name else () if told is False else None
    if is_set(resolver, "pipelineConfig", "functions", kind=Sequence) is None:
        return None
    named = entries(part(resolver, "pipelineConfig"), "functions")
    asked = [functions.get(each) if isinstance(each, str) else None for each in named]
    names = tuple(dict.fromkeys(filter(None, asked)))
    return names if None not in asked else None


def _backend(
    served: Mapping[str, Sources], operation: Operation, backends: tuple[Backend, ...] | Unknown
) -> str | Unknown | None:
    sources = served.get(operation.template, None if NAMELESS in served else ())
    if sources is None or not is_known(backends):
        return UNKNOWN
    known = {each.key for each in backends}
    return _key(sources) if known.issuperset(sources) else UNKNOWN


def _pipelines(served: Mapping[str, Mapping[str, Sources]]) -> Iterator[tuple[str, ...]]:
    for fields in served.values():
        yield from (each for each in fields.values() if each and len(each) > 1)


def _key(sources: tuple[str, ...]) -> str | None:
    """Return the key of what serves a field: its data source, or all of them in their order."""
    return " > ".join(sources) or None
