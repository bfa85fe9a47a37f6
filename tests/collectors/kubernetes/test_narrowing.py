"""A source that is narrowed to some namespaces: what lies in others is not observed, neither missing nor retired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from apiscape.collectors.contract import Listed
from apiscape.collectors.kubernetes import following
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.run import RunReport
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.collectors.kubernetes.estate import (
    gateway,
    listener,
    make_cluster,
    namespace,
    route,
    shop,
)
from tests.collectors.kubernetes.visiting import SCOPE, Session, Visit
from tests.collectors.kubernetes.visiting import following as follow
from tests.store.copies import opened_copy
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import SCOPE as OF_BENCH
from tests.unit.collect.toy import Bench

ROUTES = "httproutes.gateway.networking.k8s.io"
SHOP, INFRA, SHOPPING = "shop/orders", "infra/status", "shopping/cart"
STATUS = route("status", namespace="infra", hostnames=["status.example"])


@pytest.fixture
def cluster() -> Cluster:
    made = make_cluster(*shop())
    made.add(
        STATUS,
        namespace("shopping"),
        gateway(listener(), name="other", namespace="shopping"),
        route("cart", namespace="shopping", hostnames=["cart.example"]),
    )
    return made


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


class Agent:
    """Visits a cluster as it is configured at the time, and keeps what it sees."""

    def __init__(self, server: KubernetesServer, store: Store) -> None:
        self._server = server
        self._store = store
        self.bench = Bench(store=cast("MemoryStore", store))

    def visit(self, *namespaces: str) -> RunReport:
        visit = Visit(Session(self._server, namespaces))
        said = GatewaysCollector().discover(SCOPE, visit)
        return self.bench.script(*said, parts=GatewaysCollector.parts)

    @property
    def presence(self) -> dict[str, str]:
        return {row.name: row.presence for row in self._store.runs.known(OF_BENCH).values()}

    def not_observed(self) -> set[str]:
        now = self.bench.clock.now
        items = Reader(self._store.database, now).page("freshness:not_observed").items
        return {row.name for row in items}


@pytest.fixture
def agent(server: KubernetesServer, store: Store) -> Agent:
    return Agent(server, store)


def test_what_lies_in_other_namespaces_is_not_observed_however_long(agent: Agent) -> None:
    agent.visit()
    assert agent.presence == dict.fromkeys((SHOP, INFRA, SHOPPING), "present")
    for _ in range(4):
        agent.bench.clock.advance(hours=25)
        report = agent.visit("shop")
        assert (report.totals.missing, report.totals.retired, report.totals.suspect) == (0, 0, 0)
    assert agent.presence == dict.fromkeys((SHOP, INFRA, SHOPPING), "present")
    assert agent.not_observed() == {INFRA, SHOPPING}


def test_what_is_gone_from_a_namespace_that_is_looked_into_is_missing_all_the_same(
    agent: Agent, cluster: Cluster
) -> None:
    agent.visit()
    cluster.remove(route(hostnames=["shop.example"]))
    assert agent.visit("shop").totals.missing == 1
    assert agent.presence == {SHOP: "missing", INFRA: "present", SHOPPING: "present"}


def test_what_is_looked_at_again_is_observed_or_missing(agent: Agent, cluster: Cluster) -> None:
    agent.visit()
    agent.visit("shop")
    cluster.remove(STATUS)
    agent.visit()
    assert agent.presence == {SHOP: "present", INFRA: "missing", SHOPPING: "present"}
    assert agent.not_observed() == set()


@pytest.mark.parametrize("namespaces", [(), ("shop",), ("shop", "infra")])
def test_every_page_says_which_namespaces_it_is_of(
    server: KubernetesServer, namespaces: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    session = Session(server, namespaces)
    asked: list[Any] = [*GatewaysCollector().discover(SCOPE, Visit(session))]
    with follow(session) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        asked += watch.told.said
    pages = [each for each in asked if isinstance(each, Listed) and each.part == ROUTES]
    kind = "cluster:gateway.networking.k8s.io/httproutes:"
    assert {each.within for each in pages} == {tuple(f"{kind}{name}/" for name in namespaces)}
