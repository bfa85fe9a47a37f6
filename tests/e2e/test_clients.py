"""Clients of usage plans, where a source asks for them: named on the page of what they are let in to, by no key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.aws.apigateway.consumers_collector import CLIENTS
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.conftest import REST
from tests.e2e.estates import WEST
from tests.e2e.world import World

SECRET = "canary-of-a-key-that-nobody-may-see"
PRODUCTS = [*REST, "aws.apigateway.consumers"]


@pytest.fixture
def server(estate: AwsEstate) -> Iterator[AwsServer]:
    with AwsServer(estate, allowed=READ_ALLOW_LIST | {CLIENTS}) as server:
        yield server
        server.assert_clean()


@pytest.fixture
def asking(world: World, west: Region, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """Give a world whose source asks for clients, and look for their keys in all that it leaves behind."""
    caplog.set_level("DEBUG", logger="apiscape")
    keys = [west.api_key(name, f"{SECRET}-{name}") for name in ("zeta", "acme")]
    west.usage_plan("gold", (west.find_rest("claims"), "prod"), keys=keys)
    world.configure(regions=[WEST], products=PRODUCTS, usage_plans={"clients": True})
    yield world
    kept = b"".join(each.read_bytes() for each in world.path.parent.glob(f"{world.path.name}*"))
    assert SECRET.encode() not in kept
    assert SECRET not in caplog.text


def test_clients_are_named_and_their_keys_are_nowhere(asking: World, server: AwsServer) -> None:
    assert asking.scan().code == 0
    assert server.calls.count(CLIENTS) == 1
    page = run_cli("show", "claims")
    assert "consumers          gold (2 clients: acme, zeta)" in page.out
    whole = run_cli("show", "claims", "-o", "json")
    assert '"clients":["acme","zeta"]' in "".join(whole.out.split())
    assert SECRET not in page.out + whole.out


def test_a_right_to_them_that_is_denied_is_said_and_takes_nothing_else(
    asking: World, west: Region
) -> None:
    west.deny(CLIENTS)
    tried = run_cli("permissions", "--json")
    assert tried.code == 2
    (line,) = (each for each in tried.lines if each["operations"] == [CLIENTS])
    assert line["state"] == "denied"
    scanned = asking.scan()
    assert "gold" in run_cli("show", "claims").out
    assert "clients:" not in run_cli("show", "claims").out
    (run,) = (run for name, run in asking.runs().items() if "consumers" in name)
    assert (run["outcome"], run["recorded"]) == ("complete", 1)
    assert (scanned.code, scanned.document["incomplete"]) == (2, [run["scope"]])


def test_nobody_needs_the_right_where_clients_are_not_asked_for(
    asking: World, west: Region, server: AwsServer
) -> None:
    asking.configure(regions=[WEST], products=PRODUCTS)
    west.deny(CLIENTS)
    tried = run_cli("permissions", "--json")
    assert tried.code == 0
    (line,) = (each for each in tried.lines if each["operations"] == [CLIENTS])
    assert line["state"] == "not_needed"
    assert "usageplans/*/keys" not in run_cli("permissions", "--policy").out
    assert asking.scan().code == 0
    assert server.calls.count(CLIENTS) == 0
