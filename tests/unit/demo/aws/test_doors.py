"""CloudFront, Route 53 and Certificate Manager as the emulated AWS answers for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code


def listed(client: Any, operation: str, member: str, **asked: Any) -> list[Any]:
    """Read a listing by the SDK's own paginator."""
    pages = client.get_paginator(operation).paginate(**asked)
    return list(pages.search(member))


@pytest.fixture
def front(estate: AwsEstate) -> CloudFront:
    return estate.account(ACCOUNT).shelves.of(CloudFront)


@pytest.fixture
def names(estate: AwsEstate) -> Route53:
    return estate.account(ACCOUNT).shelves.of(Route53)


# ── CloudFront ───────────────────────────────────────────────────────────────


def test_distributions_are_listed_by_pages_with_all_that_a_summary_has(
    server: AwsServer, front: CloudFront
) -> None:
    for number in range(3):
        made = front.distribution(f"cdn-{number}.example").origin(
            "api",
            "abc.execute-api.eu-west-1.amazonaws.com",
            "/prod",
            headers={"X-Verify": "s3cret"},
        )
        made.origin("other", "other.example").group("both", "api", "other")
        made.behave("/v2/*", "both", "allow-all").mutual_tls()
    found = listed(
        server.client("cloudfront", ACCOUNT),
        "list_distributions",
        "DistributionList.Items[]",
        PaginationConfig={"PageSize": 2},
    )
    assert [each["Aliases"]["Items"] for each in found] == [
        [f"cdn-{number}.example"] for number in range(3)
    ]
    first = found[0]
    assert first["Origins"]["Items"][0]["CustomHeaders"]["Items"] == [
        {"HeaderName": "X-Verify", "HeaderValue": "s3cret"}
    ]
    assert first["OriginGroups"]["Items"][0]["Members"]["Quantity"] == 2
    assert first["CacheBehaviors"]["Items"][0]["PathPattern"] == "/v2/*"
    assert first["DefaultCacheBehavior"]["TargetOriginId"] == "api"
    assert first["ViewerMtlsConfig"]["Mode"] == "required"
    assert server.calls.count("cloudfront:ListDistributions") == 2


def test_a_distribution_without_names_shows_cloudfronts_own_certificate(
    server: AwsServer, front: CloudFront
) -> None:
    made = front.distribution().origin("api", "one.example").edit(Enabled=False)
    front.distribution().origin("a", "a.example").origin("b", "b.example").by_default("b")
    one, two = listed(
        server.client("cloudfront", ACCOUNT), "list_distributions", "DistributionList.Items[]"
    )
    assert one["DomainName"] == made.domain
    assert one["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert "Items" not in one["Aliases"]
    assert one["Enabled"] is False
    assert two["DefaultCacheBehavior"]["TargetOriginId"] == "b"


def test_tenants_are_listed_of_all_distributions_or_of_one(
    server: AwsServer, front: CloudFront
) -> None:
    shared, other = front.distribution(), front.distribution()
    front.tenant(shared, "one", "one.example", "www.one.example")
    front.tenant(other, "two", "two.example", Enabled=False)
    client = server.client("cloudfront", ACCOUNT)
    both = client.list_distribution_tenants()["DistributionTenantList"]
    assert [each["Name"] for each in both] == ["one", "two"]
    asked = {"DistributionId": shared.id}
    (one,) = client.list_distribution_tenants(AssociationFilter=asked)["DistributionTenantList"]
    assert [each["Domain"] for each in one["Domains"]] == ["one.example", "www.one.example"]
    assert shared.fields["ConnectionMode"] == "tenant-only"


# ── Route 53 ─────────────────────────────────────────────────────────────────


def test_zones_and_records_of_every_page_come_once(server: AwsServer, names: Route53) -> None:
    zone = names.zone("tax.example")
    names.zone("inside.example", private=True)
    for number in range(7):
        zone.record(f"host-{number}.tax.example", "CNAME", "elsewhere.example")
    zone.alias("*.tax.example", "d1.cloudfront.net").alias(
        "*.tax.example", "d1.cloudfront.net", "AAAA"
    )
    zone.alias("w.tax.example", "a.example", SetIdentifier="a", Weight=10)
    zone.alias("w.tax.example", "b.example", SetIdentifier="b", Weight=90)
    client = server.client("route53", ACCOUNT)
    zones = listed(client, "list_hosted_zones", "HostedZones[]", PaginationConfig={"PageSize": 1})
    assert [(each["Name"], each["Config"]["PrivateZone"]) for each in zones] == [
        ("tax.example.", False),
        ("inside.example.", True),
    ]
    records = listed(
        client,
        "list_resource_record_sets",
        "ResourceRecordSets[]",
        HostedZoneId=zones[0]["Id"],
        PaginationConfig={"PageSize": 2},
    )
    keys = [(each["Name"], each["Type"], each.get("SetIdentifier")) for each in records]
    assert len(keys) == len(set(keys)) == 2 + 7 + 2 + 2
    assert ("\\052.tax.example.", "AAAA", None) in keys
    assert ("w.tax.example.", "A", "b") in keys


def test_what_route_53_refuses(server: AwsServer, names: Route53) -> None:
    zone = names.zone("tax.example")
    client = server.client("route53", ACCOUNT)
    with pytest.raises(ClientError) as unknown:
        client.list_resource_record_sets(HostedZoneId="/hostedzone/ZNONE")
    assert code(unknown) == "NoSuchHostedZone"
    with pytest.raises(ClientError) as large:
        client.list_resource_record_sets(HostedZoneId=zone.id, MaxItems="301")
    assert code(large) == "InvalidInput"
    behind = client.list_resource_record_sets(
        HostedZoneId=zone.id, StartRecordName="zzz.example.", StartRecordType="A"
    )
    assert behind["ResourceRecordSets"] == []


# ── Certificate Manager ──────────────────────────────────────────────────────


def test_only_certificates_that_are_asked_for_are_listed(server: AwsServer, region: Region) -> None:
    held = region.shelves.of(Certificates)
    plain = held.certificate("a.example", "www.a.example", life=timedelta(days=3))
    curve = held.certificate("b.example", KeyAlgorithm="EC_prime256v1")
    acme = held.certificate("c.example", CertificateKeyPairOrigin="ACME")
    client = server.client("acm", ACCOUNT)
    default = client.list_certificates()["CertificateSummaryList"]
    assert [each["CertificateArn"] for each in default] == [plain]
    assert default[0]["NotAfter"] - default[0]["NotBefore"] == timedelta(days=3)
    every = client.list_certificates(
        Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]},
        CertificateKeyPairOrigins=["AWS_MANAGED", "ACME"],
    )["CertificateSummaryList"]
    assert {each["CertificateArn"] for each in every} == {plain, curve, acme}
