"""How long a source will take, by the calls of its last runs; and what measuring its traffic will cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apiscape.collectors.measuring import Price, Wanted
from apiscape.model.entity import Entity
from apiscape.model.measured import TrafficCost
from apiscape.model.run import RunReport, Scope

HOUR_S = 3600.0
HOURS_A_DAY = 24.0


class Pace(Entity, frozen=True):
    """How fast a product may be asked: calls a second of its widest quota, and the family that shares that."""

    family: str
    rate_per_s: float


class Forecast(Entity, frozen=True):
    """What a visit of some scopes is expected to cost.

    Attributes:
        scopes: How many; `unknown`: those without an earlier complete visit to go by.
        calls: Expected of the others.
        rate_per_s, most_per_s: Calls a second that an account allows the slowest product, and the fastest.
        seconds: The longest that any quota of any account takes; a lower bound where some are unknown.
    """

    scopes: int
    unknown: int
    calls: int
    rate_per_s: float
    most_per_s: float
    seconds: float


def forecast(
    scopes: Iterable[Scope],
    last: Mapping[str, RunReport],
    paces: Mapping[str, Pace],
) -> Forecast:
    """Return what visiting some scopes is expected to cost.

    Args:
        scopes: What will be visited; accounts side by side, and in each what shares no quota.
        last: The newest run by scope key.
        paces: By product.
    """
    chosen = list(scopes)
    allowed = [paces[scope.product].rate_per_s for scope in chosen]
    seconds: dict[tuple[str, str], float] = {}
    calls = unknown = 0
    for scope in chosen:
        expected = expected_calls(last.get(scope.key))
        unknown += expected is None
        calls += expected or 0
        pace = paces[scope.product]
        quota = (scope.reach.account, pace.family)
        seconds[quota] = seconds.get(quota, 0.0) + (expected or 0) / pace.rate_per_s
    return Forecast(
        scopes=len(chosen),
        unknown=unknown,
        calls=calls,
        rate_per_s=min(allowed, default=0.0),
        most_per_s=max(allowed, default=0.0),
        seconds=max(seconds.values(), default=0.0),
    )


def traffic_cost(
    deployments: Iterable[tuple[Price | None, int]], every_s: float, wanted: Wanted
) -> TrafficCost | None:
    """Return what measuring some deployments again and again costs at list price, `None` where it is free.

    Args:
        deployments: How many there are at each price; those without one cost nothing.
        every_s: How often they are measured.
        wanted: What is measured of each.
    """
    priced = [
        (price, many, price.metrics_of(wanted)) for price, many in deployments if price is not None
    ]
    if not priced:
        return None
    rounds_per_hour = HOUR_S / every_s
    usd = sum(each * many * price.usd_per_1000 / 1000 for price, many, each in priced)
    return TrafficCost(
        service=", ".join(dict.fromkeys(price.service for price, *_ in priced)),
        deployments=sum(many for _, many, _ in priced),
        metrics_per_hour=sum(each * many for _, many, each in priced) * rounds_per_hour,
        usd_per_day=usd * rounds_per_hour * HOURS_A_DAY,
        usd_per_1000=max(price.usd_per_1000 for price, *_ in priced),
    )


def expected_calls(last: RunReport | None) -> int | None:
    """Return the calls of a scope's last run, `None` where that says nothing about the next."""
    if last is None or not last.is_as_configured:
        return None
    return last.ledger.calls
