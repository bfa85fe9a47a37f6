"""Opening a store: whose it is, which schema it has, and what an earlier process left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib.metadata import version
from os import getpid
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs
import sqlalchemy as sa

from apiscape.errors import StoreError
from apiscape.model.entity import Entity
from apiscape.model.values import from_utc_millis
from apiscape.store.database.alone import name_of
from apiscape.store.database.announcing import announce
from apiscape.store.database.engine import Database, parse_url, shown_address, shown_url
from apiscape.store.database.lock import Holder, StoreLock, refuse_network
from apiscape.store.database.migrate import check_readable, pending, read_revision, upgrade
from apiscape.store.database.writer import Writer
from apiscape.store.keeping.backup import write_backup
from apiscape.store.keeping.upkeep import Upkeep
from apiscape.store.reading.changes import Changes, read_horizon
from apiscape.store.schema import run
from apiscape.store.search import find_search, prepare_search
from apiscape.store.writing.conclusions import Conclusions
from apiscape.store.writing.deliveries import Deliveries
from apiscape.store.writing.documents import Documents
from apiscape.store.writing.estate import Estate
from apiscape.store.writing.measurements import Measurements
from apiscape.store.writing.pointing import Pointing
from apiscape.store.writing.runs import Runs, interrupt
from apiscape.store.writing.surroundings import Surroundings

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


class StoreStatus(Entity, frozen=True):
    """What a store says of itself.

    Attributes:
        url: Its address, without a password.
        search: `trigram`, or `like` where the server lacks pg_trgm and every search is a scan.
        horizon: Since when history is kept; `None` where all of it is.
    """

    url: str
    dialect: str
    search: str
    revision: str
    size_bytes: int
    horizon: datetime | None = None


class Store:
    """An open store, with its repositories; `close` it, or use it in a `with`."""

    def __init__(self, database: Database, lock: StoreLock | None) -> None:
        self.database = database
        self._lock = lock
        self._alone: str | None = None
        self._writer = Writer(database)
        self.runs = Runs(self._writer)
        self.estate = Estate(database)
        self.changes = Changes(database)
        self.surroundings = Surroundings(database)
        self.conclusions = Conclusions(self._writer)
        self.pointing = Pointing(self._writer)
        self.documents = Documents(database)
        self.measurements = Measurements(self._writer)
        self.deliveries = Deliveries(self._writer)
        self.upkeep = Upkeep(self._writer)

    def status(self) -> StoreStatus:
        """Return what the store says of itself."""
        with self.database.read() as connection:
            horizon, _ = read_horizon(connection)
            return StoreStatus(
                url=shown_url(self.database.url),
                dialect=connection.dialect.name,
                search=find_search(connection),
                revision=read_revision(connection) or "",
                size_bytes=_size(connection),
                horizon=from_utc_millis(horizon) if horizon else None,
            )

    def announce(self, address: str | None) -> None:
        """Say where this process answers: in the lock of a file, or beside the data that it holds alone.

        There it need not be taken back: it counts as long as this process has the lock.

        Raises:
            StoreError: the store does not answer.
        """
        if self._lock is not None:
            self._lock.announce(address)
        elif self._alone is not None and address is not None:
            with self.database.write() as connection:
                announce(connection, self._alone, address)

    def hold_alone(self) -> None:
        """Be the only agent of this store from now on; on SQLite, whose lock we hold, we are already.

        Raises:
            StoreLocked: another agent is; the message names it.
            StoreError: the store does not answer.
        """
        if not self.database.is_sqlite:
            holder = _holder(None)
            self.database.claim_alone(holder)
            self._alone = name_of(holder)

    def check_alone(self) -> None:
        """Have it said whether this still is the only agent, where it held the store alone.

        Raises:
            StoreLocked: another agent came between; the message names it.
            StoreError: the store does not answer.
        """
        if self._lock is not None:
            self._lock.check()
        if not self.database.is_sqlite:
            with self.database.write():
                pass

    def other_agent(self) -> str | None:
        """Return who is the only agent of this store, in words; on SQLite the lock beside the file says it.

        Raises:
            StoreError: the store does not answer.
        """
        return None if self.database.is_sqlite else self.database.who_is_alone()

    def close_interrupted(self, at: datetime) -> int:
        """Close the runs of writers that are gone, as partial; return how many."""
        with self._writer.transaction() as tx:
            query = sa.select(run.c.writer).where(run.c.ended_at.is_(None)).distinct()
            writers = list(tx.connection.execute(query).scalars())
            dead = [writer for writer in writers if self._writer.is_dead(tx.connection, writer)]
            return interrupt(tx.connection, at, run.c.writer.in_(dead)) if dead else 0

    def close(self) -> None:
        """Close every connection and let the next writer in."""
        self.database.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(
    url: str, *, write: bool, address: str | None = None, clock: Clock = utc_now
) -> Store:
    """Open a store, making or upgrading it where it is to be written.

    Args:
        url: A file's path, `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
        write: Whether to write; on SQLite, one process at a time may.
        address: Where this process answers, for those who find the store locked.
        clock: Now, for runs that are found interrupted.

    Raises:
        StoreLocked: another process writes it; the message names it.
        StoreTooNew: a newer version wrote it.
        StoreFull: no space, or read-only.
        StoreError: not ours, not there, on a network file system, or not answering.
    """
    database = Database(parse_url(url), write=write)
    if not write:
        return _open_to_read(database, url, clock)
    with ExitStack() as undo:
        undo.callback(database.close)
        lock = _lock(database, address)
        if lock is not None:
            undo.callback(lock.release)
        _bring_up(database)
        store = Store(database, lock)
        undo.pop_all()  # from here the store closes what it was given
        undo.callback(store.close)
        store.close_interrupted(clock())
        undo.pop_all()
    return store


def make_where_absent(url: str) -> None:
    """Make an empty store where there is none; one that is there is left as it is, whoever has it.

    Raises:
        StoreFull: no space, or read-only.
        StoreError: not ours, on a network file system, or not answering.
    """
    address = parse_url(url)
    is_file = address.get_backend_name() == "sqlite"
    if is_file and not Path(address.database or "").exists():
        open_store(url, write=True).close()
        return
    with closing(Database(address, write=False)) as database, database.read() as connection:
        revision = read_revision(connection)
    if revision is None:
        open_store(url, write=True).close()


def _open_to_read(database: Database, url: str, clock: Clock) -> Store:
    """Open a store to read; an older one is upgraded first, where nobody writes it."""
    with ExitStack() as undo:
        undo.callback(database.close)
        with database.read() as connection:
            revision = _filled(read_revision(connection), url)
            check_readable(connection, revision)
        undo.pop_all()
    if pending(revision):
        open_store(url, write=True, clock=clock).close()
    return Store(database, None)


def _filled(revision: str | None, url: str) -> str:
    if revision is None:
        raise StoreError(
            f"the store is empty: {shown_address(url)}", hint="fill it with `apiscape scan`"
        )
    return revision


def _lock(database: Database, address: str | None) -> StoreLock | None:
    if database.path is None:
        return None
    refuse_network(database.path)
    return StoreLock(database.path, _holder(address))


def _holder(address: str | None) -> Holder:
    return Holder(getpid(), version("apiscape"), address)


def _bring_up(database: Database) -> None:
    """Bring the schema to this version's, after a backup where a step contracts it."""
    with database.write() as connection:
        revision = read_revision(connection)
        if revision is not None:
            check_readable(connection, revision)
            prepare_search(connection)
    steps = pending(revision)
    contracting = [step.name for step in steps if step.contracts]
    if contracting and revision is not None:
        write_backup(database, _backup_path(database, contracting[0]))
    if steps:
        with database.restructure() as connection:
            upgrade(connection)


def _backup_path(database: Database, revision: str) -> Path:
    """Return where the backup before a contracting step goes: beside the file, or among the user's data."""
    if database.path is not None:
        return database.path.with_name(f"{database.path.name}.before-{revision}")
    folder = platformdirs.user_data_path("apiscape", ensure_exists=True)
    return folder / f"{database.url.database}.before-{revision}"


def _size(connection: sa.Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    return int(
        connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
    )
