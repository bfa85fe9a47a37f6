"""A finished scan in words and as data: the same figures in both."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.cli.ledger import (
    estate_lines,
    estate_words,
    record,
    run_lines,
    totals_line,
    verdict_line,
)
from apiscape.cli.progress import ProgressLine
from apiscape.cli.table import fold
from apiscape.client.inventory import Summary
from apiscape.client.words import duration
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.report import ScanReport
from apiscape.model.plain import plain


def product_titles(plans: Iterable[PlannedSource]) -> dict[str, str]:
    """Return the titles of the products that were visited."""
    jobs = [job for plan in plans for job in plan.jobs]
    return {job.scope.product: job.collector.title for job in jobs if job.collector is not None}


def scan_lines(
    report: ScanReport, seen: ProgressLine, summary: Summary, *, width: int, whole: bool
) -> list[str]:
    """Return the lines of a finished scan: per source its head, its ledger, its estate; then the sums."""
    titles = product_titles(seen.plans)
    lines: list[str] = []
    for plan in sorted(seen.plans, key=lambda plan: plan.source.name):
        runs = [run for run in report.runs if run.scope.source == plan.source.name]
        lines += fold(_head(plan, seen.forecasts.get(plan.source.name)), width, further="  ")
        lines += run_lines(runs, titles, width=width, whole=whole)
        lines += estate_lines(plan.estate, width)
        if plan.estate_error is not None:
            unknown = plain(f"? what else exists is not known: {plan.estate_error.message}")
            lines += fold(unknown, width, indent="  ", further="  ")
    since = summary.observed_at.astimezone().strftime("%H:%M") if summary.observed_at else None
    lines += fold(
        totals_line(summary.deployments, summary.apis, report.totals, since), width, further="  "
    )
    return lines + fold(verdict_line(report.runs, report.exit_code), width, further="  ")


def scan_record(report: ScanReport, seen: ProgressLine, summary: Summary) -> dict[str, object]:
    """Return a finished scan as data."""
    titles = product_titles(seen.plans)
    return {
        "scopes": [record(run, titles) for run in report.runs],
        "estate": report.estate,
        "estate_errors": report.estate_errors,
        "unplanned": report.unplanned,
        "deployments": summary.deployments,
        "apis": summary.apis,
        "totals": {name: getattr(report.totals, name) for name in report.totals.__struct_fields__},
        "incomplete": [run.scope.key for run in report.incomplete],
        "interrupted": report.interrupted,
        "exit": int(report.exit_code),
    }


def _head(plan: PlannedSource, forecast: Forecast | None) -> str:
    """Return `prod · aws · 2 of 3 accounts (1 not configured) × 2 regions · about 1 min at 5 calls/s`."""
    words = [plan.source.name, plan.source.provider]
    if plan.error is not None:
        return plain(" · ".join([*words, f"could not be planned: {plan.error.message}"]))
    reaches = {(job.scope.reach.account, job.scope.reach.region) for job in plan.jobs}
    regions = {region for _, region in reaches if region}
    words.append(estate_words(plan.estate, len({account for account, _ in reaches}), len(regions)))
    if forecast is not None and forecast.scopes:
        words.append(_expected(forecast))
    return plain(" · ".join(words))


def _expected(forecast: Forecast) -> str:
    if forecast.unknown == forecast.scopes:
        return f"first visit, at most {forecast.rate_per_s:g} calls/s an account"
    at_least = "at least" if forecast.unknown else "about"
    return f"{at_least} {duration(forecast.seconds)} at {forecast.rate_per_s:g} calls/s"
