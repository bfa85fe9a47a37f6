"""A toy provider with a scripted collector, and a clock that sleeps no time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.run import ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import (
    Budget,
    Collector,
    CollectorError,
    Listed,
    Observation,
    Permission,
    Plan,
    PlannedReach,
    ProviderSettings,
    Quota,
    Recorded,
    Visit,
)
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.identity import deployment_uid, staged
from apiscape.model.run import EstateEntry, Reach, RunReport, Scope
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy
from tests.unit.collect.store_double import MemoryStore

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
REACH = Reach(key="1/r", account="1", region="r")
SCOPE = Scope(source="toys", provider="toy", product="toy.api", reach=REACH)
SOURCE = SourcePlan(name="toys", provider="toy", settings=None)

Script = Callable[[Scope, Visit], Iterator[Observation]]


class VirtualClock:
    """Sleeping moves it on, and takes no time."""

    def __init__(self, start: datetime = NOON) -> None:
        self._lock = threading.Lock()
        self._start = start
        self.elapsed_s = 0.0

    def monotonic(self) -> float:
        return self.elapsed_s

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.elapsed_s)

    def sleep(self, seconds: float, until: threading.Event) -> None:
        with self._lock:
            self.elapsed_s += seconds

    def advance(self, **times: float) -> None:
        """Move on by a `timedelta`'s words."""
        self.sleep(timedelta(**times).total_seconds(), threading.Event())


class ToySettings(ProviderSettings, frozen=True, kw_only=True):
    reaches: tuple[str, ...] = ("1/r",)


@dataclass
class ToyGate:
    """A gateway: APIs with their stages and operations; it fails at the call that it is told to.

    Attributes:
        fails_at: Index of the call that fails, and how.
        calls: Names of the calls made.
    """

    apis: dict[str, dict[str, tuple[Operation, ...]]] = field(default_factory=dict)
    page_size: int = 2
    fails_at: dict[int, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def call(self, budget: Budget, name: str) -> None:
        budget.acquire(("toy",), account="1", region="r")
        self.calls.append(name)
        error = self.fails_at.get(len(self.calls) - 1)
        if error is not None:
            raise error

    def pages(self, budget: Budget) -> Iterator[tuple[tuple[str, ...], bool]]:
        names = sorted(self.apis.keys() - self.hidden)
        for start in range(0, max(len(names), 1), self.page_size):
            self.call(budget, "list")
            page = tuple(names[start : start + self.page_size])
            yield page, start + self.page_size >= len(names)

    def stages(self, budget: Budget, name: str) -> dict[str, tuple[Operation, ...]]:
        self.call(budget, f"stages {name}")
        return self.apis[name]

    def operations(self, budget: Budget, name: str, stage: str) -> tuple[Operation, ...]:
        self.call(budget, f"operations {name}/{stage}")
        return self.apis[name][stage]


@dataclass
class ToySession:
    gate: ToyGate
    budget: Budget
    closed: bool = False

    def close(self) -> None:
        self.closed = True


def toy_deployment(name: str, stage: str | None, **facts: Any) -> Deployment:
    native_id = staged(f"toy:1:r:{name}", stage)
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=f"toy:1:r:{name}",
        native_kind="toy.api",
        provider="toy",
        product="toy.api",
        account="1",
        name=name,
        region="r",
        stage=stage or "-",
        **facts,
    )


class ToyCollector:
    """Lists the APIs of a `ToyGate`, as a good collector would."""

    product: ClassVar[str] = "toy.api"
    title: ClassVar[str] = "Toy API"
    provider: ClassVar[str] = "toy"
    permissions: ClassVar[tuple[Permission, ...]] = ()
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(family="toy", rate_per_s=20, burst=40),)
    parts: ClassVar[tuple[str, ...]] = ("apis",)
    stability: ClassVar[str] = "stable"
    normaliser_version: ClassVar[int] = 1

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        session: ToySession = visit.session
        for names, last in session.gate.pages(session.budget):
            yield Listed("apis", names, last=last)
            for name in names:
                yield self._record(session, visit, name)

    def _record(self, session: ToySession, visit: Visit, name: str) -> Observation:
        remembered = visit.tokens(name)
        fresh: list[Deployment] = []
        unchanged: list[Deployment] = []
        tokens: dict[str, str] = {}
        for stage, held in session.gate.stages(session.budget, name).items():
            token = str(len(held))
            item = toy_deployment(name, stage)
            tokens[item.uid] = token
            if remembered.get(item.uid) == token:
                unchanged.append(item)
                continue
            operations = session.gate.operations(session.budget, name, stage)
            fresh.append(toy_deployment(name, stage, operations=operations))
        if not tokens:
            fresh.append(toy_deployment(name, None, operations=()))
        return Recorded(name, tuple(fresh), unchanged=tuple(unchanged), tokens=tokens)


def scripted(script: Script, parts: tuple[str, ...] = ("apis",)) -> Collector:
    """Return a collector that says what its script says."""
    declared = parts

    class Scripted(ToyCollector):
        parts: ClassVar[tuple[str, ...]] = declared
        quotas: ClassVar[tuple[Quota, ...]] = ()

        def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
            yield from script(scope, visit)

    return Scripted()


class ToyProvider:
    """Signs in to a `ToyGate`."""

    name: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy"
    settings_type: ClassVar[type[ProviderSettings]] = ToySettings
    products: ClassVar[tuple[str, ...]] = ("toy.api",)

    def __init__(self, gate: ToyGate | None = None) -> None:
        self.gate = gate or ToyGate()
        self.sessions: list[ToySession] = []
        self.planned: Plan | CollectorError = Plan(reaches=(PlannedReach(reach=REACH),))

    def plan(self, source: str, settings: Any) -> Plan:
        if isinstance(self.planned, CollectorError):
            raise self.planned
        return self.planned

    def session(self, settings: Any, reach: Reach, budget: Budget) -> ToySession:
        session = ToySession(self.gate, budget)
        self.sessions.append(session)
        return session

    def detect(self) -> Mapping[str, Any] | None:
        return None


def said(*observations: Observation) -> Script:
    """Return a script that says just this."""

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield from observations

    return script


def recorded(*names: str) -> tuple[Recorded, ...]:
    """Return what is said of APIs with one stage each."""
    return tuple(Recorded(name, (toy_deployment(name, "live"),)) for name in names)


@dataclass
class Bench:
    """A store, a clock and a provider, to visit one scope again and again."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: VirtualClock = field(default_factory=VirtualClock)
    provider: ToyProvider = field(default_factory=ToyProvider)
    source: SourcePlan = SOURCE
    policy: PresencePolicy = DEFAULT_POLICY

    def run_of(self, collector: Collector | None = None, **job: Any) -> ScopeRun:
        """Return a visit that has not begun."""
        collector = collector or ToyCollector()
        quotas = Quotas(self.clock)
        quotas.publish("toy", collector.quotas, self.source.quotas)
        stop = Stop(self.clock, deadline_s=self.source.deadline_s)
        means = Means(runs=self.store.runs, clock=self.clock, workers=Workers(), policy=self.policy)
        given: dict[str, Any] = {
            "scope": SCOPE,
            "source": self.source,
            "provider": self.provider,
            "collector": collector,
        }
        return ScopeRun(Job(**(given | job)), means, ScopeBudget(quotas, "toy", stop), stop)

    def visit(self, collector: Collector | None = None, **job: Any) -> RunReport:
        """Visit the scope once."""
        return self.run_of(collector, **job).execute()

    def script(self, *observations: Observation, parts: Sequence[str] = ("apis",)) -> RunReport:
        """Visit the scope with a collector that says just this."""
        return self.visit(scripted(said(*observations), tuple(parts)))


def estate_entry(key: str, state: str = "not_configured") -> EstateEntry:
    """Return an entry of the toy's estate."""
    return EstateEntry(source="toys", provider="toy", key=key, state=state)


GET = Operation("GET", "/")
