"""All scopes side by side: one slow or broken one holds up nobody.

One thread supervises; sources are planned and scopes visited in daemon threads of their own,
a few per account. A visit that does not end at its deadline, or when told to stop, is closed
from here with what it has said so far, and its thread is left behind.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from queue import Empty, SimpleQueue
from typing import TypeVar

import msgspec

from apiscape.collect.clock import Clock, Stop, SystemClock
from apiscape.collect.plan import Installed, PlannedSource
from apiscape.collect.planner import Planner
from apiscape.collect.ports import PlugIns, Store
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.report import ScanReport
from apiscape.collect.run import Job, Means, ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collect.workers import Workers
from apiscape.errors import ApiscapeError
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, EstateEntry, RunReport
from apiscape.model.vocabulary import ErrorKind
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy

T = TypeVar("T")


class Limits(Entity, frozen=True):
    """How much goes on at once, and how patient the supervisor is.

    Attributes:
        scopes, scopes_per_account: Visits under way at once.
        grace_s: How long a visit may take to end once it should.
        tick_s: How often progress is told.
        plan_s: How long planning a source may take.
    """

    scopes: int = 32
    scopes_per_account: int = 8
    grace_s: float = 5.0
    tick_s: float = 0.5
    plan_s: float = 300.0


class Tools(Entity, frozen=True):
    """What a scan works with; an agent keeps them from scan to scan, so that quotas hold across.

    Attributes:
        quotas: The buckets of this process; their clock is the scan's.
    """

    clock: Clock = msgspec.field(default_factory=SystemClock)
    quotas: Quotas | None = None
    workers: Workers = msgspec.field(default_factory=Workers)
    plug_ins: PlugIns = msgspec.field(default_factory=Installed)
    policy: PresencePolicy = DEFAULT_POLICY
    limits: Limits = Limits()


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
    tools = tools or Tools()
    above = Stop(tools.clock)
    if stop is not None:
        stop.pass_on(above)
    return _Scan(store, tools, progress or Silent(), above, only).run(tuple(sources))


class _Ended(Entity, frozen=True):
    """A visit ended; without a report its thread died."""

    run: ScopeRun
    report: RunReport | None


class _Unplanned(Entity, frozen=True):
    """Planning a source ended without a plan: its thread died."""

    source: str


class _Scan:
    """The supervisor. Everything but planning and visiting happens in its thread."""

    def __init__(
        self,
        store: Store,
        tools: Tools,
        progress: Progress,
        stop: Stop,
        only: Collection[str] | None,
    ) -> None:
        self._limits = tools.limits
        self._clock = tools.clock
        self._quotas = tools.quotas or Quotas(tools.clock)
        self._planner = Planner(store, tools.plug_ins, tools.clock)
        self._means = Means(
            runs=store.runs, clock=tools.clock, workers=tools.workers, policy=tools.policy
        )
        self._progress = progress
        self._stop = stop
        self._only = only
        self._events: SimpleQueue[PlannedSource | _Unplanned | _Ended | ApiscapeError]
        self._events = SimpleQueue()
        self._planning: dict[str, tuple[SourcePlan, Stop]] = {}
        self._waiting: list[Job] = []
        self._running: dict[str, ScopeRun] = {}
        self._leave_at: dict[str, float] = {}
        self._reports: list[RunReport] = []
        self._plans: list[PlannedSource] = []
        self._failure: ApiscapeError | None = None

    def run(self, sources: tuple[SourcePlan, ...]) -> ScanReport:
        for source in sources:
            stop = Stop(self._clock, deadline_s=self._limits.plan_s, above=self._stop)
            self._planning[source.name] = (source, stop)
            _start(f"plan {source.name}", self._plan, source)
        while self._planning or self._waiting or self._running:
            try:
                self._launch()
                self._await()
                self._leave_behind()
            except KeyboardInterrupt:
                self._stop.tell()
        if self._failure is not None:
            raise self._failure
        return self._report()

    # In threads of their own: planning a source, visiting a scope.

    def _plan(self, source: SourcePlan) -> None:
        said: PlannedSource | _Unplanned = _Unplanned(source=source.name)
        try:
            said = self._planner.plan(source)
        except ApiscapeError as failure:
            self._events.put(failure)
        finally:
            self._events.put(said)

    def _visit(self, run: ScopeRun) -> None:
        report = None
        try:
            report = run.execute()
        except ApiscapeError as failure:
            self._events.put(failure)
        finally:
            self._events.put(_Ended(run=run, report=report))

    # In the supervisor's.

    def _launch(self) -> None:
        """Start what may start; once told to stop, what waits is not begun."""
        error = self._stop.error
        if error is not None:
            waiting, self._waiting = self._waiting, []
            for job in waiting:
                self._close(_not_begun(job, error, self._clock))
        while (chosen := self._next()) is not None:
            self._waiting.remove(chosen)
            stop = Stop(self._clock, deadline_s=chosen.source.deadline_s, above=self._stop)
            budget = ScopeBudget(self._quotas, chosen.provider.name, stop)
            run = self._running[chosen.scope.key] = ScopeRun(chosen, self._means, budget, stop)
            self._progress.started(chosen.scope)
            _start(f"visit {chosen.scope.key}", self._visit, run)

    def _next(self) -> Job | None:
        """Return the waiting job of the account with the fewest visits under way, if one may start."""
        if len(self._running) >= self._limits.scopes:
            return None
        under_way = Counter(_account(run.job) for run in self._running.values())
        job = min(self._waiting, key=lambda job: under_way[_account(job)], default=None)
        if job is None or under_way[_account(job)] >= self._limits.scopes_per_account:
            return None
        return job

    def _await(self) -> None:
        """Wait for the next event, and take it up; tell progress where none comes."""
        try:
            event = self._events.get(timeout=self._limits.tick_s)
        except Empty:
            self._progress.tick({key: run.ledger() for key, run in self._running.items()})
            return
        match event:
            case PlannedSource():
                self._take_plan(event)
            case _Ended():
                self._take_end(event)
            case _Unplanned():
                self._planning.pop(event.source, None)
            case ApiscapeError():
                self._failure = self._failure or event
                self._stop.tell(ErrorRecord(kind=ErrorKind.INTERRUPTED, message=event.message))

    def _take_plan(self, plan: PlannedSource) -> None:
        """Keep a plan's estate and take up its jobs; a plan that comes too late is not taken."""
        source = plan.source
        if self._planning.pop(source.name, None) is None:
            return
        jobs = [job for job in plan.jobs if self._only is None or job.scope.key in self._only]
        self._planner.keep(plan)
        self._progress.planned(plan, self._planner.forecast(plan, jobs))
        for job in jobs:
            if job.collector is not None:
                self._quotas.publish(source.provider, job.collector.quotas, source.quotas)
        self._plans.append(plan)
        self._waiting.extend(jobs)

    def _take_end(self, ended: _Ended) -> None:
        run, report = ended.run, ended.report
        if self._running.get(run.job.scope.key) is not run:
            return
        if report is None and self._failure is None:
            report = run.abandon(_DIED)
        self._forget(run.job.scope.key)
        if report is not None:
            self._close(report)

    def _leave_behind(self) -> None:
        """Close what should have ended by now: visits with what they said, planning with nothing."""
        for name, (source, stop) in list(self._planning.items()):
            error = self._overdue(f"plan {name}", stop)
            if error is not None:
                self._take_plan(self._planner.give_up(source, error))
        for key, run in list(self._running.items()):
            error = self._overdue(key, run.stop)
            if error is not None:
                self._forget(key)
                self._close(run.abandon(error))

    def _overdue(self, key: str, stop: Stop) -> ErrorRecord | None:
        """Return why something that should end is to be left behind: its time of grace has passed."""
        error, now = stop.error, self._clock.monotonic()
        if error is None or now < self._leave_at.setdefault(key, now + self._limits.grace_s):
            return None
        return error

    def _forget(self, key: str) -> None:
        self._running.pop(key, None)
        self._leave_at.pop(key, None)

    def _close(self, report: RunReport) -> None:
        self._reports.append(report)
        self._progress.ended(report)

    def _report(self) -> ScanReport:
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
            interrupted=self._stop.error is not None,
        )


def _start(name: str, work: Callable[[T], None], item: T) -> None:
    """Start a daemon thread: one that never ends does not hold up an exit."""
    threading.Thread(target=work, args=(item,), name=name, daemon=True).start()


def _account(job: Job) -> tuple[str, str]:
    return (job.scope.provider, job.scope.reach.account)


def _not_begun(job: Job, error: ErrorRecord, clock: Clock) -> RunReport:
    """Return the report of a visit that was not begun; the store does not hear of it."""
    now = clock.now()
    return RunReport(
        scope=job.scope,
        generation=0,
        started_at=now,
        ended_at=now,
        error=error,
        accepted=job.accepted,
    )


_DIED = ErrorRecord(kind=ErrorKind.DEFECT, message="the visit ended without a word")
