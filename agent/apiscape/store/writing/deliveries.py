"""How far whoever is told of changes was told: a cursor a target, and the end of the digest it is being sent."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from apiscape.model.entity import Entity
from apiscape.store.database.transaction import LOG, move_cursor, read_cursor
from apiscape.store.database.writer import Writer
from apiscape.store.schema import cursor

_TOLD, _UNTIL = "notify:", "notify-until:"


class Delivery(Entity, frozen=True):
    """Where a target stands.

    Attributes:
        told: Up to which sequence number it was told.
        until: Where the digest ends that it was being sent; `None` where there was none.
    """

    told: int
    until: int | None = None


class Deliveries:
    """Where the targets of notifications stand, by name."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def begin(self, name: str) -> Delivery:
        """Return where a target stands; a new one begins at the end of the log, and is told nothing of before."""
        query = sa.select(cursor.c.name, cursor.c.seq).where(
            cursor.c.name.in_((_TOLD + name, _UNTIL + name))
        )
        with self._writer.transaction() as tx:
            held = {each.name: each.seq for each in tx.connection.execute(query)}
            told = held.get(_TOLD + name)
            if told is None:
                told = read_cursor(tx.connection, LOG)
                move_cursor(tx.connection, _TOLD + name, told)
        until = held.get(_UNTIL + name)
        return Delivery(told, until if until is not None and until > told else None)

    def promise(self, name: str, until: int) -> None:
        """Keep where a digest ends before it is sent, so that it is the same one after a restart."""
        with self._writer.transaction() as tx:
            move_cursor(tx.connection, _UNTIL + name, until)

    def deliver(self, name: str, seq: int) -> None:
        """Keep up to where a target was told."""
        with self._writer.transaction() as tx:
            move_cursor(tx.connection, _TOLD + name, seq)

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget the targets that there are no longer: whoever comes back under their name begins anew."""
        kept = [prefix + name for name in names for prefix in (_TOLD, _UNTIL)]
        ours = cursor.c.name.startswith(_TOLD) | cursor.c.name.startswith(_UNTIL)
        gone = sa.select(cursor.c.name).where(ours, cursor.c.name.not_in(kept))
        with self._writer.transaction() as tx:
            names_gone = list(tx.connection.scalars(gone))
            if names_gone:
                tx.connection.execute(sa.delete(cursor).where(cursor.c.name.in_(names_gone)))
