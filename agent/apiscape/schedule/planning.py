"""When sources are planned: seldom, sooner where it failed, and at once where they changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.plan import PlannedSource
from apiscape.collect.planner import Planner
from apiscape.collect.progress import Progress
from apiscape.collect.quotas import Quotas
from apiscape.collect.source import SourcePlan
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.errors import ApiscapeError
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.due import Visited
from apiscape.schedule.queue import Priority, QueueJob
from apiscape.schedule.roster import Roster
from apiscape.schedule.timetable import Timetable

PLAN = "plan"
"""Kind of queue jobs that plan a source."""

_LOG = logging.getLogger("apiscape.schedule")


@dataclass(frozen=True)
class Office:
    """What planning works with.

    Attributes:
        taken: Told the keys of scopes that are to be looked at in another way than before.
        plan_s: How long planning a source may take.
    """

    supervisor: Supervisor
    planner: Planner
    quotas: Quotas
    taken: Callable[[frozenset[str]], None]
    plan_s: float
    roster: Roster
    clock: Clock
    progress: Progress
    stop: Stop


class Plans:
    """Plans the sources that are configured, and lays down those that no longer are.

    Args:
        office: What it works with.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._sources: dict[str, SourcePlan] = {}
        self._well: set[str] = set()
        self._timetable = Timetable()

    def reload(self, sources: Iterable[SourcePlan]) -> None:
        """Let these be the sources: new and changed ones are due at once, the others stand."""
        before, now = self._sources, self._office.clock.monotonic()
        self._sources = {source.name: source for source in sources}
        for name, source in self._sources.items():
            self._timetable.put(name, name, source.plan_interval_s, now)
            if before.get(name) != source:
                self._well.discard(name)
                self._timetable.ask(name, now)
        gone = before.keys() - self._sources.keys()
        self._timetable.drop(gone)
        for name in sorted(gone):
            self._lay_down(before[name])

    def ask(self, name: str) -> None:
        """Have sources planned now: one by name, or all."""
        self._timetable.ask(name, self._office.clock.monotonic())

    def due(self) -> list[QueueJob]:
        """Return a job for each source that is due."""
        due = self._timetable.due(self._office.clock.monotonic())
        return [QueueJob(PLAN, each.key, Priority.NOW) for each in due]

    def handle(self, job: QueueJob) -> Future[None]:
        """Plan a source; may be called from any thread."""
        future: Future[None] = Future()
        self._office.supervisor.post(lambda: self._begin(job.key, future))
        return future

    def _begin(self, name: str, future: Future[None]) -> None:
        source, office = self._sources.get(name), self._office
        task_name = f"plan {name}"
        if source is None or office.supervisor.is_under_way(task_name) or office.stop.error:
            future.set_result(None)
            return
        self._timetable.begin(name, office.clock.monotonic())
        if office.supervisor.lingers(task_name):
            self._end(source, future, ErrorKind.DEADLINE, "planned before, and never returned")
            return
        task = Task(
            name=task_name,
            kind=f"plan {source.provider}",
            work=lambda: office.planner.plan(source),
            stop=Stop(office.clock, deadline_s=office.plan_s, above=office.stop),
            ended=partial(self._take, source, future),
            failed=partial(self._fail, source, future),
            left=partial(self._leave, source, future),
        )
        office.supervisor.start(task)

    def _take(self, source: SourcePlan, future: Future[None], plan: PlannedSource) -> None:
        """Take up a plan, unless the source was changed meanwhile or the agent is to stop."""
        if self._sources.get(source.name) is source and not self._office.stop.error:
            self._keep(plan)
        error = plan.error
        kind, words = (error.kind, error.message) if error else (None, "")
        self._end(source, future, kind, words)

    def _leave(self, source: SourcePlan, future: Future[None], error: ErrorRecord) -> None:
        """Go on without a plan that does not come: with what was visited before, or as it stood."""
        if self._office.stop.error or source.name in self._well:
            self._end(source, future, error.kind, error.message)
            return
        try:
            plan = self._office.planner.give_up(source, error)
        except ApiscapeError as failure:
            self._fail(source, future, failure)
            return
        self._take(source, future, plan)

    def _fail(self, source: SourcePlan, future: Future[None], error: ApiscapeError | None) -> None:
        """Take up that there is no plan at all, not even a blind one: the sources stand as they were."""
        words = error.message if error else "planning ended without a word"
        kind = ErrorKind.DEFECT if error is None else ErrorKind.UNREACHABLE
        nothing = PlannedSource(source=source, jobs=(), error=ErrorRecord(kind=kind, message=words))
        self._office.progress.planned(nothing, self._office.planner.forecast(nothing, []))
        self._end(source, future, kind, words)

    def _end(
        self, source: SourcePlan, future: Future[None], failure: str | None, words: str
    ) -> None:
        if failure is not None:
            _LOG.warning("source %s could not be planned: %s", source.name, words)
        clock = self._office.clock
        last = Visited(ended_at=clock.now(), failure=failure)
        again = self._sources.get(source.name) is not source
        self._timetable.end(source.name, last, clock.monotonic(), again=again)
        future.set_result(None)

    def _keep(self, plan: PlannedSource) -> None:
        """Store the estate and take up the jobs; a source that was planned well before stands where it fails."""
        office, name = self._office, plan.source.name
        try:
            office.planner.keep(plan)
        except ApiscapeError as error:
            _LOG.warning("the estate of source %s could not be stored: %s", name, error.message)
        office.progress.planned(plan, office.planner.forecast(plan, list(plan.jobs)))
        if plan.error is None:
            self._well.add(name)
        elif name in self._well:
            return
        self._enrol(plan)

    def _enrol(self, plan: PlannedSource) -> None:
        office = self._office
        changed = office.roster.take(plan)
        office.quotas.begin_anew()
        for job in office.roster.jobs():
            if job.collector is not None:
                provider, configured = job.scope.provider, job.source.quotas
                office.quotas.publish(provider, job.collector.quotas, configured)
        office.taken(changed)

    def _lay_down(self, source: SourcePlan) -> None:
        """Have every scope of a source say that it is no longer configured."""
        office, name = self._office, source.name
        self._well.discard(name)
        dropped = frozenset(office.roster.of_source(name))
        office.roster.drop(set(dropped))
        office.taken(dropped)
        task = Task(
            name=f"lay down {name}",
            kind=f"plan {source.provider}",
            work=lambda: office.planner.lay_down(source),
            stop=Stop(office.clock, deadline_s=office.plan_s, above=office.stop),
            ended=self._take_laid_down,
            failed=lambda error: _LOG.warning("source %s could not be laid down: %s", name, error),
            left=lambda error: _LOG.warning("source %s could not be laid down: %s", name, error),
        )
        office.supervisor.start(task)

    def _take_laid_down(self, plan: PlannedSource) -> None:
        if plan.source.name not in self._sources:
            self._enrol(plan)
