"""Stores to test with: each test has its own, on SQLite and on PostgreSQL, with and without pg_trgm."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.store import Store, open_store
from apiscape.store.database import engine
from tests.store import postgres
from tests.store.postgres import PLAIN, Server

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))

#: Tests of what each database does in its own way. Of all others the case on SQLite says what is covered.
DIFFERING = ("bulk", "counts", "differing", "keeping", "opening", "searching", "upkeep")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Measure no coverage of a test's second database, where it takes the way of the first."""
    callspec = getattr(item, "callspec", None)
    twice = callspec is not None and callspec.params.get("address") == "postgresql"
    measured = item.config.pluginmanager.has_plugin("_cov")
    if measured and twice and item.path.stem.removeprefix("test_") not in DIFFERING:
        item.add_marker("no_cover")


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Let this process's stores not wait for the disk; what a kill or a full disk leaves is tried in others."""
    patient = "PRAGMA synchronous = NORMAL"
    hasty = tuple(each.replace("NORMAL", "OFF") for each in engine._WRITER_PRAGMAS)
    assert patient in engine._WRITER_PRAGMAS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_WRITER_PRAGMAS", hasty)
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give one PostgreSQL server for the whole session."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the system's nor pgserver")
    with postgres.running(binaries) as running:
        running.execute(f"CREATE ROLE {PLAIN} LOGIN")
        yield running


@pytest.fixture(scope="session")
def template_database(server: Server) -> str:
    """Give the name of a database that is an empty store, for copies."""
    name = server.create(prefix="empty")
    open_store(server.url(name), write=True).close()
    return name


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an SQLite file that is an empty store, for copies."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    open_store(str(path), write=True).close()
    return path


@pytest.fixture
def sqlite_address(tmp_path: Path, template_file: Path) -> str:
    """Give the address of an empty SQLite store."""
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    return str(path)


@pytest.fixture
def postgresql_address(server: Server, template_database: str) -> Iterator[str]:
    """Give the address of an empty PostgreSQL store; making a database takes longer than most tests."""
    name = server.lend(template_database)
    yield server.url(name)
    server.take_back(name, template_database)


@pytest.fixture
def bare_database(server: Server) -> Iterator[str]:
    """Give the name of a database with nothing in it."""
    name = server.create()
    yield name
    server.drop(name)


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest) -> str:
    """Give the address of an empty store on each database in turn."""
    return str(request.getfixturevalue(f"{request.param}_address"))


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """Give an empty store, open to write."""
    with open_store(address, write=True) as opened:
        yield opened
