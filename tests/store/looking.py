"""Looking at a store from beside it: what its tables hold, and what may be compared between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from apiscape.model.codec import encode
from apiscape.model.run import Scope
from apiscape.store import Store
from apiscape.store.schema import deployment, metadata
from tests.store.making import SCOPE

INVENTORY = (
    *("deployment", "deployment_version", "presence_version", "operation_set", "operation"),
    *("security", "row", "row_doc", "deep", "surrounding", "change", "conclusion", "api"),
    "conclusion_version",
)
"""Tables in which an unchanged cycle writes nothing."""


def kinds(store: Store) -> list[str]:
    """Return the kinds of all that was logged, in order."""
    return [change.kind for change in store.changes.after(0)]


def count(store: Store, table: str) -> int:
    with store.database.read() as connection:
        query = sa.select(sa.func.count()).select_from(metadata.tables[table])
        return int(connection.execute(query).scalar_one())


def counts(store: Store) -> dict[str, int]:
    return {name: count(store, name) for name in metadata.tables}


def records(store: Store, table: str) -> list[dict[str, Any]]:
    """Return a table's rows in the order of their keys."""
    found = metadata.tables[table]
    with store.database.read() as connection:
        query = sa.select(found).order_by(*found.primary_key.columns)
        return [dict(record) for record in connection.execute(query).mappings()]


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {name: records(store, name) for name in metadata.tables}


def current(store: Store, scope: Scope = SCOPE) -> Mapping[str, tuple[Any, ...]]:
    """Return what may be compared of a scope: presence, facts, row and what was logged, by uid."""
    known = store.runs.known(scope)
    facts = store.runs.documents(known)
    rows = {record["deployment_pk"]: record for record in records(store, "row")}
    keys = {record["uid"]: record["pk"] for record in records(store, "deployment")}
    logged = [(change.kind, change.uid) for change in store.changes.after(0)]
    return {
        uid: (
            item.presence,
            encode(facts[uid]),
            {name: v for name, v in rows[keys[uid]].items() if name != "deployment_pk"},
            sorted(kind for kind, changed in logged if changed == uid),
        )
        for uid, item in known.items()
    }


def search(store: Store, text: str, column: str = "text") -> set[str]:
    """Return the uids of deployments whose search index has a text."""
    query: sa.Executable
    if store.database.is_sqlite:
        query = sa.text(
            "SELECT uid FROM deployment JOIN deep_search ON deep_search.rowid = pk WHERE deep_search MATCH :asked"
        ).bindparams(asked=f'{column}: "{text}"')
    else:
        deep = metadata.tables["deep"]
        query = (
            sa.select(deployment.c.uid)
            .join(deep, deep.c.deployment_pk == deployment.c.pk)
            .where(deep.c[column].contains(text, autoescape=True))
        )
    with store.database.read() as connection:
        return set(connection.execute(query).scalars())
