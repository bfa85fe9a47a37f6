"""Where each field of the view language stands in the tables, and what its values look like there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, FromClause, Table, case, func, or_

from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Freshness
from apiscape.query import FIELDS, Field, Kind
from apiscape.query.verdict import RowValue
from apiscape.store import schema
from apiscape.store.encoding import ABSENT_NUMBER, ABSENT_TEXT, MARK
from apiscape.store.search import NARROW

Expression: TypeAlias = ColumnElement[Any]

_SOURCES: tuple[Table, ...] = (schema.deployment, schema.part, schema.exception, schema.deep)
"""Tables beside `row` that a field may need, in the order in which they are joined."""


class Cell(msgspec.Struct, frozen=True):
    """A field in SQL.

    Attributes:
        field: What it is to the view language.
        value: Encoded as `encoding` says: null is unknown.
        tables: What must be joined to `row` to read it.
    """

    field: Field
    value: Expression
    tables: frozenset[Table] = frozenset()

    @property
    def absent(self) -> str | int:
        """What stands for an absent value."""
        return ABSENT_NUMBER if self.field.kind in {Kind.NUMBER, Kind.TIME} else ABSENT_TEXT


_NARROW = (
    frozenset(schema.ROW_FACETS),
    *(frozenset(columns) for table, columns in NARROW.values() if table == schema.row.name),
)


def is_narrow(attributes: Iterable[str]) -> bool:
    """Say whether an index of `row` holds all of these, so that going through all of it reads few pages."""
    asked = frozenset(attributes)
    return any(asked <= held for held in _NARROW)


OBSERVED_AT: Expression = func.coalesce(
    schema.exception.c.observed_at,
    schema.deployment.c.last_seen_at,
    schema.part.c.observed_at,
    ABSENT_NUMBER,
)
"""When a run last saw the row."""

NOT_OBSERVED: Expression = or_(schema.exception.c.deployment_pk.is_not(None), schema.part.c.stale)
"""Whether the newest run of its part did not see the row."""

FRESHNESS: Expression = case(
    (NOT_OBSERVED, Freshness.NOT_OBSERVED.value), else_=Freshness.CURRENT.value
)

_HELD = frozenset({schema.deployment})
_SEEN = frozenset({schema.deployment, schema.part, schema.exception})

_MOVING: dict[str, tuple[Expression, frozenset[Table]]] = {
    "presence": (schema.deployment.c.presence, _HELD),
    "freshness": (FRESHNESS, _SEEN),
    "observed_at": (OBSERVED_AT, _SEEN),
    "first_seen_at": (schema.deployment.c.first_seen_at, _HELD),
    "changed_at": (schema.deployment.c.changed_at, _HELD),
    "missing_since": (
        func.coalesce(schema.deployment.c.missing_since, ABSENT_NUMBER),
        _HELD,
    ),
}
"""Attributes that move without a write of the row."""


def cell_of(name: str) -> Cell:
    """Return where the field of a canonical name stands."""
    field = FIELDS[name]
    if field.deep:
        return Cell(field, schema.deep.c[field.attribute], frozenset({schema.deep}))
    if field.attribute in _MOVING:
        return Cell(field, *_MOVING[field.attribute])
    return Cell(field, schema.row.c[field.attribute])


_SURE = frozenset(
    field.name for field in msgspec.structs.fields(Row) if field.default is not UNKNOWN
)
"""Attributes of a row that are always known or absent, vocabularies with the word `unknown` aside."""


def may_be_unknown(field: Field) -> bool:
    """Say whether rows exist for which nobody can tell the field's value."""
    return field.deep or field.unknown_word or field.attribute not in _SURE


_REQUIRED = frozenset(field.name for field in msgspec.structs.fields(Row) if field.required)


def is_always_there(field: Field) -> bool:
    """Say whether every row has a value of the field, neither unknown nor absent."""
    return field.attribute in _REQUIRED


def source_of(tables: Iterable[Table]) -> FromClause:
    """Return `row` joined with the tables that some cells need."""
    wanted = set(tables)
    source: FromClause = schema.row
    for table in _SOURCES:
        if table in wanted:
            source = source.join(table, _LINKS[table], isouter=table is schema.exception)
    return source


_LINKS: dict[Table, ColumnElement[bool]] = {
    schema.deployment: schema.deployment.c.pk == schema.row.c.deployment_pk,
    schema.part: schema.part.c.pk == schema.deployment.c.part_pk,
    schema.exception: schema.exception.c.deployment_pk == schema.row.c.deployment_pk,
    schema.deep: schema.deep.c.deployment_pk == schema.row.c.deployment_pk,
}


def decode_cell(field: Field, value: str | float | None) -> RowValue:
    """Return the value, as the view language knows it, of what a text column holds."""
    if value is None:
        return UNKNOWN
    if not isinstance(value, str):
        return None if value == ABSENT_NUMBER else value
    if value == ABSENT_TEXT:
        return None
    if field.multi:
        return tuple(value[1:-1].split(MARK))
    return "" if value == MARK else value
