"""Writing deployments: facts as versions, rows for views, and a change for each that moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.change import Change
from apiscape.model.codec import decode, encode, operations_hash
from apiscape.model.deployment import DETAIL_FIELDS, Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Write
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, utc_millis
from apiscape.model.vocabulary import ChangeKind, Presence
from apiscape.store.database.bulk import find_in, insert_many, rewrite
from apiscape.store.database.transaction import Transaction, optional_millis
from apiscape.store.encoding import clean
from apiscape.store.overlay import Conclusion
from apiscape.store.schema import deployment, deployment_version, presence_version
from apiscape.store.writing import rows
from apiscape.store.writing.newcomers import Draw, Newcomers, find_newcomers, keep_drawn
from apiscape.store.writing.operations import OperationSets


class Step(StrEnum):
    """What a write comes to, once it is compared with what is stored."""

    ADD = "add"
    REVIVE = "revive"
    REWRITE = "rewrite"
    MOVE = "move"
    TOUCH = "touch"


_NEW_FACTS = frozenset({Step.ADD, Step.REVIVE, Step.REWRITE})
_SEEN_AGAIN = frozenset({ChangeKind.APPEARED, ChangeKind.RETURNED})
_PLACE = ("scope_pk", "part_pk", "listed_id", "stage", "token", "token_at")


class Stored(Entity, frozen=True):
    """A deployment's row of the table, as far as writing asks."""

    pk: int
    uid: str
    scope_pk: int
    part_pk: int
    listed_id: str
    stage: str | None
    facts_hash: bytes
    detail_hash: bytes
    presence: str
    token: str | None
    token_at: int | None
    forgotten_at: int | None


class Target(Entity, frozen=True):
    """Where and when a batch is written; `parts` are keys by name."""

    scope: Scope
    scope_pk: int
    generation: int
    at: datetime
    parts: dict[str, int]


class Means(Entity, frozen=True):
    """What deployments are written with: remembered operation sets, and who draws what follows of new ones."""

    sets: OperationSets
    draw: Draw


class Planned(Entity, frozen=True):
    """A write and what it comes to.

    Attributes:
        item: The deployment whole, with details that stand as stored.
        kind: Kind of change to log, if any.
        enters: Whether it becomes present.
    """

    step: Step
    write: Write
    item: Deployment
    pk: int
    stored: Stored | None = None
    kind: str | None = None
    enters: bool = False


def native_api_key(provider: str, account: str, native_api_id: str) -> str:
    """Return what the deployments of one API at its gateway have in common."""
    return f"{provider}|{account}|{native_api_id}"


def store_deployments(
    tx: Transaction, target: Target, means: Means, writes: Iterable[Write]
) -> None:
    """Store a batch of deployments; what is stored already, and equal, writes and logs nothing."""
    given = {write.item.uid: write for write in writes}
    if not given:
        return
    stored = _load_stored(tx.connection, list(given))
    plan = [_plan(tx, write, stored.get(uid), target) for uid, write in given.items()]
    plan = _keep_details(tx.connection, plan)
    seqs = {step.pk: _log(tx, target, step) for step in plan if step.kind is not None}
    drawn = means.draw(_newcomers(tx.connection, target, plan), target.at)
    _add_deployments(tx.connection, target, plan)
    _update_deployments(tx.connection, target, plan)
    _write_presence(tx.connection, plan, seqs)
    _write_versions(tx, means.sets, plan, seqs)
    _write_rows(tx.connection, target, plan, drawn.conclusions)
    keep_drawn(tx.connection, drawn, {step.item.uid: step.pk for step in plan}, seqs)
    _refresh_volatile(tx.connection, plan)


def _load_stored(connection: Connection, uids: Sequence[str]) -> dict[str, Stored]:
    columns = [deployment.c[name] for name in Stored.__struct_fields__]
    found = (Stored(*record) for record in find_in(connection, columns, deployment.c.uid, uids))
    return {item.uid: item for item in found}


def _plan(tx: Transaction, write: Write, stored: Stored | None, target: Target) -> Planned:
    """Say what a write comes to. A deployment that another scope held moves to this one."""
    if stored is None or stored.forgotten_at is not None:
        return Planned(
            step=Step.ADD if stored is None else Step.REVIVE,
            write=write,
            item=write.item,
            pk=tx.keys.allot(deployment) if stored is None else stored.pk,
            stored=stored,
            kind=ChangeKind.APPEARED,
            enters=True,
        )
    enters = stored.presence != Presence.PRESENT and write.kind in _SEEN_AGAIN
    differs = (stored.facts_hash, stored.detail_hash) != (write.facts, write.detail)
    moves = Step.MOVE if stored.scope_pk != target.scope_pk else Step.TOUCH
    step = Step.REWRITE if differs else moves
    kind = ChangeKind.RETURNED if enters else ChangeKind.CHANGED if differs else None
    return Planned(
        step=step,
        write=write,
        item=write.item,
        pk=stored.pk,
        stored=stored,
        kind=kind,
        enters=enters,
    )


def _keep_details(connection: Connection, plan: Sequence[Planned]) -> list[Planned]:
    """Complete what is written anew, but keeps its operations, backends and specs as stored."""
    keeping = {
        step.item.uid
        for step in plan
        if step.write.keeps_detail and step.step in {Step.REWRITE, Step.MOVE}
    }
    facts = rows.load_facts(connection, keeping)
    return [
        msgspec.structs.replace(step, item=_with_details(step.item, facts[step.item.uid]))
        if step.item.uid in facts
        else step
        for step in plan
    ]


def _with_details(item: Deployment, held: Deployment) -> Deployment:
    return msgspec.structs.replace(item, **{name: getattr(held, name) for name in DETAIL_FIELDS})


def _log(tx: Transaction, target: Target, step: Planned) -> int:
    change = Change(
        at=target.at,
        kind=step.kind or ChangeKind.CHANGED,
        uid=step.item.uid,
        name=step.item.name,
        scope=target.scope.key,
        generation=target.generation,
        fields=step.write.fields,
    )
    return tx.log.append(change, scope_pk=target.scope_pk, deployment_pk=step.pk)


def _newcomers(connection: Connection, target: Target, plan: Sequence[Planned]) -> Newcomers:
    added: dict[str, list[Deployment]] = {}
    for step in plan:
        if step.step is Step.ADD:
            added.setdefault(_family_key(step.item), []).append(step.item)
    return find_newcomers(connection, added, target.scope.key, target.at)


def _family_key(item: Deployment) -> str:
    return clean(native_api_key(item.provider, item.account, item.native_api_id))


def _add_deployments(connection: Connection, target: Target, plan: Sequence[Planned]) -> None:
    at = utc_millis(target.at)
    values = [
        {"pk": step.pk, "uid": step.item.uid, "first_seen_at": at}
        | _facts(step, at)
        | _place(step, target)
        | _PRESENT
        for step in plan
        if step.step is Step.ADD
    ]
    insert_many(connection, deployment, values)


def _update_deployments(connection: Connection, target: Target, plan: Sequence[Planned]) -> None:
    """Update what moved of stored deployments: facts, place and token, presence, and the forgotten."""
    at = utc_millis(target.at)
    held = [(step, step.stored) for step in plan if step.stored is not None]
    facts = [_key(step) | _facts(step, at) for step, _ in held if step.step in _NEW_FACTS]
    places = [(step, stored, _place(step, target)) for step, stored in held]
    moved = [_key(s) | place for s, stored, place in places if place != _held_place(stored)]
    entered = [_key(step) | _PRESENT for step, _ in held if step.enters]
    revived = [
        _key(step) | {"forgotten_at": None, "first_seen_at": at}
        for step, _ in held
        if step.step is Step.REVIVE
    ]
    for values in (facts, moved, entered, revived):
        rewrite(connection, deployment, "pk", values)


_PRESENT: dict[str, Any] = {
    "presence": Presence.PRESENT.value,
    "missing_since": None,
    "missing_runs": 0,
    "last_seen_at": None,
    "retired_at": None,
}


def _key(step: Planned) -> dict[str, Any]:
    return {"pk": step.pk}


def _facts(step: Planned, at: int) -> dict[str, Any]:
    item = step.item
    return {
        "native_id": clean(item.native_id),
        "native_api_key": _family_key(item),
        "name": clean(item.name),
        "facts_hash": step.write.facts,
        "detail_hash": step.write.detail,
        "changed_at": at,
    }


def _place(step: Planned, target: Target) -> dict[str, Any]:
    write = step.write
    return {
        "scope_pk": target.scope_pk,
        "part_pk": target.parts[write.part],
        "listed_id": clean(write.listed_id),
        "stage": None if step.item.stage is None else clean(step.item.stage),
        "token": None if write.token is None else clean(write.token),
        "token_at": optional_millis(write.token_at),
    }


def _held_place(stored: Stored) -> dict[str, Any]:
    return {name: getattr(stored, name) for name in _PLACE}


def _write_presence(
    connection: Connection, plan: Sequence[Planned], seqs: Mapping[int, int]
) -> None:
    entered = [step for step in plan if step.enters]
    write_presence_versions(
        connection,
        [(step.pk, seqs[step.pk], Presence.PRESENT.value, None) for step in entered],
        opened={step.pk for step in entered if step.step in {Step.ADD, Step.REVIVE}},
    )


def write_presence_versions(
    connection: Connection,
    versions: Sequence[tuple[int, int, str, int | None]],
    opened: AbstractSet[int] = frozenset(),
) -> None:
    """Begin versions of presence, and end those before them.

    Args:
        connection: The writing connection.
        versions: Key, sequence number, presence and missing since (UTC milliseconds) of each.
        opened: Keys of deployments that have no version to end.
    """
    ended = [(key, seq) for key, seq, *_ in versions if key not in opened]
    end_versions(connection, presence_version, ended)
    if versions:
        names = ("deployment_pk", "from_seq", "presence", "missing_since")
        values: list[dict[str, Any]] = [
            dict(zip(names, version, strict=True)) for version in versions
        ]
        insert_many(connection, presence_version, values)


def end_versions(connection: Connection, table: sa.Table, ended: Sequence[tuple[int, int]]) -> None:
    """End the current versions of deployments; `ended` has key and sequence number of each."""
    if ended:
        current = (table.c.deployment_pk == sa.bindparam("b_pk")) & table.c.to_seq.is_(None)
        statement = sa.update(table).where(current).values(to_seq=sa.bindparam("b_seq"))
        connection.execute(statement, [{"b_pk": key, "b_seq": seq} for key, seq in ended])


def _write_versions(
    tx: Transaction, sets: OperationSets, plan: Sequence[Planned], seqs: Mapping[int, int]
) -> None:
    written = [step for step in plan if step.step in _NEW_FACTS]
    if not written:
        return
    keys = sets.intern(tx, [(_operations_hash(step), step.item.operations) for step in written])
    ended = [(step.pk, seqs[step.pk]) for step in written if step.step is Step.REWRITE]
    end_versions(tx.connection, deployment_version, ended)
    values = [
        {
            "deployment_pk": step.pk,
            "from_seq": seqs[step.pk],
            "doc": _document(step.item),
            "operation_set_pk": key,
        }
        for step, key in zip(written, keys, strict=True)
    ]
    insert_many(tx.connection, deployment_version, values)


def _operations_hash(step: Planned) -> bytes:
    """Return the hash of the operations that are stored: of those that were read it was taken already."""
    held = step.write.operations
    return operations_hash(step.item.operations) if held is None else held


def _document(item: Deployment) -> bytes:
    return encode(msgspec.structs.replace(item, operations=UNKNOWN))


def _write_rows(
    connection: Connection,
    target: Target,
    plan: Sequence[Planned],
    drawn: Mapping[str, Conclusion],
) -> None:
    fresh = {step.pk for step in plan if step.step in {Step.ADD, Step.REVIVE}}
    shown = [step for step in plan if step.step in _NEW_FACTS or step.step is Step.MOVE]
    concluded = rows.load_conclusions(connection, [s.pk for s in shown if s.pk not in fresh])
    concluded |= {s.pk: drawn[s.item.uid] for s in shown if s.item.uid in drawn}
    projected = {
        step.pk: rows.project_deployment(step.pk, step.item, target.scope, concluded.get(step.pk))
        for step in shown
    }
    rows.insert_rows(connection, [item for key, item in projected.items() if key in fresh])
    rows.update_rows(connection, [item for key, item in projected.items() if key not in fresh])


def _refresh_volatile(connection: Connection, plan: Sequence[Planned]) -> None:
    """Overwrite what is outside the content hash (times, provenance) where only that moved."""
    items = {
        step.pk: step.item
        for step in plan
        if step.write.kind is None and step.step not in _NEW_FACTS
    }
    if not items:
        return
    held = deployment_version
    query = sa.select(held.c.deployment_pk, held.c.from_seq, held.c.doc)
    current = query.where(held.c.deployment_pk.in_(list(items)), held.c.to_seq.is_(None))
    moved = [
        {"b_pk": key, "b_seq": seq, "b_doc": fresh}
        for key, seq, doc in connection.execute(current).all()
        if (fresh := _document(_like_stored(items[key], doc))) != doc
    ]
    if moved:
        this = (held.c.deployment_pk == sa.bindparam("b_pk")) & (
            held.c.from_seq == sa.bindparam("b_seq")
        )
        connection.execute(sa.update(held).where(this).values(doc=sa.bindparam("b_doc")), moved)


def _like_stored(item: Deployment, doc: bytes) -> Deployment:
    """Return an item with the details of the stored document: its hashes say that they are equal."""
    return _with_details(item, decode(doc, Deployment))
