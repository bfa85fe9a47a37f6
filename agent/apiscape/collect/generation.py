"""One generation of a scope: claimed, filled with what its collector says, closed once.

No transaction spans a provider call: a batch is stored between two observations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from apiscape.collect.intake import Intake
from apiscape.collect.job import Job, Means
from apiscape.collect.ledger import PartLedger, ScopeLedger
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.source import accepted_reason
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import Cancelled, Observation, ReadsDirectly
from apiscape.errors import Fenced
from apiscape.model.known import Known, Verdict, Write
from apiscape.model.run import (
    FINE,
    ErrorRecord,
    Ledger,
    PartReport,
    RunReport,
    Totals,
    add_ledgers,
    worst_outcome,
)
from apiscape.model.vocabulary import ChangeKind, ErrorKind, Presence
from apiscape.reconcile.judge import judge


class Generation:
    """What is said in one generation, on its way into the store. Used by one thread at a time.

    Args:
        job: What is visited.
        means: What it works with.
        budget: What provider calls draw on.
        noted: Told every write that was stored.

    Attributes:
        known: The scope's deployments before it.
        ledger: Where every listed object ends.
        report, verdict: How it ended, and what followed for presence; no report while it is open.
    """

    def __init__(
        self,
        job: Job,
        means: Means,
        budget: ScopeBudget,
        noted: Callable[[Write], None] | None = None,
    ) -> None:
        self.known: dict[str, Known] = {}
        self.ledger = ScopeLedger(())
        self.report: RunReport | None = None
        self.verdict = Verdict()
        self._job = job
        self._means = means
        self._budget = budget
        self._noted = noted
        self._before = (budget.calls, budget.throttled_calls)
        self._charged: tuple[int, int] | None = self._before
        self._started_at = means.clock.now()
        self._run: Any = None
        self._intake: Intake | None = None

    @property
    def run(self) -> Any:  # noqa: ANN401 - the store's own struct
        """The run as the store opened it; `None` before `begin`."""
        return self._run

    def begin(self, tokens: TokenBook) -> None:
        """Claim the scope's next generation, and remember what is known of it."""
        job, runs = self._job, self._means.runs
        self._run = runs.begin(
            job.scope,
            at=self._started_at,
            caller=job.caller,
            agent_version=job.agent_version,
            collector_version=job.collector_version,
            config_digest=job.source.config_digest,
        )
        self.known = runs.known(job.scope)
        tokens.renew(self.known.values())
        self.ledger = ScopeLedger(self._parts())
        self._intake = Intake(runs, self._run, self.known, self.ledger, tokens, noted=self._noted)

    def take(self, said: Observation) -> None:
        """Take up one observation.

        Raises:
            Cancelled: the generation was closed.
            Malformed: a listing has no end.
            StoreError: a full batch could not be stored.
        """
        if self.report is not None or self._intake is None:
            raise Cancelled("the run was closed")
        self._intake.take(said, self._means.clock.now())
        self._charge()

    def flush(self) -> None:
        """Store what is pending.

        Raises:
            Fenced: a newer run of the scope took over.
        """
        if self._intake is not None:
            self._intake.flush(self._means.clock.now())

    def list_anew(self, part: str, rows: Iterable[Known]) -> None:
        """Let a part begin again, as its rows stand now."""
        if self._intake is not None:
            self._intake.forget(part)
        self.ledger.put(PartLedger(part))
        self._charged = None
        self.known |= {row.uid: row for row in rows}

    def end(self, error: ErrorRecord | None) -> RunReport:
        """Store what is pending, close the ledger, judge presence and end the run; once."""
        if self.report is not None:
            return self.report
        self.flush()
        if self._budget.calls > self._before[0]:
            self._charge()
        self.ledger.close(error)
        narrowable = isinstance(self._job.collector, ReadsDirectly)
        sights = [part.sight(narrowable=narrowable) for part in self.ledger]
        verdict = judge(self.known.values(), sights, at=self._started_at, policy=self._means.policy)
        report = self._compose(error, verdict)
        if self._run is not None:
            self._means.runs.end(self._run, report, verdict)
        self.verdict, self.report = verdict, report
        return report

    def give_way(self, fenced: Fenced) -> RunReport:
        """Return how it ended where a newer run of the scope took over: that one is the truth."""
        error = ErrorRecord(kind=ErrorKind.INTERRUPTED, message=fenced.message)
        self.ledger.close(error)
        return self._compose(error, Verdict())

    def sums(self) -> Ledger:
        """Return the sums so far, with the calls; what is absent has nothing to be listed."""
        sums = add_ledgers(part.ledger() for part in self.ledger if part.absent is None)
        calls, throttled = self._spent()
        return Ledger(
            listed=sums.listed,
            listed_whole=sums.listed_whole,
            recorded=sums.recorded,
            skipped=sums.skipped,
            failed=sums.failed,
            deployments=sums.deployments,
            calls=calls,
            throttled=throttled,
        )

    def _parts(self) -> Iterable[str]:
        collector = self._job.collector
        if collector is not None:
            return collector.parts
        return sorted({row.part for row in self.known.values()})

    def _spent(self) -> tuple[int, int]:
        calls, throttled = self._before
        return self._budget.calls - calls, self._budget.throttled_calls - throttled

    def _charge(self) -> None:
        """Count the calls since the last observation to the part that it was of."""
        spent = (self._budget.calls, self._budget.throttled_calls)
        if spent == self._charged:
            return
        current = self.ledger.current
        self._charged = spent
        calls, throttled = self._spent()
        for part in self.ledger:
            calls -= part.calls
            throttled -= part.throttled
        current.calls += calls
        current.throttled += throttled

    def _compose(self, error: ErrorRecord | None, verdict: Verdict) -> RunReport:
        job = self._job
        parts = tuple(self._answered(part.report()) for part in self.ledger)
        outcome = worst_outcome(part.outcome for part in parts)
        fine = outcome in FINE
        report = RunReport(
            scope=job.scope,
            generation=self._run.generation if self._run is not None else 0,
            started_at=self._started_at,
            ended_at=self._means.clock.now(),
            outcome=outcome,
            ledger=self.sums(),
            parts=parts,
            error=None if fine else error,
            totals=self._count(verdict),
            caller=job.caller,
            agent_version=job.agent_version,
            collector_version=job.collector_version,
            config_digest=job.source.config_digest,
            accepted=None if fine else job.accepted,
        )
        return _accepted(report) if report.accepted is None else report

    def _answered(self, part: PartReport) -> PartReport:
        """Return a part with the details that were not seen, each with who answers for it."""
        accepted, scope = self._job.source.accepted, self._job.scope.key
        if not (part.gaps and accepted):
            return part
        today = self._means.clock.now().date()
        gaps = tuple(
            msgspec.structs.replace(
                gap, accepted=accepted_reason(accepted, scope, today, gap.detail)
            )
            for gap in part.gaps
        )
        return msgspec.structs.replace(part, gaps=gaps)

    def _count(self, verdict: Verdict) -> Totals:
        """Return what reconcile said, counting only what is new of presence."""
        kinds = self._intake.kinds.copy() if self._intake is not None else {}
        said: dict[str, int] = {}
        for change in verdict.presence:
            if self.known[change.uid].presence != change.presence:
                said[change.presence] = said.get(change.presence, 0) + 1
        stale = set(verdict.stale_parts)
        unseen = sum(
            row.presence == Presence.PRESENT and row.part in stale
            for row in (self.known.values() if stale else ())
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


def _accepted(report: RunReport) -> RunReport:
    """Return a report with why nobody expects what it did not see, where the configuration leaves all of it out."""
    if not (report.left_out and report.is_as_configured):
        return report
    reasons = dict.fromkeys(part.accepted for part in report.left_out if part.accepted)
    return msgspec.structs.replace(report, accepted="; ".join(reasons))
