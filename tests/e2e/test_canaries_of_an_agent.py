"""Secrets planted wherever a gateway keeps them: an agent gives none at its doors, in its log, or by OTLP."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
import yaml

from apiscape.client.address import Address
from apiscape.client.http import HttpAgent, read_events
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli, start_cli
from tests.e2e.test_agent import answers, told_to_stop, until
from tests.e2e.test_canaries import check_bytes, check_file, check_result, check_text, estate
from tests.e2e.world import World
from tests.ports import free_port

__all__ = ["estate"]

SIGNALS = {"/v1/metrics", "/v1/logs", "/v1/traces"}
PATHS = ("deployments?limit=1000", "snapshot", "changes", "scopes", "runs", "estate", "summary")


class Taken(dict[str, list[bytes]]):
    """What was pushed, unpacked, by path."""

    def take(self, path: str, body: bytes) -> None:
        self.setdefault(path, []).append(body)


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Taken]:
    """Give what an agent pushes by OTLP, to a receiver that takes everything."""
    taken = Taken()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            taken.take(self.path, gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}"
        )
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        yield taken
        server.shutdown()
        thread.join()


@pytest.fixture
def world(server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world that visits every product, and an agent that tells all that it can."""
    world = World(server, tmp_path, monkeypatch)
    written = yaml.safe_load(world.config.read_text("utf-8"))
    told = {"push": True, "entities": True, "traces": True, "deployments": True}
    more = {"telemetry": told, "agent": {"log_level": "debug", "log_format": "json"}}
    world.config.write_text(yaml.safe_dump(written | more), "utf-8")
    return world


def check_doors(world: World, probe: str) -> int:
    """Check everything that the doors say; return how many deployments there are."""
    with closing(HttpAgent(Address(f"unix:{world.store}.agent/agent.sock"))) as agent:
        uids = agent.select("").uids
        for path in (*PATHS, *(f"deployments/{quote(uid)}" for uid in uids), "status"):
            check_bytes(world, agent._line.ask("GET", f"/v1/{path}"))
        with agent.events(0) as stream:
            event = next(event for event in read_events(stream) if event.name == "changes")
            check_bytes(world, event.data)
    with urlopen(f"{probe}/metrics", timeout=60) as answer:  # noqa: S310 - a door of the test's own
        check_bytes(world, answer.read())
    return len(uids)


def test_no_secret_leaves_an_agent_by_any_way(world: World, pushed: Taken) -> None:
    port = free_port()
    process = start_cli("agent", "--probe-listen", f"127.0.0.1:{port}")
    try:
        until(lambda: answers(world, process.pid) or process.poll() is not None)
        check_result(world, run_cli("scan", "--json"))
        assert check_doors(world, f"http://127.0.0.1:{port}") >= 5
        result = told_to_stop(process)
    finally:
        process.kill()
    assert (result.code, set(pushed)) == (0, SIGNALS)
    assert any(b"payments" in body for body in pushed["/v1/logs"]), "deployments are told"
    for body in [body for bodies in pushed.values() for body in bodies]:
        check_bytes(world, body)
    assert '"event":"visit ended"' in result.err
    check_text(world, result.err)
    check_file(world, world.path)
