"""One collection under way: what it waits for, and what came of it. Used under its keeper's lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from apiscape.client.collected import Collected, Collection
from apiscape.collect.clock import Clock
from apiscape.collect.collected import collected_of
from apiscape.collect.forecast import Forecast
from apiscape.collect.job import Job
from apiscape.collect.plan import PlannedSource
from apiscape.collect.report import ScanReport
from apiscape.collect.visits import not_begun
from apiscape.model.measured import TrafficReport, Uncountable
from apiscape.model.run import ErrorRecord, Ledger, RunReport, add_ledgers
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.pauses import selects


class Owed(Protocol):
    """Knows which scopes have their traffic measured because they were visited."""

    def holds(self, key: str) -> bool:
        """Say whether one may wait for it."""
        ...

    def why_not(self, key: str) -> str | None:
        """Return why it was not measured; `None` where it was."""
        ...


class Round:
    """A collection: its sources are planned, its scopes visited and measured, then conclusions drawn.

    Args:
        number: What it is asked for by.
        names: Of the sources to plan.
        only: Keys of the scopes to visit; all of its sources without any.
        clock: Written down where a visit is not begun.
        owed: Says of which scopes the traffic is measured yet.

    Attributes:
        under_way: How far visits are, by scope key.
    """

    def __init__(
        self, number: str, names: Iterable[str], only: frozenset[str], clock: Clock, owed: Owed
    ) -> None:
        self.number = number
        self.under_way: dict[str, Ledger] = {}
        self._only = only
        self._clock = clock
        self._owed = owed
        self._unplanned = set(names)
        self._asked = 0
        self._pending: dict[str, bool] = {}
        self._reports: dict[str, RunReport] = {}
        self._unmeasured: set[str] = set()
        self._traffic: dict[str, TrafficReport] = {}
        self._plans: dict[str, PlannedSource] = {}
        self._forecasts: dict[str, Forecast] = {}
        self._settled = False
        self._result: Collected | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._result is not None

    def state(self) -> Collection:
        """Return how far it is, or what came of it."""
        going = [ledger for key, ledger in self.under_way.items() if self._pending.get(key)]
        ended = [report.ledger for report in self._reports.values()]
        return Collection(
            number=self.number,
            planned=len(self._pending) + len(self._reports),
            ended=len(self._reports),
            unmeasured=len(self._unmeasured),
            so_far=add_ledgers([*ended, *going]),
            result=self._result,
        )

    def take_plan(self, plan: PlannedSource, forecast: Forecast) -> list[str]:
        """Take up the plan of a source; return what is to be visited now that it is planned."""
        name = plan.source.name
        if name not in self._unplanned:
            if plan.error is None:
                self._drop(name, {job.scope.key for job in plan.jobs})
            return []
        self._unplanned.discard(name)
        self._plans[name] = plan
        self._forecasts[name] = forecast
        chosen = [key for key in sorted(self._only) if selects(name, key)]
        self._asked += len(chosen or [name])
        return chosen or [name]

    def expect(self, keys: Iterable[str]) -> None:
        """Wait for visits that begin from now on."""
        self._asked -= 1
        for key in keys:
            self._pending[key] = False

    def start(self, key: str) -> None:
        """Note that a visit began."""
        if key in self._pending:
            self._pending[key] = True

    def waits_to_start(self, key: str) -> bool:
        """Say whether a visit is waited for that has not begun since it was asked for."""
        return self._pending.get(key) is False

    def end(self, report: RunReport) -> None:
        """Take up the end of a visit."""
        key = report.scope.key
        if self._pending.pop(key, None) is not None:
            self._reports[key] = report
            if self._owed.holds(key):
                self._unmeasured.add(key)

    def measure(self, reports: Iterable[TrafficReport]) -> None:
        """Take up what was measured of scopes that were visited."""
        for report in reports:
            if report.scope.key in self._unmeasured:
                self._traffic[report.scope.key] = report

    def leave_out(self, selector: str, reason: str) -> None:
        """Wait no longer for what a selector selects, unless it has begun; it is told as not begun."""
        error = ErrorRecord(kind=ErrorKind.INTERRUPTED, message=reason)
        self._unplanned = {name for name in self._unplanned if not selects(selector, name)}
        for key in [key for key in self._pending if selects(selector, key)]:
            job = self._job(key)
            if self._pending[key]:
                continue
            del self._pending[key]
            if job is not None:
                self._reports[key] = not_begun(job, error, self._clock)

    def settles(self) -> bool:
        """Say, once, that all visits have ended, and that no traffic of theirs is measured any more."""
        if self._settled or self._unplanned or self._asked or self._pending:
            return False
        for key in [key for key in self._unmeasured if not self._owed.holds(key)]:
            self._end_measuring(key)
        if self._unmeasured:
            return False
        self._settled = True
        return True

    def close(self) -> None:
        """Give the result: the conclusions are drawn."""
        plans = self._plans.values()
        report = ScanReport(
            runs=tuple(self._reports[key] for key in sorted(self._reports)),
            estate=tuple(entry for plan in plans for entry in plan.estate),
            estate_errors={
                plan.source.name: plan.estate_error for plan in plans if plan.estate_error
            },
            unplanned={plan.source.name: plan.error for plan in plans if plan.error},
            traffic=tuple(self._traffic[key] for key in sorted(self._traffic)),
        )
        self._result = collected_of(report, plans, self._forecasts)

    def _end_measuring(self, key: str) -> None:
        """Wait no longer for the traffic of a scope; where nobody measured it, that is told of its deployments."""
        self._unmeasured.discard(key)
        why, run = self._owed.why_not(key), self._reports[key]
        if why is not None:
            error = ErrorRecord(kind=ErrorKind.INTERRUPTED, message=why)
            number = run.ledger.deployments
            lacking = (Uncountable(error=error, deployments=number),)
            self._traffic[key] = TrafficReport(run.scope, number, 0, lacking)

    def _drop(self, name: str, standing: set[str]) -> None:
        """Wait no longer for scopes of a source that a newer plan leaves out."""
        for key in [key for key in self._pending if selects(name, key) and key not in standing]:
            del self._pending[key]

    def _job(self, key: str) -> Job | None:
        jobs = (job for plan in self._plans.values() for job in plan.jobs)
        return next((job for job in jobs if job.scope.key == key), None)
