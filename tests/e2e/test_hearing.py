"""An agent as a process of its own that hears of a change: its API tells of it long before the next visit."""

from __future__ import annotations

import json

import pytest

from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.trail import Trail
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import SCRIPT, start_cli
from tests.e2e.conftest import REST
from tests.e2e.test_agent import agent, told_to_stop, until, visited
from tests.e2e.world import World

HASTE = 30
"""How many of the agent's seconds are one of ours: it waits half a minute for company, and nobody here does."""

HASTY = f"""
import time
from apiscape.collect.clock import SystemClock
SystemClock.monotonic = lambda self: time.monotonic() * {HASTE}
SystemClock.sleep = lambda self, seconds, until: until.wait(seconds / {HASTE})
{SCRIPT}
"""
"""A command whose clock for waiting is fast; its calendar is the machine's."""

A_DAY_S = 86_400
LOOKUP = "cloudtrail:LookupEvents"


@pytest.fixture
def trail(west: Region, north: Region) -> Trail:
    north.shelves.of(Trail).mark()
    return west.shelves.of(Trail).mark()


def test_what_an_event_names_is_told_long_before_the_next_visit(
    world: World, server: AwsServer, west: Region, trail: Trail
) -> None:
    world.configure(products=REST, interval_s=A_DAY_S, events={"every_s": 10})
    with agent(world, HASTY) as process:
        until(lambda: visited(world) and len(world.rows()) == 3)
        until(lambda: server.calls.count(LOOKUP) >= 2)
        before = world.runs()
        following = start_cli("changes", "-f", "--json")
        server.calls.clear()
        with server.changing():
            west.find_rest("claims").method("DELETE", "/things/{id}").deploy("prod")
        assert following.stdout is not None
        told: dict[str, object] = {}
        while (told.get("kind"), told.get("name")) != ("changed", "claims"):
            line = following.stdout.readline()
            assert line, "the stream ended"
            told = json.loads(line)
        following.terminate()
        following.communicate()
        (row,) = (row for row in world.rows().values() if row["name"] == "claims")
        assert row["operations"] == 3
        after = world.runs()
        asked = server.calls.by_operation()
        result = told_to_stop(process)
    assert after == before, "nothing was visited for it"
    del asked[LOOKUP]
    assert asked == {"apigateway:GetStages": 1, "apigateway:GetExport": 1}
    assert (result.code, "Traceback" in result.err) == (0, False)
    assert trail.events[-1].fields["EventName"] == "CreateDeployment"
