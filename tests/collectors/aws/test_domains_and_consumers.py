"""Custom domains and usage plans against the emulated AWS."""

from __future__ import annotations

from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.demo.aws.estate.authorizers import allow_from
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute, Signal
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.desk import REGION, Desk, Seen


def scan(desk: Desk) -> Seen:
    seen = desk.collect(DomainCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def doors(seen: Seen) -> dict[str, FrontDoor]:
    return {item.name: item for item in seen.entities if isinstance(item, FrontDoor)}


def led(door: FrontDoor) -> tuple[FrontDoorRoute, ...]:
    assert is_known(door.routes)
    return door.routes


def test_a_domain_leads_to_the_deployments_own_ids_of_any_kind_of_api(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    rest = west.rest_api("claims").deploy("prod")
    http = west.http_api("pay").stage()
    domain = west.domain("api.tax.example", tags={"owner": "Team Edge"})
    domain.map("", rest, "prod").map("pay/v1", http, "$default")
    seen = scan(desk)
    door = doors(seen)["api.tax.example"]
    routes = {one.base_path: (one.native_api_id, one.stage) for one in led(door)}
    assert routes == {
        "/": (desk.collect(RestApiCollector()).one("claims").native_api_id, "prod"),
        "/pay/v1": (desk.collect(HttpApiCollector()).one("pay").native_api_id, "$default"),
    }
    assert door.endpoint.url == "https://api.tax.example"
    assert (door.endpoint.tls_min, door.endpoint.mtls) == ("TLS_1_2", "disabled")
    assert door.endpoint.generated_host is False
    assert door.endpoint.enabled is True
    assert door.labels == {"owner": "Team Edge"}


def test_private_domains_of_one_name_are_told_apart_and_read_through_the_first_generation(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    rest = west.rest_api("inner", endpoint="PRIVATE").deploy("prod")
    west.domain("inner.example", endpoint="PRIVATE", policy=allow_from()).map("v1", rest, "prod")
    seen = scan(desk)
    door = doors(seen)["inner.example"]
    assert seen.listed == [f"inner.example+{west.domains['inner.example'].fields['domainNameId']}"]
    assert door.endpoint.exposure == "private"
    assert door.endpoint.evidence == "endpoint type PRIVATE; resource policy allows anyone"
    assert [route.base_path for route in led(door)] == ["/v1"]
    assert server.calls.count("apigatewayv2:GetApiMappings") == 0


def test_mutual_tls_and_what_is_wrong_with_its_certificates(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("mtls.example").mutual_tls("s3://b/t.pem", "expired CA", "weak CA")
    west.domain("fine.example").mutual_tls("s3://b/t.pem")
    seen = scan(desk)
    assert doors(seen)["mtls.example"].endpoint.mtls == "enabled"
    signals = {
        (signal.subject_uid, signal.value, signal.reason)
        for signal in seen.entities
        if isinstance(signal, Signal)
    }
    uid = {name: door.uid for name, door in doors(seen).items()}
    assert signals == {
        (uid["mtls.example"], 2.0, "expired CA; weak CA"),
        (uid["fine.example"], 0.0, None),
    }


def test_denied_mappings_leave_routes_unknown(server: AwsServer, west: Region, desk: Desk) -> None:
    west.domain("api.tax.example")
    west.deny("apigatewayv2:GetApiMappings")
    seen = scan(desk)
    assert doors(seen)["api.tax.example"].routes is UNKNOWN
    assert seen.unseen == [("mappings", "access_denied")]


def test_the_certificate_is_named_and_until_when_it_holds_is_not_known(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("api.example")
    west.domain("edge.example", endpoint="EDGE")
    west.domain("bare.example").edit(regionalCertificateArn="")
    seen = doors(scan(desk))
    assert str(seen["api.example"].certificate).startswith(f"arn:aws:acm:{REGION}:")
    assert str(seen["edge.example"].certificate).startswith("arn:aws:acm:us-east-1:")
    assert seen["bare.example"].certificate is UNKNOWN
    assert {door.certificate_not_after for door in seen.values()} == {UNKNOWN}


def test_a_domain_that_waits_for_its_certificate_does_not_serve(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.domain("wait.example", domainNameStatus="PENDING_OWNERSHIP_VERIFICATION")
    west.domain("old.example", domainNameStatus="UPDATING", security_policy="TLS_1_0")
    seen = scan(desk)
    assert doors(seen)["wait.example"].endpoint.enabled is False
    assert doors(seen)["old.example"].endpoint.enabled is True
    assert doors(seen)["old.example"].endpoint.tls_min == "TLS_1_0"


def test_a_usage_plan_is_a_consumer_without_any_key(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod")
    key = west.api_key("partner", value="hunter2-hunter2-hunter2")
    west.usage_plan(
        "gold",
        (api, "prod"),
        keys=[key],
        throttle={"rateLimit": 12.5, "burstLimit": 40},
        quota={"limit": 1000, "offset": 0, "period": "DAY"},
        tags={"owner": "Team Partners"},
    )
    west.usage_plan("empty")
    seen = desk.collect(UsagePlanCollector())
    assert seen.whole
    assert seen.closes()
    gold, empty = seen.one("gold"), seen.one("empty")
    claims = desk.collect(RestApiCollector()).one("claims")
    assert gold.admits == ((claims.native_api_id, "prod"),)
    assert (gold.rate_limit_per_s, gold.burst, gold.quota) == (12.5, 40, "1000/DAY")
    assert gold.members is UNKNOWN
    assert (empty.admits, empty.rate_limit_per_s, empty.burst, empty.quota) == (
        (),
        None,
        None,
        None,
    )
    assert "hunter2" not in repr(seen.said)
    assert server.calls.count("apigateway:GetUsagePlans") == 1
