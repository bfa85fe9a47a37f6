"""Reading the change log: every change once, in the order of commits."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.errors import NotKept
from apiscape.model.change import Change
from apiscape.model.codec import decode
from apiscape.model.values import from_utc_millis
from apiscape.store.database.engine import Database
from apiscape.store.database.transaction import CONCLUSION, DEPLOYMENT, LOG, read_cursor
from apiscape.store.schema import change, meta


class Changes:
    """What happened to deployments, for readers that follow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, seq: int, limit: int = 1000) -> tuple[Change, ...]:
        """Return changes of deployments after a sequence number, oldest first.

        Those of kind `health` and `concluded` say that a conclusion moved the row. Numbers that are missing
        belong to changes of what stands around deployments.

        Raises:
            NotKept: changes after `seq` were dropped already.
        """
        with self._database.read() as connection:
            refuse_dropped(connection, seq)
            query = (
                sa.select(change.c.seq, change.c.doc)
                .where(change.c.seq > seq, change.c.subject.in_((DEPLOYMENT, CONCLUSION)))
                .order_by(change.c.seq)
                .limit(limit)
            )
            return tuple(decode_change(number, doc) for number, doc in connection.execute(query))

    def last_seq(self) -> int:
        """Return the last sequence number given out; 0 before the first change."""
        with self._database.read() as connection:
            return read_cursor(connection, LOG)


def decode_change(seq: int, doc: bytes) -> Change:
    """Return a change of the log with its sequence number."""
    return msgspec.structs.replace(decode(doc, Change), seq=seq)


def read_horizon(connection: Connection) -> tuple[int, int]:
    """Return the time (UTC milliseconds) and sequence number before which nothing is kept; zeros at first."""
    query = sa.select(meta.c.key, meta.c.value).where(meta.c.key.in_(("horizon", "horizon_seq")))
    held = {key: int(value) for key, value in connection.execute(query)}
    return held.get("horizon", 0), held.get("horizon_seq", 0)


def refuse_dropped(connection: Connection, seq: int) -> None:
    """Refuse a reader that stands before the horizon; one that begins at 0 begins with what began what still stands.

    Raises:
        NotKept: it does.
    """
    horizon, horizon_seq = read_horizon(connection)
    if 0 < seq < horizon_seq:
        day = from_utc_millis(horizon).date().isoformat()
        raise NotKept(
            f"changes are not kept before {day}", hint="read the inventory anew, then follow"
        )
