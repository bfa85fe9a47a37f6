"""How each service pages: the members of its listings, and their largest pages.

botocore's paginators know the members as well, but neither the size to ask for nor that a page which is
refused for its size should be asked for without one.

Services that speak JSON answer with an empty list where there is nothing, so that an answer without the list
is none. Not so API Gateway of a domain's mappings, where an empty object was seen, and which is taken to hold
of the domains themselves; and not what speaks XML, where the SDK makes an empty list of an empty element only.
"""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws.picking import OBJECT, Item, number, part
from apiscape.collectors.contract import Malformed


class Paging(msgspec.Struct, frozen=True, gc=False):
    """How a service pages: token members, size member with its value, and the list's member.

    Attributes:
        within: Member of the answer that holds the list and the next token, where it is not the answer itself.
        lacks_empty: Whether an empty list may be left out of the answer; where it may not, an answer
            without it says nothing.
        counted: Member that says how many are listed, where an empty list is left out only with that.
    """

    token_in: str
    token_out: str
    size: dict[str, object]
    listed: str
    within: str | None = None
    lacks_empty: bool = False
    counted: str | None = None

    def page_of(self, answer: Item) -> Item:
        """Return as much of an answer as holds the list and the next token."""
        return answer if self.within is None else part(answer, self.within)

    def items_of(self, page: Item, operation: str) -> tuple[Item, ...]:
        """Return the objects of a page's list.

        Raises:
            Malformed: there is no list, and nothing says that it is empty.
        """
        is_empty = self.lacks_empty and (self.counted is None or number(page, self.counted) == 0)
        if is_empty and page.get(self.listed) is None:
            return ()
        return listed_of(page, self.listed, operation)


def listed_of(answer: Item, member: str, operation: str) -> tuple[Item, ...]:
    """Return the objects of a list; what in it is no object counts as one of which nothing is said.

    Raises:
        Malformed: there is no list, which is not the same as an empty one.
    """
    held = answer.get(member)
    if not isinstance(held, list | tuple):
        raise Malformed(f"the answer to {operation} has no {member}", operation=operation)
    return tuple(each if isinstance(each, OBJECT) else {} for each in held)


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
    "apigateway:GetBasePathMappings": Paging(
        "position", "position", {"limit": 500}, "items", lacks_empty=True
    ),
    "apigateway:GetDomainNames": Paging(
        "position", "position", {"limit": 500}, "items", lacks_empty=True
    ),
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
    "appsync:ListFunctions": Paging("nextToken", "nextToken", {"maxResults": 25}, "functions"),
    "appsync:ListResolvers": Paging("nextToken", "nextToken", {"maxResults": 25}, "resolvers"),
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
        "Marker", "NextMarker", {"MaxItems": 100}, "DistributionTenantList", lacks_empty=True
    ),
    "cloudfront:ListDistributions": Paging(
        "Marker",
        "NextMarker",
        {"MaxItems": "100"},
        "Items",
        "DistributionList",
        lacks_empty=True,
        counted="Quantity",
    ),
    "cloudtrail:LookupEvents": Paging("NextToken", "NextToken", {"MaxResults": 50}, "Events"),
    "elbv2:DescribeListeners": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "Listeners", lacks_empty=True
    ),
    "elbv2:DescribeLoadBalancers": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "LoadBalancers", lacks_empty=True
    ),
    "elbv2:DescribeRules": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "Rules", lacks_empty=True
    ),
    "elbv2:DescribeTargetGroups": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "TargetGroups", lacks_empty=True
    ),
    "elbv2:DescribeTrustStores": Paging(
        "Marker", "NextMarker", {"PageSize": 400}, "TrustStores", lacks_empty=True
    ),
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
