"""Less is listed and nobody says why: nothing retires; what is too much to believe waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.estates import ACCOUNT, OTHER, WEST, add_rest, many
from tests.e2e.world import World, scopes_in

SCOPE = f"prod/{ACCOUNT}/{WEST}/aws.apigateway.rest"


def counted(world: World) -> dict[str, int]:
    words = [row["presence"] for row in world.rows().values()]
    return {word: words.count(word) for word in set(words)}


def test_one_of_five_that_is_silently_hidden_is_missing_and_comes_back(
    world: World, server: AwsServer, west: Region
) -> None:
    for name in ("fines", "grants", "levies"):
        add_rest(west, name)
    assert world.scan().code == 0
    server.inject(Fault(kind="narrow", region=WEST, operation="GetRestApis", keep=4))
    for _ in range(3):
        assert world.scan().document["totals"]["retired"] == 0
        assert counted(world) == {"present": 5, "missing": 1}
    server.clear_faults()
    assert world.scan().document["totals"]["returned"] == 1
    assert counted(world) == {"present": 6}
    assert [change["kind"] for change in world.changes() if change["kind"] != "appeared"] == [
        "missing",
        "returned",
    ]


@pytest.mark.parametrize("kind", ["narrow", "empty"])
def test_a_mass_loss_is_held_until_a_person_confirms(
    kind: str, world: World, server: AwsServer, west: Region
) -> None:
    many(west, 12)
    assert world.scan().code == 0
    lost = 14 if kind == "empty" else 13
    server.inject(Fault(kind=kind, region=WEST, operation="GetRestApis", keep=1))
    for _ in range(3):
        result = world.scan()
        assert result.document["totals"]["retired"] == 0
        assert counted(world) == {"suspect": lost, "present": 15 - lost}
    said = run_cli("scan").out
    assert "0 missing" in said
    assert len(world.rows("presence:suspect")) == lost
    confirmed = run_cli("confirm", SCOPE, "--by", "ada")
    assert (confirmed.code, confirmed.err) == (
        0,
        f"{lost} deployments retired, confirmed by ada\n",
    )
    assert counted(world) == {"retired": lost, "present": 15 - lost}
    assert "nothing to confirm" in run_cli("confirm", SCOPE).err
    server.clear_faults()
    assert world.scan().document["totals"]["returned"] == lost
    assert counted(world) == {"present": 15}


def test_the_scan_that_holds_a_mass_loss_says_how_to_settle_it(
    world: World, server: AwsServer, west: Region
) -> None:
    many(west, 12)
    assert world.scan().code == 0
    server.inject(Fault(kind="empty", region=WEST, operation="GetRestApis"))
    assert "14 suspect (held: apiscape confirm SCOPE)" in run_cli("scan").out


def test_what_was_held_comes_back_by_itself(world: World, server: AwsServer, west: Region) -> None:
    many(west, 12)
    assert world.scan().code == 0
    before = world.content()
    server.inject(Fault(kind="empty", region=WEST, operation="GetRestApis"))
    world.scan()
    server.clear_faults()
    assert world.scan().code == 0
    assert world.content() == before


def test_nobody_can_confirm_what_there_is_not(world: World) -> None:
    assert world.scan().code == 0
    refused = run_cli("confirm", "prod/elsewhere/aws.apigateway.rest")
    assert refused.code == 3
    assert "prod/elsewhere/aws.apigateway.rest" in refused.err


# ── By roles: five accounts, one of which falls away ──

ACCOUNTS = tuple(f"{digit}" * 12 for digit in "12345")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a world of five accounts with an API each, all visited by a role."""
    estate = AwsEstate()
    estate.account(OTHER, "hub")
    roles = []
    for number, account in enumerate(ACCOUNTS):
        member = estate.account(account, f"team-{number}").only_regions(WEST)
        add_rest(member.region(WEST), f"service-{number}")
        roles.append(member.role("reader", trusted=OTHER))
    with AwsServer(estate) as server:
        world = World(server, tmp_path, monkeypatch, OTHER)
        world.configure(regions=[WEST], roles=roles, products=["aws.apigateway.rest"])
        yield world


def test_a_role_that_no_longer_opens_an_account_loses_nothing_of_it(hub: World) -> None:
    assert hub.scan().code == 0
    before = hub.rows()
    assert len(before) == 5
    hub.server.estate.accounts[ACCOUNTS[2]].roles.clear()
    for _ in range(2):
        result = hub.scan()
        assert result.code == 2
        (short,) = (line for line in scopes_in(result) if line["outcome"] != "complete")
        assert ACCOUNTS[2] in short["scope"]
        assert short["error"]["kind"] == "credentials"
        assert "role" in short["error"]["message"]
        assert short["next_step"]
        assert hub.rows().keys() == before.keys()
        stale = [row for row in hub.rows().values() if row["freshness"] == "not_observed"]
        assert [row["account"] for row in stale] == [ACCOUNTS[2]]
    hub.server.estate.accounts[ACCOUNTS[2]].role("reader", trusted=OTHER)
    assert hub.scan().code == 0


def test_an_account_that_was_suspended_keeps_its_rows_and_its_name(hub: World) -> None:
    assert hub.scan().code == 0
    hub.server.estate.accounts[ACCOUNTS[0]].suspend()
    result = hub.scan()
    (short,) = (line for line in scopes_in(result) if line["outcome"] != "complete")
    assert ACCOUNTS[0] in short["scope"]
    assert {row["presence"] for row in hub.rows().values()} == {"present"}
    assert {row["account"] for row in hub.rows("freshness:not_observed").values()} == {ACCOUNTS[0]}


def test_an_account_that_is_no_longer_offered_is_lost_and_stays_said(hub: World) -> None:
    estate = hub.server.estate
    estate.organise(OTHER)
    hub.configure(
        regions=[WEST], role_name="reader", products=["aws.apigateway.rest"], organization=True
    )
    assert hub.scan().code == 0
    gone = ACCOUNTS[4]
    estate.close_account(gone)
    for _ in range(2):
        result = hub.scan()
        said = {entry["key"]: entry.get("state") for entry in result.document["estate"]}
        assert said.get(f"{gone}/{WEST}") == "lost" or said.get(gone) in {"excluded", "lost"}
        assert len(hub.rows()) == 5
        assert {row["presence"] for row in hub.rows().values()} == {"present"}
        assert {row["account"] for row in hub.rows("freshness:not_observed").values()} == {gone}
