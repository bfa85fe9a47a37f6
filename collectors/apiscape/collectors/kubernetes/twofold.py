"""Objects that are read in two ways: by the table, for what refers to them there, and by code that knows more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from apiscape.collectors.contract import Malformed
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource, Values
from apiscape.collectors.kubernetes.table.sketch import Sketch
from apiscape.model.codec import ready

T = TypeVar("T", bound=Thing)


def as_a(kind: type[T], thing: object) -> T | None:
    """Return an object as code reads it: itself, or what is kept beside its sketch."""
    if isinstance(thing, kind):
        return thing
    beside = thing.beside if isinstance(thing, Sketch) else None
    return beside if isinstance(beside, kind) else None


def twofold(table: Resource, code: Resource) -> Resource:
    """Return a resource that is read as the table does and as code does, listed once."""
    return msgspec.structs.replace(
        table,
        pick=_both(table, code),
        indexes={**table.indexes, **_beside(code)},
        reveals="; ".join(dict.fromkeys(filter(None, (table.reveals, code.reveals)))),
    )


def _both(table: Resource, code: Resource) -> Callable[[Any], Thing]:
    def pick(loose: Any) -> Thing:  # noqa: ANN401 - of a type that is made at run time
        kept = loose if table.pick is None else table.pick(loose)
        there = {name: getattr(loose, name) for name in loose.__struct_fields__}
        body = {name: value for name, value in there.items() if value is not None}
        try:
            beside = msgspec.convert(body, ready(code.type), from_attributes=True)
        except msgspec.ValidationError as error:
            raise Malformed(str(error)) from None
        if isinstance(kept, Sketch):
            kept.beside = beside
        return kept

    return pick


def _beside(code: Resource) -> Mapping[str, Values]:
    """Return the indexes of code, by what is kept for it."""

    def by(values: Values) -> Values:
        def found(thing: Any) -> Iterable[str]:  # noqa: ANN401 - as `Values` has it
            beside = as_a(code.type, thing)
            return () if beside is None else values(beside)

        return found

    return {name: by(values) for name, values in code.indexes.items()}
