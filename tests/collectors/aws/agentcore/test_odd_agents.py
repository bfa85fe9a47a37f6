"""Odd answers of AgentCore: nothing breaks, nothing leaks, and what is not known is never said to be open or off."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from apiscape.collectors.aws.agentcore import gateways, runtimes
from apiscape.collectors.aws.agentcore.asking import read_gateway_security, read_runtime_security
from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.agentcore.schemas import MOST_TOOLS
from apiscape.collectors.aws.agentcore.targets import (
    read_backend,
    read_operations,
    read_relations,
    read_target,
)
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.contract import Unchanged
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.identity import deployment_uid
from apiscape.model.security import ANONYMOUS
from apiscape.model.surroundings import Relation
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.oddities import CANARY, IMPOSSIBLE, few, spoilt
from tests.collectors.aws.test_odd_answers import changed

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")
KEYS = TagSettings()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CONTROL = "bedrock-agentcore-control"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pay"
RUNTIME = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/helper-1"

JWT = {
    "customJWTAuthorizer": {
        "discoveryUrl": f"https://u:{CANARY}@id.example/x?k={CANARY}",
        "allowedScopes": ["call"],
        "customClaims": [{"inboundTokenClaimName": CANARY}],
    }
}
GATEWAY = {
    "gatewayId": "g-1",
    "name": "tools",
    "description": "Tools",
    "status": "READY",
    "statusReasons": ["fine"],
    "authorizerType": "CUSTOM_JWT",
    "authorizerConfiguration": JWT,
    "protocolType": "MCP",
    "protocolConfiguration": {"mcp": {"instructions": CANARY}},
    "gatewayUrl": f"https://g-1.example/mcp?token={CANARY}",
    "webAclArn": "arn:aws:wafv2:x",
    "exceptionLevel": "DEBUG",
    "policyEngineConfiguration": {"arn": "arn:p", "mode": "ENFORCE"},
    "wafConfiguration": {"failureMode": "FAIL_CLOSE"},
    "interceptorConfigurations": [{"interceptor": {"lambda": {"arn": CANARY}}}],
    "createdAt": NOW,
    "updatedAt": NOW,
}
_OPENAPI = {"servers": [{"url": f"https://u:{CANARY}@a.example/?k={CANARY}"}], "paths": {}}
TARGETS = [
    {
        "targetId": "T",
        "name": "each",
        "status": "READY",
        "credentialProviderConfigurations": [{"credentialProvider": {"apiKey": CANARY}}],
        "metadataConfiguration": {"allowedRequestHeaders": [CANARY]},
        "targetConfiguration": {outer: {inner: held}},
    }
    for outer, inner, held in (
        (
            "mcp",
            "lambda",
            {"lambdaArn": FUNCTION, "toolSchema": {"inlinePayload": [{"name": "a"}]}},
        ),
        ("mcp", "openApiSchema", {"inlinePayload": json.dumps(_OPENAPI)}),
        ("mcp", "smithyModel", {"inlinePayload": '{"shapes": {"n#A": {"type": "operation"}}}'}),
        ("mcp", "mcpServer", {"endpoint": f"https://m.example/?k={CANARY}"}),
        (
            "mcp",
            "apiGateway",
            {
                "restApiId": "abc",
                "stage": "prod",
                "apiGatewayToolConfiguration": {
                    "toolFilters": [{"filterPath": "/x", "methods": ["GET"]}],
                    "toolOverrides": [{"name": "x", "method": "GET", "path": "/x"}],
                },
            },
        ),
        ("mcp", "connector", {"source": {"connectorId": "jira"}, "enabled": ["find"]}),
        ("http", "agentcoreRuntime", {"arn": RUNTIME, "qualifier": "live"}),
        ("inference", "provider", {"endpoint": f"https://u:{CANARY}@l.example"}),
    )
]
VERSION = {
    "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "repo/a:1"}},
    "protocolConfiguration": {"serverProtocol": "A2A"},
    "networkConfiguration": {"networkMode": "VPC"},
    "authorizerConfiguration": JWT,
    "environmentVariables": {"KEY": CANARY},
    "requestHeaderConfiguration": {"requestHeaderAllowlist": [CANARY]},
}
ENDPOINT = {
    "name": "DEFAULT",
    "liveVersion": "2",
    "status": "READY",
    "createdAt": NOW,
    "lastUpdatedAt": NOW,
}


@pytest.fixture
def core(west: Region) -> AgentCore:
    return west.shelves.of(AgentCore)


@few
@given(spoilt({"listed": GATEWAY, "described": GATEWAY, "targets": TARGETS}))
def test_a_gateway_of_odd_answers_is_read(odd: dict[str, Any]) -> None:
    answers = {key: odd[key] for key in odd if isinstance(odd[key], dict)}
    listed = {**answers.get("listed", {}), "gatewayId": "g-1"}
    seen = odd.get("targets")
    targets = tuple(read_target(each) for each in (seen if isinstance(seen, list) else ()))
    found = gateways.FoundGateway(listed, answers.get("described"), targets, (listed,))
    made = gateways.normalise(found, PLACE, KEYS)
    around = [*gateways.read_signals(found, made.uid, NOW), *read_relations(targets, "g", PLACE)]
    assert made.native_id == f"aws:{ACCOUNT}:{REGION}:bedrock-agentcore:gateway/g-1"
    assert CANARY.encode() not in encode(made) + b"".join(map(encode, around))
    assert isinstance(made.operations, tuple)
    asked = {one.security.requirement for one in made.operations}
    as_said = "required" if listed.get("authorizerType") == "CUSTOM_JWT" else "unknown"
    assert asked <= {as_said}
    assert len({one.template.partition("___")[0] for one in made.operations}) <= len(targets)
    acl = answers.get("described", {}).get("webAclArn", "")
    described = "described" in answers and isinstance(acl, str)
    assert made.protections.waf == (("enabled" if acl else "disabled") if described else "unknown")


@few
@given(
    spoilt(
        {
            "listed": {"agentRuntimeId": "r", "agentRuntimeArn": RUNTIME},
            "of": ENDPOINT,
            "version": VERSION,
        }
    )
)
def test_an_endpoint_of_odd_answers_is_read(odd: dict[str, Any]) -> None:
    given_ = {key: odd[key] if isinstance(odd.get(key), dict) else {} for key in ("of", "version")}
    listed = {
        "agentRuntimeId": "r",
        **(odd["listed"] if isinstance(odd.get("listed"), dict) else {}),
    }
    found = runtimes.FoundEndpoint(listed, {**given_["of"], "name": "e"}, given_["version"])
    made = runtimes.normalise(found, PLACE, KEYS)
    health = runtimes.read_health(found.endpoint, made.uid, NOW)
    assert CANARY.encode() not in encode(made) + encode(health)
    assert isinstance(made.operations, tuple)
    (operation,) = made.operations
    assert operation.security.requirement in {"required", "unknown"}
    assert (health.value is True) is (given_["of"].get("status") == "READY")
    assert made.endpoints is UNKNOWN or made.endpoints[0].exposure == "internet"


# ── What becomes of what ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("configuration", "issuer", "scopes"),
    [
        ({}, None, ()),
        ({"customJWTAuthorizer": None}, None, ()),
        ({"customJWTAuthorizer": {"discoveryUrl": 7, "allowedScopes": "call"}}, None, ()),
        ({"customJWTAuthorizer": {"allowedScopes": ["a", None, 7, "b"]}}, None, ("a", "b")),
        (JWT, "https://id.example/x", ("call",)),
    ],
)
def test_a_gateway_by_token_asks_for_one_whatever_is_known_of_it(
    configuration: dict[str, Any], issuer: str | None, scopes: tuple[str, ...]
) -> None:
    said = read_gateway_security("CUSTOM_JWT", configuration)
    (scheme,) = said.schemes
    assert (said.requirement, scheme.kind) == ("required", "jwt")
    assert (scheme.issuer, scheme.scopes, scheme.location) == (
        issuer,
        scopes,
        "header:Authorization",
    )


@pytest.mark.parametrize(
    ("configuration", "requirement", "kinds"),
    [
        (None, "required", ["iam"]),
        ({}, "required", ["iam"]),
        (JWT, "required", ["jwt"]),
        ({"customJWTAuthorizer": {}}, "required", ["jwt"]),
        ({"SDK_UNKNOWN_MEMBER": {"name": "ofALaterYear"}}, "unknown", []),
        ({"ofALaterYear": {"x": 1}}, "unknown", []),
        (7, "unknown", []),
        (["x"], "unknown", []),
    ],
)
def test_an_authorizer_that_is_not_known_is_not_taken_for_a_signature(
    configuration: Any, requirement: str, kinds: list[str]
) -> None:
    said = read_runtime_security({"authorizerConfiguration": configuration})
    assert said.requirement == requirement
    assert [scheme.kind for scheme in said.schemes] == kinds
    assert said.evidence


@pytest.mark.parametrize(
    ("protocol", "style"),
    [("MCP", "mcp"), (None, "mcp"), ("A2A", "a2a"), ("OF_A_LATER_YEAR", "of_a_later_year")],
)
def test_how_callers_speak_to_a_gateway(protocol: str | None, style: str) -> None:
    found = gateways.FoundGateway({"gatewayId": "g", "protocolType": protocol})
    assert gateways.normalise(found, PLACE, KEYS).style == style


@pytest.mark.parametrize(
    ("word", "status", "ready", "enabled", "reason"),
    [
        ("READY", "active", True, True, None),
        ("UPDATING", "active", None, True, "UPDATING: why"),
        ("UPDATE_UNSUCCESSFUL", "active", True, True, "UPDATE_UNSUCCESSFUL: why"),
        ("CREATING", "inactive", None, False, "CREATING: why"),
        ("DELETING", "inactive", None, False, "DELETING: why"),
        ("FAILED", "failed", False, UNKNOWN, "FAILED: why"),
        ("OF_A_LATER_YEAR", "unknown", None, UNKNOWN, "OF_A_LATER_YEAR: why"),
        (None, "unknown", None, UNKNOWN, "no status is given: why"),
    ],
)
def test_how_a_gateway_stands(
    word: str | None, status: str, ready: object, enabled: object, reason: str | None
) -> None:
    described = {"gatewayUrl": "https://g.example/mcp/", "statusReasons": ["why"]}
    found = gateways.FoundGateway({"gatewayId": "g", "status": word}, described)
    made = gateways.normalise(found, PLACE, KEYS)
    assert (made.status, made.status_reason) == (status, reason)
    assert isinstance(made.endpoints, tuple)
    assert (made.endpoints[0].url, made.endpoints[0].enabled) == ("https://g.example/mcp", enabled)
    (signal,) = gateways.read_signals(found, made.uid, NOW)
    assert (signal.name, signal.value) == ("condition.Ready", ready)


@pytest.mark.parametrize(
    ("words", "holds", "reason"),
    [
        (["READY", "READY"], True, None),
        (["READY", "SYNCHRONIZING"], None, None),
        (["READY", "UPDATE_PENDING_AUTH"], None, None),
        (["READY", None], None, None),
        (["READY", "OF_A_LATER_YEAR"], None, None),
        (
            ["FAILED", "READY", "SYNCHRONIZE_UNSUCCESSFUL", "FAILED"],
            False,
            "FAILED, SYNCHRONIZE_UNSUCCESSFUL",
        ),
        (["OF_A_LATER_YEAR", "UPDATE_UNSUCCESSFUL"], False, "UPDATE_UNSUCCESSFUL"),
    ],
)
def test_how_the_targets_of_a_gateway_stand(
    words: list[str | None], holds: object, reason: str | None
) -> None:
    listed = tuple({"status": word} for word in words)
    found = gateways.FoundGateway({"gatewayId": "g"}, listed_targets=listed)
    told = {each.name: each for each in gateways.read_signals(found, "g", NOW)}
    assert told["condition.TargetsReady"].value is holds
    assert told["condition.TargetsReady"].reason == reason


@pytest.mark.parametrize("listed", [None, ()])
def test_nothing_is_said_of_targets_that_are_not_there_or_not_seen(listed: Any) -> None:
    found = gateways.FoundGateway({"gatewayId": "g"}, listed_targets=listed)
    assert [each.name for each in gateways.read_signals(found, "g", NOW)] == ["condition.Ready"]


def test_without_a_description_a_gateway_has_no_address_and_an_unknown_firewall() -> None:
    made = gateways.normalise(gateways.FoundGateway({"gatewayId": "g"}), PLACE, KEYS)
    assert made.endpoints is made.operations is made.backends is made.labels is UNKNOWN
    assert made.protections.waf == "unknown"
    assert (made.created_at, made.updated_at) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    "payload", ["[" * 100_000, "{" * 100_000, '"text"', "[]", "null", "{", "\ud800", '{"paths": 7}']
)
def test_a_schema_that_cannot_be_read_leaves_all_tools_in_one(payload: str) -> None:
    held = {"openApiSchema": {"inlinePayload": payload}}
    target = read_target({"name": "t", "targetConfiguration": {"mcp": held}})
    assert [one.template for one in read_operations(target, ANONYMOUS)] == ["t___*"]
    assert read_backend(target).address is UNKNOWN


def test_no_more_tools_are_taken_than_anybody_has_and_each_once() -> None:
    tools = [{"name": f"tool-{number % (MOST_TOOLS + 10)}"} for number in range(3 * MOST_TOOLS)]
    held = {"lambda": {"toolSchema": {"inlinePayload": tools}}}
    target = read_target({"name": "t", "targetConfiguration": {"mcp": held}})
    named = [one.template for one in read_operations(target, ANONYMOUS)]
    assert len(named) == len(set(named)) == MOST_TOOLS


# ── A target and what it exposes ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("held", "exposed"),
    [
        ({"restApiId": "abc", "stage": "prod"}, ["abc/prod"]),
        ({"restApiId": "abc", "stage": ""}, []),
        ({"restApiId": None, "stage": "prod"}, []),
        ({"restApiId": ["abc"], "stage": "prod"}, []),
        ({"restApiId": "abc"}, []),
    ],
)
def test_a_stage_is_exposed_where_both_its_names_are_said(
    held: dict[str, Any], exposed: list[str]
) -> None:
    target = read_target({"name": "t", "targetConfiguration": {"mcp": {"apiGateway": held}}})
    uids = [one.to_uid for one in read_relations([target], "g", PLACE)]
    assert uids == [deployment_uid(PLACE.native_id(each)) for each in exposed]


@pytest.mark.parametrize(
    ("described", "waf"),
    [
        (None, "unknown"),
        ({}, "disabled"),
        ({"webAclArn": ""}, "disabled"),
        ({"webAclArn": "arn:x"}, "enabled"),
        ({"webAclArn": 7}, "unknown"),
        ({"webAclArn": ["arn:x"]}, "unknown"),
    ],
)
def test_a_firewall_that_makes_no_sense_is_not_off(described: Any, waf: str) -> None:
    found = gateways.FoundGateway({"gatewayId": "g"}, described)
    assert gateways.normalise(found, PLACE, KEYS).protections.waf == waf


def test_two_stages_of_an_api_are_two_and_lead_to_what_the_rest_collector_finds(
    server: AwsServer, west: Region, core: AgentCore, desk: Desk
) -> None:
    rest = west.rest_api("claims").method("GET", "/claims").deploy("prod").deploy("test")
    gateway = core.gateway("tools").expose(rest, "prod", "/claims", name="one")
    gateway.expose(rest, "prod", "/claims", name="two").expose(rest, "test", name="three")
    core.gateway("others").expose(rest, "test")
    seen, stages = desk.collect(AgentGatewayCollector()), desk.collect(RestApiCollector())
    found = {
        (each.from_uid, each.to_uid): len(each.evidence)
        for each in seen.entities
        if isinstance(each, Relation)
    }
    prod, test = (stages.one("claims", stage).uid for stage in ("prod", "test"))
    tools, others = seen.one("tools").uid, seen.one("others").uid
    assert found == {(tools, prod): 2, (tools, test): 1, (others, test): 1}


# ── Coming again ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("time", [None, "yesterday", 7, *IMPOSSIBLE], ids=repr)
def test_a_gateway_that_says_no_time_is_looked_at_every_time(
    time: Any, server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.gateway("tools").tools_of(FUNCTION, "a")

    def timeless(answer: Any) -> Any:
        return {**answer, "items": [{**each, "updatedAt": time} for each in answer["items"]]}

    with changed(f"{CONTROL}:ListGateways", timeless):
        first = desk.collect(AgentGatewayCollector())
        again = desk.collect(AgentGatewayCollector(), known=first.known())
    assert first.known() == []
    assert first.one("tools").updated_at is UNKNOWN
    assert again.of(Unchanged) == []
    assert again.one("tools").operations == first.one("tools").operations


def test_an_endpoint_without_a_name_is_a_gap_at_first_and_when_unchanged(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper")
    endpoints = f"{CONTROL}:ListAgentRuntimeEndpoints"
    with changed(
        endpoints, lambda got: {**got, "runtimeEndpoints": [{}, *got["runtimeEndpoints"]]}
    ):
        first = desk.collect(AgentRuntimeCollector())
        again = desk.collect(AgentRuntimeCollector(), known=first.known())
    assert first.unseen == again.unseen == [("an endpoint", "malformed")]
    assert first.one("helper").stage == "DEFAULT"
    assert len(again.of(Unchanged)) == 1


def test_a_runtime_whose_endpoints_have_no_names_is_a_gap_and_no_deployment(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper")
    with changed(
        f"{CONTROL}:ListAgentRuntimeEndpoints",
        lambda _: {"runtimeEndpoints": [{"status": "READY"}]},
    ):
        seen = desk.collect(AgentRuntimeCollector())
    assert seen.unseen == [("an endpoint", "malformed")]
    assert seen.entities == []
    assert seen.closes()


@pytest.mark.parametrize("collector", [AgentGatewayCollector(), AgentRuntimeCollector()])
def test_what_is_left_out_is_counted_and_the_rest_is_there(
    collector: AgentGatewayCollector | AgentRuntimeCollector, server: AwsServer, core: AgentCore
) -> None:
    for name in ("one", "two-test", "three-test"):
        core.gateway(name)
        core.runtime(name)
    desk = Desk(exclude=Rules(names=("*-test",)))
    seen = desk.collect(collector)
    desk.close()
    assert seen.closes()
    assert len(seen.listed) == 3
    assert len(seen.skipped) == 2
    assert [each.name for each in seen.entities if hasattr(each, "native_api_id")] == ["one"]
    assert (
        server.calls.count(f"{CONTROL}:GetGateway")
        + server.calls.count(f"{CONTROL}:GetAgentRuntime")
        == 1
    )
