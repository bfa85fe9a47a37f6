"""Every collector of API Gateway keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.contract import Collector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.authorizers import v2_lambda
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

PAGING = small_pages("apigateway", "apigatewayv2", "apigatewayv2:ListRoutingRules")

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"id", "items", "item", "position", "stageName", "deploymentId", "body", "domainName"}
    | {"Items", "NextToken", "ApiId", "ProtocolType", "StageName", "DeploymentId", "RouteKey"}
    | {"domainNameId", "endpointConfiguration", "types", "RoutingRules"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    for number in range(3):
        rest = west.rest_api(f"rest-{number}").method("GET", "/x", auth="AWS_IAM").deploy("prod")
        west.http_api(f"http-{number}").route("GET /x").stage()
        domain = west.domain(f"api-{number}.example").map("", rest, "prod")
        if number == 2:
            domain.edit(routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
            for priority in range(1, 4):
                domain.rule(priority, rest, "prod", f"path-{priority}", headers={"x": "y"})
        west.usage_plan(f"plan-{number}", (rest, "prod"))
    for number in range(2):
        chat = west.websocket_api(f"chat-{number}")
        chat.authorizer("c", v2_lambda(ACCOUNT, REGION, "check"))
        chat.route("$connect", auth="c").deploy("prod")
    return estate, plant_canaries(estate)


def over(collector: Collector) -> AwsWorld:
    return AwsWorld(collector, estate, PAGING, NEEDED)


class TestRest(CollectorConformance):
    world: ClassVar[World] = over(RestApiCollector())


class TestHttp(CollectorConformance):
    world: ClassVar[World] = over(HttpApiCollector())


class TestWebSocket(CollectorConformance):
    world: ClassVar[World] = over(WebSocketApiCollector())


class TestDomains(CollectorConformance):
    world: ClassVar[World] = over(DomainCollector())


class TestConsumers(CollectorConformance):
    world: ClassVar[World] = over(UsagePlanCollector())
