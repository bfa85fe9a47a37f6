"""An agent's memory while callers do their worst: what they do not read is not held for each of them."""

from __future__ import annotations

import http.client
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from apiscape.client.address import Address
from apiscape.client.http import HttpAgent, read_events
from apiscape.serve.http.listen import socket_path
from tests.e2e.test_agent import until

APIS = 3_000
"""So many make a megabyte of a page of the log, and more of a snapshot."""

CALLERS = 80
MIB = 1024
MOST_MIB = 400
"""The goal for an agent over a hundred thousand APIs, within 512 MiB; a small one must be far below."""

FOLLOW = "GET /v1/changes?after=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
SNAPSHOT = "GET /v1/snapshot HTTP/1.1\r\nHost: localhost\r\nAccept: application/msgpack\r\n\r\n"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell another's memory"
)


@contextmanager
def agent(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run an agent over a scripted estate; its log is `log` in the folder."""
    command = [sys.executable, "-m", "tests.bench.agent_child", str(folder / "store.db"), str(APIS)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        with process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline(), (folder / "log").read_text()
                yield process
                process.communicate("", timeout=60)
            finally:
                process.kill()


def memory_kib(process: subprocess.Popen[str], name: str = "VmHWM") -> int:
    """Return the most memory that a process ever held."""
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def dial(path: Path, request: str) -> socket.socket:
    """Ask, and read nothing of the answer."""
    opened = socket.socket(socket.AF_UNIX)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect(str(path))
    opened.sendall(request.encode())
    return opened


def is_settled(asked: HttpAgent) -> bool:
    """Say whether everything was visited, and concluded."""
    conclusions = asked.standing().conclusions
    return asked.summary().deployments == APIS and conclusions.behind == 0


def is_dropped(opened: socket.socket) -> bool:
    poller = select.poll()
    poller.register(opened, 0)
    return bool(poller.poll(60_000))


def test_callers_that_do_not_read_are_dropped_and_cost_little_memory(tmp_path: Path) -> None:
    path = socket_path(tmp_path / "store.db")
    with agent(tmp_path) as process, ExitStack() as held:
        asked = HttpAgent(Address(f"unix:{path}", timeout_s=120))
        held.callback(asked.close)
        until(lambda: is_settled(asked))
        seen = len(asked.snapshot().columns["uid"])
        before = memory_kib(process)
        callers = [held.enter_context(dial(path, FOLLOW)) for _ in range(CALLERS)]
        callers += [held.enter_context(dial(path, SNAPSHOT)) for _ in range(CALLERS)]
        assert (seen, len(asked.page("tax", limit=50).items)) == (APIS, 50), "others are answered"
        assert all(map(is_dropped, callers))
        peak = memory_kib(process)
        assert peak < MOST_MIB * MIB
        assert peak - before < 64 * MIB, "a copy for each caller would be five times as much"
        assert asked.summary().deployments == APIS
        assert asked.standing().subscribers == 0
    log = (tmp_path / "log").read_text()
    assert log.count("does not read on and is dropped: /v1/changes") == CALLERS
    assert log.count("does not read on and is dropped: /v1/snapshot") == CALLERS
    assert process.returncode == 0


def test_a_follower_that_was_dropped_goes_on_where_it_was(tmp_path: Path) -> None:
    path = socket_path(tmp_path / "store.db")
    with agent(tmp_path), dial(path, FOLLOW) as opened, http.client.HTTPResponse(opened) as answer:
        answer.begin()
        first = next(event for event in read_events(answer) if event.name == "changes")
        assert is_dropped(opened)
        asked = HttpAgent(Address(f"unix:{path}", timeout_s=120))
        assert asked.changes(after=first.seq or 0).items[0].seq == (first.seq or 0) + 1
        asked.close()
