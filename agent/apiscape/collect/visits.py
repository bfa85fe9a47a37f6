"""Visits side by side: a few per account, no more than so many in all."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import msgspec

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.progress import Progress
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.spending import FollowsCalls, Spending, within
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.errors import ApiscapeError
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Ledger, RunReport
from apiscape.model.vocabulary import ErrorKind


class Limits(Entity, frozen=True):
    """How much goes on at once, and how patient the supervisor is.

    Attributes:
        scopes, scopes_per_account: Visits under way at once.
        grace_s: How long a visit may take to end once it should.
        tick_s: How often progress is told.
        plan_s: How long planning a source may take.
        lingering: Threads of one product that may linger after they were left behind; where there
            are so many, its other scopes are not visited until one returns.
    """

    scopes: int = 32
    scopes_per_account: int = 8
    grace_s: float = 5.0
    tick_s: float = 0.5
    plan_s: float = 300.0
    lingering: int = 8


class Run(Protocol):
    """One visit of one scope, or one watch over it."""

    job: Job
    stop: Stop

    def execute(self) -> RunReport:
        """Do it, and return how it ended."""
        ...

    def abandon(self, error: ErrorRecord, /) -> RunReport:
        """End it from another thread, and return how."""
        ...

    def ledger(self) -> Ledger:
        """Return the sums so far."""
        ...


Make = Callable[[Job, Means, ScopeBudget, Stop], Run]
"""Makes the run of a job."""


@dataclass(frozen=True)
class Ends:
    """What to do about the end of a visit.

    Attributes:
        ended: Told the run and its report; without a run it was not begun, and the store does not
            hear of it.
        failed: Told that the store failed.
    """

    ended: Callable[[Run | None, RunReport], None]
    failed: Callable[[ApiscapeError], None]


class Visits:
    """Starts visits as there is room for them; used by the supervisor's thread alone.

    Args:
        supervisor: Watches them.
        means: What they work with.
        quotas: What their calls draw on.
        limits: How many at once.
        make: Makes the run of a job.
        progress: Told what begins.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        means: Means,
        quotas: Quotas,
        limits: Limits,
        make: Make,
        progress: Progress,
    ) -> None:
        self._supervisor = supervisor
        self._means = means
        self._quotas = quotas
        self._limits = limits
        self._make = make
        self._progress = progress
        self._waiting: dict[tuple[str, str], deque[tuple[Job, Stop, Ends]]] = {}
        self._running: dict[str, Run] = {}
        self._spending: dict[str, Spending] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._running

    def submit(self, job: Job, above: Stop, ends: Ends) -> None:
        """Have a scope visited as soon as there is room; `above` ends the visit early."""
        self._waiting.setdefault(account(job), deque()).append((job, above, ends))

    def launch(self) -> None:
        """Start what may start."""
        while (chosen := self._next()) is not None:
            self._start(*chosen)

    def give_up_waiting(self, error: ErrorRecord) -> None:
        """Begin nothing of what still waits, and say so."""
        waiting, self._waiting = self._waiting, {}
        for jobs in waiting.values():
            for job, _, ends in jobs:
                ends.ended(None, not_begun(job, error, self._means.clock))

    def running(self) -> Iterator[Run]:
        """Yield what is under way."""
        yield from list(self._running.values())

    def run_of(self, key: str) -> Run | None:
        """Return the run of a scope that is under way, if there is one."""
        return self._running.get(key)

    def ledgers(self) -> dict[str, Ledger]:
        """Return the sums so far of what is under way, by scope key."""
        return {key: run.ledger() for key, run in self._running.items()}

    def _next(self) -> tuple[Job, Stop, Ends] | None:
        """Return the waiting job of the account with the fewest visits under way, if one may start."""
        if len(self._running) >= self._limits.scopes or not self._waiting:
            return None
        under_way = Counter(account(run.job) for run in self._running.values())
        chosen = min(self._waiting, key=lambda each: under_way[each])
        if under_way[chosen] >= self._limits.scopes_per_account:
            return None
        waiting = self._waiting[chosen]
        found = waiting.popleft()
        if not waiting:
            del self._waiting[chosen]
        return found

    def _start(self, job: Job, above: Stop, ends: Ends) -> None:
        stop = Stop(self._means.clock, deadline_s=job.source.deadline_s, above=above)
        budget = ScopeBudget(self._quotas, job.provider.name, stop)
        run = self._make(self._unless_lingering(job), self._means, budget, stop)
        self._running[job.scope.key] = run
        self._spending[job.scope.key] = budget.spending
        self._progress.started(job.scope)
        task = Task(
            name=_name(job),
            kind=job.scope.product,
            work=partial(within, job.scope.key, run.execute),
            stop=stop,
            ended=partial(self._end, run, ends, above),
            failed=partial(self._fail, run, ends, above),
            left=partial(self._leave, run, ends, above),
        )
        self._supervisor.start(task)

    def _unless_lingering(self, job: Job) -> Job:
        """Return the job, or one that fails at once: where its thread, or too many, did not return."""
        product = job.scope.product
        lingering = self._supervisor.lingering()[product]
        if not self._supervisor.lingers(_name(job)) and lingering < self._limits.lingering:
            return job
        error = ErrorRecord(
            kind=ErrorKind.DEFECT,
            message=f"not visited: {lingering} visits of {product} were left behind and have not returned",
            next_step="end this process and begin anew; report it to the collector's author",
        )
        return msgspec.structs.replace(job, error=error)

    def _end(self, run: Run, ends: Ends, above: Stop, report: RunReport) -> None:
        self._forget(run, above)
        ends.ended(run, report)

    def _fail(self, run: Run, ends: Ends, above: Stop, error: ApiscapeError | None) -> None:
        """Take up that there is no report: the store failed, or the thread died."""
        if error is None:
            self._leave(run, ends, above, _DIED)
            return
        self._forget(run, above)
        ends.failed(error)

    def _leave(self, run: Run, ends: Ends, above: Stop, error: ErrorRecord) -> None:
        """Close a visit that does not end, with what it said."""
        self._forget(run, above)
        try:
            report = run.abandon(error)
        except ApiscapeError as failure:
            ends.failed(failure)
            return
        ends.ended(run, report)

    def _forget(self, run: Run, above: Stop) -> None:
        key = run.job.scope.key
        self._running.pop(key, None)
        spending = self._spending.pop(key, None)
        if spending is not None and isinstance(self._progress, FollowsCalls):
            self._progress.spent(run.job.scope, spending.sums())
        above.let_go(run.stop)


def account(job: Job) -> tuple[str, str]:
    """Return the provider and the account that a job draws on: what has quotas of its own."""
    return (job.scope.provider, job.scope.reach.account)


def not_begun(job: Job, error: ErrorRecord, clock: Clock) -> RunReport:
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


def _name(job: Job) -> str:
    return f"visit {job.scope.key}"


_DIED = ErrorRecord(kind=ErrorKind.DEFECT, message="the visit ended without a word")
