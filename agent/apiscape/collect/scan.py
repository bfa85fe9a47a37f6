"""All scopes side by side, then the traffic of those that ask for it: one slow or broken one holds up nobody.

One thread supervises; sources are planned and scopes visited in daemon threads of their own,
a few per account. A visit that does not end at its deadline, or when told to stop, is closed
from here with what it has said so far, and its thread is left behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.plan import PlannedSource
from apiscape.collect.planner import Planner
from apiscape.collect.ports import Store
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.quotas import Quotas
from apiscape.collect.report import ScanReport
from apiscape.collect.run import ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.collect.tools import Tools
from apiscape.collect.traffic import measure_traffic
from apiscape.collect.visits import Ends, Run, Visits
from apiscape.errors import ApiscapeError
from apiscape.model.measured import TrafficReport
from apiscape.model.run import ErrorRecord, EstateEntry, RunReport
from apiscape.model.vocabulary import ErrorKind

__all__ = ["Tools", "scan"]


def scan(
    sources: Iterable[SourcePlan],
    store: Store,
    *,
    tools: Tools | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
    only: Collection[str] | None = None,
) -> ScanReport:
    """Visit every scope of some sources once.

    Args:
        sources: What to visit.
        store: Where what is seen goes.
        tools: Clock, quotas, threads, plug-ins, policy and limits.
        progress: Told what goes on, from this thread.
        stop: Ends the scan early; so does `KeyboardInterrupt` in this thread. Visits under way
            end as partial, with what they have said so far.
        only: Keys of the scopes to visit, all without it.

    Raises:
        StoreError: the store failed; what was stored until then stands.
        PlugInError: a source's provider is not installed.
    """
    own = Tools() if tools is None else None
    tools = tools or own or Tools()
    above = Stop(tools.clock)
    if stop is not None:
        stop.pass_on(above)
    try:
        return _Scan(store, tools, progress or Silent(), above, only).run(tuple(sources))
    finally:
        if own is not None:
            own.workers.close()


class _Scan:
    """Plans every source, and submits the visits of each as soon as it is planned."""

    def __init__(
        self,
        store: Store,
        tools: Tools,
        progress: Progress,
        stop: Stop,
        only: Collection[str] | None,
    ) -> None:
        self._store = store
        self._limits = tools.limits
        self._clock = tools.clock
        self._quotas = tools.quotas or Quotas(tools.clock)
        self._tools = msgspec.structs.replace(tools, quotas=self._quotas)
        self._planner = Planner(store, tools.plug_ins, tools.clock)
        self._progress = progress
        self._stop = stop
        self._only = only
        self._supervisor = Supervisor(tools.clock, tools.limits.grace_s)
        means = Means(
            runs=store.runs, clock=tools.clock, workers=tools.workers, policy=tools.policy
        )
        self._visits = Visits(
            self._supervisor, means, self._quotas, tools.limits, ScopeRun, progress
        )
        self._reports: list[RunReport] = []
        self._plans: list[PlannedSource] = []
        self._failure: ApiscapeError | None = None

    def run(self, sources: tuple[SourcePlan, ...]) -> ScanReport:
        for source in sources:
            self._supervisor.start(self._planning(source))
        while not (self._supervisor.idle and self._visits.idle):
            try:
                self._turn()
            except KeyboardInterrupt:
                self._stop.tell()
        if self._failure is not None:
            raise self._failure
        return self._report(self._measure())

    def _measure(self) -> tuple[TrafficReport, ...]:
        """Measure traffic once, unless told to stop: what was visited is known by now."""
        jobs = [job for plan in self._plans for job in self._chosen(plan)]
        if self._stop.error is not None:
            return ()
        return measure_traffic(jobs, self._store, self._tools, stop=self._stop)

    def _chosen(self, plan: PlannedSource) -> list[Job]:
        return [job for job in plan.jobs if self._only is None or job.scope.key in self._only]

    def _turn(self) -> None:
        """Start what may start; once told to stop, what waits is not begun. Then see what ends."""
        error = self._stop.error
        if error is not None:
            self._visits.give_up_waiting(error)
        self._visits.launch()
        if not self._supervisor.turn(self._limits.tick_s):
            self._progress.tick(self._visits.ledgers())

    def _planning(self, source: SourcePlan) -> Task:
        return Task(
            name=f"plan {source.name}",
            kind=f"plan {source.provider}",
            work=lambda: self._planner.plan(source),
            stop=Stop(self._clock, deadline_s=self._limits.plan_s, above=self._stop),
            ended=self._take_plan,
            failed=self._fail,
            left=lambda error: self._take_plan(self._planner.give_up(source, error)),
        )

    def _take_plan(self, plan: PlannedSource) -> None:
        """Keep a plan's estate and take up its jobs."""
        source = plan.source
        jobs = self._chosen(plan)
        self._planner.keep(plan)
        self._progress.planned(plan, self._planner.forecast(plan, jobs))
        self._plans.append(plan)
        for job in jobs:
            if job.collector is not None:
                self._quotas.publish(source.provider, job.collector.quotas, source.quotas)
            self._visits.submit(job, self._stop, Ends(ended=self._close, failed=self._fail))

    def _close(self, _run: Run | None, report: RunReport) -> None:
        self._reports.append(report)
        self._progress.ended(report)

    def _fail(self, error: ApiscapeError | None) -> None:
        """End the scan where the store fails; planning that died leaves its source out."""
        if error is not None:
            self._failure = self._failure or error
            self._stop.tell(ErrorRecord(kind=ErrorKind.INTERRUPTED, message=error.message))

    def _report(self, traffic: tuple[TrafficReport, ...]) -> ScanReport:
        estate: list[EstateEntry] = []
        unplanned: dict[str, ErrorRecord] = {}
        unknown: dict[str, ErrorRecord] = {}
        for plan in self._plans:
            estate.extend(plan.estate)
            if plan.error is not None:
                unplanned[plan.source.name] = plan.error
            if plan.estate_error is not None:
                unknown[plan.source.name] = plan.estate_error
        return ScanReport(
            runs=tuple(sorted(self._reports, key=lambda run: run.scope.key)),
            estate=tuple(estate),
            estate_errors=unknown,
            unplanned=unplanned,
            traffic=traffic,
            interrupted=self._stop.error is not None,
        )
