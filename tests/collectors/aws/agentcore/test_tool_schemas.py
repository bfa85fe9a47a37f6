"""Schemas of tools are contracts: kept once by content, without typed-in values, and read again where they moved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.schemas import IN_S3, NOT_JSON, read_schema
from apiscape.collectors.contract import Unchanged
from apiscape.collectors.specs import DEEPEST, LARGEST_KEPT_BYTES
from apiscape.demo.aws.estate.agentcore import AgentCore, AgentGateway
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import Desk, Seen

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:tools"
TOOL: dict[str, Any] = {
    "name": "find",
    "description": "Finds a case",
    "inputSchema": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "default": {"type": "integer"}},
    },
}


def collect(desk: Desk, before: Seen | None = None) -> Seen:
    seen = desk.collect(AgentGatewayCollector(), known=before.known() if before else ())
    assert (seen.error, seen.whole, seen.closes()) == (None, True, True)
    return seen


def documents(seen: Seen) -> Mapping[str, Any]:
    """Return the contracts that are kept, by hash."""
    (recorded,) = seen.recorded.values()
    for digest, content in recorded.documents.items():
        assert hashlib.sha256(content).hexdigest() == digest
    return {digest: json.loads(content) for digest, content in recorded.documents.items()}


def gateway(west: Region) -> AgentGateway:
    return west.shelves.of(AgentCore).gateway("agents")


def add_tools(held: AgentGateway, name: str, *tools: dict[str, Any]) -> None:
    schema = {"lambdaArn": FUNCTION, "toolSchema": {"inlinePayload": list(tools)}}
    held.target(name, "LAMBDA", {"mcp": {"lambda": schema}})


def test_equal_schemas_are_one_contract_whatever_the_order_of_their_tools(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = gateway(west)
    other = {"name": "close", "description": "Closes a case", "inputSchema": {"type": "object"}}
    add_tools(held, "one", TOOL, other)
    add_tools(held, "two", other, TOOL)
    seen = collect(desk)
    one, two = seen.one("agents").specs
    assert one.contract_sha256 == two.contract_sha256
    assert one.source_sha256 != two.source_sha256
    assert (one.format, one.not_kept) == ("mcp", None)
    (target, _) = held.targets
    assert one.source_uri == f"/gateways/{held.id}/targets/{target}"
    assert documents(seen) == {one.contract_sha256: {"tools": [other, TOOL]}}


def test_a_schema_that_stands_is_not_read_again_and_one_that_moved_is(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = gateway(west)
    add_tools(held, "one", TOOL)
    first = collect(desk)
    server.calls.clear()
    assert collect(desk, first).of(Unchanged)
    assert server.calls.count("GetGatewayTarget") == 0
    add_tools(held, "one", {**TOOL, "description": "Finds any case"})
    again = collect(desk, first)
    (before,), (after,) = first.one("agents").specs, again.one("agents").specs
    assert before.contract_sha256 != after.contract_sha256
    assert list(documents(again)) == [after.contract_sha256]


def test_without_a_schema_there_is_no_contract_and_where_a_target_is_unseen_nobody_knows(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = gateway(west)
    held.target("plain", "MCP_SERVER", {"mcp": {"mcpServer": {"endpoint": "https://m.example"}}})
    assert collect(desk).one("agents").specs == ()
    server.inject(Fault(kind="deny", operation="GetGatewayTarget"))
    assert collect(desk).one("agents").specs is UNKNOWN


TYPED = {"type": "string", "default": "CANARY", "example": "CANARY", "examples": ["CANARY"]}
OPENAPI = {
    "openapi": "3.0.1",
    "servers": [{"url": "https://u:CANARY@t.example/v1?k=CANARY"}],
    "paths": {"/x": {"get": {"operationId": "x", "x-key": "CANARY"}}},
    "components": {"schemas": {"Token": TYPED}},
}
SMITHY = {
    "smithy": "2.0",
    "metadata": {"k": "CANARY"},
    "shapes": {
        "ns#Get": {
            "type": "operation",
            "input": {"target": "ns#In"},
            "traits": {"smithy.api#readonly": {}, "smithy.api#examples": ["CANARY"]},
        },
        "ns#In": {
            "type": "structure",
            "members": {
                "traits": {"target": "ns#A"},
                "b": {"target": "ns#A", "traits": {"smithy.api#default": "CANARY"}},
            },
        },
        "ns#odd": 7,
    },
}
TOOLS = {"tools": [{**TOOL, "_meta": "CANARY", "x-key": "CANARY"}, 7], "note": "CANARY"}


@pytest.mark.parametrize(
    ("word", "held", "format_", "version", "kept"),
    [
        (
            "openApiSchema",
            {"inlinePayload": json.dumps(OPENAPI)},
            "openapi",
            "3.0.1",
            {
                "openapi": "3.0.1",
                "servers": [{"url": "https://t.example/v1"}],
                "paths": {"/x": {"get": {"operationId": "x"}}},
                "components": {"schemas": {"Token": {"type": "string"}}},
            },
        ),
        (
            "smithyModel",
            {"inlinePayload": json.dumps(SMITHY)},
            "smithy",
            "2.0",
            {
                "smithy": "2.0",
                "shapes": {
                    "ns#Get": {
                        "type": "operation",
                        "input": {"target": "ns#In"},
                        "traits": {"smithy.api#readonly": {}},
                    },
                    "ns#In": {
                        "type": "structure",
                        "members": {
                            "traits": {"target": "ns#A"},
                            "b": {"target": "ns#A", "traits": {}},
                        },
                    },
                },
            },
        ),
        (
            "mcpServer",
            {"mcpToolSchema": {"inlinePayload": json.dumps(TOOLS)}},
            "mcp",
            None,
            {"tools": [TOOL]},
        ),
    ],
)
def test_what_is_kept_of_each_kind_of_schema(
    word: str, held: dict[str, Any], format_: str, version: str | None, kept: dict[str, Any]
) -> None:
    found = read_schema(word, held, "/x")
    assert found.spec is not None
    assert (found.spec.format, found.spec.format_version) == (format_, version)
    assert (found.spec.source_uri, found.spec.not_kept) == ("/x", None)
    (content,) = found.documents.values()
    assert json.loads(content) == kept
    assert b"CANARY" not in content


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "array", "items": inner}
    return inner


@pytest.mark.parametrize(
    ("word", "held", "why"),
    [
        ("openApiSchema", {"inlinePayload": "openapi: 3.0.1"}, NOT_JSON),
        ("smithyModel", {"inlinePayload": "[]"}, NOT_JSON),
        (
            "mcpServer",
            {"mcpToolSchema": {"inlinePayload": json.dumps({"tools": [nested(DEEPEST)]})}},
            None,
        ),
        (
            "lambda",
            {"toolSchema": {"inlinePayload": [{"name": "a", "inputSchema": nested(DEEPEST)}]}},
            "the document is nested too deeply",
        ),
        (
            "smithyModel",
            {"inlinePayload": json.dumps({"shapes": {"n#A": nested(DEEPEST)}})},
            "the document is nested too deeply",
        ),
        (
            "lambda",
            {"toolSchema": {"inlinePayload": [{"name": "a", "description": "x" * 5_000_001}]}},
            f"larger than {LARGEST_KEPT_BYTES} bytes",
        ),
    ],
    ids=["yaml", "no object", "deep where nothing is kept", "deep", "deep model", "large"],
)
def test_what_cannot_be_kept_says_why(word: str, held: dict[str, Any], why: str | None) -> None:
    found = read_schema(word, held, "/x")
    assert found.spec is not None
    assert found.spec.not_kept == why
    assert found.spec.source_sha256 is not None
    assert found.spec.source_uri == "/x"
    assert bool(found.documents) == (why is None)


def test_tools_are_told_though_their_contract_cannot_be_kept() -> None:
    deep = {"toolSchema": {"inlinePayload": [{"name": "a", "inputSchema": nested(DEEPEST)}]}}
    assert read_schema("lambda", deep, "/x").tools == ("a",)


@pytest.mark.parametrize("word", ["lambda", "mcpServer", "openApiSchema", "smithyModel"])
def test_a_schema_in_s3_is_named_and_not_read(word: str) -> None:
    held = {"s3": {"uri": "s3://bucket/tools.json?versionId=CANARY"}}
    holder = {"lambda": "toolSchema", "mcpServer": "mcpToolSchema"}.get(word)
    found = read_schema(word, {holder: held} if holder else held, "/x")
    assert found.spec is not None
    assert (found.spec.source_uri, found.spec.not_kept) == ("s3://bucket/tools.json", IN_S3)
    assert (found.tools, found.untold, found.documents) == ((), None, {})


@pytest.mark.parametrize(
    "odd", [object(), "\ud800", float("nan")], ids=["no value", "half a letter", "no number"]
)
def test_tools_that_are_no_json_leave_what_there_is_unknown(odd: object) -> None:
    tools = {"toolSchema": {"inlinePayload": [{"name": "a", "description": odd}]}}
    found = read_schema("lambda", tools, "/x")
    assert (found.untold is not None) or found.tools == ("a",)
    assert found.spec is None or found.spec.contract_sha256 is not None
