"""How long a source will take, before it is visited: calls of the last runs at the rates that hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apiscape.model.entity import Entity
from apiscape.model.run import RunReport, Scope
from apiscape.model.vocabulary import Outcome


class Forecast(Entity, frozen=True):
    """What a visit of some scopes is expected to cost.

    Attributes:
        scopes: How many; `unknown`: those without an earlier complete visit to go by.
        calls: Expected of the others.
        rate_per_s: Calls a second that the slowest-filled account allows.
        seconds: The longest that any account takes at its rate; a lower bound where some are unknown.
    """

    scopes: int
    unknown: int
    calls: int
    rate_per_s: float
    seconds: float


def forecast(
    scopes: Iterable[Scope],
    last: Mapping[str, RunReport],
    rates: Mapping[str, float],
) -> Forecast:
    """Return what visiting some scopes is expected to cost.

    Args:
        scopes: What will be visited; accounts side by side, each within its own rate.
        last: The newest run by scope key.
        rates: Calls a second by product.
    """
    chosen = list(scopes)
    calls: dict[str, int] = {}
    seconds: dict[str, float] = {}
    unknown = 0
    for scope in chosen:
        expected = expected_calls(last.get(scope.key))
        unknown += expected is None
        account = scope.reach.account
        calls[account] = calls.get(account, 0) + (expected or 0)
        took = (expected or 0) / rates[scope.product]
        seconds[account] = seconds.get(account, 0.0) + took
    return Forecast(
        scopes=len(chosen),
        unknown=unknown,
        calls=sum(calls.values()),
        rate_per_s=min((rates[scope.product] for scope in chosen), default=0.0),
        seconds=max(seconds.values(), default=0.0),
    )


def expected_calls(last: RunReport | None) -> int | None:
    """Return the calls of a scope's last run, `None` where that says nothing about the next."""
    if last is None or last.outcome not in {Outcome.COMPLETE, Outcome.ABSENT}:
        return None
    return last.ledger.calls
