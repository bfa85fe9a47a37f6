"""API Gateway v1 beside the APIs: domains, plans, keys, links, certificates, tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.authorizers import allow_from
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST, SECRET_READS
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, Serve, status

EVERY_READ = READ_ALLOW_LIST | SECRET_READS


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("apigateway", ACCOUNT)


def test_account_settings(client: Any) -> None:
    settings = client.get_account()
    assert settings["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10_000.0}


# ── Domains ──────────────────────────────────────────────────────────────────


def test_domains_of_every_endpoint_type(client: Any, region: Region) -> None:
    region.domain("api.example", tags={"owner": "Team Edge"})
    region.domain("old.example", endpoint="EDGE", security_policy="TLS_1_0")
    region.domain("inside.example", endpoint="PRIVATE", policy=allow_from())
    listed = {item["domainName"]: item for item in client.get_domain_names()["items"]}
    assert listed["api.example"]["regionalDomainName"].startswith("d-")
    assert listed["api.example"]["tags"] == {"owner": "Team Edge"}
    assert listed["old.example"]["distributionDomainName"].endswith(".cloudfront.net")
    assert listed["old.example"]["securityPolicy"] == "TLS_1_0"
    assert listed["inside.example"]["domainNameId"]
    assert listed["inside.example"]["policy"].startswith('{\\"Version')


def test_mutual_tls_and_its_warnings(client: Any, region: Region) -> None:
    region.domain("a.example").mutual_tls("s3://trust/a.pem")
    region.domain("b.example").mutual_tls("s3://trust/b.pem", "expired")
    first, second = client.get_domain_names()["items"]
    assert first["mutualTlsAuthentication"]["truststoreUri"] == "s3://trust/a.pem"
    assert "truststoreWarnings" not in first["mutualTlsAuthentication"]
    assert second["mutualTlsAuthentication"]["truststoreWarnings"] == ["expired"]


def test_no_domain_is_shared_from_another_account(client: Any, region: Region) -> None:
    inside = region.domain("inside.example", endpoint="PRIVATE")
    region.associate(inside, "vpce-1")
    assert client.get_domain_names(resourceOwner="OTHER_ACCOUNTS")["items"] == []
    associations = client.get_domain_name_access_associations
    assert associations(resourceOwner="OTHER_ACCOUNTS")["items"] == []
    (own,) = associations()["items"]
    assert own["accessAssociationSource"] == "vpce-1"
    assert own["domainNameArn"] == inside.fields["domainNameArn"]


def test_base_path_mappings_show_rest_apis_below_single_segments(
    client: Any, region: Region
) -> None:
    rest, http = region.rest_api("r").deploy("prod"), region.http_api("h").stage()
    domain = region.domain("api.example").map("", rest, "prod").map("tax", rest, "prod")
    domain.map("tax/vat", rest, "prod").map("web", http, "$default")
    mappings = client.get_base_path_mappings(domainName="api.example")["items"]
    assert [mapping["basePath"] for mapping in mappings] == ["(none)", "tax"]
    assert mappings[0]["restApiId"] == rest.id


def test_a_private_domain_is_asked_for_by_its_id(client: Any, region: Region) -> None:
    rest = region.rest_api("r").deploy("prod")
    domain = region.domain("inside.example", endpoint="PRIVATE").map("", rest, "prod")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_base_path_mappings(domainName="inside.example")
    key = domain.fields["domainNameId"]
    answer = client.get_base_path_mappings(domainName="inside.example", domainNameId=key)
    assert len(answer["items"]) == 1


def test_an_edited_domain_shows_and_a_deleted_one_does_not(client: Any, region: Region) -> None:
    domain = region.domain("api.example").edit(routingMode="ROUTING_RULE_ONLY")
    assert client.get_domain_names()["items"][0]["routingMode"] == "ROUTING_RULE_ONLY"
    domain.delete()
    assert client.get_domain_names()["items"] == []


# ── Plans, links, certificates ───────────────────────────────────────────────


def test_usage_plans_name_stages_and_can_be_asked_by_key(client: Any, region: Region) -> None:
    api = region.rest_api("r").deploy("prod")
    key = region.api_key("subscriber")
    region.usage_plan("gold", (api, "prod"), keys=[key], throttle={"rateLimit": 5.0})
    region.usage_plan("empty")
    gold, empty = client.get_usage_plans()["items"]
    assert gold["apiStages"] == [{"apiId": api.id, "stage": "prod"}]
    assert gold["throttle"] == {"rateLimit": 5.0}
    assert empty["apiStages"] == []
    assert [plan["name"] for plan in client.get_usage_plans(keyId=key)["items"]] == ["gold"]


def test_vpc_links_and_client_certificates(client: Any, region: Region) -> None:
    region.vpc_link("inside", "arn:aws:elasticloadbalancing:x", status="FAILED")
    region.client_certificate("backend", timedelta(days=10))
    (link,) = client.get_vpc_links()["items"]
    (certificate,) = client.get_client_certificates()["items"]
    assert (link["name"], link["status"]) == ("inside", "FAILED")
    assert certificate["expirationDate"] - certificate["createdDate"] == timedelta(days=10)


@pytest.mark.parametrize(
    ("place", "tags"),
    [
        ("api", {"of": "api"}),
        ("stage", {"of": "stage"}),
        ("domain", {"of": "domain"}),
        ("plan", {"of": "plan"}),
    ],
)
def test_tags_by_arn(client: Any, region: Region, place: str, tags: dict[str, str]) -> None:
    api = region.rest_api("r", tags={"of": "api"}).deploy("prod", tags={"of": "stage"})
    region.domain("api.example", tags={"of": "domain"})
    plan = region.usage_plan("p", tags={"of": "plan"})
    root = "arn:aws:apigateway:eu-west-1::"
    arns = {
        "api": api.arn,
        "stage": f"{api.arn}/stages/prod",
        "domain": f"{root}/domainnames/api.example",
        "plan": f"{root}/usageplans/{plan}",
    }
    assert client.get_tags(resourceArn=arns[place])["tags"] == tags


def test_an_untagged_api_has_no_tags(client: Any, region: Region) -> None:
    assert client.get_tags(resourceArn=region.rest_api("r").arn)["tags"] == {}


@pytest.mark.parametrize(
    "path", ["restapis/none", "usageplans/none", "domainnames/none", "vpclinks/none"]
)
def test_tags_of_nothing_are_not_found(client: Any, path: str) -> None:
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_tags(resourceArn=f"arn:aws:apigateway:eu-west-1::/{path}")


# ── Reads that answer secrets ────────────────────────────────────────────────


def test_keys_have_values_for_who_may_read_them(serve: Serve, region: Region) -> None:
    server = serve(allowed=EVERY_READ)
    client = server.client("apigateway", ACCOUNT)
    key = region.api_key("subscriber", value="planted-value")
    plan = region.usage_plan("gold", keys=[key])
    assert "value" not in client.get_api_keys()["items"][0]
    assert client.get_api_keys(includeValues=True)["items"][0]["value"] == "planted-value"
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"][0]["value"] == "planted-value"
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_usage_plan_keys(usagePlanId="none")
    server.assert_clean()


@pytest.mark.parametrize("operation", ["get_api_keys", "get_usage_plan_keys"])
def test_reading_keys_is_held_against_a_read_only_agent(serve: Serve, operation: str) -> None:
    server = serve()
    arguments = {"usagePlanId": "x"} if operation == "get_usage_plan_keys" else {}
    with pytest.raises(ClientError) as error:
        getattr(server.client("apigateway", ACCOUNT), operation)(**arguments)
    assert status(error) == 405
    with pytest.raises(AssertionError, match="violations"):
        server.assert_clean()
