"""Event APIs and domain names, from the emulated AppSync."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.names import Place
from apiscape.demo.aws.estate.appsync import API_KEY, COGNITO, IAM, AppSync
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.appsync.samples import fill
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk


@pytest.fixture
def held(west: Region) -> AppSync:
    return west.shelves.of(AppSync)


def asked(item: Any) -> dict[str, list[str]]:
    return {
        f"{one.verb} {one.template}": [scheme.kind for scheme in one.security.schemes]
        for one in item.operations
    }


def test_namespaces_are_operations_with_their_own_ways_in(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    api = held.event("news", API_KEY, tags={"owner": "Team News"}, wafWebAclArn="arn:aws:wafv2:x")
    api.namespace("alerts", publishAuthModes=[{"authType": IAM}]).namespace("chat")
    api.namespace("staff", subscribeAuthModes=[{"authType": COGNITO}, {"authType": IAM}])
    item = desk.collect(EventCollector()).one("news")
    assert asked(item) == {
        "connect /event/realtime": ["api_key"],
        "publish /alerts/*": ["iam"],
        "subscribe /alerts/*": ["api_key"],
        "publish /chat/*": ["api_key"],
        "subscribe /chat/*": ["api_key"],
        "publish /staff/*": ["api_key"],
        "subscribe /staff/*": ["custom"],
    }
    by_name = {f"{one.verb} {one.template}": one for one in item.operations}
    assert by_name["publish /alerts/*"].security.evidence == "namespace alerts: AWS_IAM"
    assert by_name["publish /chat/*"].security.evidence == "defaultPublishAuthModes: API_KEY"
    assert item.native_id == f"aws:{ACCOUNT}:{REGION}:appsync:{api.id}"
    assert (item.native_kind, item.style, item.exposure) == (
        "aws.appsync.event",
        "event",
        "internet",
    )
    host = api.fields["dns"]
    assert [one.url for one in item.endpoints] == [
        f"https://{host['HTTP']}/event",
        f"wss://{host['REALTIME']}/event/realtime",
    ]
    assert item.protections.waf == "enabled"
    assert item.protections.access_log == "disabled"
    assert item.updated_at == api.namespaces["staff"]["lastModified"]
    assert (item.backends, item.specs) == ((), ())


def test_a_handler_leads_to_its_data_source(server: AwsServer, held: AppSync, desk: Desk) -> None:
    api = held.event("news").data_source("store", "AMAZON_DYNAMODB", dynamodbConfig=_table())
    direct = {"behavior": "DIRECT", "integration": {"dataSourceName": "store"}}
    api.namespace("alerts", handlerConfigs={"onPublish": direct})
    item = desk.collect(EventCollector()).one("news")
    assert [(one.key, one.kind, one.address) for one in item.backends] == [
        ("store", "table", "dynamodb:eu-west-1:table/news")
    ]
    backends = {f"{one.verb} {one.template}": one.backend for one in item.operations}
    assert backends["publish /alerts/*"] == "store"
    assert backends["subscribe /alerts/*"] is None
    assert server.calls.count("appsync:ListDataSources") == 1


def _table() -> dict[str, str]:
    return {"tableName": "news", "awsRegion": "eu-west-1"}


@pytest.mark.parametrize("operation", ["appsync:ListChannelNamespaces", "appsync:ListDataSources"])
def test_a_denied_detail_is_unknown_and_said(
    operation: str, server: AwsServer, west: Region, held: AppSync, desk: Desk
) -> None:
    direct = {"behavior": "DIRECT", "integration": {"dataSourceName": "store"}}
    held.event("news").namespace("alerts", handlerConfigs={"onPublish": direct})
    west.deny(operation)
    seen = desk.collect(EventCollector())
    assert [kind for _, kind in seen.unseen] == ["access_denied"]
    item = seen.one("news")
    assert item.backends is UNKNOWN
    if operation.endswith("Namespaces"):
        assert item.operations is UNKNOWN
    else:
        (publish,) = (one for one in item.operations if one.verb == "publish")
        assert publish.backend is UNKNOWN


def test_event_apis_cost_a_call_each_whether_changed_or_not(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, apis=30)
    for _ in range(2):
        server.calls.clear()
        seen = desk.collect(EventCollector())
        assert len(seen.recorded) == 30
        assert server.calls.by_operation() == {
            "appsync:ListApis": 2,
            "appsync:ListChannelNamespaces": 30,
        }


def test_what_goes_while_it_is_read_fails_as_gone(
    server: AwsServer, held: AppSync, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = held.event("news")

    def gone(place: Place, _arn: str | None) -> Place:
        held.event_apis.clear()
        return place

    monkeypatch.setattr(Place, "owning", gone)
    seen = desk.collect(EventCollector())
    assert seen.failed[api.id].kind == "gone"
    assert seen.closes()


def test_apis_and_domain_names_are_left_out_by_name_and_tag(
    server: AwsServer, held: AppSync
) -> None:
    held.event("scratch-1")
    held.domain("scratch-1.example").domain("x.example", tags={"team": "x"})
    desk = Desk(exclude=Rules(names=("scratch-*",), tags=("team=x",)))
    assert list(desk.collect(EventCollector()).skipped) == list(held.event_apis)
    assert set(desk.collect(DomainNameCollector()).skipped) == {"scratch-1.example", "x.example"}
    desk.close()


# ── Domain names ─────────────────────────────────────────────────────────────


def test_a_domain_name_is_a_front_door_of_its_api(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    api = held.graphql("claims")
    held.domain("Graph.example", api, tags={"owner": "Team Edge"}).domain("idle.example")
    held.domain("broken.example", api)
    held.associations["broken.example"]["associationStatus"] = "FAILED"
    seen = desk.collect(DomainNameCollector())
    assert seen.whole
    door = seen.one("Graph.example")
    assert door.endpoint.url == "https://graph.example"
    assert door.endpoint.exposure == "internet"
    (route,) = door.routes
    assert route.native_api_id == f"aws:{ACCOUNT}:{REGION}:appsync:{api.id}"
    assert (route.base_path, route.stage) == ("/", None)
    assert door.certificate.startswith("arn:aws:acm:us-east-1:")
    assert door.labels == {"owner": "Team Edge"}
    assert seen.one("idle.example").routes == ()
    assert seen.one("broken.example").routes == ()
    assert server.calls.by_operation() == {
        "appsync:ListDomainNames": 1,
        "appsync:GetApiAssociation": 3,
    }


def test_where_a_domain_name_leads_is_unknown_where_it_may_not_be_read(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, apis=1)
    west.deny("appsync:GetApiAssociation")
    seen = desk.collect(DomainNameCollector())
    assert seen.one("graph-0.example").routes is UNKNOWN
    assert seen.unseen == [("association", "access_denied")]
