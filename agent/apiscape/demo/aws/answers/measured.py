"""Whose loads a metric is of: what CloudWatch's namespaces tell their metrics apart by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.balancers import Balancers
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.estate.region import Region

Dimensions = Mapping[str, str]
Found = tuple[str, list[Load]]


def find_loads(region: Region, namespace: str, dimensions: Dimensions) -> Found:
    """Give the kind and the loads behind some dimensions; nothing where nobody reports under just these."""
    find = _NAMESPACES.get(namespace)
    return ("REST", []) if find is None else find(region, dimensions)


def series_name(name: str, api_id: str) -> str:
    """Give the name of a REST API as CloudWatch has it: what is not ASCII is dropped, all of it gives the id."""
    return name.encode("ascii", "ignore").decode() or api_id


def _of_stages(region: Region, dimensions: Dimensions) -> Found:
    """Find API Gateway's: v1 is known by name, v2 by id."""
    stage = dimensions.get("Stage")
    if set(dimensions) <= {"ApiName", "Stage"} and "ApiName" in dimensions:
        named = dimensions["ApiName"]
        ids = [
            api.id for api in region.rest_apis.values() if series_name(api.name, api.id) == named
        ]
        return "REST", _called(region, ids, stage)
    api = region.v2_apis.get(dimensions.get("ApiId", ""))
    if api is None or not set(dimensions) <= {"ApiId", "Stage"}:
        return "HTTP", []
    return str(api.fields["ProtocolType"]), _called(region, [api.id], stage)


def _of_appsync(region: Region, dimensions: Dimensions) -> Found:
    match dimensions:
        case {"GraphQLAPIId": key, **others} | {"EventAPIId": key, **others} if not others:
            return "APPSYNC", _called(region, [key], None)
        case _:
            return "APPSYNC", []


def _of_functions(region: Region, dimensions: Dimensions) -> Found:
    """Find those of function URLs: of all of a function, or of one of its aliases."""
    name, resource = dimensions.get("FunctionName", ""), dimensions.get("Resource")
    if not set(dimensions) <= {"FunctionName", "Resource"}:
        return "FUNCTION_URL", []
    alias = None if resource is None else resource.removeprefix(f"{name}:")
    return "FUNCTION_URL", _called(region, [name], alias)


def _of_balancers(region: Region, dimensions: Dimensions) -> Found:
    """Find those of a target group, of the load balancer that it is said to be behind."""
    held = region.shelves.of(Balancers)
    suffix, balancer = dimensions.get("TargetGroup", ""), dimensions.get("LoadBalancer", "")
    behind = any(arn.endswith(f":loadbalancer/{balancer}") for arn in held.balancers)
    if set(dimensions) != {"TargetGroup", "LoadBalancer"} or not behind:
        return "TARGET_GROUP", []
    groups = [arn for arn in held.groups if arn.endswith(f":{suffix}")]
    return "TARGET_GROUP", _called(region, groups, None)


def _of_lattice(region: Region, dimensions: Dimensions) -> Found:
    named = [key for key in region.shelves.of(Lattice).services if {"Service": key} == dimensions]
    return "LATTICE", _called(region, named, None)


def _of_app_runner(region: Region, dimensions: Dimensions) -> Found:
    named = [
        service.arn
        for service in region.shelves.of(AppRunner).by_arn.values()
        if {"ServiceName": service.fields["ServiceName"], "ServiceID": service.fields["ServiceId"]}
        == dimensions
    ]
    return "APP_RUNNER", _called(region, named, None)


def _of_agents(region: Region, dimensions: Dimensions) -> Found:
    core = region.shelves.of(AgentCore)
    gateways = [
        each.arn
        for each in core.gateways.values()
        if {"Operation": "InvokeGateway", "Protocol": "MCP", "Resource": each.arn} == dimensions
    ]
    if gateways:
        return "AGENTCORE", _called(region, gateways, None)
    for runtime in core.runtimes.values():
        name = f"{runtime.fields['agentRuntimeName']}::"
        endpoint = dimensions.get("Name", "").removeprefix(name)
        wanted = {"Operation": "InvokeAgentRuntime", "Resource": runtime.arn}
        if wanted | {"Name": f"{name}{endpoint}"} == dimensions:
            return "AGENTCORE", _called(region, [runtime.arn], endpoint)
    return "AGENTCORE", []


def _called(region: Region, ids: Collection[str], stage: str | None) -> list[Load]:
    """Give the loads of some ids: of one stage, or of all."""
    if stage is None:
        return [load for (key, _), load in region.loads.items() if key in ids]
    return [region.loads[key, stage] for key in ids if (key, stage) in region.loads]


_NAMESPACES: dict[str, Callable[[Region, Dimensions], Found]] = {
    "AWS/ApiGateway": _of_stages,
    "AWS/AppSync": _of_appsync,
    "AWS/Lambda": _of_functions,
    "AWS/ApplicationELB": _of_balancers,
    "AWS/VpcLattice": _of_lattice,
    "AWS/AppRunner": _of_app_runner,
    "AWS/Bedrock-AgentCore": _of_agents,
}
