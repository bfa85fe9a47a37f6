"""What is pushed leaves by the configured way, by HTTP and by gRPC, and a way that is closed is named."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.sdk.trace.export import SpanExportResult

from apiscape.errors import SettingsError
from apiscape.network.ways import Network, Ways, read_ways
from apiscape.telemetry.catalogue import QUEUE, Point
from apiscape.telemetry.exporters import (
    explaining,
    log_exporter,
    metric_exporter,
    span_exporter,
    took_events,
    took_points,
)
from apiscape.telemetry.otlp import Packing
from apiscape.telemetry.outward import Outlet
from tests.proxies import (
    RecordingProxy,
    encrypted,
    forget_variables,
    lead_only_through,
    listening,
    proxying,
    read_body,
    read_head,
)
from tests.unit.health.probing.servers import certificate

NAME = "otlp.gateway.test"
PASSWORD = "c4nary-pass-word"
PROTOCOLS = ("grpc", "http/protobuf")


class Taken:
    """What a receiver took."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def take(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            self.names |= {each.name for scope in resource.scope_metrics for each in scope.metrics}

    def serve(self, near: socket.socket) -> None:
        """Take a request by HTTP."""
        head, rest = read_head(near)
        if not head:
            return
        self.take(read_body(near, head, rest))
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def by_http(taken: Taken, file: Path | None) -> Iterator[int]:
    with listening(taken.serve) as plain:
        if file is None:
            yield plain
            return
        with encrypted(plain, file) as port:
            yield port


@contextmanager
def by_grpc(taken: Taken, file: Path | None) -> Iterator[int]:
    def export(request: bytes, _context: object) -> bytes:
        taken.take(request)
        return bytes(ExportMetricsServiceResponse().SerializeToString())

    handler = grpc.method_handlers_generic_handler(
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
        {"Export": grpc.unary_unary_rpc_method_handler(export)},
    )
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[handler])
    if file is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        pem = file.read_bytes()
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, pem)]))
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


RECEIVERS: dict[str, Callable[[Taken, Path | None], Any]] = {
    "grpc": by_grpc,
    "http/protobuf": by_http,
}


class Bench:
    """A receiver under a name that the proxy alone knows."""

    def __init__(self, environment: pytest.MonkeyPatch, protocol: str, port: int) -> None:
        forget_variables(environment)
        self.environment = environment
        self.port = port
        environment.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        environment.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3")

    def push(
        self, scheme: str, network: Network, place: str = f"{NAME}:4317", **variables: str
    ) -> bool:
        """Push one figure, and say whether it was taken."""
        with self.environment.context() as here:
            here.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{scheme}://{place}")
            here.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", f"{scheme}://{place}")
            for name, value in variables.items():
                here.setenv(name, value)
            ways = read_ways(network)
            exporter = metric_exporter(ways)
            figure = Packing(0).pack([Point(QUEUE, ("due",), 1)], 1)
            try:
                return took_points(exporter, figure, ways)
            finally:
                exporter.shutdown()


@contextmanager
def bench(
    environment: pytest.MonkeyPatch, protocol: str, file: Path | None = None, **how: Any
) -> Iterator[tuple[Bench, RecordingProxy, Taken]]:
    taken = Taken()
    with (
        RECEIVERS[protocol](taken, file) as port,
        proxying({NAME: port}, **how) as proxy,
    ):
        lead_only_through(proxy, environment)
        yield Bench(environment, protocol, port), proxy, taken


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_figures_go_through_the_proxy(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with bench(monkeypatch, protocol) as (here, proxy, taken):
        assert here.push("http", Network(proxy=proxy.url))
        (passed,) = proxy.passed
    assert taken.names == {QUEUE.name}
    assert NAME in passed.target
    assert passed.method == ("CONNECT" if protocol == "grpc" else "POST")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_figures_go_by_tls_and_trust_the_bundle(
    protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = certificate(tmp_path, name=NAME)
    with bench(monkeypatch, protocol, file) as (here, proxy, taken):
        assert here.push("https", Network(proxy=proxy.url, ca_bundle=str(file)))
    assert taken.names
    assert {each.method for each in proxy.passed} == {"CONNECT"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_variable_that_names_the_receivers_certificate_stands_above_the_bundle(
    protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = certificate(tmp_path, name=NAME)
    other = certificate(tmp_path, name="other.test")
    with bench(monkeypatch, protocol, file) as (here, proxy, taken):
        network = Network(proxy=proxy.url, ca_bundle=str(other))
        assert here.push("https", network, OTEL_EXPORTER_OTLP_CERTIFICATE=str(file))
    assert taken.names


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_certificate_that_is_not_trusted_names_the_key(
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = certificate(tmp_path, name=NAME)
    with bench(monkeypatch, protocol, file) as (here, proxy, taken):
        assert not here.push("https", Network(proxy=proxy.url))
    assert taken.names == set()
    said = own_words(caplog)
    assert f"the certificate of {NAME} is not trusted" in said
    assert "network.ca_bundle" in said


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_variables_hold_where_the_configuration_is_silent(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench(monkeypatch, protocol) as (here, proxy, taken):
        assert here.push("http", Network(), HTTP_PROXY=proxy.url)
        assert taken.names
        assert len(proxy.passed) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_no_proxy_names_is_pushed_directly(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_variables(monkeypatch)
    taken = Taken()
    with RECEIVERS[protocol](taken, None) as port, proxying({}) as proxy:
        here, place = Bench(monkeypatch, protocol, port), f"127.0.0.1:{port}"
        assert here.push("http", Network(), place, HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.0/8")
        assert taken.names
        taken.names.clear()
        direct = Network(no_proxy=("127.0.0.1",))
        assert here.push("http", direct, place, HTTP_PROXY=proxy.url)
        assert taken.names
        assert proxy.passed == []


@pytest.mark.parametrize("variable", ["no_proxy", "no_grpc_proxy"])
@pytest.mark.parametrize("names", [NAME, "*", ".gateway.test"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_the_configuration_sends_through_the_proxy_no_variable_leads_past_it(
    protocol: str, names: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench(monkeypatch, protocol) as (here, proxy, taken):
        network = Network(proxy=proxy.url, no_proxy=("elsewhere.test",))
        assert here.push("http", network, **{variable: names})
        assert len(proxy.passed) == 1
    assert taken.names


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "grpc_proxy"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_the_configuration_sends_directly_no_variable_leads_through_a_proxy(
    protocol: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_variables(monkeypatch)
    taken = Taken()
    with RECEIVERS[protocol](taken, None) as port, proxying({}) as proxy:
        here, place = Bench(monkeypatch, protocol, port), f"127.0.0.1:{port}"
        direct = Network(proxy=proxy.url, no_proxy=("127.0.0.1",))
        assert here.push("http", direct, place, **{variable: proxy.url})
        assert taken.names
        assert proxy.passed == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_proxy_that_asks_for_credentials_is_named_without_any(
    protocol: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with bench(monkeypatch, protocol, credentials=f"agent:{PASSWORD}") as (here, proxy, taken):
        wrong = proxy.url.replace("//", "//agent:n0t-the-word@")
        assert not here.push("http", Network(proxy=proxy.url), HTTPS_PROXY=wrong)
        assert f"the proxy {proxy.url} asks for credentials (407)" in own_words(caplog)
        assert "HTTPS_PROXY" in own_words(caplog)
        right = proxy.url.replace("//", f"//agent:{PASSWORD}@")
        assert here.push("http", Network(proxy=proxy.url), HTTPS_PROXY=right)
        assert taken.names
    assert "n0t-the-word" not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_proxy_that_is_down_is_named(
    protocol: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with bench(monkeypatch, protocol) as (here, proxy, _):
        pass
    told = proxy.url.replace("//", f"//agent:{PASSWORD}@")
    assert not here.push("http", Network(proxy=proxy.url), HTTPS_PROXY=told)
    assert f"the proxy {proxy.url} does not answer: check `network.proxy`" in own_words(caplog)
    assert PASSWORD not in caplog.text


def own_words(caplog: pytest.LogCaptureFixture) -> str:
    """Return what we say, beside what the library says."""
    return " ".join(
        each.getMessage() for each in caplog.records if each.name == "apiscape.telemetry"
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_spans_and_events_say_why_as_well(
    protocol: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forget_variables(monkeypatch)
    with proxying({}, refuses=403) as proxy:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{NAME}:4318")
        ways = read_ways(Network(proxy=proxy.url))
        refusing: Any = Refusing()
        spans = explaining(refusing, ways)
        assert spans.export(()) is SpanExportResult.FAILURE
        assert not took_events(refusing, (), ways)
        assert spans.force_flush()
        spans.shutdown()
        for exporter in (span_exporter(ways), log_exporter(ways)):
            exporter.shutdown()
    said = own_words(caplog)
    for signal in ("traces", "logs"):
        why = f"the proxy {proxy.url} does not let {NAME}:4318 through (403)"
        assert f"{signal} cannot be pushed: {why}" in said
    assert refusing.ended


class Refusing:
    """An exporter whose receiver takes nothing."""

    ended = False

    def export(self, _what: object) -> SpanExportResult:
        return SpanExportResult.FAILURE

    def force_flush(self, _timeout_millis: int) -> bool:
        return True

    def shutdown(self) -> None:
        self.ended = True


def test_what_is_taken_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Taking(Refusing):
        def export(self, _what: object) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    taking: Any = Taking()
    with caplog.at_level(logging.DEBUG):
        assert explaining(taking).export(()) is SpanExportResult.SUCCESS
    assert own_words(caplog) == ""


def test_grpc_cannot_speak_to_a_proxy_by_tls_and_says_what_can() -> None:
    outlet = Outlet("METRICS", by_grpc=True, ways=read_ways(Network(proxy="https://p:1"), {}))
    with pytest.raises(SettingsError, match="https://p:1") as caught:
        outlet.by_channel()
    assert "http/protobuf" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("endpoint", "server", "authority"),
    [
        ("http://r:4317/path", "r:4317", "r:4317"),
        ("https://r", "r:443", "r"),
        ("[::1]:4317", "[::1]:4317", "[::1]:4317"),
    ],
)
def test_a_channel_through_a_proxy_names_the_receiver(
    endpoint: str, server: str, authority: str
) -> None:
    outlet = Outlet(
        "LOGS",
        by_grpc=True,
        ways=read_ways(Network(proxy="http://p:1"), {}),
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
    )
    told = outlet.by_channel()
    assert dict(told["channel_options"]) == {
        "grpc.enable_http_proxy": 0,
        "grpc.http_connect_server": server,
        "grpc.default_authority": authority,
    }
    assert (told["endpoint"], told["insecure"]) == ("http://p:1", endpoint.startswith("http:"))


def test_a_bundle_that_cannot_be_read_is_said() -> None:
    outlet = Outlet("METRICS", by_grpc=True, ways=Ways(ca_bundle="/no/such.pem"), environment={})
    with pytest.raises(SettingsError) as caught:
        outlet.by_channel()
    assert caught.value.path == "/no/such.pem"


@pytest.mark.parametrize(
    ("variables", "by_grpc", "encrypted"),
    [
        ({}, True, False),
        ({"ENDPOINT": "https://r:4317"}, True, True),
        ({"ENDPOINT": "r:4317"}, True, True),
        ({"ENDPOINT": "r:4317", "INSECURE": "true"}, True, False),
        ({"ENDPOINT": "http://r:4317", "INSECURE": "false"}, True, True),
        ({"ENDPOINT": "r:4317", "INSECURE": "false", "LOGS_INSECURE": "true"}, True, False),
        ({"ENDPOINT": "http://r:4318", "INSECURE": "false"}, False, False),
    ],
)
def test_whether_it_goes_by_tls_is_as_the_exporter_decides(
    variables: dict[str, str], by_grpc: bool, encrypted: bool
) -> None:
    environment = {f"OTEL_EXPORTER_OTLP_{name}": value for name, value in variables.items()}
    outlet = Outlet("LOGS", by_grpc=by_grpc, environment=environment)
    assert outlet._is_encrypted() is encrypted


def test_a_client_shows_its_certificate_beside_the_bundle(tmp_path: Path) -> None:
    file = str(certificate(tmp_path, name=NAME))
    environment = {
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": file,
        "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE": file,
    }
    outlet = Outlet("LOGS", by_grpc=True, ways=Ways(ca_bundle=file), environment=environment)
    assert isinstance(outlet.by_channel()["credentials"], grpc.ChannelCredentials)
