"""One write: its connection, the keys it allots and the changes it appends.

There is one writer at a time (see `engine`), so keys are allotted here and need no way back from
the database, and sequence numbers rise in the order of commits, without a gap.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from apiscape.model.change import Change
from apiscape.model.codec import encode
from apiscape.model.values import utc_millis
from apiscape.store.database.bulk import insert_many
from apiscape.store.encoding import clean
from apiscape.store.schema import change, cursor

LOG = "log"
"""Cursor that holds the last sequence number given out."""

DEPLOYMENT = "deployment"
"""Subject of a change of a deployment's facts or presence."""

CONCLUSION = "conclusion"
"""Subject of a change that a conclusion made to a deployment's row."""


class Keys:
    """Allots integer keys of tables, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next: dict[str, int] = {}

    def allot(self, table: Table, count: int = 1) -> int:
        """Return the first of `count` new keys in a row."""
        first = self._next.get(table.name)
        if first is None:
            first = 1 + max(self._largest(table.c.pk), self._largest(_NAMED_IN.get(table.name)))
        self._next[table.name] = first + count
        return first

    def _largest(self, column: sa.ColumnElement[int] | None) -> int:
        if column is None:
            return 0
        return self._connection.execute(_largest(column)).scalar() or 0


@lru_cache(maxsize=64)
def _largest(column: sa.ColumnElement[int]) -> sa.Select[Any]:
    return sa.select(sa.func.max(column))


_NAMED_IN: dict[str, sa.ColumnElement[int]] = {"deployment": change.c.deployment_pk}
"""Where a key is still named after its row was dropped, so that it is not given out again."""


class Log:
    """Appends to the change log, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._start = read_cursor(connection, LOG)
        self._rows: list[dict[str, object]] = []

    @property
    def last_seq(self) -> int:
        """The last sequence number given out."""
        return self._start + len(self._rows)

    def append(
        self,
        item: Change,
        *,
        scope_pk: int,
        deployment_pk: int | None = None,
        subject: str = DEPLOYMENT,
    ) -> int:
        """Note a change and return its sequence number."""
        seq = self.last_seq + 1
        self._rows.append(
            {
                "seq": seq,
                "at": utc_millis(item.at),
                "kind": item.kind,
                "subject": subject,
                "deployment_pk": deployment_pk,
                "uid": item.uid,
                "name": clean(item.name),
                "scope_pk": scope_pk,
                "generation": item.generation,
                "doc": encode(item),
            }
        )
        return seq

    def flush(self) -> int:
        """Write what was noted and return the last sequence number."""
        last = self.last_seq
        if self._rows:
            insert_many(self._connection, change, self._rows)
            move_cursor(self._connection, LOG, last)
            self._start, self._rows = last, []
        return last


class Transaction:
    """What every repository writes through."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.keys = Keys(connection)
        self.log = Log(connection)


def read_cursor(connection: Connection, name: str) -> int:
    """Return where a reader of the change log stands; 0 before it began."""
    return connection.execute(_STANDS_AT, {"name": name}).scalar_one_or_none() or 0


def read_cursors(connection: Connection, beginning: str) -> dict[str, int]:
    """Return where the readers stand whose names begin so, by name."""
    query = sa.select(cursor.c.name, cursor.c.seq).where(
        cursor.c.name.startswith(beginning, autoescape=True)
    )
    return {found.name: found.seq for found in connection.execute(query)}


_STANDS_AT = sa.select(cursor.c.seq).where(cursor.c.name == sa.bindparam("name"))


def move_cursor(connection: Connection, name: str, seq: int) -> None:
    """Set where a reader of the change log stands."""
    moved = connection.execute(sa.update(cursor).where(cursor.c.name == name).values(seq=seq))
    if not moved.rowcount:
        insert_many(connection, cursor, [{"name": name, "seq": seq}])


def optional_millis(moment: datetime | None) -> int | None:
    """Return the milliseconds of a time that may be absent."""
    return None if moment is None else utc_millis(moment)
