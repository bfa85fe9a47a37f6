"""Callers by the thousand at each door of an agent: bounded, others are answered, and files are left over."""

from __future__ import annotations

import resource
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from apiscape.client.http import HttpAgent
from apiscape.serve.http.files import RESERVED
from apiscape.serve.http.limits import DEFAULT_LIMITS
from tests.e2e.scripted_agent import Child, needs_proc, scripted_agent

MANY = 10_000
MIB = 1024
BEGUN = b"GET /v1/summary HTTP/1.1\r\nHost:"
"""As much of a request as somebody sends who never comes to its end."""

pytestmark = needs_proc


@pytest.fixture
def many_files() -> Iterator[int]:
    """Let this process open as many files as it may; give how many that are."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def knock(agent: Child, door: str) -> socket.socket:
    """Open a connection at a door, and send the beginning of a request."""
    if door == "unix":
        opened = socket.socket(socket.AF_UNIX)
        opened.connect(agent.unix.removeprefix("unix:"))
    else:
        parts = urlsplit(getattr(agent, door))
        opened = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    opened.sendall(BEGUN)
    return opened


def crowd(agent: Child, door: str, number: int, held: ExitStack) -> int:
    """Open so many connections, and hold on to them; return the most files that the agent had open."""
    most, callers = 0, []
    for count in range(number):
        callers.append(held.enter_context(knock(agent, door)))
        if count % 50 == 0:
            most = max(most, agent.files)
    poller = select.poll()
    for caller in callers[: -DEFAULT_LIMITS.connections - DEFAULT_LIMITS.accepted]:
        poller.register(caller, 0)
        assert poller.poll(60_000), "whoever has idled longest is sent away"
        poller.unregister(caller)
    return max(most, agent.files)


def check_others(agent: Child) -> None:
    """See that whoever asks is answered, at every door."""
    for address in (agent.at_socket, agent.at_api):
        asked = HttpAgent(address)
        assert asked.summary().deployments >= 0
        asked.close()
    with urlopen(f"{agent.probe}/healthz", timeout=60) as answer:  # noqa: S310 - a door of the test's own
        assert answer.read() == b"alive\n"


@pytest.mark.parametrize("door", ["unix", "api", "probe"])
def test_ten_thousand_are_bounded_and_others_are_answered(
    door: str, tmp_path: Path, many_files: int
) -> None:
    """Ten thousand where this process may open so many files."""
    number = min(MANY, many_files - 500)
    bound = DEFAULT_LIMITS.connections + DEFAULT_LIMITS.accepted
    if number <= 3 * bound:
        pytest.skip(f"this process may open {many_files} files only")
    with scripted_agent(tmp_path, 1) as agent, ExitStack() as held:
        check_others(agent)
        before = agent.memory_kib()
        assert crowd(agent, door, number, held) <= bound + RESERVED
        check_others(agent)
        assert agent.memory_kib() - before < 64 * MIB
    assert "out of system resource" not in agent.log.read_text()


@pytest.mark.parametrize("door", ["unix", "api", "probe"])
def test_an_agent_of_few_files_says_so_and_keeps_some_for_itself(door: str, tmp_path: Path) -> None:
    with scripted_agent(tmp_path, 1, files=200) as agent, ExitStack() as held:
        assert crowd(agent, door, 1500, held) < 200
        check_others(agent)
    log = agent.log.read_text()
    assert log.count("this process may open 200 files: each door holds 17 connections") == 1
    assert "out of system resource" not in log
    assert agent.process.returncode == 0
