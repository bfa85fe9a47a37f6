"""The emulated CloudWatch: datapoints of stages, its limits, its pages and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.load import Load, statistic, tally
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS, VirtualClock
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, Serve, boto3_client, code, status

END = datetime(2026, 9, 30, 12, tzinfo=UTC)
START = END - timedelta(minutes=15)
LOAD = Load(100.0, share_4xx=0.02, share_5xx=0.01, latency_ms=50.0)


def query(
    metric: str = "Count",
    statistic: str = "Sum",
    at: int = 0,
    period_s: int = 300,
    namespace: str = "AWS/ApiGateway",
    told: Mapping[str, str] | None = None,
    **dimensions: str,
) -> dict[str, Any]:
    dimensions |= told or {}
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    stat = {
        "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
        "Period": period_s,
        "Stat": statistic,
    }
    return {"Id": f"q{at}", "MetricStat": stat}


def ask(server: AwsServer, *queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"StartTime": START, "EndTime": END, "ScanBy": "TimestampAscending", **more}
    client = server.client("cloudwatch", ACCOUNT)
    answer: dict[str, Any] = client.get_metric_data(MetricDataQueries=list(queries), **given)
    return answer


def values(answer: dict[str, Any]) -> list[list[float]]:
    return [result["Values"] for result in answer["MetricDataResults"]]


def test_datapoints_stand_at_the_start_of_their_periods(region: Region, server: AwsServer) -> None:
    region.load(region.rest_api("orders").deploy("prod"), "prod", LOAD)
    (result,) = ask(server, query(ApiName="orders", Stage="prod"))["MetricDataResults"]
    assert result["Timestamps"] == [START + timedelta(minutes=5 * at) for at in range(3)]
    assert result["Values"] == [500.0, 500.0, 500.0]
    assert (result["Id"], result["Label"], result["StatusCode"]) == ("q0", "Count", "Complete")
    newest_first = ask(server, query(ApiName="orders"), ScanBy="TimestampDescending")
    assert newest_first["MetricDataResults"][0]["Timestamps"][0] == END - timedelta(minutes=5)


def test_each_kind_has_its_own_names_and_dimensions(region: Region, server: AwsServer) -> None:
    http = region.http_api("shop").stage("$default")
    chat = region.websocket_api("chat").deploy("prod")
    region.load(http, "$default", LOAD).load(chat, "prod", LOAD)
    answer = ask(
        server,
        query("5xx", at=0, ApiId=http.id, Stage="$default"),
        query("5XXError", at=1, ApiId=http.id, Stage="$default"),
        query("Count", at=2, ApiName="shop", Stage="$default"),
        query("MessageCount", at=3, ApiId=chat.id, Stage="prod"),
        query("IntegrationError", at=4, ApiId=chat.id, Stage="prod"),
        query("Count", at=5, ApiId=http.id, Stage="$default", Region="x"),
    )
    assert values(answer) == [[5.0] * 3, [], [], [500.0] * 3, [], []]


def test_rest_apis_of_one_name_share_their_series(region: Region, server: AwsServer) -> None:
    for latency_ms in (50.0, 150.0):
        load = Load(100.0, latency_ms=latency_ms)
        region.load(region.rest_api("orders").deploy("prod"), "prod", load)
    answer = ask(server, query(ApiName="orders"), query("Latency", "Average", 1, ApiName="orders"))
    assert values(answer) == [[1000.0] * 3, [100.0] * 3]


def test_without_a_request_there_is_no_datapoint(region: Region, server: AwsServer) -> None:
    region.rest_api("orders").deploy("prod")
    (result,) = ask(server, query(ApiName="orders", Stage="prod"))["MetricDataResults"]
    assert (result["Values"], result["StatusCode"]) == ([], "Complete")


def test_more_than_fits_comes_on_further_pages(region: Region, server: AwsServer) -> None:
    region.load(region.rest_api("orders").deploy("prod"), "prod", LOAD)
    queries = [query(at=at, ApiName=name) for at, name in enumerate(("orders", "nobody", "orders"))]
    seen: dict[str, list[float]] = {}
    said: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = ask(server, *queries, MaxDatapoints=2, **token)
        for result in answer["MetricDataResults"]:
            seen.setdefault(result["Id"], []).extend(result["Values"])
            said.append(f"{result['Id']} {result['StatusCode']}")
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert seen == {"q0": [500.0] * 3, "q1": [], "q2": [500.0] * 3}
    assert said == ["q0 PartialData", "q0 Complete", "q1 Complete", "q2 PartialData", "q2 Complete"]


def test_a_trouble_of_a_metric_is_its_status(region: Region, server: AwsServer) -> None:
    region.load(region.rest_api("orders").deploy("prod"), "prod", LOAD)
    region.metric_troubles["Count"] = "InternalError"
    (result,) = ask(server, query(ApiName="orders"))["MetricDataResults"]
    assert (result["Values"], result["StatusCode"]) == ([], "InternalError")


@pytest.mark.parametrize(
    ("queries", "more", "words"),
    [
        ([query(at=at) for at in range(501)], {}, "greater than 500"),
        ([query(), query()], {}, "not unique"),
        ([query() | {"Id": "Q"}], {}, "pattern"),
        ([{"Id": "e", "Expression": "q0 * 2"}], {}, "expressions"),
        ([query(period_s=90)], {}, "multiple of 60"),
        ([query(statistic="Most")], {}, "statistic"),
        ([query()], {"EndTime": START}, "less than"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    server: AwsServer, queries: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        ask(server, *queries, **more)
    assert (code(refused), status(refused)) == ("ValidationError", 400)


@pytest.mark.parametrize("token", ["from:x", "elsewhere"])
def test_a_token_of_nobody_is_refused(server: AwsServer, token: str) -> None:
    with pytest.raises(ClientError) as refused:
        ask(server, query(), NextToken=token)
    assert code(refused) == "InvalidNextToken"


def test_denial_throttling_and_a_disabled_region(region: Region, server: AwsServer) -> None:
    region.deny("cloudwatch:GetMetricData")
    with pytest.raises(ClientError, match="perform: cloudwatch:GetMetricData") as denied:
        ask(server, query())
    region.allow("cloudwatch:GetMetricData")
    server.inject(Fault(kind="throttle", service="cloudwatch"))
    with pytest.raises(ClientError) as throttled:
        ask(server, query())
    server.clear_faults()
    elsewhere = boto3_client(server, "cloudwatch", region_name="me-south-1")
    with pytest.raises(ClientError) as disabled:
        elsewhere.get_metric_data(MetricDataQueries=[query()], StartTime=START, EndTime=END)
    assert [code(each) for each in (denied, throttled, disabled)] == [
        "AccessDeniedException",
        "Throttling",
        "UnrecognizedClientException",
    ]


def test_it_keeps_its_quota(serve: Serve) -> None:
    clock = VirtualClock()
    server = serve(quotas=AWS_QUOTAS, clock=clock)
    for _ in range(50):
        ask(server, query())
    with pytest.raises(ClientError) as throttled:
        ask(server, query())
    assert code(throttled) == "Throttling"
    clock.advance(1 / 50)
    ask(server, query())


# ── What metrics are told apart by ───────────────────────────────────────────


def build(region: Region) -> list[tuple[str, dict[str, str]]]:
    """Build one of each product that is called, and give the namespace and dimensions of its metrics."""
    appsync, core = region.shelves.of(AppSync), region.shelves.of(AgentCore)
    graph, event = appsync.graphql("graph").id, appsync.event("news").id
    region.shelves.of(Functions).add("render").url("NONE", alias="live")
    shelf = region.shelves.of(Balancers)
    group, balancer = shelf.target_group("orders"), shelf.application("shop")
    service = region.shelves.of(Lattice).service("people").id
    form = region.shelves.of(AppRunner).add("form")
    gateway, runtime = core.gateway("tools"), core.runtime("helper")
    keys = [(graph, ""), (event, ""), ("render", "live"), (group, ""), (service, "")]
    keys += [(form.arn, ""), (gateway.arn, ""), (runtime.arn, "DEFAULT")]
    region.loads.update(dict.fromkeys(keys, LOAD))
    behind = {"LoadBalancer": balancer.arn.partition(":loadbalancer/")[2]}
    agents = "AWS/Bedrock-AgentCore"
    return [
        ("AWS/AppSync", {"GraphQLAPIId": graph}),
        ("AWS/AppSync", {"EventAPIId": event}),
        ("AWS/Lambda", {"FunctionName": "render"}),
        ("AWS/Lambda", {"FunctionName": "render", "Resource": "render:live"}),
        ("AWS/ApplicationELB", {"TargetGroup": group.rpartition(":")[2], **behind}),
        ("AWS/VpcLattice", {"Service": service}),
        ("AWS/AppRunner", {"ServiceName": "form", "ServiceID": str(form.fields["ServiceId"])}),
        (agents, {"Operation": "InvokeGateway", "Protocol": "MCP", "Resource": gateway.arn}),
        (
            agents,
            {
                "Operation": "InvokeAgentRuntime",
                "Name": "helper::DEFAULT",
                "Resource": runtime.arn,
            },
        ),
    ]


LATENCIES = {
    "AWS/AppSync": "Latency",
    "AWS/Lambda": "UrlRequestLatency",
    "AWS/ApplicationELB": "TargetResponseTime",
    "AWS/VpcLattice": "RequestTime",
    "AWS/AppRunner": "RequestLatency",
    "AWS/Bedrock-AgentCore": "Latency",
}


def test_each_product_reports_under_its_own_dimensions_and_no_others(
    region: Region, server: AwsServer
) -> None:
    told = build(region)
    asked = [
        query(LATENCIES[namespace], "SampleCount", at, namespace=namespace, told=dimensions)
        for at, (namespace, dimensions) in enumerate(told)
    ]
    assert values(ask(server, *asked)) == [[500.0] * 3] * len(told)
    for left_out in (0, -1):
        fewer = []
        for at, (namespace, dimensions) in enumerate(told):
            name = list(dimensions)[left_out]
            rest = {key: value for key, value in dimensions.items() if key != name}
            fewer.append(
                query(LATENCIES[namespace], "SampleCount", at, namespace=namespace, told=rest)
            )
        said = values(ask(server, *fewer))
        reported = [told[at] for at, found in enumerate(said) if found]
        assert reported == ([told[3]] if left_out else []), (
            "a function's own figures are of all URLs"
        )
    wrong = [
        query(LATENCIES[space], "SampleCount", at, namespace=space, told=dimensions, Else="x")
        for at, (space, dimensions) in enumerate(told)
    ]
    assert values(ask(server, *wrong)) == [[]] * len(told)


def test_a_namespace_of_nobody_has_no_metrics(region: Region, server: AwsServer) -> None:
    region.load(region.http_api("shop").stage("$default"), "$default", LOAD)
    assert values(ask(server, query(namespace="AWS/Else", ApiId="x"))) == [[]]


def test_another_alias_and_another_load_balancer_have_other_figures(
    region: Region, server: AwsServer
) -> None:
    told = dict(build(region)[3:5])
    alias = told["AWS/Lambda"] | {"Resource": "render:next"}
    balancer = told["AWS/ApplicationELB"] | {"LoadBalancer": "app/else/1"}
    answer = ask(
        server,
        query("UrlRequestCount", at=0, namespace="AWS/Lambda", told=alias),
        query("RequestCount", at=1, namespace="AWS/ApplicationELB", told=balancer),
    )
    assert values(answer) == [[], []]


# ── Figures ──────────────────────────────────────────────────────────────────


def test_statistics_of_a_period() -> None:
    found = tally([LOAD], 15)
    assert (found.requests, found.errors_4xx, found.errors_5xx) == (1500, 30, 15)
    asked = [
        ("REST", "Count", "SampleCount"),
        ("REST", "5XXError", "Average"),
        ("REST", "5XXError", "SampleCount"),
        ("REST", "Latency", "p50"),
        ("REST", "Latency", "p95"),
        ("REST", "Latency", "SampleCount"),
        ("HTTP", "4xx", "Sum"),
        ("WEBSOCKET", "ConnectCount", "Sum"),
        ("WEBSOCKET", "ExecutionError", "SampleCount"),
        ("REST", "Latency", "Sum"),
        ("REST", "Unheard", "Sum"),
        ("REST", "IntegrationLatency", "p50"),
        ("REST", "IntegrationLatency", "Average"),
        ("TARGET_GROUP", "TargetResponseTime", "p50"),
        ("AGENTCORE", "TargetExecutionTime", "p50"),
        ("APPSYNC", "Requests", "Sum"),
    ]
    expected = [1500, 0.01, 1500, 50, 141.4, 1500, 30, 75, 15, None, None]
    expected += [37.5, 37.5, 0.05, 37.5, None]
    assert [statistic(kind, metric, name, found) for kind, metric, name in asked] == expected


def test_nothing_has_no_statistic_and_websockets_send_no_zeros() -> None:
    nothing = tally([], 15)
    assert nothing.latency_ms == 0.0
    assert statistic("REST", "Count", "Sum", nothing) is None
    sound = tally([Load(10.0)], 15)
    assert statistic("REST", "5XXError", "Sum", sound) == 0.0
    assert statistic("WEBSOCKET", "ExecutionError", "Sum", sound) is None
    assert statistic("FUNCTION_URL", "Url5xxCount", "Sum", sound) == 0.0
    assert statistic("TARGET_GROUP", "HTTPCode_Target_5XX_Count", "Sum", sound) is None
