"""What a watch said besides writes: presence by evidence, exceptions, and what objects no longer give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.known import Happened, NotObserved
from apiscape.model.run import RunReport, Scope
from apiscape.store.database.bulk import insert_many
from apiscape.store.database.transaction import Transaction
from apiscape.store.encoding import clean
from apiscape.store.schema import deployment, exception
from apiscape.store.writing.closing import change_presence, load_standing
from apiscape.store.writing.rows import CHUNK
from apiscape.store.writing.surroundings import Visit, close_of_objects, surrounding_uid


def take_happened(
    tx: Transaction, visit: Visit, scope: Scope, happened: Happened, parts: Mapping[str, int]
) -> None:
    """Write what happened; `parts` are keys by name."""
    report = RunReport(
        scope=scope, generation=visit.generation, started_at=visit.at, ended_at=visit.at
    )
    standing = load_standing(tx.connection, [item.uid for item in happened.presence])
    change_presence(tx, report, visit.scope_pk, happened.presence, standing)
    settled = [*happened.seen, *(item.uid for item in happened.presence)]
    _amend_exceptions(tx.connection, settled, happened.not_observed)
    given: dict[tuple[int, str], set[str]] = {
        (parts[name], clean(listed_id)): set() for name, listed_id in happened.whole
    }
    for name, listed_id, item in happened.given:
        given.setdefault((parts[name], clean(listed_id)), set()).add(surrounding_uid(item))
    close_of_objects(tx, visit, given)


def _amend_exceptions(
    connection: Connection, settled: Iterable[str], not_observed: Iterable[NotObserved]
) -> None:
    """End the exceptions of what was seen, and note those of what could not be looked at."""
    unseen = {item.uid: item.reason for item in not_observed}
    standing = load_standing(connection, list(unseen))
    uids = [*settled, *unseen]
    for start in range(0, len(uids), CHUNK):
        keys = sa.select(deployment.c.pk).where(deployment.c.uid.in_(uids[start : start + CHUNK]))
        connection.execute(sa.delete(exception).where(exception.c.deployment_pk.in_(keys)))
    values: list[dict[str, Any]] = [
        {"deployment_pk": held.pk, "observed_at": held.observed_at, "reason": unseen[uid]}
        for uid, held in standing.items()
    ]
    insert_many(connection, exception, values)
