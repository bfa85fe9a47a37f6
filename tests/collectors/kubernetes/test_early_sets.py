"""Sets of listeners as Gateway API first tried them out (XListenerSet), read of a cluster that serves them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.kubernetes.gatewayapi.kinds import EARLY_GROUP
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import definition, gateway, listener, make_cluster, route
from tests.collectors.kubernetes.gatewayapi.room import TAKES_SETS, at_set, listener_set
from tests.collectors.kubernetes.visiting import Session, Told, read

SETS = f"xlistenersets.{EARLY_GROUP}"
OURS = "shop/orders@xlistenerset:shop/more"


@pytest.fixture
def cluster() -> Cluster:
    held = listener_set(listener("extra", port=8443), kind="XListenerSet")
    one = route("orders", parents=at_set("XListenerSet"), hostnames=["a.example"])
    kind = definition("xlistenersets", EARLY_GROUP, "v1alpha1")
    return make_cluster(kind, gateway(spec=TAKES_SETS), held, one)


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


def where(told: Told) -> list[str] | None:
    """Return where the route is called; `None` where that is not known."""
    endpoints = told.deployments[OURS].endpoints
    return [each.url for each in endpoints] if isinstance(endpoints, tuple) else None


def test_what_is_routed_to_by_one_is_listed_at_its_listeners(server: KubernetesServer) -> None:
    told = read(Session(server))
    assert where(told) == ["https://a.example:8443"]
    assert told.deployments[OURS].gateway == "infra/edge"
    assert SETS in told.whole
    assert told.closes()


def test_where_they_cannot_be_listed_nobody_knows_where_it_is_called(
    server: KubernetesServer,
) -> None:
    server.inject(Fault(kind=FaultKind.DENY, verb="list", resource="xlistenersets"))
    told = read(Session(server))
    assert where(told) is None
    assert told.broken == {SETS: "access_denied"}


def test_a_cluster_without_them_is_not_short_of_anything(cluster: Cluster) -> None:
    cluster.remove(definition("xlistenersets", EARLY_GROUP, "v1alpha1"))
    with KubernetesServer(cluster) as running:
        told = read(Session(running))
    assert told.missing[SETS] == "not installed"
    assert where(told) == []
    assert not told.broken
