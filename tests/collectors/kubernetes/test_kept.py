"""What a watch says, kept: by the machinery that runs watches, in the store, and by an agent that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.watch import Patience, WatchRun
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Budget, Plan
from apiscape.collectors.kubernetes import following
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.run import ErrorRecord, Reach, RunReport
from apiscape.model.values import known_or
from apiscape.store import Store
from tests.collectors.kubernetes.bench import Line
from tests.collectors.kubernetes.estate import (
    definition,
    gateway,
    listener,
    make_cluster,
    namespace,
    route,
    rule,
    service,
    shop,
)
from tests.collectors.kubernetes.visiting import SCOPE, Session
from tests.store.copies import opened_copy
from tests.unit.collect.scanning import reach
from tests.unit.collect.toy import ToyProvider
from tests.unit.daemon.toys import PATIENCE_S, Bench
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


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(*shop())


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


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

    def endpoints(self) -> list[str]:
        """Return the addresses of the orders, as they are stored."""
        rows = self._store.runs.known(SCOPE)
        uid = next(uid for uid, row in rows.items() if row.name == ORDERS)
        (item,) = self._store.runs.documents([uid]).values()
        return [each.url for each in known_or(item.endpoints, ())]


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


def test_a_list_of_a_watch_is_a_visit_that_adds_up(server: KubernetesServer, store: Store) -> None:
    with running(server, store) as run:
        (report,) = run.reports
        assert report.outcome == "complete"
        assert report.error is None
        ledger = report.ledger
        assert ledger.listed == ledger.recorded == 9
        assert (ledger.failed, ledger.skipped, ledger.deployments) == (0, 0, 1)
        outcomes = {part.part: part.outcome for part in report.parts}
        assert outcomes["certificates.cert-manager.io"] == "absent"
        assert outcomes["httproutes.gateway.networking.k8s.io"] == "complete"
        assert set(outcomes.values()) == {"complete", "absent"}


def test_what_happens_in_a_cluster_is_in_the_store(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    with running(server, store) as run:
        assert run.presence() == {ORDERS: "present"}
        assert run.endpoints() == ["https://shop.example"]
        cluster.add(route("cards"), route("odd") | {"spec": []}, service("odd") | {"spec": []})
        assert eventually(lambda: run.presence() == {ORDERS: "present", "shop/cards": "present"})
        cluster.change(gateway(listener(port=8443)))
        assert eventually(lambda: run.endpoints() == ["https://shop.example:8443"])
        cluster.change(service("odd"))
        cluster.change(route("odd", rule("/odd")))
        assert eventually(lambda: run.presence().get("shop/odd") == "present")
        cluster.remove(route("orders"))
        assert eventually(lambda: run.presence()[ORDERS] == "retired")
        cluster.add(route("orders", hostnames=["shop.example"]))
        assert eventually(lambda: run.presence()[ORDERS] == "present")
        assert run.watch.cut is None
        assert eventually(lambda: run.watch.ledger().deployments == 3)
        ledger = run.watch.ledger()
        assert (ledger.listed, ledger.recorded, ledger.failed) == (12, 12, 0)


def test_what_a_list_that_is_begun_again_lacks_is_missing_not_retired(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    cluster.add(*(route(f"r{number}") for number in range(4)))
    with running(server, store) as run:
        assert run.watch.following
        cluster.remove(route("orders"))
        cluster.storage.compact()
        server.hang_up()
        assert eventually(lambda: run.presence()[ORDERS] in {"missing", "retired"})
        assert eventually(lambda: run.watch.following)
        assert run.watch.cut is None


def test_a_kind_that_is_taken_away_ends_the_watch_to_be_begun_again(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    with running(server, store) as run:
        cluster.remove(definition("httproutes"))
        server.hang_up()
        assert eventually(lambda: not run.thread.is_alive())
        assert run.watch.cut is not None
        assert run.watch.cut.kind == "gone"
        assert run.presence() == {
            ORDERS: "present"
        }  # only a visit that looks can say that it is gone


async def test_an_agent_shows_what_happens_in_a_cluster(
    tmp_path: Path, server: KubernetesServer, cluster: Cluster
) -> None:
    bench = Bench(tmp_path)
    bench.toys.source = ClusterProvider(server)
    bench.toys.source.planned = Plan(reaches=(reach("cluster"),))
    bench.toys.collectors = {"kubernetes.gateways": GatewaysCollector()}

    async def shows(*wanted: str) -> None:
        """Ask the agent until it shows APIs of these names and no others."""
        names: list[str] = []
        while names != sorted(wanted):
            page = await bench.ask(lambda inventory: inventory.page("-presence:retired"))
            names = sorted(row.name for row in page.items)

    async with asyncio.timeout(PATIENCE_S), bench.running():
        await shows(ORDERS)
        cluster.add(namespace("pay"), route("cards", namespace="pay"))
        await shows(ORDERS, "pay/cards")
        cluster.remove(route("orders"))
        await shows("pay/cards")
