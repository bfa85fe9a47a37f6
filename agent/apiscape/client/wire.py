"""What goes over the wire beside the inventory's own structs: the snapshot's columns, and actions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apiscape.client.columns import Spread
from apiscape.client.inventory import Facet, ScopeStatus, Snapshot
from apiscape.model.entity import Entity
from apiscape.model.row import Row
from apiscape.model.run import EstateEntry, RunReport
from apiscape.model.values import UNKNOWN

MSGPACK = "application/msgpack"
PACKED = "application/vnd.apiscape.packed1+msgpack"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"

UNKNOWN_PLACE = -1
"""Stands in `Column.places` for a value that is unknown."""

_FEW = 0.5
"""Share of distinct values up to which a column is written by places."""

_SAMPLE = 1000
"""Rows of a longer column that say whether its values are few: both forms are as right."""


class Column(Entity, frozen=True):
    """One field of every row of a snapshot.

    Attributes:
        values: The value of each row; with `places`, each different value once.
        places: Position in `values` of each row's value, -1 where it is unknown.
    """

    values: list[Any]
    places: list[int] | None = None


class Columns(Entity, frozen=True):
    """A snapshot on the wire: all rows in columns, in the order of uid.

    Attributes:
        seq: Position in the change log that the snapshot stands at.
        rows: How many rows every column has.
    """

    seq: int
    taken_at: datetime
    rows: int
    columns: dict[str, Column]


class RawColumn(Entity, frozen=True):
    """A `Column` whose values are yet to be read."""

    values: msgspec.Raw
    places: list[int] | None = None


class _RawColumns(Entity, frozen=True):
    seq: int
    taken_at: datetime
    columns: dict[str, RawColumn]


class Facets(Entity, frozen=True):
    """The values of the asked fields over a view."""

    items: tuple[Facet, ...]


class Scopes(Entity, frozen=True):
    """Every scope with its last run."""

    items: tuple[ScopeStatus, ...]


class Runs(Entity, frozen=True):
    """Runs, newest first."""

    items: tuple[RunReport, ...]


class Estate(Entity, frozen=True):
    """Every reach that the providers say exists."""

    items: tuple[EstateEntry, ...]


Name = Annotated[str, Meta(min_length=1, max_length=2000)]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what a request holds: a key that is not known is refused, never ignored."""


class ConfirmRequest(Asked, frozen=True):
    """Suspect losses of a scope are real; `by` says who answers for it."""

    scope: Name
    by: Name


class Retired(Entity, frozen=True):
    """How many rows were retired."""

    retired: int


class ForgetRequest(Asked, frozen=True):
    """Drop a retired deployment from every view."""

    uid: Name
    by: Name


class CollectRequest(Asked, frozen=True):
    """Visit scopes: of all sources, of those named, or only the scopes of some keys."""

    sources: tuple[Name, ...] = ()
    scopes: tuple[Name, ...] = ()


class PauseRequest(Asked, frozen=True):
    """Start no visit, or go on; of all sources, or of those named."""

    sources: tuple[Name, ...] = ()


class Paused(Entity, frozen=True):
    """The sources of which no visit is started until somebody resumes them."""

    sources: tuple[str, ...]


def write_columns(snapshot: Snapshot) -> Columns:
    """Return a snapshot as it goes over the wire."""
    columns = {name: write_column(column) for name, column in snapshot.columns.items()}
    rows = len(next(iter(snapshot.columns.values()), []))
    return Columns(seq=snapshot.seq, taken_at=snapshot.taken_at, rows=rows, columns=columns)


def write_column(column: list[Any]) -> Column:
    """Return a column as it goes over the wire."""
    if isinstance(column, Spread) and len(column.different) <= len(column) * _FEW:
        return Column(values=list(column.different), places=list(column.places))
    first = column[:_SAMPLE]
    if len(column) > _SAMPLE and len(set(first)) > len(first) * _FEW and UNKNOWN not in column:
        return Column(values=column)
    distinct = dict.fromkeys(column)
    if UNKNOWN not in distinct and len(distinct) > len(column) * _FEW:
        return Column(values=column)
    distinct.pop(UNKNOWN, None)
    places = {value: place for place, value in enumerate(distinct)}
    places[UNKNOWN] = UNKNOWN_PLACE
    return Column(values=list(distinct), places=list(map(places.__getitem__, column)))


def read_columns(data: bytes) -> Snapshot:
    """Return the snapshot that was written as MessagePack.

    Raises:
        msgspec.MsgspecError: it is not one.
        IndexError: a row's value is none of the column's.
    """
    told = msgspec.msgpack.decode(data, type=_RawColumns)
    columns = {
        name: read_column(told.columns[name], DECODERS[name])
        for name in Row.__struct_fields__
        if name in told.columns
    }
    return Snapshot(seq=told.seq, taken_at=told.taken_at, columns=columns)


def read_column(column: RawColumn, decoder: msgspec.msgpack.Decoder[list[Any]]) -> list[Any]:
    """Return the values of a column that was written as MessagePack."""
    values = decoder.decode(column.values)
    if column.places is None:
        return values
    values.append(UNKNOWN)
    return list(map(values.__getitem__, column.places))


def _decoder(field: msgspec.structs.FieldInfo) -> msgspec.msgpack.Decoder[list[Any]]:
    """Return what reads a column: tuples are tuples again, and times times."""
    many = "tuple" in str(field.type)
    moment = field.name.endswith(("_at", "_since"))
    kind: Any = tuple[str, ...] if many else datetime if moment else str | float | int
    return msgspec.msgpack.Decoder(list[kind | None])


DECODERS = {field.name: _decoder(field) for field in msgspec.structs.fields(Row)}
"""What reads the values of each field's column."""
