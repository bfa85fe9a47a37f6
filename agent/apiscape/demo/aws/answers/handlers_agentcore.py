"""Bedrock AgentCore (`bedrock-agentcore-control`) and Agent Registry (`agent-registry-control`)."""

from __future__ import annotations

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.agentcore import (
    AgentCore,
    AgentGateway,
    AgentRegistry,
    AgentRuntime,
    Registry,
)
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.refusing.refusals import Refusal

_CONTROL, _REGISTRY = "bedrock-agentcore-control", "agent-registry-control"
_GATEWAY_SUMMARY = (
    *("gatewayId", "name", "status", "description", "createdAt", "updatedAt"),
    *("authorizerType", "protocolType"),
)
_TARGET_SUMMARY = (
    *("targetId", "name", "status", "description", "createdAt", "updatedAt", "targetType"),
)
_RUNTIME_SUMMARY = (
    *("agentRuntimeArn", "agentRuntimeId", "agentRuntimeVersion", "agentRuntimeName"),
    *("description", "lastUpdatedAt", "status"),
)
_RECORD_SUMMARY = (
    *("registryArn", "recordArn", "recordId", "name", "displayName", "description", "recordType"),
    *("recordVersion", "status", "createdAt", "updatedAt", "createdByAutoDetection"),
)


def _some(fields: Fields, names: tuple[str, ...]) -> Fields:
    return {name: fields[name] for name in names if name in fields}


def _missing(what: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"{what} does not exist", status=404)


def _gateway(context: Context, params: Params) -> AgentGateway:
    found = context.region.shelves.of(AgentCore).gateways.get(params["gatewayIdentifier"])
    if found is None:
        raise _missing("Gateway")
    return found


def list_gateways(context: Context, params: Params) -> Output:
    """List gateways, as summaries."""
    gateways = list(context.region.shelves.of(AgentCore).gateways.values())
    summaries = [_some(each.fields, _GATEWAY_SUMMARY) for each in gateways]
    return page(f"{_CONTROL}:ListGateways", summaries, params)


def get_gateway(context: Context, params: Params) -> Output:
    """Give a gateway."""
    return dict(_gateway(context, params).fields)


def list_gateway_targets(context: Context, params: Params) -> Output:
    """List a gateway's targets, as summaries."""
    targets = list(_gateway(context, params).targets.values())
    summaries = [_some(each, _TARGET_SUMMARY) for each in targets]
    return page(f"{_CONTROL}:ListGatewayTargets", summaries, params)


def get_gateway_target(context: Context, params: Params) -> Output:
    """Give a target of a gateway."""
    found = _gateway(context, params).targets.get(params["targetId"])
    if found is None:
        raise _missing("Target")
    return {name: value for name, value in found.items() if name != "targetType"}


def _runtime(context: Context, params: Params) -> AgentRuntime:
    found = context.region.shelves.of(AgentCore).runtimes.get(params["agentRuntimeId"])
    if found is None:
        raise _missing("Agent runtime")
    return found


def list_agent_runtimes(context: Context, params: Params) -> Output:
    """List runtimes, as summaries of their newest versions."""
    runtimes = list(context.region.shelves.of(AgentCore).runtimes.values())
    summaries = [_some(each.fields, _RUNTIME_SUMMARY) for each in runtimes]
    return page(f"{_CONTROL}:ListAgentRuntimes", summaries, params)


def get_agent_runtime(context: Context, params: Params) -> Output:
    """Give a version of a runtime, the newest if none is named, its environment included."""
    runtime = _runtime(context, params)
    version = params.get("agentRuntimeVersion")
    found = runtime.versions.get(version) if version else runtime.fields
    if found is None:
        raise _missing("Agent runtime version")
    return dict(found)


def list_agent_runtime_endpoints(context: Context, params: Params) -> Output:
    """List a runtime's endpoints."""
    endpoints = list(_runtime(context, params).endpoints.values())
    return page(f"{_CONTROL}:ListAgentRuntimeEndpoints", endpoints, params)


def list_tags_for_resource(context: Context, params: Params) -> Output:
    """Give the tags of a gateway or of a runtime."""
    core = context.region.shelves.of(AgentCore)
    held: list[AgentGateway | AgentRuntime] = [*core.gateways.values(), *core.runtimes.values()]
    for each in held:
        if each.arn == params["resourceArn"]:
            return {"tags": dict(each.tags)}
    raise _missing("Resource")


# ── Agent Registry ───────────────────────────────────────────────────────────


def _registry(context: Context, params: Params) -> Registry:
    found = context.region.shelves.of(AgentRegistry).by_id.get(params["registryId"])
    if found is None:
        raise _missing("Registry")
    return found


def list_registries(context: Context, params: Params) -> Output:
    """List registries."""
    registries = list(context.region.shelves.of(AgentRegistry).by_id.values())
    return page(f"{_REGISTRY}:ListRegistries", [each.fields for each in registries], params)


def list_registry_records(context: Context, params: Params) -> Output:
    """List a registry's records, as summaries with where they were detected."""
    records = list(_registry(context, params).records.values())
    summaries = [
        {**_some(each, _RECORD_SUMMARY), "provenanceSummaryList": each["provenance"]}
        for each in records
    ]
    return page(f"{_REGISTRY}:ListRegistryRecords", summaries, params)


def get_registry_record(context: Context, params: Params) -> Output:
    """Give a record, its descriptors included."""
    found = _registry(context, params).records.get(params["recordId"])
    if found is None:
        raise _missing("Record")
    return dict(found)


HANDLERS: dict[str, Handler] = {
    f"{_CONTROL}:GetAgentRuntime": get_agent_runtime,
    f"{_CONTROL}:GetGateway": get_gateway,
    f"{_CONTROL}:GetGatewayTarget": get_gateway_target,
    f"{_CONTROL}:ListAgentRuntimeEndpoints": list_agent_runtime_endpoints,
    f"{_CONTROL}:ListAgentRuntimes": list_agent_runtimes,
    f"{_CONTROL}:ListGatewayTargets": list_gateway_targets,
    f"{_CONTROL}:ListGateways": list_gateways,
    f"{_CONTROL}:ListTagsForResource": list_tags_for_resource,
    f"{_REGISTRY}:GetRegistryRecord": get_registry_record,
    f"{_REGISTRY}:ListRegistries": list_registries,
    f"{_REGISTRY}:ListRegistryRecords": list_registry_records,
}
