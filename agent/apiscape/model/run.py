"""A run over a scope, and the ledger that adds up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apiscape.model.entity import Entity
from apiscape.model.vocabulary import ErrorKind, Outcome, ReachState


class Reach(Entity, frozen=True):
    """What one credential gets at: account x region, subscription, project, cluster.

    Attributes:
        key: Unique in its source and stable (`111122223333/eu-west-1`).
        account, region: Where the provider has them.
        title: For people (`tax-prod eu-west-1`).
    """

    key: str
    account: str
    region: str | None = None
    title: str | None = None


class Scope(Entity, frozen=True):
    """Reach x product: the unit of a run, of quota accounting, of failure."""

    source: str
    provider: str
    product: str
    reach: Reach

    @property
    def key(self) -> str:
        """`source/reach/product`, unique in a store."""
        return f"{self.source}/{self.reach.key}/{self.product}"


class ErrorRecord(Entity, frozen=True):
    """What went wrong, named by what the operator should do.

    Attributes:
        kind: A word of `ErrorKind`.
        message: In a sentence, without any credential.
        permission: The right that was missing, in the provider's words.
        operation: The call that failed.
        next_step: Command or action that helps.
        retry_after_s: How long the provider asked to wait, where it did.
    """

    kind: str
    message: str
    permission: str | None = None
    operation: str | None = None
    next_step: str | None = None
    retry_after_s: float | None = None


class Exclusion(Entity, frozen=True):
    """A listed object that was not recorded: `reason` for skipped, `error` for failed."""

    native_id: str
    reason: str | None = None
    error: ErrorRecord | None = None


class Gap(Entity, frozen=True):
    """A detail that could not be looked at; what it would have told is unknown.

    Attributes:
        accepted: Reason of the accepted gap that covers it, if any.
    """

    native_id: str
    detail: str
    error: ErrorRecord
    accepted: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to answer for it: not for what the gateway does not have for anyone."""
        return self.accepted is None and self.error.kind != ErrorKind.UNSUPPORTED


class Ledger(Entity, frozen=True):
    """Sums of a run. Every listed object ends exactly once as recorded, skipped or failed.

    Attributes:
        listed: Objects the gateway listed; a lower bound unless `listed_whole`.
        deployments: How many deployments the recorded objects gave (an object may give several).
        calls, throttled: Provider calls made, and refused for rate.
    """

    listed: int = 0
    listed_whole: bool = False
    recorded: int = 0
    skipped: int = 0
    failed: int = 0
    deployments: int = 0
    calls: int = 0
    throttled: int = 0

    @property
    def closes(self) -> bool:
        """Whether every listed object ended exactly once."""
        return self.listed == self.recorded + self.skipped + self.failed


def add_ledgers(ledgers: Iterable[Ledger]) -> Ledger:
    """Return the sum; the listing of the whole is whole only if each is (and there is one)."""
    items = list(ledgers)
    return Ledger(
        listed=sum(item.listed for item in items),
        listed_whole=bool(items) and all(item.listed_whole for item in items),
        recorded=sum(item.recorded for item in items),
        skipped=sum(item.skipped for item in items),
        failed=sum(item.failed for item in items),
        deployments=sum(item.deployments for item in items),
        calls=sum(item.calls for item in items),
        throttled=sum(item.throttled for item in items),
    )


class PartReport(Entity, frozen=True):
    """How the visit of one part (one listing) ended.

    Attributes:
        accepted: Why nobody expects it to be seen, where the source's configuration leaves it out; it failed all
            the same, for whether there is anything is not known.
    """

    part: str
    outcome: str
    ledger: Ledger = Ledger()
    reason: str | None = None
    error: ErrorRecord | None = None
    skipped: tuple[Exclusion, ...] = ()
    failed: tuple[Exclusion, ...] = ()
    gaps: tuple[Gap, ...] = ()
    accepted: str | None = None


class Totals(Entity, frozen=True):
    """What reconcile said of a run's deployments."""

    appeared: int = 0
    changed: int = 0
    missing: int = 0
    suspect: int = 0
    returned: int = 0
    superseded: int = 0
    retired: int = 0
    not_observed: int = 0


class RunReport(Entity, frozen=True):
    """One visit of a scope.

    Attributes:
        generation: Rises with every run of the scope; fences its writes.
        outcome: The worst of its parts.
        caller: Identity that was used, as the provider names it (an ARN, never a key).
        accepted: Reason of the accepted gap that covers it, if any; or why nobody expects what it did not see,
            where the source's configuration leaves all of that out.
    """

    scope: Scope
    generation: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = Outcome.FAILED
    ledger: Ledger = Ledger()
    parts: tuple[PartReport, ...] = ()
    error: ErrorRecord | None = None
    totals: Totals = Totals()
    caller: str | None = None
    agent_version: str | None = None
    collector_version: str | None = None
    config_digest: str | None = None
    accepted: str | None = None

    @property
    def left_out(self) -> tuple[PartReport, ...]:
        """The parts that were not looked at because the source's configuration leaves them out."""
        return tuple(part for part in self.parts if part.accepted is not None)

    @property
    def falls_short(self) -> bool:
        """Whether it leaves anything unseen that nobody answers for: of what there is, or of a detail of it."""
        if self.outcome not in FINE and self.accepted is None:
            return True
        return any(gap.is_open for part in self.parts for gap in part.gaps)

    @property
    def answer(self) -> str | None:
        """Who answers for what it leaves unseen, and why; none where anything is that nobody answers for."""
        if self.falls_short:
            return None
        own = None if self.outcome in FINE else self.accepted
        gaps = (gap.accepted for part in self.parts for gap in part.gaps)
        return "; ".join(dict.fromkeys(filter(None, (own, *gaps)))) or None

    @property
    def is_as_configured(self) -> bool:
        """Whether it saw all that the source's configuration lets it look at."""
        if self.outcome in FINE:
            return True
        told = bool(self.parts) and self.error is None
        return told and all(
            part.outcome in FINE or part.accepted is not None for part in self.parts
        )


FINE = frozenset({Outcome.COMPLETE, Outcome.ABSENT})
"""Outcomes that leave nothing unseen."""

_WORST_FIRST = (Outcome.FAILED, Outcome.PARTIAL, Outcome.COMPLETE, Outcome.ABSENT)


def worst_outcome(outcomes: Iterable[str]) -> str:
    """Return the outcome of a scope from those of its parts.

    A mix of complete and failed parts is `partial`: some of it was seen. No part at all is `failed`.
    """
    words = set(outcomes)
    if not words:
        return Outcome.FAILED
    if Outcome.FAILED in words and len(words) > 1:
        return Outcome.PARTIAL
    return next((word for word in _WORST_FIRST if word in words), Outcome.FAILED)


class EstateEntry(Entity, frozen=True):
    """One line of the estate: a reach that the provider says exists, or that was planned before.

    Attributes:
        state: A word of `ReachState`.
        reason: Why it is not visited.
        accepted: The reason given by whoever accepted the gap.
    """

    source: str
    provider: str
    key: str
    title: str | None = None
    state: str = ReachState.VISITED
    reason: str | None = None
    accepted: str | None = None
