"""Refusals as each service words them: codes that its own model has, for rate, rights and what is not there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.refusals import denied, throttled
from apiscape.demo.aws.wire.dispatch import HANDLERS
from apiscape.demo.aws.wire.routing import operation_model
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code, status

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:none"
RUNNER = "arn:aws:apprunner:eu-west-1:111122223333:service/none/0123456789abcdef0123456789abcdef"
FIREWALL = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/none/1"
MESH = "arn:aws:vpc-lattice:eu-west-1:111122223333:service/svc-0123456789abcdef0"
THROTTLES = frozenset({"ThrottlingException", "TooManyRequestsException"})
DENIALS = frozenset({"AccessDenied", "AccessDeniedException"})


def modelled(name: str) -> dict[str, int | None]:
    """Give the codes that the model of an operation has, each with its status where that is said."""
    service, _, operation = name.partition(":")
    found: dict[str, int | None] = {}
    for shape in operation_model(service, operation).error_shapes:
        error = shape.metadata.get("error", {})
        found[error.get("code", shape.name)] = error.get("httpStatusCode")
    return found


# ── As the models have it ────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_a_code_for_rate_or_rights_is_the_model_s_where_it_has_one(name: str) -> None:
    service, codes = name.partition(":")[0], modelled(name)
    for refusal, words in (
        (throttled(service=service), THROTTLES),
        (denied("someone", "an:Action", "*", service=service), DENIALS),
    ):
        if words & codes.keys():
            assert refusal.code in codes
            assert codes[refusal.code] in {None, refusal.status}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "rate", "rights"),
    [
        ("account", "list_regions", {}, ("TooManyRequestsException", 429), "AccessDeniedException"),
        ("acm", "list_certificates", {}, ("Throttling", 400), "AccessDeniedException"),
        (
            "agent-registry-control",
            "list_registries",
            {},
            ("ThrottlingException", 429),
            "AccessDeniedException",
        ),
        ("apprunner", "list_services", {}, ("Throttling", 400), "AccessDeniedException"),
        ("appsync", "list_graphql_apis", {}, ("Throttling", 400), "AccessDeniedException"),
        (
            "bedrock-agentcore-control",
            "list_gateways",
            {},
            ("ThrottlingException", 429),
            "AccessDeniedException",
        ),
        ("cloudfront", "list_distributions", {}, ("Throttling", 400), "AccessDenied"),
        ("elbv2", "describe_load_balancers", {}, ("Throttling", 400), "AccessDenied"),
        (
            "lambda",
            "list_functions",
            {},
            ("TooManyRequestsException", 429),
            "AccessDeniedException",
        ),
        (
            "lambda-web",
            "list_web_functions",
            {},
            ("ThrottlingException", 429),
            "AccessDeniedException",
        ),
        (
            "organizations",
            "list_accounts",
            {},
            ("TooManyRequestsException", 400),
            "AccessDeniedException",
        ),
        ("route53", "list_hosted_zones", {}, ("Throttling", 400), "AccessDenied"),
        ("vpc-lattice", "list_services", {}, ("ThrottlingException", 429), "AccessDeniedException"),
        (
            "wafv2",
            "list_web_acls",
            {"Scope": "REGIONAL"},
            ("Throttling", 400),
            "AccessDeniedException",
        ),
    ],
)
def test_rate_and_rights_are_refused_in_the_service_s_own_code(
    server: AwsServer,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    rate: tuple[str, int],
    rights: str,
) -> None:
    client = server.client(service, ACCOUNT)
    server.inject(Fault(kind="throttle", times=1))
    with pytest.raises(ClientError) as busy:
        getattr(client, operation)(**parameters)
    assert (code(busy), status(busy)) == rate
    for kind, words in (("deny", "no identity-based"), ("deny_scp", "explicit deny")):
        server.inject(Fault(kind=kind, times=1))
        with pytest.raises(ClientError, match=words) as closed:
            getattr(client, operation)(**parameters)
        assert (code(closed), status(closed)) == (rights, 403)
    assert [call.status for call in server.calls] == [rate[1], 403, 403]


@pytest.mark.parametrize(
    ("name", "service", "operation", "parameters"),
    [
        ("elbv2:DescribeLoadBalancers", "elbv2", "describe_load_balancers", {}),
        ("lambda:ListFunctions", "lambda", "list_functions", {}),
        ("vpc-lattice:ListServices", "vpc-lattice", "list_services", {}),
        ("wafv2:ListWebACLs", "wafv2", "list_web_acls", {"Scope": "REGIONAL"}),
        (
            "bedrock-agentcore-control:ListGateways",
            "bedrock-agentcore-control",
            "list_gateways",
            {},
        ),
    ],
)
def test_a_standing_denial_is_of_one_operation_in_one_region(
    server: AwsServer,
    region: Region,
    name: str,
    service: str,
    operation: str,
    parameters: dict[str, Any],
) -> None:
    region.account.region("eu-west-2")
    region.deny(name)
    with pytest.raises(ClientError) as closed:
        getattr(server.client(service, ACCOUNT), operation)(**parameters)
    assert code(closed) in DENIALS
    elsewhere = server.client(service, ACCOUNT, "eu-west-2")
    assert getattr(elsewhere, operation)(**parameters)["ResponseMetadata"]["HTTPStatusCode"] == 200
    region.allow(name)
    again = getattr(server.client(service, ACCOUNT), operation)(**parameters)
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", ["cloudfront", "route53"])
def test_what_one_region_is_denied_of_a_service_without_regions_is_denied(
    server: AwsServer, region: Region, service: str
) -> None:
    listing = {"cloudfront": "ListDistributions", "route53": "ListHostedZones"}[service]
    operation = {"cloudfront": "list_distributions", "route53": "list_hosted_zones"}[service]
    region.account.region("us-east-1")
    region.deny(f"{service}:{listing}")
    with pytest.raises(ClientError, match=f"{service}:{listing}") as closed:
        getattr(server.client(service, ACCOUNT, "us-east-1"), operation)()
    assert code(closed) == "AccessDenied"


# ── What is not there ────────────────────────────────────────────────────────

MISSING: tuple[tuple[str, dict[str, str], str, int, str], ...] = (
    ("appsync:GetApiAssociation", {"domainName": "x.example"}, "NotFound", 404, "no API"),
    ("appsync:ListDataSources", {"apiId": "none"}, "NotFound", 404, "GraphQL API none not"),
    ("appsync:ListChannelNamespaces", {"apiId": "none"}, "NotFound", 404, "Api none not"),
    ("appsync:ListSourceApiAssociations", {"apiId": "no"}, "NotFound", 404, "API no not"),
    ("lambda:GetPolicy", {"FunctionName": "none"}, "ResourceNotFound", 404, "not found: none"),
    ("lambda:GetPolicy", {"FunctionName": "pay"}, "ResourceNotFound", 404, "you requested"),
    ("lambda:ListFunctionUrlConfigs", {"FunctionName": "x"}, "ResourceNotFound", 404, "x"),
    ("lambda:ListTags", {"Resource": FUNCTION}, "ResourceNotFound", 404, "function:none"),
    ("lambda-web:ListTags", {"resource": FUNCTION}, "ResourceNotFound", 404, "Web function"),
    ("apprunner:DescribeService", {"ServiceArn": RUNNER}, "ResourceNotFound", 400, "service/n"),
    ("apprunner:DescribeCustomDomains", {"ServiceArn": RUNNER}, "ResourceNotFound", 400, "AR"),
    ("apprunner:ListTagsForResource", {"ResourceArn": RUNNER}, "ResourceNotFound", 400, "AR"),
    ("wafv2:GetWebACLForResource", {"ResourceArn": RUNNER}, "WAFNonexistentItem", 400, "WA"),
    (
        "wafv2:ListResourcesForWebACL",
        {"WebACLArn": FIREWALL},
        "WAFNonexistentItem",
        400,
        "WA",
    ),
    (
        "vpc-lattice:ListTagsForResource",
        {"resourceArn": MESH},
        "ResourceNotFound",
        404,
        "svc",
    ),
    ("route53:ListResourceRecordSets", {"HostedZoneId": "Z1"}, "NoSuchHostedZone", 404, "Z1"),
)
"""Operation, what is asked for, the code without its ending, status, words of the message."""


@pytest.mark.parametrize(("name", "asked", "word", "number", "said"), MISSING)
def test_what_is_not_there_is_said_in_the_service_s_words(
    server: AwsServer,
    region: Region,
    name: str,
    asked: dict[str, str],
    word: str,
    number: int,
    said: str,
) -> None:
    region.shelves.of(Functions).add("pay")
    service, _, operation = name.partition(":")
    client = server.client(service, ACCOUNT)
    with pytest.raises(ClientError, match=said) as missing:
        getattr(client, xform_name(operation))(**asked)
    assert code(missing).removesuffix("Exception") == word
    assert status(missing) == number
    assert code(missing) in modelled(name)


def test_a_neighbour_s_id_is_not_there_either(server: AwsServer, region: Region) -> None:
    """Ids are looked for in the region that is asked, and details below the thing they belong to."""
    away = region.account.region("eu-west-2")
    graph = away.shelves.of(AppSync).graphql("claims", "type Query { a: Int }")
    service = away.shelves.of(Lattice).service("pay")
    gateway = away.shelves.of(AgentCore).gateway("tools").tools_of(FUNCTION, "refund")
    other = away.shelves.of(AgentCore).gateway("more")
    first = away.shelves.of(AgentRegistry).add("first").record("helper", "AGENT")
    second = away.shelves.of(AgentRegistry).add("second")
    (target,), (record,) = gateway.targets, first.records
    for place, name, operation, asked in (
        ("eu-west-1", "appsync", "list_data_sources", {"apiId": graph.id}),
        ("eu-west-1", "vpc-lattice", "get_service", {"serviceIdentifier": service.id}),
        (
            "eu-west-1",
            "bedrock-agentcore-control",
            "get_gateway",
            {"gatewayIdentifier": gateway.id},
        ),
        (
            "eu-west-2",
            "bedrock-agentcore-control",
            "get_gateway_target",
            {"gatewayIdentifier": other.id, "targetId": target},
        ),
        (
            "eu-west-2",
            "agent-registry-control",
            "get_registry_record",
            {"registryId": second.fields["registryId"], "recordId": record},
        ),
    ):
        with pytest.raises(ClientError) as missing:
            getattr(server.client(name, ACCOUNT, place), operation)(**asked)
        assert status(missing) == 404
