"""The whole inventory in columns, for a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import Connection

from apiscape.client.columns import Spread, collector_at_rest, picker
from apiscape.client.inventory import Snapshot
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Freshness
from apiscape.query import EVERYTHING
from apiscape.store import schema
from apiscape.store.reading.display import MOVING, moment_of, select_documents
from apiscape.store.reading.finding import find

_CHUNK = 50
"""Rows read and taken apart at a time: they are gone again while the processor still has them at hand."""

_OFTEN_ITS_OWN = frozenset({"uid", "name", "native_id", "api", "endpoints"})
"""Attributes that hardly two rows share the value of."""

_NAMES = Row.__struct_fields__
_SHARED = tuple(name for name in _NAMES if name not in _OFTEN_ITS_OWN)
_DECODER = msgspec.json.Decoder(Row)
_FRESHNESS = {True: Freshness.NOT_OBSERVED.value, False: Freshness.CURRENT.value}
_UNKNOWN_PLACE = -1


class _Places(dict[Any, int]):
    """Gives each different value a place, in the order in which they come."""

    def __init__(self) -> None:
        super().__init__({UNKNOWN: _UNKNOWN_PLACE})

    def __missing__(self, value: Any) -> int:  # noqa: ANN401 - whatever a row holds
        place = self[value] = len(self) - 1
        return place

    @property
    def in_order(self) -> list[Any]:
        """All known values, each at its place."""
        return list(self)[1:]


class _Moments(dict[int | None, datetime | None]):
    """Stored times as times; most rows share theirs with others."""

    def __missing__(self, millis: int | None) -> datetime | None:
        moment = self[millis] = moment_of(millis)
        return moment


class _Taking:
    """Columns that grow by rows: values where rows have their own, places of values where they share them."""

    def __init__(self) -> None:
        self._own: dict[str, list[Any]] = {name: [] for name in _NAMES if name in _OFTEN_ITS_OWN}
        self._places: dict[str, list[int]] = {name: [] for name in _SHARED}
        self._pools = {name: _Places() for name in _SHARED}

    def add(self, name: str, values: tuple[Any, ...]) -> None:
        """Let a column grow."""
        if name in _OFTEN_ITS_OWN:
            self._own[name] += values
            return
        pool, first = self._pools[name], values[0]
        if values.count(first) == len(values):  # neighbours mostly agree, and comparing is cheap
            self._places[name] += [pool[first]] * len(values)
        else:
            self._places[name] += map(pool.__getitem__, values)

    def columns(self) -> dict[str, list[Any]]:
        """Return the columns in the order of uid."""
        pick = picker(self._own["uid"])
        own = {name: list(pick(values)) for name, values in self._own.items()}
        shared = {
            name: Spread(self._pools[name].in_order, _picked(places, pick))
            for name, places in self._places.items()
        }
        both = own | shared
        return {name: both[name] for name in _NAMES}


def _picked(places: list[int], pick: Callable[[Sequence[int]], Sequence[int]]) -> Sequence[int]:
    """Return places in the order of rows: what is the same for all of them is so in any order."""
    return pick(places) if len(set(places)) > 1 else places


def take_snapshot(connection: Connection, seq: int, now: datetime) -> Snapshot:
    """Return every row of the default view in columns, in the order of uid.

    Values are those of `Row`, unknown ones included. Equal values of a column that has few are one
    object.
    """
    with collector_at_rest():
        return Snapshot(seq=seq, taken_at=now, columns=_take(connection, now))


def _take(connection: Connection, now: datetime) -> dict[str, list[Any]]:
    found = find(connection, EVERYTHING, now)
    in_order = select_documents().where(found.listed).order_by(schema.row.c.deployment_pk)
    records = connection.execute(in_order.execution_options(yield_per=_CHUNK))
    taking, moments = _Taking(), _Moments()
    for chunk in records.partitions():
        _keys, docs, presence, unseen, *times = zip(*chunk, strict=True)
        rows = map(astuple, map(_DECODER.decode, docs))
        for name, values in zip(_NAMES, zip(*rows, strict=True), strict=True):
            if name not in MOVING:
                taking.add(name, values)
        taking.add("presence", presence)
        taking.add("freshness", tuple(map(_FRESHNESS.__getitem__, map(bool, unseen))))
        for name, stored in zip(MOVING[2:], times, strict=True):
            taking.add(name, tuple(map(moments.__getitem__, stored)))
    return taking.columns()
