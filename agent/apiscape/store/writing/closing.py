"""The end of a run: how its parts were seen, what is missing, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.change import Change
from apiscape.model.codec import encode
from apiscape.model.entity import Entity
from apiscape.model.known import NotObserved, PresenceChange, Verdict
from apiscape.model.run import PartReport, RunReport
from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import ChangeKind, Outcome, Presence
from apiscape.store.database.bulk import insert_many, rewrite
from apiscape.store.database.transaction import Transaction, optional_millis
from apiscape.store.encoding import clean
from apiscape.store.schema import deployment, exception, gap, part
from apiscape.store.writing.deployments import write_presence_versions
from apiscape.store.writing.rows import CHUNK

SEEN = frozenset({Outcome.COMPLETE, Outcome.PARTIAL})
"""Outcomes of a part of which something was seen."""


_PARTS_OF = sa.select(part.c.name, part.c.pk).where(part.c.scope_pk == sa.bindparam("scope"))

_UNSEEN_OF = (
    sa.select(exception.c.observed_at, exception.c.deployment_pk)
    .join(deployment, deployment.c.pk == exception.c.deployment_pk)
    .where(deployment.c.scope_pk == sa.bindparam("scope"))
    .order_by(exception.c.deployment_pk)
)

_OF_PARTS: sa.BindParameter[Any] = sa.bindparam("parts", expanding=True)

_FORGET_UNSEEN = sa.delete(exception).where(
    exception.c.deployment_pk.in_(
        sa.select(deployment.c.pk).where(deployment.c.part_pk.in_(_OF_PARTS))
    )
)

_FORGET_GAPS = sa.delete(gap).where(gap.c.part_pk.in_(_OF_PARTS))


class Standing(Entity, frozen=True):
    """A known deployment before the end of a run.

    Attributes:
        observed_at: When a run last saw it (UTC milliseconds), as far as is known.
    """

    pk: int
    name: str
    presence: str
    last_seen_at: int | None
    observed_at: int | None


class Unseen(Entity, frozen=True):
    """What stands in a run's report as it is kept, beside the report itself, for reads of that day.

    Attributes:
        unseen: When a run last saw them (UTC milliseconds, `None` where none did), and keys of
            those of the scope's deployments that were not observed as it ended.
    """

    unseen: tuple[tuple[int | None, tuple[int, ...]], ...] = ()


def allot_parts(tx: Transaction, scope_pk: int, names: Iterable[str]) -> dict[str, int]:
    """Return the keys of a scope's parts by name, adding those that are new."""
    found = tx.connection.execute(_PARTS_OF, {"scope": scope_pk})
    keys: dict[str, int] = {each.name: each.pk for each in found}
    fresh = [name for name in dict.fromkeys(names) if name not in keys]
    if fresh:
        first = tx.keys.allot(part, len(fresh))
        added = {name: first + offset for offset, name in enumerate(fresh)}
        values = [
            {"pk": key, "scope_pk": scope_pk, "name": name, "stale": False}
            for name, key in added.items()
        ]
        insert_many(tx.connection, part, values)
        keys.update(added)
    return keys


def seen_parts(report: RunReport, verdict: Verdict) -> list[PartReport]:
    """Return the parts of which a run saw something."""
    return [
        item
        for item in report.parts
        if item.outcome in SEEN and item.part not in verdict.stale_parts
    ]


def close_run(
    tx: Transaction, report: RunReport, verdict: Verdict, parts: Mapping[str, int], scope_pk: int
) -> None:
    """Write presence, exceptions, gaps and the parts' freshness, in that order: each needs what was before."""
    ended_at = report.ended_at or report.started_at
    standing = load_standing(tx.connection, [item.uid for item in verdict.presence])
    change_presence(tx, report, scope_pk, verdict.presence, standing)
    seen = [parts[item.part] for item in seen_parts(report, verdict)]
    _write_exceptions(tx.connection, seen, verdict.not_observed)
    _write_gaps(tx.connection, report.parts, parts)
    _write_parts(tx.connection, report, verdict, parts, utc_millis(ended_at))


def write_report(connection: Connection, report: RunReport, scope_pk: int) -> bytes:
    """Return a report as it is kept, with the exceptions that stand in its scope now."""
    unseen: dict[int | None, list[int]] = {}
    for observed_at, key in connection.execute(_UNSEEN_OF, {"scope": scope_pk}):
        unseen.setdefault(observed_at, []).append(key)
    pairs = tuple((at, tuple(keys)) for at, keys in unseen.items())
    return encode(msgspec.structs.asdict(report) | {"unseen": pairs}) if pairs else encode(report)


def load_standing(connection: Connection, uids: Sequence[str]) -> dict[str, Standing]:
    """Return how deployments stand, by uid."""
    found: dict[str, Standing] = {}
    observed = sa.func.coalesce(
        exception.c.observed_at, deployment.c.last_seen_at, part.c.observed_at
    )
    query = (
        sa.select(
            deployment.c.uid,
            deployment.c.pk,
            deployment.c.name,
            deployment.c.presence,
            deployment.c.last_seen_at,
            observed,
        )
        .join(part, part.c.pk == deployment.c.part_pk)
        .outerjoin(exception, exception.c.deployment_pk == deployment.c.pk)
    )
    for start in range(0, len(uids), CHUNK):
        chunk = query.where(deployment.c.uid.in_(uids[start : start + CHUNK]))
        for uid, key, name, presence, last_seen_at, observed_at in connection.execute(chunk):
            found[uid] = Standing(
                pk=key,
                name=name,
                presence=presence,
                last_seen_at=last_seen_at,
                observed_at=observed_at,
            )
    return found


def change_presence(
    tx: Transaction,
    report: RunReport,
    scope_pk: int,
    changes: Iterable[PresenceChange],
    standing: Mapping[str, Standing],
) -> int:
    """Write changes of presence and log those where the word changes; return how many that were."""
    at = report.ended_at or report.started_at
    values: list[dict[str, Any]] = []
    versions: list[tuple[int, int, str, int | None]] = []
    for item in changes:
        before = standing.get(item.uid)
        if before is None:
            continue
        values.append({"pk": before.pk} | _presence(item, before, utc_millis(at)))
        if item.presence != before.presence:
            seq = tx.log.append(
                _change(report, item, before.name, at), scope_pk=scope_pk, deployment_pk=before.pk
            )
            since = optional_millis(item.missing_since)
            versions.append((before.pk, seq, item.presence, since))
    rewrite(tx.connection, deployment, "pk", values)
    write_presence_versions(tx.connection, versions)
    return len(versions)


def _presence(item: PresenceChange, before: Standing, at: int) -> dict[str, Any]:
    here = item.presence == Presence.PRESENT
    held = before.last_seen_at if before.last_seen_at is not None else before.observed_at
    return {
        "presence": item.presence,
        "missing_since": optional_millis(item.missing_since),
        "missing_runs": item.missing_runs,
        "last_seen_at": None if here else held,
        "retired_at": at if item.presence == Presence.RETIRED else None,
    }


def _change(report: RunReport, item: PresenceChange, name: str, at: datetime) -> Change:
    returned = item.presence == Presence.PRESENT
    return Change(
        at=at,
        kind=ChangeKind.RETURNED if returned else item.presence,
        uid=item.uid,
        name=name,
        scope=report.scope.key,
        generation=report.generation,
        reason=item.reason,
        evidence=item.evidence,
    )


def _write_exceptions(
    connection: Connection, seen: Sequence[int], not_observed: Sequence[NotObserved]
) -> None:
    """Let the exceptions of the parts that were seen be exactly the rows that the run did not see."""
    unseen = {item.uid: item.reason for item in not_observed}
    standing = load_standing(connection, list(unseen))
    values = [
        {"deployment_pk": held.pk, "observed_at": held.observed_at, "reason": unseen[uid]}
        for uid, held in standing.items()
    ]
    keys = [value["deployment_pk"] for value in values]
    if seen:
        connection.execute(_FORGET_UNSEEN, {"parts": seen})
    for start in range(0, len(keys), CHUNK):
        again = exception.c.deployment_pk.in_(keys[start : start + CHUNK])
        connection.execute(sa.delete(exception).where(again))
    insert_many(connection, exception, values)


def _write_gaps(
    connection: Connection, reports: Sequence[PartReport], parts: Mapping[str, int]
) -> None:
    visited = [parts[item.part] for item in reports]
    if visited:
        connection.execute(_FORGET_GAPS, {"parts": visited})
    values = {
        (parts[item.part], clean(line.native_id), clean(line.detail)): encode(line.error)
        for item in reports
        for line in item.gaps
    }
    names = ("part_pk", "listed_id", "detail")
    if values:
        insert_many(
            connection,
            gap,
            [dict(zip(names, key, strict=True)) | {"error": doc} for key, doc in values.items()],
        )


def _write_parts(
    connection: Connection,
    report: RunReport,
    verdict: Verdict,
    parts: Mapping[str, int],
    at: int,
) -> None:
    """Note how each part that was visited, or could not be, was seen."""
    seen = {item.part for item in seen_parts(report, verdict)}
    visited = {item.part: item for item in report.parts}
    for name in dict.fromkeys((*visited, *verdict.stale_parts)):
        item = visited.get(name)
        values: dict[str, Any] = {
            "pk": parts[name],
            "outcome": str(item.outcome) if item else Outcome.FAILED.value,
            "generation": report.generation,
            "stale": name in verdict.stale_parts,
            "reason": _reason(item, report),
        }
        if name in seen:
            values["observed_at"] = at
        if item is not None and name in seen and item.outcome == Outcome.COMPLETE:
            values |= {"complete_at": at, "complete_generation": report.generation}
        rewrite(connection, part, "pk", [values])


def _reason(item: PartReport | None, report: RunReport) -> str | None:
    error = (item.error if item else None) or report.error
    reason = (item.reason if item else None) or (error.message if error else None)
    return None if reason is None else clean(reason)
