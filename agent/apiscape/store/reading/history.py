"""The inventory as it was at some time: versions of facts, presence and conclusions, and each part's outcome then.

Facts, presence and what was concluded in words are versioned, and each run keeps what it left
unobserved, so these are exact.

What is not as it was: measured numbers (requests, errors, latency) are not kept, so they are
unknown; the reason of a health is in the words that it began with; where a deployment is listed
(its scope) is where it is now; one that was forgotten and appeared anew was first seen when it
appeared anew; when a missing row was last seen is not kept. Conclusions drawn before a store was
brought to schema 0002 count from when they last moved: before that nothing was concluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, FromClause, Select, and_, func, or_, select
from sqlalchemy import Row as Record

from apiscape.errors import NotKept
from apiscape.model.codec import decode
from apiscape.model.deployment import Deployment
from apiscape.model.projection import deepen, project
from apiscape.model.row import Deep, Row
from apiscape.model.run import PartReport, RunReport
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import ErrorKind, Freshness, Outcome, Presence
from apiscape.query import View, shows_hidden
from apiscape.store import schema
from apiscape.store.overlay import Conclusion, lay_over
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

_HELD, _FACTS, _STATE, _DRAWN = (
    schema.deployment.c,
    schema.deployment_version.c,
    schema.presence_version.c,
    schema.conclusion_version.c,
)
_SCOPE = ("key", "source", "provider", "product", "reach_key", "account", "region", "title")


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


class Moment(NamedTuple):
    """A time that is kept: in UTC milliseconds, and the sequence number that it stands at."""

    at: datetime
    millis: int
    seq: int

    def holds(self, version: Any) -> Any:  # noqa: ANN401 - columns of a table, and a condition on them
        """Return whether a version was valid then."""
        return holds(version, self.seq)


def holds(version: Any, seq: Any) -> Any:  # noqa: ANN401 - columns of a table, a number or an expression, and a condition
    """Return whether a version was valid at a sequence number."""
    return and_(version.from_seq <= seq, or_(version.to_seq.is_(None), version.to_seq > seq))


def moment_at(connection: Connection, at: datetime) -> Moment:
    """Return a time that may be asked for; its sequence number is not before the horizon's.

    Raises:
        NotKept: Nothing is kept of that time.
    """
    refuse_before_horizon(connection, at)
    log, millis = schema.change.c, utc_millis(at)
    newest = connection.scalar(select(func.max(log.seq)).where(log.at <= millis)) or 0
    return Moment(at, millis, max(newest, read_horizon(connection)[1]))


def read_rows_at(connection: Connection, view: View, at: datetime) -> Iterator[tuple[Row, Deep]]:
    """Yield the rows that a view is asked of, as they were, in no order.

    Superseded rows, and those retired more than thirty days before, are left out unless the view
    asks for `presence`.

    Raises:
        NotKept: Nothing is kept of that time.
    """
    moment = moment_at(connection, at)
    sights = sights_at(connection, moment)
    hides = not shows_hidden(view)
    records = connection.execute(versions_at(moment)).all()
    shown = [record for record in records if not (hides and is_hidden(record, at))]
    for item, row in compose(connection, shown, sights):
        yield row, deepen(item)


def refuse_before_horizon(connection: Connection, at: datetime) -> None:
    """Refuse a time of which nothing is kept: before the horizon, or before anybody looked.

    Raises:
        NotKept: It is.
    """
    kept = schema.meta.c
    said = connection.scalar(select(kept.value).where(kept.key == "horizon"))
    horizon = int(said or 0) or connection.scalar(select(func.min(schema.run.c.started_at))) or 0
    if utc_millis(at) < horizon:
        since = from_utc_millis(horizon).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise NotKept(
            f"nothing is kept before {since}",
            hint=f"the oldest time that can be asked for is {since}",
        )


def versions_at(moment: Moment) -> Select[*tuple[Any, ...]]:
    """Return the query of every deployment that was not forgotten, with what held at a time."""
    stood = or_(_HELD.forgotten_at.is_(None), _HELD.forgotten_at > moment.millis)
    return versions_where(schema.deployment, moment.seq).where(stood)


def versions_where(source: FromClause, seq: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - a number or an expression
    """Return the query of deployments with what held at a sequence number, which may be one of each.

    Args:
        source: The table of deployments, joined to whatever `seq` is an expression of.
        seq: Where in the log they stood.
    """
    said = schema.change.alias("said").c
    settled = schema.change.alias("settled").c
    return (
        select(
            _HELD.pk,
            _HELD.uid,
            _HELD.native_id,
            _HELD.name,
            _HELD.part_pk,
            _HELD.listed_id,
            _HELD.native_api_key,
            _HELD.first_seen_at,
            _FACTS.doc,
            _FACTS.operation_set_pk,
            _STATE.presence,
            _STATE.missing_since,
            _DRAWN.doc.label("concluded"),
            _DRAWN.api_uid,
            said.at.label("changed_at"),
            settled.at.label("settled_at"),
            schema.scope.c.pk.label("scope_pk"),
            *(schema.scope.c[name] for name in _SCOPE),
        )
        .select_from(source)
        .join(schema.scope, schema.scope.c.pk == _HELD.scope_pk)
        .join(schema.deployment_version, _valid(_FACTS, seq))
        .join(schema.presence_version, _valid(_STATE, seq))
        .outerjoin(schema.conclusion_version, _valid(_DRAWN, seq))
        .outerjoin(said.seq.table, said.seq == _FACTS.from_seq)
        .outerjoin(settled.seq.table, settled.seq == _STATE.from_seq)
    )


def _valid(version: Any, seq: Any) -> Any:  # noqa: ANN401 - columns of a table, a number or an expression, and a condition
    return and_(version.deployment_pk == _HELD.pk, holds(version, seq))


def is_hidden(record: Record[Any], at: datetime) -> bool:
    """Say whether a default view of that time left a row out."""
    if record.presence == Presence.SUPERSEDED:
        return True
    long_ago = utc_millis(at - RETIRED_SHOWN)
    return bool(record.presence == Presence.RETIRED and (record.settled_at or 0) < long_ago)


def compose(
    connection: Connection, records: Sequence[Record[Any]], sights: Mapping[int, Sight]
) -> Iterator[tuple[Deployment, Row]]:
    """Yield the deployments of records of `versions_at`, whole, with their rows."""
    for start in range(0, len(records), _CHUNK):
        chunk = records[start : start + _CHUNK]
        asked = {r.operation_set_pk for r in chunk if r.operation_set_pk is not None}
        sets = load_operations(connection, asked) if asked else {}
        for record in chunk:
            item = decode(record.doc, Deployment)
            if record.operation_set_pk is not None:
                item = msgspec.structs.replace(item, operations=sets[record.operation_set_pk])
            yield item, _row(item, record, sight_of(record, sights))


def sight_of(record: Record[Any], sights: Mapping[int, Sight]) -> Sight:
    """Return what was known of the part that lists a deployment."""
    return sights.get(record.part_pk, _NEVER)


def _row(item: Deployment, record: Record[Any], sight: Sight) -> Row:
    drawn = None if record.concluded is None else decode(record.concluded, Conclusion)
    return msgspec.structs.replace(
        lay_over(project(item, scope_of(record)), drawn),
        presence=record.presence,
        missing_since=moment_of(record.missing_since),
        first_seen_at=moment_of(record.first_seen_at),
        changed_at=moment_of(record.changed_at) or moment_of(record.first_seen_at),
        observed_at=sight.unseen.get(record.pk, sight.observed_at),
        freshness=Freshness.CURRENT if sight.saw(record.pk) else Freshness.NOT_OBSERVED,
    )


def sights_at(
    connection: Connection, moment: Moment, scopes: Iterable[int] | None = None
) -> dict[int, Sight]:
    """Return what was known of each part, by its key, from the runs that had ended; of some scopes or all."""
    held = schema.part.c
    query = select(held.scope_pk, held.name, held.pk)
    if scopes is not None:
        query = query.where(held.scope_pk.in_(sorted(set(scopes))))
    by_scope: dict[int, dict[str, int]] = {}
    for scope_pk, name, key in connection.execute(query).all():
        by_scope.setdefault(scope_pk, {})[name] = key
    sights: dict[int, Sight] = {}
    for scope_pk, keys in by_scope.items():
        sights.update(_sights_of(connection, scope_pk, keys, moment))
    return sights


def reports_at(connection: Connection, scope_pk: int, moment: Moment) -> Iterator[bytes]:
    """Yield the reports of a scope's runs that had ended, newest first, as they are kept."""
    run = schema.run.c
    query = (
        select(run.report)
        .where(run.scope_pk == scope_pk, run.ended_at <= moment.millis)
        .order_by(run.generation.desc())
    )
    yield from connection.scalars(query)


def says_nothing(report: RunReport) -> bool:
    """Say whether a run was interrupted: it tells of no part, and all stand as the one before left them."""
    return report.error is not None and report.error.kind == ErrorKind.INTERRUPTED


def _sights_of(
    connection: Connection, scope_pk: int, keys: dict[str, int], moment: Moment
) -> dict[int, Sight]:
    """Go back over the runs of a scope until each part was seen by one."""
    sights: dict[int, Sight] = {}
    waiting = dict(keys)
    unseen: dict[int, datetime | None] | None = None
    for doc in reports_at(connection, scope_pk, moment):
        report = decode(doc, RunReport)
        if says_nothing(report):
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
