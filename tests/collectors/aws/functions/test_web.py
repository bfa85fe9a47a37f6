"""Web functions against the emulated AWS."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.demo.aws.estate.functions import WebFunctions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN, known_or
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen


@pytest.fixture
def webs(west: Region) -> WebFunctions:
    return west.shelves.of(WebFunctions)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(WebFunctionCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def test_each_endpoint_is_a_deployment(server: AwsServer, webs: WebFunctions, desk: Desk) -> None:
    site = webs.add("site", {"owner": "Team Web"})
    site.endpoint("main", throttleConfig={"rateLimit": 50})
    site.endpoint("wide", endpointType="MultiRegion", regions=[REGION, "us-east-1"])
    seen = scan(desk)
    main, wide = seen.one("site", "main"), seen.one("site", "wide")
    assert main.native_id == f"aws:{ACCOUNT}:{REGION}:lambda-web:site/main"
    assert main.endpoints[0].url == f"https://{site.endpoints['main']['domainName']}"
    assert main.owners[0].name == "Team Web"
    assert (main.protections.rate_limit, wide.protections.rate_limit) == ("enabled", "disabled")
    assert wide.endpoints[0].evidence.endswith("endpoint type MultiRegion in eu-west-1, us-east-1")


def test_what_the_application_asks_is_unknown_and_never_none(
    server: AwsServer, webs: WebFunctions, desk: Desk
) -> None:
    webs.add("site").endpoint(auth="ApplicationManaged")
    (operation,) = scan(desk).one("site").operations
    assert operation.security.requirement == "unknown"
    assert operation.security.evidence.startswith("endpoint authType=ApplicationManaged: ")


def test_a_web_function_without_an_endpoint_is_no_deployment(
    server: AwsServer, webs: WebFunctions, desk: Desk
) -> None:
    webs.add("draft")
    assert scan(desk).recorded["draft"].entities == ()
    assert server.calls.count("lambda-web:GetResourcePolicy") == 0


def test_an_unchanged_round_costs_one_call_a_function(
    server: AwsServer, webs: WebFunctions, desk: Desk
) -> None:
    for number in range(10):
        webs.add(f"site-{number}", {"owner": "Team Web"}).endpoint().allow("*")
    first = scan(desk)
    assert server.calls.by_operation() == {
        "lambda-web:ListWebFunctions": 1,
        "lambda-web:ListWebFunctionEndpoints": 10,
        "lambda-web:GetResourcePolicy": 10,
        "lambda-web:ListTags": 10,
    }
    server.calls.clear()
    webs.by_name["site-3"].edit_endpoint("main", throttleConfig={"rateLimit": 1})
    again = desk.collect(WebFunctionCollector(), known=first.known())
    assert server.calls.by_operation() == {
        "lambda-web:ListWebFunctions": 1,
        "lambda-web:ListWebFunctionEndpoints": 10,
        "lambda-web:GetResourcePolicy": 1,
        "lambda-web:ListTags": 1,
    }
    assert len(again.unchanged) == 9
    owners = [known_or(item.owners, ()) for item in again.unchanged]
    assert {owner.name for each in owners for owner in each} == {"Team Web"}
    assert again.one("site-3").protections.rate_limit == "enabled"


def test_what_may_not_be_read_is_unknown(
    server: AwsServer, west: Region, webs: WebFunctions, desk: Desk
) -> None:
    webs.add("site", {"owner": "Team Web"}).endpoint()
    west.deny("lambda-web:GetResourcePolicy").deny("lambda-web:ListTags")
    seen = scan(desk)
    item = seen.one("site")
    assert item.labels is UNKNOWN
    assert item.operations[0].security.evidence.endswith("the resource policy is not known")
    assert sorted(seen.unseen) == [("resource policy", "access_denied"), ("tags", "access_denied")]


def test_a_policy_that_is_none_is_a_gap(
    server: AwsServer, webs: WebFunctions, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    webs.add("site").endpoint().allow("*")
    monkeypatch.setattr("apiscape.collectors.aws.functions.allowing.read_policy", lambda _: None)
    assert scan(desk).unseen == [("resource policy", "malformed")]


@pytest.mark.parametrize("rules", [Rules(names=("site",)), Rules(tags=("team=web",))])
def test_what_a_source_leaves_out_is_skipped_at_first_and_when_unchanged(
    rules: Rules, server: AwsServer, webs: WebFunctions
) -> None:
    webs.add("site", {"team": "web"}).endpoint()
    plain = Desk()
    known = scan(plain).known()
    plain.close()
    desk = Desk(exclude=rules)
    assert set(desk.collect(WebFunctionCollector()).skipped) == {"site"}
    again = desk.collect(WebFunctionCollector(), known=known)
    assert set(again.skipped) == {"site"}
    assert again.closes()
    desk.close()
