"""The emulated AWS Lambda: what each call answers to the real SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("lambda", ACCOUNT)


@pytest.fixture
def web(server: AwsServer) -> Any:
    return server.client("lambda-web", ACCOUNT)


def test_functions_come_fifty_at_a_time_with_their_environment(client: Any, region: Region) -> None:
    functions = region.shelves.of(Functions)
    for number in range(60):
        functions.add(f"f-{number}", Environment={"Variables": {"A": "b"}})
    first = client.list_functions()
    assert len(first["Functions"]) == 50
    assert first["Functions"][0]["Environment"] == {"Variables": {"A": "b"}}
    assert "State" not in first["Functions"][0]
    rest = client.list_functions(Marker=first["NextMarker"])
    assert next(item["FunctionName"] for item in rest["Functions"]) == "f-50"
    assert "NextMarker" not in rest


def test_a_function_has_urls_of_itself_and_of_aliases(client: Any, region: Region) -> None:
    pay = region.shelves.of(Functions).add("pay").url("NONE").url(alias="live")
    own, live = client.list_function_url_configs(FunctionName="pay")["FunctionUrlConfigs"]
    assert (own["AuthType"], own["FunctionArn"]) == ("NONE", pay.arn)
    assert live["FunctionArn"] == f"{pay.arn}:live"
    assert own["FunctionUrl"].endswith(".lambda-url.eu-west-1.on.aws/")
    pay.drop_url("live")
    assert len(client.list_function_url_configs(FunctionName=pay.arn)["FunctionUrlConfigs"]) == 1


def test_a_policy_is_of_a_qualifier_and_may_not_exist(client: Any, region: Region) -> None:
    region.shelves.of(Functions).add("pay").url("NONE", open_to="*")
    policy = json.loads(client.get_policy(FunctionName="pay")["Policy"])
    assert policy["Statement"][0]["Principal"] == "*"
    assert policy["Statement"][0]["Condition"] == {
        "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}
    }
    with pytest.raises(ClientError) as refused:
        client.get_policy(FunctionName="pay", Qualifier="live")
    assert code(refused) == "ResourceNotFoundException"


def test_every_change_of_a_function_moves_its_revision(client: Any, region: Region) -> None:
    pay = region.shelves.of(Functions).add("pay")
    revisions = []
    changes: tuple[Callable[[], object], ...] = (
        *(pay.edit, pay.url, pay.drop_url),
        lambda: pay.allow("*"),
    )
    for change in changes:
        revisions.append(client.list_functions()["Functions"][0]["RevisionId"])
        change()
    assert len(set(revisions)) == 4


def test_tags_of_a_function_and_of_one_that_does_not_exist(client: Any, region: Region) -> None:
    pay = region.shelves.of(Functions).add("pay", {"owner": "Team Money"})
    assert client.list_tags(Resource=pay.arn)["Tags"] == {"owner": "Team Money"}
    with pytest.raises(ClientError) as refused:
        client.list_tags(Resource=pay.arn.replace("pay", "none"))
    assert code(refused) == "ResourceNotFoundException"


def test_web_functions_with_endpoints_policy_and_tags(web: Any, region: Region) -> None:
    site = region.shelves.of(WebFunctions).add("site", {"owner": "Team Web"})
    site.endpoint("main").edit_endpoint("main", description="d")
    assert web.list_web_functions()["functions"][0]["functionArn"] == site.arn
    (endpoint,) = web.list_web_function_endpoints(functionName="site")["endpoints"]
    assert (endpoint["authType"], endpoint["description"]) == ("IamAuth", "d")
    assert web.list_tags(resource=site.arn)["tags"] == {"owner": "Team Web"}
    with pytest.raises(ClientError) as refused:
        web.get_resource_policy(resourceArn=site.arn)
    assert code(refused) == "ResourceNotFoundException"
    site.allow("*")
    assert json.loads(web.get_resource_policy(resourceArn=site.arn)["policy"])["Statement"]
    with pytest.raises(ClientError) as missing:
        web.list_web_function_endpoints(functionName="none")
    assert code(missing) == "ResourceNotFoundException"
