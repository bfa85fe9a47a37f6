"""The collectors of front doors keep the contract, and say where a service is not to be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from botocore.exceptions import EndpointProviderError, UnknownServiceError

from apiscape.collectors.aws.acm.collector import CertificateCollector
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.contract import (
    AccessDenied,
    Collector,
    PartAbsent,
    Unsupported,
)
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.seeds.canaries import plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.doors.builds import API, add_doors
from tests.collectors.aws.world import AwsWorld, small_pages

conformance = pytest.mark.conformance

PAGING = small_pages(
    *("cloudfront:ListDistributions", "cloudfront:ListDistributionTenants"),
    *("route53:ListHostedZones", "acm:ListCertificates"),
)

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"DistributionList", "DistributionTenantList", "Items", "NextMarker", "Id", "ConnectionMode"}
    | {"HostedZones", "ResourceRecordSets", "IsTruncated", "NextRecordName", "NextRecordType"}
    | {"CertificateSummaryList", "CertificateArn", "NextToken"}
)

COLLECTORS: tuple[Callable[[], Collector], ...] = (
    DistributionCollector,
    NameCollector,
    CertificateCollector,
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    account = estate.account(ACCOUNT).only_regions(REGION)
    region = account.region(REGION)
    for number in range(2):
        add_doors(account, region)
        front = account.shelves.of(CloudFront)
        front.distribution(f"d-{number}.example").origin("api", API).mutual_tls()
        account.shelves.of(Route53).zone(f"z{number}.example").alias(f"a.z{number}.example", API)
        region.shelves.of(Certificates).certificate(f"c-{number}.example", InUse=number == 0)
    return estate, plant_canaries(estate)


def over(collector: Collector) -> AwsWorld:
    return AwsWorld(collector, estate, PAGING, NEEDED)


@conformance
class TestDistributions(CollectorConformance):
    world: ClassVar[World] = over(DistributionCollector())


@conformance
class TestNames(CollectorConformance):
    world: ClassVar[World] = over(NameCollector())


@conformance
class TestCertificates(CollectorConformance):
    world: ClassVar[World] = over(CertificateCollector())


@pytest.mark.parametrize(
    "error",
    [
        UnknownServiceError(service_name="x", known_service_names="y"),
        EndpointProviderError(msg="there is none"),
    ],
)
@pytest.mark.parametrize("make", COLLECTORS)
def test_a_service_that_is_not_to_be_had_is_absent_in_words(
    make: Callable[[], Collector],
    error: Exception,
    server: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("botocore.session.Session.create_client", refuse)
    seen = desk.collect(make())
    assert isinstance(seen.error, Unsupported)
    assert seen.error.message.startswith("the SDK knows no ")
    assert seen.said == []


def test_an_sdk_without_tenants_still_gives_the_distributions(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_doors(estate.accounts[ACCOUNT], west)
    read = Calls.pages

    def pages(self: Calls, operation: str, **given: object) -> Iterator[Page]:
        if operation.endswith("ListDistributionTenants"):
            raise Unsupported(f"the SDK knows no {operation}")
        return read(self, operation, **given)

    monkeypatch.setattr(Calls, "pages", pages)
    seen = desk.collect(DistributionCollector())
    assert seen.error is None
    (absent,) = seen.of(PartAbsent)
    assert absent.reason == "the SDK knows no cloudfront:ListDistributionTenants"
    assert len(seen.recorded) == 2


def test_tenants_that_may_not_be_read_leave_the_distributions_as_they_are(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk
) -> None:
    add_doors(estate.accounts[ACCOUNT], west)
    server.inject(Fault(kind="deny", operation="ListDistributionTenants"))
    seen = desk.collect(DistributionCollector())
    assert isinstance(seen.error, AccessDenied)
    assert seen.error.permission == "cloudfront:ListDistributionTenants"
    assert len(seen.recorded) == 2


def test_a_first_and_an_unchanged_visit_cost_their_listings(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk
) -> None:
    account = estate.accounts[ACCOUNT]
    front, zones = account.shelves.of(CloudFront), account.shelves.of(Route53)
    for number in range(250):
        front.distribution(f"d{number}.example").origin("api", API)
        west.shelves.of(Certificates).certificate(f"d{number}.example")
    for number in range(20):
        zones.zone(f"z{number}.example").alias(f"api.z{number}.example", API)
    expected = {
        "cloudfront:ListDistributions": 3,
        "route53:ListHostedZones": 1,
        "route53:ListResourceRecordSets": 20,
        "acm:ListCertificates": 1,
    }
    for _ in ("first", "unchanged"):
        server.calls.clear()
        for make in COLLECTORS:
            assert desk.collect(make()).closes()
        assert server.calls.by_operation() == expected
