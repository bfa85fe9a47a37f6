"""What a scan asks of a store, and where its plug-ins come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from apiscape.collectors.contract import Collector, Provider
from apiscape.model.deployment import Deployment
from apiscape.model.known import Batch, Happened, Known, Verdict
from apiscape.model.measured import Measured
from apiscape.model.run import ErrorRecord, EstateEntry, RunReport, Scope


class Intaken(Protocol):
    """Where an intake writes, and reads what it compares with."""

    def documents(self, uids: Iterable[str], /) -> dict[str, Deployment]:
        """Return stored facts whole, by uid."""
        ...

    def apply(self, run: Any, batch: Batch, /, *, at: datetime) -> Any:  # noqa: ANN401 - the store's own struct
        """Store a batch in one transaction.

        Raises:
            Fenced: a newer run of the scope took over.
        """
        ...


class Runs(Protocol):
    """The runs of a store (`apiscape.store`)."""

    def begin(
        self,
        scope: Scope,
        /,
        *,
        at: datetime,
        caller: str | None = None,
        agent_version: str | None = None,
        collector_version: str | None = None,
        config_digest: str | None = None,
    ) -> Any:  # noqa: ANN401 - the store's own struct: `generation`, `started_at`
        """Claim the scope's next generation."""
        ...

    def known(self, scope: Scope, /) -> dict[str, Known]:
        """Return every deployment of a scope that is not forgotten, by uid."""
        ...

    def documents(
        self, uids: Iterable[str], /, *, operations: bool = True
    ) -> dict[str, Deployment]:
        """Return stored facts, by uid: whole, or without their operations."""
        ...

    def apply(self, run: Any, batch: Batch, /, *, at: datetime) -> int:  # noqa: ANN401 - as above
        """Store a batch in one transaction.

        Raises:
            Fenced: a newer run of the scope took over.
        """
        ...

    def end(self, run: Any, report: RunReport, verdict: Verdict, /) -> None:  # noqa: ANN401 - as above
        """Store how the run ended, and what follows for presence, in one transaction."""
        ...

    def follow(
        self,
        run: Any,  # noqa: ANN401 - as above
        batch: Batch,
        happened: Happened,
        /,
        *,
        number: int,
        at: datetime,
    ) -> None:
        """Store in one transaction what a watch said, under a generation that may have ended.

        Raises:
            Fenced: a newer run of the scope took over, or a batch of a higher number came before.
        """
        ...

    def resume(self, scope: Scope, /) -> Any:  # noqa: ANN401 - the store's own struct and a number, or `None`
        """Return the newest run of a scope and the number of the last batch after it; `None` while one is open."""
        ...

    def newest(self, limit: int = 100, scope: str | None = None) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        ...

    def scopes(self, source: str, /) -> tuple[Scope, ...]:
        """Return every scope that was ever visited of a source, by key."""
        ...


class Estate(Protocol):
    """The estates of a store."""

    def save(
        self,
        source: str,
        entries: Sequence[EstateEntry],
        /,
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


class Measurements(Protocol):
    """What a store keeps of what was measured."""

    def save(self, source: str, found: Mapping[str, Measured], /) -> int:
        """Keep what a source measured of some deployments, in place of what it measured before."""
        ...

    def newest(self, source: str, uids: Iterable[str], /) -> datetime | None:
        """Return when a source last measured any of some deployments, `None` where it never did."""
        ...

    def subjects(self) -> dict[str, frozenset[str]]:
        """Return the sources that measure each deployment, by its uid."""
        ...


class Store(Protocol):
    """As much of a store as a scan writes to."""

    @property
    def runs(self) -> Runs:
        """Its runs."""
        ...

    @property
    def measurements(self) -> Measurements:
        """What was measured."""
        ...

    @property
    def estate(self) -> Estate:
        """Its estates."""
        ...


class PlugIns(Protocol):
    """Where providers and collectors come from."""

    def provider(self, name: str) -> Provider:
        """Return a provider.

        Raises:
            PlugInError: there is none, or it cannot be loaded.
        """
        ...

    def collector(self, product: str) -> Collector:
        """Return a collector.

        Raises:
            PlugInError: there is none, or it cannot be loaded.
        """
        ...

    def products(self, provider: str) -> tuple[str, ...]:
        """Return what is visited where no products are named: the collectors that came with a provider."""
        ...

    def version(self, product: str) -> str | None:
        """Return the distribution that ships a collector, with its version."""
        ...
