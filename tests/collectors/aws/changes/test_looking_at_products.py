"""Looking at single objects of products beside API Gateway: how few calls that takes, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.balancers.network import ELSEWHERE
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.aws.functions.without import WithoutUrl
from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.contract import Skipped
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers, fixed_response, forward, when
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.lattice import Lattice, answer, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.values import is_known
from apiscape.settings.schema import Rules
from tests.collectors.aws.changes.desk import HearingDesk, touched

GRAPHQL, MERGED, EVENT = GraphqlCollector(), MergedCollector(), EventCollector()
NAMES, PLANS = DomainNameCollector(), UsagePlanCollector()
SERVICES, BALANCERS = ServiceCollector(), ApplicationBalancerCollector()
RUNNERS, WEB = AppRunnerCollector(), WebFunctionCollector()
GATEWAYS, RUNTIMES = AgentGatewayCollector(), AgentRuntimeCollector()
ONE = "type Query { one: Int }"
TWO = "type Query { one: Int two: Int }"


def asked(server: AwsServer) -> dict[str, int]:
    calls = server.calls.by_operation()
    server.calls.clear()
    return calls


def test_a_schema_that_changed_without_a_word_is_read_after_an_event(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.shelves.of(AppSync).graphql("claims", ONE)
    before = ears.list_all(GRAPHQL)
    api.schema(TWO)
    seen = ears.look(GRAPHQL, touched(api.id, "StartSchemaCreation"), known=before.known())
    (item,) = (each for each in seen.entities if isinstance(each, Deployment))
    assert is_known(item.operations)
    assert len(item.operations) == 2
    server.calls.clear()
    again = ears.look(GRAPHQL, touched(api.id, "UpdateGraphqlApi"))
    assert again.recorded.keys() == {api.id}
    assert asked(server) == {
        "appsync:GetGraphqlApi": 1,
        "appsync:GetIntrospectionSchema": 1,
        "appsync:ListDataSources": 1,
    }


def test_a_visit_after_a_look_costs_no_more_than_one_after_a_visit(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.shelves.of(AppSync).graphql("claims", ONE)
    looked = ears.look(GRAPHQL, touched(api.id, "CreateGraphqlApi"))
    listed = ears.list_all(GRAPHQL)
    (of_look,), (of_visit,) = looked.recorded.values(), listed.recorded.values()
    assert of_look.tokens == of_visit.tokens


def test_of_the_other_type_nothing_is_said(west: Region, ears: HearingDesk) -> None:
    held = west.shelves.of(AppSync)
    plain, merged = held.graphql("plain", ONE), held.merged("all", ONE)
    objects = touched(plain.id), touched(merged.id)
    assert ears.look(GRAPHQL, *objects).recorded.keys() == {plain.id}
    assert ears.look(MERGED, *objects).recorded.keys() == {merged.id}


def test_an_event_api_is_read_with_its_namespaces(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.shelves.of(AppSync).event("live").namespace("news")
    seen = ears.look(EVENT, touched(api.id, "CreateChannelNamespace"))
    assert len(seen.entities) == 1
    assert asked(server) == {"appsync:GetApi": 1, "appsync:ListChannelNamespaces": 1}


def test_a_domain_name_is_read_with_where_it_leads(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    held = west.shelves.of(AppSync)
    held.domain("a.example", held.graphql("claims", ONE))
    seen = ears.look(NAMES, touched("a.example", "AssociateApi"))
    (door,) = seen.entities
    assert len(door.routes) == 1
    assert asked(server) == {"appsync:GetDomainName": 1, "appsync:GetApiAssociation": 1}


def test_a_url_of_a_function_that_was_known_to_have_none_appears(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    collector = FunctionUrlCollector(WithoutUrl())
    function = west.shelves.of(Functions).add("claims")
    revision = function.fields["RevisionId"]
    assert ears.list_all(collector).entities == []
    function.url("NONE", open_to="*")
    function.fields["RevisionId"] = revision  # whether a URL moves it is not documented
    server.calls.clear()
    seen = ears.look(collector, touched("claims", "CreateFunctionUrlConfig"))
    assert len(seen.entities) >= 1
    assert asked(server) == {
        "lambda:GetFunctionConfiguration": 1,
        "lambda:ListFunctionUrlConfigs": 1,
        "lambda:ListTags": 1,
        "lambda:GetPolicy": 1,
    }


def test_a_statement_that_opens_a_url_is_read_though_the_revision_stands(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    collector = FunctionUrlCollector(WithoutUrl())
    function = west.shelves.of(Functions).add("claims").url("NONE")
    before = ears.list_all(collector)
    revision = function.fields["RevisionId"]
    function.allow("*", {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})
    function.fields["RevisionId"] = revision
    server.calls.clear()
    seen = ears.look(collector, touched("claims", "AddPermission20150331v2"), known=before.known())
    assert seen.recorded.keys() == {"claims"}
    assert asked(server)["lambda:GetPolicy"] == 1


def test_a_url_that_was_taken_away_is_given_no_more(west: Region, ears: HearingDesk) -> None:
    collector = FunctionUrlCollector(WithoutUrl())
    function = west.shelves.of(Functions).add("claims").url("AWS_IAM")
    before = ears.list_all(collector)
    function.drop_url()
    seen = ears.look(collector, touched("claims", "DeleteFunctionUrlConfig"), known=before.known())
    assert seen.recorded.keys() == {"claims"}
    assert (seen.entities, seen.unchanged) == ([], [])


def test_usage_plans_are_read_by_their_listing_alone(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("one").deploy("prod")
    plan, other = west.usage_plan("gold", (api, "prod")), west.usage_plan("iron")
    gone = west.usage_plan("old")
    del west.usage_plans[gone]
    seen = ears.look(PLANS, touched(plan, "UpdateUsagePlan"), touched(gone, "DeleteUsagePlan"))
    assert seen.recorded.keys() == {plan}
    assert seen.failed == {}, "that a listing has it no more is told by a whole visit"
    assert other not in seen.recorded
    assert asked(server) == {"apigateway:GetUsagePlans": 1}


def test_a_service_that_is_looked_at_again_is_asked_for_once(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    lattice = west.shelves.of(Lattice)
    service, other = lattice.service("claims").listen(), lattice.service("other").listen()
    before = ears.list_all(SERVICES)
    service.rule(http_match("/claims", method="GET"), answer())
    server.calls.clear()
    seen = ears.look(SERVICES, touched(service.id, "CreateRule"), known=before.known())
    assert seen.recorded.keys() == {service.id}
    assert other.id not in seen.recorded
    once = ("GetService", "ListTagsForResource", "ListServiceNetworkServiceAssociations")
    more = ("ListListeners", "ListRules", "ListTargetGroups", "ListAccessLogSubscriptions")
    expected = {f"vpc-lattice:{name}": 1 for name in (*once, *more)}
    assert asked(server) == {**expected, "vpc-lattice:GetRule": 2}
    whole = ears.list_all(SERVICES)
    assert seen.entities[0] in whole.entities


def test_a_service_that_stands_costs_no_rules(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    service = west.shelves.of(Lattice).service("claims").listen()
    before = ears.list_all(SERVICES)
    server.calls.clear()
    seen = ears.look(SERVICES, touched(service.id, "TagResource"), known=before.known())
    assert len(seen.unchanged) == 1
    assert "vpc-lattice:GetRule" not in asked(server)


def test_a_load_balancer_is_read_alone(server: AwsServer, west: Region, ears: HearingDesk) -> None:
    held = west.shelves.of(Balancers)
    group = held.target_group("claims", "healthy")
    web = held.application("web", tags={"owner": "tax"})
    listener = web.listener(to=[fixed_response()])
    held.application("shop").listener(to=[fixed_response()])
    held.web_acl("wall", web)
    ears.list_all(BALANCERS)
    listener.rule(when("path-pattern", "/claims/*"), to=[forward(group)])
    server.calls.clear()
    seen = ears.look(BALANCERS, touched(web.arn, "CreateRule"))
    calls = asked(server)
    assert seen.recorded.keys() == {web.arn}
    kept = [each for each in seen.entities if isinstance(each, Deployment)]
    whole = ears.list_all(BALANCERS).recorded[web.arn].entities
    assert kept
    assert kept == [each for each in whole if isinstance(each, Deployment)]
    assert calls == {
        "elbv2:DescribeLoadBalancers": 1,
        "elbv2:DescribeTags": 1,
        "elbv2:DescribeListeners": 1,
        "elbv2:DescribeRules": 1,
        "elbv2:DescribeLoadBalancerAttributes": 1,
        "elbv2:DescribeTargetGroups": 1,
        "elbv2:DescribeTargetHealth": 1,
        "wafv2:ListWebACLs": 1,
        "wafv2:ListResourcesForWebACL": 1,
    }


def test_a_network_load_balancer_that_stands_before_no_cluster_is_skipped(
    west: Region, ears: HearingDesk
) -> None:
    tcp = west.shelves.of(Balancers).network("tcp")
    assert ears.look(BALANCERS, touched(tcp.arn)).said == [Skipped(tcp.arn, ELSEWHERE)]


def test_a_service_of_app_runner_is_read_by_its_description(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    service = west.shelves.of(AppRunner).add("claims", variables={"KEY": "CANARY"})
    before = ears.list_all(RUNNERS)
    service.tags["owner"] = "Team Claims"
    server.calls.clear()
    seen = ears.look(RUNNERS, touched(service.arn, "TagResource"), known=before.known())
    assert asked(server) == {
        "apprunner:DescribeService": 2,
        "apprunner:ListTagsForResource": 1,
        "apprunner:DescribeCustomDomains": 1,
        "wafv2:GetWebACLForResource": 1,
    }
    assert seen.one("claims").owners[0].name == "Team Claims", "no time moves with a tag"
    assert seen.entities == ears.list_all(RUNNERS).entities
    assert "CANARY" not in repr(seen.said)


def test_app_runner_goes_on_describing_what_is_deleted(west: Region, ears: HearingDesk) -> None:
    held = west.shelves.of(AppRunner)
    service = held.add("claims")
    held.remove(service)
    seen = ears.look(RUNNERS, touched(service.arn, "DeleteService"))
    assert {key: error.kind for key, error in seen.failed.items()} == {service.arn: "gone"}


def test_a_tool_that_was_added_to_a_gateway_is_read(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    gateway = west.shelves.of(AgentCore).gateway("agents").tools_of("arn:f", "one")
    before = ears.list_all(GATEWAYS)
    gateway.tools_of("arn:g", "two", name="more")
    gateway.tags["owner"] = "Team Agents"
    server.calls.clear()
    seen = ears.look(GATEWAYS, touched(gateway.id, "CreateGatewayTarget"), known=before.known())
    control = "bedrock-agentcore-control"
    assert asked(server) == {
        f"{control}:GetGateway": 2,
        f"{control}:ListGatewayTargets": 1,
        f"{control}:ListTagsForResource": 1,
        f"{control}:GetGatewayTarget": 2,
    }
    assert len(seen.one("agents").operations) == 2
    assert seen.one("agents").owners[0].name == "Team Agents"
    assert seen.one("agents") == ears.list_all(GATEWAYS).one("agents")


def test_an_endpoint_that_was_added_to_a_runtime_is_read(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    runtime = west.shelves.of(AgentCore).runtime("claims", "MCP")
    before = ears.list_all(RUNTIMES)
    runtime.endpoint("blue", "1")
    change = touched(runtime.id, "CreateAgentRuntimeEndpoint")
    seen = ears.look(RUNTIMES, change, known=before.known())
    stages = {each.stage for each in seen.entities if isinstance(each, Deployment)}
    assert stages == {"DEFAULT", "blue"}
    assert seen.recorded == ears.list_all(RUNTIMES).recorded


def test_whom_a_web_function_lets_in_is_read_though_no_time_moved(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    function = west.shelves.of(WebFunctions).add("claims").endpoint()
    before = ears.list_all(WEB)
    function.allow("*")
    server.calls.clear()
    seen = ears.look(WEB, touched("claims", "PutResourcePolicy"), known=before.known())
    assert asked(server) == {
        "lambda-web:GetWebFunction": 1,
        "lambda-web:ListWebFunctionEndpoints": 1,
        "lambda-web:ListTags": 1,
        "lambda-web:GetResourcePolicy": 1,
    }
    assert seen.recorded == ears.list_all(WEB).recorded
    assert seen.entities != before.entities


# ── What all have in common ──────────────────────────────────────────────────

PRODUCTS: list[tuple[Any, str, str]] = [
    (GRAPHQL, "graphql", "GetGraphqlApi"),
    (EVENT, "event", "GetApi"),
    (NAMES, "name", "GetDomainName"),
    (FunctionUrlCollector(WithoutUrl()), "function", "GetFunctionConfiguration"),
    (SERVICES, "service", "GetService"),
    (BALANCERS, "balancer", "DescribeLoadBalancers"),
    (RUNNERS, "runner", "DescribeService"),
    (GATEWAYS, "gateway", "GetGateway"),
    (RUNTIMES, "runtime", "GetAgentRuntime"),
    (WEB, "web", "GetWebFunction"),
]
by_product = pytest.mark.parametrize(
    ("collector", "kind", "operation"), PRODUCTS, ids=[each[1] for each in PRODUCTS]
)


Making = Callable[[Region, str], str]
"""Adds one object to a region, and gives its listed id."""

MAKING: dict[str, Making] = {
    "graphql": lambda region, name: region.shelves.of(AppSync).graphql(name, ONE).id,
    "event": lambda region, name: region.shelves.of(AppSync).event(name).id,
    "name": lambda region, name: _name(region.shelves.of(AppSync), f"{name}.example"),
    "function": lambda region, name: region.shelves.of(Functions).add(name).url().name,
    "service": lambda region, name: region.shelves.of(Lattice).service(name).listen().id,
    "balancer": lambda region, name: region.shelves.of(Balancers).application(name).arn,
    "runner": lambda region, name: region.shelves.of(AppRunner).add(name).arn,
    "gateway": lambda region, name: region.shelves.of(AgentCore).gateway(name).id,
    "runtime": lambda region, name: region.shelves.of(AgentCore).runtime(name).id,
    "web": lambda region, name: region.shelves.of(WebFunctions).add(name).endpoint().name,
}


def _name(appsync: AppSync, name: str) -> str:
    appsync.domain(name)
    return name


def make(region: Region, kind: str, name: str) -> str:
    """Add one object and give its listed id."""
    return MAKING[kind](region, name)


def remove(region: Region, kind: str, key: str) -> None:
    """Delete one object."""
    of = region.shelves.of
    removing: dict[str, Callable[[], object]] = {
        "graphql": lambda: of(AppSync).remove(of(AppSync).apis[key]),
        "event": lambda: of(AppSync).remove(of(AppSync).event_apis[key]),
        "name": lambda: of(AppSync).remove_domain(key),
        "function": lambda: of(Functions).remove(key),
        "service": lambda: of(Lattice).remove(of(Lattice).services[key]),
        "balancer": lambda: of(Balancers).remove(of(Balancers).balancers[key]),
        "runner": lambda: of(AppRunner).remove(of(AppRunner).by_arn[key]),
        "gateway": lambda: of(AgentCore).remove(key),
        "runtime": lambda: of(AgentCore).remove(key),
        "web": lambda: of(WebFunctions).remove(key),
    }
    removing[kind]()


@by_product
def test_a_delete_is_not_believed_but_looked_at(
    west: Region, ears: HearingDesk, collector: Any, kind: str, operation: str
) -> None:
    del operation
    one, other = make(west, kind, "one"), make(west, kind, "two")
    remove(west, kind, one)
    seen = ears.look(collector, touched(one, "Delete"), touched(other, "Delete"))
    assert {key: error.kind for key, error in seen.failed.items()} == {one: "gone"}
    assert seen.recorded.keys() == {other}, "it is still there, whatever was said"


@by_product
@pytest.mark.parametrize(
    "fault",
    [("deny", "access_denied"), ("throttle", "throttled"), ("reset", "unreachable")],
    ids=lambda fault: fault[0],
)
def test_what_cannot_be_found_fails_and_is_not_gone(
    server: AwsServer,
    west: Region,
    ears: HearingDesk,
    collector: Any,
    kind: str,
    operation: str,
    fault: tuple[str, str],
) -> None:
    key = make(west, kind, "one")
    server.inject(Fault(kind=fault[0], operation=operation, times=9))
    seen = ears.look(collector, touched(key, "Update"))
    assert {key: error.kind for key, error in seen.failed.items()} == {key: fault[1]}
    assert seen.recorded == {}


@by_product
def test_what_the_source_leaves_out_is_left_out(
    server: AwsServer, west: Region, collector: Any, kind: str, operation: str
) -> None:
    del server, operation
    key = make(west, kind, "internal-one")
    desk = HearingDesk(exclude=Rules(names=("internal-*",)))
    seen = desk.look(collector, touched(key, "Update"))
    desk.close()
    assert seen.skipped.keys() == {key}


@by_product
def test_the_right_is_tried_on_the_first_of_the_listing(
    west: Region, ears: HearingDesk, collector: Any, kind: str, operation: str
) -> None:
    make(west, kind, "one")
    for expected in ("granted", "denied"):
        with ears.session(collector) as session:
            visit = ears.visit(session, collector.product)
            tried = {each.permission: each.grant for each in collector.try_again(None, visit)}
        assert [tried[each] for each in collector.again_permissions] == [
            expected for _ in collector.again_permissions
        ]
        for each in collector.again_permissions:
            assert operation in each.action
            west.deny(each.operations[0])
