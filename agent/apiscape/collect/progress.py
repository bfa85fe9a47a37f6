"""What a scan tells whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.model.run import Ledger, RunReport, Scope


class Progress(Protocol):
    """Who watches a scan. All calls come from the scan's own thread, one after the other."""

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Tell that a source is planned: what will be visited, what will not, how long it takes.

        With `plan.error` nobody could sign in, and whatever was visited of it before will fail.
        """
        ...

    def started(self, scope: Scope) -> None:
        """Tell that a scope's visit began."""
        ...

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Tell how far the visits under way are, by scope key; now and then."""
        ...

    def ended(self, report: RunReport) -> None:
        """Tell that a scope's visit ended."""
        ...


class Silent:
    """Watches without a word."""

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Say nothing."""

    def started(self, scope: Scope) -> None:
        """Say nothing."""

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Say nothing."""

    def ended(self, report: RunReport) -> None:
        """Say nothing."""
