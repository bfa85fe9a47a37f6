"""Runtimes of AgentCore against the emulated AWS."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.contract import Unchanged
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

SERVICE = "bedrock-agentcore-control"


@pytest.fixture
def core(west: Region) -> AgentCore:
    return west.shelves.of(AgentCore)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(AgentRuntimeCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def test_each_endpoint_is_a_deployment_of_the_version_that_it_serves(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    helper = core.runtime("helper", "HTTP", {"owner": "Team AI"})
    helper.release(protocolConfiguration={"serverProtocol": "A2A"}).endpoint("old", "1")
    seen = scan(desk)
    newest, old = seen.one("helper", "DEFAULT"), seen.one("helper", "old")
    key = helper.fields["agentRuntimeId"]
    assert newest.native_id == f"aws:{ACCOUNT}:{REGION}:bedrock-agentcore:runtime/{key}/DEFAULT"
    assert newest.native_api_id == old.native_api_id
    assert (newest.style, newest.revision) == ("a2a", "2")
    assert (old.style, old.revision) == ("http", "1")
    assert newest.owners[0].name == "Team AI"
    assert newest.endpoints[0].url.startswith(
        f"https://bedrock-agentcore.{REGION}.amazonaws.com/runtimes/arn%3Aaws%3A"
    )
    assert newest.endpoints[0].evidence.endswith("network mode PUBLIC; qualifier DEFAULT")


def test_an_unchanged_round_costs_one_call_a_runtime(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    for number in range(4):
        core.runtime(f"helper{number}").endpoint("live", "1")
    first = scan(desk)
    assert server.calls.by_operation() == {
        f"{SERVICE}:ListAgentRuntimes": 1,
        f"{SERVICE}:ListAgentRuntimeEndpoints": 4,
        f"{SERVICE}:ListTagsForResource": 4,
        f"{SERVICE}:GetAgentRuntime": 4,
    }
    server.calls.clear()
    next(iter(core.runtimes.values())).release()
    again = desk.collect(AgentRuntimeCollector(), known=first.known())
    assert server.calls.by_operation() == {
        f"{SERVICE}:ListAgentRuntimes": 1,
        f"{SERVICE}:ListAgentRuntimeEndpoints": 4,
        f"{SERVICE}:ListTagsForResource": 1,
        f"{SERVICE}:GetAgentRuntime": 2,
    }
    assert len(again.of(Unchanged)) == 3
    assert again.closes()


@pytest.mark.parametrize(
    ("operation", "detail"), [("GetAgentRuntime", "version 1"), ("ListTagsForResource", "tags")]
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, server: AwsServer, west: Region, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper", "MCP")
    west.deny(f"{SERVICE}:{operation}")
    seen = scan(desk)
    item = seen.one("helper")
    assert (item.style == "unknown") is (operation == "GetAgentRuntime")
    assert (item.operations is UNKNOWN) is (operation == "GetAgentRuntime")
    assert (item.labels is UNKNOWN) is (operation == "ListTagsForResource")
    assert seen.unseen == [(detail, "access_denied")]


def test_a_version_that_was_deleted_meanwhile_takes_no_runtime_with_it(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper").endpoint("old", "7")
    seen = scan(desk)
    assert seen.failed == {}
    assert seen.one("helper", "old").operations is UNKNOWN
    assert seen.unseen == [("version 7", "malformed")]


def test_a_runtime_without_endpoints_is_no_deployment(
    server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper").endpoints.clear()
    (recorded,) = scan(desk).recorded.values()
    assert recorded.entities == ()


@pytest.mark.parametrize("rules", [Rules(names=("helper",)), Rules(tags=("team=ai",))])
def test_what_a_source_leaves_out_is_skipped_at_first_and_when_unchanged(
    rules: Rules, server: AwsServer, core: AgentCore, desk: Desk
) -> None:
    core.runtime("helper", tags={"team": "ai"})
    known = scan(desk).known()
    strict = Desk(exclude=rules)
    assert len(scan(strict).skipped) == 1
    assert len(strict.collect(AgentRuntimeCollector(), known=known).skipped) == 1
    strict.close()
