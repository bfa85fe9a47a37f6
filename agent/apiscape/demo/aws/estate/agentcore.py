"""Bedrock AgentCore and Agent Registry in one region: gateways with targets, runtimes, registries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.trail import AGENTS

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region
    from apiscape.demo.aws.estate.rest_api import RestApi

_SECRET_LENGTH = 12


@dataclass(eq=False)
class AgentGateway:
    """A gateway; made by `AgentCore.gateway`.

    Attributes:
        fields: Members of `GetGateway`'s answer.
        targets: Members of `GetGatewayTarget`'s answers, by id, with `targetType` of the summary.
    """

    region: Region = field(repr=False)
    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Fields] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.fields["gatewayId"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.fields["gatewayArn"])

    def target(self, name: str, kind: str, configuration: Fields, **fields: object) -> Self:
        """Add a target.

        Args:
            name: Its name.
            kind: Of the summary's `targetType`, for instance LAMBDA.
            configuration: The `targetConfiguration`.
            **fields: Further members, for instance `status`.
        """
        key = identifier(self.arn, "target", name).upper()
        now = self.region.now()
        self.targets[key] = {
            "gatewayArn": self.arn,
            "targetId": key,
            "name": name,
            "status": "READY",
            "targetType": kind,
            "targetConfiguration": configuration,
            "credentialProviderConfigurations": [{"credentialProviderType": "GATEWAY_IAM_ROLE"}],
            "createdAt": now,
            "updatedAt": now,
            **fields,
        }
        return self._changed("CreateGatewayTarget")

    def tools_of(self, function_arn: str, *tools: str, name: str = "tools") -> Self:
        """Add a function as a target, its tools inline."""
        payload = [
            {"name": tool, "description": f"Does {tool}", "inputSchema": {"type": "object"}}
            for tool in tools
        ]
        configuration = {
            "mcp": {"lambda": {"lambdaArn": function_arn, "toolSchema": {"inlinePayload": payload}}}
        }
        return self.target(name, "LAMBDA", configuration)

    def expose(self, api: RestApi, stage: str, *paths: str, name: str = "rest") -> Self:
        """Add a stage of a REST API as a target: each path a filter for GET."""
        filters = [{"filterPath": path, "methods": ["GET"]} for path in paths]
        configuration = {
            "mcp": {
                "apiGateway": {
                    "restApiId": api.id,
                    "stage": stage,
                    "apiGatewayToolConfiguration": {"toolFilters": filters},
                }
            }
        }
        return self.target(name, "API_GATEWAY", configuration)

    def edit(self, **fields: object) -> Self:
        """Change members of the gateway."""
        self.fields |= {"updatedAt": self.region.now(), **fields}
        return self._changed("UpdateGateway")

    def _changed(self, name: str) -> Self:
        self.region.changed(name, {"gatewayIdentifier": self.id}, source=AGENTS)
        return self


@dataclass(eq=False)
class AgentRuntime:
    """A runtime; made by `AgentCore.runtime`.

    Attributes:
        versions: Members of `GetAgentRuntime`'s answer by version, oldest first.
        endpoints: Members of the endpoint's shape by name.
    """

    region: Region = field(repr=False)
    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Fields] = field(default_factory=dict)
    endpoints: dict[str, Fields] = field(default_factory=dict)

    @property
    def fields(self) -> Fields:
        """Members of the newest version."""
        return list(self.versions.values())[-1]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.fields["agentRuntimeId"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.fields["agentRuntimeArn"])

    def release(self, **fields: object) -> Self:
        """Make another version, which the endpoint `DEFAULT` follows."""
        now, version = self.region.now(), str(len(self.versions) + 1)
        changed = {"agentRuntimeVersion": version, "lastUpdatedAt": now, **fields}
        self.versions[version] = {**self.fields, **changed}
        return self.endpoint("DEFAULT", version)

    def endpoint(self, name: str, version: str, **fields: object) -> Self:
        """Serve a version under a name."""
        now = self.region.now()
        self.endpoints[name] = {
            "name": name,
            "id": name,
            "liveVersion": version,
            "agentRuntimeEndpointArn": f"{self.arn}/runtime-endpoint/{name}",
            "agentRuntimeArn": self.arn,
            "status": "READY",
            "createdAt": now,
            "lastUpdatedAt": now,
            **fields,
        }
        asked = {"agentRuntimeId": self.id}
        self.region.changed("UpdateAgentRuntimeEndpoint", asked, source=AGENTS)
        return self


class AgentCore:
    """Gateways and runtimes of a region, by id."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.gateways: dict[str, AgentGateway] = {}
        self.runtimes: dict[str, AgentRuntime] = {}

    def gateway(
        self, name: str, auth: str = "AWS_IAM", tags: dict[str, str] | None = None, **fields: object
    ) -> AgentGateway:
        """Add a gateway; `fields` are further members of `GetGateway`'s answer."""
        place, now = f"{self._region.name}:{self._region.account.id}", self._region.now()
        key = f"{name}-{identifier(place, 'gateway', name)}"
        members: Fields = {
            "gatewayArn": f"arn:aws:bedrock-agentcore:{place}:gateway/{key}",
            "gatewayId": key,
            "gatewayUrl": f"https://{key}.gateway.bedrock-agentcore.{self._region.name}.amazonaws.com/mcp",
            "createdAt": now,
            "updatedAt": now,
            "status": "READY",
            "name": name,
            "protocolType": "MCP",
            "authorizerType": auth,
            **fields,
        }
        self.gateways[key] = AgentGateway(self._region, members, tags or {})
        self._region.changed("CreateGateway", {"name": name}, {"gatewayId": key}, source=AGENTS)
        return self.gateways[key]

    def runtime(
        self,
        name: str,
        protocol: str = "HTTP",
        tags: dict[str, str] | None = None,
        **fields: object,
    ) -> AgentRuntime:
        """Add a runtime with its endpoint `DEFAULT`; `fields` are further members of its first version."""
        place, now = f"{self._region.name}:{self._region.account.id}", self._region.now()
        key = f"{name}-{identifier(place, 'runtime', name)}"
        image = f"{self._region.account.id}.dkr.ecr.{self._region.name}.amazonaws.com/{name}:1"
        members: Fields = {
            "agentRuntimeArn": f"arn:aws:bedrock-agentcore:{place}:runtime/{key}",
            "agentRuntimeName": name,
            "agentRuntimeId": key,
            "agentRuntimeVersion": "1",
            "createdAt": now,
            "lastUpdatedAt": now,
            "roleArn": f"arn:aws:iam::{self._region.account.id}:role/{name}",
            "networkConfiguration": {"networkMode": "PUBLIC"},
            "status": "READY",
            "lifecycleConfiguration": {"maxLifetime": 3600},
            "description": "",
            "protocolConfiguration": {"serverProtocol": protocol},
            "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": image}},
            **fields,
        }
        runtime = AgentRuntime(self._region, tags or {}, {"1": members})
        self.runtimes[key] = runtime.endpoint("DEFAULT", "1")
        return runtime

    def remove(self, key: str) -> Self:
        """Delete a gateway or a runtime."""
        if self.gateways.pop(key, None) is not None:
            self._region.changed("DeleteGateway", {"gatewayIdentifier": key}, source=AGENTS)
        else:
            del self.runtimes[key]
            self._region.changed("DeleteAgentRuntime", {"agentRuntimeId": key}, source=AGENTS)
        return self


@dataclass(eq=False)
class Registry:
    """A registry; made by `AgentRegistry.add`. `records` are members of `GetRegistryRecord`'s answers by id."""

    region: Region = field(repr=False)
    fields: Fields
    records: dict[str, Fields] = field(default_factory=dict)

    def record(self, name: str, kind: str, *sources: str, **fields: object) -> Self:
        """Add a record.

        Args:
            name: Its name.
            kind: MCP, AGENT, CUSTOM, SKILL or GATEWAY.
            *sources: ARNs that it was detected from.
            **fields: Further members, for instance `status`.
        """
        arn, now = str(self.fields["registryArn"]), self.region.now()
        key = identifier(arn, name, length=_SECRET_LENGTH)
        self.records[key] = {
            "registryArn": arn,
            "recordArn": f"{arn}/record/{key}",
            "recordId": key,
            "name": name,
            "recordType": kind,
            "recordVersion": "1",
            "status": "APPROVED",
            "createdAt": now,
            "updatedAt": now,
            "createdByAutoDetection": bool(sources),
            "provenance": [{"relation": "DETECTED_FROM", "sourceId": each} for each in sources],
            **fields,
        }
        return self


class AgentRegistry:
    """Registries of a region, by id."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.by_id: dict[str, Registry] = {}

    def add(self, name: str, **fields: object) -> Registry:
        """Add a registry; `fields` are further members of its summary."""
        place, now = f"{self._region.name}:{self._region.account.id}", self._region.now()
        key = identifier(place, "registry", name, length=_SECRET_LENGTH)
        members: Fields = {
            "name": name,
            "registryId": key,
            "registryArn": f"arn:aws:agent-registry:{place}:registry/{key}",
            "status": "READY",
            "createdAt": now,
            "updatedAt": now,
            **fields,
        }
        self.by_id[key] = Registry(self._region, members)
        return self.by_id[key]
