"""Runs: they claim a generation, write in batches that it fences, and end with what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.errors import Fenced
from apiscape.model.codec import decode, encode
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, Happened, Known, Verdict
from apiscape.model.run import ErrorRecord, PartReport, RunReport, Scope
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import ErrorKind, Outcome
from apiscape.store.database.bulk import insert_many, rewrite
from apiscape.store.database.transaction import Transaction
from apiscape.store.database.writer import Writer
from apiscape.store.encoding import clean
from apiscape.store.reading.scopes import scope_of
from apiscape.store.schema import deployment, part
from apiscape.store.schema import run as run_table
from apiscape.store.schema import scope as scope_table
from apiscape.store.writing.closing import allot_parts, close_run, seen_parts, write_report
from apiscape.store.writing.deployments import Means, Target, store_deployments
from apiscape.store.writing.documents import put_documents
from apiscape.store.writing.estate import source_key
from apiscape.store.writing.happened import take_happened
from apiscape.store.writing.newcomers import Draw, draw_nothing
from apiscape.store.writing.rows import load_facts
from apiscape.store.writing.surroundings import (
    Seen,
    Visit,
    close_surroundings,
    see,
    store_surroundings,
)

BATCH_LIMIT = 500
"""Observations that one transaction may write."""


class OpenRun(Entity, frozen=True):
    """A run that has begun and not ended."""

    pk: int
    scope: Scope
    scope_pk: int
    generation: int
    started_at: datetime


class Runs:
    """What a visit of a scope reads and writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._database = writer.database
        self._given: dict[int, dict[int, set[str]]] = {}
        self._numbers: dict[str, tuple[int, int]] = {}
        self._means = Means(sets=writer.sets, draw=draw_nothing)

    def draw_with(self, draw: Draw) -> None:
        """Have what follows of new deployments drawn as they are written, instead of after that alone."""
        self._means = Means(sets=self._writer.sets, draw=draw)

    def begin(
        self,
        scope: Scope,
        *,
        at: datetime,
        caller: str | None = None,
        agent_version: str | None = None,
        collector_version: str | None = None,
        config_digest: str | None = None,
    ) -> OpenRun:
        """Claim the next generation of a scope; a run of it that is still open is interrupted."""
        with self._writer.transaction() as tx:
            scope_pk, generation = _claim(tx, scope)
            _interrupt(
                tx.connection, at, tx.connection.execute(_OPEN_OF, {"scope": scope_pk}).all()
            )
            report = RunReport(
                scope=scope,
                generation=generation,
                started_at=at,
                caller=caller,
                agent_version=agent_version,
                collector_version=collector_version,
                config_digest=config_digest,
            )
            key = tx.keys.allot(run_table)
            values = {
                "pk": key,
                "scope_pk": scope_pk,
                "generation": generation,
                "started_at": utc_millis(at),
                "writer": self._writer.id,
                "report": encode(report),
            }
            insert_many(tx.connection, run_table, [values])
        return OpenRun(pk=key, scope=scope, scope_pk=scope_pk, generation=generation, started_at=at)

    def known(self, scope: Scope) -> dict[str, Known]:
        """Return every deployment of a scope that is not forgotten, by uid."""
        with self._database.read() as connection:
            names = _part_names(connection, scope.key)
            found = connection.execute(_KNOWN_OF, {"key": scope.key}).all()
            return {record[0]: _known(record, names) for record in found}

    def documents(self, uids: Iterable[str], *, operations: bool = True) -> dict[str, Deployment]:
        """Return the current facts of deployments, by uid; those not stored are left out.

        Without `operations` those are unknown, and the rest comes several times as fast.
        """
        with self._database.read() as connection:
            return load_facts(connection, uids, operations=operations)

    def apply(self, run: OpenRun, batch: Batch, *, at: datetime) -> int:
        """Write a batch in one transaction and return the last sequence number.

        A write that is stored already writes and logs nothing, so a batch may come twice.

        Raises:
            Fenced: a newer run of the scope has begun, or this one has ended.
            StoreFull: no space, or read-only; nothing of the batch stays.
            ValueError: more than 500 observations.
        """
        with self._writer.transaction() as tx:
            _refuse_fenced(tx.connection, run)
            seen = self._write(tx, run, batch, at)
            last_seq = tx.log.flush()
        given = self._given.setdefault(run.pk, {})
        for item in seen:
            given.setdefault(item.part_pk, set()).add(item.uid)
        return last_seq

    def follow(
        self, run: OpenRun, batch: Batch, happened: Happened, *, number: int, at: datetime
    ) -> None:
        """Write in one transaction what a watch said, under the generation of a run that may have ended.

        The numbers are kept in memory: whoever holds the run's generation is this process.

        Raises:
            Fenced: a newer run of the scope has begun, or a batch of this number or a higher one came.
            StoreFull: no space, or read-only; nothing of the batch stays.
            ValueError: more than 500 observations.
        """
        key = run.scope.key
        with self._writer.transaction() as tx:
            _refuse_overtaken(tx.connection, run)
            if self._numbers.get(key, (0, 0)) >= (run.generation, number):
                raise Fenced(f"batch {number} of run {run.generation} of {key} comes too late")
            seen = self._write(tx, run, batch, at)
            names = {name for name, _ in happened.whole} | {name for name, *_ in happened.given}
            parts = allot_parts(tx, run.scope_pk, sorted(names))
            take_happened(tx, _visit(run, at), run.scope, happened, parts)
            tx.log.flush()
        self._numbers[key] = (run.generation, number)
        given = self._given.get(run.pk, {})
        for item in seen:
            given.setdefault(item.part_pk, set()).add(item.uid)

    def resume(self, scope: Scope) -> tuple[OpenRun, int] | None:
        """Return the newest run of a scope, and the number of the last batch that came after it.

        `None` while a run of the scope is open, and where it was never visited.
        """
        with self._database.read() as connection:
            found = connection.execute(_NEWEST_OF, {"key": scope.key}).first()
        if found is None or found.ended_at is None:
            return None
        run = OpenRun(
            pk=found.pk,
            scope=scope,
            scope_pk=found.scope_pk,
            generation=found.generation,
            started_at=from_utc_millis(found.started_at),
        )
        generation, number = self._numbers.get(scope.key, (0, 0))
        return run, number if generation == run.generation else 0

    def _write(self, tx: Transaction, run: OpenRun, batch: Batch, at: datetime) -> list[Seen]:
        """Write a batch; return what it says of what stands around deployments."""
        if len(batch.writes) + len(batch.surroundings) > BATCH_LIMIT:
            raise ValueError(f"a batch of more than {BATCH_LIMIT} observations")
        names = {write.part for write in batch.writes} | {name for name, *_ in batch.surroundings}
        parts = allot_parts(tx, run.scope_pk, sorted(names))
        put_documents(tx.connection, batch.documents)
        seen = [see(item, parts[name], listed) for name, listed, item in batch.surroundings]
        store_surroundings(tx, _visit(run, at), seen)
        target = Target(
            scope=run.scope,
            scope_pk=run.scope_pk,
            generation=run.generation,
            at=at,
            parts=parts,
        )
        store_deployments(tx, target, self._means, batch.writes)
        return seen

    def end(self, run: OpenRun, report: RunReport, verdict: Verdict) -> None:
        """Close a run in one transaction: outcome, ledger, freshness, presence, and what is no longer given.

        Raises:
            Fenced: a newer run of the scope has begun, or this one has ended.
            ValueError: the report does not say when the run ended.
        """
        if report.ended_at is None:
            raise ValueError("a run that has not ended cannot be closed")
        with self._writer.transaction() as tx:
            _refuse_fenced(tx.connection, run)
            names = [*(item.part for item in report.parts), *verdict.stale_parts]
            parts = allot_parts(tx, run.scope_pk, names)
            close_run(tx, report, verdict, parts, run.scope_pk)
            given = self._given.get(run.pk, {})
            _close_surroundings(tx, _visit(run, report.ended_at), report, verdict, parts, given)
            doc = write_report(tx.connection, report, run.scope_pk)
            _close(tx.connection, run.pk, report, doc)
        self._given.pop(run.pk, None)

    def newest(self, limit: int = 100, scope: str | None = None) -> tuple[RunReport, ...]:
        """Return runs, newest first, of one scope or of all; those still open have no end."""
        query = sa.select(run_table.c.report).order_by(
            run_table.c.started_at.desc(), run_table.c.pk.desc()
        )
        if scope is not None:
            query = query.join(scope_table, scope_table.c.pk == run_table.c.scope_pk)
            query = query.where(scope_table.c.key == clean(scope))
        with self._database.read() as connection:
            found = connection.execute(query.limit(limit)).scalars().all()
        return tuple(decode(doc, RunReport) for doc in found)

    def scopes(self, source: str) -> tuple[Scope, ...]:
        """Return every scope of a source that was ever visited, by key."""
        query = (
            sa.select(scope_table)
            .where(scope_table.c.source == clean(source))
            .order_by(scope_table.c.key)
        )
        with self._database.read() as connection:
            return tuple(map(scope_of, connection.execute(query)))


def interrupt(connection: Connection, at: datetime, *conditions: sa.ColumnElement[bool]) -> int:
    """Close runs that are open and never ended, as partial; return how many."""
    return _interrupt(connection, at, connection.execute(_OPEN.where(*conditions)).all())


def _interrupt(connection: Connection, at: datetime, open_runs: Sequence[Any]) -> int:
    for key, doc in open_runs:
        report = msgspec.structs.replace(
            decode(doc, RunReport), ended_at=at, outcome=Outcome.PARTIAL, error=_INTERRUPTED
        )
        _close(connection, key, report, encode(report))
    return len(open_runs)


_INTERRUPTED = ErrorRecord(
    kind=ErrorKind.INTERRUPTED,
    message="the run ended before it had seen everything",
    next_step="the next run goes on where the scope stands",
)

_OPEN = sa.select(run_table.c.pk, run_table.c.report).where(run_table.c.ended_at.is_(None))

_OPEN_OF = _OPEN.where(run_table.c.scope_pk == sa.bindparam("scope"))

_OF_SCOPE = scope_table.c.key == sa.bindparam("key")

_KNOWN_OF = (
    sa.select(
        *(
            deployment.c[name]
            for name in (
                *("uid", "name", "part_pk", "listed_id", "facts_hash", "detail_hash", "stage"),
                *("presence", "missing_since", "missing_runs", "token", "token_at"),
            )
        )
    )
    .join(scope_table, scope_table.c.pk == deployment.c.scope_pk)
    .where(_OF_SCOPE, deployment.c.forgotten_at.is_(None))
)

_CLAIMED = sa.select(scope_table.c.pk, scope_table.c.generation).where(_OF_SCOPE)

_PARTS_OF = (
    sa.select(part.c.pk, part.c.name)
    .join(scope_table, scope_table.c.pk == part.c.scope_pk)
    .where(_OF_SCOPE)
)

_NEWEST_OF = (
    sa.select(
        *(run_table.c[name] for name in ("pk", "scope_pk", "generation", "started_at", "ended_at"))
    )
    .join(scope_table, scope_table.c.pk == run_table.c.scope_pk)
    .where(_OF_SCOPE, run_table.c.generation == scope_table.c.generation)
)

_STILL_OPEN = (
    sa.select(run_table.c.ended_at)
    .join(scope_table, scope_table.c.pk == run_table.c.scope_pk)
    .where(
        run_table.c.pk == sa.bindparam("run"),
        run_table.c.generation == sa.bindparam("generation"),
        scope_table.c.generation == sa.bindparam("generation"),
    )
)


def _known(record: Any, parts: Mapping[int, str]) -> Known:  # noqa: ANN401 - a row of `_KNOWN_OF`
    uid, name, part_pk, listed_id, facts, detail, stage, presence, since, runs, token, at = record
    missing_since = None if since is None else _moment(since)
    token_at = None if at is None else _moment(at)
    held = (uid, name, parts[part_pk], listed_id, facts, detail, stage)
    return Known(*held, presence, missing_since, runs, token, token_at)


_moment = lru_cache(maxsize=1024)(from_utc_millis)
"""Many deployments of a scope share a time: they were read by one run."""


def _part_names(connection: Connection, key: str) -> dict[int, str]:
    return {record.pk: record.name for record in connection.execute(_PARTS_OF, {"key": key})}


def _claim(tx: Transaction, scope: Scope) -> tuple[int, int]:
    """Return the key of a scope, added where it is new, and its next generation."""
    held = tx.connection.execute(_CLAIMED, {"key": scope.key}).first()
    source_pk = source_key(tx.keys, tx.connection, scope.source, scope.provider)
    values = {
        "source_pk": source_pk,
        "source": scope.source,
        "provider": scope.provider,
        "product": scope.product,
        "reach_key": scope.reach.key,
        "account": scope.reach.account,
        "region": scope.reach.region,
        "title": None if scope.reach.title is None else clean(scope.reach.title),
        "generation": 1 if held is None else held.generation + 1,
    }
    if held is None:
        key = tx.keys.allot(scope_table)
        insert_many(tx.connection, scope_table, [{"pk": key, "key": scope.key} | values])
        return key, 1
    rewrite(tx.connection, scope_table, "pk", [{"pk": held.pk} | values])
    return held.pk, held.generation + 1


def _refuse_overtaken(connection: Connection, run: OpenRun) -> None:
    query = sa.select(scope_table.c.generation).where(scope_table.c.pk == run.scope_pk)
    if connection.execute(query).scalar() != run.generation:
        raise Fenced(
            f"run {run.generation} of {run.scope.key} may write no more: a newer one has begun",
            hint="nothing was written; the newer run sees the same",
        )


def _refuse_fenced(connection: Connection, run: OpenRun) -> None:
    asked = {"run": run.pk, "generation": run.generation}
    held = connection.execute(_STILL_OPEN, asked).first()
    if held is None or held.ended_at is not None:
        raise Fenced(
            f"run {run.generation} of {run.scope.key} may write no more: a newer one has begun, or it has ended",
            hint="nothing was written; the newer run sees the same",
        )


def _visit(run: OpenRun, at: datetime) -> Visit:
    return Visit(scope_pk=run.scope_pk, scope=run.scope.key, generation=run.generation, at=at)


def _close_surroundings(
    tx: Transaction,
    visit: Visit,
    report: RunReport,
    verdict: Verdict,
    parts: Mapping[str, int],
    given: Mapping[int, set[str]],
) -> None:
    """Close what the parts listed to their end did not give again, but for what they could not look at."""
    whole = [
        item
        for item in seen_parts(report, verdict)
        if item.outcome == Outcome.COMPLETE or item.part in verdict.whole_parts
    ]
    spared = {parts[item.part]: _not_looked_at(item) for item in whole}
    for name, listed_id in verdict.stands:
        spared.get(parts.get(name, 0), set()).add(clean(listed_id))
    close_surroundings(tx, visit, {key: given.get(key, set()) for key in spared}, spared)


def _not_looked_at(item: PartReport) -> set[str]:
    failed = [line.native_id for line in item.failed]
    return {clean(native_id) for native_id in (*failed, *(line.native_id for line in item.gaps))}


def _close(connection: Connection, key: int, report: RunReport, doc: bytes) -> None:
    """Write the end of a run, its report as `doc`, and that it is the newest of its scope."""
    at = report.ended_at or report.started_at
    ended = {"ended_at": utc_millis(at), "outcome": str(report.outcome), "report": doc}
    rewrite(connection, run_table, "pk", [{"pk": key} | ended])
    newest: dict[str, Any] = {"key": report.scope.key, "last_run_pk": key}
    if report.outcome == Outcome.COMPLETE:
        newest["last_complete_at"] = utc_millis(at)
    rewrite(connection, scope_table, "key", [newest])
