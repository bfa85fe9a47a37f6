"""The collector of load balancers keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.balancers import forward
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.balancers.street import edge, of
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

PAGING = small_pages(
    "elbv2:DescribeLoadBalancers",
    "elbv2:DescribeListeners",
    "elbv2:DescribeRules",
    "elbv2:DescribeTargetGroups",
    "wafv2:ListWebACLs",
)

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"LoadBalancers", "LoadBalancerArn", "NextMarker", "Listeners", "ListenerArn", "Rules"}
    | {"Type", "Conditions", "Field", "HostHeaderConfig", "PathPatternConfig", "Values"}
    | {"Actions"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    guarded = [edge(west, f"edge-{number}") for number in range(3)]
    for number, balancer in enumerate(guarded):
        of(west).web_acl(f"shop-{number}", balancer)
    of(west).network("inside")
    alone = of(west).target_group("alone", "healthy")
    of(west).application("alone").listener(to=[forward(alone)])
    west.loads[alone, ""] = Load(10.0)
    return estate, plant_canaries(estate)


class TestBalancers(CollectorConformance):
    world: ClassVar[World] = AwsWorld(ApplicationBalancerCollector(), estate, PAGING, NEEDED)
