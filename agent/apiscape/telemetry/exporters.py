"""The exporters of OpenTelemetry, as its own variables configure them, by gRPC or by HTTP."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apiscape.errors import SettingsError

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


def metric_exporter() -> MetricExporter:
    """Return what pushes figures."""
    if protocol_of("METRICS") == GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
            OTLPMetricExporter as ByGrpc,
        )

        return ByGrpc(max_export_batch_size=MOST_IN_BATCH)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as ByHttp

    return ByHttp(max_export_batch_size=MOST_IN_BATCH)


def log_exporter() -> LogRecordExporter:
    """Return what pushes events."""
    if protocol_of("LOGS") == GRPC:
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as ByGrpc

        return ByGrpc()
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as ByHttp

    return ByHttp()


def span_exporter() -> SpanExporter:
    """Return what pushes spans."""
    if protocol_of("TRACES") == GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
            OTLPSpanExporter as ByGrpc,
        )

        return ByGrpc()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp

    return ByHttp()


FAILURES = (OSError, RuntimeError, ValueError)
"""What an exporter raises rather than returns, now and then."""


def took_points(exporter: MetricExporter, data: MetricsData) -> bool:
    """Push figures, and say whether they were taken."""
    from opentelemetry.sdk.metrics.export import MetricExportResult

    try:
        return exporter.export(data) is MetricExportResult.SUCCESS
    except FAILURES as error:
        logger.warning("figures cannot be pushed: %s", type(error).__name__)
        return False


def took_events(exporter: LogRecordExporter, records: Sequence[ReadableLogRecord]) -> bool:
    """Push events, and say whether they were taken."""
    from opentelemetry.sdk._logs.export import LogRecordExportResult

    try:
        return exporter.export(records) is LogRecordExportResult.SUCCESS
    except FAILURES as error:
        logger.warning("events cannot be pushed: %s", type(error).__name__)
        return False
