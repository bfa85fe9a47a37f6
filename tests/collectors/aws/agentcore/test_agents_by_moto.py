"""A second opinion: AgentCore and Lambda as moto has them, read by the same collectors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.settings import AwsSettings
from tests.collectors.aws.desk import REGION, Desk, Seen

MOTO_ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return botocore.session.Session().create_client


def visit(collector: Any) -> Seen:
    desk = Desk(AwsSettings(total_max_attempts=1))
    seen = desk.collect(collector, account=MOTO_ACCOUNT)
    desk.close()
    return seen


def role(client: Any) -> str:
    iam = client("iam")
    name = f"role-{len(iam.list_roles()['Roles'])}"
    made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return made


def test_a_gateway_of_moto_is_recorded(client: Any) -> None:
    core = client("bedrock-agentcore-control")
    made = core.create_gateway(
        name="tools", protocolType="MCP", authorizerType="NONE", roleArn=role(client)
    )
    seen = visit(AgentGatewayCollector())
    item = seen.one("tools")
    assert item.native_id.endswith(f":gateway/{made['gatewayId']}")
    assert seen.closes()


def test_a_runtime_of_moto_is_recorded(client: Any) -> None:
    core = client("bedrock-agentcore-control")
    made = core.create_agent_runtime(
        agentRuntimeName="helper",
        agentRuntimeArtifact={"containerConfiguration": {"containerUri": "1.dkr.ecr/x:1"}},
        roleArn=role(client),
        networkConfiguration={"networkMode": "PUBLIC"},
        protocolConfiguration={"serverProtocol": "MCP"},
    )
    core.create_agent_runtime_endpoint(agentRuntimeId=made["agentRuntimeId"], name="live")
    seen = visit(AgentRuntimeCollector())
    item = seen.one("helper", "live")
    assert item.style == "mcp"
    assert made["agentRuntimeId"] in item.native_id
    assert seen.closes()


def test_urls_that_moto_does_not_list_fail_their_function_and_nothing_else(client: Any) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    client("lambda").create_function(
        FunctionName="pay",
        Runtime="python3.12",
        Role=role(client),
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
    )
    seen = visit(FunctionUrlCollector())
    assert seen.whole
    assert set(seen.failed) == {"pay"}
