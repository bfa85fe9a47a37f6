"""Watches under way: how long each goes on, and what its end means for the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.run import ScopeRun
from apiscape.collect.visits import Run
from apiscape.collect.watch import Patience, WatchRun
from apiscape.model.run import RunReport
from apiscape.schedule.due import Visited, share, visited
from apiscape.schedule.groups import End

SETTLED_S = 600.0
"""How long a watch follows before earlier cuts are forgotten."""

RELIST_SPREAD = 0.25
"""The part of a day over which watches list again, so that they do not all at once."""


class Watching:
    """Makes watches.

    Args:
        patience: How long they go on at most.
        told: Told the report of every list that came to its end, from the watch's thread.
    """

    def __init__(self, patience: Patience, told: Callable[[RunReport], None]) -> None:
        self._patience = patience
        self._told = told

    def make(self, job: Job, means: Means, budget: ScopeBudget, stop: Stop) -> Run:
        """Return the watch of a job; a job that cannot be done is a visit that says so."""
        if job.error is not None:
            return ScopeRun(job, means, budget, stop)
        early = 1 - RELIST_SPREAD * share(job.scope.key)
        patience = msgspec.structs.replace(self._patience, relist_s=self._patience.relist_s * early)
        return WatchRun(job, means, budget, stop, patience, self._told)


def relist(runs: Iterable[Run], chosen: Callable[[WatchRun], bool]) -> None:
    """Have watches end well, to be begun again when their scopes may be."""
    for run in runs:
        if isinstance(run, WatchRun) and chosen(run):
            run.relist()


def read_watch(run: Run | None, report: RunReport) -> End:
    """Read the end of a watch: what cut it counts, and not how its last list ended."""
    if not isinstance(run, WatchRun):
        return End(visited(report))
    if run.cut is None:
        return End(visited(report), again=run.again)
    last = Visited(
        ended_at=report.ended_at or report.started_at,
        failure=run.cut.kind,
        retry_after_s=run.cut.retry_after_s,
    )
    return End(last, settled=run.followed_s >= SETTLED_S)
