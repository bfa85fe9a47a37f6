"""What sources measure of deployments: the newest of each, rewritten in place and never logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from apiscape.model.codec import decode, encode
from apiscape.model.measured import Measured, measured_at
from apiscape.store.database.bulk import insert_many
from apiscape.store.database.transaction import Transaction
from apiscape.store.database.writer import Writer
from apiscape.store.schema import deployment, measurement
from apiscape.store.writing.rows import CHUNK


class Measurements:
    """What was measured, by deployment and source."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._database = writer.database

    def save(self, source: str, found: Mapping[str, Measured]) -> int:
        """Keep what a source measured of some deployments, by uid, in place of what it measured before.

        Deployments that are not stored are passed over; those that are not named keep what they have.

        Returns:
            Of how many deployments something was kept.
        """
        with self._writer.transaction() as tx:
            keys = _keys_of(tx, found)
            docs = [
                {"deployment_pk": keys[uid], "source": source, "doc": encode(measured)}
                for uid, measured in found.items()
                if uid in keys
            ]
            _drop(tx, source, keys.values())
            insert_many(tx.connection, measurement, docs)
            return len(docs)

    def forget(self, source: str, uids: Iterable[str]) -> None:
        """Drop what a source measured of some deployments: it no longer looks at them."""
        with self._writer.transaction() as tx:
            _drop(tx, source, _keys_of(tx, uids).values())

    def load(self, uids: Iterable[str]) -> dict[str, tuple[Measured, ...]]:
        """Return what was measured of deployments, by uid; those of which nothing was are left out."""
        return self._load(uids)

    def _load(
        self, uids: Iterable[str], *which: sa.ColumnElement[bool]
    ) -> dict[str, tuple[Measured, ...]]:
        query = (
            sa.select(deployment.c.uid, measurement.c.doc)
            .join(measurement, measurement.c.deployment_pk == deployment.c.pk)
            .where(*which)
            .order_by(measurement.c.source)
        )
        found: dict[str, list[Measured]] = {}
        asked = list(dict.fromkeys(uids))
        with self._database.read() as connection:
            for start in range(0, len(asked), CHUNK):
                chunk = query.where(deployment.c.uid.in_(asked[start : start + CHUNK]))
                for uid, doc in connection.execute(chunk):
                    found.setdefault(uid, []).append(decode(doc, Measured))
        return {uid: tuple(each) for uid, each in found.items()}

    def newest(self, source: str, uids: Iterable[str]) -> datetime | None:
        """Return when a source last measured any of some deployments, `None` where it never did."""
        found = (
            measured_at(one)
            for each in self._load(uids, measurement.c.source == source).values()
            for one in each
        )
        return max((at for at in found if at is not None), default=None)

    def subjects(self) -> dict[str, frozenset[str]]:
        """Return the sources that measure each deployment, by its uid."""
        query = sa.select(deployment.c.uid, measurement.c.source).join(
            measurement, measurement.c.deployment_pk == deployment.c.pk
        )
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for uid, source in connection.execute(query):
                found.setdefault(uid, set()).add(source)
        return {uid: frozenset(sources) for uid, sources in found.items()}


def _keys_of(tx: Transaction, uids: Iterable[str]) -> dict[str, int]:
    asked = list(dict.fromkeys(uids))
    query = sa.select(deployment.c.uid, deployment.c.pk)
    keys: dict[str, int] = {}
    for start in range(0, len(asked), CHUNK):
        chunk = query.where(deployment.c.uid.in_(asked[start : start + CHUNK]))
        keys.update((uid, pk) for uid, pk in tx.connection.execute(chunk))
    return keys


def _drop(tx: Transaction, source: str, keys: Iterable[int]) -> None:
    held = list(keys)
    for start in range(0, len(held), CHUNK):
        tx.connection.execute(
            sa.delete(measurement).where(
                measurement.c.source == source,
                measurement.c.deployment_pk.in_(held[start : start + CHUNK]),
            )
        )
