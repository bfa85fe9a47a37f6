"""Secrets planted wherever a read of AgentCore, of Agent Registry or of portals can return one."""

from __future__ import annotations

import json
from collections.abc import Callable

from apiscape.demo.aws.estate.agentcore import AgentCore, AgentGateway, AgentRegistry
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region


def plant_in_agents(region: Region, plant: Callable[[str], str]) -> None:
    """Plant secrets in everything that agents and their catalogues have in a region."""
    core = region.shelves.of(AgentCore)
    for gateway in core.gateways.values():
        _in_gateway(gateway, plant)
    for runtime in core.runtimes.values():
        runtime.tags["secret"] = plant("runtimeTag")
        runtime.fields["environmentVariables"] = {"KEY": plant("runtimeVariable")}
    for registry in region.shelves.of(AgentRegistry).by_id.values():
        for record in registry.records.values():
            data = f'{{"env": "{plant("recordData")}"}}'
            record["descriptors"] = {"mcpServer": {"data": data}}
    for portal in region.shelves.of(Portals).portals.values():
        portal["Tags"] = {**portal["Tags"], "password": plant("portalTag")}


def _in_gateway(gateway: AgentGateway, plant: Callable[[str], str]) -> None:
    gateway.tags["password"] = plant("gatewayTag")
    address = f"https://user:{plant('targetUserinfo')}@tools.example/mcp?key={plant('targetQuery')}"
    passthrough: Fields = {
        "endpoint": address,
        "protocolType": "CUSTOM",
        "staticQueryParameters": {"api_key": plant("targetStaticQuery")},
    }
    provider = {
        "credentialProviderType": "OAUTH",
        "credentialProvider": {
            "oauthCredentialProvider": {
                "providerArn": "arn:aws:bedrock-agentcore:eu-west-1:1:token-vault/x",
                "scopes": [],
                "customParameters": {"client_secret": plant("targetParameter")},
            }
        },
    }
    gateway.target(
        "canary",
        "PASSTHROUGH",
        {"http": {"passthrough": passthrough}},
        credentialProviderConfigurations=[provider],
    )
    gateway.target("canary-mcp", "MCP_SERVER", {"mcp": {"mcpServer": {"endpoint": address}}})
    _in_schemas(gateway, plant)


def _in_schemas(gateway: AgentGateway, plant: Callable[[str], str]) -> None:
    """Plant what people type into schemas of tools: values, examples, addresses with passwords."""
    typed = {"type": "string", "default": plant("toolDefault"), "examples": [plant("toolExample")]}
    tool = {
        "name": "canary",
        "inputSchema": {"type": "object", "properties": {"token": typed}},
        "x-key": plant("toolExtension"),
        "_meta": {"key": plant("toolMeta")},
    }
    listed = json.dumps({"tools": [tool], "note": plant("toolsNote")})
    server: Fields = {"endpoint": "https://m.example", "mcpToolSchema": {"inlinePayload": listed}}
    gateway.target("canary-tools", "MCP_SERVER", {"mcp": {"mcpServer": server}})
    openapi = {
        "openapi": "3.0.1",
        "servers": [{"url": f"https://user:{plant('toolServer')}@t.example/?k={plant('toolKey')}"}],
        "paths": {"/x": {"get": {"operationId": "x", "x-amazon-key": plant("toolOperation")}}},
        "components": {"schemas": {"Token": typed}},
    }
    held: Fields = {"inlinePayload": json.dumps(openapi)}
    gateway.target("canary-openapi", "OPEN_API_SCHEMA", {"mcp": {"openApiSchema": held}})
    traits = {
        "smithy.api#default": plant("smithyDefault"),
        "smithy.api#examples": [{"input": {"token": plant("smithyExample")}}],
    }
    smithy = {
        "smithy": "2.0",
        "metadata": {"key": plant("smithyMetadata")},
        "shapes": {
            "ns#Get": {"type": "operation", "traits": traits},
            "ns#In": {"type": "structure", "members": {"a": {"target": "ns#A", "traits": traits}}},
        },
    }
    model: Fields = {"inlinePayload": json.dumps(smithy)}
    gateway.target("canary-smithy", "SMITHY_MODEL", {"mcp": {"smithyModel": model}})
