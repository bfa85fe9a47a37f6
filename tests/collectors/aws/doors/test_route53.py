"""Names of Route 53 as front doors that are no more than names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.hosts import read_host, read_record_name, read_target, service_of
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.aws.route53.names import (
    ADDRESSES,
    ELSEWHERE,
    PASSED_OVER,
    PROOFS,
    UNREADABLE,
    front_doors,
    read_names,
)
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import POINTS_TO, FrontDoor, Signal
from apiscape.model.values import UNKNOWN, is_known
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, Desk, Seen

API = "d-abc123.execute-api.eu-west-1.amazonaws.com"
CDN = "d111111abcdef8.cloudfront.net"
PLACE = Place("aws", ACCOUNT, "eu-west-1", "amazonaws.com")


@pytest.fixture
def names(estate: AwsEstate) -> Route53:
    return estate.accounts[ACCOUNT].shelves.of(Route53)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(NameCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def doors(seen: Seen) -> dict[str, FrontDoor]:
    return {item.name: item for item in seen.entities if isinstance(item, FrontDoor)}


def signals(seen: Seen, name: str) -> list[Signal]:
    return [item for item in seen.entities if isinstance(item, Signal) and item.name == name]


def led(door: FrontDoor) -> list[tuple[str | None, str | None]]:
    assert is_known(door.routes)
    return [(route.origin, route.target) for route in door.routes]


def test_a_name_that_points_at_an_api_is_a_door_that_asks_nothing(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example")
    zone.alias("api.tax.example", API).alias("api.tax.example", API, "AAAA")
    zone.record("cdn.tax.example", "CNAME", f"{CDN}.")
    seen = scan(desk)
    assert seen.listed == [zone.id]
    found = doors(seen)
    assert set(found) == {"api.tax.example", "cdn.tax.example"}
    door = found["api.tax.example"]
    assert led(door) == [(f"https://{API}", API)]
    assert door.is_name
    assert (door.endpoint.exposure, door.endpoint.evidence) == (
        "unknown",
        "public zone tax.example",
    )
    assert (door.endpoint.mtls, door.waf, door.certificate) == ("unknown", "unknown", None)
    assert door.native_id == f"aws:{ACCOUNT}::route53:hostedzone/{zone.id}/api.tax.example"


def test_names_of_private_zones_are_private(server: AwsServer, names: Route53, desk: Desk) -> None:
    names.zone("inside.example", private=True).alias("api.inside.example", API)
    assert doors(scan(desk))["api.inside.example"].endpoint.exposure == "private"


def test_records_that_lead_to_no_api_are_counted_by_why_and_not_kept(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example").alias("api.tax.example", API)
    zone.record("mail.tax.example", "MX", "10 mail.example.").record("tax.example", "TXT", "v=spf1")
    zone.record("host.tax.example", "A", "192.0.2.1").record(
        "v6.tax.example", "AAAA", "2001:db8::1"
    )
    zone.record("shop.tax.example", "CNAME", "shop.elsewhere.example")
    zone.record("_x1.api.tax.example", "CNAME", "_x2.acm-validations.aws")
    zone.record("dkim._domainkey.tax.example", "CNAME", "k.dkim.amazonses.com")
    zone.record("odd.tax.example", "CNAME", "no host at all")
    (counted,) = signals(scan(desk), PASSED_OVER)
    assert counted.value == 2 + 2 + 2 + 1 + 2 + 1
    said = set(str(counted.reason).split("; "))
    assert said >= {f"2 × {ADDRESSES}", f"1 × {ELSEWHERE}", f"2 × {PROOFS}", f"1 × {UNREADABLE}"}
    assert said >= {"1 × MX records", "1 × NS records", "1 × SOA records", "1 × TXT records"}


def test_what_points_into_a_zone_of_the_account_points_on(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    names.zone("gov.example").record("www.gov.example", "CNAME", "api.tax.example")
    names.zone("tax.example").alias("api.tax.example", API)
    assert led(doors(scan(desk))["www.gov.example"]) == [
        ("https://api.tax.example", "api.tax.example")
    ]


def test_of_a_set_each_target_is_told_with_when_it_answers(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example")
    for number, weight in enumerate((90, 10, 0)):
        target = f"d-{number}.execute-api.eu-west-1.amazonaws.com"
        zone.alias("w.tax.example", target, SetIdentifier=str(number), Weight=weight)
    zone.alias("f.tax.example", API, SetIdentifier="a", Failover="PRIMARY")
    zone.alias("f.tax.example", CDN, SetIdentifier="b", Failover="SECONDARY")
    zone.alias("l.tax.example", API, SetIdentifier="a", Region="eu-west-1")
    zone.alias("g.tax.example", API, SetIdentifier="a", GeoLocation={"CountryCode": "GB"})
    zone.alias("m.tax.example", API, SetIdentifier="a", MultiValueAnswer=True)
    zone.alias("z.tax.example", API, SetIdentifier="a", Weight=0)
    found = {name: [target for _, target in led(door)] for name, door in doors(scan(desk)).items()}
    assert found == {
        "w.tax.example": [
            "d-0.execute-api.eu-west-1.amazonaws.com (weight 90)",
            "d-1.execute-api.eu-west-1.amazonaws.com (weight 10)",
        ],
        "f.tax.example": [f"{API} (failover PRIMARY)", f"{CDN} (failover SECONDARY)"],
        "l.tax.example": [f"{API} (latency eu-west-1)"],
        "g.tax.example": [f"{API} (place GB)"],
        "m.tax.example": [f"{API} (one of several)"],
        "z.tax.example": [f"{API} (weight 0)"],
    }


def test_the_host_of_an_api_takes_no_other_name_than_its_own(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example")
    hosts = (
        "abc123.execute-api.eu-west-1.amazonaws.com",
        "xyz.lambda-url.eu-west-1.on.aws",
        "alb-1.eu-west-1.elb.amazonaws.com",
        API,
    )
    for number, host in enumerate(hosts):
        zone.record(f"n{number}.tax.example", "CNAME", host)
    routes = [door.routes for door in doors(scan(desk)).values()]
    assert [each[0].condition for each in routes if is_known(each)] == [
        f"the host name {hosts[0]} in place of its own",
        f"the host name {hosts[1]} in place of its own",
        None,
        None,
    ]


def test_a_star_is_no_address_that_anybody_types(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    names.zone("tax.example").alias("*.tax.example", API)
    (door,) = doors(scan(desk)).values()
    assert door.name == "*.tax.example"
    assert is_known(door.routes)
    assert door.routes[0].condition == "a name below tax.example"


def test_what_may_be_let_go_and_taken_by_somebody_else_is_told(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example").alias("api.tax.example", API)
    zone.record("www.tax.example", "CNAME", "api.tax.example")
    zone.record("sync.tax.example", "CNAME", "x1.appsync-api.eu-west-1.amazonaws.com")
    seen = scan(desk)
    (told,) = signals(seen, POINTS_TO)
    assert (told.subject_uid, told.value) == (doors(seen)["api.tax.example"].uid, API)
    assert str(told.reason).startswith("made by API Gateway")


def test_a_large_zone_is_read_page_by_page_and_costs_the_same_the_second_time(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example").alias("api.tax.example", API)
    for number in range(10_000):
        zone.record(f"h{number}.tax.example", "A", "192.0.2.1")
    seen = scan(desk)
    assert (len(seen.listed), len(doors(seen))) == (1, 1)
    assert server.calls.by_operation() == {
        "route53:ListHostedZones": 1,
        "route53:ListResourceRecordSets": 34,
    }
    server.calls.clear()
    again = scan(desk)
    assert again.entities[0] == seen.entities[0]
    assert server.calls.count("route53") == 35


def test_zones_and_names_are_left_out_by_name(server: AwsServer, names: Route53) -> None:
    left = names.zone("shop.example").alias("api.shop.example", API)
    names.zone("tax.example").alias("api.tax.example", API).alias("old.tax.example", API)
    desk = Desk(exclude=Rules(names=("shop.*", "old.*")))
    seen = scan(desk)
    desk.close()
    assert list(seen.skipped) == [left.id]
    assert set(doors(seen)) == {"api.tax.example"}
    (counted,) = signals(seen, PASSED_OVER)
    assert "1 × names left out" in str(counted.reason)


@pytest.mark.parametrize("kind", ["deny", "throttle", "reset"])
def test_a_zone_that_cannot_be_read_fails_alone(
    kind: str, server: AwsServer, names: Route53, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    broken = names.zone("tax.example").alias("api.tax.example", API)
    whole = names.zone("gov.example").alias("api.gov.example", API)
    server.inject(Fault(kind=kind, operation="ListResourceRecordSets", resource=broken.id))
    seen = desk.collect(NameCollector())
    assert list(seen.failed) == [broken.id]
    assert list(seen.recorded) == [whole.id]
    assert seen.whole


def test_a_zone_deleted_meanwhile_is_not_evidence_of_anything_else(
    server: AwsServer, names: Route53, desk: Desk
) -> None:
    zone = names.zone("tax.example").alias("api.tax.example", API)
    gone = names.zone("gone.example")
    names.zones[gone.id].id = "ZOTHER"
    seen = desk.collect(NameCollector())
    assert seen.failed["ZOTHER"].kind == "gone"
    assert list(seen.recorded) == [zone.id]


def test_records_that_run_in_circles_are_not_complete(
    server: AwsServer, names: Route53, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = names.zone("tax.example").alias("api.tax.example", API).alias("b.tax.example", API)
    monkeypatch.setattr("apiscape.collectors.aws.route53.collector.PAGE", "1")
    monkeypatch.setattr("apiscape.demo.aws.answers.handlers_doors._begin", lambda *_: 0)
    seen = desk.collect(NameCollector())
    assert seen.failed[zone.id].kind == "malformed"


# ── Names ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "service"),
    [
        (API, "API Gateway"),
        ("x.execute-api.cn-north-1.amazonaws.com.cn", "API Gateway"),
        (CDN, "CloudFront"),
        ("alb-1.eu-west-1.elb.amazonaws.com", "a load balancer"),
        ("nlb-1.elb.eu-west-1.amazonaws.com", "a load balancer"),
        ("x1y2.eu-west-1.awsapprunner.com", "App Runner"),
        ("abc.lambda-url.eu-west-1.on.aws", "a function URL"),
        ("svc-1.7d67968.vpc-lattice-svcs.eu-west-1.on.aws", "VPC Lattice"),
        ("contoso.azure-api.net", "Azure API Management"),
        ("api-5x.nw.gateway.dev", "Google API Gateway"),
        ("s3-website-eu-west-1.amazonaws.com", None),
        ("execute-api.eu-west-1.amazonaws.com.evil.example", None),
    ],
)
def test_which_service_made_a_host(host: str, service: str | None) -> None:
    assert service_of(host) == service


def test_hosts_are_read_in_one_form() -> None:
    assert read_target("DualStack.ALB-1.eu-west-1.elb.amazonaws.com.") == (
        "alb-1.eu-west-1.elb.amazonaws.com"
    )
    assert read_record_name("\\052.Tax.example.") == "*.tax.example"
    refused = (None, "", "a b", "a/b", "u@h", "a..b", "h:1", "x" * 300, "*", "a.*.b")
    assert {read_host(each) for each in refused} == {None}


ANYTHING: Any = st.none() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=4))
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "Name": st.sampled_from(["a.example.", "b.example.", "\\052.example."]) | ANYTHING,
        "Type": st.sampled_from(["A", "CNAME", "TXT"]) | ANYTHING,
        "AliasTarget": st.fixed_dictionaries({"DNSName": st.just(f"{API}.") | ANYTHING}) | ANYTHING,
        "ResourceRecords": st.lists(st.fixed_dictionaries({"Value": st.just(CDN) | ANYTHING})),
        "Weight": st.integers(0, 2) | ANYTHING,
        "SetIdentifier": ANYTHING,
        "GeoLocation": ANYTHING,
    },
)


@given(st.lists(RECORD, max_size=8))
def test_every_record_is_a_pointer_or_counted(records: list[dict[str, Any]]) -> None:
    found = read_names(records, {"example"})
    kept = sum(map(len, found.pointers.values()))
    passed_over = sum(found.passed_over.values())
    assert passed_over <= len(records)
    assert kept <= len(records) - passed_over
    assert bool(found.pointers) == (passed_over < len(records))
    zone = {"Id": "/hostedzone/Z1", "Name": "example."}
    for door in front_doors(found, zone, PLACE):
        assert door.is_name
        assert door.labels is UNKNOWN
