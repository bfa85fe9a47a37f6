"""What the agent says of itself: told by whoever does the work, or looked up when somebody asks."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import msgspec

from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.spending import Spent
from apiscape.conclude.follow import Concluded
from apiscape.model.measured import TrafficReport
from apiscape.model.run import Ledger, RunReport, Scope
from apiscape.model.vocabulary import Outcome
from apiscape.schedule.queue import Depth
from apiscape.telemetry.catalogue import (
    BUILD,
    CALLS,
    CHANGES,
    CONCLUDE_FAILURES,
    CONFIGURATION_VALID,
    DRAWN,
    LAST_ATTEMPT,
    LAST_SUCCESS,
    LINGERING,
    LOOP_LAG,
    MOVED,
    NOTIFIED,
    NOTIFY_UNDECIDED,
    PAUSED,
    QUEUE,
    QUEUE_OLDEST,
    REQUESTS,
    RUN_DURATION,
    RUNS,
    STORE_SIZE,
    SUBSCRIBERS,
    TARGETS_DISABLED,
    THROTTLES,
    TRAFFIC,
    UNPLANNED,
    UNTOLD,
    UNTOLD_OLDEST,
)
from apiscape.telemetry.recorder import Recorder

LAG_EVERY_S = 1.0

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Sights(msgspec.Struct, frozen=True):
    """What is looked up when somebody asks; what an agent does not have is left out.

    Attributes:
        depth: How much the schedule has to do.
        lingering: Threads that were left behind, by name.
        subscribers: How many follow the stream of changes.
        store_bytes: How large the store is.
        unplanned: How many sources cannot be planned.
        paused: How many sources are not visited until somebody resumes them.
        conclude_failures: How many tries in a row failed to conclude.
        configuration_valid: Whether the newest configuration is the one in use.
        untold: How many changes targets of notifications have yet to be told of.
        untold_oldest_s: How long ago the oldest of those happened, if there is one.
        disabled_targets: How many targets are told nothing more.
    """

    depth: Callable[[], Depth] | None = None
    lingering: Callable[[], Mapping[str, str]] | None = None
    subscribers: Callable[[], int] | None = None
    store_bytes: Callable[[], int] | None = None
    unplanned: Callable[[], int] | None = None
    paused: Callable[[], int] | None = None
    conclude_failures: Callable[[], int] | None = None
    configuration_valid: Callable[[], bool] | None = None
    untold: Callable[[], int] | None = None
    untold_oldest_s: Callable[[], float | None] | None = None
    disabled_targets: Callable[[], int] | None = None

    def record(self, recorder: Recorder) -> None:
        """Record all of it as it is now."""
        if self.depth is not None:
            depth = self.depth()
            for state in ("queued", "running", "failing"):
                recorder.set(QUEUE, getattr(depth, state), state)
            recorder.set(QUEUE_OLDEST, depth.oldest_s)
        if self.lingering is not None:
            recorder.set(LINGERING, len(self.lingering()))
        if self.untold_oldest_s is not None:
            recorder.set(UNTOLD_OLDEST, self.untold_oldest_s())
        for metric, look in (
            (UNTOLD, self.untold),
            (TARGETS_DISABLED, self.disabled_targets),
            (SUBSCRIBERS, self.subscribers),
            (STORE_SIZE, self.store_bytes),
            (UNPLANNED, self.unplanned),
            (PAUSED, self.paused),
            (CONCLUDE_FAILURES, self.conclude_failures),
            (CONFIGURATION_VALID, self.configuration_valid),
        ):
            if look is not None:
                recorder.set(metric, int(look()))


class RunsTold:
    """Has recorded how visits ended, and passes on what it is told.

    Args:
        ended: Told how a visit ended, after everybody else: until then it is under way.
        then: Told everything.
        begun: Told that a visit begins, before everybody else.
        spent: Told what its calls came to, before it ends.
    """

    def __init__(
        self,
        ended: Callable[[RunReport], None],
        then: Progress | None = None,
        *,
        begun: Callable[[Scope], None] | None = None,
        spent: Callable[[Scope, Sequence[Spent]], None] | None = None,
    ) -> None:
        self._ended = ended
        self._then = then or Silent()
        self._begun = begun
        self._spent = spent

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Pass it on."""
        self._then.planned(plan, forecast)

    def started(self, scope: Scope) -> None:
        """Pass it on."""
        if self._begun is not None:
            self._begun(scope)
        self._then.started(scope)

    def spent(self, scope: Scope, spent: Sequence[Spent]) -> None:
        """Take up what the calls of a visit came to."""
        if self._spent is not None:
            self._spent(scope, spent)

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Pass it on."""
        self._then.tick(ledgers)

    def ended(self, report: RunReport) -> None:
        """Pass on how a visit ended, and record it."""
        self._then.ended(report)
        self._ended(report)


def record_run(recorder: Recorder, report: RunReport) -> None:
    """Record how a visit of a scope ended."""
    scope = report.scope
    at = (scope.provider, scope.product)
    ended_at = report.ended_at or report.started_at
    duration_s = max(0.0, (ended_at - report.started_at).total_seconds())
    recorder.add(RUNS, 1, *at, report.outcome)
    recorder.observe(RUN_DURATION, duration_s, scope.product, report.outcome)
    recorder.add(CALLS, report.ledger.calls, *at)
    recorder.add(THROTTLES, report.ledger.throttled, *at)
    recorder.set(LAST_ATTEMPT, ended_at.timestamp(), *at)
    if report.outcome == Outcome.COMPLETE:
        recorder.set(LAST_SUCCESS, ended_at.timestamp(), *at)
    for kind in report.totals.__struct_fields__:
        if count := getattr(report.totals, kind):
            recorder.add(CHANGES, count, scope.product, kind)


def record_traffic(recorder: Recorder, report: TrafficReport) -> None:
    """Record of how many deployments of a scope the traffic was measured, and of how many it was not."""
    at = (report.scope.provider, report.scope.product)
    recorder.add(TRAFFIC, report.measured, *at, "measured")
    recorder.add(TRAFFIC, report.asked - report.measured, *at, "unmeasured")
    recorder.add(CALLS, report.calls, *at)
    recorder.add(THROTTLES, report.throttled, *at)


def record_concluded(recorder: Recorder, done: Concluded) -> None:
    """Record what a pass over the log came to."""
    recorder.add(DRAWN, done.deployments)
    recorder.add(MOVED, done.moved)


def record_notified(recorder: Recorder, outcome: str, number: int) -> None:
    """Record what became of posts to targets, or of changes that nobody could decide on."""
    if outcome == "undecided":
        recorder.add(NOTIFY_UNDECIDED, number)
    else:
        recorder.add(NOTIFIED, number, outcome)


def record_build(recorder: Recorder) -> None:
    """Record which version runs."""
    recorder.set(BUILD, 1, version("apiscape"), platform.python_version())


def record_request(recorder: Recorder, method: str, route: str, status: int) -> None:
    """Record that a request was answered; the route is a template, never a path."""
    recorder.add(REQUESTS, 1, method if method in _METHODS else "_OTHER", route, str(status))


async def watch_loop(recorder: Recorder, every_s: float = LAG_EVERY_S) -> None:
    """Record, until cancelled, how late the loop that this runs in wakes up."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        recorder.observe(LOOP_LAG, max(0.0, loop.time() - due))
