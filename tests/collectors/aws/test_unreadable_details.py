"""Details that cannot be read, as collectors come upon them: each is a gap that is said, and the object stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.portals.collector import PortalCollector
from apiscape.collectors.contract import Collector, Unseen
from apiscape.collectors.registry import load_collector
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.lattice import Lattice, forward, http_match
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.balancers.street import edge, gateway, of
from tests.collectors.aws.desk import ACCOUNT, Desk, Seen
from tests.collectors.aws.doors.builds import API
from tests.collectors.aws.test_odd_answers import Change, changed

CORE = "bedrock-agentcore-control"


def gaps(seen: Seen) -> dict[str, str]:
    assert (seen.error, seen.failed, seen.closes()) == (None, {}, True)
    return {each.detail: each.error.message for each in seen.of(Unseen)}


def told(collector: Collector, operation: str, change: Change, desk: Desk) -> Seen:
    with changed(operation, change):
        return desk.collect(collector)


def of_gateway(west: Region) -> None:
    west.shelves.of(AgentCore).gateway("it", tags={"owner": "Team"})


def of_runtime(west: Region) -> None:
    west.shelves.of(AgentCore).runtime("it").endpoint("live", "1")


def of_function(west: Region) -> None:
    west.shelves.of(Functions).add("it").url()


def of_web_function(west: Region) -> None:
    west.shelves.of(WebFunctions).add("it").endpoint()


def of_lattice(west: Region) -> None:
    west.shelves.of(Lattice).service("it").listen()


def of_service(west: Region) -> None:
    west.shelves.of(AppRunner).add("it")


Asked = tuple[Callable[[Region], None], Callable[[], Collector], str, str]
"""What is built, what collects it, by which call its tags are asked for, and as what they are said."""

TAGGED: pytest.MarkDecorator = pytest.mark.parametrize(
    "asked",
    [
        (of_gateway, AgentGatewayCollector, f"{CORE}:ListTagsForResource", "tags"),
        (of_runtime, AgentRuntimeCollector, f"{CORE}:ListTagsForResource", "tags"),
        (of_function, FunctionUrlCollector, "lambda:ListTags", "Tags"),
        (of_web_function, WebFunctionCollector, "lambda-web:ListTags", "tags"),
        (of_lattice, ServiceCollector, "vpc-lattice:ListTagsForResource", "tags"),
        (of_service, AppRunnerCollector, "apprunner:ListTagsForResource", "Tags"),
    ],
)
UNSAID = object()
"""The member is left out of the answer."""


@pytest.mark.parametrize(
    "tags", [UNSAID, None, 7, "x", ["x"], True, {"team": 7}, [{"Value": "x"}], {7: "x"}]
)
@TAGGED
def test_tags_that_are_not_said_are_unknown_and_never_none(
    asked: Asked, tags: Any, server: AwsServer, west: Region, desk: Desk
) -> None:
    build, make, operation, member = asked
    build(west)
    answer = {} if tags is UNSAID else {member: tags}
    seen = told(make(), operation, lambda _: answer, desk)
    assert gaps(seen) == {"tags": "the answer does not say the tags"}
    item = seen.entities[0]
    assert (item.labels, item.owners) == (UNKNOWN, UNKNOWN)


@TAGGED
def test_tags_of_which_there_are_none_are_none(
    asked: Asked, server: AwsServer, west: Region, desk: Desk
) -> None:
    build, make, operation, member = asked
    build(west)
    empty: object = [] if make is AppRunnerCollector else {}
    seen = told(make(), operation, lambda _: {member: empty}, desk)
    assert gaps(seen) == {}
    assert (seen.entities[0].labels, seen.entities[0].owners) == ({}, ())


def test_a_tag_of_app_runner_without_a_value_is_a_tag(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    of_service(west)
    answer = {"Tags": [{"Key": "public", "Value": ""}, {"Key": "token", "Value": "s3cret"}]}
    seen = told(AppRunnerCollector(), "apprunner:ListTagsForResource", lambda _: answer, desk)
    assert seen.entities[0].labels == {"public": "", "token": "(withheld)"}


def test_a_custom_domain_without_a_name_is_said(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.shelves.of(AppRunner).add("it").domain("a.example")
    seen = told(
        AppRunnerCollector(),
        "apprunner:DescribeCustomDomains",
        lambda answer: {**answer, "CustomDomains": [*answer["CustomDomains"], {"DomainName": 7}]},
        desk,
    )
    assert gaps(seen) == {"a custom domain": "a custom domain has no name"}
    assert seen.one("a.example")


def test_names_of_a_distribution_that_cannot_be_read_are_said(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk
) -> None:
    shelf = estate.accounts[ACCOUNT].shelves.of(CloudFront)
    shelf.distribution("a.example").origin("api", API)

    def odd(answer: Any) -> Any:
        (item,) = answer["DistributionList"]["Items"]
        aliases = {"Quantity": 2, "Items": ["a.example", "no host!"]}
        items = [{**item, "Aliases": aliases}]
        return {"DistributionList": {**answer["DistributionList"], "Items": items}}

    seen = told(DistributionCollector(), "cloudfront:ListDistributions", odd, desk)
    assert gaps(seen) == {"names": "1 of 2 names cannot be read"}
    assert seen.one("a.example")


def test_products_and_pages_of_a_portal_that_cannot_be_read_are_said(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    portals = west.shelves.of(Portals)
    rest = west.rest_api("claims").method("GET", "/x").deploy("prod")
    portals.portal("Developers", portals.product("claims", (rest, "prod", "GET", "/x")))
    pages = "apigatewayv2:ListProductRestEndpointPages"
    seen = told(
        PortalCollector(), pages, lambda answer: {"Items": [*answer["Items"], {"x": 1}]}, desk
    )
    assert gaps(seen) == {"pages": "1 of 2 pages name no stage"}

    def odd(answer: Any) -> Any:
        return {"Items": [{**each, "IncludedPortalProductArns": 7} for each in answer["Items"]]}

    seen = told(PortalCollector(), "apigatewayv2:ListPortals", odd, desk)
    assert gaps(seen) == {"products": "not every product of the portal can be read"}


def test_a_mode_of_routing_that_cannot_be_read_leaves_routes_unknown(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("api.example")
    seen = told(
        DomainCollector(),
        "apigateway:GetDomainNames",
        lambda answer: {"items": [{**each, "routingMode": 7} for each in answer["items"]]},
        desk,
    )
    assert gaps(seen) == {"routing mode": "the routing mode cannot be read"}
    assert seen.one("api.example").routes is UNKNOWN


@pytest.mark.parametrize("answer", [{}, {"ResourceArns": [7]}, {"ResourceArns": None}])
def test_what_a_firewall_stands_before_and_nobody_can_read_leaves_it_unknown(
    answer: Any, server: AwsServer, west: Region, desk: Desk
) -> None:
    of(west).web_acl("shield", edge(west))
    seen = told(
        ApplicationBalancerCollector(), "wafv2:ListResourcesForWebACL", lambda _: answer, desk
    )
    assert gaps(seen) == {"firewall": "the answer has no list of what a firewall stands before"}
    assert gateway(seen).waf == "unknown"


def test_a_load_balancer_that_the_answer_on_tags_leaves_out_is_said(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    edge(west)
    seen = told(
        ApplicationBalancerCollector(),
        "elbv2:DescribeTags",
        lambda _: {"TagDescriptions": []},
        desk,
    )
    assert gaps(seen) == {"tags": "the answer does not say the tags of the load balancer"}


def test_a_rule_of_lattice_that_cannot_be_read_leaves_the_operations_unknown(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = west.shelves.of(Lattice)
    service = held.service("orders").listen()
    service.rule(http_match("/x"), forward(held.target_group("a")), name="odd")

    def odd(answer: Any) -> Any:
        return answer if answer.get("isDefault") else {**answer, "match": {"httpMatch": 7}}

    seen = told(ServiceCollector(), "vpc-lattice:GetRule", odd, desk)
    assert gaps(seen) == {"rules": "what rule odd matches cannot be read"}
    assert seen.one("orders").operations is UNKNOWN


@pytest.mark.parametrize(
    ("destinations", "word"),
    [([], "disabled"), (["arn:x"], "enabled"), ([7], "unknown"), ([7, "arn:x"], "enabled")],
)
def test_a_log_whose_destination_cannot_be_read_is_not_taken_for_none(
    destinations: list[Any], word: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    west.shelves.of(Lattice).service("orders").listen()
    items = [{"destinationArn": each} for each in destinations]
    operation = "vpc-lattice:ListAccessLogSubscriptions"
    seen = told(ServiceCollector(), operation, lambda _: {"items": items}, desk)
    assert seen.one("orders").protections.access_log == word


@pytest.mark.parametrize(
    "make",
    [
        AgentGatewayCollector,
        AgentRuntimeCollector,
        AppRunnerCollector,
        FunctionUrlCollector,
        WebFunctionCollector,
    ],
)
def test_what_lists_by_one_base_is_loaded_like_any_other(make: Callable[[], Collector]) -> None:
    collector = make()
    assert type(load_collector(collector.product)) is make
    assert (collector.provider, collector.stability) == ("aws", "beta")
