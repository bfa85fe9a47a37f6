"""A second opinion: the collectors of front doors against moto, which has no tenants and pages no records of a set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from moto.core.base_backend import BackendDict
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.acm.collector import ISSUED, UNUSED, CertificateCollector
from apiscape.collectors.aws.cloudfront.collector import PART, TENANTS, DistributionCollector
from apiscape.collectors.aws.paging import PAGING, Paging
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.aws.route53.names import ADDRESSES, PASSED_OVER
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Collector, Listed
from apiscape.model.identity import certificate_uid
from apiscape.model.surroundings import CERTIFICATE_NOT_AFTER, POINTS_TO, FrontDoor
from apiscape.model.values import is_known
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import REGION, Desk, Seen

MOTO_ACCOUNT = "123456789012"
API = "d-abc123.execute-api.eu-west-1.amazonaws.com"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/shown"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    BackendDict.reset()  # back ends are the process's, and so is what tests before this one made
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return botocore.session.Session().create_client


def scan(collector: Collector, exclude: Rules | None = None) -> Seen:
    desk = Desk(AwsSettings(total_max_attempts=1), exclude=exclude)
    seen = desk.collect(collector, account=MOTO_ACCOUNT)
    desk.close()
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def doors(seen: Seen) -> dict[str, FrontDoor]:
    return {item.name: item for item in seen.entities if isinstance(item, FrontDoor)}


def led(door: FrontDoor) -> list[tuple[str, str | None]]:
    assert is_known(door.routes)
    return [(route.base_path, route.origin) for route in door.routes]


# ── CloudFront ───────────────────────────────────────────────────────────────


def distribution(cloudfront: Any, *aliases: str, **config: Any) -> tuple[str, str]:
    """Make a distribution before two origins; its id and the name that it was given."""
    legacy = {"QueryString": False, "Cookies": {"Forward": "none"}}
    default = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "MinTTL": 0,
        "ForwardedValues": legacy,
    }
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    sent = {"HeaderName": "X-Origin-Verify", "HeaderValue": "hunter2-hunter2"}
    origins = [
        {
            "Id": "api",
            "DomainName": API,
            "OriginPath": "/prod",
            "CustomHeaders": {"Quantity": 1, "Items": [sent]},
            "CustomOriginConfig": custom,
        },
        {"Id": "site", "DomainName": "site.example", "CustomOriginConfig": custom},
    ]
    behaviour = {**default, "PathPattern": "/v1/*", "TargetOriginId": "api"}
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "-".join(("made", *aliases)),
            "Comment": "",
            "Enabled": True,
            "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
            "Origins": {"Quantity": 2, "Items": origins},
            "DefaultCacheBehavior": default,
            "CacheBehaviors": {"Quantity": 1, "Items": [behaviour]},
            **config,
        }
    )["Distribution"]
    return made["Id"], made["DomainName"]


@pytest.fixture
def cloudfront(client: Any) -> Iterator[Any]:
    service = client("cloudfront")
    yield service
    for each in service.list_distributions()["DistributionList"].get("Items", ()):
        tag = service.get_distribution(Id=each["Id"])["ETag"]
        service.delete_distribution(Id=each["Id"], IfMatch=tag)


def test_a_distribution_is_a_door_for_each_of_its_names(cloudfront: Any) -> None:
    shown = {
        "ACMCertificateArn": ARN,
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    made, own = distribution(
        cloudfront, "api.example", "www.example", ViewerCertificate=shown, WebACLId="arn:acl"
    )
    seen = scan(DistributionCollector())
    found = doors(seen)
    assert list(found) == ["api.example", "www.example", own]
    assert led(found["api.example"]) == [
        ("/v1", f"https://{API}/prod/v1"),
        ("/", "https://site.example"),
    ]
    door = found["api.example"]
    assert door.native_id == f"aws:{MOTO_ACCOUNT}::cloudfront:distribution/{made}#api.example"
    assert (door.endpoint.enabled, door.waf) == (True, "enabled")
    assert found[own].endpoint.generated_host
    assert "hunter2" not in repr(seen.said)


def test_a_distribution_without_names_is_known_by_cloudfronts(cloudfront: Any) -> None:
    _, own = distribution(cloudfront, Enabled=False)
    (door,) = doors(scan(DistributionCollector())).values()
    assert (door.name, door.endpoint.enabled, door.waf) == (own, False, "disabled")


def test_no_distribution_is_an_empty_listing_of_both_parts(cloudfront: Any) -> None:
    seen = scan(DistributionCollector())
    assert seen.of(Listed) == [Listed(PART, (), last=True), Listed(TENANTS, (), last=True)]


def test_distributions_come_by_pages_and_the_same_the_second_time(
    cloudfront: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_two = Paging("Marker", "NextMarker", {"MaxItems": "2"}, "Items", "DistributionList")
    monkeypatch.setitem(PAGING, "cloudfront:ListDistributions", by_two)
    made = [distribution(cloudfront, f"d{number}.example")[0] for number in range(3)]
    seen = scan(DistributionCollector(), Rules(names=("d1.*",)))
    assert [(page.native_ids, page.last) for page in seen.of(Listed)] == [
        (tuple(made[:2]), False),
        (tuple(made[2:]), True),
        ((), True),
    ]
    assert list(seen.skipped) == [made[1]]
    again = scan(DistributionCollector(), Rules(names=("d1.*",)))
    assert again.said == seen.said


# ── Route 53 ─────────────────────────────────────────────────────────────────


def alias(name: str, target: str, **more: Any) -> dict[str, Any]:
    to = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": "A", "AliasTarget": to, **more}


def record(name: str, kind: str, *values: str) -> dict[str, Any]:
    held = [{"Value": value} for value in values]
    return {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": held}


def zone(route53: Any, name: str, *records: dict[str, Any], **more: Any) -> str:
    """Make a zone with some records; its id."""
    made: str = route53.create_hosted_zone(Name=name, CallerReference=name, **more)["HostedZone"][
        "Id"
    ]
    changes = [{"Action": "CREATE", "ResourceRecordSet": each} for each in records]
    if changes:
        route53.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
    return made.rpartition("/")[2]


@pytest.fixture
def route53(client: Any) -> Iterator[Any]:
    service = client("route53")
    yield service
    for held in service.list_hosted_zones()["HostedZones"]:
        records = service.list_resource_record_sets(HostedZoneId=held["Id"])["ResourceRecordSets"]
        changes = [
            {"Action": "DELETE", "ResourceRecordSet": each}
            for each in records
            if each["Type"] not in {"NS", "SOA"}
        ]
        if changes:
            service.change_resource_record_sets(
                HostedZoneId=held["Id"], ChangeBatch={"Changes": changes}
            )
        service.delete_hosted_zone(Id=held["Id"])


def test_names_of_a_zone_point_at_apis_and_all_else_is_counted(route53: Any) -> None:
    made = zone(
        route53,
        "tax.example",
        alias("api.tax.example", f"{API}."),
        alias("*.any.tax.example", API),
        record("www.tax.example", "CNAME", "api.tax.example"),
        record("host.tax.example", "A", "192.0.2.1"),
        record("tax.example", "MX", "10 mail.example"),
    )
    seen = scan(NameCollector())
    assert seen.listed == [made]
    found = doors(seen)
    assert {name: led(door) for name, door in found.items()} == {
        "*.any.tax.example": [("/", f"https://{API}")],
        "api.tax.example": [("/", f"https://{API}")],
        "www.tax.example": [("/", "https://api.tax.example")],
    }
    signals = {item.name: item for item in seen.entities if not isinstance(item, FrontDoor)}
    counted = str(signals[PASSED_OVER].reason)
    assert f"1 × {ADDRESSES}" in counted
    assert "1 × MX records" in counted
    assert signals[POINTS_TO].value == API


def test_of_a_weighted_set_each_target_is_told(route53: Any) -> None:
    other = API.replace("abc", "xyz")
    zone(
        route53,
        "tax.example",
        alias("api.tax.example", API, SetIdentifier="a", Weight=90),
        alias("api.tax.example", other, SetIdentifier="b", Weight=10),
    )
    (door,) = doors(scan(NameCollector())).values()
    assert is_known(door.routes)
    assert sorted(str(route.target) for route in door.routes) == [
        f"{API} (weight 90)",
        f"{other} (weight 10)",
    ]


def test_records_are_read_page_by_page_to_their_end(
    route53: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"n{number}.tax.example" for number in range(7)]
    zone(route53, "tax.example", *(alias(name, API) for name in names))
    whole = scan(NameCollector())
    monkeypatch.setattr("apiscape.collectors.aws.route53.collector.PAGE", "2")
    assert scan(NameCollector()).entities[:7] == whole.entities[:7]
    assert list(doors(whole)) == names


def test_zones_are_private_where_a_network_alone_asks_them(route53: Any) -> None:
    zone(
        route53,
        "inside.example",
        alias("api.inside.example", API),
        VPC={"VPCRegion": REGION, "VPCId": "vpc-1"},
        HostedZoneConfig={"PrivateZone": True, "Comment": ""},
    )
    zone(route53, "outside.example", alias("api.outside.example", API))
    found = doors(scan(NameCollector()))
    assert found["api.inside.example"].endpoint.exposure == "private"
    assert found["api.outside.example"].endpoint.exposure == "unknown"


def test_zones_and_names_are_left_out_on_purpose(route53: Any) -> None:
    left = zone(route53, "shop.example", alias("api.shop.example", API))
    zone(route53, "tax.example", alias("api.tax.example", API), alias("old.tax.example", API))
    seen = scan(NameCollector(), Rules(names=("shop.*", "old.*")))
    assert list(seen.skipped) == [left]
    assert list(doors(seen)) == ["api.tax.example"]


# ── Certificate Manager ──────────────────────────────────────────────────────


def test_a_certificate_that_a_balancer_shows_says_when_it_ends(client: Any) -> None:
    acm, elb = client("acm"), client("elb")
    shown = acm.request_certificate(DomainName="api.example")["CertificateArn"]
    unused = acm.request_certificate(DomainName="draft.example")["CertificateArn"]
    left = acm.request_certificate(DomainName="shop.example")["CertificateArn"]
    listener = {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80}
    elb.create_load_balancer(
        LoadBalancerName="old",
        AvailabilityZones=[f"{REGION}a"],
        Listeners=[{**listener, "SSLCertificateId": shown}],
    )
    seen = scan(CertificateCollector(), Rules(names=("shop.*",)))
    assert sorted(seen.listed) == sorted((shown, unused, left))
    assert seen.skipped[unused] == UNUSED
    assert left in seen.skipped
    told = {signal.name: signal for signal in seen.entities}
    assert {signal.subject_uid for signal in told.values()} == {certificate_uid(shown)}
    described = acm.describe_certificate(CertificateArn=shown)["Certificate"]
    ends = told[CERTIFICATE_NOT_AFTER]
    assert datetime.fromisoformat(str(ends.value)) == described["NotAfter"].astimezone(UTC)
    assert ends.reason == "to be renewed by hand"
    assert told[ISSUED].reason == "the certificate is pending validation"
    again = scan(CertificateCollector(), Rules(names=("shop.*",)))
    assert again.skipped == seen.skipped
    assert again.entities == seen.entities
