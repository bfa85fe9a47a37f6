"""Gateways of AgentCore against the emulated AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore import schemas, targets
from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.contract import Unchanged, Unseen
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import Relation, Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

SERVICE = "bedrock-agentcore-control"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pay"


@pytest.fixture
def core(west: Region) -> AgentCore:
    return west.shelves.of(AgentCore)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(AgentGatewayCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def told(seen: Seen, uid: str) -> dict[str, Any]:
    signals = [each for each in seen.entities if isinstance(each, Signal)]
    return {each.name: each.value for each in signals if each.subject_uid == uid}


def test_a_gateway_is_a_deployment_whose_operations_are_tools(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    jwt = {"customJWTAuthorizer": {"discoveryUrl": "https://id.example/.well-known/openid"}}
    gateway = core.gateway(
        "tools", "CUSTOM_JWT", {"owner": "Team AI"}, authorizerConfiguration=jwt, webAclArn="arn:x"
    )
    gateway.tools_of(FUNCTION, "refund", "charge", name="pay")
    seen = scan(desk)
    item = seen.one("tools")
    assert item.native_id == f"aws:{ACCOUNT}:{REGION}:bedrock-agentcore:gateway/{gateway.id}"
    assert (item.style, item.status, item.owners[0].name) == ("mcp", "active", "Team AI")
    assert item.endpoints[0].url == gateway.fields["gatewayUrl"]
    assert [(one.verb, one.template) for one in item.operations] == [
        ("call", "pay___charge"),
        ("call", "pay___refund"),
    ]
    (scheme,) = item.operations[0].security.schemes
    assert (scheme.kind, scheme.issuer) == ("jwt", "https://id.example/.well-known/openid")
    assert [(each.key, each.kind, each.address) for each in item.backends] == [
        ("pay", "lambda", FUNCTION)
    ]
    assert item.protections.waf == "enabled"


def test_a_stage_of_a_rest_api_is_exposed_as_tools(
    server: AwsServer, west: Region, core: AgentCore, desk: Desk
) -> None:
    rest = west.rest_api("claims").method("GET", "/claims").deploy("prod")
    core.gateway("tools").expose(rest, "prod", "/claims")
    seen = scan(desk)
    stage = desk.collect(RestApiCollector()).one("claims", "prod")
    (relation,) = [each for each in seen.entities if isinstance(each, Relation)]
    assert (relation.type, relation.from_uid) == ("exposes", seen.one("tools").uid)
    assert relation.to_uid == stage.uid
    assert relation.evidence == ("REST API exposed as MCP tools by target rest",)
    assert [one.template for one in seen.one("tools").operations] == ["rest___GET /claims"]


def test_what_somebody_may_want_to_know_of_a_gateway_is_told_in_signals(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.gateway(
        "open",
        "NONE",
        exceptionLevel="DEBUG",
        policyEngineConfiguration={"arn": "arn:x", "mode": "LOG_ONLY"},
        wafConfiguration={"failureMode": "FAIL_OPEN"},
    ).tools_of(FUNCTION, "refund")
    core.gateway("broken", status="UPDATE_UNSUCCESSFUL", statusReasons=["no role"]).target(
        "a", "LAMBDA", {"mcp": {}}, status="FAILED"
    )
    seen = scan(desk)
    item, broken = seen.one("open"), seen.one("broken")
    assert told(seen, item.uid) == {
        "condition.Ready": True,
        "condition.TargetsReady": True,
        "agentcore.authorizer": "NONE",
        "agentcore.exception_level": "DEBUG",
        "agentcore.policy_engine_mode": "LOG_ONLY",
        "agentcore.waf_failure_mode": "FAIL_OPEN",
    }
    assert item.operations[0].security.requirement == "none"
    assert item.operations[0].security.evidence == "gateway authorizerType=NONE"
    assert told(seen, broken.uid)["condition.TargetsReady"] is False
    assert (broken.status, broken.status_reason) == ("active", "UPDATE_UNSUCCESSFUL: no role")


def test_an_unchanged_round_costs_one_call_a_gateway(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    for number in range(5):
        gateway = core.gateway(f"tools-{number}", tags={"team": "ai"})
        gateway.tools_of(FUNCTION, "a", name="one").tools_of(FUNCTION, "b", name="two")
    first = scan(desk)
    assert server.calls.by_operation() == {
        f"{SERVICE}:ListGateways": 1,
        f"{SERVICE}:ListGatewayTargets": 5,
        f"{SERVICE}:ListTagsForResource": 5,
        f"{SERVICE}:GetGateway": 5,
        f"{SERVICE}:GetGatewayTarget": 10,
    }
    server.calls.clear()
    changed = next(iter(core.gateways.values()))
    changed.target("three", "LAMBDA", {"mcp": {}})
    again = desk.collect(AgentGatewayCollector(), known=first.known())
    assert server.calls.by_operation() == {
        f"{SERVICE}:ListGateways": 1,
        f"{SERVICE}:ListGatewayTargets": 5,
        f"{SERVICE}:ListTagsForResource": 1,
        f"{SERVICE}:GetGateway": 1,
        f"{SERVICE}:GetGatewayTarget": 3,
    }
    assert len(again.of(Unchanged)) == 4
    assert again.closes()
    left_out = Desk(exclude=Rules(tags=("team=ai",)))
    server.calls.clear()
    skipped = left_out.collect(AgentGatewayCollector(), known=first.known())
    assert len(skipped.skipped) == 5
    assert server.calls.count(f"{SERVICE}:ListTagsForResource") == 1  # of the one that changed
    left_out.close()


@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ("GetGateway", "description"),
        ("ListGatewayTargets", "targets"),
        ("GetGatewayTarget", "target tools"),
        ("ListTagsForResource", "tags"),
    ],
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, server: AwsServer, west: Region, core: AgentCore, desk: Desk
) -> None:
    core.gateway("tools", webAclArn="arn:x").tools_of(FUNCTION, "refund")
    west.deny(f"{SERVICE}:{operation}")
    seen = scan(desk)
    item = seen.one("tools")
    unknown = {
        "description": item.endpoints is UNKNOWN and item.protections.waf == "unknown",
        "targets": item.operations is UNKNOWN and operation == "ListGatewayTargets",
        "target tools": item.backends is UNKNOWN and operation == "GetGatewayTarget",
        "tags": item.labels is UNKNOWN,
    }
    assert {name for name, holds in unknown.items() if holds} == {detail}
    assert seen.unseen == [(detail, "access_denied")]


def test_a_target_that_was_deleted_meanwhile_takes_no_gateway_with_it(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    gateway = core.gateway("tools").tools_of(FUNCTION, "refund")
    (target,) = gateway.targets
    gateway.targets["OTHER"] = gateway.targets.pop(target)  # listed under an id that is not there
    seen = scan(desk)
    assert seen.failed == {}
    assert seen.one("tools").operations is UNKNOWN
    assert seen.unseen == [("target tools", "malformed")]


def test_a_gateway_that_was_deleted_meanwhile_is_gone(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    gateway = core.gateway("tools")
    core.gateways["other"] = core.gateways.pop(gateway.id)
    assert scan(desk).failed[gateway.id].kind == "gone"


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_a_listing_without_an_end_is_not_complete(
    kind: str, server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.gateway("tools")
    server.inject(Fault(kind=kind, operation="ListGateways"))
    seen = desk.collect(AgentGatewayCollector())
    assert not seen.whole
    assert getattr(seen.error, "kind", None) == "malformed"


def test_tools_beyond_the_limit_are_counted_and_leave_the_operations_unknown(
    server: AwsServer, core: AgentCore, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "MOST_TOOLS", 2)
    gateway = core.gateway("tools").tools_of(FUNCTION, "refund", "charge", name="pay")
    assert len(scan(desk).one("tools").operations) == 2
    gateway.tools_of(FUNCTION, "a", "b", "c", name="many")
    first = scan(desk)
    assert first.one("tools").operations is UNKNOWN
    assert len(first.one("tools").backends) == 2
    (gap,) = first.of(Unseen)
    assert gap.detail == "tools of target many"
    assert gap.error.message == "3 tools, of which no more than 2 could be kept"


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        ([{"name": "a"}, {"name": 7}, None], "2 of 3 tools have no name"),
        ([{"name": "a"}, {"name": "a"}], None),
        ([], None),
    ],
)
def test_tools_without_a_name_are_counted(tools: list[Any], words: str | None) -> None:
    held = {"toolSchema": {"inlinePayload": tools}}
    target = targets.read_target({"name": "t", "targetConfiguration": {"mcp": {"lambda": held}}})
    assert targets.untold(target) == words


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ({"/x": {"get": {}}, "x-of-somebody": 7}, None),
        ({"/x": {"get": 7, "put": {}}}, "1 of 2 tools have no name"),
        ({"/x": 7}, "1 of 1 tools have no name"),
    ],
)
def test_operations_that_cannot_be_read_are_counted_as_tools(paths: Any, words: str | None) -> None:
    held = {"inlinePayload": json.dumps({"openapi": "3.0.1", "paths": paths})}
    kinds = {"mcp": {"openApiSchema": held}}
    target = targets.read_target({"name": "t", "targetConfiguration": kinds})
    assert targets.untold(target) == words


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ([{"filterPath": "/x", "methods": ["GET"]}], None),
        ([{"filterPath": "/x", "methods": ["GET", 7]}], "1 of 2 tools have no name"),
        ([{"filterPath": 7, "methods": ["GET"]}], "1 of 1 tools have no name"),
        ([7], "1 of 1 tools have no name"),
    ],
)
def test_filters_of_a_stage_that_cannot_be_read_are_counted_as_tools(
    filters: list[Any], words: str | None
) -> None:
    held = {"restApiId": "a", "apiGatewayToolConfiguration": {"toolFilters": filters}}
    kinds = {"mcp": {"apiGateway": held}}
    target = targets.read_target({"name": "t", "targetConfiguration": kinds})
    assert targets.untold(target) == words
