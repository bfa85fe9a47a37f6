"""The whole department on the wire: every operation answers, fits its shape, and agrees with the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath
import pytest

from apiscape.demo.aws.answers.paging import find_paging
from apiscape.demo.aws.seeds.department import DUBLIN, LIVE, LONDON, SHARED, TEST, department
from apiscape.demo.aws.wire.dispatch import HANDLERS
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.walking import STEPS, Walk, walk

ELSEWHERE = frozenset({"sts:AssumeRole", "lambda-web:GetResourcePolicy"})
"""Operations that the department gives no answer of, and that have their tests elsewhere."""

NONE_SEEDED = frozenset({"apigatewayv2:ListRoutingRules", "cloudfront:ListDistributionTenants"})
"""Listings of things that the department does not have."""

PLACES = ((LIVE, LONDON), (SHARED, LONDON), (SHARED, DUBLIN), (TEST, DUBLIN))

Walks = dict[tuple[str, str], Walk]


@pytest.fixture(scope="module")
def walks() -> Iterator[Walks]:
    """Walks over places that have something of everything; none may meet an answer out of shape."""
    offices = department()
    with AwsServer(offices.estate, allowed=HANDLERS.keys()) as server:
        yield {place: walk(server, *place) for place in PLACES}
        server.assert_clean()


@pytest.fixture
def live(walks: Walks) -> Walk:
    return walks[LIVE, LONDON]


def items(name: str, answer: Any) -> list[Any]:
    """Give what a listing lists."""
    paging = find_paging(name)
    assert paging is not None
    inner = answer[paging.within] if paging.within else answer
    return list(inner.get(paging.items, inner.get("item", ())))


def found(walked: Walk, name: str, expression: str) -> set[str]:
    """Give all that an expression finds in what an operation answered."""
    return {str(each) for each in jmespath.search(f"[].{expression}", walked.answers(name)) or ()}


# ── Whole ────────────────────────────────────────────────────────────────────


def test_every_operation_is_asked_and_answers(walks: Walks) -> None:
    answered = {name for each in walks.values() for name, got in each.found.items() if got}
    assert answered == set(HANDLERS) - ELSEWHERE
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_what_is_refused_is_what_the_department_s_owner_meant(walks: Walks) -> None:
    refused = {place: {name for name, _ in each.refused} for place, each in walks.items()}
    policies = {"lambda:GetPolicy", "lambda-web:GetResourcePolicy"}
    assert refused == {
        (LIVE, LONDON): {"organizations:ListAccounts"} | policies,
        (SHARED, LONDON): set(),
        (SHARED, DUBLIN): {"cloudwatch:GetMetricData"},
        (TEST, DUBLIN): {"organizations:ListAccounts", "apigateway:GetRestApis"},
    }
    codes = {code for name, code in walks[LIVE, LONDON].refused if name in policies}
    assert codes == {"ResourceNotFoundException"}


def is_listing(name: str) -> bool:
    """Say whether an operation gives pages of things, and not the tags or members of one."""
    operation = name.partition(":")[2]
    by_verb = operation.startswith(
        ("List", "DescribeCustom", "DescribeL", "DescribeR", "DescribeT")
    )
    return by_verb and find_paging(name) is not None and "Tags" not in operation


def test_no_shape_is_checked_on_empty_listings_only(walks: Walks) -> None:
    listings = {step.name for step in STEPS if is_listing(step.name)}
    filled = {
        name
        for walked in walks.values()
        for name in listings
        for answer in walked.answers(name)
        if items(name, answer)
    }
    assert len(listings) > 30
    assert listings - filled == NONE_SEEDED


# ── A listing and the details of what it lists ───────────────────────────────

DETAILS = (
    ("apigateway:GetRestApis", "apigateway:GetRestApi", "", "id", ""),
    ("apigatewayv2:GetApis", "apigatewayv2:GetApi", "", "ApiId", ""),
    ("appsync:ListGraphqlApis", "appsync:GetGraphqlApi", "graphqlApi", "apiId", ""),
    ("appsync:ListApis", "appsync:GetApi", "api", "apiId", ""),
    ("appsync:ListDomainNames", "appsync:GetDomainName", "domainNameConfig", "domainName", ""),
    ("lambda:ListFunctions", "lambda:GetFunctionConfiguration", "", "FunctionName", ""),
    ("apprunner:ListServices", "apprunner:DescribeService", "Service", "ServiceArn", "Source"),
    ("vpc-lattice:ListServices", "vpc-lattice:GetService", "", "id", "authType"),
    ("vpc-lattice:ListRules", "vpc-lattice:GetRule", "", "id", "action match"),
    (
        "bedrock-agentcore-control:ListGateways",
        "bedrock-agentcore-control:GetGateway",
        "",
        "gatewayId",
        "gatewayUrl gatewayArn",
    ),
    (
        "bedrock-agentcore-control:ListGatewayTargets",
        "bedrock-agentcore-control:GetGatewayTarget",
        "",
        "targetId",
        "targetConfiguration gatewayArn",
    ),
    (
        "bedrock-agentcore-control:ListAgentRuntimes",
        "bedrock-agentcore-control:GetAgentRuntime",
        "",
        "agentRuntimeId",
        "agentRuntimeArtifact roleArn protocolConfiguration",
    ),
    (
        "agent-registry-control:ListRegistryRecords",
        "agent-registry-control:GetRegistryRecord",
        "",
        "recordId",
        "provenance",
    ),
)
"""Listing, detail, the member that holds the detail, the id, and what only the detail says."""


@pytest.mark.parametrize(("listing", "detail", "within", "key", "only"), DETAILS)
def test_a_detail_says_all_that_the_listing_said_and_more(
    walks: Walks, listing: str, detail: str, within: str, key: str, only: str
) -> None:
    compared = 0
    for walked in walks.values():
        details = [each[within] if within else each for each in walked.answers(detail)]
        by_key = {each[key]: each for each in details}
        for answer in walked.answers(listing):
            for summary in items(listing, answer):
                whole, compared = by_key[summary[key]], compared + 1
                shared = summary.keys() & whole.keys()
                assert {name: summary[name] for name in shared} == {n: whole[n] for n in shared}
                assert not set(only.split()) & summary.keys()
    assert compared


@pytest.mark.parametrize(
    ("detail", "members"),
    [
        ("vpc-lattice:GetRule", "action"),
        ("vpc-lattice:GetService", "authType"),
        ("bedrock-agentcore-control:GetGateway", "gatewayUrl"),
        ("bedrock-agentcore-control:GetGatewayTarget", "targetConfiguration"),
        ("bedrock-agentcore-control:GetAgentRuntime", "agentRuntimeArtifact"),
        ("apprunner:DescribeService", "Service.SourceConfiguration.ImageRepository"),
        ("apprunner:DescribeService", "Service.NetworkConfiguration.IngressConfiguration"),
    ],
)
def test_what_a_listing_lacks_every_detail_has(walks: Walks, detail: str, members: str) -> None:
    answers = [each for walked in walks.values() for each in walked.answers(detail)]
    assert answers
    assert all(jmespath.search(members, each) for each in answers)


# ── What one answer names, another one has ───────────────────────────────────

REFERENCES = (
    (
        "elbv2:DescribeRules",
        "Rules[].Actions[].ForwardConfig.TargetGroups[].TargetGroupArn[]",
        "elbv2:DescribeTargetGroups",
        "TargetGroups[].TargetGroupArn[]",
    ),
    (
        "wafv2:ListResourcesForWebACL",
        "ResourceArns[]",
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers[].LoadBalancerArn[]",
    ),
    (
        "vpc-lattice:GetRule",
        "action.forward.targetGroups[].targetGroupIdentifier[]",
        "vpc-lattice:ListTargetGroups",
        "items[].id[]",
    ),
    (
        "appsync:ListSourceApiAssociations",
        "sourceApiAssociationSummaries[].sourceApiId[]",
        "appsync:ListGraphqlApis",
        "graphqlApis[].apiId[]",
    ),
    (
        "appsync:GetApiAssociation",
        "apiAssociation.apiId",
        "appsync:ListGraphqlApis",
        "graphqlApis[].apiId[]",
    ),
    (
        "bedrock-agentcore-control:GetGatewayTarget",
        "targetConfiguration.mcp.apiGateway.restApiId",
        "apigateway:GetRestApis",
        "items[].id[]",
    ),
    (
        "bedrock-agentcore-control:GetGatewayTarget",
        "targetConfiguration.mcp.lambda.lambdaArn",
        "lambda:ListFunctions",
        "Functions[].FunctionArn[]",
    ),
    (
        "apigatewayv2:ListProductRestEndpointPages",
        "Items[].RestEndpointIdentifier.IdentifierParts.RestApiId[]",
        "apigateway:GetRestApis",
        "items[].id[]",
    ),
)
"""An operation and what it names; an operation and what it has."""


@pytest.mark.parametrize(("naming", "names", "having", "has"), REFERENCES)
def test_nothing_is_named_that_is_not_there(
    walks: Walks, naming: str, names: str, having: str, has: str
) -> None:
    named: set[str] = set()
    for walked in walks.values():
        here = found(walked, naming, names)
        assert here <= found(walked, having, has)
        named |= here
    assert named


def test_the_caches_ask_apis_that_there_are(live: Walk) -> None:
    hosts = found(
        live,
        "cloudfront:ListDistributions",
        "DistributionList.Items[].Origins.Items[].DomainName[]",
    )
    assert {host.partition(".")[0] for host in hosts} <= found(
        live, "apigateway:GetRestApis", "items[].id[]"
    )
    assert {host.partition(".")[2] for host in hosts} == {f"execute-api.{LONDON}.amazonaws.com"}


def test_a_url_is_of_its_function_or_of_an_alias_of_it(live: Walk) -> None:
    functions = found(live, "lambda:ListFunctions", "Functions[].FunctionArn[]")
    urls = found(live, "lambda:ListFunctionUrlConfigs", "FunctionUrlConfigs[].FunctionArn[]")
    assert {arn.removesuffix(":live") for arn in urls} < functions
    assert any(arn.endswith(":live") for arn in urls)
