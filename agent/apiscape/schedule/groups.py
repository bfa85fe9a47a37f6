"""Quota groups under way: a queue job is open as long as anything of its group is visited.

What falls due meanwhile joins the group that is open, so that one slow scope keeps neither its
account nor anybody else waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import msgspec

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.plan import is_laid_down
from apiscape.collect.progress import Progress
from apiscape.collect.supervisor import Supervisor
from apiscape.collect.visits import Ends, Run, Visits, not_begun
from apiscape.errors import ApiscapeError
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.due import Visited
from apiscape.schedule.queue import QueueJob
from apiscape.schedule.roster import Roster
from apiscape.schedule.timetable import Due

_LOG = logging.getLogger("apiscape.schedule")


class End(Entity, frozen=True):
    """How a run ended, for the timetable (`Timetable.end`)."""

    last: Visited
    again: bool = False
    settled: bool = False


@dataclass
class _Group:
    future: Future[None]
    under_way: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Yard:
    """What groups work with.

    Attributes:
        read_end: Says what a run's end means for the next one.
    """

    kind: str
    read_end: Callable[[Run | None, RunReport], End]
    supervisor: Supervisor
    visits: Visits
    roster: Roster
    clock: Clock
    progress: Progress
    stop: Stop


class Groups:
    """The open groups of one kind. Used by the supervisor's thread, but for `handle`.

    Args:
        yard: What they work with.
    """

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._open: dict[str, _Group] = {}
        self._due: dict[str, list[Due]] = {}
        self._told: dict[str, RunReport] = {}

    def look(self, due: Iterable[Due]) -> list[QueueJob]:
        """Take up what is due: what is of an open group begins, for the others a job is returned."""
        self._due = {}
        for each in due:
            self._due.setdefault(each.group, []).append(each)
        for name in self._open.keys() & self._due.keys():
            self._begin_due(name)
        return [
            QueueJob(self._yard.kind, name, min(each.priority for each in items))
            for name, items in self._due.items()
        ]

    def handle(self, job: QueueJob) -> Future[None]:
        """Visit what is due of a group; may be called from any thread."""
        future: Future[None] = Future()
        self._yard.supervisor.post(lambda: self._begin(job.key, future))
        return future

    def tell(self, report: RunReport) -> None:
        """Pass on a report of a run that goes on; may be called from any thread."""
        self._yard.supervisor.post(lambda: self._pass_on(report))

    def _begin(self, name: str, future: Future[None]) -> None:
        if self._yard.stop.error is not None or name in self._open:
            future.set_result(None)
            return
        self._open[name] = _Group(future)
        self._begin_due(name)
        self._close_if_done(name)

    def _begin_due(self, name: str) -> None:
        for each in self._due.pop(name, ()):
            self._start(self._open[name], each)

    def _start(self, group: _Group, due: Due) -> None:
        """Begin a visit, unless one of the scope is under way, or it fell away meanwhile."""
        yard, key = self._yard, due.key
        job, timetable = yard.roster.job(key), yard.roster.timetable
        under_way = yard.visits.run_of(key) is not None or key in group.under_way
        if job is None or under_way or timetable.pauses.hold(key):
            return
        anew = timetable.begin(key, yard.clock.monotonic())
        group.under_way.add(key)
        ends = Ends(partial(self._end, due.group, key), partial(self._fail, due.group, key))
        yard.visits.submit(msgspec.structs.replace(job, anew=anew), yard.stop, ends)

    def _end(self, name: str, key: str, run: Run | None, report: RunReport) -> None:
        self._pass_on(report)
        self._told.pop(key, None)
        yard, end = self._yard, self._yard.read_end(run, report)
        now = yard.clock.monotonic()
        yard.roster.timetable.end(key, end.last, now, again=end.again, settled=end.settled)
        if is_laid_down(report):
            yard.roster.drop({key})
        self._leave(name, key)

    def _fail(self, name: str, key: str, error: ApiscapeError) -> None:
        """Take up that the store failed: the scope is visited again, later every time."""
        yard = self._yard
        _LOG.error("the visit of %s could not be stored: %s", key, error.message)
        last = Visited(ended_at=yard.clock.now(), failure=ErrorKind.UNREACHABLE)
        yard.roster.timetable.end(key, last, yard.clock.monotonic())
        job = yard.roster.job(key)
        if job is not None:
            record = ErrorRecord(kind=ErrorKind.UNREACHABLE, message=f"not stored: {error.message}")
            yard.progress.ended(not_begun(job, record, yard.clock))
        self._leave(name, key)

    def _leave(self, name: str, key: str) -> None:
        self._open[name].under_way.discard(key)
        self._close_if_done(name)

    def _close_if_done(self, name: str) -> None:
        group = self._open[name]
        if not group.under_way:
            del self._open[name]
            group.future.set_result(None)

    def _pass_on(self, report: RunReport) -> None:
        """Tell progress of a report, once."""
        key = report.scope.key
        if self._told.get(key) is not report:
            self._told[key] = report
            self._yard.progress.ended(report)
