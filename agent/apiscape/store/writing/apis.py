"""Apis that deployments were concluded to be: their titles, members and redirects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.codec import encode
from apiscape.model.surroundings import Api
from apiscape.store.database.bulk import find_in, insert_many, rewrite
from apiscape.store.encoding import clean
from apiscape.store.schema import api, api_member, redirect
from apiscape.store.writing.rows import CHUNK


def save_apis(connection: Connection, items: Sequence[Api]) -> None:
    """Write Apis that are new or differ, and the redirects of those that were merged into them."""
    for start in range(0, len(items), CHUNK):
        _save_chunk(connection, items[start : start + CHUNK])


def _save_chunk(connection: Connection, items: Sequence[Api]) -> None:
    given = {item.uid: _values(item) for item in items}
    found = find_in(connection, list(api.c), api.c.uid, given)
    names = api.c.keys()
    held = {record[0]: dict(zip(names, record, strict=True)) for record in found}
    fresh = [values for uid, values in given.items() if uid not in held]
    moved = [values for uid, values in given.items() if uid in held and held[uid] != values]
    insert_many(connection, api, fresh)
    rewrite(connection, api, "uid", moved)
    _redirect(connection, {old: item.uid for item in items for old in item.redirects}, set(given))


def _redirect(connection: Connection, merged: Mapping[str, str], living: AbstractSet[str]) -> None:
    """Let merged Apis lead to where they went, in one step; one that lives again leads nowhere."""
    old_uid, new_uid = redirect.c.old_uid, redirect.c.new_uid
    held = [uid for (uid,) in find_in(connection, [old_uid], old_uid, {*merged, *living})]
    if held:
        connection.execute(sa.delete(redirect).where(old_uid.in_(held)))
    for old, new in merged.items():
        connection.execute(sa.update(redirect).where(new_uid == old).values(new_uid=new))
    values = [{"old_uid": old, "new_uid": new} for old, new in merged.items()]
    insert_many(connection, redirect, values)


def save_members(connection: Connection, members: Mapping[int, str | None]) -> set[str]:
    """Let deployments (by key) belong to Apis; return the uids of those that lost one."""
    key = api_member.c.deployment_pk
    found = find_in(connection, [key, api_member.c.api_uid], key, members)
    held: dict[int, str] = {record[0]: record[1] for record in found}
    moved = {key: uid for key, uid in members.items() if held.get(key) != uid}
    left = [key for key in moved if key in held]
    if left:
        connection.execute(sa.delete(api_member).where(api_member.c.deployment_pk.in_(left)))
    values = [
        {"deployment_pk": key, "api_uid": uid} for key, uid in moved.items() if uid is not None
    ]
    insert_many(connection, api_member, values)
    return {held[key] for key in left}


def drop_memberless(connection: Connection, uids: set[str]) -> None:
    """Drop those of some Apis that no deployment belongs to."""
    asked = sorted(uids)
    member = sa.select(api_member.c.api_uid).where(api_member.c.api_uid == api.c.uid)
    for start in range(0, len(asked), CHUNK):
        among = api.c.uid.in_(asked[start : start + CHUNK])
        connection.execute(sa.delete(api).where(among, ~member.exists()))


def _values(item: Api) -> dict[str, object]:
    return {
        "uid": item.uid,
        "title": clean(item.title),
        "explicit_id": None if item.explicit_id is None else clean(item.explicit_id),
        "doc": encode(msgspec.structs.replace(item, members=())),
    }
