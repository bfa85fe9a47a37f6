"""A cluster that is followed: listed first, then said again is what is affected by what happens, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.contract import (
    Absent,
    Cancelled,
    CredentialsInvalid,
    Failed,
    Listed,
    Recorded,
    Synced,
)
from apiscape.collectors.kubernetes import beat, following, listing, reflector, reflectors
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import (
    KINDS,
    accepted,
    definition,
    definitions,
    endpoint_slice,
    gateway,
    listener,
    make_cluster,
    namespace,
    route,
    rule,
    service,
    shop,
)
from tests.collectors.kubernetes.visiting import Session, Told, Visit
from tests.collectors.kubernetes.visiting import following as follow
from tests.unit.demo.kubernetes.wire import eventually

GROUP = "gateway.networking.k8s.io"
ROUTES, GATEWAYS, SETS = f"httproutes.{GROUP}", f"gateways.{GROUP}", f"listenersets.{GROUP}"
ORDERS = "shop/orders@infra/edge"
SERVED = {"namespaces", "services", "endpointslices.discovery.k8s.io"} | {
    f"{plural}.{GROUP}" for plural in KINDS
}


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(*shop())


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for that a test does not wait for."""
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    monkeypatch.setattr(reflector, "FIRST_BACK_OFF_S", 0.01)
    monkeypatch.setattr(reflector, "LONGEST_BACK_OFF_S", 0.02)


def is_synced(told: Told) -> bool:
    return told.synced >= SERVED


def short(said: list[Any], kind: type[Any] = Recorded) -> list[str]:
    """Return the objects that are said in some way: `httproutes shop/orders`, each once and in order."""
    found: dict[str, None] = {}
    for each in said:
        if isinstance(each, kind):
            _, resource, key = each.native_id.split(":", 2)
            found[f"{resource.rpartition('/')[2]} {key}"] = None
    return list(found)


# ── At first, and from there ─────────────────────────────────────────────────


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


def test_what_says_nothing_of_an_object_has_nothing_said_again(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        watch.since()
        beaten = endpoint_slice()
        beaten["metadata"]["managedFields"] = [{"manager": "controller"}]
        cluster.change(beaten)
        cluster.add(route("later"))
        assert watch.until(lambda told: "shop/later@infra/edge" in told.deployments)
        assert short(watch.since()) == ["httproutes shop/later"]


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


def test_many_routes_are_said_again_in_batches_that_are_bounded(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
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


# ── Kinds that come, go and move ─────────────────────────────────────────────


def test_a_kind_that_is_installed_later_is_listed_then(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflectors, "REDISCOVER_S", 0.05)
    with KubernetesServer(Cluster()) as server, follow(Session(server)) as watch:
        assert watch.until(lambda told: "services" in told.synced)
        assert watch.told.missing[ROUTES] == "not installed"
        server.cluster.add(*definitions(), namespace("infra"), namespace("shop"), *shop())
        assert watch.until(is_synced)
        assert watch.until(lambda told: told.deployments[ORDERS].endpoints)


def test_a_kind_that_is_taken_away_is_absent(server: KubernetesServer, cluster: Cluster) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.remove(definition("listenersets"))
        server.hang_up()
        assert watch.until(lambda told: SETS in told.missing)
        assert watch.told.missing[SETS] == "not installed"


def test_a_kind_that_is_served_in_another_version_is_followed_in_that(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.change(definition("gateways", GROUP, "v1beta1"))
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.change(definition("gateways"))
        server.hang_up()
        assert watch.until(
            lambda told: (
                [each.part for each in told.said if isinstance(each, Synced)].count(GATEWAYS) == 2
            )
        )
        assert watch.told.gateways.keys() == {"infra/edge"}
        assert (watch.told.broken, GATEWAYS in watch.told.missing) == ({}, False)
        assert watch.until(lambda told: told.deployments[ORDERS].endpoints)


def test_a_kind_that_is_served_and_not_found_is_broken_not_absent(
    server: KubernetesServer,
) -> None:
    server.inject(Fault(kind=FaultKind.NO_ROUTE, verb="list", resource="gateways"))
    server.inject(Fault(kind=FaultKind.NO_ROUTE, verb="watch", resource="gateways"))
    with follow(Session(server)) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        assert watch.told.broken == {GATEWAYS: "unreachable"}
        assert GATEWAYS not in watch.told.missing


def test_a_kind_that_may_not_be_read_is_read_once_it_may(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflectors, "REDISCOVER_S", 0.05)
    others = tuple(plural for plural in KINDS if plural != "gateways")
    core = ("namespaces", "services", "endpointslices", "ingresses", "ingressclasses")
    plain = Rule(("*",), (*core, *others))
    cluster.access.grant("reader", "sesame", [plain])
    with follow(Session(server, token="sesame")) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        assert watch.told.broken == {GATEWAYS: "access_denied"}
        made = watch.told.deployments[ORDERS]
        assert not isinstance(made.endpoints, tuple)
        cluster.access.grant("reader", "sesame", [Rule(("*",), ("*",))])
        assert watch.until(is_synced)
        assert watch.until(lambda told: isinstance(told.deployments[ORDERS].endpoints, tuple))
        assert watch.told.gateways.keys() == {"infra/edge"}


def test_a_kind_that_does_not_come_holds_up_no_other(
    server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FIRST_S", 0.0)
    for verb in ("list", "watch"):
        server.inject(Fault(kind=FaultKind.ERROR, verb=verb, resource="listenersets"))
    with follow(Session(server)) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        assert watch.told.broken == {SETS: "unreachable"}
        assert SETS not in watch.told.whole
        server.clear_faults()
        assert watch.until(is_synced)
        assert SETS in watch.told.whole


# ── Watches that break ───────────────────────────────────────────────────────

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
    return [each for each in threading.enumerate() if each.name.startswith("kubernetes watch")]


def test_a_watch_that_is_closed_ends_all_of_its_threads(server: KubernetesServer) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        assert len(threads()) == len(watch.told.synced) >= len(SERVED)
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

    monkeypatch.setattr(reflector.Reflector, "run", fails)
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
