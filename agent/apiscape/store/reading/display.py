"""Rows as they are shown: the stored document, and what moves without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy import Row as Record

from apiscape.model.row import Row
from apiscape.model.values import from_utc_millis
from apiscape.model.vocabulary import Freshness
from apiscape.store import schema
from apiscape.store.encoding import ABSENT_NUMBER
from apiscape.store.reading.cells import NOT_OBSERVED, OBSERVED_AT, source_of
from apiscape.store.reading.finding import in_keys

_DECODER = msgspec.json.Decoder(Row)

MOVING = ("presence", "freshness", "observed_at", "first_seen_at", "changed_at", "missing_since")
"""Attributes of a row that are not in its document."""

_TABLES = (schema.deployment, schema.part, schema.exception)


@cache
def select_documents() -> Select[*tuple[Any, ...]]:
    """Return the query of every row's key, document and moving attributes, as `moving` reads them."""
    held = schema.deployment.c
    source = source_of(_TABLES).join(
        schema.row_doc, schema.row_doc.c.deployment_pk == schema.row.c.deployment_pk
    )
    return select(
        schema.row.c.deployment_pk,
        schema.row_doc.c.doc,
        held.presence,
        NOT_OBSERVED.label("not_observed"),
        OBSERVED_AT.label("observed_at"),
        held.first_seen_at,
        held.changed_at,
        held.missing_since,
    ).select_from(source)


def moving(record: Record[Any]) -> tuple[str | datetime | None, ...]:
    """Return the values of `MOVING` of a record of `select_documents`."""
    _key, _doc, presence, not_observed, *moments = tuple(record)
    freshness = Freshness.NOT_OBSERVED if not_observed else Freshness.CURRENT
    return (presence, freshness.value, *map(moment_of, moments))


def moment_of(millis: int | None) -> datetime | None:
    """Return a stored time; absent ones are null or -1."""
    return None if millis is None or millis == ABSENT_NUMBER else from_utc_millis(millis)


def read_rows(connection: Connection, keys: Sequence[int]) -> tuple[Row, ...]:
    """Return the rows of some keys, in their order."""
    records = connection.execute(select_documents().where(in_keys(connection, keys))).all()
    rows = {record[0]: compose(record) for record in records}
    return tuple(rows[key] for key in keys if key in rows)


def compose(record: Record[Any]) -> Row:
    """Return the row of a record of `select_documents`."""
    values: dict[str, Any] = dict(zip(MOVING, moving(record), strict=True))
    return msgspec.structs.replace(_DECODER.decode(record.doc), **values)
