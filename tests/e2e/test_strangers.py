"""What is installed beside apiscape and nobody chose is named, and none of it runs: it would have every credential."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import run_cli
from tests.e2e.world import World

POINTS = """\
[apiscape.providers]
aws = stranger:Provider
stranger = stranger:Provider
[apiscape.collectors]
aws.apigateway.rest = stranger:Collector
aws.stranger = stranger:Collector
stranger.one = stranger:Collector
"""
METADATA = "Metadata-Version: 2.1\nName: aaa-stranger\nVersion: 1.0\n"


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Path]:
    """Install a distribution that leaves a trace where any of it is run; give where."""
    folder, trace = tmp_path / "installed", tmp_path / "trace"
    described = folder / "aaa_stranger-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(METADATA, "utf-8")
    (described / "entry_points.txt").write_text(POINTS, "utf-8")
    code = f"open({str(trace)!r}, 'w').close()\n\nclass Provider: ...\n\nclass Collector: ...\n"
    (folder / "stranger.py").write_text(code, "utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield trace
    sys.path.remove(str(folder))
    sys.modules.pop("stranger", None)


COMMANDS = (
    ("scan",),
    ("agent", "--once"),
    ("collectors",),
    ("permissions",),
    ("permissions", "--offline"),
    ("permissions", "--policy"),
    ("sources",),
    ("sources", "validate"),
    ("sources", "schema"),
    ("list",),
    ("runs",),
)


def test_no_command_runs_what_nobody_chose(world: World, trace: Path, tmp_path: Path) -> None:
    world.configure()
    for command in COMMANDS:
        result = run_cli(*command)
        assert result.code in {0, 2}, (command, result.err)
        assert not trace.exists(), command
    assert run_cli("sources", "init", "--config", str(tmp_path / "new.yaml")).code == 0
    world.config.unlink()
    world.config.write_text("sources: []\n")
    assert run_cli("permissions", "--policy").code in {0, 3}
    assert not trace.exists()


def test_it_is_named_with_who_ships_it(world: World, trace: Path, tmp_path: Path) -> None:
    lines = [
        line for line in run_cli("collectors", "--json").lines if "aaa" in line["distribution"]
    ]
    assert [line["product"] for line in lines] == [
        "aws.apigateway.rest",
        "aws.stranger",
        "stranger.one",
    ]
    assert {line["stability"] for line in lines} == {"not loaded"}
    said = run_cli("sources", "init", "--config", str(tmp_path / "new.yaml")).err
    assert "stranger is installed, too, and not loaded" in said
    assert not trace.exists()


def test_what_a_source_names_is_run(world: World, trace: Path) -> None:
    world.configure(products=["aws.stranger"])
    refused = run_cli("scan", "--json")
    assert trace.exists()
    assert refused.code == 2
    assert "aws.stranger does not keep the contract" in refused.out


def test_ours_is_visited_under_a_name_that_was_taken(world: World, trace: Path) -> None:
    world.configure(products=["aws.apigateway.rest"])
    assert world.scan().code == 0
    assert {row["product"] for row in world.rows().values()} == {"aws.apigateway.rest"}
    assert not trace.exists()
