"""API Gateway v1 through the real SDK: listings, snapshots and the working copy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.authorizers import allow_from, cognito, lambda_request, lambda_token
from apiscape.demo.aws.estate.backends import (
    http_backend,
    lambda_backend,
    link_backend,
    mock_backend,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code

ALL = "integrations,authorizers,apigateway"


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("apigateway", ACCOUNT)


def export(client: Any, api: RestApi, stage: str, extensions: str = ALL) -> dict[str, Any]:
    answer = client.get_export(
        restApiId=api.id,
        stageName=stage,
        exportType="oas30",
        parameters={"extensions": extensions},
        accepts="application/json",
    )
    document: dict[str, Any] = json.loads(answer["body"].read())
    return document


# ── Listing ──────────────────────────────────────────────────────────────────


def test_an_empty_region_lists_nothing(client: Any) -> None:
    assert client.get_rest_apis()["items"] == []


def test_the_default_page_has_25_apis_and_the_paginator_gets_them_all(
    client: Any, region: Region, server: AwsServer
) -> None:
    made = [region.rest_api(f"api-{number}").id for number in range(60)]
    assert len(client.get_rest_apis()["items"]) == 25
    pages = client.get_paginator("get_rest_apis").paginate()
    assert [item["id"] for page in pages for item in page["items"]] == made
    assert server.calls.count("apigateway:GetRestApis") == 4


def test_a_page_of_500_can_be_asked_for_and_no_more(client: Any, region: Region) -> None:
    for number in range(30):
        region.rest_api(f"api-{number}")
    assert len(client.get_rest_apis(limit=500)["items"]) == 30
    with pytest.raises(ClientError) as error:
        client.get_rest_apis(limit=501)
    assert code(error) == "BadRequestException"


@pytest.mark.parametrize("position", ["not-a-token", "bm8="])
def test_a_foreign_page_token_is_refused(client: Any, position: str) -> None:
    with pytest.raises(ClientError) as error:
        client.get_rest_apis(position=position)
    assert code(error) == "BadRequestException"


def test_an_api_has_the_members_of_the_listing(client: Any, region: Region) -> None:
    made = region.rest_api("payments", endpoint="PRIVATE", tags={"owner": "Team Pay"})
    listed = client.get_rest_apis()["items"][0]
    assert listed == {
        key: value
        for key, value in client.get_rest_api(restApiId=made.id).items()
        if key != "ResponseMetadata"
    }
    assert listed["endpointConfiguration"]["types"] == ["PRIVATE"]
    assert listed["tags"] == {"owner": "Team Pay"}
    assert listed["createdDate"] == made.created
    assert listed["disableExecuteApiEndpoint"] is False


def test_the_policy_goes_out_doubly_escaped(client: Any, region: Region) -> None:
    policy = allow_from({"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    region.rest_api("inside", policy=policy)
    sent = client.get_rest_apis()["items"][0]["policy"]
    assert sent.startswith('{\\"Version\\":')
    assert "execute-api:\\/*" in sent
    with pytest.raises(json.JSONDecodeError):
        json.loads(sent)
    assert json.loads(json.loads(f'"{sent}"')) == policy


def test_two_apis_may_share_a_name(client: Any, region: Region) -> None:
    region.rest_api("twin")
    region.rest_api("twin")
    listed = client.get_rest_apis()["items"]
    assert [item["name"] for item in listed] == ["twin", "twin"]
    assert listed[0]["id"] != listed[1]["id"]


def test_an_api_made_again_after_deletion_is_another(region: Region) -> None:
    first = region.rest_api("phoenix")
    first.delete()
    assert region.rest_api("phoenix").id != first.id


def test_a_renamed_api_keeps_its_id(client: Any, region: Region) -> None:
    api = region.rest_api("before").rename("after")
    assert client.get_rest_api(restApiId=api.id)["name"] == "after"
    assert region.find_rest("after") is api


@pytest.mark.parametrize(
    ("operation", "extra"),
    [
        ("get_rest_api", {}),
        ("get_stages", {}),
        ("get_resources", {}),
        ("get_authorizers", {}),
        ("get_deployments", {}),
        ("get_export", {"stageName": "prod", "exportType": "oas30"}),
    ],
)
def test_a_deleted_api_is_not_found(
    client: Any, region: Region, operation: str, extra: dict[str, str]
) -> None:
    api = region.rest_api("gone").deploy("prod")
    api.delete()
    with pytest.raises(ClientError) as error:
        getattr(client, operation)(restApiId=api.id, **extra)
    assert code(error) == "NotFoundException"


# ── Stages and deployments ───────────────────────────────────────────────────


def test_stages_of_one_deployment_share_it(client: Any, region: Region) -> None:
    api = (
        region.rest_api("payments")
        .method("GET", "/x")
        .deploy("prod", "staging", variables={"a": "b"})
    )
    stages = client.get_stages(restApiId=api.id)["item"]
    assert {stage["stageName"] for stage in stages} == {"prod", "staging"}
    assert len({stage["deploymentId"] for stage in stages}) == 1
    assert stages[0]["variables"] == {"a": "b"}


def test_stages_can_be_asked_by_deployment(client: Any, region: Region) -> None:
    api = region.rest_api("payments").deploy("prod").deploy("dev")
    wanted = api.stages["dev"]["deploymentId"]
    stages = client.get_stages(restApiId=api.id, deploymentId=wanted)["item"]
    assert [stage["stageName"] for stage in stages] == ["dev"]


def test_a_new_deployment_changes_the_stage_s_tokens(client: Any, region: Region) -> None:
    api = region.rest_api("payments").deploy("prod")
    before = client.get_stages(restApiId=api.id)["item"][0]
    api.deploy("prod")
    after = client.get_stages(restApiId=api.id)["item"][0]
    assert after["deploymentId"] != before["deploymentId"]
    assert after["lastUpdatedDate"] > before["lastUpdatedDate"]
    assert after["createdDate"] == before["createdDate"]


def test_an_edited_stage_is_newer_but_serves_the_same(client: Any, region: Region) -> None:
    api = region.rest_api("payments").deploy("prod")
    before = client.get_stages(restApiId=api.id)["item"][0]
    api.edit_stage("prod", tracingEnabled=True)
    after = client.get_stages(restApiId=api.id)["item"][0]
    assert after["tracingEnabled"] is True
    assert after["deploymentId"] == before["deploymentId"]
    assert after["lastUpdatedDate"] > before["lastUpdatedDate"]


def test_a_deleted_stage_is_gone_and_its_deployment_stays(client: Any, region: Region) -> None:
    api = region.rest_api("payments").deploy("prod", description="first").delete_stage("prod")
    assert client.get_stages(restApiId=api.id)["item"] == []
    deployments = client.get_deployments(restApiId=api.id)["items"]
    assert [deployment["description"] for deployment in deployments] == ["first"]


def test_a_stage_can_go_back_to_an_older_deployment(client: Any, region: Region) -> None:
    api = region.rest_api("payments").method("GET", "/old").deploy("prod")
    first = api.stages["prod"]["deploymentId"]
    api.method("GET", "/new").deploy("prod").point("prod", first)
    assert set(export(client, api, "prod")["paths"]) == {"/old"}


# ── Resources: the working copy ──────────────────────────────────────────────


def test_without_embed_methods_are_empty_objects(client: Any, region: Region) -> None:
    api = region.rest_api("payments").method("GET", "/claims")
    items = client.get_resources(restApiId=api.id)["items"]
    assert [item.get("resourceMethods") for item in items] == [None, {"GET": {}}]


def test_with_embed_methods_are_whole(client: Any, region: Region) -> None:
    api = region.rest_api("payments").method("POST", "/claims", auth="AWS_IAM", api_key=True)
    items = client.get_resources(restApiId=api.id, embed=["methods"])["items"]
    method = items[1]["resourceMethods"]["POST"]
    assert method["authorizationType"] == "AWS_IAM"
    assert method["apiKeyRequired"] is True
    assert method["methodIntegration"]["uri"].endswith(":function:payments/invocations")


def test_resources_form_a_tree(client: Any, region: Region) -> None:
    api = region.rest_api("payments").method("GET", "/a/b/{id}").method("GET", "/")
    items = {item["path"]: item for item in client.get_resources(restApiId=api.id)["items"]}
    assert set(items) == {"/", "/a", "/a/b", "/a/b/{id}"}
    assert items["/a/b/{id}"]["parentId"] == items["/a/b"]["id"]
    assert items["/a/b/{id}"]["pathPart"] == "{id}"
    assert items["/a"]["parentId"] == items["/"]["id"]
    assert items["/"]["id"] == client.get_rest_api(restApiId=api.id)["rootResourceId"]


def test_resources_page_by_25(client: Any, region: Region) -> None:
    api = region.rest_api("wide")
    for number in range(40):
        api.method("GET", f"/r{number:02d}")
    assert len(client.get_resources(restApiId=api.id)["items"]) == 25
    pages = list(client.get_paginator("get_resources").paginate(restApiId=api.id))
    assert sum(len(page["items"]) for page in pages) == 41


def test_resources_show_the_working_copy_and_the_export_what_is_deployed(
    client: Any, region: Region
) -> None:
    api = region.rest_api("payments").method("GET", "/a").method("GET", "/b").deploy("prod")
    api.method("GET", "/c").remove_method("GET", "/a")
    paths = {item["path"] for item in client.get_resources(restApiId=api.id)["items"]}
    assert paths == {"/", "/b", "/c"}
    assert set(export(client, api, "prod")["paths"]) == {"/a", "/b"}
    api.deploy("prod")
    assert set(export(client, api, "prod")["paths"]) == {"/b", "/c"}


def test_removing_one_of_two_methods_keeps_the_resource(region: Region) -> None:
    api = region.rest_api("payments").method("GET", "/a").method("POST", "/a")
    api.remove_method("GET", "/a")
    assert list(api.working.methods["/a"]) == ["POST"]


def test_authorizers_are_listed(client: Any, region: Region) -> None:
    api = region.rest_api("payments")
    api.authorizer("pool", cognito("arn:aws:cognito-idp:eu-west-1:1:userpool/p"))
    api.authorizer("token", lambda_token(ACCOUNT, "eu-west-1", "check"))
    api.authorizer("request", lambda_request(ACCOUNT, "eu-west-1", "check"))
    listed = client.get_authorizers(restApiId=api.id)["items"]
    assert [item["type"] for item in listed] == ["COGNITO_USER_POOLS", "TOKEN", "REQUEST"]


def test_an_unknown_authorizer_is_a_mistake_in_the_test(region: Region) -> None:
    with pytest.raises(KeyError, match="payments has no authorizer nobody"):
        region.rest_api("payments").method("GET", "/x", auth="nobody")


# ── Exports ──────────────────────────────────────────────────────────────────


def test_each_operation_carries_its_own_security(client: Any, region: Region) -> None:
    api = region.rest_api("payments")
    api.authorizer("citizens", cognito("arn:aws:cognito-idp:eu-west-1:1:userpool/p"))
    api.method("GET", "/open")
    api.method("GET", "/keyed", api_key=True)
    api.method("GET", "/signed", auth="AWS_IAM")
    api.method("GET", "/people", auth="citizens", api_key=True, authorizationScopes=["read"])
    paths = export(client, api.deploy("prod"), "prod")["paths"]
    assert "security" not in paths["/open"]["get"]
    assert paths["/open"]["get"]["x-amazon-apigateway-auth"] == {"type": "NONE"}
    assert paths["/keyed"]["get"]["security"] == [{"api_key": []}]
    assert paths["/signed"]["get"]["security"] == [{"sigv4": []}]
    assert paths["/signed"]["get"]["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}
    assert paths["/people"]["get"]["security"] == [{"citizens": ["read"]}, {"api_key": []}]


def test_the_security_schemes_say_what_stands_behind_them(client: Any, region: Region) -> None:
    api = region.rest_api("payments")
    api.authorizer("token", lambda_token(ACCOUNT, "eu-west-1", "check"))
    api.method("GET", "/a", auth="token").method("GET", "/b", auth="AWS_IAM", api_key=True)
    schemes = export(client, api.deploy("prod"), "prod")["components"]["securitySchemes"]
    assert set(schemes) == {"token", "sigv4", "api_key"}
    assert schemes["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert schemes["api_key"] == {"type": "apiKey", "name": "x-api-key", "in": "header"}
    details = schemes["token"]["x-amazon-apigateway-authorizer"]
    assert details["type"] == "token"
    assert details["authorizerUri"].endswith("/invocations")


def test_without_extensions_an_export_names_schemes_only(client: Any, region: Region) -> None:
    api = region.rest_api("payments")
    api.authorizer("token", lambda_token(ACCOUNT, "eu-west-1", "check"))
    api.method("GET", "/a", auth="token").method("GET", "/b", auth="AWS_IAM").deploy("prod")
    document = export(client, api, "prod", extensions="documentation")
    assert (
        "x-amazon-apigateway-authorizer" not in document["components"]["securitySchemes"]["token"]
    )
    assert set(document["paths"]["/b"]["get"]) == {"responses", "security"}


def test_integrations_of_every_kind(client: Any, region: Region) -> None:
    link = region.vpc_link("inside")
    api = region.rest_api("payments")
    api.method("GET", "/l", backend=lambda_backend("claims"))
    api.method("GET", "/h", backend=http_backend("https://x.example/h"))
    api.method("GET", "/v", backend=link_backend(link, "http://nlb.internal/v"))
    api.method("OPTIONS", "/m", backend=mock_backend()).method("ANY", "/{proxy+}")
    paths = export(client, api.deploy("prod"), "prod")["paths"]

    def integration(path: str, verb: str = "get") -> dict[str, Any]:
        found: dict[str, Any] = paths[path][verb]["x-amazon-apigateway-integration"]
        return found

    assert integration("/l")["type"] == "aws_proxy"
    assert integration("/l")["httpMethod"] == "POST"
    assert integration("/h")["uri"] == "https://x.example/h"
    assert integration("/v")["connectionType"] == "VPC_LINK"
    assert integration("/v")["connectionId"] == link
    assert integration("/m", "options")["type"] == "mock"
    assert integration("/{proxy+}", "x-amazon-apigateway-any-method")["type"] == "aws_proxy"


def test_the_document_names_api_server_and_parameters(client: Any, region: Region) -> None:
    api = region.rest_api("payments", description="Pays", version="2.1", policy=allow_from())
    parameters = {
        "method.request.querystring.page": False,
        "method.request.header.X-Trace": True,
        "method.request.path.id": True,
    }
    responses = {"200": {"statusCode": "200", "responseModels": {"application/json": "Claim"}}}
    api.model("Claim", '{"type": "object"}').model("Photo", "bytes", content_type="image/png")
    api.method(
        "GET",
        "/claims/{id}",
        operationName="getClaim",
        requestParameters=parameters,
        methodResponses=responses,
    )
    document = export(client, api.deploy("prod"), "prod")
    operation = document["paths"]["/claims/{id}"]["get"]
    assert document["info"] == {"title": "payments", "version": "2.1", "description": "Pays"}
    assert document["servers"][0]["url"].startswith(f"https://{api.id}.execute-api.eu-west-1.")
    assert document["servers"][0]["variables"]["basePath"]["default"] == "/prod"
    assert document["x-amazon-apigateway-policy"] == api.policy
    assert operation["operationId"] == "getClaim"
    assert [(p["name"], p["in"], p.get("required")) for p in operation["parameters"]] == [
        ("id", "path", True),
        ("page", "query", None),
        ("X-Trace", "header", True),
    ]
    assert "application/json" in operation["responses"]["200"]["content"]
    assert document["components"]["schemas"] == {"Claim": {"type": "object"}}


def test_a_json_body_model_is_referred_to(client: Any, region: Region) -> None:
    api = region.rest_api("payments").model("Claim", '{"type": "object"}')
    api.method("POST", "/claims", requestModels={"application/json": "Claim"}).deploy("prod")
    body = export(client, api, "prod")["paths"]["/claims"]["post"]["requestBody"]
    reference = body["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/Claim"


def test_a_model_of_other_content_makes_the_export_fail(client: Any, region: Region) -> None:
    api = region.rest_api("photos").method("POST", "/p", requestModels={"image/png": "Photo"})
    with pytest.raises(ClientError) as error:
        export(client, api.deploy("prod"), "prod")
    assert code(error) == "BadRequestException"
    assert "non-JSON body models" in str(error.value)


def test_an_export_can_be_refused_at_will(client: Any, region: Region) -> None:
    api = region.rest_api("odd").deploy("prod")
    api.export_refusal = "Unable to build exporter"
    with pytest.raises(ClientError, match="Unable to build exporter"):
        export(client, api, "prod")


def test_an_unknown_stage_has_no_export(client: Any, region: Region) -> None:
    with pytest.raises(ClientError) as error:
        export(client, region.rest_api("x").deploy("prod"), "dev")
    assert code(error) == "NotFoundException"


@pytest.mark.parametrize(
    ("kind", "accepts"), [("swagger", "application/json"), ("oas30", "application/yaml")]
)
def test_other_forms_of_export_are_refused(
    client: Any, region: Region, kind: str, accepts: str
) -> None:
    api = region.rest_api("x").deploy("prod")
    with pytest.raises(ClientError) as error:
        client.get_export(restApiId=api.id, stageName="prod", exportType=kind, accepts=accepts)
    assert code(error) == "BadRequestException"
