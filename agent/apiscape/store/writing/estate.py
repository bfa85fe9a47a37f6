"""The estate: every reach that the providers say exists, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from apiscape.model.codec import decode, encode
from apiscape.model.run import ErrorRecord, EstateEntry
from apiscape.model.values import utc_millis
from apiscape.store.database.bulk import insert_many
from apiscape.store.database.engine import Database
from apiscape.store.database.transaction import Keys
from apiscape.store.schema import estate, source


class Estate:
    """Keeps the last plan of each source."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        name: str,
        entries: Sequence[EstateEntry],
        *,
        provider: str,
        at: datetime,
        error: ErrorRecord | None = None,
    ) -> None:
        """Replace the entries of a source; with an error, keep them and note it."""
        with self._database.write() as connection:
            key = source_key(Keys(connection), connection, name, provider)
            connection.execute(
                sa.update(source)
                .where(source.c.pk == key)
                .values(planned_at=utc_millis(at), error=encode(error) if error else None)
            )
            if error is not None:
                return
            connection.execute(sa.delete(estate).where(estate.c.source_pk == key))
            rows = {entry.key: encode(entry) for entry in entries}
            if rows:
                values = [{"source_pk": key, "key": k, "doc": doc} for k, doc in rows.items()]
                insert_many(connection, estate, values)

    def load(self) -> tuple[EstateEntry, ...]:
        """Return the entries of every source, by source and key."""
        query = (
            sa.select(estate.c.doc)
            .join(source, source.c.pk == estate.c.source_pk)
            .order_by(source.c.name, estate.c.key)
        )
        with self._database.read() as connection:
            return tuple(decode(doc, EstateEntry) for doc in connection.execute(query).scalars())

    def errors(self) -> dict[str, ErrorRecord]:
        """Return why the estate of a source could not be read the last time, by source."""
        query = sa.select(source.c.name, source.c.error).where(source.c.error.is_not(None))
        with self._database.read() as connection:
            return {name: decode(doc, ErrorRecord) for name, doc in connection.execute(query)}


_SOURCE_OF = sa.select(source.c.pk).where(source.c.name == sa.bindparam("name"))


def source_key(keys: Keys, connection: sa.Connection, name: str, provider: str) -> int:
    """Return the key of a source, adding it where it is new."""
    found = connection.execute(_SOURCE_OF, {"name": name}).scalar()
    if found is not None:
        return int(found)
    key = keys.allot(source)
    insert_many(connection, source, [{"pk": key, "name": name, "provider": provider}])
    return key
