"""A snapshot as small as it gets: rows by their native id, and no uid that follows from something else in it.

Uids are digests, which nothing compresses; in the order of uids nothing else does either. So rows
go in the order of native ids, and whoever reads them makes the uids anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from apiscape.client.columns import collector_at_rest, picker
from apiscape.client.inventory import Snapshot
from apiscape.client.wire import (
    DECODERS,
    Column,
    RawColumn,
    read_column,
    read_columns,
    write_column,
)
from apiscape.model.entity import Entity
from apiscape.model.identity import entity_uids
from apiscape.model.row import Row

_MADE_ANEW = ("uid", "api")
_ORDERED_BY = "native_id"


class Packed(Entity, frozen=True):
    """A snapshot, its rows in the order of native ids.

    Attributes:
        columns: All but uids; one value without places stands for every row.
        uids: By place of the row, those that do not follow from its native id.
        founders: How many rows further the deployment is that each row's Api follows from; `None`
            where it is not among the rows.
        apis: Those of the rows without a founder.
    """

    seq: int
    taken_at: datetime
    columns: dict[str, Column]
    uids: dict[int, str]
    founders: list[int | None]
    apis: Column


class _RawPacked(Entity, frozen=True):
    seq: int
    taken_at: datetime
    columns: dict[str, RawColumn]
    apis: RawColumn
    founders: list[int | None]
    uids: dict[int, str] = msgspec.field(default_factory=dict)


class _Form(Entity, frozen=True):
    founders: msgspec.Raw = msgspec.Raw()


def pack(snapshot: Snapshot) -> bytes:
    """Return a snapshot packed."""
    held = snapshot.columns
    pick = picker(held[_ORDERED_BY])
    native_ids, uids, apis = (pick(held[name]) for name in (_ORDERED_BY, *_MADE_ANEW))
    made = entity_uids("deployment", native_ids)
    founders = _founders(uids, apis)
    packed = Packed(
        seq=snapshot.seq,
        taken_at=snapshot.taken_at,
        columns={
            name: _ordered(write_column(column), pick)
            for name, column in held.items()
            if name not in _MADE_ANEW
        },
        uids={place: uid for place, uid in enumerate(uids) if uid != made[place]},
        founders=founders,
        apis=write_column([api for api, at in zip(apis, founders, strict=True) if at is None]),
    )
    return msgspec.msgpack.encode(packed)


def _founders(uids: Sequence[str], apis: Sequence[Any]) -> list[int | None]:
    places = {api: place for place, api in enumerate(entity_uids("api", uids))}
    found = ((place, places.get(api)) for place, api in enumerate(apis))
    return [None if founder is None else founder - place for place, founder in found]


def _ordered(column: Column, pick: Callable[[Sequence[Any]], Sequence[Any]]) -> Column:
    if column.places is None:
        return Column(values=list(pick(column.values)))
    if len(column.values) == 1 and not any(column.places):
        return Column(values=column.values)
    return Column(values=column.values, places=list(pick(column.places)))


def read_snapshot(data: bytes) -> Snapshot:
    """Return the snapshot that was written as MessagePack, packed or not.

    Raises:
        msgspec.MsgspecError: it is not one.
        LookupError: a column lacks, or a row's value is none of its column's.
    """
    form = msgspec.msgpack.decode(data, type=_Form)
    with collector_at_rest():
        return unpack(data) if bytes(form.founders) else read_columns(data)


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot that was packed.

    Raises:
        msgspec.MsgspecError: it is not one.
        LookupError: a column lacks, or a row's value is none of its column's.
    """
    told = msgspec.msgpack.decode(data, type=_RawPacked)
    rows = len(told.founders)
    native_ids = _spread(told.columns[_ORDERED_BY], _ORDERED_BY, rows)
    uids = entity_uids("deployment", native_ids)
    for place, uid in told.uids.items():
        uids[place] = uid
    pick = picker(uids)
    spread = {_ORDERED_BY: native_ids, "uid": uids, "api": _apis(told, uids)}
    spread |= {
        name: _spread(column, name, rows)
        for name, column in told.columns.items()
        if name in DECODERS and name not in spread
    }
    columns = {name: list(pick(spread[name])) for name in Row.__struct_fields__ if name in spread}
    return Snapshot(seq=told.seq, taken_at=told.taken_at, columns=columns)


def _apis(told: _RawPacked, uids: Sequence[str]) -> list[Any]:
    made = entity_uids("api", uids)
    others = read_column(told.apis, DECODERS["api"])[::-1]
    return [
        others.pop() if founder is None else made[place + founder]
        for place, founder in enumerate(told.founders)
    ]


def _spread(column: RawColumn, name: str, rows: int) -> list[Any]:
    """Return the value of every row."""
    values = read_column(column, DECODERS[name])
    spread = values * rows if column.places is None and len(values) == 1 else values
    if len(spread) != rows:
        raise IndexError(f"{len(spread)} values of {name} for {rows} rows")
    return spread
