"""An agent's memory while callers do their worst: what they do not read is not held for each of them."""

from __future__ import annotations

import http.client
import select
import socket
from contextlib import ExitStack, closing
from pathlib import Path

from apiscape.client.http import HttpAgent, read_events
from tests.e2e.scripted_agent import needs_proc, scripted_agent
from tests.e2e.test_agent import until

APIS = 3_000
"""So many make a megabyte of a page of the log, and more of a snapshot."""

CALLERS = 80
MIB = 1024
MOST_MIB = 400
"""The goal for an agent over a hundred thousand APIs, within 512 MiB; a small one must be far below."""

FOLLOW = "GET /v1/changes?after=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
SNAPSHOT = "GET /v1/snapshot HTTP/1.1\r\nHost: localhost\r\nAccept: application/msgpack\r\n\r\n"

pytestmark = needs_proc


def dial(path: str, request: str) -> socket.socket:
    """Ask, and read nothing of the answer."""
    opened = socket.socket(socket.AF_UNIX)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect(path)
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
    with (
        scripted_agent(tmp_path, APIS) as agent,
        closing(HttpAgent(agent.at_socket)) as asked,
        ExitStack() as held,
    ):
        path = agent.unix.removeprefix("unix:")
        until(lambda: is_settled(asked))
        seen = len(asked.snapshot().columns["uid"])
        before = agent.memory_kib()
        callers = [held.enter_context(dial(path, FOLLOW)) for _ in range(CALLERS)]
        callers += [held.enter_context(dial(path, SNAPSHOT)) for _ in range(CALLERS)]
        assert (seen, len(asked.page("tax", limit=50).items)) == (APIS, 50), "others are answered"
        assert all(map(is_dropped, callers))
        peak = agent.memory_kib()
        assert peak < MOST_MIB * MIB
        assert peak - before < 64 * MIB, "a copy for each caller would be five times as much"
        until(lambda: asked.standing().subscribers == 0)
    log = agent.log.read_text()
    assert log.count("does not read on and is dropped: /v1/changes") == CALLERS
    assert log.count("does not read on and is dropped: /v1/snapshot") == CALLERS
    assert agent.process.returncode == 0


def test_a_follower_that_was_dropped_goes_on_where_it_was(tmp_path: Path) -> None:
    with (
        scripted_agent(tmp_path, APIS) as agent,
        dial(agent.unix.removeprefix("unix:"), FOLLOW) as opened,
        http.client.HTTPResponse(opened) as answer,
        closing(HttpAgent(agent.at_socket)) as asked,
    ):
        answer.begin()
        first = next(event for event in read_events(answer) if event.name == "changes")
        assert first.seq is not None
        assert is_dropped(opened)
        assert asked.changes(after=first.seq).items[0].seq == first.seq + 1
