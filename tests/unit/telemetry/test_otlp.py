"""What is pushed: the recorded figures as OTLP has them, by the protocol that the variables name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    MetricExportResult,
    Sum,
)

from apiscape.errors import SettingsError
from apiscape.model.deployment import Traffic
from apiscape.settings.schema import Telemetry as Settings
from apiscape.store.reading.counts import Health
from apiscape.telemetry import exporters, service
from apiscape.telemetry.catalogue import (
    CALLS,
    DROPPED,
    ERRORS_OF,
    HEALTH_LEFT_OUT,
    HEALTH_OF,
    LATENCY_OF,
    LOOP_LAG,
    QUEUE,
    REQUESTS_OF,
    Point,
)
from apiscape.telemetry.exporters import (
    MOST_IN_BATCH,
    is_wanted,
    log_exporter,
    metric_exporter,
    protocol_of,
    span_exporter,
    took_events,
    took_points,
)
from apiscape.telemetry.identity import INSTANCE, this_agent
from apiscape.telemetry.otlp import Packing, portions
from apiscape.telemetry.pushing import Pusher
from apiscape.telemetry.recorder import Recorder
from apiscape.telemetry.service import Telemetry
from tests.unit.telemetry.samples import NOW, Counted, value, values

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ENDPOINT, PROTOCOL, "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)


class Taking:
    """An exporter that keeps what it is given, or refuses it."""

    def __init__(self, result: Any = MetricExportResult.SUCCESS) -> None:
        self.result = result
        self.given: list[Any] = []

    def export(self, data: Any) -> Any:
        self.given.append(data)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def packed(*samples: Any) -> dict[str, Any]:
    data = Packing(start_ns=5).pack(samples, now_ns=9)
    (resource,) = data.resource_metrics
    (scope,) = resource.scope_metrics
    return {each.name: each for each in scope.metrics}


def test_a_counter_is_a_rising_sum_since_the_process_began() -> None:
    told = packed(Point(CALLS, ("aws", "rest"), 3))["apiscape.provider.calls"]
    assert isinstance(told.data, Sum)
    assert told.data.is_monotonic
    assert told.data.aggregation_temporality is AggregationTemporality.CUMULATIVE
    (point,) = told.data.data_points
    assert point.attributes == {"cloud.provider": "aws", "apiscape.product": "rest"}
    assert (point.value, point.start_time_unix_nano, point.time_unix_nano) == (3, 5, 9)


def test_a_gauge_is_one() -> None:
    told = packed(Point(QUEUE, ("queued",), 1), Point(QUEUE, ("running",), 2))[
        "apiscape.queue.jobs"
    ]
    assert isinstance(told.data, Gauge)
    assert [point.value for point in told.data.data_points] == [1, 2]
    assert told.unit == "{job}"


def test_a_histogram_has_its_buckets_and_extremes() -> None:
    recorder = Recorder()
    for seconds in (0.002, 7):
        recorder.observe(LOOP_LAG, seconds)
    told = packed(*recorder.samples())["apiscape.loop.lag"]
    assert isinstance(told.data, Histogram)
    (point,) = told.data.data_points
    assert (point.count, point.sum, point.min, point.max) == (2, 7.002, 0.002, 7)
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1


def test_all_of_it_can_be_encoded() -> None:
    telemetry = Telemetry(Counted(), now=lambda: NOW)
    message = encode_metrics(Packing(0).pack(telemetry.samples(), 9))
    names = {each.name for each in message.resource_metrics[0].scope_metrics[0].metrics}
    assert {"apiscape.deployments", "apiscape.build.info", "apiscape.scope.age.max"} <= names


def test_the_resource_says_which_agent_and_the_variables_have_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = this_agent().attributes
    assert (own["service.name"], own["service.instance.id"]) == ("apiscape", INSTANCE)
    assert own["service.version"]
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    told = this_agent().attributes
    assert (told["service.name"], told["deployment.environment.name"]) == ("ours", "test")
    assert told["service.instance.id"] == INSTANCE


@pytest.mark.parametrize(
    ("push", "environment", "wanted"),
    [
        (None, {}, False),
        (None, {ENDPOINT: "http://x"}, True),
        (None, {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, True),
        (None, {ENDPOINT: ""}, False),
        (True, {}, True),
        (False, {ENDPOINT: "http://x"}, False),
        (True, {"OTEL_SDK_DISABLED": "True"}, False),
    ],
)
def test_it_is_pushed_where_somebody_said_so(
    push: bool | None, environment: dict[str, str], wanted: bool
) -> None:
    assert is_wanted(push, environment) is wanted


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({}, "grpc"),
        ({PROTOCOL: "http/protobuf"}, "http/protobuf"),
        ({PROTOCOL: "grpc", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf"}, "http/protobuf"),
    ],
)
def test_the_protocol_is_the_one_named(environment: dict[str, str], protocol: str) -> None:
    assert protocol_of("LOGS", environment) == protocol


def test_a_protocol_that_is_none_is_named_with_its_variable() -> None:
    with pytest.raises(SettingsError, match="http/json") as caught:
        protocol_of("METRICS", {PROTOCOL: "http/json"})
    assert caught.value.path == PROTOCOL


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize("make", [metric_exporter, log_exporter, span_exporter])
def test_each_signal_has_an_exporter_by_each_protocol(
    monkeypatch: pytest.MonkeyPatch, protocol: str, make: Callable[[], Any]
) -> None:
    monkeypatch.setenv(PROTOCOL, protocol)
    exporter = make()
    assert f".proto.{protocol.partition('/')[0]}." in type(exporter).__module__
    exporter.shutdown()


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_request_holds_no_more_than_a_receiver_takes(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setenv(PROTOCOL, protocol)
    exporter: Any = metric_exporter()
    assert exporter._max_export_batch_size == MOST_IN_BATCH <= 5_000
    exporter.shutdown()


@pytest.mark.parametrize(
    ("result", "taken"),
    [
        (MetricExportResult.SUCCESS, True),
        (MetricExportResult.FAILURE, False),
        (RuntimeError("x"), False),
    ],
)
def test_figures_that_nobody_took_are_said(result: Any, taken: bool) -> None:
    exporter: Any = Taking(result)
    assert took_points(exporter, Packing(0).pack((), 1)) is taken


def test_events_that_nobody_took_are_said() -> None:
    from opentelemetry.sdk._logs.export import LogRecordExportResult

    taking: Any = Taking(LogRecordExportResult.SUCCESS)
    failing: Any = Taking(LogRecordExportResult.FAILURE)
    raising: Any = Taking(OSError("x"))
    assert [took_events(each, ()) for each in (taking, failing, raising)] == [True, False, False]


def test_telemetry_pushes_once_more_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = Taking()
    monkeypatch.setattr(service, "metric_exporter", lambda *_: exporter)
    telemetry = Telemetry(Counted(), settings=Settings(push=True, interval_s=1e6), now=lambda: NOW)
    telemetry.start()
    telemetry.close()
    telemetry.close()
    assert len(exporter.given) == 1


def test_what_is_lost_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = Taking(MetricExportResult.FAILURE)
    monkeypatch.setattr(service, "metric_exporter", lambda *_: exporter)
    telemetry = Telemetry(Counted(), settings=Settings(push=True, interval_s=1e6), now=lambda: NOW)
    telemetry.start()
    telemetry.close()
    ((labels, lost),) = values(telemetry.samples(), DROPPED).items()
    (resource,) = exporter.given[0].resource_metrics
    told = [point for each in resource.scope_metrics[0].metrics for point in each.data.data_points]
    assert (labels, lost) == (("metrics", "export"), len(told))


def test_nothing_is_pushed_where_nobody_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "metric_exporter", lambda *_: pytest.fail("made an exporter"))
    telemetry = Telemetry(Counted(), now=lambda: NOW)
    telemetry.start()
    telemetry.close()
    assert exporters.is_wanted(None, {}) is False


def test_a_pusher_waits_a_part_of_the_interval_first_and_then_all_of_it() -> None:
    waits: list[float] = []
    done: list[int] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 3

    pusher = Pusher("test", lambda: done.append(1), 60.0, wait=wait)
    pusher.start()
    pusher.close()
    assert len(done) == 4
    assert 0 <= waits[0] <= 60
    assert waits[1:] == [60.0] * 3


def test_a_pusher_that_never_began_can_be_closed() -> None:
    done: Sequence[int] = []
    Pusher("test", lambda: pytest.fail("pushed"), 60.0).close()
    assert not done


def test_a_push_is_packed_in_portions_of_which_none_is_empty() -> None:
    points = [Point(QUEUE, (str(n),), n) for n in range(2 * MOST_IN_BATCH + 1)]
    sizes = [len(some) for some in portions(points)]
    assert sizes == [MOST_IN_BATCH, MOST_IN_BATCH, 1]
    assert [point for some in portions(points) for point in some] == points
    assert list(portions(())) == []


def test_each_deployment_has_a_gauge_where_that_is_asked_for() -> None:
    settings = Settings(deployments=True, most_deployments=2)
    found = list(Telemetry(Counted(), settings=settings, now=lambda: NOW).samples())
    assert values(found, HEALTH_OF) == {
        ("uid-0", "healthy", "serving"): 1,
        ("uid-1", "healthy", "serving"): 1,
    }
    assert value(found, HEALTH_LEFT_OUT) == 1


def test_what_was_measured_of_traffic_has_a_gauge_and_what_was_not_has_none() -> None:
    reader, window = Counted(), Traffic(window_s=900, until=NOW, source="cloudwatch")
    known = msgspec.structs.replace(
        window, requests=120, errors_4xx=0, errors_5xx=6, p50_ms=40.0, p99_ms=1500.0
    )
    idle = msgspec.structs.replace(window, requests=0, integration_p50_ms=0.0)
    reader.measured = (
        Health("known", "failing", "serving", known),
        Health("idle", "idle", "serving", idle),
        Health("uncounted", "unknown", "none", window),
    )
    settings = Settings(deployments=True)
    found = list(Telemetry(reader, settings=settings, now=lambda: NOW).samples())
    assert values(found, REQUESTS_OF) == {("known",): 120, ("idle",): 0}
    assert values(found, ERRORS_OF) == {("known", "4xx"): 0, ("known", "5xx"): 6}
    assert values(found, LATENCY_OF) == {
        ("known", "p50"): 0.04,
        ("known", "p99"): 1.5,
        ("idle", "integration_p50"): 0.0,
    }


def test_no_deployment_has_a_gauge_by_default() -> None:
    reader = Counted()
    reader.measured = (Health("u", "idle", "serving", Traffic(900, NOW, requests=0)),)
    found = list(Telemetry(reader, now=lambda: NOW).samples())
    assert values(found, HEALTH_OF) == values(found, HEALTH_LEFT_OUT) == {}
    assert values(found, REQUESTS_OF) == {}
