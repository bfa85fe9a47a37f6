"""Changes of a view, each asked of its deployment as that was after it; of one that went, as it was before.

So a view of what fails matches the change that made it fail, whenever the log is read. Measured
numbers and what the newest runs saw are not versioned: they are those of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, case, select

from apiscape.model.change import Change
from apiscape.model.entity import Entity
from apiscape.model.projection import deepen
from apiscape.model.row import Deep, Row
from apiscape.model.vocabulary import ChangeKind
from apiscape.query import View, matcher
from apiscape.store import schema
from apiscape.store.database.transaction import CONCLUSION, DEPLOYMENT, LOG, read_cursor
from apiscape.store.overlay import MEASURED
from apiscape.store.reading.changes import decode_change, refuse_dropped
from apiscape.store.reading.display import read_rows
from apiscape.store.reading.history import compose, versions_where

_LOG = schema.change.c
_ENDS = (ChangeKind.RETIRED.value, ChangeKind.SUPERSEDED.value, ChangeKind.FORGOTTEN.value)
"""Kinds of change after which a deployment is gone."""

_OF_NOW = (*MEASURED, "freshness", "observed_at")


class Happenings(Entity, frozen=True):
    """A stretch of the log, as far as it is of a view.

    Attributes:
        undecided: Changes of which nobody can tell whether they are of it.
        last_seq: Where to go on; `more`: whether there is more already.
    """

    items: tuple[Change, ...]
    undecided: int
    last_seq: int
    more: bool


class Stretch(Entity, frozen=True):
    """Where to read the log, and for what.

    Attributes:
        after: Only what comes after this sequence number; `until`: nothing after that one.
        limit: At most so many changes are looked at.
        kinds: Of which kinds.
    """

    after: int
    limit: int
    kinds: tuple[str, ...]
    until: int | None = None


def read_happenings(
    connection: Connection, stretch: Stretch, view: View, now: datetime
) -> Happenings:
    """Return the changes of a stretch that are of a view; one of which nobody can tell is not.

    Raises:
        NotKept: Changes of it were dropped already.
    """
    refuse_dropped(connection, stretch.after)
    end = read_cursor(connection, LOG)
    if stretch.until is not None:
        end = min(end, stretch.until)
    query = (
        select(_LOG.seq, _LOG.doc)
        .where(
            _LOG.seq > stretch.after,
            _LOG.seq <= end,
            _LOG.subject.in_((DEPLOYMENT, CONCLUSION)),
            _LOG.kind.in_(stretch.kinds),
        )
        .order_by(_LOG.seq)
        .limit(stretch.limit)
    )
    read = [decode_change(seq, doc) for seq, doc in connection.execute(query)]
    more = len(read) >= stretch.limit
    last = read[-1].seq if more else max(end, stretch.after)
    if not view.terms:
        return Happenings(tuple(read), 0, last, more)
    match = matcher(view, now=now)
    rows = rows_after(connection, [each.seq for each in read])
    told = [(each, match(*rows[each.seq]) if each.seq in rows else None) for each in read]
    return Happenings(
        items=tuple(each for each, verdict in told if verdict is True),
        undecided=sum(verdict is None for _, verdict in told),
        last_seq=last,
        more=more,
    )


def rows_after(connection: Connection, seqs: Sequence[int]) -> dict[int, tuple[Row, Deep]]:
    """Return rows as they were after some changes, by sequence number; none of what is not kept."""
    when = case((_LOG.kind.in_(_ENDS), _LOG.seq - 1), else_=_LOG.seq)
    held = schema.deployment
    source = schema.change.join(held, held.c.pk == _LOG.deployment_pk)
    query = versions_where(source, when).add_columns(_LOG.seq.label("told_seq"))
    records = connection.execute(query.where(_LOG.seq.in_(seqs))).all()
    now = {row.uid: row for row in _rows_now(connection, {record.pk for record in records})}
    pairs = zip(records, compose(connection, records, {}), strict=True)
    return {
        record.told_seq: (_as_seen(row, now.get(row.uid)), deepen(item))
        for record, (item, row) in pairs
    }


def _rows_now(connection: Connection, keys: Iterable[int]) -> tuple[Row, ...]:
    return read_rows(connection, sorted(keys))


def _as_seen(row: Row, now: Row | None) -> Row:
    """Return a row with what is not versioned, as it is now."""
    if now is None:
        return row
    of_now: dict[str, Any] = {name: getattr(now, name) for name in _OF_NOW}
    return msgspec.structs.replace(row, **of_now)
