"""`apiscape permissions` over an emulated account: what is granted, denied, or could not be told."""

from __future__ import annotations

import pytest

from apiscape.collectors import registry
from apiscape.demo.aws.estate.balancers import Balancers, forward
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.wire.dispatch import WITHOUT_REGIONS
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.appsync.samples import fill as fill_appsync
from tests.collectors.aws.functions.estates import add_agents, add_functions, add_services
from tests.collectors.aws.lattice.samples import fill as fill_lattice
from tests.e2e.commands import run_cli
from tests.e2e.conftest import REST
from tests.e2e.estates import NORTH, OTHER, WEST, add_others
from tests.e2e.world import World

RIGHTS = [
    operation
    for product in registry.collector_names("aws")
    for permission in registry.load_collector(product).permissions
    if permission.asked_where != "usage_plans.clients"
    for operation in permission.operations
]
OPTIONS = {"appsync": {"resolvers": True}}
"""What a source sets for all of these to be asked for; the keys of plans have a test of their own."""


@pytest.fixture
def whole(world: World, west: Region) -> World:
    """Give a world of one region that holds something of every kind."""
    add_others(west)
    west.domain("private.tax.example", endpoint="PRIVATE")
    west.account.shelves.of(Route53).zone("tax.example")
    balancers = west.shelves.of(Balancers)
    edge = balancers.application("edge")
    edge.listener(to=[forward(balancers.target_group("pool", "healthy"))])
    balancers.web_acl("edge", edge)
    add_functions(west)
    add_services(west)
    add_agents(west)
    fill_appsync(west)
    fill_lattice(west)
    world.configure(regions=[WEST], **OPTIONS)
    return world


def needing(operation: str) -> list[str]:
    """Return the products that make a call: others are not asked for it."""
    collectors = [registry.load_collector(product) for product in registry.collector_names("aws")]
    return [
        each.product
        for each in collectors
        if any(operation in permission.operations for permission in each.permissions)
    ]


def states(*arguments: str) -> dict[str, str]:
    """Return the state of each permission, by collector and call."""
    return {
        f"{line['product']} {line['operations'][0]}": line["state"]
        for line in run_cli("permissions", *arguments, "--json").lines
    }


def test_all_granted_is_complete(whole: World, server: AwsServer) -> None:
    said = run_cli("permissions")
    assert (said.code, said.err) == (0, "")
    head, *_, verdict = said.out.splitlines()
    assert head.startswith("prod · aws · tried in 2 places · ")
    assert verdict == "All of 91 permissions granted (3 not needed)."
    assert "denied" not in said.out
    declared = set(RIGHTS)
    called = set(server.calls.by_operation())
    assert called - declared <= {"sts:GetCallerIdentity", "account:ListRegions"}
    assert set(states().values()) == {"granted", "not_needed"}
    assert not whole.path.exists(), "trying keeps nothing"


@pytest.mark.parametrize("denied", sorted(set(RIGHTS)))
def test_each_denied_right_in_turn_makes_it_incomplete(
    denied: str, whole: World, west: Region
) -> None:
    whole.configure(regions=[WEST], products=needing(denied), **OPTIONS)
    west.deny(denied)
    said = run_cli("permissions", "--json")
    assert said.code == 2
    refused = {tuple(line["operations"]) for line in said.lines if line["state"] == "denied"}
    assert refused == {(denied,)}
    [place] = {
        place["place"]
        for line in said.lines
        for place in line["places"]
        if line["state"] == "denied"
    }
    of_the_account = denied.partition(":")[0] in WITHOUT_REGIONS
    assert place == ("111122223333" if of_the_account else f"111122223333/{WEST}")


def test_words_say_what_is_hidden_why_and_what_to_do(whole: World, west: Region) -> None:
    west.deny("apigateway:GetRestApis")
    said = run_cli("permissions")
    assert said.code == 2
    [line] = [line for line in said.out.splitlines() if line.startswith("prod") and "✗" in line]
    assert line.split() == (
        [
            "prod",
            "✗",
            "denied",
            "aws.apigateway.rest",
            "/restapis",
            "which",
            "REST",
            "APIs",
            "exist",
        ]
    )
    assert (
        f"  ✗ denied: needs apigateway:GET on /restapis in {WEST}. aws.apigateway.rest: /restapis, "
        f"in 111122223333/{WEST}\n"
    ) in said.out
    assert "no REST API to try it on, for none could be listed. aws.apigateway.rest: " in said.out
    assert said.out.endswith(
        "87 of 91 permissions granted (3 not needed), 1 denied, 3 could not be told.  exit 2\n"
    )
    assert said.err.startswith("apiscape permissions --policy prints the smallest policy")


def test_a_place_without_an_object_cannot_tell(world: World, estate: AwsEstate) -> None:
    world.configure(products=REST, regions=[WEST, NORTH])
    estate.accounts["111122223333"].region(NORTH).rest_apis.clear()
    said = run_cli("permissions", "prod")
    assert said.code == 2
    assert "? could not tell in 1 of 2" in said.out
    assert "no REST API to try it on. aws.apigateway.rest: /restapis/*/stages, " in said.out
    assert f"in 111122223333/{NORTH}" in said.out


def test_nobody_signed_in_is_unreachable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000")
    said = run_cli("permissions")
    assert said.code == 4
    assert said.out.startswith("prod · aws · nothing could be tried: the credentials are not")
    assert (
        said.err
        == "No source could be signed in to: check credentials, network and proxy, then try again.\n"
    )
    assert set(states().values()) == {"unknown"}


def test_a_role_that_cannot_be_taken_on_is_denied_and_the_rest_unknown(world: World) -> None:
    world.configure(roles=[f"arn:aws:iam::{OTHER}:role/reader"], regions=[WEST], products=REST)
    found = states()
    assert found["aws sts:AssumeRole"] == "denied"
    assert found["aws account:ListRegions"] == "unknown"
    assert {found[f"{REST[0]} apigateway:{name}"] for name in ("GetRestApis", "GetStages")} == {
        "unknown"
    }


def test_printing_the_policy_and_offline_make_no_call(world: World, server: AwsServer) -> None:
    for words in (["--policy"], ["--format", "terraform"], ["--offline"], ["--offline", "--json"]):
        assert run_cli("permissions", *words).code == 0
    assert server.calls.by_operation() == {}
