"""Everything known of one deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy import Row as Record

from apiscape.client.inventory import Detail
from apiscape.errors import NotFound
from apiscape.model.codec import decode
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.entity import Entity
from apiscape.model.identity import certificate_uid, entity_uid
from apiscape.model.measured import Measured, newest_traffic
from apiscape.model.projection import routes_to
from apiscape.model.row import Row
from apiscape.model.run import ErrorRecord, Gap
from apiscape.model.surroundings import (
    CERTIFICATE_NOT_AFTER,
    CERTIFICATES,
    Api,
    Consumer,
    FrontDoor,
    Signal,
)
from apiscape.model.values import Unknown, is_known, moment_in
from apiscape.query import EVERYTHING
from apiscape.store import schema
from apiscape.store.encoding import clean
from apiscape.store.overlay import Conclusion, access_of, health_of, provenance_of
from apiscape.store.reading.display import read_rows
from apiscape.store.reading.finding import find
from apiscape.store.reading.following import history_of
from apiscape.store.reading.links import links_of
from apiscape.store.reading.scopes import read_scopes
from apiscape.store.writing.rows import load_conclusions, load_facts
from apiscape.store.writing.surroundings import KINDS, surrounding_uid

T = TypeVar("T", bound=Entity)

HISTORY = 100
"""Changes of a deployment that its detail shows."""

CANDIDATES = 10
"""Deployments of one name that an error lists."""

_HELD = schema.deployment.c

_STANDS: ColumnElement[bool] = schema.surrounding.c.to_seq.is_(None)
"""What holds for versions of surroundings that stand now."""


def read_detail(connection: Connection, asked: str, now: datetime) -> Detail:
    """Return everything known of the deployment that a uid, native id or name means.

    Raises:
        NotFound: None has it, or several have that name; the hint lists them.
    """
    record = _resolve(connection, asked, now)
    key, uid = record.pk, record.uid
    item = load_facts(connection, [uid])[uid]
    concluded = load_conclusions(connection, [key]).get(key)
    api = _api_of(connection, key)
    return Detail(
        row=read_rows(connection, [key])[0],
        deployment=item,
        scope=read_scopes(connection, record.scope_key)[0],
        api=api,
        siblings=_siblings(connection, record, api, now),
        front_doors=front_doors_of(connection, item, concluded, _STANDS),
        consumers=consumers_of(connection, item, concluded, _STANDS),
        gaps=_gaps(connection, record),
        history=history_of(connection, key, HISTORY),
        health=health_of(concluded),
        access=access_of(concluded),
        traffic=_traffic(connection, key),
        provenance=provenance_of(item, concluded),
        links=links_of(connection, uid, _STANDS),
    )


def _traffic(connection: Connection, key: int) -> Traffic | Unknown:
    """Return the newest figures of whoever counts its requests; unknown where nobody does."""
    held = schema.measurement.c
    docs = connection.scalars(select(held.doc).where(held.deployment_pk == key))
    return newest_traffic(decode(doc, Measured) for doc in docs)


def _resolve(connection: Connection, asked: str, now: datetime) -> Record[Any]:
    """Return the one deployment that is meant: by uid, else native id, else name.

    Of several of one name those of the default view are meant, if there are any.
    """
    asked = clean(asked)
    for column in (_HELD.uid, _HELD.native_id, _HELD.name):
        found = _held_with(connection, column == asked)
        if len(found) > 1:
            shown = find(connection, EVERYTHING, now).listed
            query = select(schema.row.c.deployment_pk).where(shown)
            found = _held_with(connection, column == asked, _HELD.pk.in_(query)) or found
        if len(found) == 1:
            return found[0]
        if found:
            raise several_are_called(asked, found)
    raise none_is_called(asked)


def several_are_called(asked: str, found: Sequence[Record[Any]]) -> NotFound:
    """Return the error that lists the deployments of one name."""
    return NotFound(f"{len(found)} deployments are called {asked}", hint=_list(found))


def none_is_called(asked: str) -> NotFound:
    """Return the error that says that there is no such deployment."""
    hint = "`apiscape list` shows what is there"
    return NotFound(f"no deployment has the uid, native id or name {asked!r}", hint=hint)


def _held_with(connection: Connection, *conditions: ColumnElement[bool]) -> Sequence[Record[Any]]:
    query = (
        select(schema.deployment, schema.scope.c.key.label("scope_key"))
        .join(schema.scope, schema.scope.c.pk == _HELD.scope_pk)
        .join(schema.row, schema.row.c.deployment_pk == _HELD.pk)
        .where(_HELD.forgotten_at.is_(None), *conditions)
        .order_by(_HELD.uid)
    )
    return connection.execute(query).all()


def _list(found: Sequence[Record[Any]]) -> str:
    lines = [f"{record.uid}  {record.native_id}" for record in found[:CANDIDATES]]
    more = len(found) - len(lines)
    return "\n".join(["ask for one of", *lines, *([f"and {more} more"] if more else [])])


def _api_of(connection: Connection, key: int) -> Api | None:
    """Return the Api that a deployment belongs to, with its members and what was merged into it."""
    member = schema.api_member.c
    uid = connection.scalar(select(member.api_uid).where(member.deployment_pk == key))
    if uid is None:
        return None
    members = select(_HELD.uid).join(schema.api_member, member.deployment_pk == _HELD.pk)
    query = members.where(member.api_uid == uid).order_by(_HELD.uid)
    return read_api(connection, uid, tuple(connection.scalars(query)))


def read_api(connection: Connection, uid: str, members: tuple[str, ...]) -> Api:
    """Return an Api of some members; one that is no longer there has its uid for a title."""
    found = connection.execute(select(schema.api).where(schema.api.c.uid == uid)).first()
    if found is None:
        return Api(uid=uid, title=uid, members=members)
    merged = schema.redirect.c
    redirects = select(merged.old_uid).where(merged.new_uid == uid).order_by(merged.old_uid)
    return Api(
        uid=uid,
        title=found.title,
        explicit_id=found.explicit_id,
        versions=decode(found.doc, Api).versions,
        members=members,
        redirects=tuple(connection.scalars(redirects)),
    )


def _siblings(
    connection: Connection, record: Record[Any], api: Api | None, now: datetime
) -> tuple[Row, ...]:
    """Return the other rows of the same Api, or of the same native API where none is concluded."""
    source = schema.row.join(schema.deployment, _HELD.pk == schema.row.c.deployment_pk)
    same = _HELD.uid.in_(api.members) if api else _HELD.native_api_key == record.native_api_key
    query = (
        select(_HELD.pk)
        .select_from(source)
        .where(same, _HELD.pk != record.pk, find(connection, EVERYTHING, now).listed)
        .order_by(_HELD.name, _HELD.uid)
    )
    return read_rows(connection, connection.scalars(query).all())


def front_doors_of(
    connection: Connection,
    item: Deployment,
    concluded: Conclusion | None,
    standing: ColumnElement[bool],
) -> tuple[FrontDoor, ...]:
    """Return the front doors that lead to a deployment: as concluded, else by their routes.

    `standing` is what holds for the versions of surroundings to look among.
    """
    named = None if concluded is None else concluded.front_doors
    doors = _surroundings(connection, FrontDoor, named, standing)
    if concluded is None:
        doors = tuple(door for door in doors if routes_to(door, item))
    return _until(connection, doors, standing)


def _until(
    connection: Connection, doors: tuple[FrontDoor, ...], standing: ColumnElement[bool]
) -> tuple[FrontDoor, ...]:
    """Return front doors with the end of the certificates that they show, as far as their own service said it."""
    asked = {
        door.uid: _end_of(door.certificate)
        for door in doors
        if isinstance(door.certificate, str) and not is_known(door.certificate_not_after)
    }
    if not asked:
        return doors
    told = _surroundings(connection, Signal, tuple(asked.values()), standing)
    ends = {surrounding_uid(signal): moment_in(signal.value) for signal in told}
    return tuple(
        msgspec.structs.replace(door, certificate_not_after=ends[uid])
        if (uid := asked.get(door.uid)) is not None and ends.get(uid) is not None
        else door
        for door in doors
    )


def _end_of(certificate: str) -> str:
    """Return the uid of the signal that says when a certificate ends."""
    about = certificate_uid(certificate)
    return entity_uid("signal", f"{about}|{CERTIFICATE_NOT_AFTER}|{CERTIFICATES}")


def consumers_of(
    connection: Connection,
    item: Deployment,
    concluded: Conclusion | None,
    standing: ColumnElement[bool],
) -> tuple[Consumer, ...]:
    """Return who is let in to a deployment: as concluded, else by what they are admitted to."""
    if concluded is not None:
        return _surroundings(connection, Consumer, concluded.consumers, standing)
    admitted = (item.native_api_id, item.stage or "")
    return tuple(
        consumer
        for consumer in _surroundings(connection, Consumer, None, standing)
        if consumer.account == item.account and admitted in (consumer.admits or ())
    )


def _surroundings(
    connection: Connection,
    kind: type[T],
    uids: Sequence[str] | None,
    standing: ColumnElement[bool],
) -> tuple[T, ...]:
    """Return what stands of one kind, by uid, of all or of some; what several scopes see is there once."""
    held = schema.surrounding.c
    query = (
        select(held.uid, held.doc)
        .where(held.kind == KINDS[kind], standing)
        .order_by(held.uid, held.from_seq)
    )
    if uids is not None:
        query = query.where(held.uid.in_(uids))
    newest = {record.uid: record.doc for record in connection.execute(query)}
    return tuple(decode(doc, kind) for doc in newest.values())


def _gaps(connection: Connection, record: Record[Any]) -> tuple[Gap, ...]:
    """Return what the newest run could not look at of a deployment's listed object."""
    gap = schema.gap.c
    query = (
        select(gap.listed_id, gap.detail, gap.error)
        .where(gap.part_pk == record.part_pk, gap.listed_id == record.listed_id)
        .order_by(gap.detail)
    )
    return tuple(
        Gap(native_id=listed_id, detail=detail, error=decode(error, ErrorRecord))
        for listed_id, detail, error in connection.execute(query)
    )
