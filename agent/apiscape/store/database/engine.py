"""Connections to SQLite and PostgreSQL: one writer at a time, readers beside it.

A write is one transaction. On SQLite it begins immediately, under a lock of this process; on
PostgreSQL it holds an advisory lock until it is committed. So keys and sequence numbers are
allotted without a gap, and become visible in their order.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from apiscape.errors import StoreError, StoreFull, in_words
from apiscape.store.database.alone import take, who_holds
from apiscape.store.database.failures import explain
from apiscape.store.database.lock import Holder
from apiscape.store.database.place import Identity, check_place, identity_of

APPLICATION_ID = 0x41504953
"""`APIS` in the header of an SQLite file: a store of ours."""

WRITE_LOCK = 0x6170697363617065
"""Key of PostgreSQL's advisory lock around every write."""

BUSY_TIMEOUT_S = 10
READERS = 4

_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Seconds, and probes, after which a server that says nothing has gone; the address may say otherwise."""

_WRITER_PRAGMAS = (
    "PRAGMA page_size = 8192",  # three documents a page; of 4096 bytes one fills more than half of each
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA wal_autocheckpoint = 8192",
    "PRAGMA temp_store = MEMORY",
)
_READER_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
)


def parse_url(text: str) -> URL:
    """Return the address of a store from a path, `sqlite:///…` or `postgresql://…`.

    Raises:
        StoreError: it is neither.
    """
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # the latter of a port that is no number
        shown = _CREDENTIALS.sub("://***@", text)
        raise StoreError(f"not the address of a store: {shown}", hint=_ADDRESSES) from error
    if url.get_backend_name() in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url
    raise StoreError(f"not the address of a store: {shown_url(url)}", hint=_ADDRESSES)


_ADDRESSES = "give a file's path, sqlite:///PATH or postgresql://USER@HOST/NAME"
_POSTGRESQL = frozenset({"postgresql", "postgres"})
_CREDENTIALS = re.compile(r"://[^/?#]*@")
_SECRET_OPTIONS = ("password", "sslpassword")
"""Options of a connection that may stand in an address, and that nobody is to read."""


def shown_url(url: URL) -> str:
    """Return the address of a store as it may be shown: no password stands in it."""
    return url.difference_update_query(_SECRET_OPTIONS).render_as_string()


def shown_address(text: str) -> str:
    """Return what names a store as it may be shown: a file as it was named, a database without passwords.

    Raises:
        StoreError: it names none.
    """
    if "://" not in text:
        return text
    url = parse_url(text)
    return shown_url(url.set(drivername=url.get_backend_name()))


class Database:
    """A store's connections.

    Attributes:
        url: Its address.
        path: The file, `None` on PostgreSQL.
        writable: Whether it was opened to write.
        refusal: Why the last write found no space, or no right to write, until one goes well.
    """

    def __init__(self, url: URL, *, write: bool) -> None:
        """Prepare connections; none is made before the first use, but a new file is made here, mode 0600.

        Raises:
            StoreError: the file does not exist and is not to be written, or a driver is missing.
            StoreFull: the file cannot be made.
        """
        self.url = url
        self.writable = write
        self.path = Path(url.database or "").absolute() if url.drivername == "sqlite" else None
        self.refusal: str | None = None
        self._file: Identity | None = None
        self._lock = threading.Lock()
        self._lock_of_version = threading.Lock()
        self._versions: sqlite3.Connection | None = None
        if self.path is not None:
            _prepare_file(self.path, write=write)
        self._readers = _engine(url, _READER_PRAGMAS, begin="BEGIN", size=READERS)
        self._writer = _engine(url, _WRITER_PRAGMAS, begin="BEGIN IMMEDIATE", size=1)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of ours, not a server."""
        return self.path is not None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose statements all see the same moment; safe from any thread.

        Raises:
            StoreError: the database does not answer, or is damaged, or its file is no longer there.
        """
        check_place(self.path, self._file)
        with _explained(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection, in a transaction that is committed at the end.

        Raises:
            StoreFull: no space, or read-only; nothing of the transaction stays.
            StoreLocked: another process writes.
            StoreError: the database does not answer, or is damaged, or its file is no longer there.
        """
        if not self.writable:
            raise StoreError("the store was opened to read", hint=None)
        check_place(self.path, self._file)
        with (
            self._noted(),
            self._lock,
            _explained(),
            self._writer.connect() as connection,
            connection.begin(),
        ):
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITE_LOCK)))
            if self._file is None:  # it is open, so that this is it
                self._file = identity_of(self.path)
            yield connection

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Remember whether the store could be written."""
        try:
            yield
        except StoreFull as error:
            self.refusal = error.message
            raise
        self.refusal = None

    @contextmanager
    def restructure(self) -> Iterator[Connection]:
        """Give the writing connection to change the schema, all of it or nothing.

        SQLite changes a table by making it anew, so its foreign keys rest meanwhile and are
        checked at the end.

        Raises:
            StoreError: as for `write`, or a reference would lead nowhere; nothing is changed then.
        """
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        try:
            with self.raw() as driver:
                driver.execute("PRAGMA foreign_keys = OFF").close()
            with self.write() as connection:
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreError("a change of the schema would lose references", hint=None)
        finally:
            with self.raw() as driver:
                driver.execute("PRAGMA foreign_keys = ON").close()

    @contextmanager
    def raw(self) -> Iterator[Any]:
        """Give the driver's own writing connection, outside a transaction (online backup and restore)."""
        with self._lock, _explained(), self._writer.connect() as connection:
            yield connection.connection.driver_connection

    def claim(self, key: int) -> None:
        """Hold an advisory lock of PostgreSQL with the writing connection, and with each that replaces it.

        It is shared, so that a new connection need not wait for the server to notice that the one
        before is gone.
        """

        def take_shared(connection: Any) -> None:  # noqa: ANN401 - the driver's own type
            connection.execute("SELECT pg_advisory_lock_shared(%s)", (key,))
            connection.commit()

        self._on_each_writer(take_shared)

    def claim_alone(self, holder: Holder) -> None:
        """Hold the lock of a PostgreSQL store's only agent, with each writing connection from now on.

        Raises:
            StoreLocked: another agent has the store; so does every later write where one came between.
            StoreError: the database does not answer.
        """
        self._on_each_writer(lambda connection: take(connection, holder))
        with self.write():
            pass

    def who_is_alone(self) -> str | None:
        """Return the only agent of a PostgreSQL store in words, `None` where there is none.

        Raises:
            StoreError: the database does not answer.
        """
        with self.read() as connection:
            return who_holds(connection.connection.driver_connection)

    def _on_each_writer(self, work: Callable[[Any], None]) -> None:
        """Have something done with each writing connection before it is used; begin with a new one."""
        event.listen(self._writer, "connect", lambda connection, _record: work(connection))
        with self._lock:
            self._writer.dispose()

    def version(self) -> int | None:
        """Return a number that changes with every commit, `None` where asking costs as much as reading.

        Raises:
            StoreError: the database does not answer.
        """
        if self.path is None:
            return None
        check_place(self.path, self._file)
        with self._lock_of_version:
            try:
                if self._versions is None:
                    place = f"{self.path.as_uri()}?mode=ro"
                    self._versions = sqlite3.connect(place, uri=True, check_same_thread=False)
                return int(self._versions.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                raise StoreError(f"the store does not answer: {error}", hint=None) from error

    def close(self) -> None:
        """Close every connection: those that somebody still reads or writes with when they are given back."""
        for each in (self._readers, self._writer):
            event.listen(each, "checkin", lambda _connection, record: record.invalidate())
            each.dispose()
        if self._versions is not None:
            self._versions.close()
            self._versions = None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise explain(error) from error


def _prepare_file(path: Path, *, write: bool) -> None:
    """Make a new store's file for its owner alone, or say that there is none.

    Raises:
        StoreError: there is none and it is not to be written; it cannot be made.
    """
    if path.exists():
        return
    if not write:
        raise StoreError(f"there is no store at {path}", hint="make one with `apiscape scan`")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"the store cannot be made: {in_words(error)}", hint="name another with --store"
        ) from error


def _engine(url: URL, pragmas: tuple[str, ...], *, begin: str, size: int) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, pool_size=size, connect_args={"timeout": BUSY_TIMEOUT_S})
        _speak_sqlite(engine, pragmas, begin)
        return engine
    isolation: IsolationLevel = "READ COMMITTED" if size == 1 else "REPEATABLE READ"
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    try:
        return create_engine(
            url,
            pool_size=size,
            pool_pre_ping=True,
            isolation_level=isolation,
            connect_args=patience,
        )
    except ModuleNotFoundError as error:
        hint = "install it with `pip install 'apiscape[postgres]'`"
        raise StoreError("the driver of PostgreSQL is not installed", hint=hint) from error


def _bind_as_they_are() -> None:
    """Have bytes and nothing bound as they are.

    The driver takes them as they are in any case, but first asks of each whether it can be adapted, which raises an
    error inside: a tenth of what it takes to write a deployment. Registered for the whole process, and changes nothing.
    """
    sqlite3.register_adapter(bytes, bytes)
    sqlite3.register_adapter(type(None), _nothing)


def _nothing(_value: None) -> None:
    """Return nothing of nothing."""


def _speak_sqlite(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    """Let transactions begin where we say, so that schema changes are part of them too."""
    _bind_as_they_are()

    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
