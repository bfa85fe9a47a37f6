"""Collections that callers ask for: planned anew, visited before the routine, told as a scan tells.

What the driver says comes in its own thread; what callers ask comes in theirs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Protocol

from apiscape.client.collected import Collection
from apiscape.client.wire import CollectRequest, Paused
from apiscape.collect.clock import Clock
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.daemon.round import Owed, Round
from apiscape.errors import Busy, NotFound, UsageError
from apiscape.model.measured import TrafficReport
from apiscape.model.run import Ledger, RunReport, Scope
from apiscape.schedule.pauses import EVERYTHING, Pauses

KEPT = 16
"""Collections that can still be asked for."""


class Steering(Protocol):
    """As much of the driver as callers may touch."""

    @property
    def owing(self) -> Owed:
        """Of which scopes that were visited the traffic is measured yet."""
        ...

    def plan_now(self, name: str = EVERYTHING) -> Future[None]:
        """Have a source signed in to anew."""
        ...

    def collect_now(self, selector: str = EVERYTHING) -> Future[tuple[str, ...]]:
        """Have scopes visited before the routine; answers with their keys."""
        ...

    def pause(self, selector: str = EVERYTHING) -> Future[None]:
        """Have nothing of a selection begun."""
        ...

    def resume(self, selector: str = EVERYTHING) -> Future[None]:
        """End a pause."""
        ...


After = Callable[[Callable[[], None]], None]
"""Calls what it is given once conclusions were drawn of all that is stored."""


class Collections:
    """The collections of an agent (`serve.http.ports.Visits`), one at a time; also a `Progress`.

    Args:
        after: Waits for the conclusions.
        scopes: Says which scopes were ever visited of a source, by key.
        clock: Written down where a visit is not begun.
        sources: Names of the configured sources.
    """

    def __init__(
        self,
        after: After,
        scopes: Callable[[str], Iterable[str]],
        clock: Clock,
        sources: Iterable[str],
    ) -> None:
        self._after = after
        self._scopes = scopes
        self._clock = clock
        self._sources = frozenset(sources)
        self._planned: dict[str, frozenset[str]] = {}
        self._lock = threading.RLock()
        self._pauses = Pauses()
        self._rounds: dict[str, Round] = {}
        self._count = 0

    def steer(self, driver: Steering) -> None:
        """Take up the driver that plans and visits."""
        self._driver = driver

    # What callers ask.

    def collect(self, asked: CollectRequest) -> Collection:
        """Begin to visit scopes now; return what is known of it so far.

        Raises:
            UsageError: No such source or scope, or it is paused.
            Busy: A collection is under way already.
        """
        only = self._known_scopes(asked.scopes)
        with self._lock:
            names = self._names(asked, only)
            under_way = self._current
            if under_way is not None:
                hint = f"wait for it: number {under_way.number}"
                raise Busy("a collection is under way", hint=hint)
            self._count += 1
            number = str(self._count)
            fresh = Round(number, names, only, self._clock, self._driver.owing)
            self._rounds[number] = fresh
            for old in list(self._rounds)[:-KEPT]:
                del self._rounds[old]
        for name in sorted(names):
            self._driver.plan_now(name)
        return self.collection(number)

    def collection(self, number: str) -> Collection:
        """Return how far a collection is, or what came of it.

        Raises:
            NotFound: There is none of that number, or it was long ago.
        """
        with self._lock:
            if number not in self._rounds:
                hint = "the newest ones are kept, until the agent is started anew"
                raise NotFound(f"no collection {number}", hint=hint)
            return self._rounds[number].state()

    def pause(self, sources: tuple[str, ...], *, by: str) -> Paused:
        """Start no visit of some sources, or of any; a collection goes on without them.

        Raises:
            UsageError: No such source.
        """
        self._check(sources)
        with self._lock:
            for selector in sources or (EVERYTHING,):
                self._pauses.pause(selector)
                self._driver.pause(selector)
                if self._current is not None:
                    self._current.leave_out(selector, f"paused by {by}")
            self._settle()
            return Paused(sources=self.paused())

    def resume(self, sources: tuple[str, ...], *, by: str) -> Paused:
        """Start visits of some sources again, or of all; `by` is in the audit log.

        Raises:
            UsageError: No such source.
        """
        self._check(sources)
        with self._lock:
            for selector in sources or (EVERYTHING,):
                self._pauses.resume(selector)
                self._driver.resume(selector)
            return Paused(sources=self.paused())

    def paused(self) -> tuple[str, ...]:
        """Return the sources of which no visit begins until somebody resumes them, in order."""
        with self._lock:
            return tuple(sorted(filter(self._pauses.hold, self._sources)))

    def reload(self, sources: Iterable[str]) -> None:
        """Let these be the sources; a collection goes on without those that went."""
        with self._lock:
            before, self._sources = self._sources, frozenset(sources)
            gone = before - self._sources
            for name in gone:
                self._planned.pop(name, None)
                if self._current is not None:
                    self._current.leave_out(name, "no longer configured")
            self._settle()

    # What the driver says.

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Take up a plan, and have visited what was waiting for it."""
        name = plan.source.name
        with self._lock:
            if plan.error is None:
                self._planned[name] = frozenset(job.scope.key for job in plan.jobs)
            current = self._current
            if current is not None:
                for selector in current.take_plan(plan, forecast):
                    self._driver.collect_now(selector).add_done_callback(self._expect(current))
            self._settle()

    def started(self, scope: Scope) -> None:
        """Note that a visit began."""
        with self._lock:
            if self._current is not None:
                self._current.start(scope.key)

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Note how far the visits under way are."""
        with self._lock:
            if self._current is not None:
                self._current.under_way = dict(ledgers)
            self._settle()

    def ended(self, report: RunReport) -> None:
        """Take up the end of a visit; one that began before it was asked for is followed by another."""
        with self._lock:
            current = self._current
            if current is None:
                return
            if current.waits_to_start(report.scope.key) and report.generation:
                self._driver.collect_now(report.scope.key)
            else:
                current.end(report)
            self._settle()

    def measured(self, reports: Iterable[TrafficReport]) -> None:
        """Take up what was measured of traffic."""
        with self._lock:
            if self._current is not None:
                self._current.measure(reports)

    # Within the lock.

    @property
    def _current(self) -> Round | None:
        newest = next(reversed(self._rounds.values()), None)
        return newest if newest is not None and not newest.is_over else None

    def _expect(self, current: Round) -> Callable[[Future[tuple[str, ...]]], None]:
        def take(answer: Future[tuple[str, ...]]) -> None:
            with self._lock:
                current.expect(answer.result())
                for key in answer.result():
                    if self._pauses.hold(key):
                        current.leave_out(key, "paused")
                self._settle()

        return take

    def _settle(self) -> None:
        current = self._current
        if current is not None and current.settles():
            self._after(lambda: self._close(current))

    def _close(self, current: Round) -> None:
        with self._lock:
            current.close()

    def _names(self, asked: CollectRequest, only: frozenset[str]) -> frozenset[str]:
        """Return the sources to visit.

        Raises:
            UsageError: There is no such source, or it is paused.
        """
        self._check(asked.sources)
        whole = frozenset(asked.sources) or (frozenset() if only else self._sources)
        names = whole | {key.partition("/")[0] for key in only}
        held = sorted(filter(self._pauses.hold, names))
        if held:
            hint = f"apiscape ctx resume {held[0]}"
            raise UsageError(f"source {held[0]} is paused", hint=hint)
        return names

    def _check(self, names: Iterable[str]) -> None:
        """Refuse names of no source.

        Raises:
            UsageError: One of them is.
        """
        for name in sorted(set(names) - self._sources):
            hint = f"configured: {', '.join(sorted(self._sources))}"
            raise UsageError(f"no source {name}", hint=hint)

    def _known_scopes(self, keys: Iterable[str]) -> frozenset[str]:
        """Return the scopes that are asked for.

        Raises:
            UsageError: One of them was neither planned nor ever visited.
        """
        for key in keys:
            name = key.partition("/")[0]
            known = name in self._sources and (
                key in self._planned.get(name, ()) or key in self._scopes(name)
            )
            if not known:
                raise UsageError(f"no scope {key!r}", hint="`apiscape runs -o name` lists them")
        return frozenset(keys)
