"""The agent's engine: takes what is due, queues it by quota group, and has it visited, watched or measured.

One thread turns it; planning, visits and watches run in threads of their own. What others ask
of it is done in that thread, and answered by a future.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.job import Means
from apiscape.collect.planner import Planner
from apiscape.collect.ports import Store
from apiscape.collect.progress import Progress, Silent
from apiscape.collect.quotas import Quotas
from apiscape.collect.run import ScopeRun
from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.collect.supervisor import Supervisor
from apiscape.collect.visits import Limits, Run, Visits
from apiscape.collect.watch import Patience
from apiscape.model.measured import TrafficReport
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.schedule.again import Bench
from apiscape.schedule.due import visited
from apiscape.schedule.groups import End, Groups, Yard
from apiscape.schedule.measuring import MEASURE, AfterVisits, Desk, Measuring, Told
from apiscape.schedule.noticing import Hears, Noticing, Unheard
from apiscape.schedule.pauses import EVERYTHING, selects
from apiscape.schedule.planning import PLAN, Office, Plans
from apiscape.schedule.queue import Depth, Queue, QueueJob
from apiscape.schedule.roster import VISIT, WATCH, Roster
from apiscape.schedule.timetable import Slot
from apiscape.schedule.watching import Watching, read_watch, relist

T = TypeVar("T")

LOOK = "look"
LOOK_S = 1.0
"""How often the timetable is looked at."""

GROUPS_AT_ONCE = 64
"""Quota groups that are visited at once; `Limits` bounds the visits in them."""

WATCHES = 1_000
"""Watches at once: each holds a thread, and mostly waits."""

PLANS_AT_ONCE = 8

_LOG = logging.getLogger("apiscape.schedule")


def _unheard(_reports: tuple[TrafficReport, ...]) -> None:
    """Tell nobody."""


class Driver:
    """Drives everything that is scheduled; made, then run by one thread.

    Args:
        store: Where what is seen goes.
        queue: Hands out the groups.
        tools: Clock, quotas, threads, plug-ins, policy and limits.
        progress: Told what goes on, from the thread that runs the driver.
        measured: Told what came of measuring traffic, from the same thread.
        patience: How long watches go on.
        heard: Told what came of hearing of changes, from the same thread.

    Attributes:
        owing: For which scopes that were visited the traffic is measured yet.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        *,
        tools: Tools | None = None,
        progress: Progress | None = None,
        measured: Told = _unheard,
        patience: Patience | None = None,
        heard: Hears | None = None,
    ) -> None:
        tools = tools or Tools()
        quotas = tools.quotas or Quotas(tools.clock)
        tools = msgspec.structs.replace(tools, quotas=quotas)
        self._tools, self._clock = tools, tools.clock
        self._queue, self._stop = queue, Stop(tools.clock)
        self._supervisor = Supervisor(tools.clock, tools.limits.grace_s)
        self._roster = Roster(tools.clock)
        self._left_behind: frozenset[str] = frozenset()
        self._measuring = Measuring(
            Desk(store, tools, self._supervisor, self._roster, self._stop, measured)
        )
        self.owing = self._measuring.owing
        means = Means(
            runs=store.runs, clock=tools.clock, workers=tools.workers, policy=tools.policy
        )
        desk = (self._supervisor, means, quotas, self._roster, self._stop)
        bench = Bench(*desk, lambda key: self._visits.run_of(key) is not None)
        self._noticing = Noticing(bench, heard or Unheard())
        measuring = AfterVisits(progress or Silent(), self._measuring.visited)
        self._progress = AfterVisits(measuring, self._noticing.again.visited)

        def tell_of_watch(report: RunReport) -> None:
            self._groups[WATCH].tell(report)

        making = Watching(patience or Patience(), tell_of_watch)
        with_these = (self._supervisor, means, quotas)
        watching = Limits(scopes=WATCHES, scopes_per_account=WATCHES)
        self._visits = Visits(*with_these, tools.limits, ScopeRun, self._progress)
        self._watches = Visits(*with_these, watching, making.make, self._progress)
        here = (self._roster, self._clock, self._progress, self._stop)
        self._groups = {
            VISIT: Groups(Yard(VISIT, _read_visit, self._supervisor, self._visits, *here)),
            WATCH: Groups(Yard(WATCH, read_watch, self._supervisor, self._watches, *here)),
        }
        planner = Planner(store, tools.plug_ins, tools.clock)
        plan_s = tools.limits.plan_s
        self._plans = Plans(
            Office(self._supervisor, planner, quotas, self._take_changed, plan_s, *here)
        )

    # From any thread.

    def reload(self, sources: Iterable[SourcePlan]) -> Future[None]:
        """Let these be the sources: scopes that stand keep their place and what is under way there.

        Raises:
            PlugInError: a provider is not installed; nothing has changed.
        """
        wanted = tuple(sources)
        for source in wanted:
            self._tools.plug_ins.provider(source.provider)

        def swap() -> None:
            self._plans.reload(wanted)
            self._measuring.reload(wanted)
            self.look()

        return self._do(swap)

    def collect_now(self, selector: str = EVERYTHING) -> Future[tuple[str, ...]]:
        """Have a scope, a source or everything visited before the routine; answers with the keys."""
        return self._do(lambda: self._ask(selector))

    def plan_now(self, name: str = EVERYTHING) -> Future[None]:
        """Have a source signed in to anew, or all: what came or went there is known soon."""

        def ask() -> None:
            self._plans.ask(name)
            self.look()

        return self._do(ask)

    def happen(self, key: str, native_ids: Iterable[str] = ()) -> Future[bool]:
        """Have a scope visited soon, for something happened there; answers whether it is known."""
        ids = frozenset(native_ids)
        return self._do(lambda: self._roster.timetable.happen(key, self._clock.monotonic(), ids))

    def pause(self, selector: str = EVERYTHING) -> Future[None]:
        """Have nothing of a scope, a source or everything begun; what is visited may end, watches end."""
        return self._do(lambda: self._pause(selector))

    def resume(self, selector: str = EVERYTHING) -> Future[None]:
        """End a pause, and those of every part of it."""
        return self._do(lambda: self._roster.timetable.pauses.resume(selector))

    def slots(self) -> Future[tuple[Slot, ...]]:
        """Answer with how every scope stands."""
        return self._do(lambda: self._roster.timetable.slots(self._clock.monotonic()))

    def lingering(self) -> dict[str, str]:
        """Return the threads that were left behind and have not returned, and where each is."""
        return self._supervisor.left_behind() | self._measuring.left_behind()

    def depth(self) -> Depth:
        """Return how much the queue has to do."""
        return self._queue.depth()

    # From the thread that runs it.

    def run(self, sources: Iterable[SourcePlan], stop: Stop) -> None:
        """Drive until told to stop; visits under way then end as partial, within their grace.

        Raises:
            PlugInError: a provider is not installed.
        """
        stop.pass_on(self._stop)
        self.start(sources)
        while self._stop.error is None:
            self.turn(self._tools.limits.tick_s)
        self.finish(self._stop.error)

    def start(self, sources: Iterable[SourcePlan]) -> None:
        """Take up the sources, and begin to look at the timetable."""
        self.reload(sources)
        self._queue.handle(PLAN, self._plans.handle, at_once=PLANS_AT_ONCE)
        self._queue.handle(VISIT, self._groups[VISIT].handle, at_once=GROUPS_AT_ONCE)
        self._queue.handle(WATCH, self._groups[WATCH].handle, at_once=WATCHES)
        self._queue.handle(MEASURE, self._measuring.handle, at_once=GROUPS_AT_ONCE)
        self._queue.handle(LOOK, lambda _: self._do(self.look), at_once=1)
        self._queue.schedule(QueueJob(LOOK, "timetable"), every_s=LOOK_S)

    def turn(self, wait_s: float = 0.0) -> None:
        """Begin what may begin, and take up what ended, waiting so long for the first of it."""
        wait_s = min(wait_s, self._queue.turn())
        self._visits.launch()
        self._watches.launch()
        if not self._supervisor.turn(wait_s):
            self._progress.tick(self._visits.ledgers())
        self._warn_of_lingering()

    def finish(self, error: ErrorRecord) -> None:
        """Begin nothing more, and wait for what is under way; it is left behind after its grace."""
        self._stop.tell(error)
        self._queue.stop()
        for visits in (self._visits, self._watches):
            visits.give_up_waiting(error)
        while not (self._supervisor.idle and self._visits.idle and self._watches.idle):
            self._supervisor.turn(self._tools.limits.tick_s)

    def look(self) -> None:
        """Look at the timetable: what is due joins its group, or is queued."""
        due = self._roster.timetable.due(self._clock.monotonic())
        jobs = [*self._plans.due(), *self._measuring.look()]
        self._noticing.look()
        for kind, groups in self._groups.items():
            jobs += groups.look(each for each in due if self._roster.kind(each.key) == kind)
        self._queue.enqueue(jobs)

    def _do(self, work: Callable[[], T]) -> Future[T]:
        """Have something done in the driver's thread, and answer with what it returns."""
        future: Future[T] = Future()
        self._supervisor.post(lambda: future.set_result(work()))
        return future

    def _ask(self, selector: str) -> tuple[str, ...]:
        keys = self._roster.timetable.ask(selector, self._clock.monotonic())
        self._measuring.ask(keys)
        relist(
            self._watches.running(),
            lambda run: run.following and selects(selector, run.job.scope.key),
        )
        self.look()
        return keys

    def _pause(self, selector: str) -> None:
        self._roster.timetable.pauses.pause(selector)
        relist(self._watches.running(), lambda run: selects(selector, run.job.scope.key))

    def _take_changed(self, keys: frozenset[str]) -> None:
        """Have watches begun again that look at their scopes in a way that no longer holds."""
        relist(self._watches.running(), lambda run: run.job.scope.key in keys)
        self._measuring.enrol()
        self._noticing.enrol()
        self.look()

    def _warn_of_lingering(self) -> None:
        """Log every thread that was left behind, once, with the place where it is."""
        places = self.lingering()
        for name in places.keys() - self._left_behind:
            _LOG.error("%s does not return; its thread is left behind at %s", name, places[name])
        self._left_behind = frozenset(places)


def _read_visit(_run: Run | None, report: RunReport) -> End:
    return End(visited(report))
