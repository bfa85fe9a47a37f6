"""A trace per visit of a scope: how long, how many calls, how it ended, and each part of it."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from apiscape.model.run import Ledger, RunReport
from apiscape.model.vocabulary import Outcome
from apiscape.telemetry.catalogue import OUTCOME, PRODUCT, PROVIDER
from apiscape.telemetry.identity import NAME, this_agent

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_WELL = frozenset({Outcome.COMPLETE.value, Outcome.ABSENT.value})


class Tracing:
    """Tells visits as spans, in batches, from the SDK's own thread."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(resource=this_agent(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAME, version("apiscape"))

    def tell(self, report: RunReport) -> None:
        """Tell a visit that ended."""
        from opentelemetry.trace import Status, StatusCode

        ended_at = report.ended_at or report.started_at
        span = self._tracer.start_span(
            f"visit {report.scope.product}",
            start_time=_nanoseconds(report.started_at),
            attributes=_attributes(report),
        )
        for part in report.parts:
            about: dict[str, str | int] = {"apiscape.part": part.part, OUTCOME: part.outcome}
            about |= _sums(part.ledger)
            span.add_event("part", about, timestamp=_nanoseconds(ended_at))
        if report.outcome not in _WELL:
            span.set_status(Status(StatusCode.ERROR, report.outcome))
        span.end(_nanoseconds(ended_at))

    def close(self) -> None:
        """Push what there is, and end."""
        self._provider.shutdown()


def _attributes(report: RunReport) -> dict[str, str | int]:
    scope = report.scope
    told: dict[str, str | int] = {
        PROVIDER: scope.provider,
        PRODUCT: scope.product,
        OUTCOME: report.outcome,
        "cloud.account.id": scope.reach.account,
        "apiscape.scope": scope.key,
        "apiscape.generation": report.generation,
        **_sums(report.ledger),
    }
    if scope.reach.region is not None:
        told["cloud.region"] = scope.reach.region
    if report.error is not None:
        told["error.type"] = report.error.kind
    return told


def _sums(ledger: Ledger) -> dict[str, int]:
    return {
        f"apiscape.{name}": getattr(ledger, name)
        for name in ("listed", "recorded", "skipped", "failed", "calls", "throttled")
    }


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
