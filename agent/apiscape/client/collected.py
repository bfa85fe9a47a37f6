"""What came of a collection that an agent made: enough to print the ledger that a scan prints."""

from __future__ import annotations

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.measured import TrafficCost, TrafficReport
from apiscape.model.run import ErrorRecord, EstateEntry, Ledger, RunReport


class Expected(Entity, frozen=True):
    """How long a source was expected to take.

    Attributes:
        scopes: How many; `unknown`: those without an earlier visit to go by.
        rate_per_s, most_per_s: Calls a second that an account allows the slowest product, and the fastest.
    """

    scopes: int
    unknown: int
    seconds: float
    rate_per_s: float
    most_per_s: float | None = None  # older agents tell of the slowest alone


class CollectedSource(Entity, frozen=True):
    """One source of a collection.

    Attributes:
        accounts, regions: How many were visited; `unit`: what the provider calls an account (`cluster`).
        traffic: What came of measuring, of every scope that was; `traffic_cost`: what it costs to go on.
        error: Why it could not be planned; `estate_error`: why what else exists is not known.
    """

    name: str
    provider: str
    accounts: int = 0
    regions: int = 0
    unit: str = "account"
    expected: Expected | None = None
    estate: tuple[EstateEntry, ...] = ()
    traffic: tuple[TrafficReport, ...] = ()
    traffic_cost: TrafficCost | None = None
    error: ErrorRecord | None = None
    estate_error: ErrorRecord | None = None


class Collected(Entity, frozen=True):
    """What came of a collection.

    Attributes:
        runs: Every scope's visit, in order of scope keys.
        sources: In order of names.
        titles: Of the products that were visited.
        interrupted: Whether somebody said to stop.
        exit_code: What a command that did it ends with.
    """

    runs: tuple[RunReport, ...] = ()
    sources: tuple[CollectedSource, ...] = ()
    titles: dict[str, str] = msgspec.field(default_factory=dict)
    interrupted: bool = False
    exit_code: int = 0


class Collection(Entity, frozen=True):
    """A collection under way, or ended.

    Attributes:
        number: What to ask for it by.
        planned, ended: Scopes.
        unmeasured: Scopes of those that ended whose traffic is measured yet.
        so_far: Sums of all visits.
        result: What came of it, once it has ended; `failure`: why nothing did.
    """

    number: str
    planned: int = 0
    ended: int = 0
    unmeasured: int = 0
    so_far: Ledger = Ledger()
    result: Collected | None = None
    failure: ErrorRecord | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.result is not None or self.failure is not None
