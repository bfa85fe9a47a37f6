"""A second opinion by moto, an emulation that others wrote: the same things, the same members.

Where moto answers a member for something, so does this emulation, under the same name and of the
same kind. What is excepted is named with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from apiscape.demo.aws.estate.authorizers import cognito, jwt
from apiscape.demo.aws.estate.backends import http_backend
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT

POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_people"

#: Members that only moto gives, and why they are not given here.
EXCEPTED = {
    "authorizerResultTtlInSeconds": "left out for user pools, which are not asked each time",
    "cacheNamespace": "the resource's own id, which says nothing",
    "integrationResponses": "left out where none was put",
    "version": "left out where none was given",
}


@pytest.fixture
def moto_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """Clients of moto's API Gateway, both generations."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield (
            boto3.client("apigateway", region_name="eu-west-1"),
            boto3.client("apigatewayv2", region_name="eu-west-1"),
        )


def moto_rest(client: Any) -> str:
    """Make a REST API in moto: one method, one authorizer, one stage, one plan."""
    key = str(client.create_rest_api(name="claims", description="d", tags={"a": "b"})["id"])
    root = client.get_resources(restApiId=key)["items"][0]["id"]
    resource = client.create_resource(restApiId=key, parentId=root, pathPart="claims")["id"]
    authorizer = client.create_authorizer(
        restApiId=key,
        name="people",
        type="COGNITO_USER_POOLS",
        providerARNs=[POOL],
        identitySource="method.request.header.Authorization",
    )["id"]
    place = {"restApiId": key, "resourceId": resource, "httpMethod": "GET"}
    client.put_method(**place, authorizationType="COGNITO_USER_POOLS", authorizerId=authorizer)
    client.put_integration(
        **place, type="HTTP_PROXY", integrationHttpMethod="GET", uri="https://x.example"
    )
    client.create_deployment(restApiId=key, stageName="prod", description="d")
    client.create_usage_plan(name="gold", apiStages=[{"apiId": key, "stage": "prod"}])
    return key


def our_rest(region: Region) -> str:
    """Make the same here."""
    api = region.rest_api("claims", description="d", tags={"a": "b"})
    api.authorizer("people", cognito(POOL))
    api.method("GET", "/claims", auth="people", backend=http_backend("https://x.example"))
    api.deploy("prod", description="d")
    region.usage_plan("gold", (api, "prod"))
    return api.id


def moto_http(client: Any) -> str:
    """Make an HTTP API in moto: one route, one integration, one stage."""
    key = str(client.create_api(Name="web", ProtocolType="HTTP", Tags={"a": "b"})["ApiId"])
    integration = client.create_integration(
        ApiId=key,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://x.example",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    client.create_route(ApiId=key, RouteKey="GET /x", Target=f"integrations/{integration}")
    client.create_stage(ApiId=key, StageName="prod", AutoDeploy=True)
    return key


def our_http(region: Region) -> str:
    """Make the same here."""
    api = region.http_api("web", Tags={"a": "b"}).authorizer("j", jwt("https://i.example"))
    api.route("GET /x", backend=http_backend("https://x.example")).stage("prod")
    return api.id


def differences(theirs: Any, ours: Any, place: str = "") -> list[str]:
    """Say what moto has that is missing here or of another kind."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            return [f"{place} is {type(ours).__name__}"]
        found: list[str] = []
        for name, value in theirs.items():
            if value in (None, "", [], {}) or name in EXCEPTED or name == "ResponseMetadata":
                continue
            if name not in ours:
                found.append(f"{place}.{name} is missing")
            else:
                found += differences(value, ours[name], f"{place}.{name}")
        return found
    if isinstance(theirs, list):
        if not isinstance(ours, list) or not ours:
            return [f"{place} is empty"]
        return differences(theirs[-1], ours[-1], f"{place}[]")
    return [] if isinstance(ours, type(theirs)) else [f"{place} is {type(ours).__name__}"]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_rest_apis", {}),
        ("get_rest_api", {"restApiId": ...}),
        ("get_stages", {"restApiId": ...}),
        ("get_authorizers", {"restApiId": ...}),
        ("get_deployments", {"restApiId": ...}),
        ("get_usage_plans", {}),
        ("get_resources", {"restApiId": ..., "embed": ["methods"]}),
    ],
)
def test_rest_apis_look_as_in_moto(
    moto_clients: tuple[Any, Any],
    server: AwsServer,
    region: Region,
    operation: str,
    arguments: dict[str, Any],
) -> None:
    theirs = call(moto_clients[0], operation, arguments, moto_rest(moto_clients[0]))
    ours = call(server.client("apigateway", ACCOUNT), operation, arguments, our_rest(region))
    assert differences(theirs, ours) == []


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_apis", {}),
        ("get_api", {"ApiId": ...}),
        ("get_stages", {"ApiId": ...}),
        ("get_routes", {"ApiId": ...}),
        ("get_integrations", {"ApiId": ...}),
    ],
)
def test_http_apis_look_as_in_moto(
    moto_clients: tuple[Any, Any],
    server: AwsServer,
    region: Region,
    operation: str,
    arguments: dict[str, Any],
) -> None:
    theirs = call(moto_clients[1], operation, arguments, moto_http(moto_clients[1]))
    ours = call(server.client("apigatewayv2", ACCOUNT), operation, arguments, our_http(region))
    assert differences(theirs, ours) == []


def call(client: Any, operation: str, arguments: dict[str, Any], key: str) -> Any:
    """Call an operation; `...` stands for the API's id."""
    given = {name: key if value is ... else value for name, value in arguments.items()}
    return getattr(client, operation)(**given)


def test_a_difference_would_be_seen() -> None:
    theirs = {"a": {"b": [{"c": 1}]}, "d": "text"}
    assert differences(theirs, {"a": {"b": [{"c": "1"}]}}) == [".a.b[].c is str", ".d is missing"]
    assert differences({"a": [1]}, {"a": []}) == [".a is empty"]
    assert differences({"a": {}}, {"a": 1}) == []
    assert differences({"a": {"b": 1}}, {"a": 1}) == [".a is int"]
