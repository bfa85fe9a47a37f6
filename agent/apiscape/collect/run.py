"""One visit of a scope: from claiming its generation to what it says of presence.

This is a process edge. Whatever a collector does ends here as data: its errors, its defects,
an exception that nobody thought of. Only the store's errors go on, for then no visit can be
kept. No transaction spans a provider call: a batch is stored between two observations.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.direct import read_directly
from apiscape.collect.intake import Intake
from apiscape.collect.ledger import ScopeLedger
from apiscape.collect.lending import lend_session
from apiscape.collect.ports import Runs
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import (
    Cancelled,
    Collector,
    CollectorError,
    Observation,
    Provider,
    ReadsDirectly,
)
from apiscape.errors import ApiscapeError, Fenced
from apiscape.model.entity import Entity
from apiscape.model.known import Known, Verdict
from apiscape.model.run import (
    ErrorRecord,
    Ledger,
    RunReport,
    Scope,
    Totals,
    add_ledgers,
    worst_outcome,
)
from apiscape.model.vocabulary import ChangeKind, ErrorKind, Outcome, Presence
from apiscape.reconcile.judge import judge
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy

T = TypeVar("T")

FINE = frozenset({Outcome.COMPLETE, Outcome.ABSENT})
"""Outcomes that leave nothing unseen."""


class Job(Entity, frozen=True):
    """A scope to be visited.

    Attributes:
        collector: `None` where it cannot be loaded.
        error: Why it cannot be visited after all, if so: the run says so, and ends.
        caller: Identity that is used, as the provider names it.
        accepted: Reason of the accepted gap that covers the scope, if any.
    """

    scope: Scope
    source: SourcePlan
    provider: Provider
    collector: Collector | None
    error: ErrorRecord | None = None
    caller: str | None = None
    accepted: str | None = None
    agent_version: str | None = None
    collector_version: str | None = None


class Means(Entity, frozen=True):
    """What visits work with."""

    runs: Runs
    clock: Clock
    workers: Workers
    policy: PresencePolicy = DEFAULT_POLICY


class ScopeRun:
    """One visit of one scope.

    Args:
        job: What to visit.
        means: What to work with.
        budget: What provider calls draw on.
        stop: Says when to end.
    """

    def __init__(self, job: Job, means: Means, budget: ScopeBudget, stop: Stop) -> None:
        self.job = job
        self.stop = stop
        self._means = means
        self._budget = budget
        self._started_at = means.clock.now()
        self._lock = threading.Lock()
        self._ledger = ScopeLedger(())
        self._known: dict[str, Known] = {}
        self._run: Any = None
        self._intake: Intake | None = None
        self._tokens = TokenBook((), 0)
        self._report: RunReport | None = None

    def execute(self) -> RunReport:
        """Visit the scope and return how it ended.

        Raises:
            StoreError: the store failed; the visit cannot be kept.
        """
        return self._unless_fenced(self._begin_and_end)

    def abandon(self, error: ErrorRecord) -> RunReport:
        """End a visit that does not end by itself, from another thread.

        What it has said is kept; what it still says is refused.

        Raises:
            StoreError: the store failed.
        """
        self.stop.tell(error)
        return self._unless_fenced(lambda: self._end(error))

    def ledger(self) -> Ledger:
        """Return the sums so far, with the calls."""
        sums = add_ledgers(part.ledger() for part in self._ledger)
        return Ledger(
            listed=sums.listed,
            listed_whole=sums.listed_whole,
            recorded=sums.recorded,
            skipped=sums.skipped,
            failed=sums.failed,
            deployments=sums.deployments,
            calls=self._budget.calls,
            throttled=self._budget.throttled_calls,
        )

    def _unless_fenced(self, work: Callable[[], RunReport]) -> RunReport:
        """Do it, and give way where a newer run of the scope took over: that one is the truth."""
        try:
            return work()
        except Fenced as fenced:
            error = ErrorRecord(kind=ErrorKind.INTERRUPTED, message=fenced.message)
            self._ledger.close(error)
            return self._compose(error, Verdict())

    def _begin_and_end(self) -> RunReport:
        self._begin()
        return self._end(self._visit())

    def _begin(self) -> None:
        job = self.job
        self._run = self._means.runs.begin(
            job.scope,
            at=self._started_at,
            caller=job.caller,
            agent_version=job.agent_version,
            collector_version=job.collector_version,
            config_digest=job.source.config_digest,
        )
        self._known = self._means.runs.known(job.scope)
        if job.collector is not None:
            parts: Iterable[str] = job.collector.parts
            version = job.collector.normaliser_version
        else:
            parts, version = sorted({row.part for row in self._known.values()}), 0
        self._ledger = ScopeLedger(parts)
        self._tokens = TokenBook(self._known.values(), version)
        self._intake = Intake(self._means.runs, self._run, self._known, self._ledger, self._tokens)

    def _visit(self) -> ErrorRecord | None:
        """Run the collector; return what ended it early, if anything did."""
        collector = self.job.collector
        if self.job.error is not None or collector is None:
            return self.job.error
        ended = at_edge(self.job.scope.product, lambda: self._discover(collector))
        if ended is not None and ended.kind == ErrorKind.DEADLINE:
            return self.stop.error or ended
        return ended

    def _discover(self, collector: Collector) -> None:
        job = self.job
        with lend_session(
            job.provider, job.source.settings, job.scope.reach, self._budget
        ) as session:
            visit = self._lend(session)
            for said in collector.discover(self.job.scope, visit):
                self._take(said)
            if isinstance(collector, ReadsDirectly):
                read_directly(
                    collector,
                    self.job.scope,
                    visit,
                    self._ledger,
                    self._known.values(),
                    self._run.generation,
                )

    def _lend(self, session: Any) -> ScopeVisit:  # noqa: ANN401 - the SDK's own type
        return ScopeVisit(
            session,
            self.job.source,
            self.job.scope,
            tokens=self._tokens,
            stop=self.stop,
            clock=self._means.clock,
            workers=self._means.workers,
        )

    def _take(self, said: Observation) -> None:
        self.stop.check()
        with self._lock:
            if self._report is not None or self._intake is None:
                raise Cancelled("the run was closed")
            self._intake.take(said, self._means.clock.now())
            self._charge()

    def _charge(self) -> None:
        """Count the calls since the last observation to the part that it was of."""
        parts = list(self._ledger)
        part = self._ledger.current
        part.calls += self._budget.calls - sum(each.calls for each in parts)
        part.throttled += self._budget.throttled_calls - sum(each.throttled for each in parts)

    def _end(self, error: ErrorRecord | None) -> RunReport:
        """Store what is pending, close the ledger, judge presence and end the run; once."""
        with self._lock:
            if self._report is not None:
                return self._report
            if self._intake is not None:
                self._intake.flush(self._means.clock.now())
            if self._budget.calls:
                self._charge()
            self._ledger.close(error)
            narrowable = isinstance(self.job.collector, ReadsDirectly)
            sights = [part.sight(narrowable=narrowable) for part in self._ledger]
            verdict = judge(
                self._known.values(), sights, at=self._started_at, policy=self._means.policy
            )
            report = self._compose(error, verdict)
            if self._run is not None:
                self._means.runs.end(self._run, report, verdict)
            self._report = report
            return report

    def _compose(self, error: ErrorRecord | None, verdict: Verdict) -> RunReport:
        job = self.job
        parts = tuple(part.report() for part in self._ledger)
        outcome = worst_outcome(part.outcome for part in parts)
        fine = outcome in FINE
        return RunReport(
            scope=job.scope,
            generation=self._run.generation if self._run is not None else 0,
            started_at=self._started_at,
            ended_at=self._means.clock.now(),
            outcome=outcome,
            ledger=self.ledger(),
            parts=parts,
            error=None if fine else error,
            totals=self._count(verdict),
            caller=job.caller,
            agent_version=job.agent_version,
            collector_version=job.collector_version,
            config_digest=job.source.config_digest,
            accepted=None if fine else job.accepted,
        )

    def _count(self, verdict: Verdict) -> Totals:
        """Return what reconcile said, counting only what is new of presence."""
        kinds = self._intake.kinds.copy() if self._intake is not None else {}
        said: dict[str, int] = {}
        for change in verdict.presence:
            if self._known[change.uid].presence != change.presence:
                said[change.presence] = said.get(change.presence, 0) + 1
        stale = set(verdict.stale_parts)
        unseen = sum(
            row.presence == Presence.PRESENT and row.part in stale for row in self._known.values()
        )
        return Totals(
            appeared=kinds.get(ChangeKind.APPEARED, 0),
            changed=kinds.get(ChangeKind.CHANGED, 0),
            returned=kinds.get(ChangeKind.RETURNED, 0) + said.get(Presence.PRESENT, 0),
            missing=said.get(Presence.MISSING, 0),
            suspect=said.get(Presence.SUSPECT, 0),
            superseded=said.get(Presence.SUPERSEDED, 0),
            retired=said.get(Presence.RETIRED, 0),
            not_observed=len(verdict.not_observed) + unseen,
        )


def at_edge(what: str, work: Callable[[], T]) -> T | ErrorRecord:
    """Do what a plug-in does, and return what went wrong as data; the store's errors go on."""
    try:
        return work()
    except CollectorError as error:
        return error.record()
    except ApiscapeError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a plug-in's defect is data
        return describe_defect(what, error)


def describe_defect(plug_in: str, error: Exception) -> ErrorRecord:
    """Return what a plug-in's unforeseen exception is in words: its type and place.

    Its text is left out: nobody knows whether it holds a credential.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return ErrorRecord(
        kind=ErrorKind.DEFECT,
        message=f"defect of {plug_in}: {type(error).__name__} at {where}",
        next_step="report it to the collector's author",
    )
