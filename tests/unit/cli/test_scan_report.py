"""A finished scan in words and as data, and what was shown while it ran."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest

from apiscape.cli.progress import CLEAR_LINE, ProgressLine, RemoteLine
from apiscape.cli.scan_report import scan_lines, scan_record
from apiscape.client.collected import Collected, Collection
from apiscape.client.inventory import Summary
from apiscape.collect.collected import collected_of
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.report import ScanReport
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import ProviderSettings
from apiscape.model.run import ErrorRecord, EstateEntry, Ledger
from tests.unit.cli.test_ledger import START, a_run

DENIED = ErrorRecord(kind="credentials", message="the token has expired")
SUMMARY = Summary(deployments=126, apis=90, scopes=2, not_observed=2, observed_at=START)


class Terminal(io.StringIO):
    """A stream that leads to a terminal."""

    def isatty(self) -> bool:
        return True


def a_source(**fields: Any) -> PlannedSource:
    plan = SourcePlan(name="prod", provider="aws", settings=ProviderSettings())
    facts: dict[str, Any] = {"source": plan, "jobs": ()}
    return PlannedSource(**(facts | fields))


def a_forecast(**fields: Any) -> Forecast:
    facts: dict[str, Any] = {
        "scopes": 2,
        "unknown": 0,
        "calls": 300,
        "rate_per_s": 5.0,
        "most_per_s": 5.0,
        "seconds": 60.0,
    }
    return Forecast(**(facts | fields))


def told(
    plan: PlannedSource, forecast: Forecast, stream: io.StringIO | None = None
) -> ProgressLine:
    seen = ProgressLine(stream or io.StringIO(), clock=iter(range(1000)).__next__)
    seen.planned(plan, forecast)
    return seen


def ended(report: ScanReport, seen: ProgressLine) -> Collected:
    return collected_of(report, seen.plans, seen.forecasts)


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        (a_forecast(), "about 1 min at 5 calls/s"),
        (a_forecast(unknown=1), "at least 1 min at 5 calls/s"),
        (a_forecast(unknown=2), "no forecast, at most 5 calls/s for each account"),
        (a_forecast(seconds=0.03), "less than 1 s at 5 calls/s"),
        (a_forecast(rate_per_s=2.5), "about 1 min at 2.5 to 5 calls/s by product"),
        (
            a_forecast(rate_per_s=2.5, unknown=2),
            "no forecast, at most 2.5 to 5 calls/s by product for each account",
        ),
    ],
)
def test_the_head_says_what_to_expect(forecast: Forecast, words: str) -> None:
    report = ScanReport(runs=(a_run(),))
    head = scan_lines(ended(report, told(a_source(), forecast)), SUMMARY, width=200, whole=False)[0]
    assert head == f"prod · aws · 0 accounts · {words}"


def test_an_agent_that_tells_the_slowest_rate_alone_is_believed() -> None:
    seen = told(a_source(), a_forecast())
    new = ended(ScanReport(runs=(a_run(),)), seen)
    text = msgspec.json.encode(new).replace(b',"most_per_s":5.0', b"")
    old = msgspec.json.decode(text, type=Collected)
    assert old != new
    head = scan_lines(old, SUMMARY, width=200, whole=False)[0]
    assert head.endswith("about 1 min at 5 calls/s")


def test_a_source_that_could_not_be_planned_says_why_at_once_and_at_the_end() -> None:
    stream = Terminal()
    seen = told(a_source(error=DENIED), a_forecast(), stream)
    assert "prod: the token has expired\n" in stream.getvalue()
    lines = scan_lines(ended(ScanReport(), seen), SUMMARY, width=200, whole=False)
    assert lines[0] == "prod · aws · could not be planned: the token has expired"
    helped = msgspec.structs.replace(DENIED, next_step="sign in again")
    seen = told(a_source(error=helped), a_forecast(), stream)
    assert scan_lines(ended(ScanReport(), seen), SUMMARY, width=200, whole=False)[0].endswith(
        "the token has expired  sign in again"
    )
    assert lines[-1] == "Nothing was visited."


def test_what_else_exists_is_said_or_that_nobody_knows() -> None:
    entry = EstateEntry(source="prod", provider="aws", key="3", state="not_configured")
    plan = a_source(estate=(entry,), estate_error=DENIED)
    lines = scan_lines(
        ended(ScanReport(runs=(a_run(),)), told(plan, a_forecast())),
        SUMMARY,
        width=200,
        whole=False,
    )
    assert "  – 3  not configured" in lines
    assert "  ? what else exists is not known: the token has expired" in lines
    assert lines[-2].startswith("126 deployments of 90 APIs · 0 appeared")
    narrow = scan_lines(
        ended(ScanReport(runs=(a_run(),)), told(plan, a_forecast())), SUMMARY, width=60, whole=False
    )
    assert max(map(len, narrow)) <= 60


def test_the_same_figures_as_data() -> None:
    report = ScanReport(runs=(a_run(), a_run("eu-west-2", outcome="partial")), interrupted=True)
    record = scan_record(ended(report, told(a_source(), a_forecast())), SUMMARY)
    assert record["incomplete"] == ["prod/111122223333/eu-west-2/aws.apigateway.rest"]
    assert (record["deployments"], record["apis"], record["interrupted"]) == (126, 90, True)
    assert record["exit"] == 2
    assert msgspec.json.encode(record)


def test_without_a_forecast_the_head_promises_nothing() -> None:
    seen = told(a_source(), a_forecast())
    seen.forecasts.clear()
    lines = scan_lines(ended(ScanReport(), seen), SUMMARY, width=200, whole=False)
    assert lines[0] == "prod · aws · 0 accounts"


def test_a_forecast_that_has_passed_is_not_counted_down() -> None:
    stream = Terminal()
    seen = told(a_source(), a_forecast(seconds=0.0), stream)
    seen.tick({"x": Ledger(listed=1)})
    assert "left" not in stream.getvalue()
    assert "throttled" not in stream.getvalue()


def test_a_pipe_sees_no_progress() -> None:
    stream = io.StringIO()
    seen = told(a_source(), a_forecast(), stream)
    seen.started(a_run().scope)
    seen.tick({})
    seen.close()
    assert stream.getvalue() == ""


def test_a_terminal_sees_one_line_that_is_taken_away() -> None:
    stream = Terminal()
    seen = ProgressLine(stream, clock=iter(range(1000)).__next__)
    seen.tick({})
    assert stream.getvalue().endswith("signing in · 0 listed · 0 calls · 1.0 s")
    seen.planned(a_source(jobs=(None, None)), a_forecast(seconds=100.0))  # they are only counted
    seen.tick({a_run("x").scope.key: Ledger(listed=7, calls=3, throttled=2)})
    shown = stream.getvalue().rpartition(CLEAR_LINE)[2]
    assert shown.startswith("0 of 2 scopes · 7 listed · 3 calls · ")
    assert "about 2 min left" in shown
    seen.ended(a_run())
    assert "1 of 2 scopes · 128 listed · 131 calls" in stream.getvalue()
    seen.close()
    assert stream.getvalue().endswith(CLEAR_LINE)
    assert "\n" not in stream.getvalue()


def test_a_collection_of_an_agent_says_when_only_traffic_is_waited_for() -> None:
    stream = Terminal()
    line = RemoteLine(stream)
    sums = Ledger(listed=7, calls=3)
    line.show(Collection(number="1", planned=0, ended=0, unmeasured=0, so_far=Ledger()))
    assert stream.getvalue().endswith("signing in · 0 listed · 0 calls")
    line.show(Collection(number="1", planned=2, ended=1, unmeasured=1, so_far=sums))
    assert stream.getvalue().endswith("1 of 2 scopes · 7 listed · 3 calls")
    line.show(Collection(number="1", planned=2, ended=2, unmeasured=2, so_far=sums))
    assert stream.getvalue().endswith("3 calls · traffic of 2 scopes to measure")
    line.close()
    assert stream.getvalue().endswith(CLEAR_LINE)
