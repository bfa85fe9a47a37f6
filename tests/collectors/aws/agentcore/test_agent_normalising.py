"""What AgentCore says, made deployments of by table, and whatever hostile values there are in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore import gateways, runtimes
from apiscape.collectors.aws.agentcore.arns import deployment_of, read_arn
from apiscape.collectors.aws.agentcore.asking import read_gateway_security, read_runtime_security
from apiscape.collectors.aws.agentcore.targets import (
    read_backend,
    read_operations,
    read_relations,
    read_target,
)
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.codec import encode
from apiscape.model.identity import deployment_uid
from apiscape.model.security import ANONYMOUS
from apiscape.model.values import UNKNOWN

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
AGENT = "arn:aws:bedrock-agentcore:us-east-1:444455556666:runtime/helper-abc"

OPENAPI = {
    "openapi": "3.0.1",
    "servers": [{"url": "https://u:p@api.example/v1?key=1"}],
    "paths": {"/a": {"get": {"operationId": "getA"}, "post": {}, "x": 1}, "/b": "odd"},
}
SMITHY = {"shapes": {"ns#GetA": {"type": "operation"}, "ns#A": {"type": "structure"}}}
TOOLS = {"tools": [{"name": "one"}, {"name": "two"}, {"name": 3}]}
STAGE = {
    "restApiId": "abc",
    "stage": "prod",
    "apiGatewayToolConfiguration": {
        "toolOverrides": [{"name": "listPets", "method": "GET", "path": "/pets"}, {"path": "/x"}],
        "toolFilters": [
            {"filterPath": "/pets", "methods": ["GET", "POST", 7]},
            {"methods": ["GET"]},
        ],
    },
}


def answer(outer: str, inner: str, held: object) -> dict[str, Any]:
    return {"name": "t", "targetConfiguration": {outer: {inner: held}}}


@pytest.mark.parametrize(
    ("given", "tools", "kind", "address"),
    [
        (
            answer(
                "mcp", "lambda", {"lambdaArn": "arn:f", "toolSchema": {"s3": {"uri": "s3://x"}}}
            ),
            ["*"],
            "lambda",
            "arn:f",
        ),
        (
            answer("mcp", "openApiSchema", {"inlinePayload": json.dumps(OPENAPI)}),
            ["getA", "POST /a"],
            "http",
            "https://api.example/v1",
        ),
        (answer("mcp", "openApiSchema", {"inlinePayload": "openapi: 3"}), ["*"], "http", UNKNOWN),
        (
            answer("mcp", "smithyModel", {"inlinePayload": json.dumps(SMITHY)}),
            ["GetA"],
            "aws",
            UNKNOWN,
        ),
        (
            answer(
                "mcp",
                "mcpServer",
                {
                    "endpoint": "https://u:p@m.example/mcp?k=1",
                    "mcpToolSchema": {"inlinePayload": json.dumps(TOOLS)},
                },
            ),
            ["one", "two"],
            "mcp",
            "https://m.example/mcp",
        ),
        (answer("mcp", "apiGateway", STAGE), ["listPets", "POST /pets"], "apigateway", "abc/prod"),
        (
            answer("mcp", "connector", {"source": {"connectorId": "jira"}, "enabled": ["find"]}),
            ["find"],
            "connector",
            "jira",
        ),
        (answer("http", "agentcoreRuntime", {"arn": AGENT}), ["*"], "agent", AGENT),
        (
            answer("http", "passthrough", {"endpoint": "https://p.example/?k=1"}),
            ["*"],
            "http",
            "https://p.example/",
        ),
        (
            answer("inference", "provider", {"endpoint": "https://llm.example"}),
            ["*"],
            "http",
            "https://llm.example",
        ),
        (
            {"name": "t", "targetConfiguration": {"of": {"a": "later year"}}},
            ["*"],
            "unknown",
            UNKNOWN,
        ),
    ],
)
def test_the_tools_and_the_backend_of_each_kind_of_target(
    given: dict[str, Any], tools: list[str], kind: str, address: Any
) -> None:
    target = read_target(given)
    named = [one.template for one in read_operations(target, ANONYMOUS)]
    assert named == [f"t___{tool}" for tool in tools]
    backend = read_backend(target)
    assert (backend.key, backend.kind, backend.address) == ("t", kind, address)


def test_what_a_gateway_exposes_is_named_once_with_every_target() -> None:
    stage = read_target(answer("mcp", "apiGateway", STAGE))
    agent = read_target(answer("http", "agentcoreRuntime", {"arn": AGENT, "qualifier": "live"}))
    odd = read_target(answer("http", "agentcoreRuntime", {"arn": "arn:odd"}))
    found = {
        one.to_uid: one.evidence for one in read_relations([stage, stage, agent, odd], "g", PLACE)
    }
    rest = deployment_uid("aws:111122223333:eu-west-1:apigateway:abc/prod")
    live = deployment_uid("aws:444455556666:us-east-1:bedrock-agentcore:runtime/helper-abc/live")
    assert set(found) == {rest, live}
    assert len(found[rest]) == 2


@pytest.mark.parametrize(
    ("arn", "native_id"),
    [
        (
            "arn:aws:bedrock-agentcore:eu-west-1:1:gateway/g-1",
            "aws:1:eu-west-1:bedrock-agentcore:gateway/g-1",
        ),
        (AGENT, "aws:444455556666:us-east-1:bedrock-agentcore:runtime/helper-abc/DEFAULT"),
        (
            f"{AGENT}/runtime-endpoint/live",
            "aws:444455556666:us-east-1:bedrock-agentcore:runtime/helper-abc/live",
        ),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:memory/m", None),
        ("arn:aws:bedrock-agentcore:eu-west-1:1:gateway/", None),
        ("arn:aws:lambda:eu-west-1:1:gateway/g", None),
        ("not an arn", None),
        ("", None),
    ],
)
def test_the_deployment_that_an_arn_is_of(arn: str, native_id: str | None) -> None:
    assert deployment_of(arn) == (deployment_uid(native_id) if native_id else None)


def test_an_arn_without_its_parts_is_none() -> None:
    assert read_arn("arn:aws::r:a:x") is None
    assert read_arn("urn:aws:s:r:a:x") is None
    found = read_arn("arn:aws:s3:::bucket")
    assert found is not None
    assert (found.service, found.resource) == ("s3", "bucket")


@pytest.mark.parametrize(
    ("kind", "requirement", "schemes"),
    [
        ("NONE", "none", []),
        ("AWS_IAM", "required", ["iam"]),
        ("CUSTOM_JWT", "required", ["jwt"]),
        ("AUTHENTICATE_ONLY", "required", []),
        ("OF_A_LATER_YEAR", "unknown", []),
        (None, "unknown", []),
    ],
)
def test_what_a_gateway_asks_for(kind: str | None, requirement: str, schemes: list[str]) -> None:
    said = read_gateway_security(kind, {})
    assert said.requirement == requirement
    assert [scheme.kind for scheme in said.schemes] == schemes


def test_a_runtime_without_an_authorizer_asks_for_a_signature() -> None:
    assert [one.kind for one in read_runtime_security({}).schemes] == ["iam"]
    authorizer = {"discoveryUrl": "https://u:p@id.example/x?y=1", "allowedScopes": ["call"]}
    said = read_runtime_security({"authorizerConfiguration": {"customJWTAuthorizer": authorizer}})
    (scheme,) = said.schemes
    assert (scheme.kind, scheme.issuer, scheme.scopes) == ("jwt", "https://id.example/x", ("call",))


@pytest.mark.parametrize(
    ("protocol", "style"),
    [("MCP", "mcp"), ("A2A", "a2a"), ("HTTP", "http"), ("AGUI", "agui"), (None, "http")],
)
def test_how_callers_speak_to_a_runtime(protocol: str | None, style: str) -> None:
    version = {"protocolConfiguration": {"serverProtocol": protocol}}
    found = runtimes.FoundEndpoint({"agentRuntimeId": "r"}, {"name": "DEFAULT"}, version)
    assert runtimes.normalise(found, PLACE, KEYS).style == style


@pytest.mark.parametrize(
    ("word", "status", "ready"),
    [
        ("READY", "active", True),
        ("UPDATING", "active", None),
        ("CREATING", "inactive", None),
        ("CREATE_FAILED", "failed", False),
        ("OF_A_LATER_YEAR", "unknown", None),
        (None, "unknown", None),
    ],
)
def test_how_an_endpoint_stands(word: str | None, status: str, ready: object) -> None:
    endpoint = {"name": "DEFAULT", "status": word}
    item = runtimes.normalise(
        runtimes.FoundEndpoint({"agentRuntimeId": "r", "agentRuntimeArn": AGENT}, endpoint),
        PLACE,
        KEYS,
    )
    assert item.status == status
    assert runtimes.read_health(endpoint, item.uid, NOW).value is ready


@pytest.mark.parametrize(
    ("artifact", "kind", "address"),
    [
        ({"containerConfiguration": {"containerUri": "repo/a:1"}}, "container", "repo/a:1"),
        (
            {"codeConfiguration": {"code": {"s3": {"bucket": "b", "prefix": "p"}}}},
            "code",
            "s3://b/p",
        ),
    ],
)
def test_what_a_runtime_runs(artifact: dict[str, Any], kind: str, address: str) -> None:
    found = runtimes.FoundEndpoint(
        {"agentRuntimeId": "r"}, {"name": "DEFAULT"}, {"agentRuntimeArtifact": artifact}
    )
    backends = runtimes.normalise(found, PLACE, KEYS).backends
    assert isinstance(backends, tuple)
    assert [(one.kind, one.address) for one in backends] == [(kind, address)]


def test_a_runtime_that_says_nothing_of_what_it_runs_runs_nothing_known() -> None:
    found = runtimes.FoundEndpoint({"agentRuntimeId": "r"}, {"name": "DEFAULT"}, {})
    assert runtimes.normalise(found, PLACE, KEYS).backends == ()


HOSTILE: tuple[Any, ...] = (None, 7, True, "", "\ud800", [], {}, [None], {"a": 1}, "x" * 9000)
MEMBERS = (
    *("name", "status", "description", "protocolType", "authorizerType", "createdAt"),
    *("gatewayUrl", "statusReasons", "webAclArn", "exceptionLevel", "wafConfiguration"),
    *("authorizerConfiguration", "policyEngineConfiguration", "targetConfiguration"),
    *("protocolConfiguration", "networkConfiguration", "agentRuntimeArtifact", "liveVersion"),
)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_hostile_values_are_survived(value: Any) -> None:
    odd = dict.fromkeys(MEMBERS, value)
    targets = (
        read_target(odd),
        *(
            read_target(answer(outer, inner, value))
            for outer, inner in (("mcp", "lambda"), ("mcp", "apiGateway"), ("http", "passthrough"))
        ),
        read_target(answer("mcp", "apiGateway", {"restApiId": "a", "stage": value})),
        read_target(answer("mcp", "openApiSchema", {"inlinePayload": value})),
    )
    found = gateways.FoundGateway({"gatewayId": "g", **odd}, odd, targets, (odd,))
    assert encode(gateways.normalise(found, PLACE, KEYS))
    assert all(encode(each) for each in gateways.read_signals(found, "g", NOW))
    assert all(encode(each) for each in read_relations(targets, "g", PLACE))
    endpoint = runtimes.FoundEndpoint({"agentRuntimeId": "r"}, {**odd, "name": "e"}, odd)
    assert encode(runtimes.normalise(endpoint, PLACE, KEYS))
