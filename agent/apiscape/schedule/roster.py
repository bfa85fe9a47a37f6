"""Every scope that is scheduled: what to do there, and when."""

from __future__ import annotations

import msgspec

from apiscape.collect.clock import Clock
from apiscape.collect.job import Job
from apiscape.collect.plan import NO_LONGER_CONFIGURED, PlannedSource
from apiscape.collect.source import SourcePlan
from apiscape.collect.visits import account
from apiscape.collectors.contract import Watches
from apiscape.schedule.due import first_delay_s, visited
from apiscape.schedule.timetable import Timetable

VISIT, WATCH = "visit", "watch"
"""Kinds of queue jobs: visits that end, and watches that go on."""


class Roster:
    """The jobs of all sources, by scope key, and their timetable. Used by one thread.

    Args:
        clock: Says how old the store's runs are.
    """

    def __init__(self, clock: Clock) -> None:
        self.timetable = Timetable()
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    def take(self, plan: PlannedSource) -> frozenset[str]:
        """Take up a source's plan; scopes that stand keep their place, and those it leaves out go.

        Returns the keys of scopes that are to be looked at in another way than before.
        """
        jobs = {job.scope.key: job for job in plan.jobs}
        changed = frozenset(
            key for key, job in jobs.items() if key in self._jobs and _differ(self._jobs[key], job)
        )
        self.drop(set(self.of_source(plan.source.name)) - jobs.keys())
        for key, job in jobs.items():
            self._put(key, job, plan)
        return changed

    def drop(self, keys: set[str]) -> None:
        """Forget scopes."""
        self.timetable.drop(keys)
        for key in keys:
            self._jobs.pop(key, None)

    def job(self, key: str) -> Job | None:
        """Return the job of a scope."""
        return self._jobs.get(key)

    def jobs(self) -> tuple[Job, ...]:
        """Return the job of every scope."""
        return tuple(self._jobs.values())

    def of_source(self, name: str) -> tuple[str, ...]:
        """Return the keys of a source's scopes."""
        return tuple(key for key, job in self._jobs.items() if job.source.name == name)

    def kind(self, key: str) -> str:
        """Say whether a scope is visited or watched."""
        job = self._jobs[key]
        watched = isinstance(job.collector, Watches) and job.source.watch and job.error is None
        return WATCH if watched else VISIT

    def _put(self, key: str, job: Job, plan: PlannedSource) -> None:
        now, before = self._clock.monotonic(), self._jobs.get(key)
        last = visited(plan.last[key]) if key in plan.last else None
        interval_s = job.source.interval_s
        due_in_s = first_delay_s(key, last, interval_s, self._clock.now())
        self._jobs[key] = _with_notes(job, before)
        self.timetable.put(key, group(job), interval_s, now, due_in_s=due_in_s, last=last)
        mended = before is not None and before.error is not None and job.error is None
        if mended or _lays_down(job):
            self.timetable.hasten([key], now)


def _with_notes(job: Job, before: Job | None) -> Job:
    """Return a job with what was noted of its scope, where its source hears of changes."""
    if job.source.events is None:
        return job
    notes = before.notes if before is not None and before.notes is not None else {}
    return msgspec.structs.replace(job, notes=notes)


def group(job: Job) -> str:
    """Return the quota group of a job: what shares an account's quotas is one job of the queue."""
    return "/".join(account(job))


def _differ(before: Job, job: Job) -> bool:
    """Say whether a scope is looked at in another way: not where only times or quotas differ."""
    return (before.error is None) != (job.error is None) or _look(before.source) != _look(
        job.source
    )


def _look(source: SourcePlan) -> tuple[object, ...]:
    options = msgspec.json.encode(source.options, order="deterministic")
    return (source.settings, source.include, source.exclude, options, source.watch, source.files)


def _lays_down(job: Job) -> bool:
    return job.error is not None and job.error.message == NO_LONGER_CONFIGURED
