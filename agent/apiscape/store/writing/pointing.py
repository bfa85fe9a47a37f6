"""Names in DNS: what answers, or answered, at the hosts that they point at, and what was concluded of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.codec import decode
from apiscape.model.deployment import Endpoint
from apiscape.model.entity import Entity
from apiscape.model.projection import host_of
from apiscape.model.surroundings import STACKS, FrontDoor, Gateway, Signal
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Presence
from apiscape.store.database.transaction import Transaction, move_cursor, read_cursor
from apiscape.store.database.writer import Writer
from apiscape.store.encoding import MARK, clean
from apiscape.store.schema import deep, deployment, deployment_version, scope, surrounding
from apiscape.store.writing.rows import CHUNK
from apiscape.store.writing.surroundings import (
    KINDS,
    VERDICT,
    Visit,
    retire_by_key,
    see,
    store_surroundings,
)

_PIECES = re.compile("[/:]")
_GONE = (Presence.RETIRED.value, Presence.SUPERSEDED.value)


class Holder(Entity, frozen=True):
    """What answers at hosts of its own, or did.

    Attributes:
        title: What it is, in words.
        scope: Key of the scope that lists it.
        stands: Whether that scope still lists it, as far as anybody knows.
        hosts: In lower case; unknown where nobody could look.
        native: The last piece of its native API's id, which its gateway may make a host of.
    """

    title: str
    scope: str
    stands: bool
    hosts: tuple[str, ...] | Unknown = UNKNOWN
    native: str = ""


class _Answering(Entity, frozen=True):
    name: str = ""
    native_api_id: str = ""
    endpoints: tuple[Endpoint, ...] | Unknown = UNKNOWN


class _Labelled(Entity, frozen=True):
    labels: dict[str, str] | Unknown = UNKNOWN


class Pointing:
    """Reads who holds hosts, and keeps what was concluded of names that point at them."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._database = writer.database

    def verdicts(self) -> dict[str, Signal]:
        """Return what was concluded of names, by their uids."""
        with self._database.read() as connection:
            return {said.subject_uid: said for said in _standing(connection).values()}

    def holders(self, providers: Collection[str]) -> tuple[Holder, ...]:
        """Return whatever has, or had, hosts at some providers: deployments, front doors and gateways."""
        with self._database.read() as connection:
            return (
                *_deployments(connection, sorted(providers)),
                *_around(connection, sorted(providers)),
            )

    def labelled(self, text: str, uids: Collection[str] | None = None) -> set[str]:
        """Return the native APIs with a label that begins so, as `key=value`, of all deployments or of some."""
        query = (
            sa.select(deployment.c.native_api_key)
            .join(deep, deep.c.deployment_pk == deployment.c.pk)
            .where(deep.c.labels.contains(f"{MARK}{clean(text)}", autoescape=True))
        )
        with self._database.read() as connection:
            if uids is None:
                return set(connection.scalars(query))
            found: set[str] = set()
            for chunk in _chunks(uids):
                found.update(connection.scalars(query.where(deployment.c.uid.in_(chunk))))
            return found

    def stacks(self, uids: Collection[str]) -> frozenset[str]:
        """Return what the load balancers among some front doors are called in their clusters, now or before.

        As labels of what they serve: `label=namespace/name`.
        """
        query = sa.select(surrounding.c.doc).where(surrounding.c.kind == KINDS[FrontDoor])
        found: set[str] = set()
        with self._database.read() as connection:
            for chunk in _chunks(uids):
                for doc in connection.scalars(query.where(surrounding.c.uid.in_(chunk))):
                    labels = decode(doc, _Labelled).labels
                    held = labels if is_known(labels) else {}
                    found.update(f"{label}={held[label]}" for label in STACKS if label in held)
        return frozenset(found)

    def save(
        self, verdicts: Mapping[str, Signal], *, name: str, seq: int, at: datetime
    ) -> frozenset[str]:
        """Keep just these verdicts, by the names' uids, and a cursor; return the names of which another one holds.

        A name that no longer stands has none. One that is judged as before keeps the time since when it is,
        whatever else speaks for it now.
        """
        with self._writer.transaction() as tx:
            held = _standing(tx.connection)
            before = {said.subject_uid: said for said in held.values()}
            asked = {*before, *verdicts}
            moved = {uid for uid in asked if _said(before.get(uid)) != _said(verdicts.get(uid))}
            gone = [key for key, said in held.items() if said.subject_uid in moved - {*verdicts}]
            retire_by_key(tx, gone, at)
            fresh = [_since(before.get(uid), verdicts[uid]) for uid in sorted(moved & {*verdicts})]
            _write(tx, fresh, at)
            if read_cursor(tx.connection, name) != seq:
                move_cursor(tx.connection, name, seq)
        return frozenset(moved)


def _said(verdict: Signal | None) -> tuple[object, ...] | None:
    """Return what makes a verdict another one: not when it was drawn."""
    return None if verdict is None else (verdict.value, verdict.reason)


def _since(before: Signal | None, verdict: Signal) -> Signal:
    """Return a verdict with the time since when it is so."""
    if before is None or before.value is not verdict.value:
        return verdict
    return msgspec.structs.replace(verdict, observed_at=before.observed_at)


def _standing(connection: Connection) -> dict[int, Signal]:
    query = sa.select(surrounding.c.pk, surrounding.c.doc).where(
        surrounding.c.kind == VERDICT, surrounding.c.to_seq.is_(None)
    )
    return {key: decode(doc, Signal) for key, doc in connection.execute(query)}


def _write(tx: Transaction, verdicts: Iterable[Signal], at: datetime) -> None:
    """Write verdicts where their names are listed: they go with these."""
    given = {said.subject_uid: said for said in verdicts}
    listed = sa.select(
        surrounding.c.uid,
        surrounding.c.part_pk,
        surrounding.c.listed_id,
        scope.c.pk,
        scope.c.key,
        scope.c.generation,
    ).join(scope, scope.c.pk == surrounding.c.scope_pk)
    for chunk in _chunks(given):
        standing = surrounding.c.uid.in_(chunk), surrounding.c.to_seq.is_(None)
        for found in tx.connection.execute(listed.where(*standing)).all():
            visit = Visit(found.pk, found.key, found.generation, at)
            seen = see(given[found.uid], found.part_pk, found.listed_id)
            store_surroundings(tx, visit, [msgspec.structs.replace(seen, kind=VERDICT)])


def _deployments(connection: Connection, providers: Sequence[str]) -> Iterator[Holder]:
    query = (
        sa.select(deployment.c.presence, deployment_version.c.doc, scope.c.key)
        .join(deployment_version, deployment_version.c.deployment_pk == deployment.c.pk)
        .join(scope, scope.c.pk == deployment.c.scope_pk)
        .where(
            scope.c.provider.in_(providers),
            deployment.c.forgotten_at.is_(None),
            deployment_version.c.to_seq.is_(None),
        )
    )
    for presence, doc, key in connection.execute(query):
        item = decode(doc, _Answering)
        yield Holder(
            title=item.name,
            scope=key,
            stands=presence not in _GONE,
            hosts=tuple(host_of(each.url) for each in item.endpoints)
            if is_known(item.endpoints)
            else UNKNOWN,
            native=_PIECES.split(item.native_api_id)[-1],
        )


def _around(connection: Connection, providers: Sequence[str]) -> Iterator[Holder]:
    """Yield front doors that are more than names, and gateways: as they stand, or as they were at the end."""
    held = surrounding.c
    query = (
        sa.select(held.uid, held.kind, held.doc, held.to_seq, scope.c.key)
        .join(scope, scope.c.pk == held.scope_pk)
        .where(scope.c.provider.in_(providers), held.kind.in_((KINDS[FrontDoor], KINDS[Gateway])))
        .order_by(held.from_seq)
    )
    newest = {(found.uid, found.key): found for found in connection.execute(query)}
    for found in newest.values():
        hosts, title, is_name = _hosts(found.kind, found.doc)
        if not is_name:
            yield Holder(title=title, scope=found.key, stands=found.to_seq is None, hosts=hosts)


def _hosts(kind: str, doc: bytes) -> tuple[tuple[str, ...] | Unknown, str, bool]:
    """Return the hosts of something that stands around, what it is called, and whether it is a mere name."""
    if kind == KINDS[Gateway]:
        gateway = decode(doc, Gateway)
        return gateway.hostnames, gateway.name, False
    door = decode(doc, FrontDoor)
    return (host_of(door.endpoint.url), *door.answers_at), door.name, door.is_name


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    asked = list(items)
    for start in range(0, len(asked), CHUNK):
        yield asked[start : start + CHUNK]
