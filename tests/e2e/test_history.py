"""What happened, from first sight to retirement and back: the change log, and the list as of any day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apiscape.demo.aws.estate.backends import http_backend
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.estates import WEST
from tests.e2e.world import Row, World

DAY = timedelta(days=1)
MONDAY = (datetime.now(UTC) - 9 * DAY).replace(hour=9, minute=0, second=0, microsecond=0)


def on(day: float) -> datetime:
    """Return so many days after the first Monday."""
    return MONDAY + day * DAY


def log_of(world: World, name: str) -> list[str]:
    """Return what the log says of a deployment, oldest first."""
    return [change["kind"] for change in world.changes() if change["name"] == name]


def presence(world: World, name: str) -> str:
    (row,) = (
        row
        for row in world.rows("presence:present,missing,retired").values()
        if row["name"] == name
    )
    return str(row["presence"])


def names_at(at: datetime) -> set[str]:
    listed = run_cli("list", "--as-of", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "-o", "name")
    assert listed.code == 0, listed.err
    return set(listed.out.split())


def test_missing_becomes_retired_by_two_complete_runs_and_a_day(world: World, west: Region) -> None:
    world.visit(on(0))
    west.find_rest("payments").delete()
    steps = [(1.0, "missing"), (1.1, "missing"), (1.9, "missing"), (2.1, "retired")]
    for day, expected in steps:
        world.visit(on(day))
        assert presence(world, "payments") == expected, day
    assert log_of(world, "payments") == ["appeared", "missing", "retired"]
    assert presence(world, "claims") == "present"


def test_a_day_without_a_second_complete_run_retires_nothing(
    world: World, server: AwsServer, west: Region
) -> None:
    world.visit(on(0))
    west.find_rest("payments").delete()
    world.visit(on(1))
    server.inject(Fault(kind="deny", region=WEST, operation="GetRestApis"))
    for day in (3, 4, 5):
        world.visit(on(day))
        assert presence(world, "payments") == "missing"
    server.clear_faults()
    world.visit(on(6))
    assert presence(world, "payments") == "retired"


def test_who_returns_keeps_uid_and_history(world: World, server: AwsServer, west: Region) -> None:
    world.visit(on(0))
    (before,) = (row for row in world.rows().values() if row["name"] == "payments")
    hidden = Fault(kind="narrow", region=WEST, operation="GetRestApis", keep=1)
    server.inject(hidden)
    for day in (1, 2, 3):
        world.visit(on(day))
    gone = {"claims", "payments"} - {row["name"] for row in world.rows("presence:present").values()}
    (name,) = gone
    assert presence(world, name) == "retired"
    server.clear_faults()
    world.visit(on(4))
    assert log_of(world, name) == ["appeared", "missing", "retired", "returned"]
    assert presence(world, name) == "present"
    assert before["uid"] in world.rows()
    (row,) = (row for row in world.rows().values() if row["name"] == name)
    assert row["first_seen_at"].startswith(MONDAY.strftime("%Y-%m-%dT09:00"))
    assert "missing_since" not in row or row["missing_since"] is None


def test_changes_name_each_field_that_moved(world: World, west: Region) -> None:
    world.visit(on(0))
    api = west.find_rest("payments")
    api.method(
        "DELETE", "/things/{id}", auth="AWS_IAM", backend=http_backend("https://new.example")
    )
    api.method("POST", "/things", auth="NONE", backend=http_backend("https://payments.example"))
    api.deploy("prod").rename("payouts")
    api.edit(tags={"owner": "Team Payouts"})
    world.visit(on(1))
    (change,) = (change for change in world.changes() if change["kind"] == "changed")
    moved = {field["field"]: field for field in change["fields"]}
    assert (moved["name"]["old"], moved["name"]["new"]) == ("payments", "payouts")
    assert moved["operations"]["new"] == ["DELETE /things/{id}"]
    assert any(field.startswith("operations[POST /things]") for field in moved)
    assert any(field.startswith("owners") for field in moved)
    words = run_cli("changes", "payouts").out
    assert "name payments → payouts" in words
    assert "operations" in run_cli("show", "payouts").out


def test_a_first_stage_takes_the_place_of_an_api_without_one(world: World, west: Region) -> None:
    draft = west.rest_api("draft").method("GET", "/x")
    world.visit(on(0))
    assert stages(world, "draft") == {"-"}
    draft.deploy("prod")
    world.visit(on(1))
    assert stages(world, "draft") == {"prod"}
    kinds = [change["kind"] for change in world.changes("presence:present,superseded draft")]
    assert sorted(kinds) == ["appeared", "appeared", "superseded"]
    assert "missing" not in kinds


def stages(world: World, name: str) -> set[str]:
    return {row["stage"] for row in world.rows(name).values()}


def test_the_list_as_of_a_day_is_what_was_listed_then(world: World, west: Region) -> None:
    world.visit(on(0))
    assert names_at(on(0.5)) == {"claims", "payments", "refunds"}
    west.find_rest("payments").rename("payouts")
    world.visit(on(1))
    west.find_rest("claims").delete()
    for day in (2, 3.5):
        world.visit(on(day))
    assert names_at(on(0.5)) == {"claims", "payments", "refunds"}
    assert names_at(on(1.5)) == {"claims", "payouts", "refunds"}
    assert set(run_cli("list", "presence:present", "-o", "name").out.split()) == {
        "payouts",
        "refunds",
    }
    shown = rows_at(on(0.5))
    assert {row["presence"] for row in shown} == {"present"}
    too_early = run_cli("list", "--as-of", "2001-01-01")
    assert too_early.code in {0, 3}
    assert too_early.code == 3 or "0 deployments" in too_early.err


def rows_at(at: datetime) -> list[Row]:
    return run_cli("list", "--as-of", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "--json").lines


@pytest.mark.parametrize("times", [2, 3])
def test_an_unchanged_estate_leaves_no_trace_in_the_log(world: World, times: int) -> None:
    for day in range(times):
        world.visit(on(day))
    assert {change["kind"] for change in world.changes()} == {"appeared"}


def test_history_is_dropped_after_the_days_that_it_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.visit(datetime.now(UTC) - timedelta(days=40))
    at = (datetime.now(UTC) - timedelta(days=39)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.scan()
    assert run_cli("list", "--as-of", at).code == 0
    monkeypatch.setenv("APISCAPE_RETENTION_DAYS", "30")
    world.scan()
    too_old = run_cli("list", "--as-of", at)
    assert too_old.code == 3
    assert "nothing is kept before" in too_old.err
    assert world.rows() != {}
