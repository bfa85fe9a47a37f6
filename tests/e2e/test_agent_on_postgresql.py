"""An agent whose store is a server: one at a time, and an outage of the server loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apiscape.cli.asking import is_kept, living_agent
from apiscape.cli.commands.tui import _rescan
from apiscape.cli.options import Session
from apiscape.client.address import Address
from apiscape.client.http import HttpInventory
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.errors import StoreError
from tests.e2e.commands import run_cli, start_cli
from tests.e2e.estates import add_rest
from tests.e2e.test_agent import told_to_stop, until
from tests.e2e.world import World
from tests.ports import free_port
from tests.store import postgres
from tests.unit.daemon.test_process import get

pytestmark = pytest.mark.postgres


@pytest.fixture
def cluster() -> Iterator[postgres.Server]:
    """Give a PostgreSQL server that may be stopped."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the system's nor pgserver")
    with postgres.running(binaries, postgres.LASTING) as running:
        yield running


class Place:
    """Where an agent answers, and whether it is ready."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.socket = folder / "s"
        self.options = ["--socket", str(self.socket), "--probe-listen", f"127.0.0.1:{port}"]
        self.url = f"unix:{self.socket}"
        self._probe = f"http://127.0.0.1:{port}"

    def says(self, path: str) -> tuple[int, str]:
        try:
            return get(self._probe + path)
        except OSError:
            return 0, ""


@contextmanager
def agent(place: Place) -> Iterator[subprocess.Popen[str]]:
    process = start_cli("agent", *place.options)
    try:
        until(lambda: place.says("/readyz")[0] == 200 or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def place(world: World, cluster: postgres.Server, tmp_path: Path) -> Place:
    world.use_store(cluster.url(cluster.create()))
    return Place(tmp_path)


def test_a_second_agent_is_refused_and_told_who_has_the_store(world: World, place: Place) -> None:
    with agent(place) as process:
        second = run_cli("agent")
        assert (second.code, "Traceback" in second.err) == (4, False)
        assert f"process {process.pid}, apiscape" in second.err
        assert place.says("/readyz") == (200, "ready\n")
        assert run_cli("ctx", "status", "-o", "name").out == f"{process.pid}\n"
        scan = run_cli("scan", "--json")
        assert (scan.code, scan.document["totals"]["appeared"]) == (0, 0)
        assert scan.err == f"The agent at {place.url} does it.\n"
        place.socket.rename(
            place.socket.with_name("moved")
        )  # as from another machine, or another user
        unnamed = run_cli("ctx", "status")
        assert (unnamed.code, f"process {process.pid}, apiscape" in unnamed.err) == (4, True)
        assert "and does not answer here\n  → name it: --url" in unnamed.err
        beside = run_cli("scan")
        assert (beside.code, f"process {process.pid}, apiscape" in beside.err) == (0, True)
        assert told_to_stop(process).code == 0
    assert run_cli("ctx", "status").err.startswith("apiscape: no agent has the store")
    with agent(place) as process:  # the next one finds it free
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    with agent(place) as process:  # and so it does after a kill
        assert told_to_stop(process).code == 0


def test_an_outage_of_the_server_is_said_and_nothing_is_lost(
    world: World, server: AwsServer, west: Region, place: Place, cluster: postgres.Server
) -> None:
    with agent(place) as process:
        until(lambda: len(world.rows()) == 3)
        inventory = HttpInventory(Address(place.url))
        cluster.stop()
        until(lambda: place.says("/readyz") == (503, "not ready: the store does not answer\n"))
        assert place.says("/healthz") == (200, "alive\n")
        assert place.says("/metrics")[0] == 200
        with pytest.raises(StoreError):
            inventory.page("name:claims")
        with server.changing():
            add_rest(west, "latecomer")
        assert run_cli("--url", place.url, "scan").code != 0
        cluster.start()
        until(lambda: place.says("/readyz") == (200, "ready\n"))
        until(lambda: run_cli("--url", place.url, "scan").code == 0)
        assert {row.name for row in inventory.page("").items} >= {"claims", "latecomer"}
        inventory.close()
        result = told_to_stop(process)
    assert (result.code, "Traceback" in result.err) == (0, False)
    rows = world.rows().values()
    assert {row["name"] for row in rows} == {"claims", "payments", "refunds", "latecomer"}
    assert {row["presence"] for row in rows} == {"present"}
    assert {change["kind"] for change in world.changes()} <= {"appeared", "changed"}


def test_commands_find_it_by_its_store_and_the_ui_lets_it_visit(
    world: World, server: AwsServer, west: Region, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place.options[:2]
    with agent(place) as process:
        until(lambda: len(world.rows()) == 3)
        with server.changing():
            add_rest(west, "latecomer")
        scan = run_cli("scan", "--json")
        assert (scan.code, scan.document["totals"]["appeared"]) == (0, 1)
        found = living_agent(world.store)
        assert found is not None
        assert found.url.endswith(".agent/agent.sock")
        assert found.token is None
        assert _rescan(Session(), None, None).startswith("4 deployments of")
        assert is_kept(world.store)
        assert told_to_stop(process).code == 0
    assert living_agent(world.store) is None
    assert not is_kept(world.store)
    assert not Path(found.url.removeprefix("unix:")).exists()


def test_without_room_for_a_socket_it_runs_all_the_same(
    world: World, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place.options[:2]
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with agent(place) as process:
        assert place.says("/readyz") == (200, "ready\n")
        assert living_agent(world.store) is None
        until(lambda: run_cli("scan").code == 0)  # beside a visit of the agent, one of both is late
        assert told_to_stop(process).code == 0
