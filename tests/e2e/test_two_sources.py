"""Two AWS sources, of which one visits an account that shares with the other's: told once, and by its owner."""

from __future__ import annotations

import pytest
import yaml

from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import Result, run_cli
from tests.e2e.estates import ACCOUNT, OTHER, WEST
from tests.e2e.world import HURRY, World, scopes_in

PRODUCTS = ["aws.lattice.service", "aws.appsync.graphql"]
ROLE = f"arn:aws:iam::{OTHER}:role/reader"
SHARED = ("shared service", "shared api")


@pytest.fixture
def estate() -> AwsEstate:
    """Return two accounts: what is shared is of the other one, and shown in ours as well."""
    estate = AwsEstate()
    ours = estate.account(ACCOUNT, "ours").only_regions(WEST).region(WEST)
    other = estate.account(OTHER, "theirs").only_regions(WEST)
    other.role("reader", trusted=ACCOUNT)
    theirs = other.region(WEST)
    service = theirs.shelves.of(Lattice).service("shared service").listen()
    api = theirs.shelves.of(AppSync).graphql("shared api", "type Query { one: Int }")
    ours.shelves.of(Lattice).share(service.tag({"owner": "Team Theirs"}))
    ours.shelves.of(AppSync).share(api)
    ours.shelves.of(Lattice).service("our service").listen()
    return estate


@pytest.fixture
def both(world: World, server: AwsServer) -> World:
    """Configure a source for each account, ours first."""
    common: dict[str, object] = {
        "provider": "aws",
        "regions": [WEST],
        "organization": False,
        "endpoint_url": server.url,
        "total_max_attempts": 1,
        "quotas": HURRY,
        "products": PRODUCTS,
    }
    sources: list[dict[str, object]] = [{"name": "ours"}, {"name": "theirs", "roles": [ROLE]}]
    world.config.write_text(yaml.safe_dump({"sources": [each | common for each in sources]}))
    return world


def skipped(result: Result) -> dict[str, int]:
    """Return how many objects each scope left out, by source and product."""
    scopes = ((line["scope"].split("/"), line["skipped"]) for line in scopes_in(result))
    return {f"{source} {product}": left_out for (source, *_, product), left_out in scopes}


def test_what_one_source_shares_with_another_is_told_once(both: World) -> None:
    first = both.scan()
    assert first.code == 0
    assert set(skipped(first).values()) == {0}, "nobody saw the owner yet, so nothing is left to it"
    before = both.rows()
    assert sorted(row["name"] for row in before.values()) == sorted([*SHARED, "our service"])
    assert {before[uid]["account"] for uid in before if before[uid]["name"] in SHARED} == {OTHER}

    second = both.scan()
    assert second.code == 0
    assert skipped(second) == {
        f"{source} {product}": int(source == "ours")
        for source in ("ours", "theirs")
        for product in PRODUCTS
    }
    after = both.rows()
    assert after.keys() == before.keys()
    assert {row["presence"] for row in after.values()} == {"present"}
    sources = {row["name"]: row["source"] for row in after.values()}
    assert sources == {**dict.fromkeys(SHARED, "theirs"), "our service": "ours"}
    assert both.changes("presence:missing") == []


def test_a_source_that_cannot_sign_in_hides_nothing_of_the_other(
    both: World, estate: AwsEstate
) -> None:
    assert both.scan().code == 0
    assert both.scan().code == 0
    estate.accounts[OTHER].roles.clear()
    failed = both.scan()
    assert failed.code == 2
    outcomes = {line["scope"].split("/")[0]: line["outcome"] for line in scopes_in(failed)}
    assert outcomes == {"ours": "complete", "theirs": "failed"}
    held = {row["name"]: (row["presence"], row["freshness"]) for row in both.rows().values()}
    assert held["our service"] == ("present", "current")
    assert {held[name][0] for name in SHARED} == {"present"}
    again = both.scan()
    assert again.code == 2
    held = {row["name"]: (row["presence"], row["freshness"]) for row in both.rows().values()}
    assert {held[name] for name in SHARED} == {("present", "current")}, "ours tells them now"


def test_sources_of_one_account_share_its_limit_and_tell_everything_once(
    world: World, server: AwsServer
) -> None:
    common = {
        "provider": "aws",
        "regions": [WEST],
        "organization": False,
        "endpoint_url": server.url,
    }
    sources = [{"name": "one"}, {"name": "two"}]
    more = {"products": PRODUCTS, "total_max_attempts": 1, "quotas": HURRY}
    world.config.write_text(yaml.safe_dump({"sources": [each | common | more for each in sources]}))
    assert world.scan().code == 0
    assert world.scan().code == 0
    rows = world.rows().values()
    assert sorted(row["name"] for row in rows) == sorted([*SHARED, "our service"])
    policy = run_cli("permissions", "--policy")
    assert policy.code == 0
