"""Watches that break: nothing is missed, nothing goes on without end, and why one ended is said."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from apiscape.collectors.contract import (
    Cancelled,
    CredentialsInvalid,
    Listed,
)
from apiscape.collectors.kubernetes import beat, listing, reflector
from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import (
    accepted,
    namespace,
    route,
)
from tests.collectors.kubernetes.following.room import (
    ORDERS,
    ROUTES,
    SERVED,
    is_synced,
    short,
)
from tests.collectors.kubernetes.visiting import Session, Visit
from tests.collectors.kubernetes.visiting import following as follow
from tests.unit.demo.kubernetes.wire import eventually

BROKEN = {
    "expired": Fault(kind=FaultKind.GONE, verb="watch", resource="httproutes", times=1),
    "expired in its course": Fault(
        kind=FaultKind.GONE_EVENT, verb="watch", resource="httproutes", times=1
    ),
    "cut": Fault(kind=FaultKind.CUT, verb="watch", resource="httproutes", times=1, keep=1),
    "reset": Fault(kind=FaultKind.RESET, verb="watch", resource="httproutes", times=2),
    "garbled": Fault(kind=FaultKind.GARBLED, verb="watch", resource="httproutes", times=1),
    "throttled": Fault(
        kind=FaultKind.THROTTLE, verb="watch", resource="httproutes", times=1, seconds=0
    ),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_whatever_breaks_a_watch_nothing_is_missed(
    server: KubernetesServer, cluster: Cluster, fault: Fault
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        server.inject(fault)
        cluster.remove(route("orders"))
        cluster.add(route("cards"))
        server.hang_up()
        assert watch.until(lambda told: told.deployments.keys() == {"shop/cards@infra/edge"})
        assert not watch.told.broken


def test_what_was_missed_while_a_watch_had_expired_is_found_by_a_list(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        server.inject(Fault(kind=FaultKind.RESET, verb="watch"))
        server.hang_up()
        cluster.remove(route("orders"))
        cluster.add(route("cards"))
        cluster.storage.compact()
        server.clear_faults()
        assert watch.until(
            lambda told: is_synced(told) and told.deployments.keys() == {"shop/cards@infra/edge"}
        )
        lists = [
            each.native_ids
            for each in watch.told.said
            if isinstance(each, Listed) and each.part == ROUTES
        ]
        assert [[one.rpartition(":")[2] for one in ids] for ids in lists] == [
            ["shop/orders"],
            ["shop/cards"],
        ]


def test_a_server_that_says_nothing_more_is_left_promptly(server: KubernetesServer) -> None:
    watch = Session(server)
    with follow(watch) as followed:
        assert followed.until(is_synced)
        server.inject(Fault(kind=FaultKind.FREEZE))
        server.hang_up()
        followed.step()
    assert eventually(lambda: not threads())
    server.clear_faults()


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("kubernetes ")]


def test_a_watch_that_is_closed_ends_all_of_its_threads(server: KubernetesServer) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        assert len(threads()) == len(watch.told.synced) + 1 > len(SERVED)
    assert eventually(lambda: not threads())


def test_a_watch_that_is_closed_in_the_middle_of_a_list_ends_all_of_its_threads(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 1)
    monkeypatch.setattr(reflector, "PAGE", 1)
    cluster.add(*(route(f"r{number}") for number in range(20)))
    server.inject(Fault(kind=FaultKind.NO_STREAMING, verb="watch"))
    with follow(Session(server)) as watch:
        watch.step()
        watch.step()
    assert eventually(lambda: not threads())


def test_a_watch_that_is_closed_leaves_nothing_behind(server: KubernetesServer) -> None:
    session = Session(server)
    wire = weakref.ref(session.wire)
    with follow(session) as watch:
        assert watch.until(is_synced)
    del session, watch
    assert eventually(lambda: not threads())
    gc.collect()
    assert wire() is None


def test_a_watch_that_is_told_to_stop_stops(server: KubernetesServer) -> None:
    visit = Visit(Session(server))
    with follow(visit.session, visit) as watch:
        assert watch.until(is_synced)
        visit.is_over = True
        assert isinstance(watch.ends(), Cancelled)
    assert eventually(lambda: not threads())


def test_a_sign_in_that_is_not_taken_any_more_ends_the_watch(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.access.grant("reader", "sesame", [Rule(("*",), ("*",))])
    with follow(Session(server, token="sesame")) as watch:
        assert watch.until(is_synced)
        cluster.access.revoke("sesame")
        server.hang_up()
        assert isinstance(watch.ends(), CredentialsInvalid)


def test_a_part_that_fails_for_too_long_is_broken(
    server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beat.Beat, "patience_s", 0.0)
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        server.inject(Fault(kind=FaultKind.ERROR, verb="watch", resource="httproutes"))
        server.hang_up()
        assert watch.until(lambda told: ROUTES in told.broken)
        assert watch.told.broken[ROUTES] == "unreachable"


def test_a_defect_of_a_thread_is_not_lost(
    server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reflector.Reflector, "turn", fails)
    with follow(Session(server)) as watch, pytest.raises(ZeroDivisionError):
        watch.until(is_synced)


def test_several_namespaces_are_followed_side_by_side(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.add(namespace("pay"), namespace("hr"), route("cards", namespace="pay"))
    with follow(Session(server, namespaces=["shop", "pay"])) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        assert watch.told.deployments.keys() == {ORDERS, "pay/cards@infra/edge"}
        cluster.add(route("x", namespace="hr"), route("y", namespace="pay"))
        cluster.remove(route("orders"))
        cluster.storage.compact()
        server.hang_up()
        assert watch.until(
            lambda told: told.deployments.keys() == {"pay/cards@infra/edge", "pay/y@infra/edge"}
        )


def test_status_alone_is_said_again(server: KubernetesServer, cluster: Cluster) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        assert watch.told.signals(ORDERS)["condition.Accepted"].value is None
        watch.since()
        cluster.change(route(hostnames=["shop.example"], status=accepted()))
        assert watch.until(lambda told: told.signals(ORDERS)["condition.Accepted"].value)
        assert short(watch.since()) == ["httproutes shop/orders"]
