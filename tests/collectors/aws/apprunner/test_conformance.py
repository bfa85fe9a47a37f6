"""The collector of App Runner keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

PAGING = small_pages("apprunner:ListServices", "apprunner:DescribeCustomDomains")

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"ServiceSummaryList", "ServiceArn", "NextToken", "Service", "CustomDomains", "DomainName"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    services = west.shelves.of(AppRunner)
    for number in range(3):
        services.add(f"form-{number}", public=number > 0)
    many = services.add("many")
    for number in range(3):
        many.domain(f"form-{number}.example", www=number == 0)
    west.loads[many.arn, ""] = Load(10.0)
    return estate, plant_canaries(estate)


class TestAppRunner(CollectorConformance):
    world: ClassVar[World] = AwsWorld(AppRunnerCollector(), estate, PAGING, NEEDED)
