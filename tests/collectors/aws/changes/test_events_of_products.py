"""Whom CloudTrail's events name in products beside API Gateway, and what an event holds that is never picked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.cloudtrail import MOST_LISTED, read_event
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.changing import EVERY, Change

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECRET = "da2-canaryofanapikey"
PLACE = "eu-west-1:111122223333"
GATEWAY, APPSYNC, LAMBDA, WAF, LATTICE, ELB = (
    "apigateway.amazonaws.com",
    "appsync.amazonaws.com",
    "lambda.amazonaws.com",
    "wafv2.amazonaws.com",
    "vpc-lattice.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
)
AGENTS, APPRUNNER = "bedrock-agentcore.amazonaws.com", "apprunner.amazonaws.com"
ELB_ARN = f"arn:aws:elasticloadbalancing:{PLACE}"
BALANCER, OTHER = (f"{ELB_ARN}:loadbalancer/app/{name}/0a1b" for name in ("web", "shop"))
APPSYNC_ARN = f"arn:aws:appsync:{PLACE}"
GRAPHQL, MERGED, EVENT, NAMES = (
    GraphqlCollector(),
    MergedCollector(),
    EventCollector(),
    DomainNameCollector(),
)


def change(topic: str, name: str, asked: Any = None, made: Any = None) -> Change:
    body = {
        "eventSource": topic,
        "eventName": name,
        "readOnly": False,
        "requestParameters": asked,
        "responseElements": made,
    }
    item = {"EventId": "e", "EventTime": NOON, "CloudTrailEvent": json.dumps(body)}
    found = read_event(item, topic)
    assert isinstance(found, Change)
    return found


@pytest.mark.parametrize(
    ("name", "asked", "made", "graphql", "event", "names"),
    [
        ("CreateGraphqlApi", {"name": "x"}, {"graphqlApi": {"apiId": "new"}}, ["new"], [], []),
        ("UpdateGraphqlApi", {"apiId": "a"}, None, ["a"], [], []),
        ("DeleteGraphqlApi", {"apiId": "a"}, None, ["a"], [], []),
        ("StartSchemaCreation", {"apiId": "a"}, None, ["a"], [], []),
        ("CreateResolver", {"apiId": "a", "typeName": "Query"}, None, ["a"], [], []),
        ("DeleteResolver", {"apiId": "a"}, None, ["a"], [], []),
        ("RearrangeGraphqlApi", {"apiId": "a"}, None, ["a"], [], []),
        ("AssociateSourceGraphqlApi", {"mergedApiIdentifier": "m"}, None, ["m"], [], []),
        (
            "AssociateMergedGraphqlApi",
            {"mergedApiIdentifier": f"{APPSYNC_ARN}:apis/m", "sourceApiIdentifier": "s"},
            None,
            ["m"],
            [],
            [],
        ),
        ("CreateApi", {"name": "x"}, {"api": {"apiId": "new"}}, [], ["new"], []),
        ("DeleteApi", {"apiId": "e"}, None, [], ["e"], []),
        ("UpdateChannelNamespace", {"apiId": "e", "name": "x"}, None, [], ["e"], []),
        ("CreateDataSource", {"apiId": "a"}, None, ["a"], ["a"], []),
        ("CreateApiKey", {"apiId": "a"}, {"apiKey": {"id": SECRET}}, ["a"], ["a"], []),
        ("TagResource", {"resourceArn": f"{APPSYNC_ARN}:apis/a"}, None, ["a"], ["a"], []),
        ("TagResource", {"resourceArn": f"{APPSYNC_ARN}:/v1/apis/a"}, None, ["a"], ["a"], []),
        ("TagResource", {"resourceArn": f"{APPSYNC_ARN}:domainnames/d"}, None, [], [], ["d"]),
        ("AssociateApi", {"apiId": "a", "domainName": "d.example"}, None, [], [], ["d.example"]),
        ("CreateDomainName", {"domainName": "d.example"}, None, [], [], ["d.example"]),
        ("FlushApiCache", {}, None, [], [], []),
    ],
)
def test_appsync(
    name: str, asked: Any, made: Any, graphql: list[str], event: list[str], names: list[str]
) -> None:
    said = change(APPSYNC, name, asked, made)
    assert GRAPHQL.touched(said) == MERGED.touched(said) == tuple(graphql)
    assert (EVENT.touched(said), NAMES.touched(said)) == (tuple(event), tuple(names))
    assert SECRET not in repr(said), "an API key's id is what callers send"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("CreateFunctionUrlConfig", "claims"),
        ("UpdateFunctionUrlConfig20211031", "claims:live"),
        ("DeleteFunctionUrlConfig", f"arn:aws:lambda:{PLACE}:function:claims"),
        ("AddPermission20150331v2", f"arn:aws:lambda:{PLACE}:function:claims:live"),
        ("RemovePermission20150331v2", "111122223333:function:claims"),
        ("DeleteFunction20150331", "claims"),
    ],
)
def test_a_function_is_named_by_its_name_or_an_arn(name: str, function: str) -> None:
    said = change(LAMBDA, name, {"functionName": function})
    assert FunctionUrlCollector().touched(said) == ("claims",)


def test_a_function_is_named_by_what_is_tagged() -> None:
    asked = {"resource": f"arn:aws:lambda:{PLACE}:function:claims"}
    assert FunctionUrlCollector().touched(change(LAMBDA, "TagResource20170331v2", asked)) == (
        "claims",
    )


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("UpdateFunctionCode20150331v2", {"functionName": "claims"}),
        ("CreateEventSourceMapping20150331", {"functionName": "claims"}),
        ("AddPermission20150331v2", {}),
        ("AddPermission20150331v2", {"functionName": "a:b:c:d:e:f:g:h"}),
    ],
)
def test_what_concerns_no_url_names_no_function(name: str, asked: Any) -> None:
    assert FunctionUrlCollector().touched(change(LAMBDA, name, asked)) == ()


WEB_ARN = f"arn:aws:lambda:{PLACE}:web-function/claims"


@pytest.mark.parametrize(
    ("name", "asked", "web", "function"),
    [
        ("CreateWebFunction", {"functionName": "claims"}, ["claims"], []),
        ("CreateWebFunctionEndpoint", {"functionName": "claims"}, ["claims"], []),
        ("UpdateWebFunctionEndpoint20250307", {"functionName": WEB_ARN}, ["claims"], []),
        ("DeleteWebFunctionRevision20250307", {"functionName": "claims"}, ["claims"], []),
        ("DeleteWebFunction", {"functionName": "claims"}, ["claims"], []),
        ("PutResourcePolicy", {"resourceArn": WEB_ARN, "policy": SECRET}, ["claims"], []),
        ("TagResource20250307", {"resource": WEB_ARN}, ["claims"], []),
        ("TagResource20250307", {"resource": f"{WEB_ARN}/endpoint/main"}, ["claims"], []),
        (
            "TagResource20170331v2",
            {"resource": f"arn:aws:lambda:{PLACE}:function:claims"},
            [],
            ["claims"],
        ),
        ("CreateFunctionUrlConfig", {"functionName": "claims"}, [], ["claims"]),
        ("PutResourcePolicy", {"resourceArn": f"arn:aws:lambda:{PLACE}:function:x"}, [], []),
        ("CreateWebFunction", {}, [], []),
    ],
)
def test_web_functions_and_functions_are_told_apart(
    name: str, asked: Any, web: list[str], function: list[str]
) -> None:
    said = change(LAMBDA, name, asked)
    assert LAMBDA in WebFunctionCollector().topics
    assert WebFunctionCollector().touched(said) == tuple(web)
    assert FunctionUrlCollector().touched(said) == tuple(function)
    assert SECRET not in repr(said)


SERVICE = f"arn:aws:apprunner:{PLACE}:service/claims/0a1b"


@pytest.mark.parametrize(
    ("topic", "name", "asked", "made", "services"),
    [
        (
            APPRUNNER,
            "CreateService",
            {"serviceName": "claims"},
            {"service": {"serviceArn": SERVICE}, "operationId": "1"},
            [SERVICE],
        ),
        (APPRUNNER, "UpdateService", {"serviceArn": SERVICE}, None, [SERVICE]),
        (APPRUNNER, "PauseService", {"serviceArn": SERVICE}, None, [SERVICE]),
        (APPRUNNER, "AssociateCustomDomain", {"serviceArn": SERVICE}, None, [SERVICE]),
        (APPRUNNER, "TagResource", {"resourceArn": SERVICE}, None, [SERVICE]),
        (WAF, "AssociateWebACL", {"resourceArn": SERVICE}, None, [SERVICE]),
        (WAF, "AssociateWebACL", {"resourceArn": BALANCER}, None, []),
        (
            APPRUNNER,
            "CreateConnection",
            {"connectionName": "x"},
            {"connection": {"connectionArn": f"arn:aws:apprunner:{PLACE}:connection/x/1"}},
            [],
        ),
    ],
)
def test_app_runner(topic: str, name: str, asked: Any, made: Any, services: list[str]) -> None:
    collector = AppRunnerCollector()
    assert topic in collector.topics
    assert collector.touched(change(topic, name, asked, made)) == tuple(services)


AGENT_ARN = f"arn:aws:bedrock-agentcore:{PLACE}"


@pytest.mark.parametrize(
    ("name", "asked", "made", "gateways", "runtimes"),
    [
        ("CreateGateway", {"name": "x"}, {"gatewayId": "g"}, ["g"], []),
        ("UpdateGateway", {"gatewayIdentifier": "g"}, {"gatewayId": "g"}, ["g"], []),
        ("DeleteGateway", {"gatewayIdentifier": f"{AGENT_ARN}:gateway/g"}, None, ["g"], []),
        ("CreateGatewayTarget", {"gatewayIdentifier": "g", "name": "t"}, None, ["g"], []),
        ("UpdateGatewayRule", {"gatewayIdentifier": "g", "ruleId": "r"}, None, ["g"], []),
        ("TagResource", {"resourceArn": f"{AGENT_ARN}:gateway/g"}, None, ["g"], []),
        ("CreateAgentRuntime", {"agentRuntimeName": "x"}, {"agentRuntimeId": "r"}, [], ["r"]),
        ("UpdateAgentRuntime", {"agentRuntimeId": "r"}, None, [], ["r"]),
        (
            "DeleteAgentRuntimeEndpoint",
            {"agentRuntimeId": "r", "endpointName": "e"},
            None,
            [],
            ["r"],
        ),
        (
            "TagResource",
            {"resourceArn": f"{AGENT_ARN}:runtime/r/runtime-endpoint/e"},
            None,
            [],
            ["r"],
        ),
        ("TagResource", {"resourceArn": f"{AGENT_ARN}:memory/m"}, None, [], []),
        ("CreateApiKeyCredentialProvider", {"name": "x", "apiKey": SECRET}, None, [], []),
        ("CreateMemory", {"name": "x"}, {"memory": {"id": "m"}}, [], []),
    ],
)
def test_agents(name: str, asked: Any, made: Any, gateways: list[str], runtimes: list[str]) -> None:
    said = change(AGENTS, name, asked, made)
    for collector, expected in (
        (AgentGatewayCollector(), gateways),
        (AgentRuntimeCollector(), runtimes),
    ):
        assert AGENTS in collector.topics
        assert collector.touched(said) == tuple(expected)
    assert SECRET not in repr(said)


@pytest.mark.parametrize(
    ("name", "asked", "made", "plans"),
    [
        ("CreateUsagePlan", {"createUsagePlanInput": {"name": "x"}}, {"id": "new"}, ["new"]),
        ("UpdateUsagePlan", {"usageplanId": "p"}, None, ["p"]),
        ("UpdateUsagePlan", {"usagePlanId": "p"}, {"id": "p"}, ["p"]),
        ("DeleteUsagePlan", {"usageplanId": "p"}, None, ["p"]),
        ("CreateUsagePlanKey", {"usageplanId": "p"}, {"id": "k", "value": SECRET}, []),
        (
            "TagResource",
            {"resourceArn": "arn:aws:apigateway:eu-west-1::/usageplans/p"},
            None,
            ["p"],
        ),
        ("CreateApiKey", {}, {"id": "k", "value": SECRET}, []),
        ("CreateRestApi", {}, {"id": "api"}, []),
    ],
)
def test_usage_plans(name: str, asked: Any, made: Any, plans: list[str]) -> None:
    said = change(GATEWAY, name, asked, made)
    assert UsagePlanCollector().touched(said) == tuple(plans)
    assert SECRET not in repr(said)


@pytest.mark.parametrize(
    ("arn", "rest", "graphql", "balancers"),
    [
        ("arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod", ["abc"], [], []),
        (f"{APPSYNC_ARN}:apis/a", [], ["a"], []),
        (BALANCER, [], [], [BALANCER]),
        (f"arn:aws:cognito-idp:{PLACE}:userpool/x", [], [], []),
    ],
)
@pytest.mark.parametrize("name", ["AssociateWebACL", "DisassociateWebACL"])
def test_a_firewall_names_what_it_stands_before(
    name: str, arn: str, rest: list[str], graphql: list[str], balancers: list[str]
) -> None:
    acl = f"arn:aws:wafv2:{PLACE}:regional/webacl/x/1"
    said = change(WAF, name, {"webACLArn": acl, "resourceArn": arn})
    collectors = (RestApiCollector(), GRAPHQL, ApplicationBalancerCollector())
    assert all(WAF in each.topics for each in collectors)
    assert [each.touched(said) for each in collectors] == [
        tuple(named) for named in (rest, graphql, balancers)
    ]


@pytest.mark.parametrize(
    ("name", "asked", "made", "services"),
    [
        ("CreateService", {"name": "x"}, {"id": "svc-1", "arn": "…"}, ["svc-1"]),
        ("UpdateService", {"serviceIdentifier": "svc-1"}, None, ["svc-1"]),
        (
            "DeleteService",
            {"serviceIdentifier": f"arn:aws:vpc-lattice:{PLACE}:service/svc-1"},
            None,
            ["svc-1"],
        ),
        ("CreateRule", {"serviceIdentifier": "svc-1", "listenerIdentifier": "l"}, None, ["svc-1"]),
        ("PutAuthPolicy", {"resourceIdentifier": "svc-1"}, None, ["svc-1"]),
        ("PutAuthPolicy", {"resourceIdentifier": "sn-1"}, None, [EVERY]),
        (
            "CreateServiceNetworkServiceAssociation",
            {"serviceIdentifier": "svc-1", "serviceNetworkIdentifier": "sn-1"},
            None,
            ["svc-1"],
        ),
        (
            "DeleteServiceNetworkServiceAssociation",
            {"serviceNetworkServiceAssociationIdentifier": "snsa-1"},
            None,
            [EVERY],
        ),
        ("UpdateServiceNetwork", {"serviceNetworkIdentifier": "sn-1"}, None, [EVERY]),
        ("CreateServiceNetworkVpcAssociation", {"vpcIdentifier": "v"}, None, [EVERY]),
        (
            "TagResource",
            {"resourceArn": f"arn:aws:vpc-lattice:{PLACE}:service/svc-1/listener/l/rule/r"},
            None,
            ["svc-1"],
        ),
        (
            "TagResource",
            {"resourceArn": f"arn:aws:vpc-lattice:{PLACE}:targetgroup/tg-1"},
            None,
            [],
        ),
        ("RegisterTargets", {"targetGroupIdentifier": "tg-1"}, None, []),
    ],
)
def test_lattice(name: str, asked: Any, made: Any, services: list[str]) -> None:
    assert ServiceCollector().touched(change(LATTICE, name, asked, made)) == tuple(services)


@pytest.mark.parametrize(
    ("name", "asked", "made", "balancers"),
    [
        (
            "CreateLoadBalancer",
            {"name": "web"},
            {"loadBalancers": [{"loadBalancerArn": BALANCER}]},
            [BALANCER],
        ),
        ("DeleteLoadBalancer", {"loadBalancerArn": BALANCER}, None, [BALANCER]),
        ("CreateListener", {"loadBalancerArn": BALANCER}, None, [BALANCER]),
        (
            "ModifyListener",
            {"listenerArn": f"{ELB_ARN}:listener/app/web/0a1b/2c"},
            None,
            [BALANCER],
        ),
        ("CreateRule", {"listenerArn": f"{ELB_ARN}:listener/app/web/0a1b/2c"}, None, [BALANCER]),
        (
            "DeleteRule",
            {"ruleArn": f"{ELB_ARN}:listener-rule/app/web/0a1b/2c/3d"},
            None,
            [BALANCER],
        ),
        (
            "SetRulePriorities",
            {
                "rulePriorities": [
                    {"ruleArn": f"{ELB_ARN}:listener-rule/app/web/0a1b/2c/3d", "priority": 1},
                    {"ruleArn": f"{ELB_ARN}:listener-rule/app/web/0a1b/2c/4e", "priority": 2},
                ]
            },
            None,
            [BALANCER],
        ),
        ("AddTags", {"resourceArns": [BALANCER, OTHER]}, None, [BALANCER, OTHER]),
        ("CreateRule", {"listenerArn": f"{ELB_ARN}:listener/net/tcp/0a1b/2c"}, None, []),
        ("CreateLoadBalancerListeners", {"loadBalancerName": "classic"}, None, []),
        ("RegisterTargets", {"targetGroupArn": f"{ELB_ARN}:targetgroup/x/1"}, None, []),
        ("ModifyTargetGroup", {"targetGroupArn": f"{ELB_ARN}:targetgroup/x/1"}, None, [EVERY]),
    ],
)
def test_load_balancers(name: str, asked: Any, made: Any, balancers: list[str]) -> None:
    said = change(ELB, name, asked, made)
    assert ApplicationBalancerCollector().touched(said) == tuple(balancers)


@pytest.mark.parametrize(
    "hostile",
    [
        {"resourceArns": "no list", "rulePriorities": {"other": BALANCER}},
        {"resourceArns": [7, None, {"resourceArns": [BALANCER]}]},
        {"rulePriorities": [7, None, {"ruleArn": 7}, {"other": BALANCER}]},
        {"resourceArns": ["x" * 513]},
        {"loadBalancerArn": "arn:aws:elasticloadbalancing"},
    ],
)
def test_lists_of_other_kinds_name_nobody(hostile: Any) -> None:
    assert ApplicationBalancerCollector().touched(change(ELB, "AddTags", hostile)) == ()


def test_of_a_long_list_no_more_is_picked_than_one_look_takes() -> None:
    arns = [f"{ELB_ARN}:loadbalancer/app/{number}/0a" for number in range(MOST_LISTED + 5)]
    said = change(ELB, "AddTags", {"resourceArns": arns})
    assert ApplicationBalancerCollector().touched(said) == tuple(arns[:MOST_LISTED])
