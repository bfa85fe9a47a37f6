"""A walk over all that the emulated AWS answers: every listing to its end, and every detail of what it lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jmespath
import msgspec
from botocore import xform_name
from botocore.exceptions import ClientError

from apiscape.demo.aws.wire.server import AwsServer

Params = dict[str, Any]
Found = dict[str, list[tuple[Params, Any]]]
"""What was asked of each operation, and what it answered."""


class Walk(msgspec.Struct):
    """What a walk came upon; `refused` are operations with the code that each was refused with."""

    found: Found = {}
    refused: list[tuple[str, str]] = []

    def answers(self, name: str) -> list[Any]:
        """Give what an operation answered, once for each time that it was asked."""
        return [answer for _, answer in self.found[name]]


class Step(msgspec.Struct, frozen=True):
    """One operation, asked once, or once for each thing that another operation gave.

    Attributes:
        of: The operation that gave them, and the expression that finds them in its answer.
        takes: Members of each thing by the parameters that they go to; of `/arn` what follows the last slash.
        also: Further parameters. `keeps`: whether those of the other operation are handed on.
    """

    name: str
    of: str = ""
    items: str = ""
    takes: Params = {}
    also: Params = {}
    keeps: bool = False

    def asked(self, found: Found) -> Iterator[Params]:
        """Yield the parameters of each call."""
        if not self.of:
            yield dict(self.also)
            return
        for params, answer in found[self.of]:
            for item in jmespath.search(self.items, answer) or ():
                taken = {name: _member(item, member) for name, member in self.takes.items()}
                kept = params if self.keeps else {}
                yield {k: v for k, v in (kept | taken | self.also).items() if v is not None}


def _member(item: Params, name: str) -> Any:
    if name.startswith("/"):
        return str(item[name[1:]]).rpartition("/")[2]
    return item.get(name)


_REST, _V2, _MESH = "apigateway", "apigatewayv2", "vpc-lattice"
_CORE, _REGISTRY = "bedrock-agentcore-control", "agent-registry-control"


def _plain(service: str, *operations: str) -> tuple[Step, ...]:
    return tuple(Step(f"{service}:{operation}") for operation in operations)


def _below(
    of: str, items: str, takes: Params, *names: str, keeps: bool = False
) -> tuple[Step, ...]:
    return tuple(Step(name, of, items, takes, keeps=keeps) for name in names)


_NOON, _DAY = datetime(2026, 1, 5, 12, tzinfo=UTC), timedelta(days=1)
_REQUESTS = {
    "Namespace": "AWS/ApiGateway",
    "MetricName": "Count",
    "Dimensions": [{"Name": "ApiName", "Value": "flood-warnings"}],
}
_QUERIES = [{"Id": "requests", "MetricStat": {"Metric": _REQUESTS, "Period": 3600, "Stat": "Sum"}}]
_APIS = ("Authorizers", "Deployments", "Resources", "RestApi", "Stages")
_APIS_V2 = ("Api", "Authorizers", "Deployments", "Integrations", "Routes", "Stages")
_NAMED = {"DomainName": "domainName", "DomainNameId": "domainNameId"}
_DOMAINS = {"domainName": "domainName", "domainNameId": "domainNameId"}

STEPS = (
    *_plain("account", "ListRegions"),
    *_plain("organizations", "DescribeOrganization", "ListAccounts"),
    *_plain("sts", "GetCallerIdentity"),
    Step(
        "cloudwatch:GetMetricData",
        also={"MetricDataQueries": _QUERIES, "StartTime": _NOON - _DAY, "EndTime": _NOON},
    ),
    *_plain("cloudtrail", "LookupEvents"),
    # API Gateway
    *_plain(_REST, "GetAccount", "GetApiKeys", "GetClientCertificates", "GetDomainNames"),
    *_plain(
        _REST, "GetDomainNameAccessAssociations", "GetRestApis", "GetUsagePlans", "GetVpcLinks"
    ),
    *_below(
        f"{_REST}:GetRestApis",
        "items",
        {"restApiId": "id"},
        *(f"{_REST}:Get{kind}" for kind in _APIS),
    ),
    Step(
        f"{_REST}:GetExport",
        f"{_REST}:GetStages",
        "item",
        {"stageName": "stageName"},
        {"exportType": "oas30"},
        keeps=True,
    ),
    *_below(
        f"{_REST}:GetDomainNames",
        "items",
        _DOMAINS,
        *(f"{_REST}:{name}" for name in ("GetBasePathMappings", "GetDomainName")),
    ),
    *_below(
        f"{_REST}:GetRestApis",
        "items[].{arn: join('', ['arn:aws:apigateway:eu-west-1::/restapis/', id])}",
        {"resourceArn": "arn"},
        f"{_REST}:GetTags",
    ),
    *_below(f"{_REST}:GetUsagePlans", "items", {"usagePlanId": "id"}, f"{_REST}:GetUsagePlanKeys"),
    *_plain(_V2, "GetApis", "GetDomainNames", "GetVpcLinks", "ListPortals"),
    *_below(
        f"{_V2}:GetApis", "Items", {"ApiId": "ApiId"}, *(f"{_V2}:Get{kind}" for kind in _APIS_V2)
    ),
    Step(
        f"{_V2}:ExportApi",
        f"{_V2}:GetApis",
        "Items[?ProtocolType=='HTTP']",
        {"ApiId": "ApiId"},
        {"Specification": "OAS30", "OutputType": "JSON"},
    ),
    *_below(f"{_REST}:GetDomainNames", "items", _NAMED, f"{_V2}:ListRoutingRules"),
    *_below(
        f"{_V2}:GetDomainNames", "Items", {"DomainName": "DomainName"}, f"{_V2}:GetApiMappings"
    ),
    *_below(
        f"{_V2}:ListPortals",
        "Items[].IncludedPortalProductArns[].{arn: @}",
        {"PortalProductId": "/arn"},
        f"{_V2}:ListProductRestEndpointPages",
    ),
    # What leads there
    *_plain("cloudfront", "ListDistributions", "ListDistributionTenants"),
    *_plain("acm", "ListCertificates"),
    *_plain("route53", "ListHostedZones"),
    *_below(
        "route53:ListHostedZones",
        "HostedZones",
        {"HostedZoneId": "Id"},
        "route53:ListResourceRecordSets",
    ),
    # Load balancers
    *_plain("elbv2", "DescribeLoadBalancers", "DescribeTargetGroups"),
    *_below(
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers",
        {"LoadBalancerArn": "LoadBalancerArn"},
        "elbv2:DescribeListeners",
        "elbv2:DescribeLoadBalancerAttributes",
    ),
    *_below(
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers[].{arns: [LoadBalancerArn]}",
        {"ResourceArns": "arns"},
        "elbv2:DescribeTags",
    ),
    *_below(
        "elbv2:DescribeListeners",
        "Listeners",
        {"ListenerArn": "ListenerArn"},
        "elbv2:DescribeRules",
    ),
    *_below(
        "elbv2:DescribeTargetGroups",
        "TargetGroups",
        {"TargetGroupArn": "TargetGroupArn"},
        "elbv2:DescribeTargetHealth",
    ),
    Step("wafv2:ListWebACLs", also={"Scope": "REGIONAL"}),
    *_below("wafv2:ListWebACLs", "WebACLs", {"WebACLArn": "ARN"}, "wafv2:ListResourcesForWebACL"),
    # Functions and services
    *_plain("lambda", "ListFunctions"),
    *_below(
        "lambda:ListFunctions",
        "Functions",
        {"FunctionName": "FunctionName"},
        "lambda:GetFunctionConfiguration",
        "lambda:ListFunctionUrlConfigs",
    ),
    *_below(
        "lambda:ListFunctions", "Functions", {"FunctionName": "FunctionName"}, "lambda:GetPolicy"
    ),
    *_below("lambda:ListFunctions", "Functions", {"Resource": "FunctionArn"}, "lambda:ListTags"),
    *_plain("lambda-web", "ListWebFunctions"),
    *_below(
        "lambda-web:ListWebFunctions",
        "functions",
        {"functionName": "functionName"},
        "lambda-web:GetWebFunction",
        "lambda-web:ListWebFunctionEndpoints",
    ),
    *_below(
        "lambda-web:ListWebFunctions",
        "functions",
        {"resource": "functionArn"},
        "lambda-web:ListTags",
    ),
    *_below(
        "lambda-web:ListWebFunctions",
        "functions",
        {"resourceArn": "functionArn"},
        "lambda-web:GetResourcePolicy",
    ),
    *_plain("apprunner", "ListServices"),
    *_below(
        "apprunner:ListServices",
        "ServiceSummaryList",
        {"ServiceArn": "ServiceArn"},
        "apprunner:DescribeService",
        "apprunner:DescribeCustomDomains",
    ),
    *_below(
        "apprunner:ListServices",
        "ServiceSummaryList",
        {"ResourceArn": "ServiceArn"},
        "apprunner:ListTagsForResource",
        "wafv2:GetWebACLForResource",
    ),
    # AppSync
    *_plain("appsync", "ListApis", "ListDomainNames", "ListGraphqlApis"),
    *_below(
        "appsync:ListGraphqlApis",
        "graphqlApis",
        {"apiId": "apiId"},
        *(f"appsync:List{kind}" for kind in ("ApiKeys", "DataSources", "SourceApiAssociations")),
        "appsync:GetGraphqlApi",
        "appsync:ListFunctions",
    ),
    Step(
        "appsync:ListResolvers",
        "appsync:ListGraphqlApis",
        "graphqlApis",
        {"apiId": "apiId"},
        {"typeName": "Query"},
    ),
    Step(
        "appsync:GetIntrospectionSchema",
        "appsync:ListGraphqlApis",
        "graphqlApis",
        {"apiId": "apiId"},
        {"format": "SDL"},
    ),
    *_below(
        "appsync:ListApis",
        "apis",
        {"apiId": "apiId"},
        "appsync:GetApi",
        "appsync:ListChannelNamespaces",
    ),
    *_below(
        "appsync:ListDomainNames",
        "domainNameConfigs",
        {"domainName": "domainName"},
        "appsync:GetApiAssociation",
        "appsync:GetDomainName",
    ),
    # Agents
    *_plain(_CORE, "ListGateways", "ListAgentRuntimes"),
    *_below(
        f"{_CORE}:ListGateways",
        "items",
        {"gatewayIdentifier": "gatewayId"},
        f"{_CORE}:GetGateway",
        f"{_CORE}:ListGatewayTargets",
    ),
    *_below(
        f"{_CORE}:ListGatewayTargets",
        "items",
        {"targetId": "targetId"},
        f"{_CORE}:GetGatewayTarget",
        keeps=True,
    ),
    *_below(
        f"{_CORE}:ListAgentRuntimes",
        "agentRuntimes",
        {"agentRuntimeId": "agentRuntimeId"},
        f"{_CORE}:GetAgentRuntime",
        f"{_CORE}:ListAgentRuntimeEndpoints",
    ),
    *_below(
        f"{_CORE}:ListAgentRuntimes",
        "agentRuntimes",
        {"resourceArn": "agentRuntimeArn"},
        f"{_CORE}:ListTagsForResource",
    ),
    *_plain(_REGISTRY, "ListRegistries"),
    *_below(
        f"{_REGISTRY}:ListRegistries",
        "registries",
        {"registryId": "registryId"},
        f"{_REGISTRY}:ListRegistryRecords",
    ),
    *_below(
        f"{_REGISTRY}:ListRegistryRecords",
        "registryRecords",
        {"recordId": "recordId"},
        f"{_REGISTRY}:GetRegistryRecord",
        keeps=True,
    ),
    # Lattice
    *_plain(_MESH, "ListServices", "ListTargetGroups"),
    *_below(
        f"{_MESH}:ListServices",
        "items",
        {"serviceIdentifier": "id"},
        f"{_MESH}:GetService",
        f"{_MESH}:ListListeners",
        f"{_MESH}:ListServiceNetworkServiceAssociations",
    ),
    *_below(
        f"{_MESH}:ListListeners",
        "items",
        {"listenerIdentifier": "id"},
        f"{_MESH}:ListRules",
        keeps=True,
    ),
    *_below(
        f"{_MESH}:ListRules", "items", {"ruleIdentifier": "id"}, f"{_MESH}:GetRule", keeps=True
    ),
    *_below(
        f"{_MESH}:ListServiceNetworkServiceAssociations",
        "items",
        {"serviceNetworkIdentifier": "serviceNetworkId"},
        f"{_MESH}:GetServiceNetwork",
        f"{_MESH}:ListServiceNetworkVpcAssociations",
    ),
    *_below(
        f"{_MESH}:ListServices",
        "items",
        {"resourceIdentifier": "id"},
        f"{_MESH}:GetAuthPolicy",
    ),
    *_below(
        f"{_MESH}:ListServiceNetworkServiceAssociations",
        "items",
        {"resourceIdentifier": "serviceNetworkArn"},
        f"{_MESH}:ListAccessLogSubscriptions",
    ),
    *_below(
        f"{_MESH}:ListServices", "items", {"resourceArn": "arn"}, f"{_MESH}:ListTagsForResource"
    ),
)


def walk(server: AwsServer, account: str, region: str) -> Walk:
    """Ask every step of an account and region, each listing to its end by the SDK's own paginator."""
    walked, clients = Walk(), {}
    for step in STEPS:
        service, _, operation = step.name.partition(":")
        if service not in clients:
            clients[service] = server.client(service, account, region)
        answers = walked.found.setdefault(step.name, [])
        for asked in step.asked(walked.found):
            try:
                answers.append((asked, _ask(clients[service], operation, asked)))
            except ClientError as error:
                response: Any = error.response
                walked.refused.append((step.name, str(response["Error"]["Code"])))
    return walked


def _ask(client: Any, operation: str, asked: Params) -> Any:
    method = xform_name(operation)
    if client.can_paginate(method):
        return client.get_paginator(method).paginate(**asked).build_full_result()
    return getattr(client, method)(**asked)
