"""What is affected by what happens in a cluster is said again, and no more; measurements are before they are old."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.contract import (
    Absent,
)
from apiscape.collectors.kubernetes import batching, following
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import (
    endpoint_slice,
    gateway,
    listener,
    namespace,
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.following.room import (
    ORDERS,
    is_synced,
    short,
)
from tests.collectors.kubernetes.visiting import Session, Told
from tests.collectors.kubernetes.visiting import following as follow


def test_a_gateway_that_changes_has_its_routes_said_again_and_no_others(
    server: KubernetesServer, cluster: Cluster
) -> None:
    inner = [{"name": "inner", "namespace": "infra"}]
    cluster.add(gateway(name="inner"), route("cards", parents=inner))
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        watch.since()
        cluster.change(gateway(listener(port=8443), name="inner"))
        assert watch.until(
            lambda told: "8443" in str(told.deployments["shop/cards@infra/inner"].endpoints)
        )
        assert sorted(short(watch.since())) == ["gateways infra/inner", "httproutes shop/cards"]
        cluster.remove(gateway(name="inner"))
        assert watch.until(lambda told: told.deployments["shop/cards@infra/inner"].endpoints == ())
        said = watch.since()
        assert short(said, Absent) == ["gateways infra/inner"]
        assert short(said) == ["httproutes shop/cards"]


def test_a_service_and_what_is_behind_it_concern_the_routes_to_it_alone(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.add(route("cards", rule("/", {"name": "cards", "port": 80})))

    def ready(told: Told, of: str) -> Any:
        return told.signals(of)["backends.ready"].value

    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        assert (ready(watch.told, ORDERS), ready(watch.told, "shop/cards@infra/edge")) == (1, 0)
        watch.since()
        cluster.add(service("cards"))
        cluster.add(endpoint_slice("cards"))
        assert watch.until(lambda told: ready(told, "shop/cards@infra/edge") == 1)
        said = watch.since()
        routes = [each for each in short(said) if each.startswith("httproutes")]
        assert routes == ["httproutes shop/cards"]
        cluster.change(endpoint_slice("orders", False))
        assert watch.until(lambda told: ready(told, ORDERS) == 0)
        assert short(watch.since()) == ["httproutes shop/orders"]


def test_labels_of_a_namespace_decide_for_the_routes_in_it(
    server: KubernetesServer, cluster: Cluster
) -> None:
    selector = {"from": "Selector", "selector": {"matchLabels": {"tier": "gold"}}}
    cluster.add(
        namespace("pay"),
        gateway(listener(allowedRoutes={"namespaces": selector}), name="gold"),
        route("cards", namespace="pay", parents=[{"name": "gold", "namespace": "infra"}]),
    )
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        assert watch.told.deployments["pay/cards@infra/gold"].endpoints == ()
        watch.since()
        cluster.change(namespace("pay", tier="gold"))
        assert watch.until(lambda told: told.deployments["pay/cards@infra/gold"].endpoints)
        assert short(watch.since()) == ["httproutes pay/cards"]


def test_a_gateway_that_counts_its_routes_has_none_of_them_said_again(
    server: KubernetesServer, cluster: Cluster
) -> None:
    def counting(routes: int) -> dict[str, Any]:
        listened = {"name": "web", "attachedRoutes": routes, "conditions": []}
        return gateway(listener(), status={"listeners": [listened]})

    cluster.change(counting(1))
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        watch.since()
        cluster.change(counting(2))
        cluster.add(route("later"))
        assert watch.until(lambda told: "shop/later@infra/edge" in told.deployments)
        assert short(watch.since()) == ["httproutes shop/later"]
        cluster.change(gateway(listener(port=8443)))
        watch.step()
        assert watch.until(lambda told: ":8443" in told.deployments[ORDERS].endpoints[0].url)
        assert "httproutes shop/orders" in short(watch.since())


def test_many_routes_are_said_again_in_batches_that_are_bounded(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "BATCH", 20)
    monkeypatch.setattr(following, "BATCH", 20)
    cluster.add(*(route(f"r{number}") for number in range(150)))
    sizes: list[int] = []
    with follow(Session(server)) as watch:
        take = watch.told.take

        def measured(said: Any) -> None:
            sizes.append(len(said))
            take(said)

        watch.told.take = measured  # type: ignore[method-assign]
        assert watch.until(is_synced)
        cluster.change(gateway(listener(port=8443)))
        assert watch.until(
            lambda told: all("8443" in each.endpoints[0].url for each in told.deployments.values())
        )
    assert len(watch.told.deployments) == 151
    assert max(sizes[1:]) == 20  # the first says what is not installed


def test_measurements_are_said_again_before_they_are_too_old(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REFRESH_S", 0.05)
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        watch.since()

        def again(_told: Told) -> bool:
            return len(short(watch.last)) == 2

        assert watch.until(again)
        assert sorted(short(watch.since())) == ["gateways infra/edge", "httproutes shop/orders"]
        cluster.remove(route("orders"))
        assert watch.until(lambda told: not told.deployments)
        watch.since()
        assert watch.until(lambda _: len(watch.last) > 2)
        assert short(watch.since()) == ["gateways infra/edge"]
