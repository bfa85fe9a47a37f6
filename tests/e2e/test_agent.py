"""An agent as a process of its own, over the emulated estate: asked, killed, told to stop, and full."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.store.database.lock import read_holder
from tests.e2e.commands import PATIENCE_S, SCRIPT, Result, finish, run_cli, start_cli
from tests.e2e.estates import WEST, add_rest
from tests.e2e.stable import Stable
from tests.e2e.test_killed import await_calls
from tests.e2e.test_store_trouble import set_write_version
from tests.e2e.world import World

SCOPE = f"prod/111122223333/{WEST}/aws.apigateway.rest"


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def answers(world: World, process: int) -> bool:
    """Say whether an agent of this process id has the store and answers."""
    holder = read_holder(world.path)
    return holder is not None and holder.pid == process and holder.address is not None


@contextmanager
def agent(world: World, script: str = SCRIPT) -> Iterator[subprocess.Popen[str]]:
    """Run an agent for the time of a `with`; it is killed at the end if it still runs."""
    process = start_cli("agent", script=script)
    try:
        until(lambda: answers(world, process.pid) or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def told_to_stop(process: subprocess.Popen[str]) -> Result:
    process.send_signal(signal.SIGTERM)
    return finish(process)


def visited(world: World, number: int = 2) -> bool:
    runs = world.runs().values()
    return len(runs) == number and all(run["outcome"] == "complete" for run in runs)


def test_commands_find_it_and_print_what_they_print_without_it(
    world: World, server: AwsServer, west: Region, tmp_path: Path
) -> None:
    with agent(world) as process:
        until(lambda: visited(world))
        until(lambda: len(world.rows()) == 3)
        following = start_cli("changes", "-f", "--json")
        with server.changing():
            add_rest(west, "latecomer")
        scan = run_cli("scan", "--json")
        assert (scan.code, scan.document["totals"]["appeared"]) == (0, 1)
        assert "does it" in scan.err
        assert following.stdout is not None
        line = ""
        while "latecomer" not in line:
            line = following.stdout.readline()
            assert line, "the stream ended"
        following.terminate()
        following.communicate()
        second = run_cli("agent")
        assert (second.code, str(process.pid) in second.err) == (4, True)
        rows, page = world.content(), run_cli("list", "-o", "name").out
        result = told_to_stop(process)
    assert (result.code, "Traceback" in result.err) == (0, False)
    assert f"unix:{world.store}.agent/agent.sock" in result.err
    assert (world.content(), run_cli("list", "-o", "name").out) == (rows, page)
    assert not Path(f"{world.store}.agent/agent.sock").exists()


def test_told_to_stop_in_the_middle_it_keeps_what_it_saw(
    world: World, server: AwsServer, west: Region
) -> None:
    assert world.scan().code == 0
    before = world.rows().keys()
    server.calls.clear()
    server.inject(Fault(kind="delay", region=WEST, operation="GetStages", times=1, seconds=30.0))
    with agent(world) as process:
        asking = start_cli("scan")
        await_calls(server, 1, "apigateway:GetStages", WEST)
        began = time.monotonic()
        result = told_to_stop(process)
        assert time.monotonic() - began < 30
        asking.kill()
        asking.communicate()
    assert (result.code, "Traceback" in result.err) == (0, False)
    server.clear_faults()
    world.check_file()
    run = world.runs()[SCOPE]
    assert (run["outcome"], run["error"]["kind"]) == ("partial", "interrupted")
    assert world.rows().keys() == before
    assert {row["presence"] for row in world.rows().values()} == {"present"}


def test_killed_at_any_moment_it_loses_nothing(
    world: World, server: AwsServer, west: Region
) -> None:
    with Stable("agents") as stable:
        for turn in range(3):
            at = len(server.calls) + 2 + 3 * turn  # this call is never answered
            server.inject(Fault(kind="delay", call_index=range(at, at + 1), seconds=30))
            with server.changing():
                add_rest(west, f"new-{turn}")
            process = stable.run("agent")
            until(partial(answers, world, process))
            asking = stable.run("scan") if turn else None
            await_calls(server, at + 1)
            assert stable.kill(process) == -signal.SIGKILL
            if asking is not None:
                stable.wait(asking)
            server.clear_faults()
            world.check_file()
            assert {row["presence"] for row in world.rows().values()} <= {"present"}
    with agent(world) as last:
        assert run_cli("scan").code == 0
        assert told_to_stop(last).code == 0
    assert len(world.rows()) == 6
    assert {change["kind"] for change in world.changes()} <= {"appeared", "changed"}


def test_a_store_that_may_not_be_written_is_said_and_used_again_when_it_may(
    world: World, server: AwsServer, west: Region
) -> None:
    with agent(world) as process:
        until(lambda: visited(world))
        told = set_write_version(world, 9)
        with server.changing():
            add_rest(west, "latecomer")
        refused = run_cli("scan", "--json")
        set_write_version(world, told)
        until(lambda: run_cli("scan").code == 0)
        assert told_to_stop(process).code == 0
    assert refused.code in {0, 2, 4}
    assert len(world.rows()) == 4
    world.check_file()


def test_once_it_visits_as_a_scan_and_ends(world: World) -> None:
    once = finish(start_cli("agent", "--once", "--json"))
    assert (once.code, once.document["totals"]["appeared"]) == (0, 3)
    assert read_holder(world.path) is None
