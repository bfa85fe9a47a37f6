"""The one who writes: transactions with keys, log and interned operation sets, and an identity."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.store.database.engine import Database
from apiscape.store.database.transaction import Transaction, read_cursor
from apiscape.store.writing.operations import OperationSets

SWEEP = "sweep"
"""Cursor that counts how often what nothing points at was dropped."""


class Writer:
    """Opens write transactions on a database.

    Attributes:
        id: Whose runs are open: on PostgreSQL the key of an advisory lock that this writer's
            connection holds, so that another process can tell a dead writer's runs from a living one's.
        sets: Operation sets, with the keys that were used last.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.id = secrets.randbits(62)
        self.sets = OperationSets()
        self._swept = 0
        if database.writable and not database.is_sqlite:
            database.claim(self.id)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Give a write transaction; its changes are flushed and it is committed at the end.

        Raises:
            StoreFull: no space, or read-only; nothing of the transaction stays.
            StoreLocked: another process writes.
            StoreError: the database does not answer, or is damaged.
        """
        with ExitStack() as undo:
            undo.callback(self.sets.forget)
            with self.database.write() as connection:
                self._follow_sweeps(connection)
                tx = Transaction(connection)
                yield tx
                tx.log.flush()
            undo.pop_all()

    def is_dead(self, connection: Connection, writer: int) -> bool:
        """Say whether another writer is gone; on SQLite, whose lock we hold, every other one is."""
        if writer == self.id:
            return False
        if self.database.is_sqlite:
            return True
        return bool(
            connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(writer))).scalar()
        )

    def _follow_sweeps(self, connection: Connection) -> None:
        """Let go of remembered keys where something was swept since, by any process."""
        swept = read_cursor(connection, SWEEP)
        if swept != self._swept:
            self.sets.forget()
            self._swept = swept
