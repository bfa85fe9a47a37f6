"""What is odd, large or broken off in a cluster that is followed into a store: all else is kept, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes import listing
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.values import known_or
from apiscape.store import Store
from tests.collectors.kubernetes.estate import (
    definition,
    gateway,
    listener,
    make_cluster,
    route,
)
from tests.collectors.kubernetes.istio import meshes
from tests.collectors.kubernetes.keeping.room import ORDERS, running
from tests.unit.demo.kubernetes.wire import eventually

ISTIO = "networking.istio.io"
MANY = 1_000


def test_a_thousand_routes_of_one_listener_follow_it(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    cluster.add(*(route(f"r{number}", hostnames=["a.example"]) for number in range(MANY)))
    with running(server, store) as run:
        assert len(run.presence()) == MANY + 1
        cluster.change(gateway(listener(port=8443)))
        names = [f"shop/r{number}" for number in (0, MANY // 2, MANY - 1)]
        assert eventually(
            lambda: all(run.endpoints(name) == ["https://a.example:8443"] for name in names)
        )


def test_a_kind_that_moves_to_another_version_while_it_is_followed_stays_in_the_store(
    cluster: Cluster, store: Store
) -> None:
    cluster.change(definition("httproutes", GROUP, "v1beta1"))
    with KubernetesServer(cluster) as server, running(server, store) as run:
        assert run.presence() == {ORDERS: "present"}
        cluster.change(definition("httproutes"))
        cluster.add(route("cards"))
        assert eventually(lambda: run.presence().get("shop/cards") == "present")
        assert run.presence()[ORDERS] == "present"
        assert run.watch.cut is None


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.RESET, FaultKind.CUT])
def test_a_server_that_breaks_off_within_a_page_retires_nothing(
    server: KubernetesServer,
    cluster: Cluster,
    store: Store,
    kind: FaultKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    cluster.add(*(route(f"r{number}") for number in range(5)))
    with running(server, store) as run:
        known = run.presence()
        assert len(known) == 6
        server.inject(Fault(kind=kind, verb="list", resource="httproutes", occurrence=1, times=1))
        cluster.add(route("cards"))
        cluster.storage.compact()
        server.hang_up()
        assert eventually(lambda: run.presence() == known | {"shop/cards": "present"})
        assert run.watch.cut is None


def test_a_server_that_freezes_is_left_and_asked_again(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    with running(server, store) as run:
        server.inject(Fault(kind=FaultKind.FREEZE, verb="watch", resource="httproutes", times=1))
        server.hang_up()
        cluster.add(route("cards"))
        server.clear_faults()
        server.hang_up()
        assert eventually(lambda: run.presence().get("shop/cards") == "present")
        assert run.presence()[ORDERS] == "present"


def test_an_annotation_of_a_mebibyte_and_escapes_in_names_are_kept_as_data(
    server: KubernetesServer, cluster: Cluster, store: Store
) -> None:
    escape = "\x1b]0;owned\x07\u202e"
    notes = {"note": "x" * (1 << 20), "apiscape.io/title": escape}
    with running(server, store) as run:
        cluster.add(
            route(f"loud{escape}", metadata={"annotations": notes}, hostnames=["loud.example"])
        )
        cluster.add(route("cards"))
        assert eventually(lambda: len(run.presence()) == 3)
        assert run.presence() == {
            ORDERS: "present",
            "shop/cards": "present",
            f"shop/loud{escape}": "present",
        }
        kept = run.stored(f"shop/loud{escape}")
        assert kept.title == escape
        assert "x" * 100 not in repr(kept)
        assert run.watch.cut is None


def delegating(name: str, to: str, **spec: Any) -> dict[str, Any]:
    """Return a VirtualService that hands a part of its paths to another one."""
    rule = {"match": [{"uri": {"prefix": "/a"}}], "delegate": {"name": to, "namespace": "shop"}}
    return meshes.virtual(rule, name=name, **spec)


def test_delegates_that_go_round_in_a_circle_end_and_hold_up_nothing(store: Store) -> None:
    virtual = definition("virtualservices", ISTIO)
    virtual["spec"]["names"]["kind"] = "VirtualService"
    cluster = make_cluster(kinds=[virtual, definition("gateways", ISTIO)])
    cluster.add(meshes.gateway(), delegating("web", "web"))
    with KubernetesServer(cluster) as server, running(server, store) as run:
        assert run.presence() == {"shop/web": "present"}
        cluster.add(delegating("one", "two", hosts=["one.example"]))
        cluster.add(delegating("two", "one", hosts=[], gateways=[]))
        cluster.add(meshes.virtual({"route": [meshes.to()]}, name="plain", hosts=["b.example"]))
        assert eventually(lambda: run.presence().get("shop/plain") == "present")
        assert eventually(lambda: run.presence().get("shop/one") == "present")
        assert known_or(run.stored("shop/one").operations, ()) == ()
        cluster.change(meshes.virtual({"route": [meshes.to()]}, name="two", hosts=[], gateways=[]))
        assert eventually(lambda: known_or(run.stored("shop/one").operations, ()) != ())
        assert run.watch.cut is None
