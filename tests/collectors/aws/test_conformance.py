"""Every AWS collector keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import pytest

import apiscape.collectors.aws
from apiscape.collectors.aws.apigateway_consumers import UsagePlanCollector
from apiscape.collectors.aws.apigateway_domains import DomainCollector
from apiscape.collectors.aws.apigateway_rest import RestApiCollector
from apiscape.collectors.aws.apigateway_v2 import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.calls import Paging
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Budget, Collector
from apiscape.collectors.testing import (
    CUT,
    DENIED,
    MISSING_FIELDS,
    THROTTLED,
    UNKNOWN_FIELDS,
    CollectorConformance,
    Fault,
    World,
)
from apiscape.demo.aws.estate.authorizers import v2_lambda
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing import faults
from apiscape.demo.aws.seeds.canaries import plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach, Scope
from tests.collectors.aws.desk import ACCOUNT, REGION

pytestmark = pytest.mark.conformance

#: Two items a page, so that even a small estate has several.
PAGING = {
    "apigateway": Paging("position", "position", {"limit": 2}, "items"),
    "apigatewayv2": Paging("NextToken", "NextToken", {"MaxResults": "2"}, "Items"),
    "apigatewayv2:ListRoutingRules": Paging(
        "NextToken", "NextToken", {"MaxResults": 2}, "RoutingRules"
    ),
}
UNHEARD_OF = "CANARY-in-a-field-of-a-later-year"
WORDS = {DENIED: "deny", THROTTLED: "throttle", CUT: "reset"}

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


class AwsWorld:
    """The emulated AWS, read by one collector."""

    readme = Path(apiscape.collectors.aws.__file__).with_name("README.md")
    sdk: Sequence[str] = ("botocore.session", "botocore.config", "botocore.credentials")

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        reach = Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION)
        self.scope = Scope("prod", "aws", collector.product, reach)
        self.canaries: Sequence[str] = (UNHEARD_OF, *sorted(estate()[1]))
        self._server: AwsServer | None = None

    @contextmanager
    def open(self, fault: Fault | None, budget: Budget) -> Iterator[AwsSession]:
        settings = AwsSettings(total_max_attempts=1)
        with AwsServer(estate()[0]) as server:
            self._server = server
            if fault is not None and fault.kind in WORDS:
                server.inject(faults.Fault(kind=WORDS[fault.kind], call_index=fault.call))
            with (
                patch.dict(os.environ, server.environment(ACCOUNT, REGION)),
                patch("apiscape.collectors.aws.calls.PAGING", PAGING),
                AwsProvider().session(settings, self.scope.reach, budget) as session,
            ):
                reshape = RESHAPED.get(fault.kind) if fault else None
                if reshape:
                    call = session.call
                    session.call = lambda *given: reshape(call(*given))  # type: ignore[method-assign]
                yield session
            assert server.violations == []

    def operations(self) -> Sequence[str]:
        assert self._server is not None
        return [call.name for call in self._server.calls]


def without_optional(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_optional(below) for key, below in value.items() if key in NEEDED}
    if isinstance(value, list):
        return [without_optional(below) for below in value]
    return value


def with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        named = {key: with_unknown(below) for key, below in value.items()}
        return named | {"unheardOf": {"secret": UNHEARD_OF}}
    if isinstance(value, list):
        return [with_unknown(below) for below in value]
    return value


RESHAPED = {MISSING_FIELDS: without_optional, UNKNOWN_FIELDS: with_unknown}


class TestRest(CollectorConformance):
    world: ClassVar[World] = AwsWorld(RestApiCollector())


class TestHttp(CollectorConformance):
    world: ClassVar[World] = AwsWorld(HttpApiCollector())


class TestWebSocket(CollectorConformance):
    world: ClassVar[World] = AwsWorld(WebSocketApiCollector())


class TestDomains(CollectorConformance):
    world: ClassVar[World] = AwsWorld(DomainCollector())


class TestConsumers(CollectorConformance):
    world: ClassVar[World] = AwsWorld(UsagePlanCollector())
