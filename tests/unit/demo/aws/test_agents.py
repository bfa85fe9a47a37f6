"""The emulated AgentCore, Agent Registry and portals: what each call answers to the real SDK."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:pay"


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("bedrock-agentcore-control", ACCOUNT)


def test_gateways_targets_and_their_schemas(client: Any, region: Region) -> None:
    rest = region.rest_api("claims").method("GET", "/x").deploy("prod")
    gateway = region.shelves.of(AgentCore).gateway("tools", tags={"owner": "x"})
    gateway.tools_of(FUNCTION, "refund").expose(rest, "prod", "/x").edit(exceptionLevel="DEBUG")
    (listed,) = client.list_gateways()["items"]
    assert "gatewayUrl" not in listed
    given = client.get_gateway(gatewayIdentifier=listed["gatewayId"])
    assert (given["exceptionLevel"], given["gatewayArn"]) == ("DEBUG", gateway.arn)
    targets = client.list_gateway_targets(gatewayIdentifier=gateway.id)["items"]
    assert [each["targetType"] for each in targets] == ["LAMBDA", "API_GATEWAY"]
    found = client.get_gateway_target(gatewayIdentifier=gateway.id, targetId=targets[1]["targetId"])
    exposed = found["targetConfiguration"]["mcp"]["apiGateway"]
    assert (exposed["restApiId"], exposed["stage"]) == (rest.id, "prod")
    assert client.list_tags_for_resource(resourceArn=gateway.arn)["tags"] == {"owner": "x"}


def test_versions_and_endpoints_of_a_runtime(client: Any, region: Region) -> None:
    runtime = region.shelves.of(AgentCore).runtime("helper", "MCP").release(description="second")
    key = runtime.fields["agentRuntimeId"]
    (listed,) = client.list_agent_runtimes()["agentRuntimes"]
    assert (listed["agentRuntimeVersion"], listed["description"]) == ("2", "second")
    (endpoint,) = client.list_agent_runtime_endpoints(agentRuntimeId=key)["runtimeEndpoints"]
    assert endpoint["liveVersion"] == "2"
    first = client.get_agent_runtime(agentRuntimeId=key, agentRuntimeVersion="1")
    assert first["description"] == ""
    assert client.get_agent_runtime(agentRuntimeId=key)["description"] == "second"
    assert client.list_tags_for_resource(resourceArn=runtime.arn)["tags"] == {}


def test_registries_and_records(server: AwsServer, region: Region) -> None:
    client = server.client("agent-registry-control", ACCOUNT)
    registry = region.shelves.of(AgentRegistry).add("agents").record("tools", "MCP", FUNCTION)
    key = registry.fields["registryId"]
    assert client.list_registries()["registries"][0]["registryId"] == key
    (record,) = client.list_registry_records(registryId=key)["registryRecords"]
    assert record["provenanceSummaryList"][0]["sourceId"] == FUNCTION
    assert record["createdByAutoDetection"] is True
    given = client.get_registry_record(registryId=key, recordId=record["recordId"])
    assert given["name"] == "tools"


def test_portals_and_the_pages_of_products(server: AwsServer, region: Region) -> None:
    client = server.client("apigatewayv2", ACCOUNT)
    rest = region.rest_api("claims").method("GET", "/x").deploy("prod")
    portals = region.shelves.of(Portals)
    portals.portal("Developers", portals.product("claims", (rest, "prod", "GET", "/x")), asks=False)
    (portal,) = client.list_portals()["Items"]
    assert portal["Authorization"] == {"None": {}}
    product = portal["IncludedPortalProductArns"][0].rpartition("/")[2]
    (shown,) = client.list_product_rest_endpoint_pages(PortalProductId=product)["Items"]
    assert shown["RestEndpointIdentifier"]["IdentifierParts"]["RestApiId"] == rest.id


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("bedrock-agentcore-control", "get_gateway", {"gatewayIdentifier": "none-0123456789"}),
        (
            "bedrock-agentcore-control",
            "get_gateway_target",
            {"gatewayIdentifier": "tools", "targetId": "ABCDEFGHIJ"},
        ),
        ("bedrock-agentcore-control", "get_agent_runtime", {"agentRuntimeId": "none-0123456789"}),
        (
            "bedrock-agentcore-control",
            "get_agent_runtime",
            {"agentRuntimeId": "helper", "agentRuntimeVersion": "9"},
        ),
        (
            "bedrock-agentcore-control",
            "list_tags_for_resource",
            {"resourceArn": "arn:aws:bedrock-agentcore:eu-west-1:1:gateway/none"},
        ),
        ("agent-registry-control", "list_registry_records", {"registryId": "none12345678"}),
        (
            "agent-registry-control",
            "get_registry_record",
            {"registryId": "agents", "recordId": "abcdefghijkl"},
        ),
        ("apigatewayv2", "list_product_rest_endpoint_pages", {"PortalProductId": "none"}),
    ],
)
def test_what_does_not_exist(
    service: str, operation: str, parameters: dict[str, str], server: AwsServer, region: Region
) -> None:
    core = region.shelves.of(AgentCore)
    known = {
        "tools": core.gateway("tools").id,
        "helper": core.runtime("helper").fields["agentRuntimeId"],
        "agents": region.shelves.of(AgentRegistry).add("agents").fields["registryId"],
    }
    asked = {name: known.get(value, value) for name, value in parameters.items()}
    with pytest.raises(ClientError) as refused:
        getattr(server.client(service, ACCOUNT), operation)(**asked)
    assert code(refused) in {"ResourceNotFoundException", "NotFoundException"}
