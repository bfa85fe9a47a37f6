"""The collectors of AgentCore keep the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

SERVICE = "bedrock-agentcore-control"
PAGING = small_pages(
    f"{SERVICE}:ListGateways",
    f"{SERVICE}:ListGatewayTargets",
    f"{SERVICE}:ListAgentRuntimes",
    f"{SERVICE}:ListAgentRuntimeEndpoints",
)

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"items", "gatewayId", "targetId", "nextToken"}
    | {"agentRuntimes", "agentRuntimeId", "runtimeEndpoints", "name"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    core = west.shelves.of(AgentCore)
    rest = west.rest_api("claims").method("GET", "/x").deploy("prod")
    core.gateway("tools", "NONE").expose(rest, "prod", "/x")
    west.loads[core.gateway("empty").arn, ""] = Load(10.0)
    helper = core.runtime("helper", "A2A")
    west.loads[helper.arn, "live"] = Load(10.0)
    helper.release().endpoint("live", "1").endpoint("next", "2")
    core.runtime("other", "MCP")
    core.runtime("third")
    return estate, plant_canaries(estate)


class TestGateways(CollectorConformance):
    world: ClassVar[World] = AwsWorld(AgentGatewayCollector(), estate, PAGING, NEEDED)


class TestRuntimes(CollectorConformance):
    world: ClassVar[World] = AwsWorld(AgentRuntimeCollector(), estate, PAGING, NEEDED)
