"""A finished scan as it is told: to a ledger here, or over the wire to one elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apiscape.client.collected import Collected, CollectedSource, Expected
from apiscape.collect.forecast import Forecast, traffic_cost
from apiscape.collect.plan import PlannedSource
from apiscape.collect.report import ScanReport
from apiscape.collect.traffic import wanted_of
from apiscape.collectors.contract import Provider
from apiscape.collectors.measuring import MeasuresTraffic, Price
from apiscape.collectors.reaches import CountsReaches
from apiscape.model.measured import TrafficCost, TrafficReport


def collected_of(
    report: ScanReport, plans: Iterable[PlannedSource], forecasts: Mapping[str, Forecast]
) -> Collected:
    """Return what came of a scan, with what its plans and forecasts (by source) said before."""
    ordered = sorted(plans, key=lambda plan: plan.source.name)
    return Collected(
        runs=report.runs,
        sources=tuple(_source(plan, forecasts.get(plan.source.name), report) for plan in ordered),
        titles=product_titles(ordered),
        interrupted=report.interrupted,
        exit_code=int(report.exit_code),
    )


def product_titles(plans: Iterable[PlannedSource]) -> dict[str, str]:
    """Return the titles of the products that were visited."""
    jobs = [job for plan in plans for job in plan.jobs]
    return {job.scope.product: job.collector.title for job in jobs if job.collector is not None}


def _source(plan: PlannedSource, forecast: Forecast | None, report: ScanReport) -> CollectedSource:
    traffic = tuple(each for each in report.traffic if each.scope.source == plan.source.name)
    reaches = [job.scope.reach for job in plan.jobs]
    return CollectedSource(
        name=plan.source.name,
        provider=plan.source.provider,
        accounts=len({reach.account for reach in reaches}),
        regions=len({reach.region for reach in reaches if reach.region}),
        unit=next((each for job in plan.jobs if (each := _unit(job.provider))), "account"),
        expected=_expected(forecast) if forecast is not None else None,
        estate=plan.estate,
        traffic=traffic,
        traffic_cost=_cost(plan, traffic),
        error=plan.error,
        estate_error=plan.estate_error,
    )


def _unit(provider: Provider) -> str | None:
    return provider.unit if isinstance(provider, CountsReaches) else None


def _cost(plan: PlannedSource, traffic: Iterable[TrafficReport]) -> TrafficCost | None:
    """Return what it costs to go on measuring what was just asked about."""
    measuring = plan.source.traffic
    if measuring is None:
        return None
    prices: dict[str, Price | None] = {}
    for job in plan.jobs:
        collector = job.collector
        if isinstance(collector, MeasuresTraffic):
            prices[job.scope.product] = collector.traffic_price
    asked = ((prices.get(each.scope.product), each.asked) for each in traffic)
    return traffic_cost(asked, measuring.every_s, wanted_of(measuring))


def _expected(forecast: Forecast) -> Expected:
    return Expected(
        scopes=forecast.scopes,
        unknown=forecast.unknown,
        seconds=forecast.seconds,
        rate_per_s=forecast.rate_per_s,
        most_per_s=forecast.most_per_s,
    )
