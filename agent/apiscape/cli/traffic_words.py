"""Traffic in words: what measuring costs, and what came of it. Pure but for the collectors that are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from apiscape.cli.ledger import place_words
from apiscape.cli.table import fold
from apiscape.client.words import count, duration, traffic_cost_words
from apiscape.collect.forecast import traffic_cost
from apiscape.collect.traffic import wanted_of
from apiscape.collectors.contract import Collector
from apiscape.collectors.measuring import MeasuresTraffic, Price, Wanted
from apiscape.model.measured import TrafficReport
from apiscape.model.plain import plain
from apiscape.model.run import RunReport
from apiscape.settings.schema import Source

SAMPLE = 100
"""For so many deployments the cost is said where nobody knows yet how many there are."""


def traffic_lines(
    reports: Sequence[TrafficReport], titles: Mapping[str, str], width: int
) -> Iterator[str]:
    """Yield how many deployments of a source were measured, then the others by place and reason."""
    asked = sum(report.asked for report in reports)
    if not asked:
        return
    measured = sum(report.measured for report in reports)
    glyph = "✓" if measured == asked else "◐" if measured else "✗"
    calls = count(sum(report.calls for report in reports), "call")
    of = count(asked, "deployment")
    whole = f"all of {of}" if measured == asked else f"{measured:,} of {of}"
    yield from fold(f"{glyph} traffic measured of {whole} · {calls}", width, indent="  ")
    for report in reports:
        place = place_words(report.scope.reach)
        title = titles.get(report.scope.product, report.scope.product)
        for each in report.uncountable:
            words = f"? {place}  {title}  {each.deployments:,} not measured: {each.error.message}"
            yield from fold(plain(words), width, indent="    ", further="      ")


def measuring_words(
    source: Source, collectors: Iterable[Collector], runs: Iterable[RunReport] = ()
) -> str | None:
    """Return how often the traffic of a source is measured, and what that costs; `None` where it is not.

    Args:
        source: As it is configured.
        collectors: Its own.
        runs: Last visits of its scopes; without any the cost is that of a round number of deployments.
    """
    if source.traffic is None:
        return None
    every = f"traffic every {duration(source.traffic.every_s)}"
    prices = {
        collector.product: collector.traffic_price
        for collector in collectors
        if isinstance(collector, MeasuresTraffic)
    }
    if not prices:
        return f"{every}: none of its collectors measures any"
    held = _held(source, prices, runs)
    at = f" for {SAMPLE} deployments" if not held else ""
    wanted = wanted_of(source.traffic)
    asked = held or [(_dearest(prices.values(), wanted), SAMPLE)]
    cost = traffic_cost(asked, source.traffic.every_s, wanted)
    return every if cost is None else f"{every} · {traffic_cost_words(cost)}{at}"


def _held(
    source: Source, prices: Mapping[str, Price | None], runs: Iterable[RunReport]
) -> list[tuple[Price | None, int]]:
    return [
        (prices[run.scope.product], run.ledger.deployments)
        for run in runs
        if run.scope.source == source.name and run.scope.product in prices
    ]


def _dearest(prices: Iterable[Price | None], wanted: Wanted) -> Price | None:
    priced = [price for price in prices if price is not None]
    return max(priced, key=lambda each: each.metrics_of(wanted) * each.usd_per_1000, default=None)
