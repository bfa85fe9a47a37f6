"""What stands around APIs between visits: portals, distributions, zones and certificates, by their listings."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.acm.collector import CertificateCollector
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.portals.collector import PortalCollector
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.changing import EVERY
from apiscape.collectors.contract import AccessDenied, Recorded, Skipped, Unreachable
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import CatalogueRecord, FrontDoor
from apiscape.settings.schema import Rules
from tests.collectors.aws.changes.desk import HearingDesk, touched
from tests.collectors.aws.changes.test_events_of_products import GATEWAY, PLACE, change
from tests.collectors.aws.changes.test_looking_at_products import asked

PORTALS, DISTRIBUTIONS = PortalCollector(), DistributionCollector()
ZONES, CERTIFICATES = NameCollector(), CertificateCollector()
CDN, DNS, ACM = "cloudfront.amazonaws.com", "route53.amazonaws.com", "acm.amazonaws.com"
CERTIFICATE = f"arn:aws:acm:{PLACE}:certificate/0a1b"


@pytest.mark.parametrize(
    ("name", "given", "made", "named"),
    [
        ("CreatePortal", {}, {"portalId": "p"}, ("p",)),
        ("UpdatePortal", {"portalId": "p"}, None, ("p",)),
        ("PublishPortal", {"portalId": "p"}, None, ("p",)),
        ("DeletePortal", {"portalId": "p"}, None, ("p",)),
        ("CreateProductRestEndpointPage", {"portalProductId": "q"}, None, (EVERY,)),
        ("DeletePortalProduct", {"portalProductId": "q"}, None, (EVERY,)),
        ("CreatePortalProduct", {}, {"portalProductId": "q"}, ()),
        ("UpdateStage", {"restApiId": "a", "stageName": "x"}, None, ()),
    ],
)
def test_whom_an_event_of_portals_names(name: str, given: Any, made: Any, named: Any) -> None:
    assert PORTALS.touched(change(GATEWAY, name, given, made)) == named


@pytest.mark.parametrize(
    ("name", "given", "made", "named"),
    [
        ("CreateDistribution", {}, {"distribution": {"id": "E1"}}, ("E1",)),
        ("CreateDistribution2020_05_31", {}, {"distribution": {"id": "E1"}}, ("E1",)),
        ("UpdateDistribution", {"id": "E1"}, {"distribution": {"id": "E1"}}, ("E1",)),
        ("DeleteDistribution", {"id": "E1"}, None, ("E1",)),
        ("AssociateDistributionWebACL", {"id": "E1"}, {"id": "E1"}, ("E1",)),
        (
            "UpdateDistributionWithStagingConfig",
            {"id": "E1", "stagingDistributionId": "E2"},
            None,
            ("E1", "E2"),
        ),
        (
            "CopyDistribution",
            {"primaryDistributionId": "E1"},
            {"distribution": {"id": "E2"}},
            ("E2",),
        ),
        (
            "CreateDistributionTenant",
            {"distributionId": "E1"},
            {"distributionTenant": {"id": "dt_1", "distributionId": "E1"}},
            ("dt_1",),
        ),
        ("AssociateAlias", {"targetDistributionId": "E1", "alias": "x"}, None, ("E1", EVERY)),
        (
            "UpdateDomainAssociation",
            {"domain": "x", "targetResource": {"distributionTenantId": "dt_1"}},
            None,
            ("dt_1", EVERY),
        ),
        ("CreateInvalidation", {"distributionId": "E1"}, None, ()),
        ("CreateInvalidationForDistributionTenant", {"id": "dt_1"}, None, ()),
        ("UpdateStreamingDistribution", {"id": "S1"}, None, ()),
        ("UpdateCachePolicy", {"id": "policy"}, None, ()),
    ],
)
def test_whom_an_event_of_cloudfront_names(name: str, given: Any, made: Any, named: Any) -> None:
    assert DISTRIBUTIONS.touched(change(CDN, name, given, made)) == named


@pytest.mark.parametrize(
    ("name", "given", "made", "named"),
    [
        ("ChangeResourceRecordSets", {"hostedZoneId": "Z1", "changeBatch": {}}, None, ("Z1",)),
        ("ChangeResourceRecordSets", {"hostedZoneId": "/hostedzone/Z1"}, None, ("Z1",)),
        ("CreateHostedZone", {"name": "x"}, {"hostedZone": {"id": "/hostedzone/Z1"}}, ("Z1",)),
        ("DeleteHostedZone", {"id": "Z1"}, {"changeInfo": {"id": "/change/C1"}}, ("Z1",)),
        (
            "UpdateTrafficPolicyInstance",
            {"id": "instance"},
            {"trafficPolicyInstance": {"id": "instance", "hostedZoneId": "Z1"}},
            ("Z1",),
        ),
        ("CreateHealthCheck", {}, {"healthCheck": {"id": "check"}}, ()),
        ("DeleteTrafficPolicyInstance", {"id": "instance"}, None, ()),
    ],
)
def test_whom_an_event_of_route_53_names(name: str, given: Any, made: Any, named: Any) -> None:
    assert ZONES.touched(change(DNS, name, given, made)) == named


@pytest.mark.parametrize(
    ("name", "given", "made", "named"),
    [
        ("RequestCertificate", {"domainName": "x"}, {"certificateArn": CERTIFICATE}, True),
        ("ImportCertificate", {"certificateArn": CERTIFICATE}, None, True),
        ("DeleteCertificate", {"certificateArn": CERTIFICATE}, None, True),
        ("PutAccountConfiguration", {"idempotencyToken": "x"}, None, False),
    ],
)
def test_whom_an_event_of_certificates_names(name: str, given: Any, made: Any, named: bool) -> None:
    expected = (CERTIFICATE,) if named else ()
    assert CERTIFICATES.touched(change(ACM, name, given, made)) == expected


def test_a_portal_is_read_with_the_pages_of_its_products_alone(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api, held = west.rest_api("one").deploy("prod"), west.shelves.of(Portals)
    one = held.portal("one", held.product("a", (api, "prod", "GET", "/x")))
    held.portal("two", held.product("b", (api, "prod", "GET", "/y")))
    seen = ears.look(PORTALS, touched(one["PortalId"], "UpdatePortal"))
    assert [each.name for each in seen.entities if isinstance(each, CatalogueRecord)] == ["one"]
    assert asked(server) == {
        "apigatewayv2:ListPortals": 1,
        "apigatewayv2:ListProductRestEndpointPages": 1,
    }


def test_a_zone_is_read_and_no_other_ones_records(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    held = west.account.shelves.of(Route53)
    shared = held.zone("shared.example")
    zone = held.zone("tax.example").alias("api.tax.example", "api.shared.example")
    seen = ears.look(ZONES, touched(zone.id, "ChangeResourceRecordSets"))
    (door,) = (each for each in seen.entities if isinstance(each, FrontDoor))
    assert door.name == "api.tax.example", "that it points into another zone is known all the same"
    assert shared.id not in seen.recorded
    assert asked(server) == {"route53:ListHostedZones": 1, "route53:ListResourceRecordSets": 1}


def test_a_distribution_is_read_by_the_listing_and_no_tenant(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    held = west.account.shelves.of(CloudFront)
    api = "abc.execute-api.eu-west-1.amazonaws.com"
    one = held.distribution("a.example").origin("api", api)
    other = held.distribution().origin("api", api)
    held.tenant(other, "shop", "shop.example")
    seen = ears.look(DISTRIBUTIONS, touched(one.id, "UpdateDistribution"))
    (said,) = seen.said
    assert isinstance(said, Recorded)
    assert (said.native_id, said.part) == (one.id, "ListDistributions")
    assert asked(server) == {"cloudfront:ListDistributions": 1}


def test_a_tenant_is_read_with_the_distribution_that_it_is_of(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    held = west.account.shelves.of(CloudFront)
    shared = held.distribution().origin("api", "abc.execute-api.eu-west-1.amazonaws.com")
    tenant = held.tenant(shared, "shop", "shop.example")
    held.tenant(shared, "tax", "tax.example")
    seen = ears.look(DISTRIBUTIONS, touched(tenant, "UpdateDistributionTenant"))
    assert [door.name for door in seen.entities] == ["shop.example"]
    assert tuple(seen.entities) == ears.list_all(DISTRIBUTIONS).recorded[tenant].entities
    desk = HearingDesk(exclude=Rules(names=("shop",)))
    left = desk.look(DISTRIBUTIONS, touched(tenant, "UpdateDistributionTenant"))
    desk.close()
    (skipped,) = left.said
    assert isinstance(skipped, Skipped)
    assert skipped.part == "ListDistributionTenants", "one that no visit listed yet has its part"


def test_a_certificate_is_read_by_the_listing(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    held = west.shelves.of(Certificates)
    one, unused = held.certificate("a.example"), held.certificate("b.example", InUse=False)
    held.certificate("c.example")
    seen = ears.look(CERTIFICATES, touched(one, "RenewCertificate"), touched(unused, "Import"))
    assert (list(seen.recorded), list(seen.skipped)) == ([one], [unused])
    assert asked(server) == {"acm:ListCertificates": 1}


LISTED: list[tuple[Any, str]] = [
    (PORTALS, "ListPortals"),
    (DISTRIBUTIONS, "ListDistributions"),
    (ZONES, "ListHostedZones"),
    (CERTIFICATES, "ListCertificates"),
]
by_listing = pytest.mark.parametrize(
    ("collector", "listing"), LISTED, ids=[each[0].product for each in LISTED]
)


@by_listing
def test_that_a_listing_has_it_no_more_is_told_by_a_whole_visit(
    server: AwsServer, ears: HearingDesk, collector: Any, listing: str
) -> None:
    assert ears.look(collector, touched("gone", "Delete")).said == []
    assert sum(count for name, count in asked(server).items() if listing in name) == 1


@by_listing
@pytest.mark.parametrize(("kind", "error"), [("deny", AccessDenied), ("reset", Unreachable)])
def test_what_cannot_be_listed_is_as_it_was(
    server: AwsServer, ears: HearingDesk, collector: Any, listing: str, kind: str, error: Any
) -> None:
    server.inject(Fault(kind=kind, operation=listing, times=9))
    if collector is CERTIFICATES:
        (failed,) = ears.look(collector, touched("one", "Update")).failed.values()
        assert failed.kind == error.kind
    else:
        with pytest.raises(error):
            ears.look(collector, touched("one", "Update"))


@by_listing
def test_no_right_is_asked_beyond_those_of_visits(
    server: AwsServer, ears: HearingDesk, collector: Any, listing: str
) -> None:
    del listing
    assert collector.again_permissions == ()
    with ears.session(collector) as session:
        tried = list(collector.try_again(None, ears.visit(session, collector.product)))
    granted = {each.permission for each in tried}
    assert granted <= set(collector.permissions)
    assert sum(asked(server).values()) == len(granted)
