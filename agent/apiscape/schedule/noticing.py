"""When the logs of changes are read: one poll a reach, for all of its collectors, by a timetable of its own.

Reads overlap in time, for a log tells of a change minutes after it, and what comes again is known by its id.
A read that failed is made up for by the next one, which goes further back; what stays unread is said, and the
next visit sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job
from apiscape.collect.noticing import Poll, place_of, read_log
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.supervisor import Task
from apiscape.collectors.changing import LooksAgain, TellsChanges
from apiscape.errors import ApiscapeError
from apiscape.model.noticed import LookedAgain, Noticed
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.again import DIED, Again, Bench
from apiscape.schedule.due import Visited, share
from apiscape.schedule.roster import group
from apiscape.schedule.timetable import Timetable

POLLS_AT_ONCE = 32
"""Logs that are read at the same time."""

OVERLAP = timedelta(minutes=15)
"""How long a log may take to tell of a change."""

FURTHEST = timedelta(hours=6)
"""How far back is read at most, after reads that failed."""

DEADLINE_S = 300.0
"""Longest that one read may take."""

_LOG = logging.getLogger("apiscape.schedule")


class Hears(Protocol):
    """Is told what came of hearing of changes, from the driver's thread."""

    def noticed(self, report: Noticed) -> None:
        """Take up what came of reading a log."""
        ...

    def looked_again(self, report: LookedAgain) -> None:
        """Take up what came of looking at objects again."""
        ...


class Unheard:
    """Tells nobody (`Hears`)."""

    def noticed(self, report: Noticed) -> None:
        """Tell nobody."""

    def looked_again(self, report: LookedAgain) -> None:
        """Tell nobody."""


@dataclass
class _Ear:
    """One reach whose log is read.

    Attributes:
        jobs: Whom its changes concern.
        since: Until when everything was read that the log then told.
        heard: What it told, by id, as long as it may come again.
    """

    jobs: tuple[Job, ...]
    since: datetime
    heard: dict[str, datetime] = field(default_factory=dict)
    began_at: datetime | None = None


class Noticing:
    """Reads logs of changes when they are due, and has looked at what they name. Used by the supervisor's thread.

    Args:
        bench: What it works with.
        told: Told what came of it.

    Attributes:
        again: Looks at what changed.
    """

    def __init__(self, bench: Bench, told: Hears) -> None:
        self._bench = bench
        self.again = Again(bench, told.looked_again)
        self._told = told
        self._timetable = Timetable()
        self._timetable.pauses = bench.roster.timetable.pauses
        self._ears: dict[str, _Ear] = {}
        self._under_way: set[str] = set()
        self._able: dict[type, bool] = {}

    def enrol(self) -> None:
        """Take up the reaches of the roster whose source asks for it, and leave those that no longer do."""
        wanted: dict[str, list[Job]] = {}
        for job in self._bench.roster.jobs():
            if job.source.events is not None and job.error is None and self._can_hear(job):
                wanted.setdefault(place_of(job), []).append(job)
        gone = self._ears.keys() - wanted.keys()
        self._timetable.drop(gone)
        for place in gone:
            del self._ears[place]
        for place, jobs in wanted.items():
            self._put(place, tuple(jobs))

    def look(self) -> None:
        """Begin to read and to look at what is due, where there is room for it."""
        self.again.look()
        for each in self._timetable.due(self._bench.means.clock.monotonic()):
            full = len(self._under_way) >= POLLS_AT_ONCE
            if full or self._bench.stop.error is not None:
                return
            if not self._bench.supervisor.lingers(_name(each.key)):
                self._begin(each.key)

    def _put(self, place: str, jobs: tuple[Job, ...]) -> None:
        """Have a reach's log read; the first time soon, and not all of them at once."""
        clock = self._bench.means.clock
        every_s = _every_s(jobs)
        ear = self._ears.get(place)
        if ear is None:
            self._ears[place] = _Ear(jobs, clock.now())
        else:
            ear.jobs = jobs
        first_s = every_s * share(place)
        given = (place, group(jobs[0]), every_s, clock.monotonic())
        self._timetable.put(*given, due_in_s=first_s)

    def _begin(self, place: str) -> None:
        bench, ear = self._bench, self._ears[place]
        clock = bench.means.clock
        self._timetable.begin(place, clock.monotonic())
        self._under_way.add(place)
        now = ear.began_at = clock.now()
        since = max(ear.since - OVERLAP, now - FURTHEST)
        stop = Stop(clock, deadline_s=DEADLINE_S, above=bench.stop)
        provider = ear.jobs[0].provider
        budget = ScopeBudget(bench.quotas, provider.name, stop)
        self._publish(ear.jobs)
        known = frozenset(ear.heard)
        task = Task(
            name=_name(place),
            kind=f"changes {provider.name}",
            work=lambda: read_log(ear.jobs, bench.means, budget, since, known),
            stop=stop,
            ended=partial(self._end, place, ear),
            failed=partial(self._fail, place),
            left=partial(self._give_up, place),
        )
        bench.supervisor.start(task)

    def _end(self, place: str, ear: _Ear, poll: Poll) -> None:
        """Have looked at what was named, remember what was heard, and go on from there unless something is missed."""
        began_at = ear.began_at or ear.since
        if not poll.missed:
            ear.since = max(ear.since, began_at)
        floor = min(ear.since - OVERLAP, began_at - OVERLAP)
        held = ear.heard | poll.heard
        ear.heard = {id_: at for id_, at in held.items() if at >= floor}
        self.again.notice(poll.noticed.objects)
        error = poll.error or next(iter(poll.noticed.unread if poll.missed else ()), None)
        self._close(place, poll.noticed, error)

    def _fail(self, place: str, error: ApiscapeError | None) -> None:
        """Take up that the store cannot be read, or that the thread died."""
        record = DIED
        if error is not None:
            record = ErrorRecord(kind=ErrorKind.UNREACHABLE, message=error.message)
        self._give_up(place, record)

    def _give_up(self, place: str, error: ErrorRecord) -> None:
        _LOG.error("changes of %s could not be read: %s", place, error.message)
        self._close(place, Noticed(place=place, unread=(error,)), error)

    def _close(self, place: str, noticed: Noticed, error: ErrorRecord | None) -> None:
        clock = self._bench.means.clock
        self._under_way.discard(place)
        last = Visited(
            ended_at=clock.now(),
            failure=None if error is None else error.kind,
            retry_after_s=None if error is None else error.retry_after_s,
        )
        self._timetable.end(place, last, clock.monotonic())
        self._told.noticed(noticed)

    def _publish(self, jobs: Sequence[Job]) -> None:
        """Make the quotas of the log known: planning forgets them."""
        source, provider = jobs[0].source, jobs[0].provider
        if isinstance(provider, TellsChanges):
            self._bench.quotas.publish(source.provider, provider.change_quotas, source.quotas)

    def _can_hear(self, job: Job) -> bool:
        """Say whether there is a log, and a collector to look at what it names; looking at one is dear."""
        for each, needed in ((job.collector, LooksAgain), (job.provider, TellsChanges)):
            kind = type(each)
            if kind not in self._able:
                self._able[kind] = isinstance(each, needed)
            if not self._able[kind]:
                return False
        return True


def _every_s(jobs: Sequence[Job]) -> float:
    return min(job.source.events.every_s for job in jobs if job.source.events is not None)


def _name(place: str) -> str:
    return f"changes of {place}"
