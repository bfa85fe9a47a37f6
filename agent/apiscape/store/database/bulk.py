"""Many rows at a time: they go to the driver as they are, which halves what they cost; PostgreSQL copies them.

Values are of types that both drivers bind by themselves: text, numbers, bytes, `None`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}

COPIED_FROM = 20
"""Rows from which PostgreSQL's `COPY` costs less than inserts do."""


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns in the same order; none is fine."""
    if not rows:
        return
    names, values = tuple(rows[0]), [tuple(item.values()) for item in rows]
    if connection.dialect.name == "postgresql" and len(rows) >= COPIED_FROM:
        _copy(connection, _copy_statement(table.name, names), values)
    else:
        connection.exec_driver_sql(_insert(connection.dialect.name, table.name, names), values)


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by `COPY`, with the errors that a statement of the connection has."""
    driver: Any = connection.connection.driver_connection
    refusals = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for values in rows:
                copy.write_row(values)
    except refusals as error:
        raise DBAPIError.instance(
            statement, None, error, refusals, dialect=connection.dialect
        ) from error


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
def _copy_statement(table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'COPY "{table}" ({columns}) FROM STDIN'


@lru_cache(maxsize=128)
def _update(dialect: str, table: str, names: tuple[str, ...]) -> str:
    """Return the statement that updates a row by the last of the columns named."""
    place = PLACEHOLDER[dialect]
    *columns, key = (f'"{name}" = {place}' for name in names)
    return f'UPDATE "{table}" SET {", ".join(columns)} WHERE {key}'  # noqa: S608 - names of the schema
