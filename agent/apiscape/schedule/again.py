"""Which objects are looked at again between visits, and when: what a change named, half a minute after.

Each object waits for itself, so that one that changes all the time puts off no other. A look holds up nobody:
it has a thread of its own, at most one a scope, and gives way to a visit of the scope. What a visit that began
after a change saw need not be looked at any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from apiscape.collect.again import LookAgain
from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.noticing import saw, whole_since
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.collectors.changing import LooksAgain, Touched
from apiscape.errors import ApiscapeError
from apiscape.model.noticed import LookedAgain, Sighting
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.model.vocabulary import ErrorKind
from apiscape.schedule.roster import Roster
from apiscape.schedule.timetable import DEBOUNCE_S, LONGEST_DEBOUNCE_S

LOOKS_AT_ONCE = 32
"""Scopes that are looked at again at the same time."""

MOST_OBJECTS = 100
"""Objects of one look; what is more waits for the next one."""

DEADLINE_S = 300.0
"""Longest that a look may take."""

RETRY_S = 300.0
"""After how long an object is looked at anew that could not be looked at for a reason that passes."""

PASSES = frozenset(
    {ErrorKind.THROTTLED, ErrorKind.UNREACHABLE, ErrorKind.DEADLINE, ErrorKind.INTERRUPTED}
)
"""What may be better at the next try; all else waits for the next visit."""

DIED = ErrorRecord(kind=ErrorKind.DEFECT, message="its thread died")

Told = Callable[[LookedAgain], None]
Visiting = Callable[[str], bool]

_LOG = logging.getLogger("apiscape.schedule")


@dataclass(frozen=True)
class Bench:
    """What looks and polls work with.

    Attributes:
        quotas: Those of the visits.
        visiting: Says whether a scope is visited just now.
    """

    supervisor: Supervisor
    means: Means
    quotas: Quotas
    roster: Roster
    stop: Stop
    visiting: Visiting


@dataclass
class _Pending:
    first_at: float
    due_at: float
    changed_at: datetime
    names: set[str] = field(default_factory=set)


class Again:
    """Looks at objects again. Used by the supervisor's thread.

    Args:
        bench: What it works with.
        told: Told what came of each look.
    """

    def __init__(self, bench: Bench, told: Told) -> None:
        self._bench = bench
        self._told = told
        self._pending: dict[str, dict[str, _Pending]] = {}
        self._under_way: dict[str, dict[str, _Pending]] = {}

    def notice(self, sightings: Iterable[Sighting]) -> None:
        """Have objects looked at, once nothing more is heard of them for a while."""
        now = self._bench.means.clock.monotonic()
        for each in sightings:
            held = self._pending.setdefault(each.key, {})
            entry = held.setdefault(each.native_id, _Pending(now, now, each.at))
            entry.due_at = min(now + DEBOUNCE_S, entry.first_at + LONGEST_DEBOUNCE_S)
            entry.changed_at = max(entry.changed_at, each.at)
            entry.names.add(each.name)

    def visited(self, report: RunReport) -> None:
        """Forget what a whole visit saw after it had changed."""
        began_at = whole_since(report)
        held = self._pending.get(report.scope.key, {})
        for native_id in [key for key, each in held.items() if saw(began_at, each.changed_at)]:
            del held[native_id]

    def look(self) -> None:
        """Begin to look at what is due, where there is room for it and no visit is under way."""
        now = self._bench.means.clock.monotonic()
        for key in list(self._pending):
            if not self._pending[key]:
                del self._pending[key]
            elif len(self._under_way) < LOOKS_AT_ONCE and self._may_begin(key):
                due = [id_ for id_, each in self._pending[key].items() if each.due_at <= now]
                self._begin(key, due[:MOST_OBJECTS])

    def _may_begin(self, key: str) -> bool:
        bench = self._bench
        job = bench.roster.job(key)
        if job is None or job.source.events is None:
            self._pending[key].clear()
            return False
        held = bench.visiting(key) or key in self._under_way or bench.supervisor.lingers(_name(key))
        return not held and not bench.roster.timetable.pauses.hold(key)

    def _begin(self, key: str, ids: list[str]) -> None:
        job, bench = self._bench.roster.job(key), self._bench
        if not ids or job is None or bench.stop.error is not None:
            return
        taken = {native_id: self._pending[key].pop(native_id) for native_id in ids}
        self._under_way[key] = taken
        stop = Stop(bench.means.clock, deadline_s=DEADLINE_S, above=bench.stop)
        budget = ScopeBudget(bench.quotas, job.provider.name, stop)
        objects = [Touched(id_, frozenset(each.names)) for id_, each in taken.items()]
        _publish(job, bench.quotas)
        look = LookAgain(job, bench.means, budget, objects)
        task = Task(
            name=_name(key),
            kind=f"again {job.scope.product}",
            work=look.execute,
            stop=stop,
            ended=partial(self._end, key),
            failed=partial(self._fail, look),
            left=lambda error: self._end(key, look.close(error)),
        )
        bench.supervisor.start(task)

    def _end(self, key: str, report: LookedAgain) -> None:
        """Have looked at again, later, what could not be looked at; tell of it."""
        taken = self._under_way.pop(key)
        wait_s = DEBOUNCE_S if report.overtaken else RETRY_S
        for native_id in _left(report):
            self._put_back(key, native_id, taken[native_id], wait_s)
        self._told(report)

    def _fail(self, look: LookAgain, error: ApiscapeError | None) -> None:
        """Take up that the store failed, or the thread died."""
        key = look.job.scope.key
        record = DIED
        if error is not None:
            record = ErrorRecord(kind=ErrorKind.UNREACHABLE, message=f"not stored: {error.message}")
        _LOG.error("%s could not be looked at again: %s", key, record.message)
        self._end(key, look.report(record))

    def _put_back(self, key: str, native_id: str, entry: _Pending, wait_s: float) -> None:
        """Have an object looked at later, unless it changed meanwhile and is to be anyway."""
        now = self._bench.means.clock.monotonic()
        held = self._pending.setdefault(key, {})
        if native_id in held:
            held[native_id].names |= entry.names
        else:
            entry.first_at = now
            entry.due_at = now + wait_s
            held[native_id] = entry


def _left(report: LookedAgain) -> Iterator[str]:
    """Yield what is to be looked at again: all of it where a visit came first, else what may pass."""
    if report.overtaken:
        yield from report.asked
        return
    ended_early = report.error is not None and report.error.kind in PASSES
    for native_id in report.asked:
        failure = report.failed.get(native_id)
        spoken_of = native_id in report.failed or native_id in report.told
        if (failure is not None and failure.kind in PASSES) or (ended_early and not spoken_of):
            yield native_id


def _publish(job: Job, quotas: Quotas) -> None:
    if job.collector is not None and isinstance(job.collector, LooksAgain):
        quotas.publish(job.source.provider, job.collector.quotas, job.source.quotas)


def _name(key: str) -> str:
    return f"look again {key}"
