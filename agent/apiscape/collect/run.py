"""One visit of a scope: from claiming its generation to what it says of presence.

This is a process edge. Whatever a collector does ends here as data: its errors, its defects,
an exception that nobody thought of. Only the store's errors go on, for then no visit can be
kept.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from apiscape.collect.clock import Stop
from apiscape.collect.direct import read_directly
from apiscape.collect.generation import Generation
from apiscape.collect.job import Job, Means
from apiscape.collect.lending import lend_session
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.contract import (
    Collector,
    CollectorError,
    Observation,
    ReadsDirectly,
)
from apiscape.errors import ApiscapeError, Fenced
from apiscape.model.run import ErrorRecord, Ledger, RunReport
from apiscape.model.vocabulary import ErrorKind

T = TypeVar("T")


class ScopeRun:
    """One visit of one scope.

    Args:
        job: What to visit.
        means: What to work with.
        budget: What provider calls draw on.
        stop: Says when to end.
    """

    def __init__(self, job: Job, means: Means, budget: ScopeBudget, stop: Stop) -> None:
        self.job = job
        self.stop = stop
        self._means = means
        self._budget = budget
        self._lock = threading.Lock()
        self._generation = Generation(job, means, budget)
        version = 0 if job.collector is None else job.collector.normaliser_version
        self._tokens = TokenBook((), version, job.anew)

    def execute(self) -> RunReport:
        """Visit the scope and return how it ended.

        Raises:
            StoreError: the store failed; the visit cannot be kept.
        """
        return self._unless_fenced(self._begin_and_end)

    def abandon(self, error: ErrorRecord) -> RunReport:
        """End a visit that does not end by itself, from another thread.

        What it has said is kept; what it still says is refused.

        Raises:
            StoreError: the store failed.
        """
        self.stop.tell(error)
        return self._unless_fenced(lambda: self._end(error))

    def ledger(self) -> Ledger:
        """Return the sums so far, with the calls."""
        return self._generation.sums()

    def _unless_fenced(self, work: Callable[[], RunReport]) -> RunReport:
        try:
            return work()
        except Fenced as fenced:
            return self._generation.give_way(fenced)

    def _begin_and_end(self) -> RunReport:
        self._generation.begin(self._tokens)
        return self._end(self._visit())

    def _visit(self) -> ErrorRecord | None:
        """Run the collector; return what ended it early, if anything did."""
        collector = self.job.collector
        if self.job.error is not None or collector is None:
            return self.job.error
        ended = at_edge(self.job.scope.product, lambda: self._discover(collector))
        if ended is not None and ended.kind == ErrorKind.DEADLINE:
            return self.stop.error or ended
        return ended

    def _discover(self, collector: Collector) -> None:
        with lend_session(
            self.job.provider, self.job.source.settings, self.job.scope.reach, self._budget
        ) as session:
            visit = lend(self.job, self._means, session, self._tokens, self.stop)
            for said in collector.discover(self.job.scope, visit):
                self._take(said)
            if isinstance(collector, ReadsDirectly):
                generation = self._generation
                read_directly(
                    collector,
                    self.job.scope,
                    visit,
                    generation.ledger,
                    generation.known.values(),
                    generation.run.generation,
                )

    def _take(self, said: Observation) -> None:
        self.stop.check()
        with self._lock:
            self._generation.take(said)

    def _end(self, error: ErrorRecord | None) -> RunReport:
        with self._lock:
            return self._generation.end(error)


def lend(
    job: Job,
    means: Means,
    session: Any,  # noqa: ANN401 - the SDK's own type
    tokens: TokenBook,
    stop: Stop,
) -> ScopeVisit:
    """Return what a collector works with."""
    visit = ScopeVisit(
        session,
        job.source,
        job.scope,
        tokens=tokens,
        stop=stop,
        clock=means.clock,
        workers=means.workers,
    )
    visit.notes = job.notes
    return visit


def at_edge(what: str, work: Callable[[], T]) -> T | ErrorRecord:
    """Do what a plug-in does, and return what went wrong as data; the store's errors go on."""
    try:
        return work()
    except CollectorError as error:
        return error.record()
    except ApiscapeError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a plug-in's defect is data
        return describe_defect(what, error)


def describe_defect(plug_in: str, error: Exception) -> ErrorRecord:
    """Return what a plug-in's unforeseen exception is in words: its type and place.

    Its text is left out: nobody knows whether it holds a credential.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return ErrorRecord(
        kind=ErrorKind.DEFECT,
        message=f"defect of {plug_in}: {type(error).__name__} at {where}",
        next_step="report it to the collector's author",
    )
