"""A trace per visit: when it was, how it went, and that it failed where it did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from apiscape.collect.spending import FollowsCalls, Spent, visiting
from apiscape.daemon.redacting import Redactor
from apiscape.model.run import ErrorRecord, Ledger, PartReport, Reach, RunReport
from apiscape.settings.schema import Telemetry as Settings
from apiscape.telemetry import service
from apiscape.telemetry.service import Telemetry
from apiscape.telemetry.tracing import Tracing
from tests.unit.telemetry.samples import NOW, REST, Counted, ids, report


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


def spans_of(
    told: RunReport, *spent: Spent, hide: Callable[[str], str] = str
) -> dict[str, ReadableSpan]:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter, hide)
    tracing.begin(told.scope)
    tracing.spend(told.scope, spent)
    tracing.tell(told)
    tracing.close()
    return {span.name: span for span in exporter.get_finished_spans()}


def test_each_family_of_calls_is_one_span_below_its_visit() -> None:
    get = Spent(family="apigateway:Get", calls=7, throttled=2, waited_s=1.5, took_s=3.25)
    bare = Spent(family="sts", calls=1)
    spans = spans_of(report(), get, bare)
    visit, calls = spans[f"visit {REST}"], spans["calls apigateway:Get"]
    assert len(spans) == 3
    assert calls.parent is not None
    assert calls.parent.span_id == ids(visit)[1] != ids(calls)[1]
    assert ids(calls)[0] == ids(visit)[0]
    assert (calls.start_time, calls.end_time) == (visit.start_time, visit.end_time)
    assert dict(calls.attributes or {}) == {
        "apiscape.family": "apigateway:Get",
        "apiscape.calls": 7,
        "apiscape.throttled": 2,
        "apiscape.failed": 0,
        "apiscape.waited": 1.5,
        "apiscape.duration": 3.25,
    }
    assert "apiscape.duration" not in (spans["calls sts"].attributes or {})
    assert calls.status.status_code is StatusCode.UNSET


def test_a_family_that_got_no_answer_says_of_which_kind_the_error_was() -> None:
    spent = Spent(family="apigateway", calls=3, failed=1, failure="ReadTimeoutError")
    calls = spans_of(report(), spent)["calls apigateway"]
    assert calls.status.status_code is StatusCode.ERROR
    assert calls.status.description == "ReadTimeoutError"
    assert (calls.attributes or {})["error.type"] == "ReadTimeoutError"


def test_what_a_visit_says_of_its_error_holds_no_credential() -> None:
    error = ErrorRecord(kind="defect", message="refused: Authorization: Bearer c4naryV4lue")
    told = report(outcome="failed", error=error)
    visit = spans_of(told, hide=Redactor().hide)[f"visit {REST}"]
    assert visit.status.description is not None
    assert visit.status.description.startswith("refused: ")
    assert "c4nary" not in visit.to_json()


def test_the_ids_of_a_visit_are_known_while_it_is_under_way() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    told = report()
    assert tracing.ids_of(told.scope.key) == {}
    tracing.begin(told.scope)
    named = tracing.ids_of(told.scope.key)
    tracing.tell(told)
    assert tracing.ids_of(told.scope.key) == {}
    tracing.tell(told)
    tracing.close()
    first, second = exporter.get_finished_spans()
    trace_id, span_id = ids(first)
    assert named == {"trace_id": f"{trace_id:032x}", "span_id": f"{span_id:016x}"}
    assert ids(second)[0] != trace_id


def test_a_region_is_told_where_there_is_one() -> None:
    scope = report().scope
    reach = Reach(key="1/eu-west-1", account="1", region="eu-west-1")
    there = type(scope)(source="s", provider="aws", product=REST, reach=reach)
    assert (span_of(report(scope=there)).attributes or {})["cloud.region"] == "eu-west-1"


@pytest.mark.parametrize(("traces", "count"), [(True, 2), (False, 0)])
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
    progress = telemetry.progress()
    progress.started(report().scope)
    assert isinstance(progress, FollowsCalls)
    progress.spent(report().scope, (Spent(family="apigateway"),))
    assert telemetry.visit_ids() == {}
    with visiting(report().scope.key):
        assert set(telemetry.visit_ids()) == ({"trace_id", "span_id"} if traces else set())
    progress.ended(report())
    telemetry.close()
    assert len(exporter.get_finished_spans()) == count
