"""One agent per PostgreSQL store: the second is refused and told by whom; a restarted server is taken up again."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from apiscape.errors import StoreLocked
from apiscape.store import Store, open_store
from apiscape.store.database import alone
from apiscape.store.database.announcing import Announced, find_announced
from apiscape.store.schema import meta
from tests.store import postgres
from tests.store.making import T0, batch, doomed_environment, make, visit
from tests.store.postgres import PLAIN, Server

ME = rf"the agent on {socket.gethostname()[:20]}\S* \(process {os.getpid()}, apiscape \S+ since \d.*\)"

HOLDING = """
import sys, time
from apiscape.store import open_store
store = open_store(sys.argv[1], write=True)
store.hold_alone()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "PATIENCE_S", 1)


@pytest.mark.postgres
def test_a_second_agent_is_refused_and_told_who_has_the_store(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as first:
        first.hold_alone()
        with open_store(postgresql_address, write=True) as second:
            visit(second, batch(make(1)))  # a scan may write beside an agent
            with pytest.raises(StoreLocked, match=ME) as caught:
                second.hold_alone()
            with pytest.raises(StoreLocked, match=ME):
                visit(second, batch(make(2)))
        assert caught.value.hint is not None
        first.check_alone()
        visit(first, batch(make(1)), at=T0)
    with open_store(postgresql_address, write=True) as third:
        third.hold_alone()


@pytest.mark.postgres
def test_the_store_of_a_killed_agent_is_taken_over(postgresql_address: str) -> None:
    command = [sys.executable, "-c", HOLDING, postgresql_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=doomed_environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with open_store(postgresql_address, write=True) as store:
            with pytest.raises(StoreLocked, match=rf"process {process.pid},"):
                store.hold_alone()
            process.kill()
            process.wait()
            store.check_alone()  # what asked for it once asks for it with every connection
            visit(store, batch(make(1)))


@pytest.mark.postgres
def test_one_whose_name_says_nothing_still_has_it(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as store:
        store.hold_alone()
        with store.database.raw() as driver:
            driver.execute("SET application_name = 'of somebody else'")
            driver.commit()
        with (
            open_store(postgresql_address, write=True) as second,
            pytest.raises(StoreLocked, match="another agent has this store"),
        ):
            second.hold_alone()


@pytest.mark.postgres
def test_whoever_looks_is_told_who_has_it_whatever_their_role(
    server: Server, postgresql_address: str
) -> None:
    with open_store(postgresql_address, write=True) as store:
        assert store.other_agent() is None
        store.hold_alone()
        with open_store(postgresql_address, write=False) as reader:
            assert re.fullmatch(ME, reader.other_agent() or "")
        url = make_url(server.url(make_url(postgresql_address).database or "", PLAIN))
        with psycopg.connect(url.set(drivername="postgresql").render_as_string()) as stranger:
            told = alone.who_holds(stranger) or ""
    assert "since" not in told, "the server tells that to the same role alone"
    assert f"(process {os.getpid()}, apiscape " in told


def found(store: Store) -> Announced | None:
    with store.database.read() as connection:
        return find_announced(connection)


@pytest.mark.postgres
def test_where_an_agent_answers_counts_as_long_as_it_has_the_store(
    postgresql_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(postgresql_address, write=True) as scan:
        assert found(scan) is None
        with open_store(postgresql_address, write=True) as store:
            store.announce("unix:/nobody/asked")
            assert found(scan) is None, "only an agent announces itself"
            store.hold_alone()
            assert found(scan) is None
            store.announce("unix:/run/a.sock")
            scan.announce("unix:/run/of-a-scan.sock")
            told = found(scan)
            assert told is not None
            assert (told.address, told.pid) == ("unix:/run/a.sock", os.getpid())
            store.announce(None)
            assert found(scan) == told
            with monkeypatch.context() as patched:
                patched.setattr(socket, "gethostname", lambda: "elsewhere")
                assert found(scan) is None, "a path is of its own machine"
        while scan.other_agent() is not None:  # until the server has noticed
            time.sleep(0.02)
        assert found(scan) is None, "what was left there is no address"
        with open_store(postgresql_address, write=True) as other:
            with monkeypatch.context() as patched:
                patched.setattr(os, "getpid", lambda: 1)
                patched.setattr("apiscape.store.opening.getpid", lambda: 1)
                other.hold_alone()
            assert found(scan) is None, "nor is it that of the next one"
            with other.database.write() as connection:
                connection.execute(sa.update(meta).values(value="{").where(meta.c.key == "agent"))
            assert found(scan) is None


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Give a server that a test may stop."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the system's nor pgserver")
    with postgres.running(binaries, postgres.LASTING) as running:
        yield running


@pytest.mark.postgres
def test_a_restarted_server_is_held_again_unless_another_agent_was_quicker(
    own_server: Server,
) -> None:
    address = own_server.url(own_server.create())
    with open_store(address, write=True) as first, open_store(address, write=True) as second:
        first.hold_alone()
        own_server.stop()
        own_server.start()
        visit(first, batch(make(1)))
        with pytest.raises(StoreLocked, match=ME):
            second.hold_alone()
        own_server.stop()
        own_server.start()
        second.check_alone()
        with pytest.raises(StoreLocked, match=ME):
            first.check_alone()
        with pytest.raises(StoreLocked, match=ME):
            visit(first, batch(make(1), make(2)))


def test_on_sqlite_the_lock_of_the_file_is_enough(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True) as store:
        store.hold_alone()
        store.check_alone()
        assert store.other_agent() is None
        visit(store, batch(make(1)))
        assert store.changes.last_seq() > 0
