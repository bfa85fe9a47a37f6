"""An agent's schedule and conclusions on a fast clock, for the soak: `python -m tests.bench.soak_child STORE`.

It says where it answers, then does what each line of standard input says (`hour`, `sizes`, `settle` or
`differing`) and answers each with a line of JSON. It ends when standard input does.
"""

from __future__ import annotations

import gc
import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

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
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.listen import Listen, socket_path
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import Store, open_store
from apiscape.store.keeping.retention import HISTORY
from apiscape.store.schema import change, run
from tests.unit.collect.scanning import Toys
from tests.unit.collect.toy import scripted, toy_deployment
from tests.unit.schedule.agents import Agent, source
from tests.unit.serve.http.harness import in_thread

HOURS = 24
DAY_S, STEP_S = 86_400.0, 120.0
KEPT_DAYS = 3
HEARTBEAT_S = 0.25
"""Followers look at every sign of life whether they are to go."""

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


class Soak:
    """An agent, its estate and what is seen of both."""

    def __init__(self, store: Store) -> None:
        self.estate = Estate()
        self.store = store
        toys = Toys(collectors={"toy.api": scripted(self.estate.script)})
        self.agent = Agent(store=store, toys=toys)  # type: ignore[arg-type]  # the real one has more
        self.agent.reaches(*REACHES)
        self.inventory = LocalInventory(store, self.agent.clock.now)
        kept = timedelta(days=KEPT_DAYS)
        self.concluder = Concluder(store, self.agent.clock, HealthPolicy(), kept)
        self.hours = 0
        self.odd = 0
        self.visits = 0
        self.seen: dict[str, int] = {}
        self.ends: list[int] = []
        self.agent.start(source(interval_s=1800.0))

    def hour(self) -> dict[str, Any]:
        """Let an hour pass with a trouble of its own; return how far the log, visits and faults are."""
        self.estate.move()
        self.trouble(self.hours % HOURS)
        self.agent.pass_time(3600, step=STEP_S)
        self.concluder.turn()
        self.look_at_runs()
        self.hours += 1
        if self.hours % HOURS == 0:
            self.ends.append(self.store.changes.last_seq())
            self.agent.toys.source.sessions.clear()  # what the toys remember is not the agent's
            self.agent.progress.told.clear()
            self.agent.measured.clear()
        return {"seq": self.store.changes.last_seq(), "visits": self.visits, "odd": self.odd}

    def trouble(self, hour: int) -> None:
        """Cut the writer's connection, or have the configuration read anew."""
        if hour % 5 == 0:
            self.store.database._writer.dispose()
        if hour % 7 == 0:
            self.agent.driver.reload([source(interval_s=1800.0 - 60.0 * (hour % 2))])

    def look_at_runs(self) -> None:
        """Look at what ended since the last look: its ledger must add up."""
        reports = self.store.runs.newest(40)
        for report in reports:
            if report.generation <= self.seen.get(report.scope.key, 0) or report.ended_at is None:
                continue
            self.visits += 1
            ledger = report.ledger
            sums = ledger.recorded + ledger.skipped + ledger.failed
            self.odd += report.outcome == "complete" and sums != ledger.listed
        for report in reports:
            held = self.seen.get(report.scope.key, 0)
            self.seen[report.scope.key] = max(held, report.generation)

    def settle(self) -> dict[str, Any]:
        """Visit everything once more, with nothing in the way."""
        self.estate.is_broken = False
        self.agent.ask(self.agent.driver.reload([source(interval_s=1800.0)]))
        self.agent.driver.collect_now()
        self.agent.pass_time(2 * DAY_S, step=STEP_S)
        self.concluder.turn()
        return {"seq": self.store.changes.last_seq()}

    def differing(self) -> dict[str, Any]:
        """Return in how many deployments the inventory differs from the estate."""
        rows = self.inventory.page("presence:present", limit=1000).items
        held = {row.name for row in rows}
        return {"differing": len(held ^ set().union(*self.estate.names.values()))}

    def sizes(self) -> dict[str, Any]:
        """Return what may not grow, and how many changes retention allows, which drops them once a day.

        Beside those of the days that are kept, these are the ones that began a version that still stands.
        """
        gc.collect()
        with self.store.database.read() as connection:
            counts = [
                connection.scalar(sa.select(sa.func.count()).select_from(each)) or 0
                for each in (run, change)
            ]
            days = KEPT_DAYS + 1
            before = self.ends[-days - 1] if len(self.ends) > days else 0
            old = [sa.select(each.c.from_seq).where(each.c.from_seq <= before) for each in HISTORY]
            begun = sa.select(sa.func.count()).select_from(sa.union(*old).subquery())
            standing = connection.scalar(begun) or 0
        return {
            "objects in memory": len(gc.get_objects()),
            "runs kept": counts[0],
            "changes kept": counts[1],
            "changes allowed": self.store.changes.last_seq() - before + standing,
        }


def main(path: Path) -> None:
    """Do what standard input says."""
    with open_store(str(path), write=True) as store:
        soak = Soak(store)
        deeds: dict[str, Callable[[], dict[str, Any]]] = {
            "hour": soak.hour,
            "sizes": soak.sizes,
            "settle": soak.settle,
            "differing": soak.differing,
        }
        listen = Listen(socket=socket_path(path))
        doors = Doors(Offer(soak.inventory), listen, limits=Limits(heartbeat_s=HEARTBEAT_S))
        with in_thread(doors):
            say(doors.unix)
            for line in sys.stdin:
                say(deeds[line.strip()]())


def say(told: object) -> None:
    """Write a line of JSON, now."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
