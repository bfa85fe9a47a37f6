"""What an agent over a hundred thousand APIs takes of memory: to visit them, and while callers do their worst."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from apiscape.client.http import HttpAgent
from tests.bench.table import Row
from tests.e2e.scripted_agent import Child, scripted_agent
from tests.e2e.test_memory import FOLLOW, SNAPSHOT, dial, is_dropped

APIS = 100_000
FOLLOWERS, SNAPSHOTS = 100, 40
LIMIT_MIB = 512


def measure() -> Iterator[Row]:
    """Yield the most memory that an agent, as a process of its own, ever held."""
    with (
        tempfile.TemporaryDirectory() as folder,
        scripted_agent(Path(folder), APIS) as agent,
        closing(HttpAgent(agent.at_socket)) as asked,
    ):
        while not _is_settled(asked):
            time.sleep(1)
        visited = agent.memory_kib() / 1024
        _do_their_worst(agent, asked)
        peak = agent.memory_kib() / 1024
    what = f"memory of an agent over {APIS:,} APIs"
    yield Row(
        f"{what}, visited and concluded", visited, "the goal", 400, unit="MiB", limit=LIMIT_MIB
    )
    callers = f"{FOLLOWERS} followers and {SNAPSHOTS} snapshots that nobody reads, and searches"
    yield Row(f"{what}, {callers}", peak, "before", visited, unit="MiB", limit=LIMIT_MIB)


def _is_settled(asked: HttpAgent) -> bool:
    conclusions = asked.standing().conclusions
    return asked.summary().deployments == APIS and conclusions.behind == 0


def _do_their_worst(agent: Child, asked: HttpAgent) -> None:
    """Ask for much and read nothing of it, and search meanwhile; wait until all are dropped."""
    path = agent.unix.removeprefix("unix:")
    with ExitStack() as held:
        callers = [held.enter_context(dial(path, FOLLOW)) for _ in range(FOLLOWERS)]
        callers += [held.enter_context(dial(path, SNAPSHOT)) for _ in range(SNAPSHOTS)]
        for view in ("tax", "owner:*12*", "path:*items-7*"):
            asked.page(view, limit=100)
        if not all(map(is_dropped, callers)):
            raise SystemExit("a caller that reads nothing was never dropped")
