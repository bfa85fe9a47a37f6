"""A scan that is killed at any moment: the store is sound, the next scan tells the truth, nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import finish, run_cli, start_cli
from tests.e2e.estates import NORTH, WEST, add_rest, redeploy
from tests.e2e.stable import Stable
from tests.e2e.world import World

PATIENCE_S = 60.0
LATE = 8
"""Kills at random moments after the last call, while the store is written and concluded."""


@pytest.fixture
def stable(world: World) -> Iterator[Stable]:
    """Give a way to start scans at the cost of a fork, in the world's variables."""
    with Stable() as stable:
        yield stable


def await_calls(
    server: AwsServer, number: int, name: str | None = None, region: str | None = None
) -> None:
    """Wait until so many calls were made."""
    until = time.monotonic() + PATIENCE_S
    while server.calls.count(name, region=region) < number:
        assert time.monotonic() < until, "the calls never came"
        time.sleep(0.001)


def move(estate: AwsEstate, west: Region, turn: int) -> None:
    """Change the estate as a busy day does: something new, something renamed, all deployed anew."""
    redeploy(estate)
    west.find_rest("claims").edit_stage("prod", description=f"turn {turn}")
    if turn % 4 == 0:
        add_rest(west, f"new-{turn:02d}")
    if turn % 6 == 5:
        west.find_rest(f"new-{turn - turn % 4:02d}").rename(f"renamed-{turn:02d}")


def test_a_scan_killed_at_any_call_or_after_the_last_loses_nothing(
    world: World, server: AwsServer, estate: AwsEstate, west: Region, stable: Stable, tmp_path: Path
) -> None:
    assert world.scan().code == 0
    calls = len(server.calls)
    moments = random.Random(7)
    for turn in range(calls + 2 + LATE):
        move(estate, west, turn)
        at = len(server.calls) + turn
        if turn < calls + 2:  # this call is never answered
            server.inject(Fault(kind="delay", call_index=range(at, at + 1), seconds=PATIENCE_S))
            process = stable.run("scan")
            await_calls(server, at + 1)
        else:
            process = stable.run("scan")
            await_calls(server, at - turn + calls)
            time.sleep(moments.uniform(0, 0.25))
        assert stable.kill(process) in {-signal.SIGKILL, 0}
        server.clear_faults()
        world.check_file()
        check_rows(world)
        if turn % 5 == 4:
            check_next_scan(world, str(tmp_path / f"twin-{turn}.db"))
    assert "interrupted" in {
        run["error"]["kind"] for run in run_cli("runs", "--all", "--json").lines if run["error"]
    }
    check_next_scan(world, str(tmp_path / "twin.db"))
    assert {change["kind"] for change in world.changes()} <= {"appeared", "changed"}


def check_rows(world: World) -> None:
    """Check what a reader sees right after the kill: everything that was there is there."""
    rows = world.rows().values()
    assert {"claims", "payments", "refunds"} <= {row["name"] for row in rows}
    assert {row["presence"] for row in rows} == {"present"}


def check_next_scan(world: World, twin: str) -> None:
    """Check that a scan now ends as in a store that was never killed."""
    assert world.scan().code == 0
    assert world.runs().keys() == {
        f"prod/111122223333/{region}/aws.apigateway.rest" for region in (WEST, NORTH)
    }
    assert {run["outcome"] for run in world.runs().values()} == {"complete"}
    seen, store = world.content(), world.store
    world.use_store(twin)
    assert world.scan().code == 0
    fresh = world.content()
    assert fresh.keys() == seen.keys()
    assert {
        (uid, key): (row.get(key), fresh[uid].get(key))
        for uid, row in seen.items()
        for key in row.keys() | fresh[uid].keys()
        if row.get(key) != fresh[uid].get(key)
    } == {}
    world.use_store(store)


# ── Asked to end ──


def stop_in_the_middle(world: World, stable: Stable, *words: signal.Signals) -> int:
    """Start a scan, ask it to end while it waits for an API's stages, and return its exit code."""
    world.server.inject(
        Fault(kind="delay", region=WEST, operation="GetStages", times=1, seconds=1.0)
    )
    world.server.calls.clear()
    process = stable.run("scan")
    await_calls(world.server, 1, "apigateway:GetStages", WEST)
    for word in words:
        os.kill(process, word)
        time.sleep(0.05)
    code = stable.wait(process)
    world.server.clear_faults()
    return code


@pytest.mark.parametrize(
    "words",
    [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)],
    ids=lambda words: " ".join(word.name for word in words),
)
def test_a_scan_that_is_asked_to_end_ends_as_partial_and_keeps_what_it_saw(
    words: tuple[signal.Signals, ...], world: World, west: Region, stable: Stable
) -> None:
    assert world.scan().code == 0
    before = world.rows().keys()
    add_rest(west, "latecomer")
    assert stop_in_the_middle(world, stable, *words) == 2
    world.check_file()
    run = world.runs()[f"prod/111122223333/{WEST}/aws.apigateway.rest"]
    assert (run["outcome"], run["error"]["kind"]) == ("partial", "interrupted")
    assert world.rows().keys() >= before
    assert {row["presence"] for row in world.rows().values()} == {"present"}
    assert world.scan().code == 0
    assert len(world.rows()) == len(before) + 1


def test_the_installed_command_says_that_it_was_asked_to_end(
    world: World, server: AwsServer
) -> None:
    server.inject(Fault(kind="delay", region=WEST, operation="GetStages", times=1, seconds=1.0))
    process = start_cli("scan", "--json")
    await_calls(server, 1, "apigateway:GetStages", WEST)
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert (done.code, done.document["interrupted"], "Traceback" in done.err) == (2, True, False)
