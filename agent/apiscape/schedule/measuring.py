"""When traffic is measured: by a timetable of its own, for the scopes whose source asks for it.

What is due of a quota group is measured together, in threads of its own: a slow account holds up
nobody else. A scope that was measured before a restart rests until it is due, and one that could not
be measured waits longer every time, never less than its interval.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.forecast import Forecast
from apiscape.collect.job import Job
from apiscape.collect.plan import PlannedSource
from apiscape.collect.ports import Store
from apiscape.collect.progress import Progress
from apiscape.collect.source import SourcePlan
from apiscape.collect.spending import FollowsCalls, Spent
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.collect.tools import Tools
from apiscape.collect.traffic import last_measured, measure_traffic
from apiscape.collectors.measuring import MeasuresTraffic
from apiscape.model.measured import TrafficReport
from apiscape.model.run import Ledger, RunReport, Scope
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.due import Visited, first_delay_s
from apiscape.schedule.owing import Owing
from apiscape.schedule.queue import QueueJob
from apiscape.schedule.roster import Roster, group
from apiscape.schedule.timetable import Due, Timetable

MEASURE = "measure"
"""Kind of queue jobs that measure traffic."""

AS_EVER = frozenset({ErrorKind.UNSUPPORTED, ErrorKind.GONE})
"""What no later try mends: the next one is due as if it had been measured."""

Told = Callable[[tuple[TrafficReport, ...]], None]

_LOG = logging.getLogger("apiscape.schedule")


@dataclass(frozen=True)
class Desk:
    """What measuring works with.

    Attributes:
        tools: Its quotas are those of the visits.
        told: Told what came of each round, in the supervisor's thread.
    """

    store: Store
    tools: Tools
    supervisor: Supervisor
    roster: Roster
    stop: Stop
    told: Told


class Measuring:
    """Measures traffic when it is due. Used by the supervisor's thread, but for `handle` and `left_behind`.

    Args:
        desk: What it works with.

    Attributes:
        owing: For which scopes one may wait.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sources: dict[str, SourcePlan] = {}
        self._timetable = Timetable()
        self._timetable.pauses = desk.roster.timetable.pauses
        self.owing = Owing(self._timetable.pauses)
        self._rounds: dict[str, Supervisor] = {}
        self._open: dict[str, frozenset[str]] = {}
        self._due: dict[str, list[Due]] = {}
        self._looked_up: set[str] = set()
        self._emptied: set[str] = set()
        self._numbers = itertools.count(1)
        self._able: dict[type, bool] = {}

    def reload(self, sources: Iterable[SourcePlan]) -> None:
        """Measure as these sources ask from now on, whether they can be planned anew or not."""
        self._sources = {source.name: source for source in sources}
        self.enrol()

    def enrol(self) -> None:
        """Take up the scopes of the roster: those that ask to be measured, and those that no longer do."""
        able = {
            job.scope.key: job
            for job in map(self._as_asked, self._desk.roster.jobs())
            if self._can_be_measured(job)
        }
        wanted = {key for key, job in able.items() if job.source.traffic is not None}
        self._timetable.drop(set(self._timetable.keys()) - wanted)
        self._looked_up &= wanted
        self.owing.keep(wanted)
        self._emptied &= able.keys() - wanted
        for key in sorted(wanted & set(self._timetable.keys())):
            self._put(able[key])
        self._look_up([able[key] for key in sorted(wanted - self._looked_up)])
        self._empty([able[key] for key in sorted(able.keys() - wanted - self._emptied)])

    def visited(self, report: RunReport) -> None:
        """Have a scope measured where that waited for its visit."""
        key, now = report.scope.key, self._desk.tools.clock.monotonic()
        if not self.owing.visited(key) or key not in self._timetable:
            return
        if any(key in keys for keys in self._open.values()):
            self._timetable.happen(key, now)
        else:
            self._timetable.hasten([key], now)

    def ask(self, keys: Iterable[str]) -> None:
        """Have scopes measured after their next visit, due or not."""
        self.owing.await_visit(self._looked_up.intersection(keys))

    def look(self) -> list[QueueJob]:
        """Return a job for each quota group of which something is due."""
        self._due = {}
        for each in self._timetable.due(self._desk.tools.clock.monotonic()):
            if each.group not in self._open:
                self._due.setdefault(each.group, []).append(each)
        return [
            QueueJob(MEASURE, name, min(each.priority for each in items))
            for name, items in self._due.items()
        ]

    def handle(self, job: QueueJob) -> Future[None]:
        """Measure what is due of a group; may be called from any thread."""
        future: Future[None] = Future()
        self._desk.supervisor.post(lambda: self._begin(job.key, future))
        return future

    def left_behind(self) -> dict[str, str]:
        """Return threads that did not return in time, and where each is; may be called from any thread."""
        found: dict[str, str] = {}
        for supervisor in list(self._rounds.values()):
            found |= supervisor.left_behind()
        return found

    # A round.

    def _begin(self, name: str, future: Future[None]) -> None:
        desk, now = self._desk, self._desk.tools.clock.monotonic()
        jobs = [] if desk.stop.error or name in self._open else self._due_of(name)
        if not jobs:
            future.set_result(None)
            return
        for job in jobs:
            self._timetable.begin(job.scope.key, now)
        self._open[name] = frozenset(job.scope.key for job in jobs)
        self.owing.begin(name, self._open[name])
        grace_s = desk.tools.limits.grace_s
        supervisor = self._rounds.setdefault(name, Supervisor(desk.tools.clock, grace_s))

        def end(reports: tuple[TrafficReport, ...]) -> None:
            desk.told(reports)
            self._end(name, jobs, {report.scope.key: report for report in reports}, future)

        def fail(why: object) -> None:
            if not desk.stop.error:
                _LOG.error("traffic of %s could not be measured: %s", name, _words(why))
            self.owing.end(name, _words(why))
            self._end(name, jobs, None, future)

        stop = Stop(desk.tools.clock, above=desk.stop)
        self._start(
            f"traffic of {name}", lambda: self._measure(jobs, stop, supervisor), stop, end, fail
        )

    def _due_of(self, name: str) -> list[Job]:
        """Return what is due of a group and still is to be measured."""
        due = [each.key for each in self._due.pop(name, ())]
        held = [self._desk.roster.job(key) for key in due if key in self._timetable]
        return [
            self._as_asked(job)
            for job in held
            if job is not None and not self._timetable.pauses.hold(job.scope.key)
        ]

    def _measure(
        self, jobs: Sequence[Job], stop: Stop, supervisor: Supervisor | None = None
    ) -> tuple[TrafficReport, ...]:
        desk = self._desk
        return measure_traffic(jobs, desk.store, desk.tools, stop=stop, supervisor=supervisor)

    def _end(
        self,
        name: str,
        jobs: Sequence[Job],
        reports: Mapping[str, TrafficReport] | None,
        future: Future[None],
    ) -> None:
        """Schedule the next round of some scopes; without reports the store failed."""
        clock = self._desk.tools.clock
        for job in jobs:
            key = job.scope.key
            report = None if reports is None else reports.get(key)
            if report is None:
                self.owing.await_visit([key])
            else:
                self.owing.need_no_visit(key)
            failure = ErrorKind.UNREACHABLE if reports is None else _failure(report)
            wait_s = None if failure is None else _wait_s(job, report)
            last = Visited(ended_at=clock.now(), failure=failure, retry_after_s=wait_s)
            self._timetable.end(key, last, clock.monotonic())
        del self._open[name]
        self.owing.end(name)
        future.set_result(None)

    # What the store remembers.

    def _look_up(self, jobs: Sequence[Job]) -> None:
        """Have looked up when scopes were measured last; they are scheduled once that is known."""
        self._looked_up |= {job.scope.key for job in jobs}
        store = self._desk.store

        def enter(found: Mapping[str, Visited]) -> None:
            for job in jobs:
                if job.scope.key in self._looked_up and job.scope.key not in self._timetable:
                    self._enter(job, found.get(job.scope.key))

        def fail(why: object) -> None:
            _LOG.warning("nobody knows when traffic was measured last: %s", _words(why))
            enter({})

        def work() -> dict[str, Visited]:
            return {key: Visited(ended_at=at) for key, at in last_measured(jobs, store).items()}

        if jobs:
            self._start("look up traffic", work, self._stop(), enter, fail)

    def _enter(self, job: Job, last: Visited | None) -> None:
        """Schedule a scope; one that was never measured is measured at once, and after its next visit."""
        key, every_s = job.scope.key, _every_s(job)
        rest_s = first_delay_s(key, last, every_s, self._desk.tools.clock.now())
        self._put(job, 0.0 if self.owing.owes(key) else rest_s, last)
        if last is None:
            self.owing.await_visit([key])

    def _empty(self, jobs: Sequence[Job]) -> None:
        """Have emptied what was measured of scopes of which nothing is to be measured any more."""
        keys = {job.scope.key for job in jobs}
        self._emptied |= keys
        stop = self._stop()

        def fail(why: object) -> None:
            _LOG.warning("traffic that nobody measures any more still stands: %s", _words(why))
            self._emptied -= keys

        if jobs:
            self._start(
                "empty traffic", lambda: self._measure(jobs, stop), stop, self._desk.told, fail
            )

    # Small parts.

    def _can_be_measured(self, job: Job) -> bool:
        """Say whether a job's collector measures; looking at one is dear, and there are few kinds of them."""
        kind = type(job.collector)
        if kind not in self._able:
            self._able[kind] = isinstance(job.collector, MeasuresTraffic)
        return self._able[kind]

    def _as_asked(self, job: Job) -> Job:
        """Return a job as the configuration now has it measured, however its source was planned."""
        source = self._sources.get(job.source.name)
        asked = source.traffic if source is not None else None
        if job.source.traffic == asked:
            return job
        return msgspec.structs.replace(
            job, source=msgspec.structs.replace(job.source, traffic=asked)
        )

    def _put(self, job: Job, due_in_s: float = 0.0, last: Visited | None = None) -> None:
        now = self._desk.tools.clock.monotonic()
        given = (job.scope.key, group(job), _every_s(job), now)
        self._timetable.put(*given, due_in_s=due_in_s, last=last)

    def _stop(self) -> Stop:
        return Stop(self._desk.tools.clock, above=self._desk.stop)

    def _start(
        self,
        name: str,
        work: Callable[[], object],
        stop: Stop,
        ended: Callable[..., None],
        failed: Callable[[object], None],
    ) -> None:
        task = Task(
            name=f"{name} {next(self._numbers)}",
            kind="traffic",
            work=work,
            stop=stop,
            ended=ended,
            failed=failed,
            left=failed,
        )
        self._desk.supervisor.start(task)


class AfterVisits:
    """A `Progress` that passes everything on, and tells of each visit that ended.

    Args:
        then: What everything is passed on to.
        visited: Told the reports.
    """

    def __init__(self, then: Progress, visited: Callable[[RunReport], None]) -> None:
        self._then = then
        self._visited = visited

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Pass it on."""
        self._then.planned(plan, forecast)

    def started(self, scope: Scope) -> None:
        """Pass it on."""
        self._then.started(scope)

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Pass it on."""
        self._then.tick(ledgers)

    def ended(self, report: RunReport) -> None:
        """Tell of it, and pass it on."""
        self._visited(report)
        self._then.ended(report)

    def spent(self, scope: Scope, spent: Sequence[Spent]) -> None:
        """Pass on what a visit's calls took, to whoever follows that."""
        if isinstance(self._then, FollowsCalls):
            self._then.spent(scope, spent)


def _every_s(job: Job) -> float:
    traffic = job.source.traffic
    return job.source.interval_s if traffic is None else traffic.every_s


def _wait_s(job: Job, report: TrafficReport | None) -> float:
    """Return how long to wait after a failure at least: the interval, or what the provider asked for."""
    asked = report.uncountable if report is not None else ()
    return max([_every_s(job), *(each.error.retry_after_s or 0.0 for each in asked)])


def _failure(report: TrafficReport | None) -> str | None:
    """Return why a round counts as failed: nothing was measured, and another try may mend that."""
    if report is None or report.measured:
        return None
    kinds = (each.error.kind for each in report.uncountable)
    return next((kind for kind in kinds if kind not in AS_EVER), None)


def _words(why: object) -> str:
    return "its thread died" if why is None else str(getattr(why, "message", why))
