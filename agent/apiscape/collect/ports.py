"""What a scan asks of a store, and tells whoever watches it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from apiscape.collect.forecast import Forecast
from apiscape.collect.source import SourcePlan
from apiscape.model.deployment import Deployment
from apiscape.model.known import Batch, Known, Verdict
from apiscape.model.run import ErrorRecord, EstateEntry, Ledger, RunReport, Scope


class Runs(Protocol):
    """The runs of a store (`apiscape.store`)."""

    def begin(
        self,
        scope: Scope,
        *,
        at: datetime,
        caller: str | None = None,
        agent_version: str | None = None,
        collector_version: str | None = None,
        config_digest: str | None = None,
    ) -> Any:  # noqa: ANN401 - the store's own struct: `generation`, `started_at`
        """Claim the scope's next generation."""
        ...

    def known(self, scope: Scope) -> dict[str, Known]:
        """Return every deployment of a scope that is not forgotten, by uid."""
        ...

    def documents(self, uids: Iterable[str]) -> dict[str, Deployment]:
        """Return stored facts whole, by uid."""
        ...

    def apply(self, run: Any, batch: Batch, *, at: datetime) -> int:  # noqa: ANN401 - as above
        """Store a batch in one transaction.

        Raises:
            Fenced: a newer run of the scope took over.
        """
        ...

    def end(self, run: Any, report: RunReport, verdict: Verdict) -> None:  # noqa: ANN401 - as above
        """Store how the run ended, and what follows for presence, in one transaction."""
        ...

    def newest(self, limit: int = 100, scope: str | None = None) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        ...


class Estate(Protocol):
    """The estates of a store."""

    def save(
        self,
        source: str,
        entries: Iterable[EstateEntry],
        *,
        provider: str,
        at: datetime,
        error: ErrorRecord | None = None,
    ) -> None:
        """Store a source's estate; with an error what was stored stays."""
        ...

    def load(self) -> tuple[EstateEntry, ...]:
        """Return every entry of every source."""
        ...


class Store(Protocol):
    """As much of a store as a scan writes to."""

    @property
    def runs(self) -> Runs:
        """Its runs."""
        ...

    @property
    def estate(self) -> Estate:
        """Its estates."""
        ...


class Progress(Protocol):
    """Who watches a scan. All calls come from the scan's own thread, one after the other."""

    def planned(
        self, source: SourcePlan, estate: tuple[EstateEntry, ...], forecast: Forecast
    ) -> None:
        """Tell that a source is planned: what will be visited, what will not, and how long it takes."""
        ...

    def unplanned(self, source: SourcePlan, error: ErrorRecord) -> None:
        """Tell that a source cannot be planned: nobody could sign in."""
        ...

    def started(self, scope: Scope) -> None:
        """Tell that a scope's visit began."""
        ...

    def tick(self, ledgers: Mapping[Scope, Ledger]) -> None:
        """Tell how far the visits under way are; now and then."""
        ...

    def ended(self, report: RunReport) -> None:
        """Tell that a scope's visit ended."""
        ...


class Silent:
    """Watches without a word."""

    def planned(
        self, source: SourcePlan, estate: tuple[EstateEntry, ...], forecast: Forecast
    ) -> None:
        """Say nothing."""

    def unplanned(self, source: SourcePlan, error: ErrorRecord) -> None:
        """Say nothing."""

    def started(self, scope: Scope) -> None:
        """Say nothing."""

    def tick(self, ledgers: Mapping[Scope, Ledger]) -> None:
        """Say nothing."""

    def ended(self, report: RunReport) -> None:
        """Say nothing."""
