"""Two days of the inventory side by side: which deployments moved between, and what each was on both.

The log says who moved, by its numbers alone; versions say what they were. So what lies between
two days is not replayed, however much it is, and what went there and back is the same on both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from apiscape.client.inventory import ScopeThen
from apiscape.errors import UsageError
from apiscape.model.codec import decode
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.projection import deepen
from apiscape.model.row import Row
from apiscape.model.run import RunReport
from apiscape.query import View, matcher
from apiscape.store import schema
from apiscape.store.reading.history import (
    Moment,
    compose,
    moment_at,
    sights_at,
    versions_at,
)
from apiscape.store.reading.scopes import WHOLE

CHUNK = 500
"""Deployments that are read together, on both days."""

_LOG = schema.change.c


class Side(NamedTuple):
    """A deployment on one of the days: whole, and as it was listed."""

    item: Deployment
    row: Row


class Pair(Entity, frozen=True):
    """A deployment on both days; a side on which it was not there is `None`."""

    before: Side | None
    after: Side | None


class Pairs(Entity, frozen=True):
    """A stretch of the deployments that moved between two days.

    Attributes:
        items: Those of the view, as they are on the later day; what is gone by then, as it was before.
        undecided: How many nobody can tell of, whether they are of the view.
        next: Key of the last that was looked at, where there are more.
    """

    items: tuple[Pair, ...]
    undecided: int
    next: int | None


class Days(NamedTuple):
    """Two moments that are kept, the earlier one first."""

    since: Moment
    until: Moment


def days_of(connection: Connection, since: datetime, until: datetime) -> Days:
    """Return two times that can be compared.

    Raises:
        NotKept: Nothing is kept of the earlier one.
        UsageError: The later one is not later.
    """
    if until <= since:
        raise UsageError("the second time is not after the first", hint="turn them round")
    return Days(moment_at(connection, since), moment_at(connection, until))


def read_pairs(connection: Connection, days: Days, view: View, limit: int, after: int) -> Pairs:
    """Return the next deployments that moved, in the order in which they were first seen.

    Args:
        connection: One consistent read.
        days: Between which it is looked.
        view: Asked of each as it is after what happened; `at:`, order and columns do not matter.
        limit: At most so many are looked at; fewer may be of the view.
        after: Key to go on after.
    """
    keys = _moved(connection, days, limit + 1, after)
    more, keys = len(keys) > limit, keys[:limit]
    found: list[Pair] = []
    undecided = 0
    for start in range(0, len(keys), CHUNK):
        for pair, verdict in _judged(connection, days, view, keys[start : start + CHUNK]):
            undecided += verdict is None
            found.extend([pair] * (verdict is True))
    return Pairs(tuple(found), undecided, keys[-1] if more else None)


def _moved(connection: Connection, days: Days, limit: int, after: int) -> list[int]:
    """Return the keys of deployments of which the log has anything between two days."""
    query = (
        select(_LOG.deployment_pk)
        .where(_LOG.seq > days.since.seq, _LOG.seq <= days.until.seq, _LOG.deployment_pk > after)
        .distinct()
        .order_by(_LOG.deployment_pk)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _judged(
    connection: Connection, days: Days, view: View, keys: Sequence[int]
) -> Iterator[tuple[Pair, bool | None]]:
    """Yield deployments on both days, and whether they are of a view."""
    before, after = (_sides(connection, moment, keys) for moment in days)
    of_before, of_after = (matcher(view, now=moment.at) for moment in days)
    for key in keys:
        pair = Pair(before.get(key), after.get(key))
        side, match = (pair.after, of_after) if pair.after else (pair.before, of_before)
        if side is not None:
            yield pair, match(side.row, deepen(side.item))


def _sides(connection: Connection, moment: Moment, keys: Sequence[int]) -> dict[int, Side]:
    query = versions_at(moment).where(schema.deployment.c.pk.in_(keys))
    records = connection.execute(query).all()
    sights = sights_at(connection, moment, {record.scope_pk for record in records})
    held = zip(records, compose(connection, records, sights), strict=True)
    return {record.pk: Side(item, row) for record, (item, row) in held}


def unseen_at(connection: Connection, moment: Moment) -> tuple[ScopeThen, ...]:
    """Return the scopes of which a day cannot tell everything: not seen whole by then, or not at all.

    A gap that somebody had accepted does not count.
    """
    run = schema.run.c
    newest = (
        select(run.scope_pk, func.max(run.generation).label("generation"))
        .where(run.ended_at <= moment.millis)
        .group_by(run.scope_pk)
        .subquery()
    )
    ended = (run.scope_pk == newest.c.scope_pk) & (run.generation == newest.c.generation)
    query = (
        select(schema.scope.c.key, run.outcome, run.report)
        .select_from(
            schema.scope.outerjoin(newest, newest.c.scope_pk == schema.scope.c.pk).outerjoin(
                schema.run, ended
            )
        )
        .where(run.outcome.is_(None) | run.outcome.not_in(sorted(WHOLE)))
        .order_by(schema.scope.c.key)
    )
    return tuple(
        ScopeThen(scope=record.key, outcome=record.outcome)
        for record in connection.execute(query)
        if not _is_accepted(record)
    )


def _is_accepted(record: Any) -> bool:  # noqa: ANN401 - a row of `unseen_at`
    return record.report is not None and decode(record.report, RunReport).accepted is not None


def read_place(after: str | None) -> int:
    """Return the key that a page's `next` stands for; 0 for the first page.

    Raises:
        UsageError: It is none.
    """
    if after is None:
        return 0
    if not (after.isascii() and after.isdecimal() and len(after) < 19):  # noqa: PLR2004 - digits of 2**63
        raise UsageError("not a place of a comparison", hint="begin with the first page")
    return int(after)
