"""What a source will be asked: its reaches times its products, and the estate around them.

Whatever was visited before is not forgotten: a reach that is no longer offered is lost, and
the scopes that fall away say so in a run of their own, so that nothing of them looks current.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import cache
from importlib.metadata import version

import msgspec

from apiscape.collect.forecast import Pace
from apiscape.collect.job import Job
from apiscape.collect.ports import PlugIns
from apiscape.collect.quotas import SHARE, UNPUBLISHED
from apiscape.collect.source import SourcePlan, accepted_reason
from apiscape.collectors.contract import Collector, Plan, PlannedReach, Provider
from apiscape.collectors.reaches import LeavesToOwners, SpansReaches
from apiscape.collectors.registry import (
    PlugInError,
    find_collectors,
    load_collector,
    load_provider,
    products_of,
)
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, EstateEntry, Reach, RunReport, Scope
from apiscape.model.vocabulary import ErrorKind, Outcome, ReachState

NO_LONGER_CONFIGURED = "no longer configured"

GAPS = frozenset({ReachState.LOST})
"""States of the estate that leave a scan incomplete, unless accepted: the others are choices."""


class PlannedSource(Entity, frozen=True):
    """A source, ready to be visited.

    Attributes:
        estate: Every reach: visited, excluded, not configured, lost, unsupported.
        estate_error: Why the estate cannot be known, if so.
        error: Why the source cannot be planned, if so; its jobs are then those of old, and fail.
        paces: How fast the quotas allow each product to be asked.
        last: The newest run of each scope that was ever visited, by its key.
    """

    source: SourcePlan
    jobs: tuple[Job, ...]
    estate: tuple[EstateEntry, ...] = ()
    estate_error: ErrorRecord | None = None
    error: ErrorRecord | None = None
    paces: dict[str, Pace] = msgspec.field(default_factory=dict)
    last: dict[str, RunReport] = msgspec.field(default_factory=dict)


class Remembered(Entity, frozen=True):
    """What the store has of a source.

    Attributes:
        scopes: Every scope that was ever visited; `last`: its newest run, by key.
    """

    estate: tuple[EstateEntry, ...] = ()
    scopes: tuple[Scope, ...] = ()
    last: dict[str, RunReport] = msgspec.field(default_factory=dict)


class Installed:
    """The plug-ins that are installed (`collectors.registry`)."""

    def provider(self, name: str) -> Provider:
        """Return a provider.

        Raises:
            PlugInError: there is none, or it cannot be loaded.
        """
        return load_provider(name)

    def collector(self, product: str) -> Collector:
        """Return a collector.

        Raises:
            PlugInError: there is none, or it cannot be loaded.
        """
        return load_collector(product)

    def products(self, provider: str) -> tuple[str, ...]:
        """Return what is visited where no products are named: the collectors that came with a provider."""
        return products_of(provider)

    def version(self, product: str) -> str | None:
        """Return the distribution that ships a collector, with its version."""
        for found in find_collectors():
            if found.name == product and found.distribution is not None:
                return f"{found.distribution} {found.version}"
        return None


Elsewhere = Callable[[Collection[str]], Iterable[Scope]]
"""Returns the scopes of some products that other sources visit, and saw whole the last time."""


def _nowhere(_products: Collection[str]) -> tuple[Scope, ...]:
    return ()


def plan_source(
    source: SourcePlan,
    plug_ins: PlugIns,
    remembered: Remembered,
    today: date,
    elsewhere: Elsewhere = _nowhere,
) -> PlannedSource:
    """Sign in to a source and return what will be visited.

    What others own and share is left to them where another source visits them.

    Raises:
        CollectorError: nobody could sign in.
        PlugInError: the provider is not installed.
    """
    provider = plug_ins.provider(source.provider)
    if isinstance(provider, LeavesToOwners):
        provider.leave_to(elsewhere(provider.shared_products))
    plan = provider.plan(source.name, source.settings)
    bench = _Bench(source, plug_ins, provider, today)
    jobs = [bench.job(scope, reach) for scope, reach in bench.scopes(plan)]
    estate = tuple(_estate(source, plan, remembered, today))
    lost = {entry.key for entry in estate if entry.state == ReachState.LOST}
    jobs += bench.fallen_away(remembered, {job.scope.key for job in jobs}, lost)
    return PlannedSource(
        source=source,
        jobs=tuple(jobs),
        estate=estate,
        estate_error=plan.estate_error,
        paces=bench.paces(),
        last=remembered.last,
    )


def plan_blindly(
    source: SourcePlan,
    plug_ins: PlugIns,
    remembered: Remembered,
    error: ErrorRecord,
    today: date,
) -> PlannedSource:
    """Return the plan of a source that cannot be planned: every scope of old, failed for that reason.

    Raises:
        PlugInError: the provider is not installed.
    """
    bench = _Bench(source, plug_ins, plug_ins.provider(source.provider), today)
    jobs = tuple(bench.job(scope, error=error) for scope in remembered.scopes)
    return PlannedSource(
        source=source, jobs=jobs, error=error, paces=bench.paces(), last=remembered.last
    )


def lay_down(
    source: SourcePlan, plug_ins: PlugIns, remembered: Remembered, today: date
) -> PlannedSource:
    """Return the plan of a source that is no longer configured: every scope of old says so, once.

    Raises:
        PlugInError: the provider is not installed.
    """
    bench = _Bench(source, plug_ins, plug_ins.provider(source.provider), today)
    jobs = tuple(bench.fallen_away(remembered, set(), set()))
    return PlannedSource(source=source, jobs=jobs, last=remembered.last)


class _Bench:
    """Makes the jobs of one source; loads each of its collectors once."""

    def __init__(
        self, source: SourcePlan, plug_ins: PlugIns, provider: Provider, today: date
    ) -> None:
        self._source = source
        self._plug_ins = plug_ins
        self._provider = provider
        self._today = today
        self._loaded: dict[str, Collector | PlugInError] = {}
        self._version = cache(plug_ins.version)
        self._agent_version = version("apiscape")

    def job(
        self,
        scope: Scope,
        reach: PlannedReach | None = None,
        error: ErrorRecord | None = None,
    ) -> Job:
        """Return the job of a scope; it fails with the error given, of its reach, or of its collector."""
        collector = self._load(scope.product)
        broken = collector if isinstance(collector, PlugInError) else None
        planned = error or (reach.error if reach else None)
        return Job(
            scope=scope,
            source=self._source,
            provider=self._provider,
            collector=None if isinstance(collector, PlugInError) else collector,
            error=planned or (_cannot_load(broken) if broken else None),
            caller=reach.caller if reach else None,
            accepted=accepted_reason(self._source.accepted, scope.key, self._today),
            agent_version=self._agent_version,
            collector_version=None if broken else self._version(scope.product),
        )

    def scopes(self, plan: Plan) -> Iterator[tuple[Scope, PlannedReach]]:
        """Yield what will be visited: every product in every reach, then those without regions, once an account."""
        products = self._source.products or self._in_order()
        spanning = [product for product in products if self._spans(product)]
        for planned in plan.reaches:
            for product in products:
                if product not in spanning:
                    yield self._scope(product, planned.reach), planned
        for planned in _once_an_account(plan.reaches):
            for product in spanning:
                yield self._scope(product, planned.reach), planned

    def _in_order(self) -> list[str]:
        """Return the installed products as the provider orders them, what most estates have first; others follow."""
        place = {product: index for index, product in enumerate(self._provider.products)}
        installed = self._plug_ins.products(self._source.provider)
        return sorted(installed, key=lambda product: place.get(product, len(place)))

    def _scope(self, product: str, reach: Reach) -> Scope:
        return Scope(self._source.name, self._source.provider, product, reach)

    def fallen_away(
        self, remembered: Remembered, planned: set[str], lost: set[str]
    ) -> Iterator[Job]:
        """Yield a job for each scope of old that is not planned: lost, or no longer configured."""
        for scope in remembered.scopes:
            if scope.key in planned:
                continue
            if _is_lost(scope.reach.key, lost):
                yield self.job(scope, error=_LOST)
            elif not is_laid_down(remembered.last.get(scope.key)):
                yield self.job(scope, error=_LAID_DOWN)

    def paces(self) -> dict[str, Pace]:
        """Return how fast each product's widest quota allows it to be asked."""
        return {
            product: self._pace(collector)
            for product, collector in self._loaded.items()
            if not isinstance(collector, PlugInError)
        }

    def _spans(self, product: str) -> bool:
        collector = self._load(product)
        return isinstance(collector, SpansReaches) and collector.once_per_account

    def _pace(self, collector: Collector) -> Pace:
        configured = self._source.quotas
        paces = [
            Pace(
                quota.family,
                configured[quota.family].rate_per_s
                if quota.family in configured
                else quota.rate_per_s * SHARE,
            )
            for quota in collector.quotas
        ]
        unpublished = Pace(collector.product, UNPUBLISHED.rate_per_s)
        return max(paces, default=unpublished, key=lambda pace: pace.rate_per_s)

    def _load(self, product: str) -> Collector | PlugInError:
        if product not in self._loaded:
            try:
                self._loaded[product] = self._plug_ins.collector(product)
            except PlugInError as error:
                self._loaded[product] = error
        return self._loaded[product]


def _is_lost(reach: str, lost: set[str]) -> bool:
    """Say whether a reach, or what lay in it, is no longer offered."""
    return reach in lost or any(key.startswith(f"{reach}/") for key in lost)


def _once_an_account(reaches: Iterable[PlannedReach]) -> Iterator[PlannedReach]:
    """Yield one reach per account, without a region; one that can be visited goes before one that cannot."""
    ordered = sorted(reaches, key=lambda planned: planned.error is not None)
    first: dict[str, PlannedReach] = {}
    for planned in ordered:
        first.setdefault(planned.reach.account, planned)
    for account, planned in first.items():
        title, region = planned.reach.title, planned.reach.region
        whole = title.removesuffix(f" {region}") if title and region else title
        reach = Reach(key=account, account=account, title=whole)
        yield msgspec.structs.replace(planned, reach=reach)


def _estate(
    source: SourcePlan, plan: Plan, remembered: Remembered, today: date
) -> Iterator[EstateEntry]:
    """Yield every reach once: what is visited, what the provider says besides, what was lost."""
    visited = [_visited(source, planned) for planned in plan.reaches]
    offered = {entry.key for entry in (*visited, *plan.estate)}
    of_old = _of_old(remembered.estate, offered, known=plan.estate_error is None)
    for entry in (*visited, *plan.estate, *of_old):
        reason = accepted_reason(source.accepted, f"{source.name}/{entry.key}", today)
        whole = entry.state == ReachState.VISITED
        yield entry if whole else msgspec.structs.replace(entry, accepted=reason)


def _visited(source: SourcePlan, planned: PlannedReach) -> EstateEntry:
    return EstateEntry(
        source=source.name,
        provider=source.provider,
        key=planned.reach.key,
        title=planned.reach.title,
        reason=planned.error.message if planned.error else None,
    )


def _of_old(
    before: Iterable[EstateEntry], offered: set[str], *, known: bool
) -> Iterator[EstateEntry]:
    """Yield what is no longer spoken of: lost where it was visited; as it was where nobody could look."""
    for entry in before:
        if _is_spoken_of(entry.key, offered):
            continue
        if entry.state in {ReachState.VISITED, ReachState.LOST}:
            yield msgspec.structs.replace(
                entry, state=ReachState.LOST, reason="planned before, and no longer offered"
            )
        elif not known:
            yield entry


def _is_spoken_of(key: str, offered: set[str]) -> bool:
    """Say whether a reach, or what it lies in, is offered: `1/eu` where `1` is not configured."""
    parts = key.split("/")
    return any("/".join(parts[:end]) in offered for end in range(1, len(parts) + 1))


def is_laid_down(last: RunReport | None) -> bool:
    """Say whether a scope's newest run already says that it is no longer configured."""
    return (
        last is not None
        and last.outcome == Outcome.ABSENT
        and any(part.reason == NO_LONGER_CONFIGURED for part in last.parts)
    )


def _cannot_load(error: PlugInError) -> ErrorRecord:
    return ErrorRecord(kind=ErrorKind.DEFECT, message=error.message, next_step=error.hint)


_LOST = ErrorRecord(
    kind=ErrorKind.UNREACHABLE,
    message="planned before, and no longer offered by the provider",
    next_step="check access to it, or accept the gap in the configuration",
)
_LAID_DOWN = ErrorRecord(kind=ErrorKind.UNSUPPORTED, message=NO_LONGER_CONFIGURED)
