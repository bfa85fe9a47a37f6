"""Scopes with their freshness, and what the inventory as a whole rests on."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, distinct, func, select
from sqlalchemy import Row as Record

from apiscape.client.inventory import ScopeStatus, Summary
from apiscape.model.codec import decode
from apiscape.model.run import ErrorRecord, Reach, RunReport, Scope
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import schema
from apiscape.store.reading.cells import NOT_OBSERVED
from apiscape.store.reading.display import moment_of

_HELD = schema.deployment.c

_STANDS = and_(
    _HELD.presence.not_in((Presence.RETIRED.value, Presence.SUPERSEDED.value)),
    _HELD.forgotten_at.is_(None),
)
"""Deployments that count: as far as anyone knows, the gateway has them."""

WHOLE = frozenset({Outcome.COMPLETE.value, Outcome.ABSENT.value})
"""Outcomes after which nothing of a scope is left unseen."""


class Counts(msgspec.Struct, frozen=True):
    """Deployments of a scope that stand; how many the newest runs did not see, and the guard holds."""

    deployments: int = 0
    not_observed: int = 0
    suspect: int = 0


def read_scopes(connection: Connection, key: str | None = None) -> tuple[ScopeStatus, ...]:
    """Return every scope, or the one of a key, as its newest ended run left it; ordered by key."""
    query = (
        select(schema.scope, schema.run.c.report)
        .outerjoin(schema.run, schema.run.c.pk == schema.scope.c.last_run_pk)
        .order_by(schema.scope.c.key)
    )
    if key is not None:
        query = query.where(schema.scope.c.key == key)
    records = connection.execute(query).all()
    counts = _count(connection, records[0].pk if key is not None and records else None)
    return tuple(_status(record, counts.get(record.pk, Counts())) for record in records)


def is_incomplete(status: ScopeStatus) -> bool:
    """Say whether part of a scope is unseen: its last run fell short, or none has ended yet.

    A gap that somebody accepted does not count.
    """
    run = status.last_run
    return run is None or run.falls_short


def summarise(connection: Connection) -> Summary:
    """Return what the inventory rests on.

    Deployments that are retired or superseded do not count. `observed_at` is the oldest of the
    times at which the scopes were last seen whole: everything was seen since then at the latest.
    It is `None` where some scope never was, but for those that turned out to be nothing.
    `problem` is why a source's estate could not be read, where no scope is known at all.
    """
    scopes = read_scopes(connection)
    deployments, apis = _totals(connection)
    wholes = [status.last_complete_at for status in scopes if not _is_nothing(status)]
    return Summary(
        deployments=deployments,
        apis=apis,
        scopes=len(scopes),
        incomplete=tuple(status.scope.key for status in scopes if is_incomplete(status)),
        not_observed=sum(status.not_observed for status in scopes),
        observed_at=min((whole for whole in wholes if whole), default=None)
        if all(wholes)
        else None,
        problem=None if scopes else _estate_error(connection),
    )


def _is_nothing(status: ScopeStatus) -> bool:
    """Say whether a scope was never more than absent: the region disabled, the kind not installed."""
    run = status.last_run
    return status.last_complete_at is None and run is not None and run.outcome == Outcome.ABSENT


def _count(connection: Connection, scope_pk: int | None) -> dict[int, Counts]:
    joined = schema.deployment.join(schema.part, schema.part.c.pk == _HELD.part_pk).outerjoin(
        schema.exception, schema.exception.c.deployment_pk == _HELD.pk
    )
    query = (
        select(
            _HELD.scope_pk,
            func.count(),
            func.count(case((NOT_OBSERVED, 1))),
            func.count(case((_HELD.presence == Presence.SUSPECT.value, 1))),
        )
        .select_from(joined)
        .where(_STANDS)
        .group_by(_HELD.scope_pk)
    )
    if scope_pk is not None:
        query = query.where(_HELD.scope_pk == scope_pk)
    return {key: Counts(*counts) for key, *counts in connection.execute(query)}


def _status(record: Record[Any], counts: Counts) -> ScopeStatus:
    return ScopeStatus(
        scope=scope_of(record),
        last_run=decode(record.report, RunReport) if record.report is not None else None,
        last_complete_at=moment_of(record.last_complete_at),
        deployments=counts.deployments,
        not_observed=counts.not_observed,
        suspect=counts.suspect,
    )


def scope_of(record: Record[Any]) -> Scope:
    """Return the scope of a record that has the columns of table `scope`."""
    reach = Reach(
        key=record.reach_key, account=record.account, region=record.region, title=record.title
    )
    return Scope(
        source=record.source, provider=record.provider, product=record.product, reach=reach
    )


def _totals(connection: Connection) -> tuple[int, int]:
    """Return how many deployments stand, and of how many Apis they are.

    One that no Api was concluded for yet belongs to that of its native API.
    """
    concluded = func.nullif(schema.row.c.api, "")
    query = (
        select(func.count(), func.count(distinct(func.coalesce(concluded, _HELD.native_api_key))))
        .select_from(schema.deployment.join(schema.row, schema.row.c.deployment_pk == _HELD.pk))
        .where(_STANDS)
    )
    deployments, apis = connection.execute(query).one()
    return deployments, apis


def _estate_error(connection: Connection) -> ErrorRecord | None:
    error = schema.source.c.error
    query = select(error).where(error.is_not(None)).order_by(schema.source.c.name).limit(1)
    doc = connection.scalar(query)
    return decode(doc, ErrorRecord) if doc is not None else None
