"""Listings cut into pages as each service does it: sizes, token members, tokens."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from apiscape.demo.aws.answers.context import Output, Params
from apiscape.demo.aws.refusing.refusals import Refusal

_NUMBER = re.compile(r"[0-9]{1,9}")


class Paging(msgspec.Struct, frozen=True, gc=False):
    """How a service pages.

    Args:
        size_member: Input member that asks for a page size.
        token_in: Input member of the page token.
        token_out: Output member of the next token.
        items: Output member of the items.
        error: Code of the refusal of a bad size or token.
        size: Page size if none is asked for.
        largest: Largest page size that may be asked for.
        within: Output member that holds items and token, where they do not stand in the answer itself.
    """

    size_member: str
    token_in: str
    token_out: str
    items: str
    error: str
    size: int
    largest: int
    within: str | None = None


#: By service, or by operation where one differs: documented defaults and maxima. Where v2 documents
#: none, v1's are taken; where a service documents no default, a small one.
PAGING = {
    "account": Paging(
        "MaxResults", "NextToken", "NextToken", "Regions", "ValidationException", 50, 50
    ),
    "acm:ListCertificates": Paging(
        "MaxItems",
        "NextToken",
        "NextToken",
        "CertificateSummaryList",
        "ValidationException",
        1000,
        1000,
    ),
    "agent-registry-control:ListRegistries": Paging(
        "maxResults", "nextToken", "nextToken", "registries", "ValidationException", 20, 100
    ),
    "agent-registry-control:ListRegistryRecords": Paging(
        "maxResults", "nextToken", "nextToken", "registryRecords", "ValidationException", 20, 100
    ),
    "apigateway": Paging("limit", "position", "position", "items", "BadRequestException", 25, 500),
    "apigatewayv2": Paging(
        "MaxResults", "NextToken", "NextToken", "Items", "BadRequestException", 25, 500
    ),
    "apigatewayv2:ListRoutingRules": Paging(
        "MaxResults", "NextToken", "NextToken", "RoutingRules", "BadRequestException", 25, 100
    ),
    "apprunner:DescribeCustomDomains": Paging(
        "MaxResults", "NextToken", "NextToken", "CustomDomains", "InvalidRequestException", 5, 5
    ),
    "apprunner:ListServices": Paging(
        "MaxResults",
        "NextToken",
        "NextToken",
        "ServiceSummaryList",
        "InvalidRequestException",
        20,
        20,
    ),
    "appsync:ListApis": Paging(
        "maxResults", "nextToken", "nextToken", "apis", "BadRequestException", 10, 25
    ),
    "appsync:ListChannelNamespaces": Paging(
        "maxResults", "nextToken", "nextToken", "channelNamespaces", "BadRequestException", 10, 25
    ),
    "appsync:ListDataSources": Paging(
        "maxResults", "nextToken", "nextToken", "dataSources", "BadRequestException", 10, 25
    ),
    "appsync:ListDomainNames": Paging(
        "maxResults", "nextToken", "nextToken", "domainNameConfigs", "BadRequestException", 10, 25
    ),
    "appsync:ListFunctions": Paging(
        "maxResults", "nextToken", "nextToken", "functions", "BadRequestException", 10, 25
    ),
    "appsync:ListGraphqlApis": Paging(
        "maxResults", "nextToken", "nextToken", "graphqlApis", "BadRequestException", 10, 25
    ),
    "appsync:ListResolvers": Paging(
        "maxResults", "nextToken", "nextToken", "resolvers", "BadRequestException", 10, 25
    ),
    "appsync:ListSourceApiAssociations": Paging(
        "maxResults",
        "nextToken",
        "nextToken",
        "sourceApiAssociationSummaries",
        "BadRequestException",
        10,
        25,
    ),
    "bedrock-agentcore-control:ListAgentRuntimeEndpoints": Paging(
        "maxResults", "nextToken", "nextToken", "runtimeEndpoints", "ValidationException", 10, 100
    ),
    "bedrock-agentcore-control:ListAgentRuntimes": Paging(
        "maxResults", "nextToken", "nextToken", "agentRuntimes", "ValidationException", 10, 100
    ),
    "bedrock-agentcore-control:ListGatewayTargets": Paging(
        "maxResults", "nextToken", "nextToken", "items", "ValidationException", 10, 1000
    ),
    "bedrock-agentcore-control:ListGateways": Paging(
        "maxResults", "nextToken", "nextToken", "items", "ValidationException", 10, 1000
    ),
    "bedrock-agentcore-control:ListRegistries": Paging(
        "maxResults", "nextToken", "nextToken", "registries", "ValidationException", 10, 100
    ),
    "bedrock-agentcore-control:ListRegistryRecords": Paging(
        "maxResults", "nextToken", "nextToken", "registryRecords", "ValidationException", 10, 100
    ),
    "cloudfront:ListDistributionTenants": Paging(
        "MaxItems", "Marker", "NextMarker", "DistributionTenantList", "InvalidArgument", 100, 100
    ),
    "cloudfront:ListDistributions": Paging(
        "MaxItems",
        "Marker",
        "NextMarker",
        "Items",
        "InvalidArgument",
        100,
        100,
        "DistributionList",
    ),
    "cloudtrail:LookupEvents": Paging(
        "MaxResults", "NextToken", "NextToken", "Events", "InvalidMaxResultsException", 50, 50
    ),
    "elbv2:DescribeListeners": Paging(
        "PageSize", "Marker", "NextMarker", "Listeners", "ValidationError", 400, 400
    ),
    "elbv2:DescribeLoadBalancers": Paging(
        "PageSize", "Marker", "NextMarker", "LoadBalancers", "ValidationError", 400, 400
    ),
    "elbv2:DescribeRules": Paging(
        "PageSize", "Marker", "NextMarker", "Rules", "ValidationError", 400, 400
    ),
    "elbv2:DescribeTargetGroups": Paging(
        "PageSize", "Marker", "NextMarker", "TargetGroups", "ValidationError", 400, 400
    ),
    "elbv2:DescribeTrustStores": Paging(
        "PageSize", "Marker", "NextMarker", "TrustStores", "ValidationError", 400, 400
    ),
    "lambda-web:ListWebFunctionEndpoints": Paging(
        "maxResults", "nextToken", "nextToken", "endpoints", "ValidationException", 50, 50
    ),
    "lambda-web:ListWebFunctions": Paging(
        "maxResults", "nextToken", "nextToken", "functions", "ValidationException", 50, 50
    ),
    "lambda:ListFunctionUrlConfigs": Paging(
        "MaxItems",
        "Marker",
        "NextMarker",
        "FunctionUrlConfigs",
        "InvalidParameterValueException",
        50,
        50,
    ),
    "lambda:ListFunctions": Paging(
        "MaxItems", "Marker", "NextMarker", "Functions", "InvalidParameterValueException", 50, 10000
    ),
    "organizations": Paging(
        "MaxResults", "NextToken", "NextToken", "Accounts", "InvalidInputException", 20, 20
    ),
    "route53:ListHostedZones": Paging(
        "MaxItems", "Marker", "NextMarker", "HostedZones", "InvalidInput", 100, 100
    ),
    "vpc-lattice": Paging(
        "maxResults", "nextToken", "nextToken", "items", "ValidationException", 100, 100
    ),
    "wafv2:ListWebACLs": Paging(
        "Limit", "NextMarker", "NextMarker", "WebACLs", "WAFInvalidParameterException", 100, 100
    ),
}


def find_paging(name: str) -> Paging | None:
    """Give how an operation (`apigatewayv2:GetApis`) or a service pages."""
    return PAGING.get(name) or PAGING.get(name.partition(":")[0])


def page(name: str, items: Sequence[Any], params: Params) -> Output:
    """Cut the page that the input asks for, of a service (`appsync`) or an operation (`elbv2:DescribeRules`).

    Raises:
        Refusal: The size is no number or out of range, or the token is not one of ours.
    """
    paging = find_paging(name) or PAGING[name]
    start = _start(params.get(paging.token_in), paging)
    size = _size(params.get(paging.size_member, paging.size), paging)
    output: Output = {paging.items: list(items[start : start + size])}
    if start + size < len(items):
        output[paging.token_out] = token(start + size)
    return output


def token(start: int) -> str:
    """Make the token of the page that starts at an index."""
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(given: str | None, paging: Paging) -> int:
    if not given:
        return 0
    try:
        kind, _, start = base64.urlsafe_b64decode(given).decode().partition(":")
    except ValueError:
        kind, start = "", ""
    if kind != "from" or not _NUMBER.fullmatch(start):
        raise Refusal(paging.error, f"Invalid {paging.token_in} specified")
    return int(start)


def _size(given: object, paging: Paging) -> int:
    text = str(given)
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= paging.largest:
        raise Refusal(paging.error, f"Invalid {paging.size_member}: must be 1 to {paging.largest}")
    return int(text)
