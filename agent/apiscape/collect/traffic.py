"""Measuring the traffic of scopes side by side: `measure_traffic` is all that a scan or an agent calls.

Only sources that have `traffic` are measured. Whatever could not be measured is kept as such, with
the reason, in place of what was measured before: it is unknown from then on, and never a zero. One
scope that fails, or hangs, holds up no other; what ends too late is not kept.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job
from apiscape.collect.lending import lend_session
from apiscape.collect.ports import Store
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.run import at_edge
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.collect.tools import Tools
from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.measuring import (
    PERCENTILES,
    Counted,
    Counting,
    MeasuresTraffic,
    Wanted,
)
from apiscape.errors import ApiscapeError
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Deployment
from apiscape.model.measured import Measured, TrafficReport, Uncountable
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Signal
from apiscape.model.values import is_known
from apiscape.model.vocabulary import ErrorKind, Presence
from apiscape.settings.schema import Measuring

GONE = frozenset({Presence.RETIRED.value, Presence.SUPERSEDED.value})

DIED = ErrorRecord(kind=ErrorKind.DEFECT, message="its thread died")

LINGERS = ErrorRecord(
    kind=ErrorKind.DEADLINE,
    message="measured before, and never returned",
    next_step="start the agent anew",
)


def measure_traffic(
    jobs: Iterable[Job],
    store: Store,
    tools: Tools,
    *,
    stop: Stop | None = None,
    supervisor: Supervisor | None = None,
) -> tuple[TrafficReport, ...]:
    """Measure the traffic of every scope whose source asks for it, once, and keep what was measured.

    What was measured of sources that no longer ask for it is emptied. Conclusions are the caller's
    to draw (`conclude.conclude_due`).

    Args:
        jobs: Scopes, as they were planned; those of other sources are passed over.
        store: Knows the deployments, and keeps what is measured.
        tools: Clock, quotas, threads and limits; an agent keeps its own from time to time.
        stop: Ends it early; so does `KeyboardInterrupt`. Scopes not begun are then left out, and of what
            was not measured in time the store keeps what it had.
        supervisor: Watches the threads; whoever measures again and again keeps one, so that a scope
            whose thread never returned is not begun again.

    Returns:
        What came of it, in order of scope keys; nothing of scopes without a deployment to ask about.

    Raises:
        StoreError: the store failed; what was kept until then stands.
    """
    above = Stop(tools.clock)
    if stop is not None:
        stop.pass_on(above)
    wanted: list[Job] = []
    others: list[Job] = []
    for job in jobs:
        if isinstance(job.collector, MeasuresTraffic):
            (others if job.source.traffic is None else wanted).append(job)
    _empty_opted_out(others, store)
    threads = supervisor or Supervisor(tools.clock, tools.limits.grace_s)
    return _Round(store, tools, above, threads).run(wanted)


def last_measured(jobs: Iterable[Job], store: Store) -> dict[str, datetime]:
    """Return when the traffic of scopes was last measured, or found to be unmeasurable, by scope key.

    Raises:
        StoreError: the store cannot be read.
    """
    found: dict[str, datetime] = {}
    for job in jobs:
        uids = store.runs.known(job.scope)
        at = store.measurements.newest(source_of(job.scope.product), uids) if uids else None
        if at is not None:
            found[job.scope.key] = at
    return found


def source_of(product: str) -> str:
    """Return the name under which the store keeps what a collector measured."""
    return f"{product}.traffic"


def wanted_of(measuring: Measuring) -> Wanted:
    """Return what a source wants measured; a percentile that is named twice is wanted once."""
    return Wanted(
        window_s=measuring.window_s,
        percentiles=tuple(name for name in PERCENTILES if name in measuring.percentiles),
        integration_latency=measuring.integration_latency,
    )


class _Round:
    """One round over some scopes; all but the measuring itself happens in the caller's thread."""

    def __init__(self, store: Store, tools: Tools, stop: Stop, supervisor: Supervisor) -> None:
        self._store = store
        self._tools = tools
        self._stop = stop
        self._quotas = tools.quotas or Quotas(tools.clock)
        self._supervisor = supervisor
        self._under_way = 0
        self._reports: list[TrafficReport] = []
        self._failure: ApiscapeError | None = None

    def run(self, jobs: Iterable[Job]) -> tuple[TrafficReport, ...]:
        waiting = deque(jobs)
        self._supervisor.turn()
        while waiting or not self._supervisor.idle:
            try:
                self._turn(waiting)
            except KeyboardInterrupt:
                self._stop.tell()
        if self._failure is not None:
            raise self._failure
        return tuple(sorted(self._reports, key=lambda report: report.scope.key))

    def _turn(self, waiting: deque[Job]) -> None:
        if self._stop.error is not None:
            waiting.clear()
        while waiting and self._under_way < self._tools.limits.scopes:
            self._begin(waiting.popleft())
        self._supervisor.turn(self._tools.limits.tick_s)

    def _begin(self, job: Job) -> None:
        measuring = job.source.traffic or Measuring()
        deadline_s = min(job.source.deadline_s, measuring.every_s)
        stop = Stop(self._tools.clock, deadline_s=deadline_s, above=self._stop)
        budget = ScopeBudget(self._quotas, job.source.provider, stop)
        scope = ScopeTraffic(job, self._store, self._tools, budget, wanted_of(measuring))
        self._under_way += 1
        name = f"traffic {job.scope.key}"
        lingers = self._supervisor.lingers(name)
        task = Task(
            name=f"not {name}" if lingers else name,
            kind=f"traffic {job.scope.product}",
            work=scope.give_up if lingers else scope.measure,
            stop=stop,
            ended=lambda error: self._keep(scope, error),
            failed=lambda error: self._fail(scope, error),
            left=lambda error: self._keep(scope, error),
        )
        self._publish(job)
        self._supervisor.start(task)

    def _publish(self, job: Job) -> None:
        collector = job.collector
        if collector is not None and isinstance(collector, MeasuresTraffic):
            quotas = (*collector.quotas, *collector.traffic_quotas)
            self._quotas.publish(job.source.provider, quotas, job.source.quotas)

    def _keep(self, scope: ScopeTraffic, error: ErrorRecord | None) -> None:
        """Store what was measured of a scope, and what was not; empty what can no longer be."""
        self._under_way -= 1
        try:
            self._store_of(scope, error)
        except ApiscapeError as failure:
            self._fail_with(failure)

    def _store_of(self, scope: ScopeTraffic, error: ErrorRecord | None) -> None:
        report, found, silent = scope.close(error)
        source = source_of(scope.job.scope.product)
        if error is not None and error.kind == ErrorKind.INTERRUPTED:
            found = {uid: one for uid, one in found.items() if is_known(one.traffic)}
        if found:
            self._store.measurements.save(source, found)
        if report.asked:
            self._reports.append(report)
        if silent:
            _empty(self._store, source, self._store.measurements.subjects(), silent)

    def _fail(self, scope: ScopeTraffic, error: ApiscapeError | None) -> None:
        if error is None:
            self._keep(scope, DIED)
        else:
            self._under_way -= 1
            self._fail_with(error)

    def _fail_with(self, error: ApiscapeError) -> None:
        self._failure = self._failure or error
        self._stop.tell(ErrorRecord(kind=ErrorKind.INTERRUPTED, message=error.message))


class ScopeTraffic:
    """The measuring of one scope: what is asked about, and what was said of it so far.

    Args:
        job: The scope.
        store: Knows its deployments.
        tools: Clock and threads.
        budget: What calls draw on.
        wanted: What to measure, and over how long.
    """

    def __init__(
        self, job: Job, store: Store, tools: Tools, budget: ScopeBudget, wanted: Wanted
    ) -> None:
        self.job = job
        self._store = store
        self._tools = tools
        self._budget = budget
        self._wanted = wanted
        self._asked: tuple[str, ...] = ()
        self._said: list[Counting] = []

    def measure(self) -> ErrorRecord | None:
        """Ask the collector, and return what ended it early, if anything did.

        Raises:
            StoreError: the store cannot be read.
        """
        items = self._store.runs.documents(self._uids(), operations=False)
        self._asked = tuple(items)
        if self.job.error is not None or not items:
            return self.job.error
        ended = at_edge(self.job.scope.product, lambda: self._ask(tuple(items.values())))
        if ended is not None and ended.kind == ErrorKind.DEADLINE:
            return self._budget.stop.error or ended
        return ended

    def give_up(self) -> ErrorRecord:
        """Ask nobody, for a thread that asks already does not return; everything is unknown then.

        Raises:
            StoreError: the store cannot be read.
        """
        self._asked = self._uids()
        return LINGERS

    def close(
        self, error: ErrorRecord | None
    ) -> tuple[TrafficReport, dict[str, Measured], tuple[str, ...]]:
        """Return the report, what is to be kept by uid, and the uids of what can have no traffic.

        Args:
            error: Why what was not spoken of is unknown; without one it can have no traffic.
        """
        asked = set(self._asked)
        said = {one.uid: one for one in tuple(self._said) if one.uid in asked}
        silent = tuple(uid for uid in self._asked if uid not in said)
        errors = {uid: one.error for uid, one in said.items() if not isinstance(one, Counted)}
        if error is not None:
            errors |= dict.fromkeys(silent, error)
        counted = {
            uid: Measured(traffic=one.traffic)
            for uid, one in said.items()
            if isinstance(one, Counted)
        }
        report = TrafficReport(
            scope=self.job.scope,
            asked=len(counted) + len(errors),
            measured=len(counted),
            uncountable=tuple(_by_reason(errors)),
            calls=self._budget.calls,
            throttled=self._budget.throttled_calls,
        )
        found = counted | {uid: self._unmeasured(uid, why) for uid, why in errors.items()}
        return report, found, () if error is not None else silent

    def _uids(self) -> tuple[str, ...]:
        rows = self._store.runs.known(self.job.scope).values()
        return tuple(row.uid for row in rows if row.presence not in GONE)

    def _ask(self, items: tuple[Deployment, ...]) -> None:
        collector, job = self.job.collector, self.job
        if not isinstance(collector, MeasuresTraffic):
            return
        with lend_session(
            job.provider, job.source.settings, job.scope.reach, self._budget
        ) as session:
            visit = ScopeVisit(
                session,
                job.source,
                job.scope,
                tokens=TokenBook((), 0),
                stop=self._budget.stop,
                clock=self._tools.clock,
                workers=self._tools.workers,
            )
            for said in collector.traffic(job.scope, visit, items, self._wanted):
                self._said.append(said)

    def _unmeasured(self, uid: str, error: ErrorRecord) -> Measured:
        signal = Signal(
            subject_uid=uid,
            name=SignalName.TRAFFIC_UNMEASURED,
            value=None,
            observed_at=self._tools.clock.now(),
            source=source_of(self.job.scope.product),
            reason=error.message,
        )
        return Measured(signals=(signal,))


def _by_reason(errors: Mapping[str, ErrorRecord]) -> Iterator[Uncountable]:
    """Yield each reason with the deployments that it holds for: most of them first."""
    first = {error.message: error for error in errors.values()}
    counts = Counter(error.message for error in errors.values())
    for message, deployments in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        yield Uncountable(error=first[message], deployments=deployments)


def _empty_opted_out(jobs: Sequence[Job], store: Store) -> None:
    """Empty what was measured of scopes whose source no longer asks for it."""
    subjects = store.measurements.subjects() if jobs else {}
    measured = frozenset().union(*subjects.values())
    for job in jobs:
        source = source_of(job.scope.product)
        if source in measured:
            _empty(store, source, subjects, store.runs.known(job.scope))


def _empty(
    store: Store, source: str, subjects: Mapping[str, frozenset[str]], uids: Iterable[str]
) -> None:
    """Empty what a source measured of some deployments; kept as empty, so that conclusions are drawn anew."""
    measured = [uid for uid in uids if source in subjects.get(uid, ())]
    if measured:
        store.measurements.save(source, dict.fromkeys(measured, Measured()))
