"""How each service pages: the members of its listings, and their largest pages.

botocore's paginators know the members as well, but neither the size to ask for nor that a page which is
refused for its size should be asked for without one.
"""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws.picking import Item, part


class Paging(msgspec.Struct, frozen=True, gc=False):
    """How a service pages: token members, size member with its value, and the list's member.

    Attributes:
        within: Member of the answer that holds the list and the next token, where it is not the answer itself.
    """

    token_in: str
    token_out: str
    size: dict[str, object]
    listed: str
    within: str | None = None

    def page_of(self, answer: Item) -> Item:
        """Return as much of an answer as holds the list and the next token."""
        return answer if self.within is None else part(answer, self.within)


PAGING = {
    "acm:ListCertificates": Paging(
        "NextToken", "NextToken", {"MaxItems": 1000}, "CertificateSummaryList"
    ),
    "agent-registry-control:ListRegistries": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "registries"
    ),
    "agent-registry-control:ListRegistryRecords": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "registryRecords"
    ),
    "apigateway": Paging("position", "position", {"limit": 500}, "items"),
    "apigatewayv2": Paging("NextToken", "NextToken", {"MaxResults": "500"}, "Items"),
    "apigatewayv2:ListRoutingRules": Paging(
        "NextToken", "NextToken", {"MaxResults": 100}, "RoutingRules"
    ),
    "apprunner:DescribeCustomDomains": Paging(
        "NextToken", "NextToken", {"MaxResults": 5}, "CustomDomains"
    ),
    "apprunner:ListServices": Paging(
        "NextToken", "NextToken", {"MaxResults": 20}, "ServiceSummaryList"
    ),
    "appsync:ListApis": Paging("nextToken", "nextToken", {"maxResults": 25}, "apis"),
    "appsync:ListChannelNamespaces": Paging(
        "nextToken", "nextToken", {"maxResults": 25}, "channelNamespaces"
    ),
    "appsync:ListDataSources": Paging("nextToken", "nextToken", {"maxResults": 25}, "dataSources"),
    "appsync:ListDomainNames": Paging(
        "nextToken", "nextToken", {"maxResults": 25}, "domainNameConfigs"
    ),
    "appsync:ListGraphqlApis": Paging("nextToken", "nextToken", {"maxResults": 25}, "graphqlApis"),
    "appsync:ListSourceApiAssociations": Paging(
        "nextToken", "nextToken", {"maxResults": 25}, "sourceApiAssociationSummaries"
    ),
    "bedrock-agentcore-control:ListAgentRuntimeEndpoints": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "runtimeEndpoints"
    ),
    "bedrock-agentcore-control:ListAgentRuntimes": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "agentRuntimes"
    ),
    "bedrock-agentcore-control:ListGatewayTargets": Paging(
        "nextToken", "nextToken", {"maxResults": 1000}, "items"
    ),
    "bedrock-agentcore-control:ListGateways": Paging(
        "nextToken", "nextToken", {"maxResults": 1000}, "items"
    ),
    "bedrock-agentcore-control:ListRegistries": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "registries"
    ),
    "bedrock-agentcore-control:ListRegistryRecords": Paging(
        "nextToken", "nextToken", {"maxResults": 100}, "registryRecords"
    ),
    "cloudfront:ListDistributionTenants": Paging(
        "Marker", "NextMarker", {"MaxItems": 100}, "DistributionTenantList"
    ),
    "cloudfront:ListDistributions": Paging(
        "Marker", "NextMarker", {"MaxItems": "100"}, "Items", "DistributionList"
    ),
    "cloudtrail:LookupEvents": Paging("NextToken", "NextToken", {"MaxResults": 50}, "Events"),
    "elbv2:DescribeListeners": Paging("Marker", "NextMarker", {"PageSize": 400}, "Listeners"),
    "elbv2:DescribeLoadBalancers": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "LoadBalancers"
    ),
    "elbv2:DescribeRules": Paging("Marker", "NextMarker", {"PageSize": 400}, "Rules"),
    "elbv2:DescribeTargetGroups": Paging("Marker", "NextMarker", {"PageSize": 400}, "TargetGroups"),
    "elbv2:DescribeTrustStores": Paging("Marker", "NextMarker", {"PageSize": 400}, "TrustStores"),
    "lambda-web:ListWebFunctionEndpoints": Paging(
        "nextToken", "nextToken", {"maxResults": 50}, "endpoints"
    ),
    "lambda-web:ListWebFunctions": Paging(
        "nextToken", "nextToken", {"maxResults": 50}, "functions"
    ),
    "lambda:ListFunctionUrlConfigs": Paging(
        "Marker", "NextMarker", {"MaxItems": 50}, "FunctionUrlConfigs"
    ),
    "lambda:ListFunctions": Paging("Marker", "NextMarker", {"MaxItems": 50}, "Functions"),
    "route53:ListHostedZones": Paging("Marker", "NextMarker", {"MaxItems": "100"}, "HostedZones"),
    "vpc-lattice": Paging("nextToken", "nextToken", {"maxResults": 100}, "items"),
    "wafv2:ListWebACLs": Paging("NextMarker", "NextMarker", {"Limit": 100}, "WebACLs"),
}
"""Largest pages, of a service or of one of its operations.

For most of v2 none is documented: where ours is refused, the service's own size is taken.
"""


def paging_of(operation: str) -> Paging:
    """Return how an operation (`appsync:ListApis`) pages."""
    return PAGING.get(operation) or PAGING[operation.partition(":")[0]]
