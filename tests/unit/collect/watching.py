"""Toys that are watched: a scripted collector, a bench for it, and a gate whose changes it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.watch import Patience, WatchRun
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import (
    Absent,
    Collector,
    Listed,
    Observation,
    Quota,
    Recorded,
    Synced,
    Visit,
)
from apiscape.model.deployment import Deployment
from apiscape.model.run import RunReport, Scope
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    GET,
    SCOPE,
    SOURCE,
    ToyCollector,
    ToyProvider,
    VirtualClock,
    toy_deployment,
)

Batch = tuple[Observation, ...]
WatchScript = Callable[[Scope, Visit], Iterator[Batch]]


def watching(script: WatchScript, parts: tuple[str, ...] = ("apis",)) -> Collector:
    """Return a collector whose watch says what its script says, and that cannot be visited."""
    declared = parts

    class Watching(ToyCollector):
        parts: ClassVar[tuple[str, ...]] = declared
        quotas: ClassVar[tuple[Quota, ...]] = ()

        def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
            raise NotImplementedError

        def watch(self, scope: Scope, visit: Visit) -> Iterator[Batch]:
            yield from script(scope, visit)

    return Watching()


def says(*batches: Batch) -> WatchScript:
    """Return a script that says just these batches."""

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield from batches

    return script


def listing(part: str, *names: str) -> Batch:
    """Return the whole list of a part, with an API of one stage for each name, and that it is synced."""
    said = [Recorded(name, (toy_deployment(name, "live"),)) for name in names]
    return (Listed(part, names, last=True), *said, Synced(part))


def changed(name: str, part: str | None = None) -> Recorded:
    """Return that an API has an operation more than `listing` says."""
    return Recorded(name, (toy_deployment(name, "live", operations=(GET,)),), part=part)


@dataclass
class WatchBench:
    """A store and a clock, to watch one scope again and again."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: VirtualClock = field(default_factory=VirtualClock)
    provider: ToyProvider = field(default_factory=ToyProvider)
    source: SourcePlan = SOURCE
    patience: Patience = field(default_factory=Patience)
    told: list[RunReport] = field(default_factory=list)

    def run_of(self, collector: Collector | None) -> WatchRun:
        stop = Stop(self.clock, deadline_s=self.source.deadline_s)
        means = Means(runs=self.store.runs, clock=self.clock, workers=Workers())
        budget = ScopeBudget(Quotas(self.clock), "toy", stop)
        job = Job(SCOPE, self.source, self.provider, collector)
        return WatchRun(job, means, budget, stop, self.patience, self.told.append)

    def watch(self, script: WatchScript, parts: tuple[str, ...] = ("apis",)) -> WatchRun:
        """Watch until the watch ends, and return it."""
        run = self.run_of(watching(script, parts))
        run.execute()
        return run

    def presence(self) -> dict[str, str]:
        """Return the presence of every deployment by its API's name."""
        return {row.name: row.presence for row in self.store.runs.known(SCOPE).values()}


PARTS = ("apis", "events")

VARIANTS: tuple[tuple[tuple[str | None, int], ...], ...] = (
    ((None, 0),),
    (("live", 0),),
    (("live", 1),),
    (("live", 0), ("test", 0)),
)
"""What an API of a `Gate` can look like: its stages, with how many operations each."""


@dataclass
class Gate:
    """APIs of two parts under names that both parts have; every one is one of `VARIANTS`."""

    apis: dict[tuple[str, str], int] = field(default_factory=dict)

    def deployments(self, part: str, name: str) -> tuple[Deployment, ...]:
        return tuple(
            toy_deployment(f"{part}-{name}", stage, operations=(GET,) * operations)
            for stage, operations in VARIANTS[self.apis[part, name]]
        )

    def list(self, part: str) -> Iterator[Observation]:
        """Yield the list of a part, a page for each two names."""
        names = sorted(name for each, name in self.apis if each == part)
        for start in range(0, max(len(names), 1), 2):
            page = tuple(names[start : start + 2])
            yield Listed(part, page, last=start + 2 >= len(names))
            for name in page:
                yield Recorded(name, self.deployments(part, name))
        yield Synced(part)

    def event(self, part: str, name: str) -> Observation:
        """Return what a watch says of a name that changed."""
        if (part, name) not in self.apis:
            return Absent(part, name)
        return Recorded(name, self.deployments(part, name), part=part)

    def inventory(self) -> dict[str, Deployment]:
        """Return what there is, by native id."""
        found = (item for part, name in self.apis for item in self.deployments(part, name))
        return {item.native_id: item for item in found}


def kinds(bench: WatchBench) -> list[tuple[str, str]]:
    """Return the changes that were logged, with the names of what changed."""
    items = bench.store.runs.items
    return [(kind, items[uid].name) for kind, uid in bench.store.runs.log]
