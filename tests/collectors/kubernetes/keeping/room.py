"""A cluster that is followed into a store, by the machinery that the agent follows it with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.watch import Patience, WatchRun
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Budget
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.deployment import Deployment
from apiscape.model.run import ErrorRecord, Reach, RunReport
from apiscape.model.values import known_or
from apiscape.store import Store
from tests.collectors.kubernetes.bench import Line
from tests.collectors.kubernetes.visiting import SCOPE, Session
from tests.unit.collect.toy import ToyProvider
from tests.unit.demo.kubernetes.wire import eventually

ORDERS = "shop/orders"


class ClusterProvider(ToyProvider):
    """Signs in to an emulated cluster."""

    def __init__(self, server: KubernetesServer | str) -> None:
        super().__init__()
        self._url = server if isinstance(server, str) else server.url

    def session(self, settings: Any, reach: Reach, budget: Budget) -> Any:
        session = Session(self._url)
        session.wire = Wire(Line(self._url), budget)
        session.catalogue = Discovery(session.wire)
        return session


class Run:
    """A watch at work in a thread of its own."""

    def __init__(self, server: KubernetesServer, store: Store) -> None:
        self.reports: list[RunReport] = []
        self._store = store
        clock = SystemClock()
        stop = Stop(clock, deadline_s=60.0)
        job = Job(
            SCOPE, SourcePlan("clusters", "toy", None), ClusterProvider(server), GatewaysCollector()
        )
        means = Means(runs=store.runs, clock=clock, workers=Workers())
        budget = ScopeBudget(Quotas(clock), "kubernetes", stop)
        self.watch = WatchRun(job, means, budget, stop, Patience(), self.reports.append)
        self.thread = threading.Thread(target=self.watch.execute, daemon=True)

    def presence(self) -> dict[str, str]:
        return {row.name: row.presence for row in self._store.runs.known(SCOPE).values()}

    def stored(self, name: str = ORDERS) -> Deployment:
        """Return a deployment as it is stored."""
        rows = self._store.runs.known(SCOPE)
        uid = next(uid for uid, row in rows.items() if row.name == name)
        (item,) = self._store.runs.documents([uid]).values()
        return item

    def endpoints(self, name: str = ORDERS) -> list[str]:
        """Return the addresses of an API, as they are stored."""
        return [each.url for each in known_or(self.stored(name).endpoints, ())]


@contextmanager
def running(server: KubernetesServer, store: Store) -> Iterator[Run]:
    run = Run(server, store)
    run.thread.start()
    try:
        assert eventually(lambda: run.watch.following or not run.thread.is_alive())
        yield run
    finally:
        run.watch.stop.tell(ErrorRecord(kind="interrupted", message="told to end"))
        run.thread.join(120.0)
        assert not run.thread.is_alive()
