"""The collector of VPC Lattice keeps the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.paging import PAGING, Paging
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.lattice.samples import fill
from tests.collectors.aws.world import AwsWorld

pytestmark = pytest.mark.conformance

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset({"items", "nextToken", "id", "serviceNetworkId"})


_PAGING = PAGING["vpc-lattice"]
ONE_A_PAGE = {
    "vpc-lattice": _PAGING,
    "vpc-lattice:ListServices": Paging("nextToken", "nextToken", {"maxResults": 1}, "items"),
}


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    region = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    fill(region, services=1)
    bare = region.shelves.of(Lattice).service("bare").listen("TLS_PASSTHROUGH", 8443)
    region.loads[bare.id, ""] = Load(10.0)
    return estate, plant_canaries(estate)


class TestServices(CollectorConformance):
    world: ClassVar[World] = AwsWorld(ServiceCollector(), estate, ONE_A_PAGE, NEEDED)
