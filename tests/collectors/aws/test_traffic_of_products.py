"""Traffic of what is beside API Gateway: each product by its own figures, from an emulated CloudWatch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.aws.functions.without import WithoutUrl
from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.traffic import Figures, Subject, metrics_of
from apiscape.collectors.contract import AccessDenied
from apiscape.collectors.measuring import MeasuresTraffic, Wanted
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers, forward
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.measurer import BUSY, Measurer, by_stage, counted, figures, reason

ASKED = "cloudwatch:GetMetricData"
COUNTS = (150, 6, 15, 282.8)
"""What a quarter of an hour of `BUSY` comes to."""


@pytest.fixture
def west() -> Region:
    return AwsEstate().account(ACCOUNT).only_regions(REGION).region(REGION)


@pytest.fixture
def server(west: Region, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    with AwsServer(west.account.estate) as server:
        for name, value in server.environment(ACCOUNT, REGION).items():
            monkeypatch.setenv(name, value)
        yield server
        server.assert_clean()


class Product(msgspec.Struct, frozen=True):
    """A product, and how its region gets two of its APIs: the first is the one that is called.

    Attributes:
        build: Gives by what the first one's load is known.
        called, idle: The two, by name and stage.
        requests, errors: Metrics that tell of requests, and of answers 5xx.
        backend_ms: Median of what is behind it, where that is told apart.
    """

    collector: Callable[[], Any]
    build: Callable[[Region], tuple[str, str]]
    called: str
    idle: str
    requests: str
    errors: str
    silence_is_none: bool = True
    backend_ms: float | None = None


def graphql(region: Region) -> tuple[str, str]:
    held = region.shelves.of(AppSync)
    held.graphql("idle", "type Query { x: ID }")
    return held.graphql("called", "type Query { x: ID }").id, ""


def merged(region: Region) -> tuple[str, str]:
    held = region.shelves.of(AppSync)
    held.merged("idle", "type Query { x: ID }")
    return held.merged("called", "type Query { x: ID }").id, ""


def events(region: Region) -> tuple[str, str]:
    held = region.shelves.of(AppSync)
    held.event("idle").namespace("x")
    return held.event("called").namespace("x").id, ""


def urls(region: Region) -> tuple[str, str]:
    held = region.shelves.of(Functions)
    held.add("idle").url("AWS_IAM")
    held.add("called").url("AWS_IAM")
    return "called", "$LATEST"


def balanced(region: Region) -> tuple[str, str]:
    shelf = region.shelves.of(Balancers)
    groups = [shelf.target_group(name, "healthy") for name in ("called", "idle")]
    for group, name in zip(groups, ("called", "idle"), strict=True):
        shelf.application(name).listener(to=[forward(group)])
    return groups[0], ""


def lattice(region: Region) -> tuple[str, str]:
    held = region.shelves.of(Lattice)
    held.service("idle").listen()
    return held.service("called").listen().id, ""


def app_runner(region: Region) -> tuple[str, str]:
    held = region.shelves.of(AppRunner)
    held.add("idle")
    return held.add("called").arn, ""


def agent_gateways(region: Region) -> tuple[str, str]:
    core = region.shelves.of(AgentCore)
    core.gateway("idle")
    return core.gateway("called").arn, ""


def agent_runtimes(region: Region) -> tuple[str, str]:
    core = region.shelves.of(AgentCore)
    called = core.runtime("called", "MCP").release().endpoint("live", "1")
    return called.arn, "live"


PRODUCTS = {
    "graphql": Product(
        GraphqlCollector, graphql, "called/None", "idle/None", "Latency", "5XXError"
    ),
    "merged": Product(MergedCollector, merged, "called/None", "idle/None", "Latency", "5XXError"),
    "events": Product(EventCollector, events, "called/None", "idle/None", "Latency", "5XXError"),
    "urls": Product(
        lambda: FunctionUrlCollector(WithoutUrl()),
        urls,
        *("called/$LATEST", "idle/$LATEST", "UrlRequestCount", "Url5xxCount"),
    ),
    "balancers": Product(
        ApplicationBalancerCollector,
        balanced,
        *("called/None", "idle/None", "RequestCount", "HTTPCode_Target_5XX_Count"),
        silence_is_none=False,
    ),
    "lattice": Product(
        ServiceCollector,
        lattice,
        *("called/None", "idle/None", "TotalRequestCount", "HTTPCode_5XX_Count"),
        silence_is_none=False,
    ),
    "app runner": Product(
        AppRunnerCollector,
        app_runner,
        *("called/None", "idle/None", "Requests", "5xxStatusResponses"),
        silence_is_none=False,
    ),
    "gateways of agents": Product(
        AgentGatewayCollector,
        agent_gateways,
        *("called/None", "idle/None", "Invocations", "SystemErrors"),
        silence_is_none=False,
        backend_ms=75.0,
    ),
    "runtimes of agents": Product(
        AgentRuntimeCollector,
        agent_runtimes,
        *("called/live", "called/DEFAULT", "Invocations", "SystemErrors"),
        silence_is_none=False,
    ),
}


@pytest.fixture(params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> Product:
    return PRODUCTS[request.param]


def call(region: Region, product: Product) -> None:
    region.loads[product.build(region)] = BUSY


# ── Of every product ─────────────────────────────────────────────────────────


def test_what_is_called_is_counted_by_its_own_figures(
    west: Region, server: AwsServer, product: Product
) -> None:
    call(west, product)
    measurer = Measurer(product.collector())
    items = measurer.deployments()
    before = len(server.calls)
    one = by_stage(items, measurer.measure(items))[product.called]
    assert figures(one) == COUNTS
    traffic = counted(one)
    assert (traffic.p50_ms, traffic.p99_ms) == (100.0, 310.2)
    assert traffic.integration_p50_ms == product.backend_ms
    assert [each.name for each in list(server.calls)[before:]] == [ASKED], "all by one call"


def test_silence_is_none_only_where_that_is_documented(
    west: Region, server: AwsServer, product: Product
) -> None:
    call(west, product)
    measurer = Measurer(product.collector())
    items = measurer.deployments()
    idle = by_stage(items, measurer.measure(items))[product.idle]
    if product.silence_is_none:
        assert figures(idle) == (0, 0, 0, None)
    else:
        kind, words = reason(idle)
        assert kind == ErrorKind.UNSUPPORTED
        assert words.endswith("reported nothing of it: nobody called it, or it is not counted")


def test_errors_that_are_silent_beside_requests_are_none(
    west: Region, server: AwsServer, product: Product
) -> None:
    west.loads[product.build(west)] = msgspec.structs.replace(BUSY, share_5xx=0.0, share_4xx=0.0)
    measurer = Measurer(product.collector())
    items = measurer.deployments()
    assert figures(by_stage(items, measurer.measure(items))[product.called])[:3] == (150, 0, 0)


def test_what_is_not_whole_is_unknown_and_no_zero(
    west: Region, server: AwsServer, product: Product
) -> None:
    call(west, product)
    measurer = Measurer(product.collector())
    items = measurer.deployments()
    west.metric_troubles[product.errors] = "InternalError"
    one = by_stage(items, measurer.measure(items))[product.called]
    assert figures(one)[:3] == (150, 6, None)
    west.metric_troubles[product.requests] = "Forbidden"
    one = by_stage(items, measurer.measure(items))[product.called]
    assert reason(one) == (ErrorKind.ACCESS_DENIED, f"needs {ASKED}")


def test_one_denied_counts_nothing(west: Region, server: AwsServer, product: Product) -> None:
    call(west, product)
    west.deny(ASKED)
    measurer = Measurer(product.collector())
    items = measurer.deployments()
    with pytest.raises(AccessDenied, match=f"needs {ASKED}"):
        measurer.measure(items)
    assert [one.grant for one in measurer.try_it()] == [Grant.DENIED]


def test_its_price_is_that_of_what_is_asked(product: Product) -> None:
    collector = product.collector()
    assert isinstance(collector, MeasuresTraffic)
    assert collector.traffic_price is not None
    named: Figures = collector.figures  # type: ignore[attr-defined]  # all here are counted by CloudWatch
    for wanted in (Wanted(900), Wanted(900, (), integration_latency=False)):
        asked = list(metrics_of(Subject("u", ((("Name", "x"),),)), named, wanted))
        assert len(set(asked)) == len(asked) == collector.traffic_price.metrics_of(wanted)


# ── What is told apart ───────────────────────────────────────────────────────


def test_urls_of_one_function_are_told_apart_by_alias(west: Region, server: AwsServer) -> None:
    west.shelves.of(Functions).add("render").url("AWS_IAM").url("AWS_IAM", alias="live")
    west.loads["render", "live"] = BUSY
    west.loads["render", "$LATEST"] = msgspec.structs.replace(BUSY, per_min=1.0)
    measurer = Measurer(FunctionUrlCollector(WithoutUrl()))
    items = measurer.deployments()
    said = by_stage(items, measurer.measure(items))
    assert {name: figures(one)[0] for name, one in said.items()} == {
        "render/live": 150,
        "render/$LATEST": 15,
    }


def test_the_only_url_of_a_function_has_all_of_its_requests(
    west: Region, server: AwsServer
) -> None:
    west.shelves.of(Functions).add("render").url("AWS_IAM", alias="live")
    west.loads["render", "live"] = BUSY
    measurer = Measurer(FunctionUrlCollector(WithoutUrl()))
    items = measurer.deployments()
    assert figures(by_stage(items, measurer.measure(items))["render/live"])[0] == 150


def test_web_functions_are_unknown_and_nobody_is_asked(west: Region, server: AwsServer) -> None:
    west.shelves.of(WebFunctions).add("forms").endpoint("main", "IamAuth")
    measurer = Measurer(WebFunctionCollector())
    items = measurer.deployments()
    before = len(server.calls)
    (one,) = measurer.measure(items).values()
    assert reason(one)[0] == ErrorKind.UNSUPPORTED
    assert "told apart by" in reason(one)[1]
    assert measurer.try_it() == []
    assert len(server.calls) == before
    assert measurer.collector.traffic_price is None


def test_what_another_account_shares_is_counted_there(west: Region, server: AwsServer) -> None:
    theirs = west.account.estate.account("444455556666").region(REGION)
    service = theirs.shelves.of(Lattice).service("shared").listen()
    west.shelves.of(Lattice).share(service)
    west.loads[service.id, ""] = BUSY
    measurer = Measurer(ServiceCollector())
    items = measurer.deployments()
    before = len(server.calls)
    (one,) = measurer.measure(items).values()
    words = "its figures are in the account that owns it, 444455556666"
    assert reason(one) == (ErrorKind.UNSUPPORTED, words)
    assert len(server.calls) == before
