"""Scans of emulated and lent AWS endpoints, for benches: the whole way, into a store of their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.collect.clock import Clock
from apiscape.collect.quotas import Quotas
from apiscape.collect.report import ScanReport
from apiscape.collect.scan import Tools, scan
from apiscape.collect.source import SourcePlan
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.settings.schema import Rate
from apiscape.store import Store

NO_QUOTA = Rate(rate_per_s=1e6, burst=1_000_000)
PUBLISHED = Rate(rate_per_s=10, burst=40)
"""API Gateway's limit on all management calls of an account's region."""

LEAST_S = 1e-6
"""No sleep is shorter: of a wait that is lost in rounding, time would never pass."""


class SharedClock:
    """Time of a client and of the server that it calls, passing by nothing but their sleep.

    Sleepers side by side sleep together: each wakes so long after it last looked at the clock.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self._lock = threading.Lock()
        self._seen = threading.local()

    def __call__(self) -> float:
        """Read the clock, as the server does."""
        return self._now_s

    def monotonic(self) -> float:
        """Read the clock, as a client does."""
        self._seen.at = self._now_s
        return self._now_s

    def now(self) -> datetime:
        """Return the time of day: some day's noon, and what has passed since."""
        return datetime(2026, 9, 30, 12, tzinfo=UTC) + timedelta(seconds=self._now_s)

    def sleep(self, seconds: float, until: threading.Event) -> None:
        """Let the time pass at once."""
        with self._lock:
            self._now_s = max(self._now_s, self._seen.at + max(seconds, LEAST_S))


def visit(
    store: Store,
    regions: Sequence[str],
    *,
    clock: Clock | None = None,
    rate: Rate | None = None,
    products: tuple[str, ...] = (),
) -> ScanReport:
    """Scan an account's regions as the environment signs in to it.

    Args:
        store: Where it goes.
        regions: What is visited.
        clock: What rates are kept by.
        rate: Calls a second, instead of the default of half the published quota.
        products: What is looked for; everything where left out.

    Raises:
        AssertionError: something could not be seen: such a scan's figures mean nothing.
    """
    quotas: dict[str, Any] = {} if rate is None else {"apigateway": rate}
    source = SourcePlan(
        name="bench",
        provider="aws",
        settings=AwsSettings(regions=tuple(regions)),
        products=products,
        quotas=quotas,
    )
    tools = Tools() if clock is None else Tools(clock=clock, quotas=Quotas(clock))
    report = scan([source], store, tools=tools)
    incomplete = [run for run in report.runs if run.outcome != "complete"]
    if incomplete or not report.runs:
        raise AssertionError([(run.scope.key, run.error) for run in incomplete])
    return report
