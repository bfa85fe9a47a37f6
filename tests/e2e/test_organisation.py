"""An organisation of fifty accounts: what goes wrong with one of them has a line and words of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.conftest import REST
from tests.e2e.estates import NORTH, OTHER, WEST, add_rest
from tests.e2e.world import Row, World, scopes_in

MANAGEMENT = "999900000000"
MEMBERS = tuple(f"7000{number:08d}" for number in range(48))
CLOSED, DENIED, SUSPENDED, SWITCHED_OFF, ENDED, WRONG, SKEWED = MEMBERS[:7]


@pytest.fixture
def fifty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give an organisation that a delegated administrator lists, of which one account went wrong in each way."""
    estate = AwsEstate()
    estate.account(MANAGEMENT, "management").only_regions(WEST)
    estate.account(OTHER, "inventory").only_regions(WEST)
    for number, account in enumerate(MEMBERS):
        member = estate.account(account, f"team-{number}").only_regions(WEST)
        member.role("reader", external_id="inventory", trusted=OTHER)
        add_rest(member.region(WEST), f"service-{number}")
    estate.organise(MANAGEMENT).delegated.add(OTHER)
    estate.accounts[CLOSED].roles.clear()
    estate.accounts[DENIED].region(WEST).deny("apigateway:GetRestApis", scp=True)
    estate.accounts[SUSPENDED].suspend()
    estate.accounts[SWITCHED_OFF].disable_region(WEST)
    with AwsServer(estate) as server:
        for kind, account in (
            ("expired_token", ENDED),
            ("wrong_secret", WRONG),
            ("clock_skew", SKEWED),
        ):
            server.inject(Fault(kind=kind, account=account, service="apigateway"))
        world = World(server, tmp_path, monkeypatch, OTHER)
        world.configure(
            regions=[WEST],
            role_name="reader",
            external_id="inventory",
            exclude_accounts=[MANAGEMENT],
            organization=True,
            products=REST,
        )
        yield world


def test_each_trouble_has_its_own_line_and_words_and_hides_no_other_account(fifty: World) -> None:
    result = fifty.scan()
    assert result.code == 2
    lines = {line["scope"].split("/")[1]: line for line in scopes_in(result)}
    whole = {account for account, line in lines.items() if line["outcome"] == "complete"}
    assert whole == {OTHER, *MEMBERS[7:]}
    assert fifty.server.calls.count("organizations:ListAccounts") == 3
    assert fifty.server.calls.count("sts:AssumeRole", status=200) >= len(MEMBERS) - 2
    troubles = {account: _words(line) for account, line in lines.items() if account not in whole}
    assert troubles == {
        CLOSED: (
            "failed",
            "credentials",
            (
                "the role reader cannot be taken on (AccessDenied): check that it exists, its trust policy, its "
                "external id, and that whoever is signed in may take it on"
            ),
        ),
        DENIED: (
            "failed",
            "access_denied",
            f"a service control policy explicitly denies apigateway:GET on /restapis in {WEST}",
        ),
        SWITCHED_OFF: (
            "absent",
            "unsupported",
            f"region {WEST} is not enabled for account {SWITCHED_OFF}",
        ),
        ENDED: (
            "failed",
            "credentials",
            "the credentials have expired (ExpiredTokenException)",
        ),
        WRONG: ("failed", "credentials", "the credentials are wrong (InvalidSignatureException)"),
        SKEWED: (
            "failed",
            "credentials",
            (
                "this machine's clock is not AWS's: apigateway:GetRestApis in eu-west-1 was signed for "
                "another time (InvalidSignatureException)"
            ),
        ),
    }
    helps = {account: lines[account]["next_step"] for account in troubles}
    assert len(set(helps.values())) == len(helps), "each has a step of its own that helps"
    assert "NTP" in helps[SKEWED]
    assert "`regions`" in (helps[SWITCHED_OFF] or "")
    assert "the organisation's policy" in helps[DENIED]
    besides = {
        entry["key"]: (entry["state"], entry["reason"])
        for entry in result.document["estate"]
        if "state" in entry
    }
    assert besides == {
        MANAGEMENT: ("excluded", "excluded by exclude_accounts"),
        SUSPENDED: ("excluded", "account is suspended"),
    }
    assert len(fifty.rows()) == len(MEMBERS) - 7


def _words(line: Row) -> tuple[str, str | None, str]:
    error = line["error"] or {}
    return line["outcome"], error.get("kind"), error.get("message", "")


def test_a_region_that_only_refuses_for_rate_is_named_and_delays_no_other(
    world: World, server: AwsServer
) -> None:
    assert world.scan().code == 0
    before = world.rows()
    server.inject(Fault(kind="throttle", region=NORTH, service="apigateway", seconds=100))
    said = run_cli("scan")
    assert said.code == 2
    (line,) = (line for line in said.out.splitlines() if "✗" in line)
    assert NORTH in line
    assert "refused for rate" in line
    assert "Incomplete: 1 of 2 scopes" in said.out
    rows = world.rows()
    assert rows.keys() == before.keys()
    assert {row["presence"] for row in rows.values()} == {"present"}
    assert {row["region"] for row in rows.values() if row["freshness"] == "not_observed"} == {NORTH}
    assert {row["region"] for row in rows.values() if row["freshness"] == "current"} == {WEST}
