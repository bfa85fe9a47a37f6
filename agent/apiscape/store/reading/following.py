"""The change log through a view."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from apiscape.client.inventory import ChangePage
from apiscape.errors import NotKept
from apiscape.model.change import Change
from apiscape.query import View
from apiscape.store import schema
from apiscape.store.database.transaction import CONCLUSION, DEPLOYMENT, LOG, read_cursor
from apiscape.store.reading.changes import decode_change, refuse_dropped
from apiscape.store.reading.finding import find

_LOG = schema.change.c


def read_changes(
    connection: Connection, after: int, limit: int, view: View, now: datetime
) -> ChangePage:
    """Return changes after a sequence number, of deployments that match a view as they are now.

    A view of no terms lets everything through, what was said of forgotten deployments too. No
    view hides retired or superseded rows here: that they went is what the log is for.

    Raises:
        NotKept: Changes after that number were dropped already, or the log never came to it: whoever follows from
            there followed another one, as of before a restore, and would be told nothing of this one.
    """
    refuse_dropped(connection, after)
    last_seq = read_cursor(connection, LOG)
    if after > last_seq:
        message = f"the log ends at {last_seq}: {after} is of another one, or of before a restore"
        raise NotKept(message, hint="read the inventory anew, then follow")
    query = (
        select(_LOG.seq, _LOG.doc)
        .where(_LOG.seq > after, _LOG.subject.in_((DEPLOYMENT, CONCLUSION)))
        .order_by(_LOG.seq)
        .limit(limit)
    )
    if view.terms:
        found = find(connection, view, now, hides=False)
        keys = select(schema.row.c.deployment_pk).where(found.listed)
        query = query.where(_LOG.deployment_pk.in_(keys))
    items = tuple(decode_change(seq, doc) for seq, doc in connection.execute(query))
    return ChangePage(items=items, last_seq=_go_on_at(items, limit, last_seq))


def _go_on_at(items: tuple[Change, ...], limit: int, last_seq: int) -> int:
    """Return where to go on: behind the last change of a full page, else at the log's end."""
    return items[-1].seq if len(items) >= limit and items else last_seq


def history_of(
    connection: Connection, key: int, limit: int, until: int | None = None
) -> tuple[Change, ...]:
    """Return the changes of one deployment, newest first, all or up to a sequence number."""
    query = select(_LOG.seq, _LOG.doc).where(
        _LOG.deployment_pk == key, _LOG.subject.in_((DEPLOYMENT, CONCLUSION))
    )
    if until is not None:
        query = query.where(_LOG.seq <= until)
    newest = query.order_by(_LOG.seq.desc()).limit(limit)
    return tuple(decode_change(seq, doc) for seq, doc in connection.execute(newest))
