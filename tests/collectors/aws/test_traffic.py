"""Traffic of API Gateway's stages, counted by the real SDK from an emulated CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from apiscape.collectors.aws import cloudwatch
from apiscape.collectors.aws.apigateway.counting import HTTP_FIGURES, metric_name
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.aws.traffic import Subject, metrics_of
from apiscape.collectors.contract import AccessDenied, Cancelled, CollectorError, Malformed
from apiscape.collectors.measuring import Counted, Wanted
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Traffic
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.measurer import BUSY, Measurer, by_stage, counted, figures, reason

LISTED = "apigateway:GetRestApis"
ASKED = "cloudwatch:GetMetricData"


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


def asked(server: AwsServer) -> int:
    return sum(call.name == ASKED for call in server.calls)


# ── What is counted ──────────────────────────────────────────────────────────


def test_a_rest_stage_is_counted_over_the_newest_whole_window(
    west: Region, server: AwsServer
) -> None:
    api = west.rest_api("orders").method("GET", "/x").deploy("prod", "idle")
    west.load(api, "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    said = by_stage(items, measurer.measure(items))
    assert figures(said["orders/prod"]) == (150, 6, 15, 282.8)
    assert figures(said["orders/idle"]) == (0, 0, 0, None)
    one = said["orders/prod"]
    assert isinstance(one, Counted)
    assert one.traffic.until == datetime(2026, 11, 2, 8, 45, tzinfo=UTC)
    assert (one.traffic.window_s, one.traffic.source) == (900, "cloudwatch")
    assert asked(server) == 1


def test_http_and_websocket_stages_have_other_names_for_the_same(
    west: Region, server: AwsServer
) -> None:
    shop = west.http_api("shop").route("GET /x").stage("$default")
    chat = west.websocket_api("chat").route("$connect").deploy("prod")
    west.load(shop, "$default", BUSY).load(chat, "prod", BUSY)
    http, socket = Measurer(HttpApiCollector()), Measurer(WebSocketApiCollector())
    shops, chats = http.deployments(), socket.deployments()
    assert figures(by_stage(shops, http.measure(shops))["shop/$default"]) == (150, 6, 15, 282.8)
    said = by_stage(chats, socket.measure(chats))["chat/prod"]
    assert figures(said) == (157, 6, 15, 282.8), "150 messages over 7 connections"


def test_what_is_not_deployed_is_not_spoken_of_and_costs_no_call(
    west: Region, server: AwsServer
) -> None:
    west.rest_api("draft").method("GET", "/x")
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    before = len(server.calls)
    assert len(items) == 1
    assert measurer.measure(items) == {}
    assert len(server.calls) == before


def test_stages_are_asked_for_in_bulk(west: Region, server: AwsServer) -> None:
    for number in range(130):
        api = west.http_api(f"api-{number:03}").route("GET /x").stage("$default")
        west.load(api, "$default", Load(float(number)))
    measurer = Measurer(HttpApiCollector())
    items = measurer.deployments()
    said = by_stage(items, measurer.measure(items, Wanted(window_s=60)))
    assert [figures(said[f"api-{number:03}/$default"])[0] for number in range(130)] == [*range(130)]
    assert asked(server) == 2, "500 metrics fill a call, and a stage has seven"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(900), (100.0, 282.8, 310.2, 75.0, 25.0)),
        (Wanted(900, ("p95",)), (None, 282.8, None, 75.0, None)),
        (Wanted(900, ("p50", "p99"), integration_latency=False), (100.0, None, 310.2, None, None)),
        (Wanted(900, (), integration_latency=False), (None, None, None, None, None)),
    ],
)
def test_of_latency_only_what_is_wanted_is_asked_for(
    west: Region, server: AwsServer, wanted: Wanted, told: tuple[float | None, ...]
) -> None:
    west.load(west.http_api("shop").route("GET /x").stage("$default"), "$default", BUSY)
    measurer = Measurer(HttpApiCollector())
    items = measurer.deployments()
    traffic = counted(measurer.measure(items, wanted)[items[0].uid])
    latency = (traffic.p50_ms, traffic.p95_ms, traffic.p99_ms, traffic.integration_p50_ms)
    assert (*latency, traffic.overhead_ms) == told
    assert traffic.requests == 150
    subject = Subject(items[0].uid, ((("ApiId", "x"),),))
    price = measurer.collector.traffic_price
    assert len(list(metrics_of(subject, HTTP_FIGURES, wanted))) == price.metrics_of(wanted)


def test_a_call_takes_all_the_metrics_that_fit_also_of_half_a_stage(
    west: Region, server: AwsServer
) -> None:
    for number in range(214):
        api = west.http_api(f"api-{number:03}").stage("$default")
        west.load(api, "$default", Load(float(number), share_5xx=0.5))
    measurer = Measurer(HttpApiCollector())
    items = measurer.deployments()
    said = by_stage(items, measurer.measure(items, Wanted(60)))
    told = [counted(said[f"api-{number:03}/$default"]) for number in range(214)]
    assert [each.requests for each in told] == [*range(214)]
    assert [each.errors_5xx for each in told] == [round(number * 0.5) for number in range(214)]
    assert asked(server) == 3, "1,498 metrics; by whole stages, 71 a call, it were four"


def test_a_session_whose_latency_is_that_of_what_is_behind_it_asks_for_it_once(
    west: Region, server: AwsServer
) -> None:
    west.load(west.websocket_api("chat").route("$connect").deploy("prod"), "prod", BUSY)
    measurer = Measurer(WebSocketApiCollector())
    items = measurer.deployments()
    traffic = counted(measurer.measure(items)[items[0].uid])
    assert (traffic.p50_ms, traffic.integration_p50_ms, traffic.overhead_ms) == (100.0, None, None)


def test_medians_that_contradict_each_other_tell_no_overhead() -> None:
    until = datetime(2026, 11, 2, 8, 45, tzinfo=UTC)
    assert Traffic(900, until, p50_ms=10.0, integration_p50_ms=10.5).overhead_ms is None
    assert Traffic(900, until, p50_ms=10.0, integration_p50_ms=10.0).overhead_ms == 0.0


# ── Names ────────────────────────────────────────────────────────────────────


def test_rest_apis_of_one_name_are_ambiguous_and_counted_for_neither(
    west: Region, server: AwsServer
) -> None:
    first = west.rest_api("orders").method("GET", "/x").deploy("prod")
    second = west.rest_api("orders").method("GET", "/x").deploy("trial")
    west.rest_api("other").method("GET", "/x").deploy("prod")
    west.load(first, "prod", BUSY).load(second, "trial", BUSY)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    said = by_stage(items, measurer.measure(items))
    words = "CloudWatch counts REST APIs by name, and 2 of the region are called 'orders'"
    assert reason(said["orders/prod"]) == (ErrorKind.UNSUPPORTED, words)
    assert reason(said["orders/trial"]) == (ErrorKind.UNSUPPORTED, words)
    assert figures(said["other/prod"])[0] == 0


def test_a_name_that_only_an_excluded_api_shares_is_ambiguous_too(
    west: Region, server: AwsServer
) -> None:
    api = west.rest_api("orders").method("GET", "/x").deploy("prod")
    west.load(api, "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    known = measurer.deployments()
    west.rest_api("orders").method("GET", "/x").deploy("prod")
    assert reason(measurer.measure(known)[known[0].uid])[0] == ErrorKind.UNSUPPORTED


def test_a_renamed_api_is_counted_by_its_new_name(west: Region, server: AwsServer) -> None:
    api = west.rest_api("before").method("GET", "/x").deploy("prod")
    west.load(api, "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    known = measurer.deployments()
    api.edit(name="after")
    assert figures(measurer.measure(known)[known[0].uid])[0] == 150


def test_an_api_that_was_deleted_meanwhile_is_not_counted(west: Region, server: AwsServer) -> None:
    api = west.rest_api("gone").method("GET", "/x").deploy("prod")
    measurer = Measurer(RestApiCollector())
    known = measurer.deployments()
    del west.rest_apis[api.id]
    assert reason(measurer.measure(known)[known[0].uid])[0] == ErrorKind.GONE
    assert asked(server) == 0


@pytest.mark.parametrize(
    ("name", "told_by"),
    [("plain name", "plain name"), ("Café ☕", "Caf "), ("日本", "abc123"), ("  ", "abc123")],
)
def test_metrics_are_named_as_aws_names_them(name: str, told_by: str) -> None:
    assert metric_name(name, "abc123") == told_by


def test_names_beyond_ascii_are_found_again(west: Region, server: AwsServer) -> None:
    for name in ("Café", "日本"):
        west.load(west.rest_api(name).method("GET", "/x").deploy("prod"), "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    assert [figures(one)[0] for one in measurer.measure(items).values()] == [150, 150]


@pytest.mark.parametrize("name", ["x" * 1025, "line\nfeed"])
def test_a_name_that_no_metric_can_have_spoils_nothing_else(
    west: Region, server: AwsServer, name: str
) -> None:
    west.rest_api(name).method("GET", "/x").deploy("prod")
    good = west.rest_api("good").method("GET", "/x").deploy("prod")
    west.load(good, "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    said = {item.name: one for item in items for one in [measurer.measure(items)[item.uid]]}
    assert figures(said["good"])[0] == 150
    bad = next(one for key, one in said.items() if key != "good")
    assert reason(bad) == (ErrorKind.UNSUPPORTED, "no metric can have the name of its API")


# ── What cannot be known is no zero ──────────────────────────────────────────


def test_pages_are_put_together(west: Region, server: AwsServer) -> None:
    api = west.rest_api("orders").method("GET", "/x").deploy("prod")
    west.load(api, "prod", BUSY).metric_page = 1
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    assert figures(measurer.measure(items)[items[0].uid]) == (150, 6, 15, 282.8)
    assert asked(server) == 7


def test_an_answer_without_an_end_is_broken(west: Region, server: AwsServer) -> None:
    west.load(west.rest_api("orders").method("GET", "/x").deploy("prod"), "prod", BUSY)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    west.metric_page = 0
    with pytest.raises(Malformed, match="has no end"):
        measurer.measure(items)
    assert asked(server) == cloudwatch.MOST_PAGES


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("InternalError", ErrorKind.UNREACHABLE, "did not give the whole of it (InternalError)"),
        ("PartialData", ErrorKind.UNREACHABLE, "did not give the whole of it (PartialData)"),
        ("Forbidden", ErrorKind.ACCESS_DENIED, "needs cloudwatch:GetMetricData"),
    ],
)
def test_requests_that_are_not_whole_are_uncounted(
    west: Region, server: AwsServer, status: str, kind: str, words: str
) -> None:
    west.rest_api("orders").method("GET", "/x").deploy("prod")
    west.metric_troubles["Count"] = status
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    said = reason(measurer.measure(items)[items[0].uid])
    assert said[0] == kind
    assert said[1].endswith(words)


def test_errors_that_are_not_whole_are_unknown_beside_requests_that_are(
    west: Region, server: AwsServer
) -> None:
    west.load(west.rest_api("orders").method("GET", "/x").deploy("prod"), "prod", BUSY)
    west.metric_troubles["5XXError"] = "InternalError"
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    assert figures(measurer.measure(items)[items[0].uid]) == (150, 6, None, 282.8)


def test_one_denied_is_told_which_right_is_missing(west: Region, server: AwsServer) -> None:
    west.rest_api("orders").method("GET", "/x").deploy("prod")
    west.deny(ASKED)
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    with pytest.raises(AccessDenied, match="needs cloudwatch:GetMetricData in eu-west-1") as denied:
        measurer.measure(items)
    assert denied.value.permission == ASKED


def test_names_that_cannot_be_listed_end_it(west: Region, server: AwsServer) -> None:
    west.rest_api("orders").method("GET", "/x").deploy("prod")
    measurer = Measurer(RestApiCollector())
    items = measurer.deployments()
    west.deny(LISTED)
    with pytest.raises(AccessDenied, match="apigateway:GET"):
        measurer.measure(items)
    assert asked(server) == 0


@pytest.mark.parametrize("kind", ["reset", "cut", "truncate", "wrong_type", "error"])
def test_a_broken_answer_is_an_error_and_no_zero(
    west: Region, server: AwsServer, kind: str
) -> None:
    west.http_api("shop").route("GET /x").stage("$default")
    measurer = Measurer(HttpApiCollector(), Desk(AwsSettings(total_max_attempts=1)))
    items = measurer.deployments()
    server.inject(Fault(kind=kind, service="cloudwatch"))
    with pytest.raises(CollectorError) as raised:
        measurer.measure(items)
    assert raised.value.kind in {ErrorKind.UNREACHABLE, ErrorKind.MALFORMED}


def test_a_refusal_for_rate_slows_the_next_calls_down(west: Region, server: AwsServer) -> None:
    west.http_api("shop").route("GET /x").stage("$default")
    measurer = Measurer(HttpApiCollector())
    items = measurer.deployments()
    server.inject(Fault(kind="throttle", service="cloudwatch", times=1))
    assert figures(measurer.measure(items)[items[0].uid])[0] == 0, "the SDK asked again"
    assert measurer.desk.budget.throttled_calls == 1


def test_told_to_stop_it_asks_for_nothing_more(west: Region, server: AwsServer) -> None:
    west.http_api("shop").route("GET /x").stage("$default")
    measurer = Measurer(HttpApiCollector())
    items = measurer.deployments()
    measurer.desk.stop.tell()
    with pytest.raises(Cancelled):
        measurer.measure(items)
    assert asked(server) == 0


# ── Trying the right ─────────────────────────────────────────────────────────


def test_the_right_is_tried_by_one_metric(west: Region, server: AwsServer) -> None:
    tried = Measurer(RestApiCollector()).try_it()
    assert [(one.permission.action, one.grant) for one in tried] == [(ASKED, Grant.GRANTED)]
    assert [call.name for call in server.calls] == [ASKED]
    west.deny(ASKED)
    denied = Measurer(RestApiCollector()).try_it()
    assert [one.grant for one in denied] == [Grant.DENIED]


# ── The window ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("minute", "second", "until"), [(17, 0, 15), (16, 59, 0), (32, 0, 30), (31, 59, 15)]
)
def test_a_window_ends_on_the_grid_and_only_when_its_figures_are_there(
    minute: int, second: int, until: int
) -> None:
    now = datetime(2026, 11, 2, 9, minute, second, 250, tzinfo=UTC)
    window = cloudwatch.newest_window(now, 900)
    assert window.until == datetime(2026, 11, 2, 9, until, tzinfo=UTC)
    assert (window.until - window.start).total_seconds() == 900
