"""How many rows of a view have each value of some fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, func, select, tuple_

from apiscape.client.inventory import Facet, FacetValue
from apiscape.errors import QueryError
from apiscape.query import Field, Kind, resolve
from apiscape.query.fields import nearest
from apiscape.query.syntax import Nothing
from apiscape.query.verdict import RowValue, nothing_of
from apiscape.store.reading.cells import cell_of, decode_cell, is_narrow, source_of
from apiscape.store.reading.finding import Found
from apiscape.store.schema import ROW_FACETS, row


def facet_fields(names: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields that facets are asked of, by any of their names.

    Raises:
        QueryError: There is no such field, or it holds times, of which hardly two are alike.
    """
    return tuple(map(_facet_field, names))


def _facet_field(name: str) -> Field:
    field = resolve(name)
    if field is None:
        alike = nearest(name)
        hint = f"did you mean {' or '.join(alike)}?" if alike else None
        raise QueryError(f"no field {name}", text=name, column=1, hint=hint)
    if field.kind == Kind.TIME:
        raise QueryError(f"{field.name} is a time and has no facets", text=name, column=1)
    return field


def count_facets(
    connection: Connection, found: Found, fields: Sequence[Field]
) -> tuple[Facet, ...]:
    """Return the facets of the rows that a view lists."""
    asked = tuple(dict.fromkeys(fields))
    if connection.dialect.name == "sqlite":
        counted: Iterator[Iterator[Facet]] = (
            _along(connection, found, some) for some in _passes(asked)
        )
    else:
        some = (asked[place : place + _SETS] for place in range(0, len(asked), _SETS))
        counted = (_at_once(connection, found, fields) for fields in some)
    facets = {facet.field: facet for facet in chain.from_iterable(counted)}
    return tuple(facets[field.name] for field in fields)


_SETS = 31
"""Fields that PostgreSQL tells apart in one pass."""


def _passes(fields: Sequence[Field]) -> Iterator[tuple[Field, ...]]:
    """Yield the fields to count in one pass: those of the narrow index; each other alone, for groups multiply."""
    narrow = tuple(field for field in fields if field.attribute in ROW_FACETS)
    if narrow:
        yield narrow
    yield from ((field,) for field in fields if field not in narrow)


def _along(connection: Connection, found: Found, fields: Sequence[Field]) -> Iterator[Facet]:
    """Yield facets by going along an index that has the values in order, where there is one."""
    cells = [cell_of(field.name) for field in fields]
    values = [cell.value.label(f"v{number}") for number, cell in enumerate(cells)]
    attributes = [field.attribute for field in fields]
    groups = (
        select(*values, func.count())
        .select_from(source_of({table for cell in cells for table in cell.tables}))
        .where(found.walked if is_narrow(attributes) else found.listed)
        .group_by(*(_index_up_to(attributes) or values))
    )
    records = connection.execute(groups).all()
    for place, field in enumerate(fields):
        yield _facet(field, ((decode_cell(field, held[place]), held[-1]) for held in records))


def _at_once(connection: Connection, found: Found, fields: Sequence[Field]) -> Iterator[Facet]:
    """Yield facets by counting each field's groups in the same pass, as PostgreSQL can."""
    cells = [cell_of(field.name) for field in fields]
    values = [cell.value.label(f"v{number}") for number, cell in enumerate(cells)]
    others = func.grouping(
        *(cell.value for cell in cells)
    )  # a bit each, set where it is not the group's
    groups = (
        select(others, func.count(), *values)
        .select_from(source_of({table for cell in cells for table in cell.tables}))
        .where(found.listed)
        .group_by(func.grouping_sets(*(tuple_(cell.value) for cell in cells)))
    )
    counted: list[list[tuple[RowValue, int]]] = [[] for _ in fields]
    every = 2 ** len(fields) - 1
    for mask, count, *held in map(tuple, connection.execute(groups)):
        place = len(fields) - (every ^ mask).bit_length()
        counted[place].append((decode_cell(fields[place], held[place]), count))
    yield from (_facet(field, iter(pairs)) for field, pairs in zip(fields, counted, strict=True))


def _index_up_to(attributes: Sequence[str]) -> list[Column[Any]]:
    """Return the columns of the narrow index up to the last of some: SQLite sorts unless groups are in its order."""
    places = [ROW_FACETS.index(name) for name in attributes if name in ROW_FACETS]
    return [row.c[name] for name in ROW_FACETS[: max(places, default=-1) + 1]]


def _facet(field: Field, counted: Iterator[tuple[RowValue, int]]) -> Facet:
    by_value: Counter[RowValue] = Counter()
    for value, count in counted:
        by_value[value] += count
    counts: Counter[str | None] = Counter()
    for value, count in by_value.items():
        for shown in set(_shown(field, value)):
            counts[shown] += count
    return Facet(field=field.name, values=rank_values(counts))


def rank_values(counts: Counter[str | None]) -> tuple[FacetValue, ...]:
    """Return values with their counts, most frequent first, then by value, absent last."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    return tuple(FacetValue(value=value, count=count) for value, count in ranked)


def _shown(field: Field, value: RowValue) -> tuple[str | None, ...]:
    """Return what a value counts as: casefolded texts, plain numbers, `unknown`, or `None` for absent."""
    nothing = nothing_of(field, value)
    if nothing:
        return (Nothing.UNKNOWN.value,) if nothing is Nothing.UNKNOWN else (None,)
    if isinstance(value, tuple):
        return tuple(element.casefold() for element in value)
    return (_text(value),)


def _text(value: Any) -> str:  # noqa: ANN401 - a text or a number
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).casefold()


def count_rows(fields: Sequence[Field], values: Sequence[Sequence[RowValue]]) -> tuple[Facet, ...]:
    """Return the facets of rows held in memory; `values` has one sequence per field."""
    return tuple(
        _facet(field, ((value, 1) for value in held))
        for field, held in zip(fields, values, strict=True)
    )
