"""Many rows at a time: inserts go to the driver as they are, which halves what they cost.

Values are of types that both drivers bind by themselves: text, numbers, bytes, `None`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table

PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns in the same order; none is fine."""
    if rows:
        statement = _insert(connection.dialect.name, table.name, tuple(rows[0]))
        connection.exec_driver_sql(statement, [tuple(item.values()) for item in rows])


def rewrite(
    connection: Connection, table: Table, key: str, values: Sequence[Mapping[str, Any]]
) -> None:
    """Update rows by their key; each of `values` has the key and the same other columns."""
    if not values:
        return
    names = (*(name for name in values[0] if name != key), key)
    statement = _update(connection.dialect.name, table.name, names)
    connection.exec_driver_sql(statement, [tuple(item[name] for name in names) for item in values])


@lru_cache(maxsize=128)
def _insert(dialect: str, table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join([PLACEHOLDER[dialect]] * len(names))
    return f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608 - names of the schema


@lru_cache(maxsize=128)
def _update(dialect: str, table: str, names: tuple[str, ...]) -> str:
    """Return the statement that updates a row by the last of the columns named."""
    place = PLACEHOLDER[dialect]
    *columns, key = (f'"{name}" = {place}' for name in names)
    return f'UPDATE "{table}" SET {", ".join(columns)} WHERE {key}'  # noqa: S608 - names of the schema
