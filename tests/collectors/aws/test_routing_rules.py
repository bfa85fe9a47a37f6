"""Domains whose routing rules decide, against the emulated AWS."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.contract import Gone, Unseen
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import FrontDoor
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.test_odd_answers import changed, raising

ONLY: dict[str, Any] = {"routingMode": "ROUTING_RULE_ONLY"}
FIRST: dict[str, Any] = {"routingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING"}
LIST_RULES = "apigatewayv2:ListRoutingRules"


def scan(desk: Desk) -> Seen:
    seen = desk.collect(DomainCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def door(seen: Seen) -> FrontDoor:
    found = [item for item in seen.entities if isinstance(item, FrontDoor)]
    assert len(found) == 1
    return found[0]


def led(seen: Seen) -> list[tuple[Any, ...]]:
    routes = door(seen).routes
    assert is_known(routes)
    return [(one.base_path, one.stage, one.condition, one.priority) for one in routes]


def test_rules_are_read_only_where_a_domain_says_that_they_decide(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod")
    west.domain("api.example").map("v1", api, "prod").rule(1, api, "never")
    assert led(scan(desk)) == [("/v1", "prod", None, None)]
    assert server.calls.count(LIST_RULES) == 0


def test_rules_alone_are_tried_by_priority_and_mappings_are_not_asked_for(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod", "beta")
    domain = west.domain("api.example", **ONLY).map("unused", api, "prod")
    domain.rule(300, api, "prod")
    domain.rule(100, api, "beta", headers={"X-Version": "beta*"})
    domain.rule(200, api, "prod", "users", "a/b", strip=True)
    seen = scan(desk)
    assert led(seen) == [
        ("/", "beta", "header x-version has a certain value", 100),
        ("/users", "prod", None, 200),
        ("/a/b", "prod", None, 200),
        ("/", "prod", None, 300),
    ]
    routes = door(seen).routes
    assert is_known(routes)
    assert [one.strips_base_path for one in routes] == [False, True, True, False]
    assert {one.native_api_id for one in routes} == {f"aws:{ACCOUNT}:{REGION}:apigateway:{api.id}"}
    assert server.calls.count("apigatewayv2:GetApiMappings") == 0
    assert "beta*" not in repr(seen.said)


def test_mappings_come_after_the_rules_and_only_where_a_rule_leaves_them_something(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod", "test")
    domain = west.domain("api.example", **FIRST)
    domain.map("", api, "prod").map("users/old", api, "test").map("usersgroup", api, "test")
    domain.rule(1, api, "prod", "users")
    assert led(scan(desk)) == [
        ("/users", "prod", None, 1),
        ("/", "prod", None, None),
        ("/usersgroup", "test", None, None),
    ]


def test_a_rule_behind_one_that_always_holds_leads_nowhere(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod", "test")
    domain = west.domain("api.example", **FIRST).map("x", api, "test")
    domain.rule(1, api, "prod").rule(2, api, "test", "late").rule(
        3, api, "test", headers={"a": "b"}
    )
    assert led(scan(desk)) == [("/", "prod", None, 1)]


def test_every_page_of_rules_is_read(server: AwsServer, west: Region, desk: Desk) -> None:
    api = west.rest_api("claims").deploy("prod")
    domain = west.domain("api.example", **ONLY)
    for priority in range(1, 251):
        domain.rule(priority, api, "prod", f"path-{priority}")
    assert len(led(scan(desk))) == 250
    assert server.calls.count(LIST_RULES) == 3


def test_rules_of_a_private_domain_are_read_by_its_id(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("inner", endpoint="PRIVATE").deploy("prod")
    west.domain("inner.example", endpoint="PRIVATE", **FIRST).rule(5, api, "prod", "v2").map(
        "v1", api, "prod"
    )
    assert led(scan(desk)) == [("/v2", "prod", None, 5), ("/v1", "prod", None, None)]


@pytest.mark.parametrize(
    ("mode", "denied", "gaps"),
    [
        (ONLY, (LIST_RULES,), ["routing rules"]),
        (FIRST, (LIST_RULES,), ["routing rules"]),
        (FIRST, ("apigatewayv2:GetApiMappings",), ["mappings"]),
        (FIRST, (LIST_RULES, "apigatewayv2:GetApiMappings"), ["routing rules", "mappings"]),
    ],
)
def test_what_decides_and_may_not_be_read_leaves_the_routes_unknown(
    mode: dict[str, Any],
    denied: tuple[str, ...],
    gaps: list[str],
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    api = west.rest_api("claims").deploy("prod")
    west.domain("api.example", **mode).map("", api, "prod").rule(1, api, "prod")
    for operation in denied:
        west.deny(operation)
    seen = scan(desk)
    assert door(seen).routes is UNKNOWN
    assert seen.unseen == [(gap, "access_denied") for gap in gaps]


def test_a_denial_names_the_right_that_rules_have_of_their_own(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("api.example", **ONLY)
    west.deny(LIST_RULES)
    [gap] = scan(desk).of(Unseen)
    assert gap.error.permission == "apigateway:ListRoutingRules on /domainnames/*"


def test_a_listing_of_rules_without_an_end_is_a_gap(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod")
    west.domain("api.example", **ONLY).rule(1, api, "prod")
    server.inject(Fault(kind="endless", operation="ListRoutingRules"))
    seen = scan(desk)
    assert seen.unseen == [("routing rules", "malformed")]
    assert door(seen).routes is UNKNOWN


def test_a_domain_that_was_deleted_meanwhile_is_gone(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("api.example", **ONLY)
    with changed(LIST_RULES, raising(Gone("no such domain"))):
        seen = scan(desk)
    assert seen.failed["api.example"].kind == "gone"
