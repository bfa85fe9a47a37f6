"""A second opinion: the collectors of AppSync against moto.

It has neither data sources nor domain names, and leaves the directives of fields out of a schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import PartAbsent
from apiscape.model.values import UNKNOWN
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
    return botocore.session.Session().create_client("appsync")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(AwsSettings(total_max_attempts=1))
    yield desk
    desk.close()


def test_a_graphql_api_is_recorded_with_its_schema(client: Any, desk: Desk) -> None:
    made = client.create_graphql_api(
        name="claims", authenticationType="AWS_IAM", tags={"owner": "Team Moto"}
    )["graphqlApi"]
    sdl = b'type Query { claims(kind: String = "all"): Int } type Mutation { make: Int }'
    client.start_schema_creation(apiId=made["apiId"], definition=sdl)
    seen = desk.collect(GraphqlCollector(), account=MOTO_ACCOUNT)
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    item = seen.one("claims")
    assert item.native_id == f"aws:{MOTO_ACCOUNT}:{REGION}:appsync:{made['apiId']}"
    assert item.owners[0].name == "Team Moto"
    asked = {f"{one.verb} {one.template}": one.security.evidence for one in item.operations}
    assert asked == {"MUTATION make": "default: AWS_IAM", "QUERY claims": "default: AWS_IAM"}
    assert [spec.format for spec in item.specs] == ["graphql"]
    assert item.backends is UNKNOWN
    assert [detail for detail, _ in seen.unseen] == ["data sources"]


def test_no_api_of_moto_is_merged(client: Any, desk: Desk) -> None:
    client.create_graphql_api(name="plain", authenticationType="API_KEY")
    seen = desk.collect(MergedCollector(), account=MOTO_ACCOUNT)
    assert seen.whole
    assert seen.listed == []


def test_an_event_api_is_recorded_with_its_namespaces(client: Any, desk: Desk) -> None:
    modes = [{"authType": "API_KEY"}]
    api = client.create_api(
        name="news",
        eventConfig={
            "authProviders": modes,
            "connectionAuthModes": modes,
            "defaultPublishAuthModes": modes,
            "defaultSubscribeAuthModes": modes,
        },
    )["api"]
    client.create_channel_namespace(apiId=api["apiId"], name="alerts")
    seen = desk.collect(EventCollector(), account=MOTO_ACCOUNT)
    assert seen.whole
    assert seen.closes()
    assert [f"{one.verb} {one.template}" for one in seen.one("news").operations] == [
        "publish /alerts/*",
        "subscribe /alerts/*",
        "connect /event/realtime",
    ]


def test_domain_names_are_absent_where_the_endpoint_lacks_them(client: Any, desk: Desk) -> None:
    seen = desk.collect(DomainNameCollector(), account=MOTO_ACCOUNT)
    assert seen.error is None
    assert [one.part for one in seen.of(PartAbsent)] == ["ListDomainNames"]
