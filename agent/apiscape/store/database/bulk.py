"""Many rows at a time: they go to the driver as they are, which halves what they cost; PostgreSQL copies them.

Values are of types that both drivers bind by themselves: text, numbers, bytes, `None`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.exc import DBAPIError

PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}

COPIED_FROM = 20
"""Rows from which PostgreSQL's `COPY` costs less than inserts do."""

TOGETHER = 500
"""Rows of one statement, where there are so many."""

MOST_VALUES = 32_766
"""Values that SQLite takes in one statement."""


def find_in(
    connection: Connection,
    columns: Sequence[Column[Any]],
    key: Column[Any],
    among: Iterable[object],
) -> Sequence[tuple[Any, ...]]:
    """Return columns of the rows of a table where one of its columns holds one of some values."""
    asked = tuple(among)
    if not asked:
        return ()
    names = tuple(column.name for column in columns)
    statement = _select(connection.dialect.name, key.table.name, names, key.name, len(asked))
    found: Sequence[Any] = connection.exec_driver_sql(statement, asked).all()
    return found


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns in the same order; none is fine."""
    if not rows:
        return
    insert_tuples(connection, table, tuple(rows[0]), [tuple(item.values()) for item in rows])


def insert_tuples(
    connection: Connection, table: Table, names: tuple[str, ...], values: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows that are given as their values in the order of some columns; none is fine."""
    if not values:
        return
    dialect = connection.dialect.name
    if dialect == "postgresql" and len(values) >= COPIED_FROM:
        _copy(connection, _copy_statement(table.name, names), values)
        return
    rest = values
    if dialect == "sqlite" and len(values) >= TOGETHER <= MOST_VALUES // len(names):
        rest = values[len(values) // TOGETHER * TOGETHER :]
        statement = _insert(dialect, table.name, names, TOGETHER)
        for start in range(0, len(values) - len(rest), TOGETHER):
            together = values[start : start + TOGETHER]
            connection.exec_driver_sql(statement, tuple(chain.from_iterable(together)))
    if rest:
        connection.exec_driver_sql(_insert(dialect, table.name, names), rest)


def insert_together(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows of a table that a full-text index follows, a statement for hundreds of them.

    Each statement that fires triggers makes SQLite's index write out what it holds in memory, so
    rows that come one a statement cost it several times as much.
    """
    if not rows or connection.dialect.name != "sqlite":
        insert_many(connection, table, rows)
        return
    names = tuple(rows[0])
    for chunk in _chunks(rows):
        statement = _insert(connection.dialect.name, table.name, names, len(chunk))
        values = tuple(value for item in chunk for value in item.values())
        connection.exec_driver_sql(statement, values)


def rewrite_together(
    connection: Connection, table: Table, key: str, values: Sequence[Mapping[str, Any]]
) -> None:
    """Update rows of a table that a full-text index follows, as `insert_together` inserts them.

    They are taken in the order of their keys, for the index writes itself out when it goes back.
    """
    if not values or connection.dialect.name != "sqlite":
        rewrite(connection, table, key, values)
        return
    names = (key, *(name for name in values[0] if name != key))
    for chunk in _chunks(sorted(values, key=lambda item: item[key])):
        statement = _update_together(table.name, names, len(chunk))
        connection.exec_driver_sql(statement, tuple(item[name] for item in chunk for name in names))


def _chunks(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), TOGETHER):
        yield rows[start : start + TOGETHER]


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
def _insert(dialect: str, table: str, names: tuple[str, ...], rows: int = 1) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    places = _places(PLACEHOLDER[dialect], len(names), rows)
    return f'INSERT INTO "{table}" ({columns}) VALUES {places}'  # noqa: S608 - names of the schema


@lru_cache(maxsize=128)
def _select(dialect: str, table: str, names: tuple[str, ...], key: str, values: int) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    places = _places(PLACEHOLDER[dialect], values, 1)
    return f'SELECT {columns} FROM "{table}" WHERE "{key}" IN {places}'  # noqa: S608 - names of the schema


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


@lru_cache(maxsize=128)
def _update_together(table: str, names: tuple[str, ...], rows: int) -> str:
    """Return SQLite's statement that updates so many rows by the first of the columns named."""
    key, *columns = names
    moved = ", ".join(f'"{name}" = given.column{place}' for place, name in enumerate(columns, 2))
    given = f"(VALUES {_places('?', len(names), rows)}) AS given"
    return f'UPDATE "{table}" SET {moved} FROM {given} WHERE "{key}" = given.column1'  # noqa: S608 - names of the schema


def _places(place: str, columns: int, rows: int) -> str:
    one = f"({', '.join([place] * columns)})"
    return ", ".join([one] * rows)
