"""Every collector of AppSync keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.contract import Collector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.appsync.samples import fill
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

PAGING = small_pages(
    "appsync:ListApis",
    "appsync:ListChannelNamespaces",
    "appsync:ListDataSources",
    "appsync:ListDomainNames",
    "appsync:ListGraphqlApis",
    "appsync:ListSourceApiAssociations",
)

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"apiId", "apiType", "graphqlApis", "nextToken", "schema", "apis", "channelNamespaces"}
    | {"name", "dataSources", "domainNameConfigs", "domainName", "apiAssociation"}
    | {"sourceApiAssociationSummaries", "sourceApiArn"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    fill(estate.account(ACCOUNT).only_regions(REGION).region(REGION))
    return estate, plant_canaries(estate)


def over(collector: Collector) -> AwsWorld:
    return AwsWorld(collector, estate, PAGING, NEEDED)


class TestGraphql(CollectorConformance):
    world: ClassVar[World] = over(GraphqlCollector())


class TestMerged(CollectorConformance):
    world: ClassVar[World] = over(MergedCollector())


class TestEvent(CollectorConformance):
    world: ClassVar[World] = over(EventCollector())


class TestDomainNames(CollectorConformance):
    world: ClassVar[World] = over(DomainNameCollector())
