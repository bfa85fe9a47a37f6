"""Backups: always one SQLite store file, from either database and into either.

A file is copied page by page while it is in use (SQLite's online backup); a server's tables are
copied row by row, in one snapshot.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData

from apiscape.errors import StoreError, in_words
from apiscape.store.database.bulk import insert_many
from apiscape.store.database.engine import Database, parse_url
from apiscape.store.database.migrate import (
    VERSION_TABLE,
    check_readable,
    known_revision,
    pending,
    read_revision,
    upgrade,
)
from apiscape.store.database.transaction import move_cursor, read_cursor
from apiscape.store.database.writer import SWEEP
from apiscape.store.search import is_search, prepare_search

COPIED_AT_A_TIME = 2000
HEADER = b"SQLite format 3\0"
MADE_BY = "name a file that `apiscape backup` wrote"


def write_backup(database: Database, path: Path) -> None:
    """Write a backup to a new file, mode 0600.

    Raises:
        StoreError: the file exists, or cannot be written.
    """
    with _fresh_file(path) as unfinished:
        if database.is_sqlite:
            _copy_pages_out(database, unfinished)
        else:
            _copy_rows_out(database, unfinished)


def read_backup(database: Database, path: Path) -> None:
    """Replace everything in a store by a backup, brought to this version's schema.

    Raises:
        StoreError: the file is no backup of a store.
        StoreTooNew: it was made by a newer version.
    """
    with tempfile.TemporaryDirectory(dir=_room(database)) as folder:
        copy = Path(folder) / "restored.db"
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            raise StoreError(f"the backup cannot be read: {in_words(error)}", hint=None) from error
        if not _is_database(copy):
            raise StoreError(f"{path} is not a backup of a store", hint=MADE_BY)
        with closing(Database(parse_url(str(copy)), write=True)) as source:
            _bring_up(source, path)
            if database.is_sqlite:
                _copy_pages_in(database, source)
            else:
                _copy_rows_in(database, source)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HEADER)) in {HEADER, b""}


def _room(database: Database) -> str | None:
    """Return where a copy of a backup has room: beside the store's file."""
    return None if database.path is None else str(database.path.parent)


@contextmanager
def _fresh_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes its name only once it is whole."""
    if path.exists():
        raise StoreError(f"{path} exists already", hint="name a new file for the backup")
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
        yield unfinished
        unfinished.rename(path)
    except OSError as error:
        raise StoreError(
            f"the backup cannot be written: {in_words(error)}",
            hint="name a file in a folder that is there and may be written",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _copy_pages_out(database: Database, path: Path) -> None:
    with _said("written"), database.raw() as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE").close()


def _copy_pages_in(database: Database, source: Database) -> None:
    with _said("restored"), source.raw() as origin, database.raw() as target:
        origin.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        origin.backup(target)


@contextmanager
def _said(done: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the backup cannot be {done}: {error}", hint=None) from error


def _copy_rows_out(database: Database, path: Path) -> None:
    with closing(Database(parse_url(str(path)), write=True)) as backup:
        with database.read() as source, backup.write() as target:
            upgrade(target, known_revision(source))
            _copy_tables(source, target)
        with backup.raw() as finished:
            finished.execute("PRAGMA journal_mode = DELETE").close()


def _copy_rows_in(database: Database, source: Database) -> None:
    with source.read() as origin, database.write() as target:
        swept = read_cursor(target, SWEEP)
        _copy_tables(origin, target)
        move_cursor(target, SWEEP, max(swept, read_cursor(target, SWEEP)) + 1)


def _copy_tables(source: Connection, target: Connection) -> None:
    """Replace the rows of every table that both have, by the columns that both have."""
    held, taken = _reflect(source), _reflect(target)
    tables = [table for table in held.sorted_tables if table.name in taken.tables]
    for table in reversed(tables):
        target.execute(sa.delete(table))
    for table in tables:
        names = [name for name in table.c.keys() if name in taken.tables[table.name].c]  # noqa: SIM118 - keys are names
        query = sa.select(*(table.c[name] for name in names))
        for rows in _pages(source, query):
            insert_many(target, table, rows)


def _reflect(connection: Connection) -> MetaData:
    """Return the tables of a store as they are, which may be those of an earlier schema."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not (is_search(name) or name == VERSION_TABLE))
    return found


def _pages(source: Connection, query: sa.Select[Any]) -> Iterator[list[dict[str, object]]]:
    found = source.execute(query.execution_options(yield_per=COPIED_AT_A_TIME))
    for page in found.mappings().partitions():
        yield [dict(record) for record in page]


def _bring_up(source: Database, path: Path) -> None:
    """Bring a copy of a backup to this version's schema, and undo what would tie it to its origin."""
    with source.restructure() as connection:
        revision = read_revision(connection)
        if revision is None:
            raise StoreError(f"{path} is not a backup of a store", hint=MADE_BY)
        check_readable(connection, revision)
        if pending(revision):
            upgrade(connection)
        prepare_search(connection)
        move_cursor(connection, SWEEP, read_cursor(connection, SWEEP) + 1)
