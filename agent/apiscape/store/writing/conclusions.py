"""Conclusions: what moved since they were drawn, what they need to know, and how they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from apiscape.model.codec import decode
from apiscape.model.entity import Entity
from apiscape.model.projection import host_of
from apiscape.model.row import Row
from apiscape.model.run import RunReport
from apiscape.model.surroundings import Api
from apiscape.model.values import from_utc_millis
from apiscape.model.vocabulary import Outcome
from apiscape.store.database.transaction import (
    CONCLUSION,
    DEPLOYMENT,
    LOG,
    move_cursor,
    read_cursor,
    read_cursors,
)
from apiscape.store.database.writer import Writer
from apiscape.store.encoding import ABSENT_TEXT, decode_list
from apiscape.store.overlay import (
    Conclusion,
)
from apiscape.store.reading.changes import refuse_dropped
from apiscape.store.schema import (
    api_member,
    change,
    conclusion,
    conclusion_version,
    deployment,
    row,
    run,
    scope,
)
from apiscape.store.writing.apis import drop_memberless, save_apis
from apiscape.store.writing.concluded import load_held, save_chunk
from apiscape.store.writing.newcomers import Member
from apiscape.store.writing.rows import CHUNK
from apiscape.store.writing.surroundings import VERDICT

CONCLUDE = "conclude"
"""Cursor of the one who draws conclusions."""


class Touched(Entity, frozen=True):
    """What moved since a sequence number.

    Attributes:
        uids: Deployments, once each, in the order of their first change.
        drawn: Those others of which nothing moved but that they came, with what follows of them alone.
        surroundings: Kind and uid of what stands around them.
        seq: Where to go on; `more`: whether there is more already.
    """

    uids: tuple[str, ...]
    surroundings: tuple[tuple[str, str], ...]
    seq: int
    more: bool
    drawn: tuple[str, ...] = ()


class Naming(Entity, frozen=True):
    """What a conclusion names of what stands around its deployment: so much of it is read alone."""

    front_doors: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """All of it, by uid."""
        return (*self.front_doors, *self.consumers)


class Place(Entity, frozen=True):
    """Where a deployment stands among what may stand around it.

    Attributes:
        native_api_key: What it has in common with its siblings.
        scope: Key of the scope that lists it.
        gateway: Uid of its gateway, in lower case; `None` where it is unknown.
    """

    uid: str
    native_api_key: str
    scope: str
    gateway: str | None = None


class Visited(Entity, frozen=True):
    """A scope, as its newest ended run left it.

    Attributes:
        provider, account, region: Where it is; empty and absent where nobody says.
        whole: Whether that run saw all there is, and left nothing out.
        absent: Whether it found that there is nothing to look at: a region that is off, a kind not installed.
    """

    key: str
    source: str
    reach: str
    product: str
    whole: bool
    absent: bool = False
    provider: str = ""
    account: str = ""
    region: str | None = None


class Conclusions:
    """What `conclude` reads and writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._database = writer.database

    def cursor(self, name: str = CONCLUDE) -> int:
        """Return the sequence number up to which conclusions were drawn."""
        with self._database.read() as connection:
            return read_cursor(connection, name)

    def cursors(self, beginning: str) -> dict[str, int]:
        """Return all cursors whose names begin so."""
        with self._database.read() as connection:
            return read_cursors(connection, beginning)

    def touched(self, after: int, limit: int = 500) -> Touched:
        """Return what moved after a sequence number, at most `limit` changes of it.

        Raises:
            NotKept: changes after `after` were dropped already.
        """
        drawn = conclusion_version.c
        at_once = (drawn.deployment_pk == change.c.deployment_pk) & (drawn.from_seq == change.c.seq)
        query = (
            sa.select(change.c.seq, change.c.subject, change.c.uid, drawn.from_seq)
            .outerjoin(conclusion_version, at_once)
            .where(change.c.seq > after, change.c.subject.not_in((CONCLUSION, VERDICT)))
            .order_by(change.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            refuse_dropped(connection, after)
            moved = connection.execute(query).all()
            more = len(moved) == limit
            seq = moved[-1].seq if more else read_cursor(connection, LOG)
        around = {(item.subject, item.uid): None for item in moved if item.subject != DEPLOYMENT}
        deployments = [item for item in moved if item.subject == DEPLOYMENT]
        uids = dict.fromkeys(item.uid for item in deployments if item.from_seq is None)
        came = dict.fromkeys(item.uid for item in deployments if item.from_seq is not None)
        return Touched(
            uids=tuple(uids),
            surroundings=tuple(around),
            seq=seq,
            more=more,
            drawn=tuple(uid for uid in came if uid not in uids),
        )

    def every_key(self, after: str = "", limit: int = 500) -> tuple[str, ...]:
        """Return what the deployments that stand have in common with their siblings, in order, after one of them."""
        key = deployment.c.native_api_key
        query = (
            sa.select(key)
            .where(key > after, deployment.c.forgotten_at.is_(None))
            .distinct()
            .order_by(key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def keys_of(self, uids: Iterable[str]) -> dict[str, str]:
        """Return what each deployment has in common with its siblings, by uid."""
        query = sa.select(deployment.c.uid, deployment.c.native_api_key)
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for chunk in _chunks(uids):
                for record in connection.execute(query.where(deployment.c.uid.in_(chunk))):
                    found[record.uid] = record.native_api_key
        return found

    def answering(self, uids: Iterable[str] | None = None) -> dict[str, set[str]]:
        """Return the native APIs that answer at each host, those of some deployments or of all."""
        query = sa.select(deployment.c.native_api_key, row.c.endpoints).join(
            row, row.c.deployment_pk == deployment.c.pk
        )
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for asked in _asked(query.where(row.c.endpoints > ABSENT_TEXT), uids):
                for record in connection.execute(asked):
                    for url in decode_list(record.endpoints):
                        found.setdefault(host_of(url), set()).add(record.native_api_key)
        return found

    def places_of(self, uids: Iterable[str]) -> tuple[Place, ...]:
        """Return where deployments stand; those not stored are left out."""
        query = (
            sa.select(
                deployment.c.uid,
                deployment.c.native_api_key,
                scope.c.key.label("scope"),
                row.c.gateway,
            )
            .join(scope, scope.c.pk == deployment.c.scope_pk)
            .join(row, row.c.deployment_pk == deployment.c.pk)
        )
        found: list[Place] = []
        with self._database.read() as connection:
            for chunk in _chunks(uids):
                held = connection.execute(query.where(deployment.c.uid.in_(chunk)))
                found += (Place(*record) for record in held)
        return tuple(found)

    def members_of(self, native_api_keys: Iterable[str]) -> dict[str, tuple[Member, ...]]:
        """Return the deployments of native APIs, oldest first; each key asked for is there."""
        asked = list(dict.fromkeys(native_api_keys))
        found: dict[str, list[Member]] = {key: [] for key in asked}
        query = (
            sa.select(deployment, api_member.c.api_uid, scope.c.key.label("scope_key"))
            .join(scope, scope.c.pk == deployment.c.scope_pk)
            .outerjoin(api_member, api_member.c.deployment_pk == deployment.c.pk)
            .order_by(deployment.c.first_seen_at, deployment.c.uid)
        )
        with self._database.read() as connection:
            for chunk in _chunks(asked):
                among = query.where(
                    deployment.c.native_api_key.in_(chunk), deployment.c.forgotten_at.is_(None)
                )
                for record in connection.execute(among):
                    found[record.native_api_key].append(_member(record))
        return {key: tuple(members) for key, members in found.items()}

    def visited(self) -> tuple[Visited, ...]:
        """Return every scope, in the order of their keys."""
        query = (
            sa.select(scope, run.c.outcome, run.c.report)
            .outerjoin(run, run.c.pk == scope.c.last_run_pk)
            .order_by(scope.c.key)
        )
        with self._database.read() as connection:
            return tuple(_visited(record) for record in connection.execute(query))

    def keys_in(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Return the native APIs of which a deployment is listed in one of these scopes, in order."""
        found: set[str] = set()
        query = sa.select(deployment.c.native_api_key).join(
            scope, scope.c.pk == deployment.c.scope_pk
        )
        with self._database.read() as connection:
            for chunk in _chunks(scopes):
                found.update(connection.scalars(query.where(scope.c.key.in_(chunk))))
        return tuple(sorted(found))

    def led_to(self) -> dict[str, set[str]]:
        """Return the deployments whose conclusions name a front door or a consumer, by the uid of that."""
        found: dict[str, set[str]] = {}
        query = sa.select(deployment.c.uid, conclusion.c.doc).join(
            conclusion, conclusion.c.deployment_pk == deployment.c.pk
        )
        with self._database.read() as connection:
            for uid, doc in connection.execute(query):
                for named in decode(doc, Naming).named:
                    found.setdefault(named, set()).add(uid)
        return found

    def load(self, uids: Iterable[str]) -> dict[str, Conclusion]:
        """Return what was concluded of deployments, by uid."""
        query = sa.select(deployment.c.uid, conclusion.c.doc).join(
            conclusion, conclusion.c.deployment_pk == deployment.c.pk
        )
        found: dict[str, Conclusion] = {}
        with self._database.read() as connection:
            for chunk in _chunks(uids):
                for record in connection.execute(query.where(deployment.c.uid.in_(chunk))):
                    found[record.uid] = decode(record.doc, Conclusion)
        return found

    def rows(self, uids: Iterable[str]) -> dict[str, Row]:
        """Return the rows of deployments as they are shown, by uid; presence and times are not of them."""
        found: dict[str, Row] = {}
        with self._database.read() as connection:
            for chunk in _chunks(uids):
                found.update((uid, held.row) for uid, held in load_held(connection, chunk).items())
        return found

    def save(
        self,
        conclusions: Mapping[str, Conclusion],
        apis: Iterable[Api],
        *,
        seq: int,
        at: datetime,
        name: str = CONCLUDE,
    ) -> int:
        """Keep conclusions by deployment's uid, and Apis, in one transaction; return the last sequence number.

        Rows that move are written, indexed and logged: as `health` where a verdict turned, as
        `concluded` what else moved. An Api that no deployment belongs to any more goes. The members
        of `apis` follow from the conclusions.
        """
        with self._writer.transaction() as tx:
            given = list(apis)
            save_apis(tx.connection, given)
            left = {item.uid for item in given}
            for chunk in _chunks(conclusions):
                left |= save_chunk(tx, {uid: conclusions[uid] for uid in chunk}, at)
            drop_memberless(tx.connection, left)
            if read_cursor(tx.connection, name) != seq:
                move_cursor(tx.connection, name, seq)
            return tx.log.flush()


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    asked = list(dict.fromkeys(items))
    for start in range(0, len(asked), CHUNK):
        yield asked[start : start + CHUNK]


def _asked(query: sa.Select[Any, Any], uids: Iterable[str] | None) -> Iterator[sa.Select[Any, Any]]:
    """Yield a query for all deployments, or for some of them, a chunk at a time."""
    if uids is None:
        yield query
        return
    for chunk in _chunks(uids):
        yield query.where(deployment.c.uid.in_(chunk))


def _member(record: Any) -> Member:  # noqa: ANN401 - a row of `members_of`
    return Member(
        uid=record.uid,
        stage=record.stage,
        presence=record.presence,
        first_seen_at=from_utc_millis(record.first_seen_at),
        api_uid=record.api_uid,
        scope=record.scope_key,
    )


def _visited(record: Any) -> Visited:  # noqa: ANN401 - a row of `visited`
    whole = record.outcome == Outcome.COMPLETE
    if whole:
        whole = not decode(record.report, RunReport).ledger.skipped
    return Visited(
        key=record.key,
        source=record.source,
        reach=record.reach_key,
        product=record.product,
        whole=whole,
        absent=record.outcome == Outcome.ABSENT,
        provider=record.provider,
        account=record.account,
        region=record.region,
    )
