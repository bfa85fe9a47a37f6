"""The whole inventory in columns, for a grid."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from apiscape.client.inventory import Snapshot
from apiscape.model.row import Row
from apiscape.model.vocabulary import Freshness
from apiscape.query import EVERYTHING
from apiscape.store import schema
from apiscape.store.reading.display import MOVING, moment_of, select_documents
from apiscape.store.reading.finding import find

_CHUNK = 5_000
"""Rows decoded at a time, so that only columns are kept of them."""

_FEW = frozenset(schema.ROW_FACETS) | {"scope", "gateway", "stage", "version", "schemes", "owners"}
"""Attributes that many rows share the values of."""

_HELD = {name: attrgetter(name) for name in Row.__struct_fields__ if name not in MOVING}
_READ = {name: read for name, read in _HELD.items() if name not in _FEW}
_READ_FEW = {name: read for name, read in _HELD.items() if name in _FEW}
_DECODER = msgspec.json.Decoder(list[Row])
_FRESHNESS = {True: Freshness.NOT_OBSERVED.value, False: Freshness.CURRENT.value}


class _Moments(dict[int | None, datetime | None]):
    """Stored times as times; most rows share theirs with others."""

    def __missing__(self, millis: int | None) -> datetime | None:
        moment = self[millis] = moment_of(millis)
        return moment


def take_snapshot(connection: Connection, seq: int, now: datetime) -> Snapshot:
    """Return every row of the default view in columns, in the order of uid.

    Values are those of `Row`, unknown ones included. Equal values of a column that has few are one
    object.
    """
    with _collector_at_rest():
        return _take(connection, seq, now)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking rows that hold no cycle; a sixth of the time otherwise."""
    works = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if works:
            gc.enable()


def _take(connection: Connection, seq: int, now: datetime) -> Snapshot:
    found = find(connection, EVERYTHING, now)
    query = select_documents().where(found.listed).execution_options(yield_per=_CHUNK)
    columns: dict[str, list[Any]] = {name: [] for name in Row.__struct_fields__}
    pools: dict[str, dict[Any, Any]] = {name: {} for name in _READ_FEW}
    moments = _Moments()
    for chunk in connection.execute(query).partitions():
        _keys, docs, presence, unseen, *times = zip(*chunk, strict=True)
        rows = _DECODER.decode(b"[" + b",".join(docs) + b"]")
        for name, read in _READ.items():
            columns[name] += map(read, rows)
        for name, pool in pools.items():
            values = list(map(_READ_FEW[name], rows))
            columns[name] += map(pool.setdefault, values, values)
        columns["presence"] += presence
        columns["freshness"] += [_FRESHNESS[bool(flag)] for flag in unseen]
        for name, stored in zip(MOVING[2:], times, strict=True):
            columns[name] += map(moments.__getitem__, stored)
    places = sorted(range(len(columns["uid"])), key=columns["uid"].__getitem__)
    pick = itemgetter(*places) if len(places) > 1 else tuple
    ordered = {name: list(pick(columns[name])) for name in Row.__struct_fields__}
    return Snapshot(seq=seq, taken_at=now, columns=ordered)
