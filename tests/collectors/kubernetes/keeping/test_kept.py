"""What a watch says, kept: by the machinery that runs watches, in the store, and by an agent that runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from apiscape.collectors.contract import Plan
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.store import Store
from tests.collectors.kubernetes.estate import (
    definition,
    gateway,
    listener,
    namespace,
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.keeping.room import ORDERS, ClusterProvider, running
from tests.unit.collect.scanning import reach
from tests.unit.daemon.toys import PATIENCE_S, Bench
from tests.unit.demo.kubernetes.wire import eventually


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
