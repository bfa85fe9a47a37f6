"""Generated inventories written straight into the tables, and the rows as the store then holds them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.codec import encode
from apiscape.model.row import Deep, Row
from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import Freshness, Presence
from apiscape.store import schema
from apiscape.store.encoding import encode_deep, encode_row
from apiscape.store.reading.display import MOVING
from tests.strategies import NOW

Inventory = list[tuple[Row, Deep]]

_NOT_IN_DOC: dict[str, Any] = {
    field.name: field.default for field in msgspec.structs.fields(Row) if field.name in MOVING
}
_FILLED = (*("exception", "row", "row_doc", "deep", "deployment", "part", "scope", "source"),)


def storable(inventory: Iterable[tuple[Row, Deep]]) -> Inventory:
    """Return an inventory as a store could hold it: uids of its own making, presence in known words."""
    return [(_storable(row), deep) for row, deep in inventory]


def _storable(row: Row) -> Row:
    presence = row.presence if row.presence in set(Presence) else Presence.PRESENT.value
    freshness = row.freshness if row.freshness in set(Freshness) else Freshness.CURRENT.value
    return msgspec.structs.replace(
        row,
        uid=str(uuid5(NAMESPACE_URL, row.uid)),
        presence=presence,
        freshness=freshness,
        first_seen_at=row.first_seen_at or NOW,
        changed_at=row.changed_at or NOW,
    )


def is_shown(row: Row) -> bool:
    """Say whether default views show a row; in these stores a row retires when it last changed."""
    assert row.changed_at is not None
    long_ago = row.changed_at < NOW - timedelta(days=30)
    return row.presence != Presence.SUPERSEDED and not (
        row.presence == Presence.RETIRED and long_ago
    )


def fill(connection: Connection, inventory: Inventory) -> None:
    """Let the store hold these rows and no others."""
    for name in _FILLED:
        connection.execute(sa.delete(schema.metadata.tables[name]))
    _insert(connection, schema.source, [{"pk": 1, "name": "s", "provider": "aws"}])
    _insert(connection, schema.scope, [_SCOPE])
    _insert(connection, schema.part, [{"pk": 1, "scope_pk": 1, "name": "apis", "stale": False}])
    numbered = list(enumerate(inventory, start=1))
    unseen = [
        _exception(key, row) for key, (row, _) in numbered if row.freshness != Freshness.CURRENT
    ]
    _insert(connection, schema.deployment, [_deployment(key, row) for key, (row, _) in numbered])
    _insert(connection, schema.exception, unseen)
    _insert(connection, schema.row, [encode_row(key, row) for key, (row, _) in numbered])
    _insert(connection, schema.row_doc, [_document(key, row) for key, (row, _) in numbered])
    _insert(connection, schema.deep, [encode_deep(key, row, deep) for key, (row, deep) in numbered])


_SCOPE: dict[str, Any] = {
    "pk": 1,
    "key": "s/1/aws",
    "source_pk": 1,
    "source": "s",
    "provider": "aws",
    "product": "aws.apigateway.rest",
    "reach_key": "1",
    "account": "1",
    "generation": 1,
}


def _deployment(key: int, row: Row) -> dict[str, Any]:
    assert row.changed_at is not None
    assert row.first_seen_at is not None
    current = row.freshness == Freshness.CURRENT
    changed_at = utc_millis(row.changed_at)
    return {
        "pk": key,
        "uid": row.uid,
        "native_id": row.native_id,
        "native_api_key": row.native_id,
        "name": row.name,
        "stage": row.stage,
        "scope_pk": 1,
        "part_pk": 1,
        "listed_id": row.native_id,
        "facts_hash": b"",
        "detail_hash": b"",
        "presence": row.presence,
        "missing_since": utc_millis(row.missing_since) if row.missing_since else None,
        "missing_runs": 0,
        "last_seen_at": utc_millis(row.observed_at) if current and row.observed_at else None,
        "first_seen_at": utc_millis(row.first_seen_at),
        "changed_at": changed_at,
        "retired_at": changed_at if row.presence == Presence.RETIRED else None,
    }


def _exception(key: int, row: Row) -> dict[str, Any]:
    seen = utc_millis(row.observed_at) if row.observed_at else None
    return {"deployment_pk": key, "observed_at": seen, "reason": "not listed"}


def _document(key: int, row: Row) -> dict[str, Any]:
    return {"deployment_pk": key, "doc": encode(msgspec.structs.replace(row, **_NOT_IN_DOC))}


def _insert(connection: Connection, table: sa.Table, values: list[dict[str, Any]]) -> None:
    if values:
        connection.execute(sa.insert(table), values)
