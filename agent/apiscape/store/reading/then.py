"""Everything known of one deployment, as it was at some time.

What `history` says of rows holds here too. Beyond that, a deployment is found by the name that it
has now, and of its Api the members are those of then; title, versions and what was merged into it
are today's, and its uid stands for the title where no such Api is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy import Row as Record

from apiscape.client.inventory import Detail, ScopeStatus
from apiscape.model.codec import decode
from apiscape.model.row import Row
from apiscape.model.run import Gap, RunReport
from apiscape.model.surroundings import Api
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import schema
from apiscape.store.encoding import clean
from apiscape.store.overlay import Conclusion, access_of, health_of, provenance_of
from apiscape.store.reading.details import (
    HISTORY,
    consumers_of,
    front_doors_of,
    none_is_called,
    read_api,
    several_are_called,
)
from apiscape.store.reading.display import moment_of
from apiscape.store.reading.following import history_of
from apiscape.store.reading.history import (
    Moment,
    Sight,
    compose,
    is_hidden,
    moment_at,
    reports_at,
    says_nothing,
    sight_of,
    sights_at,
    versions_at,
)
from apiscape.store.reading.links import links_of
from apiscape.store.reading.scopes import scope_of

_HELD = schema.deployment.c
_SETTLED = frozenset({Presence.RETIRED.value, Presence.SUPERSEDED.value})


def read_detail_at(connection: Connection, asked: str, at: datetime) -> Detail:
    """Return everything known then of the deployment that a uid, native id or name means.

    Raises:
        NotFound: None had it then, or several have that name; the hint lists them.
        NotKept: Nothing is kept of that time.
    """
    moment = moment_at(connection, at)
    record = _resolve(connection, clean(asked), moment)
    related = _related(connection, record, moment)
    sights = sights_at(connection, moment, [record.scope_pk, *(each.scope_pk for each in related)])
    [(item, row)] = compose(connection, [record], sights)
    drawn = None if record.concluded is None else decode(record.concluded, Conclusion)
    standing = moment.holds(schema.surrounding.c)
    return Detail(
        row=row,
        deployment=item,
        scope=_status(connection, record, sights, moment),
        api=_api_of(connection, record, related),
        siblings=_siblings(connection, record, related, sights, moment),
        front_doors=front_doors_of(connection, item, drawn, standing),
        consumers=consumers_of(connection, item, drawn, standing),
        gaps=_gaps(connection, record, moment),
        history=history_of(connection, record.pk, HISTORY, until=moment.seq),
        health=health_of(drawn),
        access=access_of(drawn),
        provenance=provenance_of(item, drawn),
        links=links_of(connection, record.uid, standing),
    )


def _resolve(connection: Connection, asked: str, moment: Moment) -> Record[Any]:
    """Return the one deployment that is meant: by uid, else native id, else name.

    Of several of one name those that a default view listed then are meant, if there are any.
    """
    for column in (_HELD.uid, _HELD.native_id, _HELD.name):
        query = versions_at(moment).where(column == asked).order_by(_HELD.uid)
        found: Sequence[Record[Any]] = connection.execute(query).all()
        if len(found) > 1:
            found = [record for record in found if not is_hidden(record, moment.at)] or found
        if len(found) == 1:
            return found[0]
        if found:
            raise several_are_called(asked, found)
    raise none_is_called(asked)


def _related(connection: Connection, record: Record[Any], moment: Moment) -> Sequence[Record[Any]]:
    """Return the deployments of the same Api then, or of the same native API where none was concluded."""
    same = _HELD.native_api_key == record.native_api_key
    if record.api_uid is not None:
        same = schema.conclusion_version.c.api_uid == record.api_uid
    return connection.execute(versions_at(moment).where(same)).all()


def _api_of(
    connection: Connection, record: Record[Any], related: Sequence[Record[Any]]
) -> Api | None:
    if record.api_uid is None:
        return None
    members = tuple(sorted(each.uid for each in related))
    return read_api(connection, record.api_uid, members)


def _siblings(
    connection: Connection,
    record: Record[Any],
    related: Sequence[Record[Any]],
    sights: Mapping[int, Sight],
    moment: Moment,
) -> tuple[Row, ...]:
    others = [each for each in related if each.pk != record.pk and not is_hidden(each, moment.at)]
    rows = [row for _, row in compose(connection, others, sights)]
    return tuple(sorted(rows, key=lambda row: (row.name, row.uid)))


def _status(
    connection: Connection, record: Record[Any], sights: Mapping[int, Sight], moment: Moment
) -> ScopeStatus:
    """Return the scope as its newest run until then left it; when it was last seen whole as far as runs are kept."""
    held = connection.execute(versions_at(moment).where(_HELD.scope_pk == record.scope_pk)).all()
    standing = [each for each in held if each.presence not in _SETTLED]
    run = schema.run.c
    whole = select(func.max(run.ended_at)).where(
        run.scope_pk == record.scope_pk,
        run.outcome == Outcome.COMPLETE.value,
        run.ended_at <= moment.millis,
    )
    newest = next(reports_at(connection, record.scope_pk, moment), None)
    return ScopeStatus(
        scope=scope_of(record),
        last_run=None if newest is None else decode(newest, RunReport),
        last_complete_at=moment_of(connection.scalar(whole)),
        deployments=len(standing),
        not_observed=sum(not sight_of(each, sights).saw(each.pk) for each in standing),
        suspect=sum(each.presence == Presence.SUSPECT for each in standing),
    )


def _gaps(connection: Connection, record: Record[Any], moment: Moment) -> tuple[Gap, ...]:
    """Return what the newest visit of its part until then could not look at of a deployment's object."""
    name = connection.scalar(select(schema.part.c.name).where(schema.part.c.pk == record.part_pk))
    for doc in reports_at(connection, record.scope_pk, moment):
        report = decode(doc, RunReport)
        visits = [visit for visit in report.parts if visit.part == name]
        if visits and not says_nothing(report):
            gaps = (gap for visit in visits for gap in visit.gaps)
            found = [gap for gap in gaps if clean(gap.native_id) == record.listed_id]
            return tuple(sorted(found, key=lambda gap: gap.detail))
    return ()
