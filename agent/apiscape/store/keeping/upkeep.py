"""Upkeep: backups, retention, and what a person settles."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from apiscape.errors import NotFound, UsageError
from apiscape.model.change import Change
from apiscape.model.known import PresenceChange
from apiscape.model.run import Reach, RunReport, Scope
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import ChangeKind, Presence
from apiscape.store.database.transaction import Transaction
from apiscape.store.database.writer import Writer
from apiscape.store.encoding import clean
from apiscape.store.keeping.backup import read_backup, write_backup
from apiscape.store.keeping.retention import HISTORY, drop_shown, retain
from apiscape.store.schema import deployment, scope
from apiscape.store.writing.closing import change_presence, load_standing
from apiscape.store.writing.deployments import end_versions

KEPT = timedelta(days=400)
"""How long history is kept, unless settings say otherwise."""


class Upkeep:
    """What is done to a store beside runs."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def backup(self, path: Path) -> None:
        """Write a backup, one SQLite store file, while the store is in use.

        Raises:
            StoreError: the file exists, or cannot be written.
        """
        write_backup(self._writer.database, Path(path))

    def restore(self, path: Path) -> None:
        """Replace everything in the store by a backup of an SQLite or a PostgreSQL store.

        Raises:
            StoreError: the file is no backup of a store.
            StoreTooNew: it was made by a newer version.
        """
        read_backup(self._writer.database, Path(path))
        self._writer.sets.forget()

    def retain(self, now: datetime, keep: timedelta = KEPT) -> int:
        """Drop history older than `keep`; return how many rows were dropped."""
        with self._writer.transaction() as tx:
            return retain(tx.connection, now - keep)

    def confirm(self, scope_key: str, *, by: str, at: datetime) -> int:
        """Retire the suspect deployments of a scope, because a person says that they are gone.

        Raises:
            NotFound: there is no such scope.
        """
        with self._writer.transaction() as tx:
            held = tx.connection.execute(
                sa.select(scope).where(scope.c.key == clean(scope_key))
            ).first()
            if held is None:
                raise NotFound(f"no scope {scope_key!r}", hint="`apiscape runs -o name` lists them")
            return _retire_suspects(tx, held.pk, _report(held, at), by)

    def forget(self, uid: str, *, by: str, at: datetime) -> None:
        """Take a retired deployment out of every view; its history keeps that it was there.

        Raises:
            NotFound: there is no such deployment, or it was forgotten already.
            UsageError: it is not retired.
        """
        query = (
            sa.select(deployment, scope.c.key, scope.c.generation)
            .join(scope, scope.c.pk == deployment.c.scope_pk)
            .where(deployment.c.uid == clean(uid), deployment.c.forgotten_at.is_(None))
        )
        with self._writer.transaction() as tx:
            held = tx.connection.execute(query).first()
            if held is None:
                raise NotFound(f"no deployment {uid}", hint=None)
            if held.presence != Presence.RETIRED:
                raise UsageError(
                    f"{held.name} is {held.presence}; only what is retired can be forgotten",
                    hint="what a gateway still has would appear again",
                )
            change = Change(
                at=at,
                kind=ChangeKind.FORGOTTEN,
                uid=held.uid,
                name=held.name,
                scope=held.key,
                generation=held.generation,
                reason=f"forgotten by {clean(by)}",
                evidence="person",
            )
            seq = tx.log.append(change, scope_pk=held.scope_pk, deployment_pk=held.pk)
            _forget(tx, held.pk, seq, at)


def _report(held: sa.Row[tuple[object, ...]], at: datetime) -> RunReport:
    """Return a report that stands for the person's word, at the scope's newest generation."""
    reach = Reach(key=held.reach_key, account=held.account, region=held.region, title=held.title)
    visited = Scope(source=held.source, provider=held.provider, product=held.product, reach=reach)
    return RunReport(scope=visited, generation=held.generation, started_at=at, ended_at=at)


def _retire_suspects(tx: Transaction, scope_pk: int, report: RunReport, by: str) -> int:
    query = sa.select(
        deployment.c.uid, deployment.c.missing_since, deployment.c.missing_runs
    ).where(
        deployment.c.scope_pk == scope_pk,
        deployment.c.presence == Presence.SUSPECT,
        deployment.c.forgotten_at.is_(None),
    )
    changes = [
        PresenceChange(
            uid=record.uid,
            presence=Presence.RETIRED,
            missing_since=None
            if record.missing_since is None
            else from_utc_millis(record.missing_since),
            missing_runs=record.missing_runs,
            reason=f"confirmed by {clean(by)}",
            evidence="person",
        )
        for record in tx.connection.execute(query)
    ]
    standing = load_standing(tx.connection, [change.uid for change in changes])
    return change_presence(tx, report, scope_pk, changes, standing)


def _forget(tx: Transaction, key: int, seq: int, at: datetime) -> None:
    for table in HISTORY:
        end_versions(tx.connection, table, [(key, seq)])
    drop_shown(tx.connection, [key])
    forgotten = sa.update(deployment).where(deployment.c.pk == key)
    tx.connection.execute(forgotten.values(forgotten_at=utc_millis(at)))
