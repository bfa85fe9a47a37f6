"""An agent of toys on a virtual clock: turned by the test, with real threads for the visits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.collect.visits import Limits
from apiscape.collect.watch import Patience
from apiscape.collectors.contract import Collector, Plan, PlannedReach, Visit
from apiscape.model.measured import TrafficReport
from apiscape.model.run import RunReport, Scope
from apiscape.schedule.driver import Driver
from apiscape.schedule.memory import MemoryQueue
from apiscape.schedule.noticing import Hears
from tests.unit.collect.scanning import Toys, Watcher, reach, whole
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import NOON, SCOPE, SOURCE, VirtualClock, scripted
from tests.unit.collect.watching import Batch, listing, watching

HOUR = timedelta(hours=1).total_seconds()
QUICK = Limits(grace_s=1.0, tick_s=0.002)
KEY = SCOPE.key


class JumpyClock(VirtualClock):
    """A clock whose calendar somebody may set; what it measures by goes on."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.set_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.set_by


@dataclass
class Agent:
    """A driver and all that it works with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    toys: Toys = field(default_factory=lambda: Toys(collectors={"toy.api": scripted(whole)}))
    clock: JumpyClock = field(default_factory=JumpyClock)
    limits: Limits = QUICK
    patience: Patience = field(default_factory=Patience)
    progress: Watcher = field(default_factory=Watcher)
    measured: list[TrafficReport] = field(default_factory=list)
    heard: Hears | None = None

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Make the driver anew, as after a restart: the store stays."""
        tools = Tools(clock=self.clock, plug_ins=self.toys, limits=self.limits)
        self.driver = Driver(
            self.store,
            MemoryQueue(self.clock),
            tools=tools,
            progress=self.progress,
            measured=self.take_measured,
            patience=self.patience,
            heard=self.heard,
        )

    def take_measured(self, reports: Iterable[TrafficReport]) -> None:
        self.measured.extend(reports)

    def collect(self, collector: Collector) -> None:
        """Let the product have this collector from the next plan on."""
        self.toys.collectors["toy.api"] = collector

    def reaches(self, *keys: str) -> None:
        """Let the next plan find these reaches."""
        self.toys.source.planned = Plan(reaches=tuple(map(reach, keys)))

    def planned(self, reaches: Iterable[PlannedReach]) -> None:
        self.toys.source.planned = Plan(reaches=tuple(reaches))

    def start(self, *sources: SourcePlan) -> None:
        self.driver.start(sources or (SOURCE,))

    def until(self, holds: Callable[[], Any]) -> None:
        """Turn until something holds."""
        for _ in range(5000):
            if holds():
                return
            self.driver.turn(0.002)
        message = f"it never came to that: {self.progress.told}"
        raise AssertionError(message)

    def ran(self, count: int) -> list[RunReport]:
        """Turn until so many runs were stored and taken up, and return them."""
        self.until(lambda: len(self.runs) >= count and self.rests())
        assert len(self.runs) == count
        return self.runs

    def rests(self) -> bool:
        """Say whether no job is queued or under way, watches apart."""
        depth = self.driver.depth()
        return not depth.queued and not depth.running

    def pass_time(self, seconds: float, step: float = 10.0) -> None:
        """Let time pass in steps, each as long as it takes for what falls due, unless it is stuck."""
        for _ in range(int(seconds / step)):
            self.clock.advance(seconds=step)
            self.driver.turn()
            for _ in range(100):
                if self.rests():
                    break
                self.driver.turn(0.002)

    def ask(self, answer: Any) -> Any:
        """Turn until something that was asked of the driver is answered."""
        self.until(answer.done)
        return answer.result()

    @property
    def runs(self) -> list[RunReport]:
        return self.store.runs.reports

    @property
    def visited(self) -> list[str]:
        """The reach of every run that was stored, in order."""
        return [run.scope.reach.key for run in self.runs]


def source(name: str = "toys", **more: Any) -> SourcePlan:
    return msgspec.structs.replace(SOURCE, name=name, **more)


@dataclass
class Feed:
    """What a watch says after its list, batch by batch; it may be cut. Its watches go on until it is closed.

    Attributes:
        names: What every list has.
        lists: How many lists there were.
    """

    names: tuple[str, ...] = ("a", "b")
    lists: int = 0
    is_closed: bool = False
    batches: SimpleQueue[Batch | Exception] = field(default_factory=SimpleQueue)

    def watch(self, scope: Scope, visit: Visit) -> Iterator[Batch]:
        self.lists += 1
        yield listing("apis", *self.names)
        while not self.is_closed:
            visit.check()
            try:
                said = self.batches.get(timeout=0.002)
            except Empty:
                said = ()
            if isinstance(said, Exception):
                raise said
            yield said

    def say(self, said: Batch | Exception) -> None:
        self.batches.put(said)

    def collector(self) -> Collector:
        return watching(self.watch)

    def close(self) -> None:
        self.is_closed = True
