"""The whole inventory in columns, for a grid."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from apiscape.client.inventory import Snapshot
from apiscape.model.row import Row
from apiscape.query import EVERYTHING
from apiscape.store.display import MOVING, moving, select_documents
from apiscape.store.finding import find

_CHUNK = 5_000
"""Rows decoded at a time, so that only columns are kept of them."""

_FIELDS = tuple(name for name in Row.__struct_fields__ if name not in MOVING)
_DECODER = msgspec.json.Decoder(list[Row])


def take_snapshot(connection: Connection, seq: int, now: datetime) -> Snapshot:
    """Return every row of the default view in columns, in the order of uid.

    Values are those of `Row`, unknown ones included. Equal values are one object, for most
    columns have few.
    """
    found = find(connection, EVERYTHING, now)
    query = select_documents().where(found.listed).execution_options(yield_per=_CHUNK)
    columns: dict[str, list[Any]] = {name: [] for name in (*_FIELDS, *MOVING)}
    pool: dict[Any, Any] = {}
    for chunk in connection.execute(query).partitions():
        _append(columns, pool, chunk)
    places = sorted(range(len(columns["uid"])), key=columns["uid"].__getitem__)
    ordered = {name: [columns[name][i] for i in places] for name in Row.__struct_fields__}
    return Snapshot(seq=seq, taken_at=now, columns=ordered)


def _append(columns: dict[str, list[Any]], pool: dict[Any, Any], chunk: Any) -> None:  # noqa: ANN401
    rows = _DECODER.decode(b"[" + b",".join([record.doc for record in chunk]) + b"]")
    for name in _FIELDS:
        values = map(attrgetter(name), rows)
        columns[name].extend(pool.setdefault(value, value) for value in values)
    for name, moved in zip(MOVING, zip(*map(moving, chunk), strict=True), strict=True):
        columns[name].extend(pool.setdefault(value, value) for value in moved)
