"""Reading the changes of one reach from its provider's own log, and finding what they are of.

A change is a hint: whom it names is looked at, and nothing else of it is kept. What could not be read is
said. It is no loss that lasts, for the next visit of each scope sees everything.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from apiscape.collect.job import Job, Means
from apiscape.collect.lending import lend_session
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.run import at_edge, lend
from apiscape.collect.visit import TokenBook
from apiscape.collectors.changing import EVERY, Change, Heard, LooksAgain, TellsChanges
from apiscape.model.noticed import Noticed, Sighting
from apiscape.model.run import FINE, ErrorRecord, RunReport, Scope

SKEW = timedelta(seconds=10)
"""How far the clock of a log may be from ours, and how coarse its times are."""


class Poll(msgspec.Struct, frozen=True):
    """What came of reading a log once.

    Attributes:
        heard: Ids of what it told, and when that was, those heard of before included.
        missed: Whether asking again may bring what could not be read.
        error: What ended it early, if something did.
    """

    noticed: Noticed
    heard: dict[str, datetime]
    missed: bool = False
    error: ErrorRecord | None = None


def place_of(job: Job) -> str:
    """Return the key of a job's reach, its source included: what one log is read for."""
    return f"{job.source.name}/{job.scope.reach.key}"


def read_log(
    jobs: Sequence[Job],
    means: Means,
    budget: ScopeBudget,
    since: datetime,
    known: Container[str],
) -> Poll:
    """Read what was changed in the reach of some jobs since a time, and find the objects that it names.

    Args:
        jobs: Of one reach, all of whose collectors look again and whose provider tells changes.
        means: What it works with.
        budget: What calls draw on.
        since: From when on.
        known: Ids of changes that were heard of before.

    Raises:
        StoreError: the store cannot be read.
    """
    told: list[Heard] = []
    error = at_edge(jobs[0].provider.name, lambda: _listen(jobs, means, budget, since, told))
    if error is not None and budget.stop.error is not None:
        error = budget.stop.error
    fresh: dict[str, Change] = {}
    heard: dict[str, datetime] = {}
    unread: list[ErrorRecord] = []
    missed = error is not None
    for each in tuple(told):
        if isinstance(each, Change):
            heard[each.id] = each.at
            if each.id not in known:
                fresh[each.id] = each
            continue
        if each.id is not None:
            heard[each.id] = means.clock.now()
        if each.id is None or each.id not in known:
            unread.append(each.error)
        missed = missed or not each.lost
    found = tuple(_find(jobs, means, fresh.values(), unread))
    noticed = Noticed(
        place=place_of(jobs[0]),
        events=len(fresh),
        objects=tuple(each for each in found if each.native_id != EVERY),
        unplaced=tuple(each for each in found if each.native_id == EVERY),
        unread=tuple(dict.fromkeys((*unread, *((error,) if error else ())))),
        calls=budget.calls,
        throttled=budget.throttled_calls,
    )
    return Poll(noticed, heard, missed, error)


def _listen(
    jobs: Sequence[Job], means: Means, budget: ScopeBudget, since: datetime, told: list[Heard]
) -> None:
    job, provider = jobs[0], jobs[0].provider
    topics = sorted({topic for each in jobs for topic in _looks(each).topics})
    if not isinstance(provider, TellsChanges):
        return
    with lend_session(provider, job.source.settings, job.scope.reach, budget) as session:
        visit = lend(job, means, session, TokenBook((), 0), budget.stop)
        for each in provider.changes(job.scope, visit, topics, since):
            budget.stop.check()
            told.append(each)


def _find(
    jobs: Sequence[Job], means: Means, changes: Iterable[Change], unread: list[ErrorRecord]
) -> Iterator[Sighting]:
    """Yield the objects that changes name, each with the scope that has it, or all that may have it.

    What a whole visit saw that began after the change is left out.
    """
    held: dict[str, frozenset[str]] = {}
    visited: dict[str, datetime | None] = {}
    seen: set[Sighting] = set()
    for change in changes:
        named = [(job, found) for job in jobs for found in _named(job, change, unread)]
        for job, _ in named:
            if job.scope.key not in held:
                rows = means.runs.known(job.scope).values()
                held[job.scope.key] = frozenset(row.listed_id for row in rows)
                visited[job.scope.key] = _seen_whole(means, job.scope)
        owners = {
            native_id: job.scope.key for job, native_id in named if native_id in held[job.scope.key]
        }
        for job, native_id in named:
            key = job.scope.key
            sighting = Sighting(key=key, native_id=native_id, name=change.name, at=change.at)
            if saw(visited[key], change.at) or owners.get(native_id, key) != key:
                continue
            if sighting not in seen:
                seen.add(sighting)
                yield sighting


def _seen_whole(means: Means, scope: Scope) -> datetime | None:
    """Return when the newest visit of a scope began, `None` unless it saw everything."""
    newest = next(iter(means.runs.newest(1, scope.key)), None)
    return None if newest is None else whole_since(newest)


def whole_since(report: RunReport) -> datetime | None:
    """Return since when what a visit saw is all there was; `None` where it did not see everything."""
    ended = report.ended_at is not None and bool(report.generation)
    return report.started_at if ended and report.outcome in FINE else None


def saw(visited_at: datetime | None, changed_at: datetime) -> bool:
    """Say whether a visit that began at a time has seen a change."""
    return visited_at is not None and changed_at < visited_at - SKEW


def _named(job: Job, change: Change, unread: list[ErrorRecord]) -> tuple[str, ...]:
    """Return what a change names of a job's; a collector that stumbles over it says so."""
    collector = _looks(job)
    if change.topic not in collector.topics:
        return ()
    found = at_edge(job.scope.product, lambda: tuple(collector.touched(change)))
    if isinstance(found, ErrorRecord):
        unread.append(found)
        return ()
    return found


def _looks(job: Job) -> LooksAgain:
    """Return a job's collector.

    Raises:
        TypeError: it does not look again.
    """
    if not isinstance(job.collector, LooksAgain):
        raise TypeError(f"{job.scope.product} does not look again")
    return job.collector
