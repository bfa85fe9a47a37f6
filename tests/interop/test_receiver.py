"""A real OTLP receiver takes what the agent pushes, by gRPC and by HTTP, and passes it on whole."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from apiscape.client.inventory import Page
from apiscape.collect.spending import FollowsCalls, Spent, visiting
from apiscape.settings.schema import Telemetry as Settings
from apiscape.store.reading.counts import Counts
from apiscape.telemetry import entities
from apiscape.telemetry.catalogue import DROPPED
from apiscape.telemetry.service import Telemetry
from tests.ports import free_port
from tests.unit.telemetry.samples import NOW, REST, Counted, alike, report, standing, values
from tests.unit.telemetry.test_entities import row

MANY = 900


class Kept:
    """What came out at the other end."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.deployments: dict[str, float] = {}
        self.services: set[str] = set()
        self.all_there = threading.Event()

    def take(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            told = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add(told["service.name"])
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                self.names.add(metric.name)
                if metric.name == "apiscape.deployments":
                    for point in metric.gauge.data_points:
                        words = {each.key: each.value.string_value for each in point.attributes}
                        self.deployments[words["deployment.environment.name"]] = point.as_double
        if len(self.deployments) == MANY and "apiscape.run.duration" in self.names:
            self.all_there.set()


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_receiver_passes_on_every_figure(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(
        alike=tuple(alike(environment=f"e{n}", count=n) for n in range(MANY)),
        scopes=(standing(),),
    )
    settings = Settings(push=True, interval_s=1e6)
    with sink() as (kept, address), receiver(tmp_path, address) as (grpc, http):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        port = grpc if protocol == "grpc" else http
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        telemetry = Telemetry(Counted(counts), settings=settings, now=lambda: NOW)
        telemetry.progress().ended(report())
        telemetry.start()
        telemetry.close()
        assert values(telemetry.samples(), DROPPED) == {}
        assert kept.all_there.wait(60), "it never came out"
    assert kept.deployments == {f"e{n}": n for n in range(MANY)}
    assert kept.services == {"apiscape"}
    assert {"apiscape.runs", "apiscape.scopes", "apiscape.scope.age.max"} <= kept.names


class Spans:
    """Which spans came out at the other end, by name."""

    def __init__(self) -> None:
        self.parents: dict[str, bytes] = {}
        self.ids: dict[str, bytes] = {}
        self.attributes: dict[str, set[str]] = {}
        self.all_there = threading.Event()

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in (each for scope in resource.scope_spans for each in scope.spans):
                self.ids[span.name] = span.span_id
                self.parents[span.name] = span.parent_span_id
                self.attributes[span.name] = {each.key for each in span.attributes}
        if len(self.ids) == 2:
            self.all_there.set()


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_receiver_passes_on_a_visit_and_its_calls(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(push=True, traces=True, interval_s=1e6)
    spans = Spans()
    with sink(spans) as (_, address), receiver(tmp_path, address) as (grpc, http):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        port = grpc if protocol == "grpc" else http
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        telemetry = Telemetry(Counted(Counts()), settings=settings, now=lambda: NOW)
        telemetry.start()
        progress = telemetry.progress()
        progress.started(report().scope)
        with visiting(report().scope.key):
            ids = telemetry.visit_ids()
        assert isinstance(progress, FollowsCalls)
        progress.spent(report().scope, (Spent(family="apigateway", calls=7, took_s=2.0),))
        progress.ended(report())
        telemetry.close()
        assert spans.all_there.wait(60), "it never came out"
    visit = f"visit {REST}"
    assert set(spans.ids) == {visit, "calls apigateway"}
    assert spans.ids[visit].hex() == ids["span_id"]
    assert spans.parents["calls apigateway"] == spans.ids[visit]
    assert {"apiscape.calls", "apiscape.duration"} <= spans.attributes["calls apigateway"]


class Events:
    """Which entity events came out at the other end: what each tells, by the entity's uid."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.owners: dict[str, list[str]] = {}
        self.all_there = threading.Event()

    def take(self, body: bytes) -> None:
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            for record in (each for scope in resource.scope_logs for each in scope.log_records):
                told = {each.key: each.value for each in record.attributes}
                (entity,) = told["entity.id"].kvlist_value.values
                said = {e.key: e.value for e in told["entity.description"].kvlist_value.values}
                owners = said["apiscape.owners"].array_value.values
                self.names.add(record.event_name)
                self.owners[entity.value.string_value] = [each.string_value for each in owners]
        if len(self.owners) == MANY:
            self.all_there.set()


class Full(Counted):
    """An inventory of many deployments, each with an owner of its own."""

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        begin = int(after or 0)
        numbers = range(begin, min(begin + limit, MANY))
        rows = tuple(row(number, owners=(f"team {number}",)) for number in numbers)
        more = str(numbers.stop) if numbers.stop < MANY else None
        return Page(items=rows, matched=MANY, undecided=0, next=more)


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_receiver_passes_on_every_entity_with_what_is_nested_in_it(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(push=True, entities=True, entities_every_s=600, interval_s=1e6)
    events = Events()
    with sink(events=events) as (_, address), receiver(tmp_path, address) as (grpc, http):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        port = grpc if protocol == "grpc" else http
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setattr(entities, "TURN_S", 600.0)  # all of them are told in the first turn
        telemetry = Telemetry(Full(), settings=settings, now=lambda: NOW)
        telemetry.start()
        telemetry.close()
        assert events.all_there.wait(60), "it never came out"
        assert values(telemetry.samples(), DROPPED) == {}
    assert events.names == {"entity.state"}
    assert events.owners == {f"u{number:04}": [f"team {number}"] for number in range(MANY)}


class Taking(Protocol):
    """What takes bodies."""

    def take(self, body: bytes) -> None:
        """Take one."""
        ...


@contextmanager
def receiver(folder: Path, sink: str) -> Iterator[tuple[int, int]]:
    """Run a receiver of our own on loopback that passes on what it takes; give its two ports."""
    found = importlib.util.find_spec("rotel")
    if found is None or found.origin is None:
        pytest.skip("rotel is not installed")
    program = Path(found.origin).with_name("rotel-agent")
    if not program.exists():
        pytest.skip("rotel has no program for this platform")
    grpc, http = free_port(), free_port()
    log = folder / "rotel.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [
                *(str(program), "start", "--exporter", "otlp"),
                *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"),
                *("--otlp-http-endpoint", f"127.0.0.1:{http}"),
                *("--otlp-exporter-endpoint", sink, "--otlp-exporter-protocol", "http"),
                *("--metrics-batch-timeout", "100ms", "--traces-batch-timeout", "100ms"),
                *("--logs-batch-timeout", "100ms"),
            ],
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        yield grpc, http
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


@contextmanager
def sink(spans: Spans | None = None, events: Events | None = None) -> Iterator[tuple[Kept, str]]:
    """Take OTLP by HTTP in a thread."""
    kept = Kept()
    takers: dict[str, Taking] = {"/v1/metrics": kept}
    if spans is not None:
        takers["/v1/traces"] = spans
    if events is not None:
        takers["/v1/logs"] = events

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            if self.path in takers:
                takers[self.path].take(gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield kept, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
