"""A trace per visit: when it was, how it went, and that it failed where it did."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from apiscape.model.run import ErrorRecord, Ledger, PartReport, Reach, RunReport
from apiscape.settings.schema import Telemetry as Settings
from apiscape.telemetry import service
from apiscape.telemetry.service import Telemetry
from apiscape.telemetry.tracing import Tracing
from tests.unit.telemetry.samples import NOW, REST, Counted, report


def span_of(told: RunReport) -> ReadableSpan:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    tracing.tell(told)
    tracing.close()
    (span,) = exporter.get_finished_spans()
    return span


def test_a_visit_is_a_span_from_its_begin_to_its_end() -> None:
    span = span_of(report())
    assert span.name == f"visit {REST}"
    assert span.start_time == int((NOW.timestamp() - 4) * 1e9)
    assert span.end_time == int(NOW.timestamp() * 1e9)
    assert span.status.status_code is StatusCode.UNSET
    attributes = dict(span.attributes or {})
    assert attributes["apiscape.calls"] == 7
    assert attributes["apiscape.throttled"] == 2
    assert attributes["apiscape.outcome"] == "complete"
    assert {"cloud.region", "error.type"} & set(attributes) == set()
    assert span.resource.attributes["service.name"] == "apiscape"


def test_a_visit_that_failed_says_so_and_of_what_kind() -> None:
    error = ErrorRecord(kind="access_denied", message="needs a right")
    span = span_of(report(outcome="failed", error=error, ended_at=None))
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "access_denied"
    assert span.start_time == span.end_time


def test_each_part_is_an_event_with_its_sums() -> None:
    part = PartReport(part="restapis", outcome="partial", ledger=Ledger(listed=5, failed=1))
    (event,) = span_of(report(parts=(part,))).events
    attributes = dict(event.attributes or {})
    assert event.name == "part"
    assert (attributes["apiscape.part"], attributes["apiscape.failed"]) == ("restapis", 1)
    assert attributes["apiscape.outcome"] == "partial"


def test_a_region_is_told_where_there_is_one() -> None:
    scope = report().scope
    reach = Reach(key="1/eu-west-1", account="1", region="eu-west-1")
    there = type(scope)(source="s", provider="aws", product=REST, reach=reach)
    assert (span_of(report(scope=there)).attributes or {})["cloud.region"] == "eu-west-1"


@pytest.mark.parametrize(("traces", "count"), [(True, 1), (False, 0)])
def test_visits_are_traced_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, traces: bool, count: int
) -> None:
    exporter = InMemorySpanExporter()

    class Nobody:
        def __init__(self, *_: object) -> None:
            """Take no notice."""

        def export(self, _data: object) -> None:
            """Take it."""

    monkeypatch.setattr(service, "span_exporter", lambda *_: exporter)
    monkeypatch.setattr(service, "metric_exporter", Nobody)
    settings = Settings(push=True, traces=traces, interval_s=1e6)
    telemetry = Telemetry(Counted(), settings=settings, now=lambda: NOW)
    telemetry.start()
    telemetry.progress().ended(report())
    telemetry.close()
    assert len(exporter.get_finished_spans()) == count
