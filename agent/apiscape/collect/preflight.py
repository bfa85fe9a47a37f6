"""Trying permissions before a scan: every declared one, in every place where it is asked for.

Nothing is stored. Calls take from the same buckets as a visit's. A collector that cannot try is
no error: what it declares is then unknown, which is said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.job import Job
from apiscape.collect.lending import lend_session
from apiscape.collect.plan import PlannedSource, Remembered, plan_source
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.run import at_edge
from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.changing import LooksAgain, TellsChanges
from apiscape.collectors.contract import Permission, Provider, Quota, Visit, WritesPolicies
from apiscape.collectors.measuring import MeasuresTraffic
from apiscape.collectors.trying import Grant, Tried, TriesPermissions, TriesSignIn
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Reach, Scope

Attempt = Callable[[Scope, Visit], Iterator[Tried]]
"""Tries some permissions of a collector."""

CANNOT = "not tried: the {} cannot"


class ProductTrial(Entity, frozen=True):
    """What came of one permission in one place; `product` is the provider's name for its own."""

    product: str
    tried: Tried


class SourceTrial(Entity, frozen=True):
    """What came of trying the permissions of one source.

    Attributes:
        places: Keys of the reaches that were planned.
        calls: Made, those of planning not counted.
        error: Why nothing could be tried at all, if so.
    """

    source: SourcePlan
    places: tuple[str, ...] = ()
    trials: tuple[ProductTrial, ...] = ()
    calls: int = 0
    error: ErrorRecord | None = None


def try_source(source: SourcePlan, tools: Tools) -> SourceTrial:
    """Sign in to a source and try every permission that its provider and collectors declare.

    Raises:
        PlugInError: the provider is not installed.
    """
    today = tools.clock.now().date()
    plan = at_edge(
        source.provider, lambda: plan_source(source, tools.plug_ins, Remembered(), today)
    )
    if isinstance(plan, ErrorRecord):
        return SourceTrial(source=source, error=plan)
    return _Preflight(plan, tools).run(tools.plug_ins.provider(source.provider))


class _Preflight:
    """Tries one source: its scopes side by side, each with the budget of a visit."""

    def __init__(self, plan: PlannedSource, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._clock: Clock = tools.clock
        self._quotas = tools.quotas or Quotas(tools.clock)
        self._lock = threading.Lock()
        self._calls = 0

    def run(self, provider: Provider) -> SourceTrial:
        source, jobs = self._plan.source, self._plan.jobs
        for job in jobs:
            self._quotas.publish(source.provider, _quotas_of(job), source.quotas)
        reaches = {job.scope.reach.key: job.scope.reach for job in jobs}
        trials = [ProductTrial(source.provider, each) for each in self._own(provider, reaches)]
        name, workers = f"preflight {source.name}", self._tools.workers
        for attempt, chosen in ((self._hearing, _one_a_reach(jobs)), (self._of_job, jobs)):
            for tried in workers.map(name, attempt, chosen):
                trials += tried
        return SourceTrial(
            source=source, places=tuple(reaches), trials=tuple(trials), calls=self._calls
        )

    def _own(self, provider: Provider, reaches: dict[str, Reach]) -> Iterator[Tried]:
        """Yield what came of the provider's own permissions."""
        permissions = provider.permissions if isinstance(provider, WritesPolicies) else ()
        if not isinstance(provider, TriesSignIn):
            yield from _all_unknown(permissions, CANNOT.format("provider"))
            return
        settings, name = self._plan.source.settings, self._plan.source.provider
        places = tuple(reaches.values())
        with self._budget() as budget:
            yield from _gather(
                name, permissions, lambda: provider.try_sign_in(settings, places, budget)
            )

    def _hearing(self, job: Job) -> list[ProductTrial]:
        """Return what came of the provider's permissions to tell of changes, in the reach of a scope."""
        provider = job.provider
        if job.source.events is None or not isinstance(provider, TellsChanges):
            return []
        tried = self._gather_of(job, provider.change_permissions, provider.try_changes)
        return [ProductTrial(provider.name, _placed(each, job.scope.reach.key)) for each in tried]

    def _of_job(self, job: Job) -> list[ProductTrial]:
        """Return what came of a collector's permissions in one scope."""
        if job.collector is None:
            return []
        return [
            ProductTrial(job.scope.product, _placed(tried, job.scope.reach.key))
            for tried in self._try_job(job)
        ]

    def _try_job(self, job: Job) -> list[Tried]:
        collector = job.collector
        permissions = collector.permissions if collector else ()
        attempt: Attempt | None = None
        if isinstance(collector, TriesPermissions):
            attempt = collector.try_permissions
        said = self._gather_of(job, permissions, attempt)
        if job.source.traffic is not None and isinstance(collector, MeasuresTraffic):
            said += self._gather_of(job, collector.traffic_permissions, collector.try_traffic)
        if job.source.events is not None and isinstance(collector, LooksAgain):
            said += self._gather_of(job, collector.again_permissions, collector.try_again)
        return said

    def _gather_of(
        self, job: Job, permissions: tuple[Permission, ...], attempt: Attempt | None
    ) -> list[Tried]:
        """Return what came of some permissions in one scope, tried with a budget of its own."""
        if job.error is not None:
            return _all_unknown(permissions, job.error.message)
        if attempt is None:
            return _all_unknown(permissions, CANNOT.format("collector"))
        with self._budget() as budget:
            return _gather(job.scope.product, permissions, lambda: self._ask(job, attempt, budget))

    def _ask(self, job: Job, attempt: Attempt, budget: ScopeBudget) -> Iterator[Tried]:
        reach = job.scope.reach
        with lend_session(job.provider, job.source.settings, reach, budget) as session:
            visit = ScopeVisit(
                session,
                job.source,
                job.scope,
                tokens=TokenBook((), 0),
                stop=budget.stop,
                clock=self._clock,
                workers=self._tools.workers,
            )
            yield from attempt(job.scope, visit)

    @contextmanager
    def _budget(self) -> Iterator[ScopeBudget]:
        """Lend the budget of one scope, with the source's deadline; count what it took."""
        source = self._plan.source
        stop = Stop(self._clock, deadline_s=source.deadline_s)
        budget = ScopeBudget(self._quotas, source.provider, stop)
        try:
            yield budget
        finally:
            with self._lock:
                self._calls += budget.calls


def _quotas_of(job: Job) -> tuple[Quota, ...]:
    """Return the quotas of a job's collector, with those of measuring and of hearing where that is asked for."""
    collector = job.collector
    if collector is None:
        return ()
    quotas = collector.quotas
    if job.source.traffic is not None and isinstance(collector, MeasuresTraffic):
        quotas += collector.traffic_quotas
    if job.source.events is not None and isinstance(job.provider, TellsChanges):
        quotas += job.provider.change_quotas
    return quotas


def _one_a_reach(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Return a job of each reach whose collector looks again, one that can be visited if there is any."""
    found: dict[str, Job] = {}
    for job in jobs:
        if isinstance(job.collector, LooksAgain):
            held = found.get(job.scope.reach.key)
            if held is None or (held.error is not None and job.error is None):
                found[job.scope.reach.key] = job
    return tuple(found.values())


def _gather(
    plug_in: str, permissions: Iterable[Permission], ask: Callable[[], Iterator[Tried]]
) -> list[Tried]:
    """Return what a plug-in says of its permissions; what it does not speak of is unknown.

    Whatever ends it early is why the others are unknown.
    """
    said: list[Tried] = []

    def listen() -> None:
        for tried in ask():
            said.append(tried)  # noqa: PERF402 - what was said before an error counts

    ended = at_edge(plug_in, listen)
    reason = f"{plug_in} did not say" if ended is None else ended.message
    declared = list(permissions)
    spoken_of = {tried.permission for tried in said}
    silent = [permission for permission in declared if permission not in spoken_of]
    known = [tried for tried in said if tried.permission in declared]
    return known + _all_unknown(silent, reason)


def _all_unknown(permissions: Iterable[Permission], reason: str) -> list[Tried]:
    return [Tried(permission, Grant.UNKNOWN, reason) for permission in permissions]


def _placed(tried: Tried, place: str) -> Tried:
    return msgspec.structs.replace(tried, place=place)
