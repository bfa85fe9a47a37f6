"""Credentials that end, roles and regions that close: in their own words, and never another's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.identities import TokenRule
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import Result, run_cli
from tests.e2e.conftest import REST
from tests.e2e.estates import ACCOUNT, NORTH, OTHER, WEST, add_rest
from tests.e2e.test_agent import agent, told_to_stop, until, visited
from tests.e2e.world import Row, World, scopes_in

TAX, PAY = "777700001111", "777700002222"
TEAMS = {TAX: "tax", PAY: "pay"}


@contextmanager
def two_teams(
    folder: Path, environment: pytest.MonkeyPatch, tokens: TokenRule | None = None
) -> Iterator[World]:
    """Give a hub from which the APIs of two teams are visited by roles; both teams call theirs alike."""
    estate = AwsEstate()
    estate.account(OTHER, "hub")
    roles = []
    for account, team in TEAMS.items():
        member = estate.account(account, team).only_regions(WEST)
        for name in ("claims", "payments", "refunds"):
            add_rest(member.region(WEST), name)
            member.region(WEST).find_rest(name).edit(description=f"of {team}")
        roles.append(member.role("reader", trusted=OTHER))
    with AwsServer(estate, tokens=tokens) as server:
        world = World(server, folder, environment, OTHER)
        world.configure(regions=[WEST], roles=roles, products=REST)
        yield world


@pytest.fixture
def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with two_teams(tmp_path, monkeypatch) as world:
        yield world


def short(result: Result) -> list[Row]:
    return [line for line in scopes_in(result) if line["outcome"] not in {"complete", "absent"}]


def check_owners(world: World) -> None:
    """Check that each row shows the data of the account it stands for, and of no other."""
    rows = world.rows()
    assert len(rows) == 6
    for uid, row in rows.items():
        detail = run_cli("show", "--json", uid).document["deployment"]
        assert detail["description"] == f"of {TEAMS[row['account']]}"
        assert row["account"] in row["native_id"]


def test_tokens_that_end_early_are_renewed_and_nothing_is_mixed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_teams(tmp_path, monkeypatch, TokenRule(max_calls=5)) as world:
        assert world.scan().code == 0
        assert world.server.calls.count("sts:AssumeRole") >= 2 * len(TEAMS)
        check_owners(world)


def test_each_role_is_taken_on_once_by_planning_and_all_visits(teams: World) -> None:
    teams.configure(
        regions=[WEST], roles=[f"arn:aws:iam::{account}:role/reader" for account in TEAMS]
    )
    assert teams.scan().code == 0
    assert teams.server.calls.count("sts:AssumeRole") == len(TEAMS)
    check_owners(teams)


def test_credentials_that_end_for_good_fail_their_account_alone(teams: World) -> None:
    assert teams.scan().code == 0
    teams.server.inject(Fault(kind="expired_token", account=TAX, service="apigateway"))
    result = teams.scan()
    (line,) = short(result)
    assert TAX in line["scope"]
    assert line["error"]["kind"] == "credentials"
    assert "expired" in line["error"]["message"]
    assert line["next_step"]
    assert result.code == 2
    check_owners(teams)
    stale = {row["account"] for row in teams.rows("freshness:not_observed").values()}
    assert stale == {TAX}
    teams.server.clear_faults()
    assert teams.scan().code == 0
    check_owners(teams)


def test_credentials_that_end_in_mid_run_leave_what_was_seen(teams: World) -> None:
    teams.server.inject(
        Fault(kind="expired_token", account=TAX, operation="GetStages", occurrence=2)
    )
    teams.server.inject(Fault(kind="expired_token", account=TAX, operation="GetStages", times=0))
    assert teams.scan().code == 0, "one token that ends is renewed"
    check_owners(teams)


def test_a_role_that_closes_in_mid_run_is_said_once_and_loses_nothing(teams: World) -> None:
    assert teams.scan().code == 0
    teams.server.inject(Fault(kind="expired_token", account=TAX, service="apigateway"))
    teams.server.inject(Fault(kind="deny", operation="AssumeRole", occurrence=2))
    result = teams.scan()
    assert {line["scope"].split("/")[1] for line in short(result)} <= {TAX, PAY}
    assert TAX in {line["scope"].split("/")[1] for line in short(result)}
    check_owners(teams)
    assert {row["presence"] for row in teams.rows().values()} == {"present"}


def test_whoever_signs_in_with_nothing_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.scan().code == 0
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    said = run_cli("scan")
    assert said.code == 2
    assert "nobody is signed in" in said.out
    assert {row["freshness"] for row in world.rows().values()} == {"not_observed"}


# ── Regions ──


def test_a_region_that_is_switched_off_is_absent_and_not_failed(
    world: World, server: AwsServer
) -> None:
    assert world.scan().code == 0
    server.estate.accounts[ACCOUNT].disable_region(NORTH)
    for _ in range(2):
        result = world.scan()
        assert result.code == 0
        (line,) = (line for line in scopes_in(result) if NORTH in line["scope"])
        assert line["outcome"] == "absent"
    assert "not enabled" in next(line for line in run_cli("scan").out.splitlines() if "○" in line)
    (row,) = (row for row in world.rows().values() if row["region"] == NORTH)
    assert (row["presence"], row["freshness"]) == ("present", "not_observed")
    assert len(world.rows()) == 3


def test_a_region_that_is_no_longer_configured_says_so_once(world: World) -> None:
    assert world.scan().code == 0
    world.configure(products=REST, regions=[WEST])
    said = run_cli("scan")
    assert said.code == 0
    assert f"{NORTH}" in said.out
    assert len(world.rows()) == 3
    (row,) = (row for row in world.rows().values() if row["region"] == NORTH)
    assert row["freshness"] == "not_observed"
    assert {row["presence"] for row in world.rows().values()} == {"present"}


# ── Under an agent, which keeps its sessions from visit to visit ──


def test_an_agent_renews_tokens_that_end_early_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        two_teams(tmp_path, monkeypatch, TokenRule(max_calls=5)) as world,
        agent(world) as process,
    ):
        until(lambda: visited(world))
        renewed = world.server.calls.count("sts:AssumeRole")
        for _ in range(3):
            assert world.scan().code == 0
        assert world.server.calls.count("sts:AssumeRole") >= renewed + 3 * len(TEAMS)
        check_owners(world)
        result = told_to_stop(process)
    assert (result.code, "Traceback" in result.err) == (0, False)


def test_credentials_that_end_under_an_agent_fail_their_account_alone_until_they_are_back(
    teams: World,
) -> None:
    with agent(teams) as process:
        until(lambda: visited(teams))
        with teams.server.changing():
            teams.server.inject(Fault(kind="expired_token", account=TAX, service="apigateway"))
            teams.server.estate.accounts[PAY].region(WEST).find_rest("claims").edit(name="claims-2")
        result = teams.scan()
        (line,) = short(result)
        assert (TAX in line["scope"], line["error"]["kind"]) == (True, "credentials")
        assert result.code == 2
        check_owners(teams)
        assert {row["account"] for row in teams.rows("freshness:not_observed").values()} == {TAX}
        assert [row["account"] for row in teams.rows("name:claims-2").values()] == [PAY]
        with teams.server.changing():
            teams.server.clear_faults()
        assert teams.scan().code == 0, "signed in to anew, without a restart"
        assert teams.rows("freshness:not_observed") == {}
        check_owners(teams)
        result = told_to_stop(process)
    assert (result.code, "Traceback" in result.err) == (0, False)


def test_a_token_that_ends_in_the_middle_of_an_agents_visit_loses_and_mixes_up_nothing(
    teams: World,
) -> None:
    with agent(teams) as process:
        until(lambda: visited(teams))
        rows = teams.rows()
        for call in (0, 1, 3):
            with teams.server.changing():
                teams.server.clear_faults()
                teams.server.inject(
                    Fault(kind="expired_token", account=TAX, service="apigateway", occurrence=call)
                )
            refused = teams.server.calls.count("apigateway", account=TAX, status=403)
            assert teams.scan().code == 0, "one token that ends is renewed"
            assert teams.server.calls.count("apigateway", account=TAX, status=403) == refused + 1
            check_owners(teams)
        assert teams.rows().keys() == rows.keys()
        assert {row["presence"] for row in teams.rows().values()} == {"present"}
        result = told_to_stop(process)
    assert result.code == 0
