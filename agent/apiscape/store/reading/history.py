"""The inventory as it was listed at some time: versions of facts and presence, and each part's outcome then.

Facts and presence are versioned, and each run keeps what it left unobserved, so these are exact.

What is not as it was: of conclusions (endpoints behind front doors, health, owners and whatever
else was laid over the facts) only the Api that a deployment belongs to is shown, as it is now;
where a deployment is listed (its scope) is where it is now; one that was forgotten and appeared
anew was first seen when it appeared anew; when a missing row was last seen is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, func, or_, select
from sqlalchemy import Row as Record

from apiscape.errors import NotKept
from apiscape.model.codec import decode
from apiscape.model.deployment import Deployment
from apiscape.model.projection import deepen, project
from apiscape.model.row import Deep, Row
from apiscape.model.run import PartReport, RunReport, Scope
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import ErrorKind, Freshness, Outcome, Presence
from apiscape.query import View
from apiscape.query.syntax import fields_of
from apiscape.store import schema
from apiscape.store.reading.changes import read_horizon
from apiscape.store.reading.display import moment_of
from apiscape.store.reading.finding import RETIRED_SHOWN
from apiscape.store.reading.scopes import scope_of
from apiscape.store.writing.closing import Unseen
from apiscape.store.writing.operations import load_operations

_CHUNK = 500
"""Versions whose operations are read together."""

_BLIND = frozenset({Outcome.FAILED.value, Outcome.ABSENT.value})
"""Outcomes of a part of which nothing was seen."""

_HELD, _FACTS, _STATE = (
    schema.deployment.c,
    schema.deployment_version.c,
    schema.presence_version.c,
)


class Sight(msgspec.Struct):
    """What was known of a part.

    Attributes:
        outcome: How the newest run's visit of it ended.
        observed_at: When a run last saw it, whole or partly.
        unseen: When a run last saw each deployment, by key, that the newest left unobserved.
    """

    outcome: str = Outcome.FAILED.value
    observed_at: datetime | None = None
    unseen: dict[int, datetime | None] = msgspec.field(default_factory=dict)

    def saw(self, key: int) -> bool:
        """Say whether the newest run saw a deployment of the part."""
        return self.outcome not in _BLIND and key not in self.unseen


_NEVER = Sight()


def read_rows_at(connection: Connection, view: View, at: datetime) -> Iterator[tuple[Row, Deep]]:
    """Yield the rows that a view is asked of, as they were, in no order.

    Superseded rows, and those retired more than thirty days before, are left out unless the view
    asks for `presence`.

    Raises:
        NotKept: Nothing is kept of that time.
    """
    refuse_before_horizon(connection, at)
    moment = utc_millis(at)
    seq = _seq_at(connection, moment)
    sights = _sights_at(connection, moment)
    hides = "presence" not in fields_of(view)
    records = connection.execute(_versions_at(seq, moment)).all()
    shown = [record for record in records if not (hides and _is_hidden(record, at))]
    for start in range(0, len(shown), _CHUNK):
        yield from _compose(connection, shown[start : start + _CHUNK], sights)


def _seq_at(connection: Connection, moment: int) -> int:
    """Return the sequence number that a time stands at; of a time that may be asked for, not before the horizon's."""
    log = schema.change.c
    newest = connection.scalar(select(func.max(log.seq)).where(log.at <= moment)) or 0
    return max(newest, read_horizon(connection)[1])


def refuse_before_horizon(connection: Connection, at: datetime) -> None:
    """Refuse a time of which nothing is kept: before the horizon, or before anybody looked.

    Raises:
        NotKept: It is.
    """
    kept = schema.meta.c
    query = select(kept.value).where(kept.key.in_(("horizon", "created_at")))
    horizon = max((int(value) for value in connection.scalars(query)), default=0)
    horizon = horizon or connection.scalar(select(func.min(schema.run.c.started_at))) or 0
    if utc_millis(at) < horizon:
        since = from_utc_millis(horizon).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise NotKept(
            f"nothing is kept before {since}",
            hint=f"the oldest that can be asked for is at:{since}",
        )


def _versions_at(seq: int, moment: int) -> Select[*tuple[Any, ...]]:
    """Return the query of every deployment that was not forgotten, with what held at a sequence number."""
    said = schema.change.alias("said").c
    settled = schema.change.alias("settled").c
    return (
        select(
            _HELD.pk,
            _HELD.part_pk,
            _HELD.first_seen_at,
            _FACTS.doc,
            _FACTS.operation_set_pk,
            _STATE.presence,
            _STATE.missing_since,
            said.at.label("changed_at"),
            settled.at.label("settled_at"),
            schema.api_member.c.api_uid,
            schema.scope,
        )
        .select_from(schema.deployment)
        .join(schema.scope, schema.scope.c.pk == _HELD.scope_pk)
        .join(schema.deployment_version, _valid(_FACTS, seq))
        .join(schema.presence_version, _valid(_STATE, seq))
        .outerjoin(said.seq.table, said.seq == _FACTS.from_seq)
        .outerjoin(settled.seq.table, settled.seq == _STATE.from_seq)
        .outerjoin(schema.api_member, schema.api_member.c.deployment_pk == _HELD.pk)
        .where(or_(_HELD.forgotten_at.is_(None), _HELD.forgotten_at > moment))
    )


def _valid(version: Any, seq: int) -> Any:  # noqa: ANN401 - columns of a table, and a condition on them
    return and_(
        version.deployment_pk == _HELD.pk,
        version.from_seq <= seq,
        or_(version.to_seq.is_(None), version.to_seq > seq),
    )


def _is_hidden(record: Record[Any], at: datetime) -> bool:
    if record.presence == Presence.SUPERSEDED:
        return True
    long_ago = utc_millis(at - RETIRED_SHOWN)
    return bool(record.presence == Presence.RETIRED and (record.settled_at or 0) < long_ago)


def _compose(
    connection: Connection, records: list[Record[Any]], sights: dict[int, Sight]
) -> Iterator[tuple[Row, Deep]]:
    asked = {r.operation_set_pk for r in records if r.operation_set_pk is not None}
    sets = load_operations(connection, asked) if asked else {}
    for record in records:
        item = decode(record.doc, Deployment)
        if record.operation_set_pk is not None:
            item = msgspec.structs.replace(item, operations=sets[record.operation_set_pk])
        yield _row(item, scope_of(record), record, sights.get(record.part_pk, _NEVER)), deepen(item)


def _row(item: Deployment, scope: Scope, record: Record[Any], sight: Sight) -> Row:
    return msgspec.structs.replace(
        project(item, scope),
        api=record.api_uid,
        presence=record.presence,
        missing_since=moment_of(record.missing_since),
        first_seen_at=moment_of(record.first_seen_at),
        changed_at=moment_of(record.changed_at) or moment_of(record.first_seen_at),
        observed_at=sight.unseen.get(record.pk, sight.observed_at),
        freshness=Freshness.CURRENT if sight.saw(record.pk) else Freshness.NOT_OBSERVED,
    )


def _sights_at(connection: Connection, moment: int) -> dict[int, Sight]:
    """Return what was known of each part, by its key, from the runs that had ended."""
    parts = connection.execute(
        select(schema.part.c.scope_pk, schema.part.c.name, schema.part.c.pk)
    ).all()
    by_scope: dict[int, dict[str, int]] = {}
    for scope_pk, name, key in parts:
        by_scope.setdefault(scope_pk, {})[name] = key
    sights: dict[int, Sight] = {}
    for scope_pk, keys in by_scope.items():
        sights.update(_sights_of(connection, scope_pk, keys, moment))
    return sights


def _sights_of(
    connection: Connection, scope_pk: int, keys: dict[str, int], moment: int
) -> dict[int, Sight]:
    """Go back over the runs of a scope until each part was seen by one.

    A run that was interrupted says nothing of any part: all stand as the one before left them.
    """
    run = schema.run.c
    query = (
        select(run.report)
        .where(run.scope_pk == scope_pk, run.ended_at <= moment)
        .order_by(run.generation.desc())
    )
    sights: dict[int, Sight] = {}
    waiting = dict(keys)
    unseen: dict[int, datetime | None] | None = None
    for doc in connection.scalars(query):
        report = decode(doc, RunReport)
        if report.error is not None and report.error.kind == ErrorKind.INTERRUPTED:
            continue
        if unseen is None:
            unseen = {key: moment_of(at) for at, each in decode(doc, Unseen).unseen for key in each}
        visits = {visit.part: visit for visit in report.parts}
        for name, key in list(waiting.items()):
            sight = sights.setdefault(key, _sight(visits.get(name), unseen))
            if name in visits and visits[name].outcome not in _BLIND:
                sight.observed_at = report.ended_at
                del waiting[name]
        if not waiting:
            break
    return sights


def _sight(visit: PartReport | None, unseen: dict[int, datetime | None]) -> Sight:
    """Return how the newest visit of a part went; one that a run does not speak of was not seen."""
    return Sight(unseen=unseen) if visit is None else Sight(visit.outcome, unseen=unseen)
