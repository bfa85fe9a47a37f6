"""The exporters of OpenTelemetry, as its own variables configure them, by gRPC or by HTTP."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from apiscape.errors import SettingsError
from apiscape.network.ways import Ways
from apiscape.telemetry.outward import Explaining, Outlet

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricExporter, MetricsData
    from opentelemetry.sdk.trace.export import SpanExporter

MOST_IN_BATCH = 5_000
"""Points of a request: a receiver's default limit of 4 MiB takes that many with room to spare."""

GRPC = "grpc"
HTTP = "http/protobuf"

logger = logging.getLogger("apiscape.telemetry")


def is_wanted(push: bool | None, environment: Mapping[str, str] = os.environ) -> bool:  # noqa: FBT001 - a key of the configuration
    """Say whether figures are pushed: as the configuration says, or where an endpoint is set."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if push is not None:
        return push
    return any(environment.get(f"OTEL_EXPORTER_OTLP_{each}ENDPOINT") for each in ("", "METRICS_"))


def protocol_of(signal: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the protocol for a signal (`METRICS`, `LOGS`, `TRACES`); gRPC unless told otherwise.

    Raises:
        SettingsError: It is none that we speak.
    """
    own = environment.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
    said = (own or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or GRPC).strip()
    if said not in {GRPC, HTTP}:
        name = f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL" if own else "OTEL_EXPORTER_OTLP_PROTOCOL"
        raise SettingsError(f"no protocol {said!r}", path=name, hint=f"set it to {GRPC} or {HTTP}")
    return said


def metric_exporter(ways: Ways | None = None) -> MetricExporter:
    """Return what pushes figures; without ways out, by those of the environment.

    Raises:
        SettingsError: A variable, or the proxy, cannot be used.
    """
    by_grpc, outlet = _outlet("METRICS", ways)
    if by_grpc:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
            OTLPMetricExporter as ByGrpc,
        )

        return ByGrpc(max_export_batch_size=MOST_IN_BATCH, **outlet.by_channel())
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as ByHttp

    return ByHttp(max_export_batch_size=MOST_IN_BATCH, **outlet.by_http())


def log_exporter(ways: Ways | None = None) -> LogRecordExporter:
    """Return what pushes events; without ways out, by those of the environment.

    Raises:
        SettingsError: A variable, or the proxy, cannot be used.
    """
    by_grpc, outlet = _outlet("LOGS", ways)
    if by_grpc:
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as ByGrpc

        return ByGrpc(**outlet.by_channel())
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as ByHttp

    return ByHttp(**outlet.by_http())


def span_exporter(ways: Ways | None = None) -> SpanExporter:
    """Return what pushes spans; without ways out, by those of the environment.

    Raises:
        SettingsError: A variable, or the proxy, cannot be used.
    """
    by_grpc, outlet = _outlet("TRACES", ways)
    if by_grpc:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
            OTLPSpanExporter as ByGrpc,
        )

        return ByGrpc(**outlet.by_channel())
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp

    return ByHttp(**outlet.by_http())


def explaining(exporter: SpanExporter, ways: Ways | None = None) -> SpanExporter:
    """Return an exporter of spans that says why what it pushes is not taken."""
    return cast("SpanExporter", Explaining(exporter, lambda: say_why("TRACES", ways)))


def _outlet(signal: str, ways: Ways | None) -> tuple[bool, Outlet]:
    """Return whether a signal is pushed by gRPC, and how it gets out."""
    by_grpc = protocol_of(signal) == GRPC
    return by_grpc, Outlet(signal, by_grpc=by_grpc, ways=ways)


def say_why(signal: str, ways: Ways | None = None) -> None:
    """Log what is in the way of a signal that was not taken, if it is the proxy or the certificate."""
    _, outlet = _outlet(signal, ways)
    fault = outlet.fault()
    if fault is not None:
        logger.warning("%s cannot be pushed: %s", signal.lower(), fault)


FAILURES = (OSError, RuntimeError, ValueError)
"""What an exporter raises rather than returns, now and then."""


def took_points(exporter: MetricExporter, data: MetricsData, ways: Ways | None = None) -> bool:
    """Push figures, and say whether they were taken; what is in the way is logged."""
    from opentelemetry.sdk.metrics.export import MetricExportResult

    try:
        taken = exporter.export(data) is MetricExportResult.SUCCESS
    except FAILURES as error:
        logger.warning("figures cannot be pushed: %s", type(error).__name__)
        return False
    if not taken:
        say_why("METRICS", ways)
    return taken


def took_events(
    exporter: LogRecordExporter,
    records: Sequence[ReadableLogRecord],
    ways: Ways | None = None,
) -> bool:
    """Push events, and say whether they were taken; what is in the way is logged."""
    from opentelemetry.sdk._logs.export import LogRecordExportResult

    try:
        taken = exporter.export(records) is LogRecordExportResult.SUCCESS
    except FAILURES as error:
        logger.warning("events cannot be pushed: %s", type(error).__name__)
        return False
    if not taken:
        say_why("LOGS", ways)
    return taken
