"""Two scans at once, a full disk, a file that may not be written: said in words, and nothing is broken."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.connection import Connection, Delivery
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import Result, finish, run_cli, start_cli
from tests.e2e.estates import ACCOUNT, WEST, add_rest, many
from tests.e2e.test_killed import PATIENCE_S, await_calls
from tests.e2e.world import World
from tests.store import postgres

SCOPE = f"prod/{ACCOUNT}/{WEST}/aws.apigateway.rest"


def hold(world: World, seconds: float) -> None:
    """Let the next scan wait in the middle, at the stages of one API."""
    world.server.calls.clear()
    world.server.inject(
        Fault(kind="delay", region=WEST, operation="GetStages", times=1, seconds=seconds)
    )


class Held:
    """Answers that the emulated server keeps back until they are let go, however long that takes."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._kept: list[Callable[[], object]] = []
        send = Connection._send

        def keep(connection: Connection, delivery: Delivery) -> None:
            if not delivery.delay_s:
                send(connection, delivery)
                return
            loop = asyncio.get_running_loop()
            self._kept.append(lambda: loop.call_soon_threadsafe(send, connection, delivery))

        monkeypatch.setattr(Connection, "_send", keep)
        hold(world, 0.001)

    def let_go(self) -> None:
        """Send them."""
        for send in self._kept:
            send()


# ── Two at once ──


def test_a_second_scan_says_who_holds_the_store(world: World, server: AwsServer) -> None:
    assert world.scan().code == 0
    hold(world, 2.0)
    first = start_cli("scan", "--json")
    await_calls(server, 1, "apigateway:GetStages", WEST)
    second = run_cli("scan")
    assert second.code == 4
    assert str(first.pid) in second.err
    assert "→" in second.err
    assert second.out == ""
    read = run_cli("list", "-o", "name")
    assert (read.code, len(read.out.splitlines())) == (0, 3)
    assert finish(first).code == 0
    world.check_file()
    assert world.scan().code == 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Server]:
    """Give a PostgreSQL server for this module."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the system's nor pgserver")
    with postgres.running(binaries) as running:
        yield running


@pytest.mark.postgres
def test_of_two_scans_on_one_server_the_newer_one_wins(
    world: World,
    server: AwsServer,
    west: Region,
    cluster: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.use_store(cluster.url(cluster.create()))
    assert world.scan().code == 0
    held = Held(world, monkeypatch)
    older = start_cli("scan", "--json")
    await_calls(server, 1, "apigateway:GetStages", WEST)
    with server.changing():
        west.find_rest("payments").rename("payouts")
        add_rest(west, "latecomer")
    assert world.scan().code == 0
    held.let_go()
    told = finish(older)
    assert (told.code, "Traceback" in told.err) == (2, False)
    run = world.runs()[SCOPE]
    assert (run["generation"], run["outcome"], run["listed"]) == (3, "complete", 3)
    names = {row["name"] for row in world.rows().values()}
    assert names == {"claims", "payouts", "refunds", "latecomer"}
    assert {row["presence"] for row in world.rows().values()} == {"present"}
    assert world.scan().document["totals"]["changed"] == 0


@pytest.mark.postgres
def test_a_scan_killed_over_a_server_is_told_as_interrupted_and_done_again(
    world: World, server: AwsServer, west: Region, cluster: postgres.Server
) -> None:
    world.use_store(cluster.url(cluster.create()))
    assert world.scan().code == 0
    before = world.content()
    with server.changing():
        add_rest(west, "latecomer")
    hold(world, PATIENCE_S)
    killed = start_cli("scan")
    await_calls(server, 1, "apigateway:GetStages", WEST)
    killed.kill()
    assert finish(killed).code == -signal.SIGKILL
    server.clear_faults()
    assert world.content().keys() >= before.keys()
    assert {row["presence"] for row in world.rows().values()} == {"present"}
    assert world.scan().code == 0
    run = world.runs()[SCOPE]
    assert (run["generation"], run["outcome"], run["listed"]) == (3, "complete", 3)
    past = run_cli("runs", SCOPE, "--json").lines
    assert [each["outcome"] for each in past] == ["complete", "partial", "complete"]
    assert past[1]["error"]["kind"] == "interrupted"
    assert {change["kind"] for change in world.changes()} == {"appeared"}


# ── No space ──


def check_refusal(refused: Result) -> None:
    """Check that a refused write is said in words, with what to do."""
    assert refused.code == 4
    assert "Traceback" not in refused.err
    assert "  → " in refused.err


def check_it_goes_on(world: World, apis: int) -> None:
    """Check that the store is sound, and that a scan with enough room is complete."""
    world.check_file()
    assert run_cli("list").code == 0
    assert world.scan().code == 0
    assert {row["presence"] for row in world.rows().values()} == {"present"}
    assert len(world.rows()) == apis


@pytest.mark.parametrize("most_bytes", [8_192, 65_536, 131_072])
def test_a_file_that_may_not_grow_is_said_and_used_again_when_it_may(
    most_bytes: int, world: World, west: Region
) -> None:
    assert world.scan().code == 0
    many(west, 30)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    check_refusal(finish(start_cli("scan", limit=limit)))
    check_it_goes_on(world, 33)


@pytest.fixture
def full_disk(world: World) -> Iterator[list[int]]:
    """Give the number of pages that a store may have, in a list that can be emptied."""
    most: list[int] = []

    def bound(driver: object, _record: object) -> None:
        cursor = driver.cursor()  # type: ignore[attr-defined]  # of the standard library's driver
        for pages in most:
            cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.close()

    event.listen(Engine, "connect", bound)
    yield most
    event.remove(Engine, "connect", bound)


def test_a_full_disk_is_said_and_used_again_when_there_is_room(
    world: World, west: Region, full_disk: list[int]
) -> None:
    assert world.scan().code == 0
    many(west, 60)
    full_disk.append(world.pages())
    refused = world.scan()
    check_refusal(refused)
    assert "no space is left for the store" in refused.err
    assert "free some space" in refused.err
    full_disk.clear()
    check_it_goes_on(world, 63)


@pytest.fixture
def full_server(cluster: postgres.Server) -> Iterator[tuple[str, postgres.Disk]]:
    """Give a database on a disk of its own, and that disk."""
    with postgres.small_disk(64) as disk:
        if disk is None:
            pytest.skip("no disk of its own for a database: nothing may be mounted here")
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
        cluster.execute("CREATE DATABASE full_one TABLESPACE small")
        yield cluster.url("full_one"), disk
        cluster.drop("full_one")
        cluster.execute("DROP TABLESPACE small")


@pytest.mark.postgres
def test_a_full_disk_of_a_server_is_said_and_used_again_when_there_is_room(
    world: World, west: Region, full_server: tuple[str, postgres.Disk]
) -> None:
    address, disk = full_server
    world.use_store(address)
    assert world.scan().code == 0
    before = world.content()
    many(west, 60)
    disk.fill()
    refused = world.scan()
    check_refusal(refused)
    said, step = refused.err.splitlines()
    assert said.startswith("apiscape: the database server has no space left (could not extend file")
    assert "free some space" in step
    assert world.content().items() >= before.items()
    disk.make_room()
    assert world.scan().code == 0
    assert {row["presence"] for row in world.rows().values()} == {"present"}
    assert len(world.rows()) == 63
    assert {change["kind"] for change in world.changes()} == {"appeared"}


# ── No right to write ──

WRITE_VERSION = 18
"""Where a file of SQLite says by which version it may be written; a later one than ours is read-only."""


def test_a_file_that_may_only_be_read_is_said_and_still_read(world: World) -> None:
    assert world.scan().code == 0
    told = set_write_version(world, 9)
    refused = run_cli("scan")
    check_refusal(refused)
    assert "may not be written" in refused.err
    listed = run_cli("list", "-o", "name")
    assert (listed.code, len(listed.out.splitlines())) == (0, 3)
    set_write_version(world, told)
    check_it_goes_on(world, 3)


def set_write_version(world: World, version: int) -> int:
    """Set by which version of SQLite the store may be written; return what it said."""
    with world.path.open("r+b") as file:
        file.seek(WRITE_VERSION)
        told = file.read(1)[0]
        file.seek(WRITE_VERSION)
        file.write(bytes([version]))
    return told
