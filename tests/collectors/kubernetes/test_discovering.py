"""What a cluster serves: in every form that it says it in, and with some of it down."""

from __future__ import annotations

import pytest

from apiscape.collectors.contract import Malformed
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.errors import ServerFault
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.bench import Purse
from tests.unit.demo.kubernetes.widgets import GROUP, definition, version


@pytest.fixture
def discovery(wire: Wire) -> Discovery:
    return Discovery(wire)


@pytest.mark.parametrize("aggregates", [True, False])
def test_both_forms_say_the_same(cluster: Cluster, wire: Wire, aggregates: bool) -> None:
    cluster.add(definition(version("v1beta1", storage=False), version(), scope="Cluster"))
    cluster.aggregates = aggregates
    told = Discovery(wire).look()
    widgets = told.find(GROUP, "widgets", ["v2", "v1beta1", "v1"])
    assert widgets is not None
    assert (widgets.version, widgets.kind, widgets.is_namespaced) == ("v1beta1", "Widget", False)
    assert (widgets.name, widgets.path) == (
        f"widgets.{GROUP}",
        f"/apis/{GROUP}/v1beta1/widgets",
    )
    assert {"list", "watch"} <= widgets.verbs
    services = told.find("", "services", ["v1"])
    assert services is not None
    assert (services.name, services.path) == ("services", "/api/v1/services")
    assert told.find(GROUP, "gadgets", ["v1"]) is None
    assert not any("/" in plural for _, plural, _ in told.served)


def test_all_at_once_costs_two_requests_and_none_that_is_answered_where_nothing_changed(
    cluster: Cluster, discovery: Discovery, purse: Purse
) -> None:
    first = discovery.look()
    assert discovery.look() is first
    assert purse.taken == 4
    cluster.add(definition())
    assert discovery.look().find(GROUP, "widgets", ["v1"])
    cluster.remove(definition())
    assert discovery.look().find(GROUP, "widgets", ["v1"]) is None
    assert discovery.look().find("", "services", ["v1"])


@pytest.mark.parametrize("aggregates", [True, False])
def test_what_is_down_is_neither_there_nor_absent(
    cluster: Cluster, wire: Wire, aggregates: bool
) -> None:
    cluster.take_down("metrics.k8s.io", "v1beta1")
    cluster.aggregates = aggregates
    told = Discovery(wire).look()
    assert told.is_down("metrics.k8s.io", ["v1beta1"])
    assert not told.is_down("", ["v1"])
    assert told.find("networking.k8s.io", "ingresses", ["v1"])


@pytest.mark.parametrize("kind", [FaultKind.WRONG_TYPE, FaultKind.TRUNCATE])
def test_what_cannot_be_read_is_said(
    server: KubernetesServer, discovery: Discovery, kind: FaultKind
) -> None:
    server.inject(Fault(kind=kind))
    with pytest.raises(Malformed, match="is not the JSON of an API server"):
        discovery.look()


def test_a_cluster_that_does_not_say_is_not_one_that_serves_nothing(
    server: KubernetesServer, discovery: Discovery
) -> None:
    server.inject(Fault(kind=FaultKind.ERROR, verb="discover", occurrence=1))
    with pytest.raises(ServerFault):
        discovery.look()
    assert discovery.look().served
