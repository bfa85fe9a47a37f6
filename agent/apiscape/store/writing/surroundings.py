"""What stands around deployments: versions of gateways, front doors, consumers, records, relations, signals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from apiscape.model.change import Change
from apiscape.model.codec import decode, digest, encode
from apiscape.model.entity import Entity
from apiscape.model.identity import entity_uid
from apiscape.model.surroundings import (
    CatalogueRecord,
    Consumer,
    FrontDoor,
    Gateway,
    Relation,
    Signal,
)
from apiscape.model.values import from_utc_millis
from apiscape.model.vocabulary import ChangeKind
from apiscape.store.database.bulk import insert_many, rewrite
from apiscape.store.database.engine import Database
from apiscape.store.database.transaction import Transaction
from apiscape.store.encoding import clean
from apiscape.store.schema import scope, surrounding

T = TypeVar("T", bound=Entity)

KINDS: dict[type[Entity], str] = {
    Gateway: "gateway",
    FrontDoor: "front_door",
    Consumer: "consumer",
    CatalogueRecord: "catalogue_record",
    Relation: "relation",
    Signal: "signal",
}

VERDICT = "verdict"
"""Kind of a signal that was concluded of something that stands around: no part lists it, and none closes it."""

_NO_TIME = from_utc_millis(0)
_CHUNK = 500


class Seen(Entity, frozen=True):
    """One observation that is no deployment, ready to be stored."""

    uid: str
    kind: str
    name: str
    part_pk: int
    listed_id: str
    hash: bytes
    doc: bytes


class Held(Entity, frozen=True):
    """What stands of an observation."""

    uid: str
    pk: int
    hash: bytes
    part_pk: int
    listed_id: str


class Visit(Entity, frozen=True):
    """The run on whose behalf surroundings are written."""

    scope_pk: int
    scope: str
    generation: int
    at: datetime


class Surroundings:
    """Reads what stands now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self, kind: type[T]) -> tuple[T, ...]:
        """Return everything of one kind that stands, by uid; what several scopes see is there once."""
        query = (
            sa.select(surrounding.c.uid, surrounding.c.doc)
            .where(surrounding.c.kind == KINDS[kind], surrounding.c.to_seq.is_(None))
            .order_by(surrounding.c.uid, surrounding.c.from_seq)
        )
        with self._database.read() as connection:
            newest = {found.uid: found.doc for found in connection.execute(query)}
        return tuple(decode(doc, kind) for doc in newest.values())

    def subjects_of(self, signals: Iterable[str]) -> set[str]:
        """Return what signals are about, by the signals' own uids; of those that no longer stand too."""
        asked = list(dict.fromkeys(signals))
        found: set[str] = set()
        with self._database.read() as connection:
            for start in range(0, len(asked), _CHUNK):
                query = sa.select(surrounding.c.doc).where(
                    surrounding.c.uid.in_(asked[start : start + _CHUNK]),
                    surrounding.c.kind == KINDS[Signal],
                )
                found.update(decode(doc, Signal).subject_uid for doc in connection.scalars(query))
        return found


def surrounding_uid(item: Entity) -> str:
    """Return the uid of an observation; relations and signals have one of what they link and measure."""
    if isinstance(item, Relation):
        return entity_uid("relation", f"{item.type}|{item.from_uid}|{item.to_uid}")
    if isinstance(item, Signal):
        return entity_uid("signal", f"{item.subject_uid}|{item.name}|{item.source}")
    return str(getattr(item, "uid"))  # noqa: B009 - every other observation has one


def see(item: Entity, part_pk: int, listed_id: str) -> Seen:
    """Return an observation ready to be stored; when a signal was measured is outside its hash."""
    doc = encode(item)
    substance = (
        encode(msgspec.structs.replace(item, observed_at=_NO_TIME))
        if isinstance(item, Signal)
        else doc
    )
    return Seen(
        uid=surrounding_uid(item),
        kind=KINDS[type(item)],
        name=str(getattr(item, "name", None) or getattr(item, "type", "")),
        part_pk=part_pk,
        listed_id=clean(listed_id),
        hash=digest(substance),
        doc=doc,
    )


def store_surroundings(tx: Transaction, visit: Visit, items: Iterable[Seen]) -> None:
    """Store observations; one that says the same again writes nothing, but for a signal's time.

    Where it is listed now is kept too: the part that lists it is the one that may close it.
    """
    given = {item.uid: item for item in items}
    stored = _load(tx, visit.scope_pk, list(given)) if given else {}
    equal = {uid for uid, item in given.items() if uid in stored and stored[uid].hash == item.hash}
    moved = [item for uid, item in given.items() if uid not in equal]
    placed = [
        {"pk": stored[uid].pk, "part_pk": item.part_pk, "listed_id": item.listed_id}
        for uid, item in given.items()
        if uid in equal
        and (stored[uid].part_pk, stored[uid].listed_id) != (item.part_pk, item.listed_id)
    ]
    measured = [
        {"pk": stored[uid].pk, "doc": item.doc}
        for uid, item in given.items()
        if uid in equal and item.kind == KINDS[Signal]
    ]
    rewrite(tx.connection, surrounding, "pk", placed)
    rewrite(tx.connection, surrounding, "pk", measured)
    if moved:
        _replace(tx, visit, moved, stored)


_GIVEN_BY = sa.select(surrounding).where(
    surrounding.c.part_pk.in_(sa.bindparam("parts", expanding=True)),
    surrounding.c.to_seq.is_(None),
    surrounding.c.kind != VERDICT,
)


def close_surroundings(
    tx: Transaction,
    visit: Visit,
    given: Mapping[int, set[str]],
    spared: Mapping[int, set[str]],
) -> None:
    """Close what a part that was listed to its end did not give again.

    Args:
        tx: The transaction.
        visit: The run.
        given: Uids that the run gave, by key of each such part.
        spared: Listed ids, by key of the part, that the run could not look at.
    """
    if not given:
        return
    gone = [
        row
        for row in tx.connection.execute(_GIVEN_BY, {"parts": list(given)}).mappings()
        if row["uid"] not in given[row["part_pk"]]
        and row["listed_id"] not in spared.get(row["part_pk"], ())
    ]
    _retire(tx, visit, gone)


def close_of_objects(
    tx: Transaction, visit: Visit, objects: Mapping[tuple[int, str], set[str]]
) -> None:
    """Close what listed objects no longer give; `objects` has the uids that they give, by part and id."""
    if not objects:
        return
    query = sa.select(surrounding).where(
        surrounding.c.part_pk.in_(sorted({part for part, _ in objects})),
        surrounding.c.listed_id.in_(sorted({listed_id for _, listed_id in objects})),
        surrounding.c.to_seq.is_(None),
        surrounding.c.kind != VERDICT,
    )
    gone = [
        row
        for row in tx.connection.execute(query).mappings()
        if (key := (row["part_pk"], row["listed_id"])) in objects and row["uid"] not in objects[key]
    ]
    _retire(tx, visit, gone)


def retire_by_key(tx: Transaction, keys: Collection[int], at: datetime) -> None:
    """Close versions of what stands around, on behalf of the runs that listed it last."""
    query = (
        sa.select(surrounding, scope.c.key.label("scope_key"), scope.c.generation)
        .join(scope, scope.c.pk == surrounding.c.scope_pk)
        .where(surrounding.c.pk.in_(keys))
    )
    for row in tx.connection.execute(query).mappings().all():
        visit = Visit(row["scope_pk"], row["scope_key"], row["generation"], at)
        _retire(tx, visit, [row])


def _retire(tx: Transaction, visit: Visit, rows: Iterable[Mapping[Any, Any]]) -> None:
    closed = []
    for row in rows:
        change = _change(visit, ChangeKind.RETIRED, row["uid"], _name(row["doc"]))
        seq = tx.log.append(change, scope_pk=visit.scope_pk, subject=row["kind"])
        closed.append({"b_pk": row["pk"], "b_seq": seq})
    _close(tx, closed)


class _Named(msgspec.Struct):
    name: str = ""
    type: str = ""


def _name(doc: bytes) -> str:
    named = decode(doc, _Named)
    return named.name or named.type


def _load(tx: Transaction, scope_pk: int, uids: list[str]) -> dict[str, Held]:
    query = sa.select(*(surrounding.c[name] for name in Held.__struct_fields__)).where(
        surrounding.c.scope_pk == scope_pk,
        surrounding.c.uid.in_(uids),
        surrounding.c.to_seq.is_(None),
    )
    return {record[0]: Held(*record) for record in tx.connection.execute(query)}


def _replace(tx: Transaction, visit: Visit, items: list[Seen], stored: Mapping[str, Held]) -> None:
    first = tx.keys.allot(surrounding, len(items))
    closed: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    for key, item in enumerate(items, first):
        kind = ChangeKind.CHANGED if item.uid in stored else ChangeKind.APPEARED
        change = _change(visit, kind, item.uid, item.name)
        seq = tx.log.append(change, scope_pk=visit.scope_pk, subject=item.kind)
        if item.uid in stored:
            closed.append({"b_pk": stored[item.uid].pk, "b_seq": seq})
        row = msgspec.structs.asdict(item) | {
            "pk": key,
            "scope_pk": visit.scope_pk,
            "from_seq": seq,
        }
        opened.append({name: value for name, value in row.items() if name != "name"})
    _close(tx, closed)
    insert_many(tx.connection, surrounding, opened)


def _close(tx: Transaction, closed: list[dict[str, Any]]) -> None:
    if closed:
        at_key = surrounding.c.pk == sa.bindparam("b_pk")
        statement = sa.update(surrounding).where(at_key).values(to_seq=sa.bindparam("b_seq"))
        tx.connection.execute(statement, closed)


def _change(visit: Visit, kind: str, uid: str, name: str) -> Change:
    return Change(
        at=visit.at, kind=kind, uid=uid, name=name, scope=visit.scope, generation=visit.generation
    )
