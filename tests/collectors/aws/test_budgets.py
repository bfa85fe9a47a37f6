"""What a visit costs, counted on the wire: calls, and refusals for rate under the published quotas."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.registry import load_collector
from apiscape.demo.aws.estate.authorizers import v2_lambda
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS
from apiscape.demo.aws.seeds.generated import ACCOUNT, REGION, generated_estate
from apiscape.demo.aws.wire.server import AwsServer
from tests.bench.aws_scan import SharedClock
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import Desk, SteppingClock

APIS = 200


@pytest.fixture(scope="module")
def big() -> AwsEstate:
    estate = generated_estate(apis=APIS, stages=1, v2=10)
    region = estate.accounts[ACCOUNT].region(REGION)
    for number, api in enumerate(list(region.rest_apis.values())[:5]):
        region.domain(f"api-{number}.example").map("", api, "stage-0")
    return estate


@pytest.mark.no_cover
def test_two_hundred_apis_at_first_and_unchanged(big: AwsEstate, point_at: PointAt) -> None:
    clock = SteppingClock()
    desk = Desk(clock=clock)
    with AwsServer(big, quotas=AWS_QUOTAS, clock=clock.virtual) as server:
        point_at(server, ACCOUNT)
        first = desk.collect(RestApiCollector(), account=ACCOUNT)
        domains = desk.collect(DomainCollector(), account=ACCOUNT)
        assert first.closes()
        assert len(first.recorded) == APIS
        assert len(domains.recorded) == 5
        gateway_calls = server.calls.count("apigateway") + server.calls.count("apigatewayv2")
        assert gateway_calls == 1 + APIS + APIS + 1 + 5
        assert gateway_calls <= 410
        server.calls.clear()
        again = desk.collect(RestApiCollector(), account=ACCOUNT, known=first.known())
        assert server.calls.by_operation() == {
            "apigateway:GetRestApis": 1,
            "apigateway:GetStages": APIS,
        }
        assert len(again.unchanged) == APIS
        assert again.entities == []
        assert server.calls.throttled == 0
    desk.close()


def mixed(rest: int, v2: int) -> AwsEstate:
    """Build APIs of each kind, with two stages: half of the REST APIs serve the same in both."""
    estate = AwsEstate()
    region = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    for number in range(rest):
        api = region.rest_api(f"rest-{number}").method("GET", "/x")
        if number % 2:
            api.deploy("prod", "staging")
        else:
            api.deploy("prod").deploy("staging")
        if number < 5:
            region.domain(f"api-{number}.example").map("", api, "prod")
    for number in range(v2):
        region.http_api(f"http-{number}").route("GET /x").stage("a").stage("b")
        chat = region.websocket_api(f"chat-{number}")
        chat.authorizer("c", v2_lambda(ACCOUNT, REGION, "check"))
        chat.route("$connect", auth="c").deploy("prod").deploy("test")
    return estate


REST, V2 = 60, 15
MOST = {
    "aws.apigateway.rest": 1 + REST + (REST // 2) + 2 * (REST // 2),
    "aws.apigateway.http": 1 + 4 * V2,
    "aws.apigateway.websocket": 1 + 4 * V2,
    "aws.apigateway.domains": 1 + 5,
}
"""Lists, stages, distinct deployments and mappings; at most four for each API of the second generation."""
UNCHANGED = {
    "aws.apigateway.rest": 1 + REST,
    "aws.apigateway.http": 1 + V2,
    "aws.apigateway.websocket": 1 + V2,
    "aws.apigateway.domains": 1 + 5,
}
RATE_PER_S, BURST = 5.0, 20
"""Half of the published quota, as is taken by default."""


@pytest.mark.parametrize("product", MOST)
def test_each_kind_keeps_its_figures_and_the_floor_of_the_quota(
    product: str, point_at: PointAt
) -> None:
    clock = SharedClock()
    desk = Desk(clock=clock)  # type: ignore[arg-type]  # drives the server by the same time
    with AwsServer(mixed(REST, V2), quotas=AWS_QUOTAS, clock=clock) as server:
        point_at(server, ACCOUNT)
        first = desk.collect(load_collector(product), account=ACCOUNT)
        calls, took_s = desk.budget.calls, clock()
        assert first.closes()
        assert first.failed == {}
        assert calls == len(server.calls) <= MOST[product]
        assert took_s <= 1.1 * max(calls - BURST, 0) / RATE_PER_S + 1 / RATE_PER_S
        server.calls.clear()
        again = desk.collect(load_collector(product), account=ACCOUNT, known=first.known())
        assert again.failed == {}
        assert len(server.calls) <= UNCHANGED[product]
        assert server.calls.throttled == 0
    desk.close()


def test_what_both_generations_share_is_shared(big: AwsEstate, point_at: PointAt) -> None:
    clock = SteppingClock()
    desk = Desk(clock=clock)
    with AwsServer(big, quotas=AWS_QUOTAS, clock=clock.virtual) as server:
        point_at(server, ACCOUNT)
        seen = desk.collect(HttpApiCollector(), account=ACCOUNT)
        assert len(seen.recorded) == 10
        assert server.calls.count("apigatewayv2") == 1 + 2 * 10
        assert server.calls.throttled == 0
        assert desk.budget.calls == 1 + 2 * 10
    desk.close()


def test_resources_have_a_slower_bucket_of_their_own(point_at: PointAt) -> None:
    estate = AwsEstate()
    region = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    for number in range(40):
        region.rest_api(f"draft-{number}").method("GET", "/x")
    clock = SteppingClock()
    desk = Desk(clock=clock)
    with AwsServer(estate, quotas=AWS_QUOTAS, clock=clock.virtual) as server:
        point_at(server, ACCOUNT)
        seen = desk.collect(RestApiCollector(), account=ACCOUNT)
        assert len(seen.recorded) == 40
        assert server.calls.count("apigateway:GetResources") == 40
        assert server.calls.throttled == 0
        assert clock.monotonic() >= (40 - 2) / 1.25
    desk.close()


def test_what_the_sdk_repeats_is_paid_for_and_reported(
    server: AwsServer, west: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    west.rest_api("one").deploy("prod")
    server.inject(Fault(kind="throttle", operation="GetStages", times=2, seconds=7))
    desk = Desk()
    seen = desk.collect(RestApiCollector())
    assert seen.failed == {}
    assert desk.budget.calls == 5  # the list, three tries for the stages, the export
    assert desk.budget.throttled_calls == 2
    assert desk.clock.monotonic() >= 14  # each Retry-After was obeyed
    desk.close()


def test_a_call_that_stays_refused_fails_its_api_alone(
    server: AwsServer, west: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    api = west.rest_api("one").deploy("prod")
    west.rest_api("two").deploy("prod")
    server.inject(Fault(kind="throttle", operation="GetStages", resource=api.id))
    desk = Desk(AwsSettings(total_max_attempts=2))
    seen = desk.collect(RestApiCollector())
    assert seen.failed[api.id].kind == "throttled"
    assert len(seen.recorded) == 1
    assert seen.whole
    desk.close()


def test_a_stopped_visit_sends_nothing_more(server: AwsServer, west: Region, desk: Desk) -> None:
    west.rest_api("one").deploy("prod")
    desk.stop.tell()
    seen = desk.collect(RestApiCollector())
    assert seen.error is not None
    assert type(seen.error).__name__ == "Cancelled"
    assert server.calls.count("apigateway") == 0
