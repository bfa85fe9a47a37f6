"""A PostgreSQL server of the tests' own: on a Unix socket in a directory of its own, gone at the end.

The system's binaries are taken where there are any, for they have pg_trgm; else those of pgserver.
A server refuses to run as root, so root starts it as the user `postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from apiscape.store.schema import metadata

USER = "postgres"
PLAIN = "plain"
"""A role that may make no extension, so that a store of its has to do without pg_trgm."""

START_TIMEOUT_S = 60
LASTING = ("-F", "-B", "32MB")
"""Options of a server whose commits outlive it: it may be stopped and started."""

_FAST = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-B", "32MB")


class Server:
    """A server, which runs until it is stopped."""

    def __init__(self, folder: Path, launch: Callable[[], subprocess.Popen[Any]]) -> None:
        self._folder = folder
        self._launch = launch
        self._process = launch()
        self._numbers = count(1)
        self._idle: list[str] = []

    def url(self, name: str, user: str = USER) -> str:
        return f"postgresql+psycopg://{user}@/{name}?host={self._folder}"

    def create(self, template: str | None = None, *, prefix: str = "t") -> str:
        """Make a database, as a copy of a template that nobody is connected to; return its name."""
        name = f"{prefix}{next(self._numbers)}"
        copied = f" TEMPLATE {template}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copied}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def lend(self, template: str) -> str:
        """Return the name of a copy of a template: one that was given back, or a new one."""
        return self._idle.pop() if self._idle else self.create(template)

    def take_back(self, name: str, template: str) -> None:
        """Make a lent database equal to its template again, or drop it where its schema was changed."""
        with self.connect(template) as connection:
            shape, meta = _shape(connection), connection.execute("TABLE meta").fetchall()
        with self.connect(name) as connection:
            connection.execute(_DISCONNECT_OTHERS)
            whole = _shape(connection) == shape
            if whole:
                connection.execute(";".join(_EMPTY).encode())
                for pair in meta:
                    connection.execute("INSERT INTO meta VALUES (%s, %s)", pair)
        if whole:
            self._idle.append(name)
        else:
            self.drop(name)

    def execute(self, statement: str, database: str = USER) -> None:
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(dbname=database, user=USER, host=str(self._folder), autocommit=True)

    def stop(self) -> None:
        """End it as a crash does: at once, in the middle of whatever goes on."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(START_TIMEOUT_S)

    def start(self) -> None:
        """Start it again after `stop`, with what was committed."""
        self._process = self._launch()
        self.wait()

    def disconnect(self, database: str) -> None:
        """Cut every connection to a database."""
        with self.connect(database) as connection:
            connection.execute(_DISCONNECT_OTHERS)

    def wait(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return


_EMPTY = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]

_DISCONNECT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""

_SHAPE = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public'
    UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'revision', version_num, '' FROM apiscape_revision ORDER BY 1, 2"""


def _shape(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return what tells two schemas apart: columns, indexes and the revision."""
    return connection.execute(_SHAPE).fetchall()


def find_binaries() -> Path | None:
    """Return where `initdb` and `postgres` are: the newest of the system's, else pgserver's."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if system:
        return system[-1].parent
    found = find_spec("pgserver")
    if found is None or found.origin is None:
        return None
    bundled = Path(found.origin).parent / "pginstall" / "bin"
    return bundled if (bundled / "postgres").exists() else None


def _version(binary: Path) -> float:
    return float(binary.parts[-3])


@contextmanager
def running(binaries: Path, options: tuple[str, ...] = _FAST) -> Iterator[Server]:
    """Run a server until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _unprivileged()
    if user is not None:
        shutil.chown(folder, user)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    init = ("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    serve = ("postgres", "-D", "data", "-k", str(folder), "-h", "", *options)
    with (folder / "log").open("wb") as log:
        said: dict[str, Any] = {
            "cwd": folder,
            "env": environment,
            "user": user,
            "stdout": log,
            "stderr": log,
        }
        try:
            subprocess.run([binaries / init[0], *init[1:]], check=True, **said)
            server = Server(
                folder, lambda: subprocess.Popen([binaries / serve[0], *serve[1:]], **said)
            )
            try:
                server.wait()
                yield server
            finally:
                server.stop()  # nothing of it is kept
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Disk:
    """A file system of its own, in memory, for the databases of a server; something else may take up its room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._other = folder / "other"

    def fill(self) -> None:
        """Let something else take up all the room that is left."""
        with self._other.open("ab", buffering=0) as other, suppress(OSError):
            while other.write(b"\0" * 65_536):
                pass
        assert shutil.disk_usage(self.folder).free == 0

    def make_room(self) -> None:
        """Take that away."""
        self._other.unlink()


@contextmanager
def small_disk(size_mb: int) -> Iterator[Disk | None]:
    """Mount a disk in memory until the end of the block; give nothing where that is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="pg-disk-"))
    options = f"size={size_mb}m,mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    try:
        if is_mounted:
            shutil.chown(folder, _unprivileged() or os.geteuid())
        yield Disk(folder) if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


def _unprivileged() -> str | None:
    """Return who runs the server: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return USER if USER in names else "nobody"
