"""Conclusions that moved, as they are written: the rows that they change, their versions, and the log of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.model.codec import decode, encode
from apiscape.model.projection import project
from apiscape.model.row import Row, search_text
from apiscape.model.run import Reach, Scope
from apiscape.model.values import is_known
from apiscape.store.database.bulk import insert_many, rewrite, rewrite_together
from apiscape.store.database.transaction import (
    Transaction,
)
from apiscape.store.encoding import clean, encode_row
from apiscape.store.overlay import (
    Conclusion,
    laid,
    lay_over,
    says_the_same,
    words_of,
)
from apiscape.store.schema import (
    conclusion,
    conclusion_version,
    deep,
    deployment,
    row,
    row_doc,
    scope,
)
from apiscape.store.writing.apis import save_members
from apiscape.store.writing.deployments import end_versions
from apiscape.store.writing.moved import Held, Moved, log_moved
from apiscape.store.writing.rows import load_conclusions, load_facts


def save_chunk(tx: Transaction, given: Mapping[str, Conclusion], at: datetime) -> set[str]:
    """Write the conclusions that moved; return the uids of Apis that may have lost a member."""
    held = load_held(tx.connection, list(given))
    before = load_conclusions(tx.connection, [item.pk for item in held.values()])
    moved = [uid for uid, item in held.items() if before.get(item.pk) != given[uid]]
    if not moved:
        return set()
    docs = {held[uid].pk: encode(given[uid]) for uid in moved}
    known = [{"deployment_pk": pk, "doc": doc} for pk, doc in docs.items() if pk in before]
    fresh = [{"deployment_pk": pk, "doc": doc} for pk, doc in docs.items() if pk not in before]
    rewrite(tx.connection, conclusion, "deployment_pk", known)
    insert_many(tx.connection, conclusion, fresh)
    left = save_members(tx.connection, {held[uid].pk: given[uid].api for uid in moved})
    facts = _facts_rows(tx.connection, moved, held, before, given)
    after = {uid: lay_over(facts.get(uid, held[uid].row), given[uid]) for uid in moved}
    _write_rows(tx.connection, [(held[u], new) for u, new in after.items() if new != held[u].row])
    _begin_versions(tx, [Moved(held[uid], after[uid], given[uid]) for uid in moved], at)
    return left


def _begin_versions(tx: Transaction, moved: Iterable[Moved], at: datetime) -> None:
    """Log the conclusions that say something else than before, and begin a version of each."""
    versions = {item.held.pk: item for item in moved}
    before = _load_versions(tx.connection, list(versions))
    fresh: list[dict[str, Any]] = []
    for key, item in versions.items():
        said = before.get(key, Conclusion())
        if not says_the_same(said, item.conclusion):
            words = words_of(item.conclusion)
            begin = {"deployment_pk": key, "from_seq": log_moved(tx, item, said, at)}
            fresh.append(begin | {"api_uid": words.api, "doc": encode(words)})
    ended = [(each["deployment_pk"], each["from_seq"]) for each in fresh]
    end_versions(tx.connection, conclusion_version, [each for each in ended if each[0] in before])
    insert_many(tx.connection, conclusion_version, fresh)


def _load_versions(connection: Connection, keys: Sequence[int]) -> dict[int, Conclusion]:
    """Return what deployments are said to be at present, by key."""
    held = conclusion_version.c
    query = sa.select(held.deployment_pk, held.doc).where(
        held.deployment_pk.in_(keys), held.to_seq.is_(None)
    )
    return {key: decode(doc, Conclusion) for key, doc in connection.execute(query)}


def load_held(connection: Connection, uids: Sequence[str]) -> dict[str, Held]:
    """Return deployments with their rows as they are shown, by uid; those not stored are left out."""
    query = (
        sa.select(
            deployment.c.uid,
            deployment.c.pk,
            deployment.c.presence,
            row_doc.c.doc,
            scope.c.pk.label("scope_pk"),
            scope.c.generation,
        )
        .join(row_doc, row_doc.c.deployment_pk == deployment.c.pk)
        .join(scope, scope.c.pk == deployment.c.scope_pk)
        .where(deployment.c.uid.in_(uids))
    )
    return {
        record.uid: Held(
            pk=record.pk,
            row=decode(record.doc, Row),
            scope_pk=record.scope_pk,
            generation=record.generation,
            presence=record.presence,
        )
        for record in connection.execute(query)
    }


def _facts_rows(
    connection: Connection,
    uids: Sequence[str],
    held: Mapping[str, Held],
    before: Mapping[int, Conclusion],
    after: Mapping[str, Conclusion],
) -> dict[str, Row]:
    """Return the rows of the bare facts where a conclusion is withdrawn and they show again."""
    withdrawn = [
        uid
        for uid in uids
        if held[uid].pk in before and _is_withdrawn(before[held[uid].pk], after[uid])
    ]
    return {
        uid: project(item, _scope_of(held[uid].row))
        for uid, item in load_facts(connection, withdrawn).items()
    }


def _is_withdrawn(before: Conclusion, after: Conclusion) -> bool:
    said = laid(after)
    return any(is_known(old) and not is_known(said[name]) for name, old in laid(before).items())


def _scope_of(shown: Row) -> Scope:
    """Return the scope of a row, as far as a row tells of it."""
    key = shown.scope.removeprefix(f"{shown.source}/").removesuffix(f"/{shown.product}")
    reach = Reach(key=key, account=shown.account, region=shown.region)
    return Scope(source=shown.source, provider=shown.provider, product=shown.product, reach=reach)


def _write_rows(connection: Connection, moved: Sequence[tuple[Held, Row]]) -> None:
    rewrite(connection, row, "deployment_pk", [encode_row(old.pk, new) for old, new in moved])
    docs = [{"deployment_pk": old.pk, "doc": encode(new)} for old, new in moved]
    rewrite(connection, row_doc, "deployment_pk", docs)
    texts = [
        {"deployment_pk": old.pk, "text": clean(text)}
        for old, new in moved
        if (text := search_text(new)) != search_text(old.row)
    ]
    rewrite_together(connection, deep, "deployment_pk", texts)
