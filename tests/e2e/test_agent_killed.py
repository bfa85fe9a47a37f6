"""An agent that is killed at random moments under a changing estate, and one that never was: the same inventory."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.stable import Stable
from tests.e2e.test_agent import answers, until
from tests.e2e.test_killed import check_next_scan, move
from tests.e2e.world import World

KILLS = int(os.environ.get("APISCAPE_KILLS", "10"))
"""How often an agent is killed; a few in the suite, as many as somebody has time for by the variable."""

SEED = int(os.environ.get("APISCAPE_KILLS_SEED", "11"))
"""Of the moments; the same one gives the same moments."""

LONGEST_S = 0.7
"""From where an agent answers, within which its first visits, conclusions and their writes fall."""


@pytest.fixture
def stable(world: World) -> Iterator[Stable]:
    with Stable("agents") as stable:
        yield stable


def kill_at_random(
    world: World, server: AwsServer, estate: AwsEstate, west: Region, stable: Stable, kills: int
) -> int:
    """Kill agents at random moments while the estate moves; return how many visits that cut short."""
    moments = random.Random(SEED)
    for turn in range(kills):
        with server.changing():
            move(estate, west, turn)
        process = stable.run("agent")
        until(partial(answers, world, process))
        asking = stable.run("scan")
        time.sleep(moments.uniform(0, LONGEST_S))
        assert stable.kill(process) == -signal.SIGKILL
        stable.wait(asking)
        world.check_file()
        assert {row["presence"] for row in world.rows().values()} == {"present"}
    errors = [run["error"] for run in run_cli("runs", "--all", "--json").lines]
    return sum(error is not None and error["kind"] == "interrupted" for error in errors)


def test_killed_at_random_moments_it_ends_where_an_agent_that_never_was_does(
    world: World,
    server: AwsServer,
    estate: AwsEstate,
    west: Region,
    stable: Stable,
    tmp_path: Path,
) -> None:
    assert world.scan().code == 0
    kill_at_random(world, server, estate, west, stable, KILLS)
    check_next_scan(world, str(tmp_path / "twin.db"))
    assert {change["kind"] for change in world.changes()} <= {"appeared", "changed"}
    runs = run_cli("runs", "--all", "--json").lines
    assert [run for run in runs if run["outcome"] is None] == []
    for run in runs:
        if run["outcome"] == "complete":
            assert run["listed"] == run["recorded"] + run["skipped"] + run["failed"]
