"""Current facts of deployments, and the rows, search text and documents that views ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Table

from apiscape.model.codec import decode, encode
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.projection import deepen, project
from apiscape.model.row import Row
from apiscape.model.run import Scope
from apiscape.store.database.bulk import (
    find_in,
    insert_many,
    insert_together,
    rewrite,
    rewrite_together,
)
from apiscape.store.encoding import encode_deep, encode_row
from apiscape.store.overlay import Conclusion, lay_over
from apiscape.store.schema import conclusion, deep, deployment, deployment_version, row, row_doc
from apiscape.store.writing.operations import load_operations

CHUNK = 500
"""Deployments that are read or written at a time."""


class Projected(Entity, frozen=True):
    """A deployment as views see it: its row, and the columns of the tables that hold it."""

    row: Row
    columns: dict[str, Any]
    deep: dict[str, Any]
    doc: dict[str, Any]


def load_facts(
    connection: Connection, uids: Iterable[str], *, operations: bool = True
) -> dict[str, Deployment]:
    """Return the current facts of deployments by uid; those not stored are left out.

    Args:
        connection: Reads them.
        uids: Whose.
        operations: Whether operations are wanted as well; they are unknown otherwise, and most of the work.
    """
    asked = list(dict.fromkeys(uids))
    found: dict[str, Deployment] = {}
    for start in range(0, len(asked), CHUNK):
        found.update(_load_chunk(connection, asked[start : start + CHUNK], operations=operations))
    return found


def load_conclusions(connection: Connection, keys: Sequence[int]) -> dict[int, Conclusion]:
    """Return what was concluded of deployments, by their key."""
    key = conclusion.c.deployment_pk
    found = find_in(connection, [key, conclusion.c.doc], key, keys)
    return {pk: decode(doc, Conclusion) for pk, doc in found}


def project_deployment(
    key: int, item: Deployment, scope: Scope, concluded: Conclusion | None
) -> Projected:
    """Return a deployment as views see it."""
    shown = lay_over(project(item, scope), concluded)
    return Projected(
        row=shown,
        columns=encode_row(key, shown),
        deep=encode_deep(key, shown, deepen(item)),
        doc={"deployment_pk": key, "doc": encode(shown)},
    )


def insert_rows(connection: Connection, items: Sequence[Projected]) -> None:
    """Write the rows of new deployments."""
    for table, values in _tables(items):
        insert_many(connection, table, values)
    insert_together(connection, deep, [item.deep for item in items])


def update_rows(connection: Connection, items: Sequence[Projected]) -> None:
    """Write the rows of stored deployments anew; where one shows what it showed, its search text alone."""
    key = row_doc.c.deployment_pk
    keys = [item.doc["deployment_pk"] for item in items]
    shown: dict[int, bytes] = dict(find_in(connection, [key, row_doc.c.doc], key, keys))
    moved = [item for item in items if item.doc["doc"] != shown.get(item.doc["deployment_pk"])]
    for table, values in _tables(moved):
        rewrite(connection, table, "deployment_pk", values)
    rewrite_together(connection, deep, "deployment_pk", [item.deep for item in items])


def _tables(items: Sequence[Projected]) -> Iterable[tuple[Table, list[dict[str, Any]]]]:
    if items:
        yield row, [item.columns for item in items]
        yield row_doc, [item.doc for item in items]


def _load_chunk(
    connection: Connection, uids: Sequence[str], *, operations: bool
) -> dict[str, Deployment]:
    query = (
        sa.select(deployment.c.uid, deployment_version.c.doc, deployment_version.c.operation_set_pk)
        .join(deployment_version, deployment_version.c.deployment_pk == deployment.c.pk)
        .where(deployment.c.uid.in_(uids), deployment_version.c.to_seq.is_(None))
    )
    stored = connection.execute(query).all()
    if not operations:
        return {uid: decode(doc, Deployment) for uid, doc, _ in stored}
    sets = load_operations(connection, {record[2] for record in stored if record[2] is not None})
    return {uid: _whole(decode(doc, Deployment), sets, key) for uid, doc, key in stored}


def _whole(item: Deployment, sets: Mapping[int, Any], key: int | None) -> Deployment:
    return item if key is None else msgspec.structs.replace(item, operations=sets[key])
