"""A cluster that is followed: listed first, then said is what comes, changes and goes."""

from __future__ import annotations

from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Recorded,
    Synced,
)
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import (
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.following.room import (
    ORDERS,
    SERVED,
    is_synced,
    short,
)
from tests.collectors.kubernetes.visiting import Session
from tests.collectors.kubernetes.visiting import following as follow


def test_everything_is_listed_once_and_then_synced(server: KubernetesServer) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        said = list(watch.told.said)
        ended = [each.native_id for each in said if isinstance(each, Recorded | Failed)]
        listed = [one for each in said if isinstance(each, Listed) for one in each.native_ids]
        assert sorted(ended) == sorted(listed)
        assert len(ended) == len(set(ended))
        assert "certificates.cert-manager.io" in watch.told.missing
        assert set(watch.told.missing.values()) == {"not installed"}
        assert watch.told.missing.keys() | watch.told.synced == set(GatewaysCollector.parts)
        assert watch.told.deployments.keys() == {ORDERS}
        for part in SERVED:
            own = [each for each in said if getattr(each, "part", None) == part]
            assert isinstance(own[0], Listed)
            assert isinstance(own[-1], Synced)


def test_a_route_comes_changes_and_goes(server: KubernetesServer, cluster: Cluster) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        watch.since()
        cluster.add(route("cards"))
        assert watch.until(lambda told: "shop/cards@infra/edge" in told.deployments)
        assert short(watch.since()) == ["httproutes shop/cards"]
        cluster.change(route("cards", rule("/v2")))
        assert watch.until(
            lambda told: told.deployments["shop/cards@infra/edge"].operations[0].template == "/v2/*"
        )
        assert short(watch.since()) == ["httproutes shop/cards"]
        cluster.remove(route("cards"))
        assert watch.until(lambda told: "shop/cards@infra/edge" not in told.deployments)
        assert short(watch.since(), Absent) == ["httproutes shop/cards"]


def test_an_odd_object_is_a_failure_until_it_is_mended(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        odd = service("odd") | {"spec": {"ports": "many"}}
        cluster.add(odd, route("worse") | {"spec": []})
        assert watch.until(lambda told: told.ends(Failed) == ["shop/odd", "shop/worse"])
        cluster.change(service("odd"))
        cluster.change(route("worse"))
        assert watch.until(lambda told: not told.ends(Failed))
        assert "shop/worse@infra/edge" in watch.told.deployments
        cluster.change(route("orders") | {"spec": []})
        assert watch.until(lambda told: told.ends(Failed) == ["shop/orders"])
        cluster.remove(route("orders"))
        assert watch.until(lambda told: not told.ends(Failed))
