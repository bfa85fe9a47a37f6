"""Dropping what lies before the horizon, and what nothing points at any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Table

from apiscape.model.codec import decode
from apiscape.model.run import RunReport
from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import ErrorKind
from apiscape.store.database.bulk import insert_many
from apiscape.store.database.transaction import move_cursor, read_cursor
from apiscape.store.database.writer import SWEEP
from apiscape.store.reading.changes import read_horizon
from apiscape.store.reading.finding import RETIRED_SHOWN
from apiscape.store.schema import (
    api,
    api_member,
    change,
    conclusion,
    conclusion_version,
    deep,
    deployment,
    deployment_version,
    exception,
    measurement,
    meta,
    operation,
    operation_set,
    presence_version,
    row,
    row_doc,
    run,
    scope,
    security,
    spec_document,
    surrounding,
    terms,
)
from apiscape.store.writing.closing import SEEN
from apiscape.store.writing.rows import CHUNK

SHOWN = (row, row_doc, deep, exception, conclusion, api_member, measurement)
"""Tables that hold what views show of a deployment."""

HISTORY = (deployment_version, presence_version, conclusion_version)
"""Tables that hold what a deployment was."""


def retain(connection: Connection, before: datetime) -> int:
    """Drop history that ended before a time, and return how many rows that were.

    What is valid at `before` or later stays, so that it can still be read as of then; so does the
    change that began it, however old, for it says since when. Before the first visit there is
    nothing to drop, and the horizon stays with it.
    """
    begun = connection.scalar(sa.select(sa.func.min(run.c.started_at)))
    if begun is None or utc_millis(before) <= begun:
        return sweep(connection)
    horizon = max(utc_millis(before), read_horizon(connection)[0])
    query = sa.select(sa.func.max(change.c.seq)).where(change.c.at < horizon)
    horizon_seq = max(connection.execute(query).scalar() or 0, read_horizon(connection)[1])
    dropped = _drop_deployments(connection, horizon)
    for table in (*HISTORY, surrounding):
        dropped += _delete(connection, table, table.c.to_seq <= horizon_seq)
    dropped += _delete(connection, change, change.c.seq <= horizon_seq, *map(_began_none, HISTORY))
    dropped += _drop_runs(connection, horizon)
    dropped += sweep(connection)
    _write_horizon(connection, horizon, horizon_seq)
    return dropped


def drop_shown(connection: Connection, keys: list[int]) -> None:
    """Take deployments out of every view; their history stays."""
    for table in SHOWN:
        connection.execute(sa.delete(table).where(table.c.deployment_pk.in_(keys)))
    member = sa.select(api_member.c.api_uid).where(api_member.c.api_uid == api.c.uid)
    connection.execute(sa.delete(api).where(~member.exists()))


def sweep(connection: Connection) -> int:
    """Drop operation sets, securities, terms and contracts that nothing points at; return how many rows."""
    version = sa.exists().where(deployment_version.c.operation_set_pk == operation_set.c.pk)
    unused = sa.select(operation_set.c.pk).where(~version)
    dropped = _delete(connection, operation, operation.c.set_pk.in_(unused))
    dropped += _delete(connection, operation_set, ~version)
    asked = sa.select(operation.c.security_pk).distinct()
    dropped += _delete(connection, security, security.c.pk.not_in(asked))
    held = sa.select(operation.c.terms_pk).where(operation.c.terms_pk.is_not(None)).distinct()
    dropped += _delete(connection, terms, terms.c.pk.not_in(held))
    dropped += _drop_contracts(connection)
    move_cursor(connection, SWEEP, read_cursor(connection, SWEEP) + 1)
    return dropped


def _drop_runs(connection: Connection, horizon: int) -> int:
    """Drop runs that ended before the horizon, but for those that say how things stood at it."""
    last = set(connection.execute(sa.select(scope.c.last_run_pk)).scalars())
    query = (
        sa.select(run.c.pk, run.c.scope_pk, run.c.report)
        .where(run.c.ended_at < horizon)
        .order_by(run.c.scope_pk, run.c.generation.desc())
    )
    dropped = 0
    for _, runs in groupby(connection.execute(query).all(), key=itemgetter(1)):
        ended = {key: decode(doc, RunReport) for key, _, doc in runs}
        gone = sorted(ended.keys() - _telling(ended) - last)
        dropped += sum(_delete(connection, run, run.c.pk == key) for key in gone)
    return dropped


def _telling(ended: Mapping[int, RunReport]) -> set[int]:
    """Return which of a scope's runs, newest first, say how it stood: the newest, and the newest to see each part."""
    told: set[int] = set()
    parts: set[str] = set()
    for key, report in ended.items():
        if report.error is not None and report.error.kind == ErrorKind.INTERRUPTED:
            continue
        seen = {item.part for item in report.parts if item.outcome in SEEN} - parts
        if seen or not told:
            told.add(key)
        parts |= seen
    return told


def _began_none(versions: Table) -> sa.ColumnElement[bool]:
    """Return what holds for changes that began no version that is kept."""
    return change.c.seq.not_in(sa.select(versions.c.from_seq))


def _drop_deployments(connection: Connection, horizon: int) -> int:
    """Drop deployments that no default view lists, as of the horizon or later, with all their history."""
    shown_ms = int(RETIRED_SHOWN.total_seconds() * 1000)
    gone = sa.or_(deployment.c.retired_at < horizon - shown_ms, deployment.c.forgotten_at < horizon)
    keys = list(connection.execute(sa.select(deployment.c.pk).where(gone)).scalars())
    dropped = 0
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        drop_shown(connection, chunk)
        for table in HISTORY:
            dropped += _delete(connection, table, table.c.deployment_pk.in_(chunk))
        dropped += _delete(connection, deployment, deployment.c.pk.in_(chunk))
    return dropped


class _Contract(msgspec.Struct):
    contract_sha256: str | None = None


class _WithSpecs(msgspec.Struct):
    specs: tuple[_Contract, ...] = ()


def _drop_contracts(connection: Connection) -> int:
    kept = set(connection.execute(sa.select(spec_document.c.contract_sha256)).scalars())
    if kept:
        query = sa.select(deployment_version.c.doc).execution_options(yield_per=CHUNK)
        docs = connection.execute(query)
        for doc in docs.scalars():
            kept.difference_update(spec.contract_sha256 for spec in decode(doc, _WithSpecs).specs)
    unused = sorted(kept)
    return sum(
        _delete(connection, spec_document, spec_document.c.contract_sha256 == sha) for sha in unused
    )


def _write_horizon(connection: Connection, horizon: int, horizon_seq: int) -> None:
    values = {"horizon": str(horizon), "horizon_seq": str(horizon_seq)}
    connection.execute(sa.delete(meta).where(meta.c.key.in_(list(values))))
    insert_many(connection, meta, [{"key": key, "value": held} for key, held in values.items()])


def _delete(connection: Connection, table: Table, *conditions: sa.ColumnElement[bool]) -> int:
    result: Any = connection.execute(sa.delete(table).where(*conditions))
    return int(result.rowcount)
