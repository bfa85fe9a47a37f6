"""Gateways that a cluster has and nothing reads: said by name, and no reason to call a scan incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.collectors.contract import PartFailed
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.unread import UNREAD, WHY
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.kubernetes.estate import definition, make_cluster, shop
from tests.collectors.kubernetes.visiting import Session, Told, following, read

SKIPPER, F5 = "routegroups.zalando.org", "virtualservers.cis.f5.com"
OWN = """
- id: skipper
  role: route
  resource: {group: zalando.org, plural: routegroups, kind: RouteGroup, versions: [v1]}
  addresses: "{hosts: spec.hosts}"
"""


@pytest.fixture
def cluster() -> Cluster:
    made = make_cluster(*shop())
    made.add(definition("routegroups", "zalando.org"), definition("virtualservers", "cis.f5.com"))
    return made


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


def unread_in(told: Told) -> dict[str, PartFailed]:
    return {
        each.part: each
        for each in told.said
        if isinstance(each, PartFailed) and each.accepted == WHY
    }


def test_what_is_installed_and_not_read_is_named(server: KubernetesServer) -> None:
    told = read(Session(server))
    found = unread_in(told)
    assert found.keys() == {SKIPPER, F5}
    error = found[SKIPPER].error
    assert error.kind == ErrorKind.UNSUPPORTED
    assert "Skipper" in error.message
    assert "`entries`" in (error.next_step or "")
    assert told.deployments.keys() == {"shop/orders@infra/edge"}
    assert not {call.resource for call in server.calls} & {"routegroups", "virtualservers"}


def test_it_is_named_while_a_cluster_is_followed_too(server: KubernetesServer) -> None:
    with following(Session(server)) as watch:
        assert watch.until(lambda told: "services" in told.synced)
    assert unread_in(watch.told).keys() == {SKIPPER, F5}


def test_one_that_is_installed_meanwhile_is_named_once(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with following(Session(server)) as watch:
        assert watch.until(lambda told: "services" in told.synced)
        cluster.add(definition("meshhttproutes", "kuma.io"))
        assert watch.until(lambda told: "meshhttproutes.kuma.io" in unread_in(told))
        cluster.add(definition("others", "example.com"))
        assert watch.until(lambda told: "services" in told.synced)
    parts = [each.part for each in watch.told.said if isinstance(each, PartFailed)]
    assert sorted(each for each in parts if each in UNREAD) == [
        "meshhttproutes.kuma.io",
        SKIPPER,
        F5,
    ]


def test_what_a_table_of_ones_own_reads_is_read(server: KubernetesServer, tmp_path: Path) -> None:
    session = Session(server)
    session.entries = str(tmp_path / "own.yaml")
    (tmp_path / "own.yaml").write_text(OWN, "utf-8")
    assert unread_in(read(session)).keys() == {F5}


def test_a_cluster_without_such_kinds_says_nothing_of_them() -> None:
    with KubernetesServer(make_cluster(*shop())) as running:
        assert unread_in(read(Session(running))) == {}


def test_no_kind_is_both_read_and_not() -> None:
    assert not UNREAD.keys() & {each.name for each in reads().resources}
