"""An agent's schedule and conclusions through many days of a fast clock, with everything going wrong in turn.

Visits fail, are throttled and denied; the estate moves; the configuration is read anew; the writer's
connection is cut; readers of the change log come and go. In the end all faults cease, everything is visited
once more, and the inventory must be what the estate is.
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    Listed,
    Observation,
    Recorded,
    Throttled,
    Unreachable,
    Visit,
)
from apiscape.conclude.faring import HealthPolicy
from apiscape.daemon.concluding import Concluder
from apiscape.model.run import Scope
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from apiscape.store.schema import change, run
from tests.bench.bench_agent import status_of
from tests.bench.table import Row
from tests.unit.collect.test_scan import Toys
from tests.unit.collect.toy import scripted, toy_deployment
from tests.unit.schedule.agents import Agent, source

DAYS, WARM = 8, 4
DAY_S, STEP_S = 86_400.0, 120.0
KEPT = timedelta(days=3)
REACHES = ("1/r", "1/s", "2/r", "3/r")
FAULTS: tuple[Callable[[], CollectorError | ConnectionError], ...] = (
    lambda: Throttled("slow down", retry_after_s=60.0),
    lambda: Unreachable("reset"),
    lambda: AccessDenied("no"),
    lambda: ConnectionError("500"),
)
"""Made anew each time: an error that is raised again keeps every place that it was raised at."""


class Estate:
    """What there is in each reach, which moves, and which is now and then refused."""

    def __init__(self) -> None:
        self.chance = random.Random(5)
        self.ever = {reach: {f"{reach}-{n}" for n in range(40)} for reach in REACHES}
        self.names = {reach: set(sorted(names)[:30]) for reach, names in self.ever.items()}
        self.is_broken = True

    def move(self) -> None:
        """Let an API come in one reach, of those that ever were, and one go in another."""
        reach = self.chance.choice(REACHES)
        gone = sorted(self.ever[reach] - self.names[reach])
        self.names[reach] |= {self.chance.choice(gone)} if gone else set()
        names = self.names[self.chance.choice(REACHES)]
        names.discard(self.chance.choice(sorted(names)))

    def script(self, scope: Scope, _visit: Visit) -> Iterator[Observation]:
        """Tell what is in a reach; one visit of four fails, half of these in the middle."""
        names = tuple(sorted(self.names[scope.reach.key]))
        fault: CollectorError | ConnectionError | None = None
        if self.is_broken and self.chance.random() < 0.25:
            fault = self.chance.choice(FAULTS)()
            if self.chance.random() < 0.5:
                raise fault
        yield Listed("apis", names, last=True)
        for place, name in enumerate(names):
            if fault is not None and place > len(names) / 2:
                raise fault
            yield Recorded(name, (toy_deployment(name, "live"),))


class Follower:
    """Reads the change log from where it came; every number must be there once, in order."""

    def __init__(self, reader: Reader, after: int) -> None:
        self.after = after
        self.lost = 0
        self._reader = reader

    def read(self) -> None:
        """Read on to the end."""
        page = self._reader.changes(after=self.after, limit=1000)
        numbers = [each.seq for each in page.items]
        self.lost += numbers != list(range(self.after + 1, self.after + 1 + len(numbers)))
        self.after = page.last_seq


def measure() -> Iterator[Row]:
    """Yield what grew after the first days, until the last, and what was lost."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with open_store(str(path), write=True) as store:
            yield from Soak(store).run()


class Soak:
    """An agent, its estate and what is seen of both."""

    def __init__(self, store: Store) -> None:
        self.estate = Estate()
        self.store = store
        toys = Toys(collectors={"toy.api": scripted(self.estate.script)})
        self.agent = Agent(store=store, toys=toys)  # type: ignore[arg-type]  # the real one has more
        self.agent.reaches(*REACHES)
        self.reader = Reader(store.database, self.agent.clock.now)
        self.concluder = Concluder(store, self.agent.clock, HealthPolicy(), KEPT)
        self.followers: list[Follower] = []
        self.lost = 0
        self.odd = 0
        self.visits = 0
        self.seen: dict[str, int] = {}

    def run(self) -> Iterator[Row]:
        """Let the days pass; yield the figures."""
        self.agent.start(source(interval_s=1800.0))
        for day in range(WARM):
            self.pass_day(day)
        before = self.sizes()
        for day in range(WARM, DAYS):
            self.pass_day(day)
        after = self.sizes()
        self.estate.is_broken = False
        self.settle()
        what = f"soak of {DAYS} days, {self.visits:,} visits"
        for name, unit, most in (
            ("objects in memory", "objects", 1.1),
            ("threads", "threads", 1.0),
            ("open files", "files", 1.0),
            ("runs kept", "rows", 1.3),
            ("changes kept", "rows", 1.3),
        ):
            yield Row(f"{what}, {name}", after[name], f"day {WARM}", before[name], most, unit)
        yield Row(
            f"{what}, memory, the store's page cache included",
            after["memory"],
            f"day {WARM}",
            before["memory"],
            unit="MiB",
            limit=200,
        )
        for name, lost in (
            ("changes that a follower missed", self.lost),
            ("ledgers that do not add up", self.odd),
            ("deployments that are not as the estate", self.differing()),
        ):
            yield Row(f"{what}, {name}", lost, "the estate", 1, unit="items", limit=0)

    def pass_day(self, day: int) -> None:
        """Let a day pass: an hour at a time, each with a trouble of its own."""
        for hour in range(24):
            self.estate.move()
            self.trouble(hour)
            self.agent.pass_time(3600, step=STEP_S)
            self.concluder.turn()
            self.follow(day * 24 + hour)
            self.look_at_runs()
        self.agent.toys.source.sessions.clear()  # what the toys remember is not the agent's
        self.agent.progress.told.clear()

    def trouble(self, hour: int) -> None:
        """Cut the writer's connection, or have the configuration read anew."""
        if hour % 5 == 0:
            self.store.database._writer.dispose()
        if hour % 7 == 0:
            self.agent.driver.reload([source(interval_s=1800.0 - 60.0 * (hour % 2))])

    def follow(self, hour: int) -> None:
        """Let followers read; one comes every third hour, and the oldest of four goes."""
        if hour % 3 == 0:
            self.followers = [
                *self.followers[-3:],
                Follower(self.reader, self.store.changes.last_seq()),
            ]
        for follower in self.followers:
            follower.read()
            self.lost, follower.lost = self.lost + follower.lost, 0

    def look_at_runs(self) -> None:
        """Look at what ended since the last look: its ledger must add up."""
        for report in self.store.runs.newest(40):
            if report.generation <= self.seen.get(report.scope.key, 0) or report.ended_at is None:
                continue
            self.visits += 1
            ledger = report.ledger
            sums = ledger.recorded + ledger.skipped + ledger.failed
            self.odd += report.outcome == "complete" and sums != ledger.listed
        for report in self.store.runs.newest(40):
            held = self.seen.get(report.scope.key, 0)
            self.seen[report.scope.key] = max(held, report.generation)

    def settle(self) -> None:
        """Visit everything once more, with nothing in the way."""
        self.agent.ask(self.agent.driver.reload([source(interval_s=1800.0)]))
        self.agent.driver.collect_now()
        self.agent.pass_time(2 * DAY_S, step=STEP_S)
        self.concluder.turn()

    def differing(self) -> int:
        """Return in how many deployments the inventory differs from the estate."""
        rows = self.reader.page("presence:present", limit=1000).items
        held = {row.name for row in rows}
        return len(held ^ set().union(*self.estate.names.values()))

    def sizes(self) -> dict[str, float]:
        """Return what may not grow."""
        gc.collect()
        with self.store.database.read() as connection:
            counts = [
                connection.scalar(sa.select(sa.func.count()).select_from(each)) or 0
                for each in (run, change)
            ]
        return {
            "objects in memory": len(gc.get_objects()),
            "memory": status_of(os.getpid(), "VmRSS") / 1024,
            "threads": threading.active_count(),
            "open files": len(list(Path("/proc/self/fd").iterdir())),
            "runs kept": counts[0],
            "changes kept": counts[1],
        }
