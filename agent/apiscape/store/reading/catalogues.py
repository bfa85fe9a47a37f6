"""Records of catalogues with what they lead to: as what they name stands now, and as far as it was looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Row as Record

from apiscape.client.catalogues import Declaration, Named
from apiscape.model.codec import decode
from apiscape.model.run import RunReport
from apiscape.model.surroundings import CatalogueRecord, Relation, Whereabouts
from apiscape.model.vocabulary import Freshness, Outcome
from apiscape.store import schema
from apiscape.store.reading.display import moment_of
from apiscape.store.reading.leading import Found, Looked, Pointer, judge, lead
from apiscape.store.writing.rows import CHUNK
from apiscape.store.writing.surroundings import KINDS

_AROUND, _HELD, _SCOPE = schema.surrounding.c, schema.deployment.c, schema.scope.c
_PART, _CHANGE, _RUN = schema.part.c, schema.change.c, schema.run.c

Pointers = Mapping[tuple[int, str], list[Pointer]]
"""What records name, by the scope that lists a record and the record's uid."""

Scopes = Mapping[tuple[str, str], list[Looked]]
"""Scopes by their product and account."""


def read_catalogues(connection: Connection) -> tuple[Declaration, ...]:
    """Return every record that stands, by uid; one that several scopes list is there once.

    That is the one of the scope in which it was seen last.
    """
    records = {each.uid: each for each in _records(connection)}
    pointers = _pointers(connection, {each.scope_pk for each in records.values()})
    named = [each for several in pointers.values() for each in several]
    found = {each.uid: each for each in _found(connection, {each.uid for each in named})}
    places = [each.whereabouts for each in named] + [each.whereabouts for each in found.values()]
    looked = _looked(connection, places)
    return tuple(
        _declared(record, pointers.get((record.scope_pk, uid), ()), found, looked)
        for uid, record in sorted(records.items())
    )


def _records(connection: Connection) -> Sequence[Record[Any]]:
    """Return the records with who lists them: what was seen last comes last."""
    query = (
        select(
            _AROUND.uid,
            _AROUND.doc,
            _AROUND.scope_pk,
            _SCOPE.key,
            _SCOPE.source,
            _SCOPE.product,
            _SCOPE.region,
            _PART.observed_at,
            _PART.outcome,
            _PART.stale,
            _PART.reason,
        )
        .join(schema.scope, _SCOPE.pk == _AROUND.scope_pk)
        .join(schema.part, _PART.pk == _AROUND.part_pk)
        .where(_AROUND.kind == KINDS[CatalogueRecord], _AROUND.to_seq.is_(None))
        .order_by(_PART.observed_at, _AROUND.scope_pk)
    )
    found: Sequence[Any] = connection.execute(query).all()
    return found


def _pointers(connection: Connection, places: Collection[int]) -> Pointers:
    """Return what the relations of some scopes lead to."""
    query = (
        select(_AROUND.doc, _AROUND.scope_pk, _CHANGE.at, _CHANGE.generation)
        .outerjoin(schema.change, _CHANGE.seq == _AROUND.from_seq)
        .where(
            _AROUND.kind == KINDS[Relation],
            _AROUND.to_seq.is_(None),
            _AROUND.scope_pk.in_(sorted(places)),
        )
    )
    held: dict[tuple[int, str], list[Pointer]] = {}
    for doc, place, at, generation in connection.execute(query) if places else ():
        relation = decode(doc, Relation)
        pointer = Pointer(
            uid=relation.to_uid,
            whereabouts=relation.whereabouts,
            evidence=relation.evidence,
            newly_at=moment_of(at) if generation is not None and generation > 1 else None,
        )
        held.setdefault((place, relation.from_uid), []).append(pointer)
    return held


def _found(connection: Connection, uids: Iterable[str]) -> Iterator[Found]:
    """Yield those of some deployments that the inventory has, or had."""
    query = select(
        _HELD.uid,
        _HELD.name,
        _HELD.stage,
        _HELD.presence,
        _HELD.native_id,
        _SCOPE.product,
        _SCOPE.account,
        _SCOPE.region,
    ).join(schema.scope, _SCOPE.pk == _HELD.scope_pk)
    asked = sorted(uids)
    for start in range(0, len(asked), CHUNK):
        chunk = _HELD.uid.in_(asked[start : start + CHUNK]), _HELD.forgotten_at.is_(None)
        for each in connection.execute(query.where(*chunk)):
            where = Whereabouts(each.native_id, each.product, each.account, each.region)
            yield Found(each.uid, each.name, each.stage, each.presence, where)


def _looked(connection: Connection, places: Iterable[Whereabouts | None]) -> Scopes:
    """Return the scopes that may list something at some places, with what their newest ended runs left out."""
    query = (
        select(
            _SCOPE.key, _SCOPE.product, _SCOPE.account, _SCOPE.region, _RUN.report, _RUN.ended_at
        )
        .outerjoin(schema.run, _RUN.pk == _SCOPE.last_run_pk)
        .where(_SCOPE.product.in_(sorted({each.product for each in places if each})))
        .order_by(_SCOPE.key)
    )
    found: Sequence[Any] = connection.execute(query).all()
    held: dict[tuple[str, str], list[Looked]] = {}
    for each in map(_looked_at, found):
        held.setdefault((each.product, each.account), []).append(each)
    return held


def _looked_at(record: Record[Any]) -> Looked:
    report = decode(record.report, RunReport) if record.report is not None else None
    parts = report.parts if report else ()
    return Looked(
        key=record.key,
        product=record.product,
        account=record.account,
        region=record.region,
        outcome=report.outcome if report else None,
        ended_at=moment_of(record.ended_at),
        left_out=tuple(
            (each.native_id, each.reason or "") for part in parts for each in part.skipped
        ),
    )


def _declared(
    record: Record[Any],
    pointers: Iterable[Pointer],
    found: Mapping[str, Found],
    looked: Scopes,
) -> Declaration:
    told = decode(record.doc, CatalogueRecord)
    names = [_lead(each, found.get(each.uid), looked) for each in pointers]
    names.sort(key=lambda each: (each.title, each.uid))
    dangling, reason = judge(names, _unseen(record), told.untold)
    return Declaration(
        uid=told.uid,
        name=told.name,
        provider=told.provider,
        product=record.product,
        account=told.account,
        native_id=told.native_id,
        kind=told.native_kind,
        source=record.source,
        scope=record.key,
        region=record.region,
        catalogue=told.catalogue,
        title=told.title,
        description=told.description,
        style=told.style,
        version=told.version,
        lifecycle=told.lifecycle,
        urls=told.urls,
        owners=told.owners,
        names=tuple(names),
        dangling=dangling,
        reason=reason,
        freshness=(Freshness.NOT_OBSERVED if record.stale else Freshness.CURRENT).value,
        seen_at=moment_of(record.observed_at),
    )


def _lead(pointer: Pointer, found: Found | None, looked: Scopes) -> Named:
    where = found.whereabouts if found else pointer.whereabouts
    return lead(pointer, found, looked.get((where.product, where.account), ()) if where else ())


def _unseen(record: Record[Any]) -> str | None:
    """Return why the newest visit may not have seen a record as it is."""
    if not record.stale and record.outcome == Outcome.COMPLETE:
        return None
    return "its catalogue was not read whole" + (f": {record.reason}" if record.reason else "")
