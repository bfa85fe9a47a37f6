from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from apiscape.errors import StoreError, StoreFull, StoreLocked, StoreTooNew
from apiscape.store import make_where_absent, open_store
from apiscape.store.database.engine import parse_url, shown_address, shown_url
from apiscape.store.database.lock import (
    Holder,
    StoreLock,
    file_system,
    lock_path,
    read_holder,
    refuse_network,
)
from apiscape.store.database.migrate import REVISIONS
from tests.store.making import SCOPE, T0, batch, doomed_environment, make, visit
from tests.store.postgres import PLAIN, Server

HOLDING = """
import sys, time
from apiscape.store import open_store
store = open_store(sys.argv[1], write=True, address="http://127.0.0.1:9")
print("open", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_new_store_is_a_file_for_its_owner_alone(tmp_path: Path, form: str) -> None:
    path = tmp_path / "new" / "store.db"
    with open_store(form.format(path), write=True) as store:
        assert store.status().search == "trigram"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    [
        *("mysql://host/db", "postgresql://h:five/x", "sqlite://", "sqlite:///:memory:", "://"),
        *("postgresql://u:s3cret-one@host:port/db", "postgresql://u:s3cret-one@[::1/db"),
    ],
)
def test_what_is_no_address_of_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="not the address") as caught:
        parse_url(url)
    assert caught.value.hint is not None
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("~/x.db", "~/x.db"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
        ("postgresql://bob:hush@h:5/inv", "postgresql://bob:***@h:5/inv"),
        ("postgres://bob:hush@h/inv", "postgresql://bob:***@h/inv"),
        (
            "postgresql+psycopg://bob@h/inv?password=hush&sslmode=require&sslpassword=hush",
            "postgresql://bob@h/inv?sslmode=require",
        ),
    ],
)
def test_the_address_of_a_store_is_shown_without_a_password(told: str, shown: str) -> None:
    assert shown_address(told) == shown
    assert "hush" not in shown_url(parse_url(told))


def test_a_database_is_reached_by_either_of_its_schemes() -> None:
    assert parse_url("postgres://h/inv") == parse_url("postgresql://h/inv")


@pytest.mark.parametrize("told", ["mysql://bob:hush@h/x", "my sql://bob:hush@h/x"])
def test_a_password_in_what_is_no_address_is_not_said(told: str) -> None:
    with pytest.raises(StoreError, match=r"://(bob:)?\*\*\*@") as caught:
        parse_url(told)
    assert "hush" not in caught.value.message


def test_an_empty_database_is_named_without_its_password(
    server: Server, bare_database: str
) -> None:
    told = f"{server.url(bare_database)}&password=hush".replace("postgres@", "postgres:hush@")
    with pytest.raises(StoreError, match="the store is empty: postgresql://postgres:") as caught:
        open_store(told, write=False)
    assert "hush" not in caught.value.message


def test_a_store_is_made_where_there_is_none_and_left_where_there_is(
    server: Server, bare_database: str, tmp_path: Path
) -> None:
    void = tmp_path / "void.db"
    void.touch()
    for address in (str(tmp_path / "new" / "s.db"), str(void), server.url(bare_database)):
        make_where_absent(address)
        with open_store(address, write=True) as store:
            visit(store, batch(make(1)))
            make_where_absent(address)  # though it is being written
        with open_store(address, write=False) as store:
            assert list(store.changes.after(0))


def test_a_second_writer_is_refused_and_told_who_writes(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True, address="http://127.0.0.1:9") as store:
        with pytest.raises(StoreLocked, match=rf"process {os.getpid()} .*127.0.0.1:9"):
            open_store(sqlite_address, write=True)
        assert read_holder(Path(sqlite_address)) is not None
        store.announce("http://127.0.0.1:10")
        holder = read_holder(Path(sqlite_address))
        assert holder is not None
        assert (holder.pid, holder.address) == (os.getpid(), "http://127.0.0.1:10")
    assert read_holder(Path(sqlite_address)) is None
    open_store(sqlite_address, write=True).close()


def test_the_lock_of_a_killed_process_is_taken_over(sqlite_address: str) -> None:
    command = [sys.executable, "-c", HOLDING, sqlite_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=doomed_environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(StoreLocked, match=f"process {process.pid}"):
            open_store(sqlite_address, write=True)
        process.kill()
    assert lock_path(Path(sqlite_address)).read_bytes() != b""
    open_store(sqlite_address, write=True).close()


def test_a_lock_that_says_nothing_is_still_a_lock(sqlite_address: str) -> None:
    lock = StoreLock(Path(sqlite_address), Holder(1, "0.1"))
    lock_path(Path(sqlite_address)).write_bytes(b"{")
    with pytest.raises(StoreLocked, match="another process"):
        open_store(sqlite_address, write=True)
    lock.release()


def test_a_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lock cannot be made"):
        StoreLock(tmp_path / "nowhere" / "store.db", Holder(1, "0.1"))
    assert read_holder(tmp_path / "nowhere" / "store.db") is None


@pytest.mark.parametrize(
    ("kind", "refused"), [("nfs4", True), ("cifs", True), ("ext4", False), ("tmpfs", False)]
)
def test_network_file_systems_are_refused(tmp_path: Path, kind: str, refused: bool) -> None:
    mounts = tmp_path / "mountinfo"
    share = f"{tmp_path}/my share"
    escaped = share.replace(" ", "\\040")
    mounts.write_text(
        f"1 0 8:1 / / rw shared:1 - ext4 /dev/vda rw\n2 1 0:4 / {escaped} rw - {kind} host:/x rw\nodd\n"
    )
    store = Path(share) / "store.db"
    assert file_system(store, mounts) == kind
    assert file_system(Path("/elsewhere"), mounts) == "ext4"
    if refused:
        with pytest.raises(StoreError, match=f"network file system .{kind}"):
            refuse_network(store, mounts)
    else:
        refuse_network(store, mounts)


def test_where_mounts_are_not_told_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network(tmp_path / "store.db", tmp_path / "none")


def test_readers_need_no_lock_and_see_what_is_committed(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True) as writer:
        with open_store(sqlite_address, write=False) as reader:
            visit(writer, batch(make(1)))
            assert len(reader.runs.known(SCOPE)) == 1
            with pytest.raises(StoreError, match="opened to read"):
                reader.runs.begin(SCOPE, at=T0)
            reader.announce("nobody listens")
        assert writer.runs.newest()[0].ended_at == T0


@pytest.mark.parametrize("way", ["read", "write"])
def test_what_is_used_while_the_store_is_closed_is_closed_when_it_is_given_back(
    sqlite_address: str, way: str
) -> None:
    store = open_store(sqlite_address, write=True)
    with getattr(store.database, way)() as connection:
        driver = connection.connection.driver_connection
        store.close()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")


def test_there_is_nothing_to_read_where_there_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at") as caught:
        open_store(str(tmp_path / "none.db"), write=False)
    assert caught.value.hint == "make one with `apiscape scan`"
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="empty"):
        open_store(str(tmp_path / "empty.db"), write=False)


@pytest.mark.parametrize("write", [True, False])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, write: bool) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, and longer than the header of one " * 9)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE recipe (name)")
    connection.close()
    before = text.read_bytes(), other.read_bytes()
    for path, said in ((text, "not a store"), (other, "not a store of apiscape: .* recipe")):
        with pytest.raises(StoreError, match=said) as caught:
            open_store(str(path), write=write)
        assert caught.value.hint is not None
    with sqlite3.connect(other) as again:
        assert [name for (name,) in again.execute("SELECT name FROM sqlite_master")] == ["recipe"]
    again.close()
    assert text.read_bytes() == before[0]


def test_a_path_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(str(tmp_path / "file" / "store.db"), write=True)


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="driver of PostgreSQL") as caught:
        open_store("postgresql://somebody@127.0.0.1/none", write=True)
    assert caught.value.hint == "install it with `pip install 'apiscape[postgres]'`"


@pytest.mark.postgres
def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not answer"):
        open_store(f"postgresql://nobody@/none?host={tmp_path}", write=True)


@pytest.mark.postgres
def test_a_database_of_another_program_is_left_alone(server: Server, bare_database: str) -> None:
    server.execute("CREATE TABLE deployment (x int)", bare_database)
    with pytest.raises(StoreError, match="not a store of apiscape"):
        open_store(server.url(bare_database), write=True)


@pytest.mark.postgres
def test_without_pg_trgm_the_store_works_and_says_so(server: Server, bare_database: str) -> None:
    server.execute(f"GRANT CREATE ON SCHEMA public TO {PLAIN}", bare_database)
    address = server.url(bare_database, PLAIN)
    with open_store(address, write=True) as store:
        assert store.status().search == "like"
        visit(store, batch(make(1)))
    server.execute("CREATE EXTENSION pg_trgm", bare_database)
    with open_store(address, write=True) as store:
        assert store.status().search == "trigram"
        assert len(store.runs.known(SCOPE)) == 1


def test_status_says_what_the_store_is(address: str) -> None:
    with open_store(address, write=True) as store:
        status = store.status()
    newest = REVISIONS[-1].name
    assert (status.revision, status.search, status.horizon) == (newest, "trigram", None)
    assert status.dialect in {"sqlite", "postgresql"}
    assert status.size_bytes > 0


def test_a_schema_of_a_newer_version_is_refused(address: str) -> None:
    with open_store(address, write=True) as store, store.database.write() as connection:
        connection.exec_driver_sql("UPDATE apiscape_revision SET version_num = '9999'")
        connection.exec_driver_sql("UPDATE meta SET value = '9998' WHERE key = 'oldest_reader'")
    for write in (True, False):
        with pytest.raises(
            StoreTooNew, match=rf"schema 9999 .* knows {REVISIONS[-1].name}"
        ) as caught:
            open_store(address, write=write)
        assert caught.value.hint is not None


def test_a_schema_that_a_newer_version_only_expanded_is_read_and_written(address: str) -> None:
    with open_store(address, write=True) as store, store.database.write() as connection:
        connection.exec_driver_sql("UPDATE apiscape_revision SET version_num = '9999'")
        connection.exec_driver_sql("ALTER TABLE deployment ADD COLUMN novelty TEXT")
    with open_store(address, write=True) as store:
        visit(store, batch(make(1)))
        assert store.status().revision == "9999"
    with open_store(address, write=False) as store:
        assert len(store.runs.known(SCOPE)) == 1


# ── No space, no right to write ──────────────────────────────────────────────


def test_a_full_disk_is_said_and_nothing_of_the_batch_stays(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
        run = store.runs.begin(SCOPE, at=T0)
        with store.database.raw() as driver:
            pages = driver.execute("PRAGMA page_count").fetchone()[0]
            driver.execute(f"PRAGMA max_page_count = {pages}").close()
        items = [make(number, title="x" * 2000) for number in range(2, 200)]
        with pytest.raises(StoreFull, match="no space") as caught:
            store.runs.apply(run, batch(*items), at=T0)
        assert caught.value.hint is not None
        assert len(store.runs.known(SCOPE)) == 1
        with store.database.raw() as driver:
            assert driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            driver.execute("PRAGMA max_page_count = 1000000").close()
        store.runs.apply(run, batch(*items), at=T0)
        assert len(store.runs.documents(store.runs.known(SCOPE))) == 199


LIMITED = """
import resource, sys
from apiscape.errors import StoreFull
from apiscape.store import open_store
from tests.store.making import SCOPE, T0, batch, make
store = open_store(sys.argv[1], write=True)
run = store.runs.begin(SCOPE, at=T0)
store.runs.apply(run, batch(make(0)), at=T0)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
try:
    for number in range(1, 400, 20):
        items = [make(n, title="x" * 3000) for n in range(number, number + 20)]
        store.runs.apply(run, batch(*items), at=T0)
except StoreFull as error:
    print(len(store.runs.known(SCOPE)), error.hint is not None)
"""


def test_a_file_that_may_not_grow_is_said_and_is_whole(sqlite_address: str) -> None:
    command = [sys.executable, "-c", LIMITED, sqlite_address]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=doomed_environment()
    )
    kept, hinted = done.stdout.split()
    assert hinted == "True"
    with open_store(sqlite_address, write=True) as store:
        assert len(store.runs.known(SCOPE)) == int(kept) < 400
        assert (int(kept) - 1) % 20 == 0
        with store.database.raw() as driver:
            assert driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        visit(store, batch(make(500)))


def test_a_store_that_may_not_be_written_is_said(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True) as store:
        with store.database.raw() as driver:
            driver.execute("PRAGMA query_only = ON").close()
        with pytest.raises(StoreFull, match="may not be written"):
            store.runs.begin(SCOPE, at=T0)


@pytest.mark.postgres
def test_a_read_only_server_is_said(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as store:
        visit(store, batch(make(1)))
        with store.database.raw() as driver:
            driver.execute("SET default_transaction_read_only = on")
            driver.commit()
        with pytest.raises(StoreFull, match="may not be written"):
            store.runs.begin(SCOPE, at=T0)
        assert len(store.runs.known(SCOPE)) == 1
