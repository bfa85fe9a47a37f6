"""What a deployment is linked to: what exposes it, what it depends on, and which catalogues declare it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from apiscape.client.inventory import Link
from apiscape.model.codec import decode
from apiscape.model.surroundings import CatalogueRecord, Relation
from apiscape.store import schema
from apiscape.store.writing.surroundings import KINDS, surrounding_uid

_HELD, _AROUND, _SCOPE = schema.deployment.c, schema.surrounding.c, schema.scope.c


def links_of(connection: Connection, uid: str, standing: ColumnElement[bool]) -> tuple[Link, ...]:
    """Return the links of a deployment, with what is at their other ends.

    Args:
        connection: To the store.
        uid: Of the deployment.
        standing: What holds for the versions of surroundings to look among.
    """
    found = {surrounding_uid(each): each for each in _relations(connection, uid, standing)}
    links = [_link(each, uid) for each in found.values()]
    ends = {link.uid for link in links}
    known = _deployments(connection, ends) | _records(connection, ends, standing)
    named = [
        msgspec.structs.replace(
            known.get(link.uid, link),
            **{field: getattr(link, field) for field in ("type", "outward", "evidence")},
        )
        for link in links
    ]
    return tuple(
        sorted(named, key=lambda link: (link.type, link.outward, link.name or "", link.uid))
    )


def _relations(
    connection: Connection, uid: str, standing: ColumnElement[bool]
) -> Iterator[Relation]:
    """Yield the relations that lead from a deployment or to it, the newest of each last."""
    query = (
        select(_AROUND.doc)
        .where(_AROUND.kind == KINDS[Relation], standing)
        .order_by(_AROUND.uid, _AROUND.from_seq)
    )
    sought = uid.encode()
    for doc in connection.scalars(query):
        if sought not in doc:
            continue  # what is not named in it is not at its ends
        relation = decode(doc, Relation)
        if uid in {relation.from_uid, relation.to_uid}:
            yield relation


def _link(relation: Relation, uid: str) -> Link:
    outward = relation.from_uid == uid
    return Link(
        type=relation.type,
        outward=outward,
        uid=relation.to_uid if outward else relation.from_uid,
        evidence=relation.evidence,
    )


def _deployments(connection: Connection, uids: Iterable[str]) -> dict[str, Link]:
    """Return what is known of deployments, by uid."""
    query = (
        select(_HELD.uid, _HELD.name, _SCOPE.product, _SCOPE.account, _SCOPE.region)
        .join(schema.scope, _SCOPE.pk == _HELD.scope_pk)
        .where(_HELD.uid.in_(sorted(uids)), _HELD.forgotten_at.is_(None))
    )
    return {
        each.uid: Link(
            type="",
            outward=True,
            uid=each.uid,
            name=each.name,
            kind=each.product,
            place=" · ".join(filter(None, [each.account, each.region])),
        )
        for each in connection.execute(query)
    }


def _records(
    connection: Connection, uids: Iterable[str], standing: ColumnElement[bool]
) -> dict[str, Link]:
    """Return what is known of records of catalogues, by uid."""
    query = (
        select(_AROUND.doc)
        .where(_AROUND.kind == KINDS[CatalogueRecord], _AROUND.uid.in_(sorted(uids)), standing)
        .order_by(_AROUND.from_seq)
    )
    found = (decode(doc, CatalogueRecord) for doc in connection.scalars(query))
    return {
        each.uid: Link(
            type="",
            outward=True,
            uid=each.uid,
            name=each.title or each.name,
            kind=each.native_kind,
            place=each.account,
            declared=True,
        )
        for each in found
    }
