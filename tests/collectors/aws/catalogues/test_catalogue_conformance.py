"""The collectors of catalogues keep the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.agentregistry.collector import AgentRegistryCollector
from apiscape.collectors.aws.portals.collector import PortalCollector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.agentcore import AgentRegistry
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

SERVICE = "agent-registry-control"
PAGING = small_pages(f"{SERVICE}:ListRegistries", f"{SERVICE}:ListRegistryRecords", "apigatewayv2")

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"registries", "registryId", "registryRecords", "recordId", "nextToken"}
    | {"Items", "PortalId", "NextToken", "IncludedPortalProductArns"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    rest = west.rest_api("claims").method("GET", "/x").deploy("prod")
    registries = west.shelves.of(AgentRegistry)
    for number in range(3):
        registry = registries.add(f"registry-{number}")
        for record in range(number):
            registry.record(f"tool-{record}", "MCP")
    portals = west.shelves.of(Portals)
    product = portals.product("claims", *[(rest, "prod", "GET", f"/{n}") for n in range(3)])
    for number in range(3):
        portals.portal(f"portal-{number}", product, asks=number > 0)
    return estate, plant_canaries(estate)


class TestRegistries(CollectorConformance):
    world: ClassVar[World] = AwsWorld(AgentRegistryCollector(), estate, PAGING, NEEDED)


class TestPortals(CollectorConformance):
    world: ClassVar[World] = AwsWorld(PortalCollector(), estate, PAGING, NEEDED)
