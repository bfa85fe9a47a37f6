"""The emulated CloudTrail: what builders change after a mark, in the shape and at the pace of the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers, fixed_response, when
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice, answer, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.trail import (
    API_GATEWAY,
    APPSYNC,
    BALANCERS,
    FIREWALLS,
    FUNCTIONS,
    LATTICE,
    Trail,
)
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS, VirtualClock
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import Serve, boto3_client, code

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Hands:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def hands(region: Region) -> Hands:
    hands = Hands()
    region.shelves.of(Trail).mark(hands)
    return hands


def look_up(server: AwsServer, **asked: Any) -> list[Any]:
    client = boto3_client(server, "cloudtrail")
    pages: Iterator[Any] = client.get_paginator("lookup_events").paginate(**asked)
    return [event for page in pages for event in page["Events"]]


def bodies(events: list[Any]) -> list[Any]:
    return [json.loads(event["CloudTrailEvent"]) for event in events]


def names(region: Region) -> list[str]:
    return [event.fields["EventName"] for event in region.shelves.of(Trail).events]


def told(region: Region, source: str) -> list[str]:
    events = region.shelves.of(Trail).events
    return [str(event.fields["EventName"]) for event in events if event.source == source]


def test_nothing_is_written_down_before_a_mark(server: AwsServer, region: Region) -> None:
    region.rest_api("one").method("GET", "/x").deploy("prod")
    assert look_up(server) == []


def test_an_event_names_what_was_done_to_what(server: AwsServer, region: Region) -> None:
    api = region.rest_api("one").method("GET", "/x")
    region.shelves.of(Trail).mark(lambda: NOON)
    api.deploy("prod")
    (event,) = look_up(server)
    (body,) = bodies([event])
    assert (event["EventName"], event["ReadOnly"]) == ("CreateDeployment", "false")
    assert event["EventSource"] == body["eventSource"] == "apigateway.amazonaws.com"
    assert event["EventTime"] == NOON
    assert event["EventId"] == body["eventID"]
    assert body["requestParameters"]["restApiId"] == api.id
    assert body["readOnly"] is False
    assert "errorCode" not in body
    assert body["userIdentity"]["accessKeyId"] == event["AccessKeyId"]


def test_every_builder_tells_of_itself(region: Region, hands: Hands) -> None:
    rest = region.rest_api("rest").method("GET", "/x").deploy("prod")
    rest.authorizer("a", {"type": "TOKEN"}).model("m", "{}").remove_method("GET", "/x")
    rest.point("live", next(iter(rest.deployments))).edit_stage("live").delete_stage("live")
    rest.rename("other").delete()
    assert names(region) == [
        *("CreateRestApi", "PutMethod", "CreateDeployment", "CreateAuthorizer", "CreateModel"),
        *("DeleteMethod", "UpdateStage", "UpdateStage", "DeleteStage", "UpdateRestApi"),
        "DeleteRestApi",
    ]
    region.shelves.of(Trail).events.clear()
    http = region.http_api("http").route("GET /x").stage("$default").deploy("prod")
    http.authorizer("a", {"AuthorizerType": "JWT"}).remove_route("GET /x").edit_stage("prod")
    http.delete_stage("prod").rename("other").delete()
    assert names(region) == [
        *("CreateApi", "CreateRoute", "CreateStage", "CreateStage", "CreateDeployment"),
        *("CreateAuthorizer", "DeleteRoute", "UpdateStage", "DeleteStage", "UpdateApi"),
        "DeleteApi",
    ]
    region.shelves.of(Trail).events.clear()
    domain = region.domain("api.example", endpoint="PRIVATE")
    domain.map("", http, "$default").rule(1, http, "$default").mutual_tls("s3://x").edit().delete()
    assert names(region) == [
        *("CreateDomainName", "CreateApiMapping", "CreateRoutingRule", "UpdateDomainName"),
        *("UpdateDomainName", "DeleteDomainName"),
    ]
    asked = json.loads(region.shelves.of(Trail).events[-1].fields["CloudTrailEvent"])
    assert asked["requestParameters"].keys() == {"domainName", "domainNameId"}


def test_builders_of_other_services_tell_of_themselves(region: Region, hands: Hands) -> None:
    appsync, lattice = region.shelves.of(AppSync), region.shelves.of(Lattice)
    api = appsync.graphql("one", "type Query { one: Int }").data_source("table").key("app")
    api.schema("type Query { two: Int }").resolver("two", "table").edit(xrayEnabled=True)
    appsync.merged("all").merge(api)
    live = appsync.event("live").namespace("news").edit(xrayEnabled=True)
    appsync.domain("a.example", api).remove_domain("a.example").remove(api).remove(live)
    assert told(region, APPSYNC) == [
        *("CreateGraphqlApi", "CreateDataSource", "CreateApiKey", "StartSchemaCreation"),
        *("CreateResolver", "UpdateGraphqlApi", "CreateGraphqlApi", "AssociateSourceGraphqlApi"),
        *("CreateApi", "CreateChannelNamespace", "UpdateApi"),
        *("CreateDomainName", "DeleteDomainName", "DeleteGraphqlApi", "DeleteApi"),
    ]
    functions = region.shelves.of(Functions)
    functions.add("f").url("NONE", open_to="*").drop_url()
    functions.remove("f")
    assert told(region, FUNCTIONS) == [
        *("AddPermission20150331v2", "CreateFunctionUrlConfig", "DeleteFunctionUrlConfig"),
        "DeleteFunction20150331",
    ]
    service = lattice.service("s").listen().rule(http_match("/x"), answer(), name="x")
    service.edit_rule("x").join(lattice.network("n")).tag({"a": "b"}).edit(authType="AWS_IAM")
    lattice.policy(service).remove(service)
    assert told(region, LATTICE) == [
        *("CreateService", "CreateListener", "CreateRule", "UpdateRule"),
        *("CreateServiceNetworkServiceAssociation", "TagResource", "UpdateService"),
        *("PutAuthPolicy", "DeleteService"),
    ]
    held = region.shelves.of(Balancers)
    web = held.application("web")
    listener = web.listener(to=[fixed_response()])
    listener.rule(when("path-pattern", "/a"), to=[fixed_response(200)])
    listener.rule(when("path-pattern", "/b"), to=[fixed_response(200)]).order(1, 0)
    held.web_acl("wall", web.tag(a="b").edit(Scheme="internal"))
    held.remove(web)
    assert told(region, BALANCERS) == [
        *("CreateLoadBalancer", "CreateListener", "CreateRule", "CreateRule", "SetRulePriorities"),
        *("AddTags", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer"),
    ]
    assert told(region, FIREWALLS) == ["AssociateWebACL"]
    region.usage_plan("gold")
    assert told(region, API_GATEWAY) == ["CreateUsagePlan"]


@pytest.mark.parametrize(
    ("service", "operation", "asked"),
    [
        ("appsync", "get_graphql_api", {"apiId": "x"}),
        ("appsync", "get_api", {"apiId": "x"}),
        ("appsync", "get_domain_name", {"domainName": "x.example"}),
        ("lambda", "get_function_configuration", {"FunctionName": "x"}),
        ("elbv2", "describe_load_balancers", {"LoadBalancerArns": ["x"]}),
    ],
)
def test_what_is_asked_for_alone_and_is_not_there_is_not_found(
    server: AwsServer, service: str, operation: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as gone:
        getattr(boto3_client(server, service), operation)(**asked)
    assert code(gone).removesuffix("Exception") in {
        *("NotFound", "ResourceNotFound", "LoadBalancerNotFound"),
    }


def test_the_newest_come_first_fifty_a_page(
    server: AwsServer, region: Region, hands: Hands
) -> None:
    api = region.rest_api("one")
    for minute in range(120):
        hands.at = NOON + timedelta(minutes=minute)
        api.edit(description=str(minute))
    server.calls.clear()
    found = look_up(server)
    assert len(found) == 121
    assert server.calls.count("cloudtrail:LookupEvents") == 3
    times = [event["EventTime"] for event in found]
    assert times == sorted(times, reverse=True)


def test_one_attribute_and_a_time_may_be_asked_for(
    server: AwsServer, region: Region, hands: Hands
) -> None:
    trail = region.shelves.of(Trail)
    trail.note("GetStages", {"restApiId": "a"}, read_only=True)
    hands.at = NOON + timedelta(minutes=1)
    trail.note("DeleteApi", {"apiId": "b"}, error="AccessDenied")
    trail.note("CreateGraphqlApi", {}, source="appsync.amazonaws.com")
    source = {"AttributeKey": "EventSource", "AttributeValue": "apigateway.amazonaws.com"}
    reads = {"AttributeKey": "ReadOnly", "AttributeValue": "true"}
    assert len(look_up(server, LookupAttributes=[source])) == 2
    assert len(look_up(server, LookupAttributes=[reads])) == 1
    (late,) = look_up(server, LookupAttributes=[source], StartTime=NOON + timedelta(seconds=30))
    assert bodies([late])[0]["errorCode"] == "AccessDenied"
    with pytest.raises(ClientError) as several:
        look_up(server, LookupAttributes=[source, reads])
    assert code(several) == "InvalidLookupAttributesException"
    with pytest.raises(ClientError) as upside_down:
        look_up(server, StartTime=NOON, EndTime=NOON - timedelta(days=1))
    assert code(upside_down) == "InvalidTimeRangeException"


def test_an_event_is_told_minutes_after_the_fact(
    server: AwsServer, region: Region, hands: Hands
) -> None:
    region.shelves.of(Trail).mark(hands, delay=timedelta(minutes=5))
    region.rest_api("one")
    hands.at = NOON + timedelta(minutes=4)
    assert look_up(server) == []
    hands.at = NOON + timedelta(minutes=5)
    (event,) = look_up(server)
    assert event["EventTime"] == NOON


def test_two_calls_a_second_are_answered(serve: Serve, region: Region) -> None:
    clock = VirtualClock()
    server = serve(quotas=AWS_QUOTAS, clock=clock)
    once = boto3_client(server, "cloudtrail", config=Config(retries={"total_max_attempts": 1}))
    once.lookup_events()
    once.lookup_events()
    with pytest.raises(ClientError) as refused:
        once.lookup_events()
    assert code(refused) == "ThrottlingException"
    clock.advance(0.5)
    assert once.lookup_events()["Events"] == []


def test_a_domain_is_given_by_its_name(server: AwsServer, region: Region) -> None:
    public, private = region.domain("a.example"), region.domain("b.example", endpoint="PRIVATE")
    client = boto3_client(server, "apigateway")
    assert client.get_domain_name(domainName="a.example")["securityPolicy"] == "TLS_1_2"
    identifier = private.fields["domainNameId"]
    found = client.get_domain_name(domainName="b.example", domainNameId=identifier)
    assert found["domainNameId"] == identifier
    public.delete()
    for asked in ({"domainName": "a.example"}, {"domainName": "b.example"}):
        with pytest.raises(ClientError) as gone:
            client.get_domain_name(**asked)
        assert code(gone) == "NotFoundException"
