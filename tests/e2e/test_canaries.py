"""Secrets planted wherever a gateway keeps them: none is stored, shown, logged or written anywhere."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.seeds.canaries import MARK, plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import Result, run_cli
from tests.e2e.estates import ACCOUNT, WEST, add_others, redeploy, small_estate
from tests.e2e.kept import kept_in
from tests.e2e.screens import walk
from tests.e2e.world import World


@pytest.fixture
def estate() -> AwsEstate:
    """Give the small estate with one of every kind, and a secret in every place that can hold one."""
    estate = small_estate()
    add_others(estate.accounts[ACCOUNT].region(WEST))
    assert len(plant_canaries(estate)) > 40
    return estate


@pytest.fixture
def world(
    server: AwsServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[World]:
    """Give a world that visits every product, in which nothing may be logged either."""
    caplog.set_level(logging.INFO)
    world = World(server, tmp_path, monkeypatch)
    yield world
    check_text(world, caplog.text)


def check_text(world: World, text: str) -> None:
    """Check that no secret is in a text: neither one that was planted nor the keys signed in with."""
    assert MARK not in text
    assert world.server.credentials(ACCOUNT)["aws_secret_access_key"] not in text


def check_bytes(world: World, data: bytes) -> None:
    check_text(world, data.decode("latin-1"))
    check_text(world, data.decode("utf-16-le", errors="replace"))


def check_result(world: World, result: Result, *codes: int) -> None:
    assert result.code in (codes or (0,)), result.err
    check_text(world, result.out)
    check_text(world, result.err)


def check_file(world: World, path: Path) -> None:
    """Check a store's file as bytes, and each of its values unpacked."""
    check_bytes(world, path.read_bytes())
    kept = list(kept_in(path))
    for each in kept:
        check_bytes(world, each.value)
    assert any(each.was_packed for each in kept)


def test_no_secret_reaches_the_store_its_log_or_a_backup(world: World, tmp_path: Path) -> None:
    assert world.scan().code == 0
    with closing(sqlite3.connect(world.path)) as reader:  # keeps the log from being folded away
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        redeploy(world.server.estate)
        check_result(world, world.scan())
        log = world.path.with_name(world.path.name + "-wal")
        assert log.stat().st_size > 0
        check_bytes(world, log.read_bytes())
    check_file(world, world.path)
    backup = tmp_path / "backup.db"
    check_result(world, run_cli("backup", str(backup)))
    check_file(world, backup)


def test_no_secret_is_in_what_a_command_prints(world: World) -> None:
    check_result(world, run_cli("scan", "--all"))
    uids = world.rows()
    assert len(uids) >= 5
    for form in ("table", "wide", "name", "json", "yaml"):
        for command in ("list", "changes", "runs", "permissions", "sources", "scan"):
            codes = (
                (0, 2) if command == "permissions" else (0,)
            )  # what it cannot tell is incomplete
            check_result(world, run_cli(command, "-o", form), *codes)
        for uid in uids:
            check_result(world, run_cli("show", uid, "-o", form))
    commands: tuple[tuple[str, ...], ...] = (
        ("export", "--format", "jsonl"),
        ("export", "--format", "csv", "--raw-cells"),
        ("runs", "--all", "-o", "wide"),
        ("permissions", "--policy"),
        ("list", "CANARY", "-o", "json"),
        ("list", "path:/canary", "-o", "wide"),
    )
    for words in commands:
        check_result(world, run_cli(*words))
    assert run_cli("list", "CANARY", "-o", "name").out == ""


async def test_no_secret_is_on_a_screen(world: World) -> None:
    assert world.scan().code == 0
    shown = await walk(world, "payments")
    assert all(shown)
    assert any("/canary" in screen for screen in shown)
    for screen in shown:
        check_text(world, screen)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="deny", operation="GetExport"),
        Fault(kind="truncate", operation="GetExport"),
        Fault(kind="cut", operation="GetResources"),
        Fault(kind="truncate", operation="GetRestApis"),
        Fault(kind="error", operation="GetIntegrations"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.operation}",
)
def test_no_secret_is_in_what_is_said_of_a_fault(
    fault: Fault, world: World, server: AwsServer
) -> None:
    server.inject(fault)
    check_result(world, run_cli("scan", "--all"), 0, 2)
    check_result(world, run_cli("runs", "-o", "wide"))
    check_file(world, world.path)


def test_no_secret_is_in_what_is_said_of_a_defect(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector that stumbles over what it read: neither its message nor its values come through."""

    def stumble(*values: object) -> None:
        raise ValueError(repr(values))

    monkeypatch.setattr("apiscape.collectors.aws.apigateway.rest.normalise", stumble)
    result = run_cli("scan", "--all")
    check_result(world, result, 2)
    assert "defect of aws.apigateway.rest: ValueError at test_canaries.py" in result.out
    check_result(world, run_cli("runs", "-o", "wide"))
    check_file(world, world.path)
