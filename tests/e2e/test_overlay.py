"""An overlay, from a file to a command: applied by a scan, taken up by an agent, refused where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.test_agent import agent, told_to_stop, until, visited
from tests.e2e.world import World

PAYMENTS = "- {view: name:payments, set: {owner: Revenue, classification: official}}\n"
CLAIMS = "- {view: name:claims, set: {owner: Benefits}}\n"


def write(world: World, files: Mapping[str, str]) -> None:
    """Let the overlay hold these files, and no others."""
    folder = world.config.parent / "overlay"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if file.name not in files:
            file.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)


def owners(world: World) -> tuple[object, ...]:
    """Return who owns the payments and the claims; their tags name teams."""
    found = {row["name"]: row.get("owners") for row in world.rows().values()}
    return (found.get("payments"), found.get("claims"))


TAGGED = (["Team Payments"], ["Team Claims"])


def test_a_scan_applies_what_stands_there_and_takes_back_what_does_not(world: World) -> None:
    write(world, {"a.yaml": PAYMENTS})
    assert world.scan().code == 0
    assert owners(world) == (["Revenue"], TAGGED[1])
    assert run_cli("list", "classification:official", "-o", "name").out == "payments\n"
    write(world, {"a.yaml": PAYMENTS, "b.yaml": "- {view: 'helth:bad', set: {owner: x}}"})
    refused = world.scan()
    assert (refused.code, "b.yaml:1:11: 'view': no field helth" in refused.err) == (3, True)
    write(world, {"b.yaml": CLAIMS})
    assert world.scan().code == 0
    assert owners(world) == (TAGGED[0], ["Benefits"])


def test_an_agent_takes_it_up_and_visits_nothing_for_it(world: World, server: AwsServer) -> None:
    write(world, {"a.yaml": PAYMENTS})
    with agent(world) as process:
        until(lambda: visited(world))
        until(lambda: owners(world) == (["Revenue"], TAGGED[1]))
        calls = server.calls.count()
        write(world, {"a.yaml": PAYMENTS, "b.yaml": CLAIMS})
        until(lambda: owners(world) == (["Revenue"], ["Benefits"]))
        write(world, {"b.yaml": CLAIMS})
        until(lambda: owners(world) == (TAGGED[0], ["Benefits"]))
        assert server.calls.count() == calls
        result = told_to_stop(process)
    assert result.code == 0
