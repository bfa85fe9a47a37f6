"""A second opinion: the same collectors against moto, for as much of AWS as it has.

moto knows no embedded methods, no OpenAPI 3 export and no HTTP export: there the fall-backs are at work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apigateway.counting import NAMESPACE
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.cloudwatch import PERMISSION, Metric, ask, newest_window
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.model.surroundings import FrontDoor
from tests.collectors.aws.desk import REGION, Desk

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
    session = botocore.session.Session()
    return session.create_client


def desk() -> Desk:
    return Desk(AwsSettings(total_max_attempts=1))


def rest_api(v1: Any, name: str) -> str:
    api: str = v1.create_rest_api(name=name, tags={"owner": "Team Moto"})["id"]
    root = v1.get_resources(restApiId=api)["items"][0]["id"]
    made = v1.create_resource(restApiId=api, parentId=root, pathPart="claims")["id"]
    v1.put_method(
        restApiId=api,
        resourceId=made,
        httpMethod="GET",
        authorizationType="AWS_IAM",
        apiKeyRequired=True,
    )
    v1.put_integration(
        restApiId=api,
        resourceId=made,
        httpMethod="GET",
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri="https://u:p@back.example/x?key=1",
    )
    v1.create_deployment(restApiId=api, stageName="prod")
    return api


def test_a_rest_api_is_recorded_through_its_working_copy(client: Any) -> None:
    api = rest_api(client("apigateway"), "claims")
    seen = desk().collect(RestApiCollector(), account=MOTO_ACCOUNT)
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    item = seen.one("claims", "prod")
    assert item.native_api_id == f"aws:{MOTO_ACCOUNT}:{REGION}:apigateway:{api}"
    assert item.owners[0].name == "Team Moto"
    operation = next(one for one in item.operations if one.template == "/claims")
    assert [scheme.kind for scheme in operation.security.schemes] == ["iam", "api_key"]
    assert "export refused" in operation.security.evidence
    assert [backend.address for backend in item.backends] == ["https://back.example/x"]
    again = desk().collect(RestApiCollector(), account=MOTO_ACCOUNT, known=seen.known())
    assert [one.name for one in again.unchanged] == ["claims"]


def test_http_and_websocket_apis_are_recorded_by_routes(client: Any) -> None:
    v2 = client("apigatewayv2")
    http = v2.create_api(Name="pay", ProtocolType="HTTP", Tags={"owner": "Team Moto"})["ApiId"]
    target = v2.create_integration(
        ApiId=http,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://u:p@back.example/x?key=1",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    v2.create_route(
        ApiId=http, RouteKey="GET /x", Target=f"integrations/{target}", AuthorizationType="AWS_IAM"
    )
    v2.create_stage(ApiId=http, StageName="prod", AutoDeploy=True)
    chat = v2.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    v2.create_route(ApiId=chat, RouteKey="$connect", AuthorizationType="NONE")
    v2.create_stage(ApiId=chat, StageName="live")
    seen = desk().collect(HttpApiCollector(), account=MOTO_ACCOUNT)
    assert seen.whole
    assert seen.closes()
    socket = desk().collect(WebSocketApiCollector(), account=MOTO_ACCOUNT)
    assert socket.whole
    assert socket.closes()
    assert [item.name for item in socket.entities] == ["chat"]
    assert [one.security.requirement for one in socket.one("chat").operations] == ["none"]


def test_usage_plans_and_domains_are_recorded(client: Any) -> None:
    v1 = client("apigateway")
    api = rest_api(v1, "planned")
    v1.create_usage_plan(
        name="gold",
        apiStages=[{"apiId": api, "stage": "prod"}],
        throttle={"rateLimit": 10, "burstLimit": 20},
        quota={"limit": 5, "period": "DAY"},
    )
    v1.create_domain_name(
        domainName="api.example",
        regionalCertificateName="x",
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    plans = desk().collect(UsagePlanCollector(), account=MOTO_ACCOUNT)
    assert plans.whole
    assert plans.one("gold").quota == "5/DAY"
    domains = desk().collect(DomainCollector(), account=MOTO_ACCOUNT)
    assert domains.whole
    assert domains.closes()
    doors = [item for item in domains.entities if isinstance(item, FrontDoor)]
    assert [door.name for door in doors] == ["api.example"]


def test_a_policy_that_is_escaped_once_is_read_as_well(client: Any) -> None:
    v1 = client("apigateway")
    statement = {"Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam::1:root"]}, "Action": "*"}
    v1.create_rest_api(name="told", policy=json.dumps({"Statement": [statement]}))
    item = desk().collect(RestApiCollector(), account=MOTO_ACCOUNT).one("told")
    assert item.exposure_evidence.endswith("resource policy denies 1 principal")


def test_a_role_leads_into_another_account(client: Any) -> None:
    settings = AwsSettings(roles=("arn:aws:iam::210987654321:role/reader",), regions=(REGION,))
    plan = AwsProvider().plan("prod", settings)
    assert [one.reach.key for one in plan.reaches] == [f"210987654321/{REGION}"]
    seen = Desk(settings).collect(RestApiCollector(), account="210987654321")
    assert seen.whole
    assert seen.listed == []


def test_figures_are_read_from_what_somebody_else_keeps(client: Any) -> None:
    window = newest_window(Desk().clock.now(), 900)
    given = {"Count": [1.0] * 8, "5XXError": [1.0, 0.0, 1.0]}
    named = (("ApiName", "counted"), ("Stage", "prod"))
    client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in named],
                "Timestamp": window.start + timedelta(minutes=1 + at),
                "Value": value,
            }
            for name, values in given.items()
            for at, value in enumerate(values)
        ],
    )
    asked = [("Count", "SampleCount"), ("5XXError", "Sum"), ("4XXError", "Sum")]
    metrics = [Metric(NAMESPACE, name, statistic, named) for name, statistic in asked]
    with desk().session(RestApiCollector(), MOTO_ACCOUNT) as session:
        said = ask(session.calls((PERMISSION,)), metrics, window)
    assert [series.total() for series in said] == [8, 2, 0]
    assert [series.only() for series in said] == [8.0, 2.0, None]
