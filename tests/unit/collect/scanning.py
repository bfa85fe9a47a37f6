"""What a scan of toys works with: plug-ins, a store in memory, a virtual clock, and somebody who watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.report import ScanReport
from apiscape.collect.scan import Tools, scan
from apiscape.collect.source import SourcePlan
from apiscape.collect.visits import Limits
from apiscape.collectors.contract import (
    Collector,
    Listed,
    Observation,
    Plan,
    PlannedReach,
    Provider,
    Visit,
)
from apiscape.collectors.registry import PlugInError
from apiscape.model.run import Ledger, Reach, RunReport, Scope
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    SOURCE,
    ToyProvider,
    VirtualClock,
    recorded,
    scripted,
)

QUICK = Limits(grace_s=0.05, tick_s=0.02)


@dataclass
class Toys:
    """Plug-ins of one provider; collectors by product."""

    source: ToyProvider = field(default_factory=ToyProvider)
    collectors: dict[str, Collector | PlugInError] = field(default_factory=dict)

    def provider(self, name: str) -> Provider:
        if name != "toy":
            raise PlugInError(f"no provider {name!r}")
        return self.source

    def collector(self, product: str) -> Collector:
        found = self.collectors[product]
        if isinstance(found, PlugInError):
            raise found
        return found

    def products(self, provider: str) -> tuple[str, ...]:
        return tuple(self.collectors)

    def version(self, product: str) -> str | None:
        return "toys 1"


def whole(scope: Scope, visit: Visit) -> Iterator[Observation]:
    name = f"{scope.reach.key}-{scope.product}"
    yield Listed("apis", (name,), last=True)
    yield from recorded(name)


def reach(key: str) -> PlannedReach:
    account, _, region = key.partition("/")
    return PlannedReach(reach=Reach(key=key, account=account, region=region))


@dataclass
class World:
    """Everything that a scan of toys works with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    toys: Toys = field(default_factory=lambda: Toys(collectors={"toy.api": scripted(whole)}))
    clock: Any = field(default_factory=VirtualClock)
    limits: Limits = QUICK

    def plan(self, *keys: str, **more: Any) -> None:
        self.toys.source.planned = Plan(reaches=tuple(reach(key) for key in keys), **more)

    def scan(self, *sources: SourcePlan, **more: Any) -> ScanReport:
        tools = Tools(clock=self.clock, plug_ins=self.toys, limits=self.limits)
        return scan(sources or (SOURCE,), self.store, tools=tools, **more)


@dataclass
class Watcher:
    """Writes down what it is told."""

    told: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    forecasts: list[Forecast] = field(default_factory=list)
    ticks: list[Mapping[str, Ledger]] = field(default_factory=list)
    on_tick: Callable[[], None] = lambda: None

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        self.forecasts.append(forecast)
        self._note(f"planned {plan.source.name} {plan.error.kind if plan.error else 'well'}")

    def started(self, scope: Scope) -> None:
        self._note(f"started {scope.reach.key}")

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        self.ticks.append(ledgers)
        self.on_tick()

    def ended(self, report: RunReport) -> None:
        self._note(f"ended {report.scope.reach.key} {report.outcome}")

    def _note(self, words: str) -> None:
        self.told.append(words)
        self.threads.add(threading.get_ident())


def join_all() -> None:
    """Wait for the threads that a scan left behind."""
    for thread in threading.enumerate():
        if thread.name.startswith(("visit", "plan")):
            thread.join(30)
