"""Bringing a store to the schema of this version.

A revision expands the schema; what it replaces is dropped one minor release later by a
contracting one. So a process of the previous minor release goes on working on a store that a
newer one has expanded. `oldest_reader` in `meta` is the oldest revision whose code still may.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, inspect

from apiscape.errors import StoreError, StoreTooNew
from apiscape.store import schema
from apiscape.store.database.engine import APPLICATION_ID
from apiscape.store.search import prepare_search

VERSION_TABLE = "apiscape_revision"
SCRIPTS = Path(__file__).parent / "migrations"


class Revision(NamedTuple):
    """A step of the schema; one that contracts ends the use of the store by older code."""

    name: str
    contracts: bool = False


REVISIONS: tuple[Revision, ...] = (
    Revision("0001"),
    Revision("0002"),
    Revision("0003"),
    Revision("0004"),
    Revision("0005"),
    Revision("0006"),
    Revision("0007"),
)
"""Oldest first; the revision scripts' names, known here so that opening a store needs no Alembic."""

DESCRIBED = "0007"
"""The revision whose tables `schema` describes: a new SQLite store is made of them at once, without Alembic."""


def read_revision(connection: Connection) -> str | None:
    """Return the revision of a store, `None` of an empty database.

    Raises:
        StoreError: the database holds something else.
    """
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables and schema.meta.name in tables:
        version = sa.table(VERSION_TABLE, sa.column("version_num"))
        return str(connection.execute(sa.select(version.c.version_num)).scalar_one())
    if (connection.dialect.name == "sqlite" and tables) or tables & set(schema.metadata.tables):
        raise StoreError(
            f"the database is not a store of apiscape: it has the table {min(tables)}",
            hint="name another with --store",
        )
    return None


def pending(revision: str | None) -> tuple[Revision, ...]:
    """Return the revisions that a store lacks; none where it is newer than this version."""
    names = [step.name for step in REVISIONS]
    if revision is None:
        return REVISIONS
    return REVISIONS[names.index(revision) + 1 :] if revision in names else ()


def check_readable(connection: Connection, revision: str) -> None:
    """Refuse a store that a newer version has made unreadable for this one.

    Raises:
        StoreTooNew: it has; the message names both revisions.
    """
    names = [step.name for step in REVISIONS]
    if revision in names:
        return
    query = sa.select(schema.meta.c.value).where(schema.meta.c.key == "oldest_reader")
    oldest = connection.execute(query).scalar_one_or_none()
    if oldest not in names:
        raise StoreTooNew(
            f"the store has schema {revision} of a newer version; this one knows {names[-1]}",
            hint="upgrade apiscape, or restore a backup made before the upgrade",
        )


def known_revision(connection: Connection) -> str:
    """Return the revision of a store; the newest that is known here where a newer one expanded it."""
    revision = read_revision(connection)
    names = [step.name for step in REVISIONS]
    return revision if revision in names else names[-1]


def upgrade(connection: Connection, to: str | None = None) -> None:
    """Run every pending revision, or those up to one, and prepare search, inside the caller's transaction."""
    steps = [step for step in REVISIONS if to is None or step.name <= to]
    if _is_described(connection, steps) and read_revision(connection) is None:
        _make(connection)
    else:
        _run(connection, steps[-1].name)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    prepare_search(connection)
    _note_oldest_reader(connection, steps)


def _is_described(connection: Connection, steps: Sequence[Revision]) -> bool:
    """Say whether `schema` is the whole of what some steps make: of SQLite it says the partial indexes too."""
    return connection.dialect.name == "sqlite" and steps[-1].name == DESCRIBED


def _make(connection: Connection) -> None:
    """Make every table of a new store, at the revision that the code describes."""
    for statement in _described_tables():
        connection.exec_driver_sql(statement)
    version = sa.table(VERSION_TABLE, sa.column("version_num"))
    connection.execute(sa.insert(version), {"version_num": DESCRIBED})


@lru_cache(maxsize=1)
def _described_tables() -> tuple[str, ...]:
    """Return what makes every table of a new SQLite store, worded once in a process."""
    worded: list[str] = []

    def word(element: sa.ExecutableDDLElement, *_: object, **__: object) -> None:
        worded.append(str(element.compile(dialect=engine.dialect)))

    engine = sa.create_mock_engine("sqlite://", word)
    schema.metadata.create_all(engine, checkfirst=False)
    name = sa.Column("version_num", sa.String(32), nullable=False)
    key = sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc")
    sa.Table(VERSION_TABLE, sa.MetaData(), name, key).create(engine, checkfirst=False)
    return tuple(worded)


def _run(connection: Connection, to: str) -> None:
    """Run the scripts of the revisions that a store lacks."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _note_oldest_reader(connection: Connection, steps: Sequence[Revision]) -> None:
    oldest = [step.name for step in steps if step.contracts or step is steps[0]][-1]
    connection.execute(sa.delete(schema.meta).where(schema.meta.c.key == "oldest_reader"))
    connection.execute(sa.insert(schema.meta), {"key": "oldest_reader", "value": oldest})
