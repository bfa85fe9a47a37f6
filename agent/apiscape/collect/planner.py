"""Draws up the plans of sources, with what the store remembers of each."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from apiscape.collect.clock import Clock
from apiscape.collect.forecast import Forecast, forecast
from apiscape.collect.job import Job
from apiscape.collect.plan import (
    PlannedSource,
    Remembered,
    lay_down,
    plan_blindly,
    plan_source,
)
from apiscape.collect.ports import PlugIns, Store
from apiscape.collect.run import at_edge
from apiscape.collect.source import SourcePlan
from apiscape.model.run import ErrorRecord, RunReport, Scope
from apiscape.model.vocabulary import Outcome, ReachState


class Planner:
    """Draws up plans, and keeps the estates that they find.

    Args:
        store: What is remembered, and where estates go.
        plug_ins: Where providers and collectors come from.
        clock: Says until when a gap is accepted.
    """

    def __init__(self, store: Store, plug_ins: PlugIns, clock: Clock) -> None:
        self._store = store
        self._plug_ins = plug_ins
        self._clock = clock

    def plan(self, source: SourcePlan) -> PlannedSource:
        """Sign in to a source and return its plan; where nobody can, the plan says so.

        Raises:
            StoreError: the store cannot be read.
            PlugInError: the provider is not installed.
        """
        remembered = self._remember(source)
        today = self._clock.now().date()
        plan = at_edge(
            source.provider,
            lambda: plan_source(
                source, self._plug_ins, remembered, today, partial(self._elsewhere, source)
            ),
        )
        return self.give_up(source, plan) if isinstance(plan, ErrorRecord) else plan

    def give_up(self, source: SourcePlan, error: ErrorRecord) -> PlannedSource:
        """Return the plan of a source that cannot be planned: what was visited before, failed.

        Raises:
            StoreError: the store cannot be read.
            PlugInError: the provider is not installed.
        """
        today = self._clock.now().date()
        return plan_blindly(source, self._plug_ins, self._remember(source), error, today)

    def lay_down(self, source: SourcePlan) -> PlannedSource:
        """Return the plan of a source that is no longer configured.

        Raises:
            StoreError: the store cannot be read.
            PlugInError: the provider is not installed.
        """
        today = self._clock.now().date()
        return lay_down(source, self._plug_ins, self._remember(source), today)

    def keep(self, plan: PlannedSource) -> None:
        """Store the estate that a plan found, or why it could not be known; then what stood stays."""
        source, at, save = plan.source, self._clock.now(), self._store.estate.save
        error = plan.error or plan.estate_error
        if plan.error is None:
            save(source.name, plan.estate, provider=source.provider, at=at)
        if error is not None:
            save(source.name, (), provider=source.provider, at=at, error=error)

    def forecast(self, plan: PlannedSource, jobs: list[Job]) -> Forecast:
        """Return what some jobs of a plan are expected to cost; those that fail at once cost nothing."""
        scopes = [job.scope for job in jobs if job.error is None]
        return forecast(scopes, plan.last, plan.paces)

    def _remember(self, source: SourcePlan) -> Remembered:
        scopes = self._store.runs.scopes(source.name)
        return Remembered(
            estate=tuple(
                entry for entry in self._store.estate.load() if entry.source == source.name
            ),
            scopes=scopes,
            last=self._last(scopes),
        )

    def _elsewhere(self, source: SourcePlan, products: Collection[str]) -> tuple[Scope, ...]:
        """Return the scopes of some products that other sources visit, and saw whole the last time."""
        visited = {
            (entry.source, entry.key)
            for entry in self._store.estate.load()
            if entry.state == ReachState.VISITED
            and entry.provider == source.provider
            and entry.source != source.name
        }
        scopes = (
            scope
            for name in sorted({name for name, _ in visited})
            for scope in self._store.runs.scopes(name)
            if scope.product in products and (name, scope.reach.key) in visited
        )
        return tuple(scope for scope in scopes if self._is_whole(scope))

    def _is_whole(self, scope: Scope) -> bool:
        runs = self._store.runs.newest(1, scope.key)
        return any(run.outcome == Outcome.COMPLETE for run in runs)

    def _last(self, scopes: tuple[Scope, ...]) -> dict[str, RunReport]:
        newest = self._store.runs.newest
        return {run.scope.key: run for scope in scopes for run in newest(1, scope.key)}
