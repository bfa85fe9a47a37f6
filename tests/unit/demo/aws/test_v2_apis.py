"""API Gateway v2 through the real SDK: HTTP and WebSocket APIs, domains, exports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.authorizers import jwt, v2_lambda
from apiscape.demo.aws.estate.backends import (
    http_backend,
    lambda_backend,
    link_backend,
    mock_backend,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.v2_api import V2Api
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("apigatewayv2", ACCOUNT)


def export(client: Any, api: V2Api, **arguments: Any) -> dict[str, Any]:
    answer = client.export_api(ApiId=api.id, Specification="OAS30", OutputType="JSON", **arguments)
    document: dict[str, Any] = json.loads(answer["body"].read())
    return document


def test_both_protocols_are_in_one_listing(client: Any, region: Region) -> None:
    region.http_api("web", Tags={"owner": "Team Web"}, Description="d")
    region.websocket_api("chat")
    web, chat = client.get_apis()["Items"]
    assert (web["ProtocolType"], chat["ProtocolType"]) == ("HTTP", "WEBSOCKET")
    assert web["ApiEndpoint"].startswith("https://")
    assert chat["ApiEndpoint"].startswith("wss://")
    assert web["Tags"] == {"owner": "Team Web"}
    assert client.get_api(ApiId=web["ApiId"])["Name"] == "web"


def test_an_api_has_a_management_address_without_an_account(region: Region) -> None:
    api = region.http_api("web")
    assert api.arn == f"arn:aws:apigateway:eu-west-1::/apis/{api.id}"


def test_page_sizes_are_strings(client: Any, region: Region) -> None:
    for number in range(30):
        region.http_api(f"api-{number}")
    assert len(client.get_apis()["Items"]) == 25
    first = client.get_apis(MaxResults="10")
    second = client.get_apis(MaxResults="10", NextToken=first["NextToken"])
    assert [len(page["Items"]) for page in (first, second)] == [10, 10]
    pages = client.get_paginator("get_apis").paginate()
    assert sum(len(page["Items"]) for page in pages) == 30


@pytest.mark.parametrize("size", ["many", "0", "501"])
def test_a_page_size_that_is_none_is_refused(client: Any, size: str) -> None:
    with pytest.raises(client.exceptions.BadRequestException):
        client.get_apis(MaxResults=size)


def test_routes_integrations_and_authorizers_belong_together(client: Any, region: Region) -> None:
    api = region.http_api("web").authorizer("one-login", jwt("https://issuer.example", "aud"))
    api.authorizer("check", v2_lambda(ACCOUNT, "eu-west-1", "check"))
    api.route("GET /a", auth="one-login", AuthorizationScopes=["read"])
    api.route("POST /a", auth="check").route("GET /b", auth="AWS_IAM").route("$default")
    routes = {route["RouteKey"]: route for route in client.get_routes(ApiId=api.id)["Items"]}
    authorizers = client.get_authorizers(ApiId=api.id)["Items"]
    integrations = client.get_integrations(ApiId=api.id)["Items"]
    assert [route["AuthorizationType"] for route in routes.values()] == [
        "JWT",
        "CUSTOM",
        "AWS_IAM",
        "NONE",
    ]
    assert routes["GET /a"]["AuthorizerId"] == authorizers[0]["AuthorizerId"]
    assert authorizers[0]["JwtConfiguration"] == {
        "Issuer": "https://issuer.example",
        "Audience": ["aud"],
    }
    known = {f"integrations/{integration['IntegrationId']}" for integration in integrations}
    assert {route["Target"] for route in routes.values()} <= known


def test_backends_of_every_kind(client: Any, region: Region) -> None:
    link = region.v2_vpc_link("inside", "subnet-1")
    api = region.http_api("web").route("GET /l", backend=lambda_backend("fn"))
    api.route("GET /h", backend=http_backend("https://x.example"))
    api.route("GET /v", backend=link_backend(link, "arn:aws:elasticloadbalancing:x"))
    region.websocket_api("chat").route("$connect", backend=mock_backend())
    function, address, inside = client.get_integrations(ApiId=api.id)["Items"]
    assert function["IntegrationUri"].endswith(":function:fn")
    assert function["PayloadFormatVersion"] == "2.0"
    assert address["ConnectionType"] == "INTERNET"
    assert (inside["ConnectionType"], inside["ConnectionId"]) == ("VPC_LINK", link)
    (mock,) = client.get_integrations(ApiId=region.find_v2("chat").id)["Items"]
    assert mock["IntegrationType"] == "MOCK"
    (listed,) = client.get_vpc_links()["Items"]
    assert (listed["VpcLinkId"], listed["SubnetIds"]) == (link, ["subnet-1"])


def test_an_unknown_authorizer_is_a_mistake_in_the_test(region: Region) -> None:
    with pytest.raises(KeyError, match="web has no authorizer nobody"):
        region.http_api("web").route("GET /x", auth="nobody")


# ── Stages and deployments ───────────────────────────────────────────────────


def test_auto_deploy_takes_a_snapshot_at_every_edit(client: Any, region: Region) -> None:
    api = region.http_api("web").route("GET /a").stage("$default")
    before = client.get_stages(ApiId=api.id)["Items"][0]
    api.route("GET /b")
    after = client.get_stages(ApiId=api.id)["Items"][0]
    assert after["AutoDeploy"] is True
    assert after["DeploymentId"] != before["DeploymentId"]
    assert after["LastUpdatedDate"] > before["LastUpdatedDate"]
    assert set(export(client, api, StageName="$default")["paths"]) == {"/a", "/b"}
    assert all(d["AutoDeployed"] for d in client.get_deployments(ApiId=api.id)["Items"])


def test_a_stage_without_auto_deploy_serves_what_was_deployed(client: Any, region: Region) -> None:
    api = (
        region.http_api("web").route("GET /a").deploy("prod", description="first", Tags={"a": "b"})
    )
    api.route("GET /b").remove_route("GET /a")
    assert set(export(client, api, StageName="prod")["paths"]) == {"/a"}
    assert set(export(client, api)["paths"]) == {"/b"}
    (stage,) = client.get_stages(ApiId=api.id)["Items"]
    assert (stage["AutoDeploy"], stage["Tags"]) == (False, {"a": "b"})
    (deployment,) = client.get_deployments(ApiId=api.id)["Items"]
    assert deployment["Description"] == "first"


def test_a_stage_before_its_first_deployment_serves_nothing(client: Any, region: Region) -> None:
    api = region.http_api("web").route("GET /a").stage("prod", auto_deploy=False)
    assert "DeploymentId" not in client.get_stages(ApiId=api.id)["Items"][0]
    assert export(client, api, StageName="prod")["paths"] == {}


def test_stages_are_edited_and_deleted(client: Any, region: Region) -> None:
    api = region.http_api("web").stage("prod").stage("dev")
    api.edit_stage("prod", LastDeploymentStatusMessage="failed").delete_stage("dev")
    (stage,) = client.get_stages(ApiId=api.id)["Items"]
    assert stage["LastDeploymentStatusMessage"] == "failed"


def test_a_renamed_api_keeps_its_id_and_a_deleted_one_is_not_found(
    client: Any, region: Region
) -> None:
    api = region.http_api("before").rename("after")
    assert client.get_api(ApiId=api.id)["Name"] == "after"
    assert region.find_v2("after") is api
    api.delete()
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_routes(ApiId=api.id)


# ── Exports ──────────────────────────────────────────────────────────────────


def test_an_export_carries_security_and_integrations(client: Any, region: Region) -> None:
    api = region.http_api("web", Version="3").authorizer("login", jwt("https://i.example", "aud"))
    api.authorizer("check", v2_lambda(ACCOUNT, "eu-west-1", "check"))
    api.route("GET /a", auth="login", AuthorizationScopes=["read"]).route("ANY /b", auth="AWS_IAM")
    api.route("$default", auth="check").stage("prod")
    document = export(client, api, StageName="prod")
    operation = document["paths"]["/a"]["get"]
    any_method = "x-amazon-apigateway-any-method"
    assert document["info"] == {"title": "web", "version": "3"}
    assert document["servers"][0]["variables"]["basePath"]["default"] == "/prod"
    assert operation["security"] == [{"login": ["read"]}]
    assert operation["x-amazon-apigateway-integration"]["type"] == "aws_proxy"
    assert document["paths"]["/b"][any_method]["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}
    assert document["paths"]["/$default"][any_method]["isDefaultRoute"] is True
    schemes = document["components"]["securitySchemes"]
    assert schemes["login"]["x-amazon-apigateway-authorizer"]["type"] == "jwt"
    assert schemes["check"]["x-amazon-apigateway-authorizer"]["type"] == "request"


def test_an_export_without_extensions_is_plain_openapi(client: Any, region: Region) -> None:
    api = region.http_api("web").authorizer("login", jwt("https://i.example", "aud"))
    api.route("GET /a", auth="login").stage()
    document = export(client, api, StageName="$default", IncludeExtensions=False)
    assert "x-amazon-apigateway" not in json.dumps(document)
    assert document["servers"][0]["variables"]["basePath"]["default"] == ""


def test_what_cannot_be_exported_is_refused(client: Any, region: Region) -> None:
    web, chat = region.http_api("web").stage(), region.websocket_api("chat").deploy("prod")
    with pytest.raises(client.exceptions.BadRequestException):
        export(client, chat)
    with pytest.raises(client.exceptions.BadRequestException):
        client.export_api(ApiId=web.id, Specification="OAS30", OutputType="YAML")
    with pytest.raises(client.exceptions.NotFoundException):
        export(client, web, StageName="dev")


# ── Domains ──────────────────────────────────────────────────────────────────


def test_v2_shows_public_domains_in_its_own_words(client: Any, region: Region) -> None:
    policy = "SecurityPolicy_TLS13_1_3_2025_09"
    region.domain("api.example", security_policy=policy).mutual_tls("s3://trust/a.pem")
    region.domain("old.example", endpoint="EDGE", security_policy="TLS_1_0")
    region.domain("inside.example", endpoint="PRIVATE")
    regional, edge = client.get_domain_names()["Items"]
    assert regional["RoutingMode"] == "API_MAPPING_ONLY"
    assert regional["MutualTlsAuthentication"]["TruststoreUri"] == "s3://trust/a.pem"
    assert regional["DomainNameConfigurations"][0]["SecurityPolicy"] == "TLS_1_2"
    assert edge["DomainNameConfigurations"][0]["EndpointType"] == "EDGE"
    assert edge["DomainNameConfigurations"][0]["SecurityPolicy"] == "TLS_1_0"


def test_mappings_of_both_generations_and_many_levels(client: Any, region: Region) -> None:
    rest, http = region.rest_api("r").deploy("prod"), region.http_api("h").stage()
    domain = region.domain("api.example").map("", http, "$default").map("a/b", rest, "prod")
    region.domain("inside.example", endpoint="PRIVATE")
    mappings = client.get_api_mappings(DomainName=domain.name)["Items"]
    assert [(m["ApiMappingKey"], m["ApiId"]) for m in mappings] == [("", http.id), ("a/b", rest.id)]
    for name in ("inside.example", "none.example"):
        with pytest.raises(ClientError) as error:
            client.get_api_mappings(DomainName=name)
        assert code(error) == "NotFoundException"


def test_routing_rules_have_pages_of_a_hundred_at_most(client: Any, region: Region) -> None:
    api = region.rest_api("r").deploy("prod")
    domain = region.domain("api.example").edit(routingMode="ROUTING_RULE_ONLY")
    for priority in range(1, 121):
        domain.rule(priority, api, "prod", f"path-{priority}", headers={"X-Beta": "yes*"})
    assert len(client.list_routing_rules(DomainName=domain.name)["RoutingRules"]) == 25
    first = client.list_routing_rules(DomainName=domain.name, MaxResults=100)
    rest = client.list_routing_rules(
        DomainName=domain.name, MaxResults=100, NextToken=first["NextToken"]
    )
    assert [len(page["RoutingRules"]) for page in (first, rest)] == [100, 20]
    assert "NextToken" not in rest
    rule = first["RoutingRules"][0]
    assert rule["Priority"] == 1
    assert rule["Conditions"] == [
        {"MatchHeaders": {"AnyOf": [{"Header": "X-Beta", "ValueGlob": "yes*"}]}},
        {"MatchBasePaths": {"AnyOf": ["path-1"]}},
    ]
    invoke = {"ApiId": api.id, "Stage": "prod", "StripBasePath": False}
    assert rule["Actions"] == [{"InvokeApi": invoke}]
    assert rule["RoutingRuleArn"].endswith(
        f":{ACCOUNT}:/domainnames/api.example/routingrules/{rule['RoutingRuleId']}"
    )


def test_rules_of_a_private_domain_are_asked_for_by_its_id(client: Any, region: Region) -> None:
    api = region.rest_api("r", endpoint="PRIVATE").deploy("prod")
    domain = region.domain("inside.example", endpoint="PRIVATE").rule(1, api, "prod")
    key = domain.fields["domainNameId"]
    [rule] = client.list_routing_rules(DomainName=domain.name, DomainNameId=key)["RoutingRules"]
    assert rule["Conditions"] == []
    for wrong in ({}, {"DomainNameId": "x"}):
        with pytest.raises(ClientError) as error:
            client.list_routing_rules(DomainName=domain.name, **wrong)
        assert code(error) == "NotFoundException"


def test_routing_rules_are_denied_by_a_right_of_their_own_name(client: Any, region: Region) -> None:
    region.domain("api.example")
    region.deny("apigatewayv2:ListRoutingRules")
    with pytest.raises(ClientError, match="apigateway:ListRoutingRules on resource"):
        client.list_routing_rules(DomainName="api.example")
