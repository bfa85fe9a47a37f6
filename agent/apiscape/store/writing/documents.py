"""Contract documents by content: each is kept once, compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.store.database.bulk import insert_many
from apiscape.store.database.engine import Database
from apiscape.store.schema import spec_document

LIMIT_BYTES = 5 * 1024 * 1024
"""Larger contracts are not kept; their hash and operations are."""

_LEVEL = 6


class Documents:
    """Puts and gets sanitised contracts by their SHA-256."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, contract_sha256: str, body: bytes) -> None:
        """Keep a contract; one that is kept already is left as it is.

        Raises:
            ValueError: it is larger than 5 MB.
        """
        with self._database.write() as connection:
            put_documents(connection, {contract_sha256: body})

    def get(self, contract_sha256: str) -> bytes | None:
        """Return a contract, `None` where it is not kept."""
        query = sa.select(spec_document.c.size, spec_document.c.body)
        with self._database.read() as connection:
            found = connection.execute(
                query.where(spec_document.c.contract_sha256 == contract_sha256)
            ).first()
        return None if found is None else zlib.decompress(found.body, bufsize=found.size)


def put_documents(connection: Connection, bodies: Mapping[str, bytes]) -> None:
    """Keep contracts that are not kept yet, inside the caller's transaction.

    Raises:
        ValueError: one is larger than 5 MB.
    """
    if not bodies:
        return
    for contract_sha256, body in bodies.items():
        if len(body) > LIMIT_BYTES:
            raise ValueError(
                f"contract {contract_sha256} has {len(body)} bytes, more than {LIMIT_BYTES}"
            )
    key = spec_document.c.contract_sha256
    kept = set(connection.execute(sa.select(key).where(key.in_(list(bodies)))).scalars())
    rows = [
        {"contract_sha256": sha256, "size": len(body), "body": zlib.compress(body, _LEVEL)}
        for sha256, body in bodies.items()
        if sha256 not in kept
    ]
    insert_many(connection, spec_document, rows)
