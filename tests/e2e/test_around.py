"""What stands around a deployment, the whole way: usage plans are counted, routing rules give addresses."""

from __future__ import annotations

from apiscape.demo.aws.estate.region import Region
from tests.e2e.commands import run_cli
from tests.e2e.world import World

EVERYTHING: dict[str, object] = {
    "products": [
        f"aws.apigateway.{name}" for name in ("rest", "http", "websocket", "domains", "consumers")
    ]
}


def test_usage_plans_are_counted_where_their_listing_was_read_whole(
    world: World, west: Region
) -> None:
    world.configure(**EVERYTHING)
    api = west.rest_api("counted").method("GET", "/x").deploy("prod", "test")
    west.http_api("uncountable").route("GET /x").stage()
    for name in ("gold", "silver"):
        west.usage_plan(name, (api, "prod"))
    assert world.scan().code == 0
    view = "name:counted,uncountable sort:name,stage"
    counts = [line["consumers"] for line in run_cli("list", view, "--json").lines]
    assert counts == [2, 0, None]
    exported = {
        row["name"]: row.get("consumers", "unknown") for row in world.rows("uncountable").values()
    }
    assert exported == {"uncountable": None}
    assert [row["stage"] for row in world.rows("counted consumers>1").values()] == ["prod"]


def test_a_denied_listing_of_usage_plans_leaves_their_number_unknown(
    world: World, west: Region
) -> None:
    world.configure(**EVERYTHING)
    api = west.rest_api("counted").method("GET", "/x").deploy("prod", "test")
    west.usage_plan("gold", (api, "prod"))
    world.scan()
    west.deny("apigateway:GetUsagePlans")
    assert world.scan().code == 2
    assert ["consumers" in row for row in world.rows("counted").values()] == [False, False]
    west.allow("apigateway:GetUsagePlans")
    west.deny("apigateway:GetDomainNames")
    world.scan()
    rows = world.rows("counted sort:stage").values()
    assert [row["consumers"] for row in rows] == [1, 0]


def test_routing_rules_give_addresses_but_not_those_that_ask_for_a_header(
    world: World, west: Region
) -> None:
    world.configure(**EVERYTHING)
    api = west.rest_api("ruled").method("GET", "/x").deploy("prod", "beta")
    domain = west.domain("api.tax.example", routingMode="ROUTING_RULE_ONLY")
    domain.rule(1, api, "beta", headers={"x-version": "beta-s3cret"}).rule(2, api, "prod", "pay")
    assert world.scan().code == 0
    generated = f"https://{api.id}.execute-api.eu-west-1.amazonaws.com"
    found = {row["stage"]: row for row in world.rows("ruled").values()}
    assert found["prod"]["endpoints"] == ["https://api.tax.example/pay", f"{generated}/prod"]
    assert found["beta"]["endpoints"] == [f"{generated}/beta"]
    page = run_cli("show", found["beta"]["uid"]).out
    assert "front door api.tax.example, only where header x-version has a certain value" in page
    assert "s3cret" not in page
