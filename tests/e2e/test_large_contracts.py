"""A contract that is too large to be read at hand: by commands in this process, and in ones of their own."""

from __future__ import annotations

import pytest

from apiscape.collectors.apart import readers as module
from apiscape.collectors.apart.readers import Readers
from apiscape.demo.aws.estate.region import Region
from tests.e2e.commands import finish, run_cli, start_cli
from tests.e2e.world import World

pytestmark = pytest.mark.e2e

OPERATIONS = 200


@pytest.fixture(autouse=True)
def _vast(west: Region) -> None:
    api = west.rest_api("vast")
    for number in range(OPERATIONS):
        api.method("GET", f"/things/{number}/of/a/kind/that/has/a/long/path")
    api.deploy("prod")


def counted(world: World) -> int:
    (row,) = world.rows("vast").values()
    return int(row["operations"])


def test_a_scan_reads_it_by_one_reader_and_the_small_ones_without(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Readers()
    monkeypatch.setattr(module, "READERS", own)
    assert run_cli("scan").code == 0
    assert [each.documents for each in own._idle] == [1]
    assert counted(world) == OPERATIONS
    own.close()


@pytest.mark.parametrize("command", [("scan",), ("agent", "--once")])
def test_a_process_of_its_own_ends_though_it_started_another(
    world: World, command: tuple[str, ...]
) -> None:
    result = finish(start_cli(*command))
    assert (result.code, "Traceback" in result.err) == (0, False), result.err
    assert counted(world) == OPERATIONS
