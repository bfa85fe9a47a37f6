"""Deployments that come for the first time: what follows of them is drawn as they are written, and kept with them.

Who draws is handed in, and knows no more than the newcomers themselves. Whoever follows the log
looks whether that was enough: it is, where nothing stands around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from apiscape.model.codec import encode
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Api
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import Presence
from apiscape.store.database.bulk import find_in, insert_many
from apiscape.store.overlay import Conclusion, words_of
from apiscape.store.schema import conclusion, conclusion_version, deployment
from apiscape.store.writing.apis import save_apis, save_members


class Member(Entity, frozen=True):
    """A deployment among those of one native API; `scope` is the key of the one that lists it."""

    uid: str
    stage: str | None
    presence: str
    first_seen_at: datetime
    api_uid: str | None
    scope: str = ""


class Newcomers(Entity, frozen=True):
    """Deployments of native APIs of which nothing was stored before.

    Attributes:
        families: Those of each native API, oldest first.
        items: Their facts by uid, operations included.
    """

    families: tuple[tuple[Member, ...], ...] = ()
    items: dict[str, Deployment] = msgspec.field(default_factory=dict)


class Drawn(Entity, frozen=True):
    """What follows of newcomers, by uid, and the Apis that they are."""

    conclusions: dict[str, Conclusion] = msgspec.field(default_factory=dict)
    apis: tuple[Api, ...] = ()


Draw = Callable[[Newcomers, datetime], Drawn]
"""Draws what follows of newcomers alone, at a time. It is called within a transaction, and must be pure."""


def draw_nothing(_newcomers: Newcomers, _at: datetime) -> Drawn:
    """Leave everything to whoever follows the log."""
    return Drawn()


def find_newcomers(
    connection: Connection, added: Mapping[str, Sequence[Deployment]], scope: str, at: datetime
) -> Newcomers:
    """Return those of some deployments that are about to be added of whose native API nothing is stored.

    Args:
        connection: Has them not yet.
        added: By what the deployments of a native API have in common.
        scope: Key of the scope that lists them.
        at: When they were first seen.
    """
    if not added:
        return Newcomers()
    key = deployment.c.native_api_key
    stored = {held for (held,) in find_in(connection, [key], key, added)}
    fresh = [items for found, items in added.items() if found not in stored]
    seen_at = from_utc_millis(utc_millis(at))
    return Newcomers(
        families=tuple(_family(items, scope, seen_at) for items in fresh),
        items={item.uid: item for items in fresh for item in items},
    )


def keep_drawn(
    connection: Connection, drawn: Drawn, keys: Mapping[str, int], seqs: Mapping[int, int]
) -> None:
    """Keep what follows of newcomers, as of the change that says they appeared.

    Args:
        connection: Has their rows.
        drawn: What is kept.
        keys: Keys of deployments by uid.
        seqs: Sequence numbers of their changes, by key.
    """
    if not drawn.conclusions:
        return
    save_apis(connection, drawn.apis)
    given = {keys[uid]: each for uid, each in drawn.conclusions.items()}
    save_members(connection, {key: each.api for key, each in given.items()})
    docs = {key: encode(each) for key, each in given.items()}
    held = [{"deployment_pk": key, "doc": doc} for key, doc in docs.items()]
    insert_many(connection, conclusion, held)
    versions = [_version(key, seqs[key], each, docs[key]) for key, each in given.items()]
    insert_many(connection, conclusion_version, versions)


def _family(items: Sequence[Deployment], scope: str, at: datetime) -> tuple[Member, ...]:
    members = (
        Member(
            uid=item.uid,
            stage=item.stage,
            presence=Presence.PRESENT,
            first_seen_at=at,
            api_uid=None,
            scope=scope,
        )
        for item in items
    )
    return tuple(sorted(members, key=lambda member: member.uid))


def _version(key: int, seq: int, drawn: Conclusion, doc: bytes) -> dict[str, Any]:
    """Return the version of a conclusion and its document; without numbers both are the same text."""
    words = words_of(drawn)
    told = doc if words is drawn else encode(words)
    return {"deployment_pk": key, "from_seq": seq, "api_uid": words.api, "doc": told}
