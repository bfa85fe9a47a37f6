"""Traffic in words: what came of measuring it, and what it costs to go on."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from apiscape.cli.preflight_report import head_line
from apiscape.cli.scan_report import scan_lines, scan_record
from apiscape.cli.traffic_words import measuring_words, traffic_lines
from apiscape.client.inventory import Summary
from apiscape.collect.collected import collected_of
from apiscape.collect.job import Job
from apiscape.collect.plan import PlannedSource
from apiscape.collect.preflight import SourceTrial
from apiscape.collect.report import ScanReport
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import Collector, Provider
from apiscape.collectors.registry import load_collector
from apiscape.model.measured import TrafficReport, Uncountable
from apiscape.model.run import ErrorRecord, Ledger, Reach, Scope
from apiscape.settings.schema import Measuring, Source
from tests.unit.cli.test_ledger import START, a_run

REST = "aws.apigateway.rest"
REACH = Reach(key="111122223333/eu-west-1", account="111122223333", region="eu-west-1")
SCOPE = Scope("prod", "aws", REST, REACH)
TITLES = {REST: "API Gateway REST"}
DENIED = ErrorRecord("access_denied", "needs cloudwatch:GetMetricData in eu-west-1")


def a_report(
    asked: int = 90, measured: int = 90, *why: Uncountable, calls: int = 2
) -> TrafficReport:
    return TrafficReport(SCOPE, asked, measured, why, calls)


def lines(*reports: TrafficReport) -> list[str]:
    return list(traffic_lines(reports, TITLES, 200))


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (a_report(), "  ✓ traffic measured of all of 90 deployments · 2 calls"),
        (a_report(1, 1, calls=1), "  ✓ traffic measured of all of 1 deployment · 1 call"),
        (a_report(90, 88), "  ◐ traffic measured of 88 of 90 deployments · 2 calls"),
        (a_report(90, 0), "  ✗ traffic measured of 0 of 90 deployments · 2 calls"),
    ],
)
def test_how_many_were_measured(report: TrafficReport, line: str) -> None:
    assert lines(report) == [line]


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert lines() == []


def test_each_reason_is_said_with_its_place() -> None:
    hostile = ErrorRecord("unsupported", "called 'a\x1b[2Jb'")
    said = lines(a_report(9, 5, Uncountable(DENIED, 3), Uncountable(hostile, 1)))
    place = "    ? 111122223333 eu-west-1  API Gateway REST  "
    assert said[1] == f"{place}3 not measured: needs cloudwatch:GetMetricData in eu-west-1"
    assert said[2].startswith(f"{place}1 not measured: called 'a")
    assert "\x1b" not in said[2]


def a_plan(traffic: Measuring | None) -> PlannedSource:
    source = SourcePlan("prod", "aws", None, traffic=traffic)
    collectors = (load_collector(REST), load_collector("aws.apigateway.consumers"), None)
    jobs = tuple(
        Job(
            scope=msgspec.structs.replace(SCOPE, product=each.product if each else "aws.other"),
            source=source,
            provider=cast("Provider", None),
            collector=each,
        )
        for each in collectors
    )
    return PlannedSource(source=source, jobs=jobs)


def test_a_scan_says_it_in_its_head_and_under_its_ledger() -> None:
    report = ScanReport(runs=(a_run(),), traffic=(a_report(90, 87, Uncountable(DENIED, 3)),))
    collected = collected_of(report, [a_plan(Measuring())], {})
    summary = Summary(deployments=90, apis=90, scopes=1, not_observed=0, observed_at=START)
    said = scan_lines(collected, summary, width=300, whole=False)
    assert said[0].endswith(
        " · CloudWatch: about 2,520 metrics an hour, 0.60 USD a day "
        "at list price 0.01 USD per 1,000 metrics"
    )
    assert "  ◐ traffic measured of 87 of 90 deployments · 2 calls" in said
    record: Any = scan_record(collected, summary)
    assert record["traffic"] == list(report.traffic)
    assert record["traffic_cost"]["prod"].metrics_per_hour == 2520
    assert record["exit"] == 0, "an inventory is whole without its figures"


def test_without_opting_in_nothing_is_said_of_it() -> None:
    collected = collected_of(ScanReport(), [a_plan(None)], {})
    assert (collected.sources[0].traffic, collected.sources[0].traffic_cost) == ((), None)


# ── Before a scan ────────────────────────────────────────────────────────────


def source(**more: Any) -> Source:
    return Source(name="prod", provider="aws", traffic=Measuring(), **more)


def collectors(*products: str) -> list[Collector]:
    return [load_collector(product) for product in products]


def test_what_it_costs_is_said_for_a_hundred_where_nobody_knows_how_many() -> None:
    both = collectors(REST, "aws.apigateway.websocket")
    assert measuring_words(source(), both) == (
        "traffic every 15 min · CloudWatch: about 3,200 metrics an hour, 0.77 USD a day "
        "at list price 0.01 USD per 1,000 metrics for 100 deployments"
    )


def test_what_it_costs_is_said_for_what_the_last_visits_saw() -> None:
    seen = msgspec.structs.replace(a_run(), scope=SCOPE, ledger=Ledger(deployments=90))
    elsewhere = msgspec.structs.replace(seen, scope=msgspec.structs.replace(SCOPE, source="other"))
    words = measuring_words(source(), collectors(REST), [seen, elsewhere])
    assert words is not None
    assert words.endswith(
        "2,520 metrics an hour, 0.60 USD a day at list price 0.01 USD per 1,000 metrics"
    )


def test_a_source_of_which_nothing_can_be_measured_says_so() -> None:
    some = collectors("aws.apigateway.consumers")
    words = measuring_words(source(), some)
    assert words == "traffic every 15 min: none of its collectors measures any"
    assert measuring_words(Source(name="prod", provider="aws"), some) is None


def test_a_free_service_costs_nothing_worth_saying(monkeypatch: pytest.MonkeyPatch) -> None:
    (collector,) = collectors(REST)
    monkeypatch.setattr(type(collector), "traffic_price", None)
    assert measuring_words(source(), [collector]) == "traffic every 15 min"


def test_a_preflight_says_it_in_its_head() -> None:
    trial = SourceTrial(SourcePlan("prod", "aws", None), places=("1/eu",), calls=3)
    assert head_line(trial, "traffic every 15 min") == (
        "prod · aws · tried in 1 place · 3 calls · traffic every 15 min"
    )
