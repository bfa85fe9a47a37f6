"""A cluster read once: every part listed to its end or said to be not, every object accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.contract import Failed, Listed, Recorded, Skipped
from apiscape.collectors.kubernetes import listing
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.settings import KeySettings
from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.values import known_or
from tests.collectors.kubernetes.estate import (
    definition,
    definitions,
    gateway,
    make_cluster,
    namespace,
    route,
    service,
    shop,
)
from tests.collectors.kubernetes.visiting import Session, Told, read

ROUTES = "httproutes.gateway.networking.k8s.io"
GATEWAYS = "gateways.gateway.networking.k8s.io"
SETS = "listenersets.gateway.networking.k8s.io"


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(*shop())


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


def seen(server: KubernetesServer, **given: Any) -> Told:
    return read(Session(server, **given))


def test_who_answers_is_named_by_the_labels_that_the_source_names() -> None:
    labels = {"team": "Team Web", "crm/squad": "Squad Seven"}
    with KubernetesServer(make_cluster(*shop(), namespace("shop-b"))) as running:
        running.cluster.change(route(metadata={"labels": labels}))
        usual = read(Session(running))
        session = Session(running)
        session.keys = KeySettings(owner=("crm/squad",))
        own = read(session)
    owners = [told.deployments["shop/orders@infra/edge"].owners for told in (usual, own)]
    assert [[each.name for each in known_or(told, ())] for told in owners] == [
        ["Team Web"],
        ["Squad Seven"],
    ]


# ── All of it ────────────────────────────────────────────────────────────────


def test_every_listed_object_ends_once(server: KubernetesServer) -> None:
    told = seen(server)
    ended = [each.native_id for each in told.said if isinstance(each, Recorded | Skipped | Failed)]
    assert len(ended) == len(set(ended)) == len(told.objects)
    assert told.closes()
    assert told.whole | told.missing.keys() == set(GatewaysCollector.parts)
    assert not told.broken
    assert told.missing["certificates.cert-manager.io"] == "not installed"
    assert told.deployments.keys() == {"shop/orders@infra/edge"}
    assert told.gateways.keys() == {"infra/edge"}


def test_a_route_is_a_deployment_that_says_where_it_is_and_what_is_behind_it(
    server: KubernetesServer,
) -> None:
    told = seen(server)
    made = told.deployments["shop/orders@infra/edge"]
    kind = "gateway.networking.k8s.io/httproutes"
    assert made.native_id == f"cluster:{kind}:shop/orders@infra/edge"
    assert made.native_api_id == f"cluster:{kind}:shop/orders"
    assert (made.name, made.gateway, made.native_kind) == ("shop/orders", "infra/edge", kind)
    assert [each.url for each in made.endpoints] == ["https://shop.example"]
    assert [(each.verb, each.template, each.backend) for each in made.operations] == [
        ("ANY", "/*", "shop/orders:80")
    ]
    ready = told.signals("shop/orders@infra/edge")["backends.ready"]
    assert (ready.value, ready.threshold) == (1, 1)


def test_a_resource_is_listed_page_by_page(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    cluster.add(*(route(f"r{number}") for number in range(7)))
    told = seen(server)
    pages = [each for each in told.said if isinstance(each, Listed) and each.part == ROUTES]
    assert [(len(each.native_ids), each.last) for each in pages] == [
        (3, False),
        (3, False),
        (2, True),
    ]
    assert len(told.deployments) == 8


@pytest.mark.no_cover
def test_a_thousand_routes_of_one_listener_are_all_there(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.add(*(route(f"r{number}") for number in range(1_000)))
    told = seen(server)
    assert len(told.deployments) == 1_001
    assert told.closes()


# ── What is not there, or cannot be read ─────────────────────────────────────


def test_a_cluster_without_gateways_says_that_they_are_not_installed() -> None:
    with KubernetesServer(Cluster()) as server:
        told = seen(server)
    assert told.missing[ROUTES] == told.missing[GATEWAYS] == "not installed"
    assert not told.broken
    assert told.closes()


def test_a_kind_that_is_served_in_unknown_versions_alone_is_not_absent() -> None:
    kinds = [each for each in definitions() if not each["metadata"]["name"].startswith("httproute")]
    kinds.append(definition("httproutes", "gateway.networking.k8s.io", "v7"))
    with KubernetesServer(make_cluster(kinds=kinds)) as server:
        told = seen(server)
    assert told.broken == {ROUTES: "unsupported"}
    assert ROUTES not in told.missing


def test_a_kind_whose_server_is_down_is_not_absent(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.take_down("cert-manager.io", "v1")
    told = seen(server)
    assert told.broken == {"certificates.cert-manager.io": "unreachable"}
    assert told.deployments.keys() == {"shop/orders@infra/edge"}


FAULTS = {
    FaultKind.DENY: "access_denied",
    FaultKind.THROTTLE: "throttled",
    FaultKind.UNAVAILABLE: "throttled",
    FaultKind.ERROR: "unreachable",
    FaultKind.GONE: "unreachable",
    FaultKind.RESET: "unreachable",
    FaultKind.CUT: "unreachable",
    FaultKind.TRUNCATE: "malformed",
    FaultKind.WRONG_TYPE: "malformed",
    FaultKind.NO_ROUTE: "unreachable",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_kind_that_cannot_be_read_fails_its_own_part_alone(
    server: KubernetesServer, kind: FaultKind
) -> None:
    server.inject(Fault(kind=kind, verb="list", resource="listenersets"))
    told = seen(server)
    assert told.broken == {SETS: FAULTS[kind]}
    assert SETS not in told.whole | told.missing.keys()
    assert told.deployments.keys() == {"shop/orders@infra/edge"}
    assert told.closes()


@pytest.mark.parametrize("kind", [each for each in FAULTS if each is not FaultKind.GONE])
def test_a_list_that_breaks_off_keeps_what_it_had_and_is_not_whole(
    server: KubernetesServer,
    cluster: Cluster,
    kind: FaultKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    cluster.add(*(route(f"r{number}") for number in range(4)))
    server.inject(Fault(kind=kind, verb="list", resource="httproutes", occurrence=1))
    told = seen(server)
    assert told.broken == {ROUTES: FAULTS[kind]}
    assert ROUTES not in told.whole
    assert told.closes()
    assert len(told.deployments) == 2


def test_a_list_that_expires_on_its_way_is_gone_on_with(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    cluster.add(*(route(f"r{number}") for number in range(4)))
    server.inject(Fault(kind=FaultKind.GONE, verb="list", resource="httproutes", occurrence=1))
    told = seen(server)
    assert not told.broken
    assert ROUTES in told.whole
    assert len(told.deployments) == 5
    assert told.closes()


def test_a_sign_in_that_is_not_taken_any_more_ends_the_visit(server: KubernetesServer) -> None:
    server.inject(Fault(kind=FaultKind.UNAUTHORIZED, verb="list", resource="gateways"))
    with pytest.raises(Exception, match="Unauthorized"):
        seen(server)


def test_a_kind_that_goes_while_it_is_read_is_absent_where_the_cluster_says_so(
    server: KubernetesServer, cluster: Cluster
) -> None:
    session = Session(server)
    look, looks = session.catalogue.look, list[Any]()

    def look_and_take_away() -> Any:
        found = look()
        if not looks:
            cluster.remove(definition("listenersets"))
        looks.append(found)
        return found

    session.catalogue.look = look_and_take_away  # type: ignore[method-assign]
    told = read(session)
    assert told.missing[SETS] == "not installed"
    assert len(looks) == 2
    assert not told.broken


def test_a_kind_that_goes_while_nobody_can_say_what_is_served_is_not_absent(
    server: KubernetesServer,
) -> None:
    server.inject(Fault(kind=FaultKind.NO_ROUTE, verb="list", resource="listenersets"))
    server.inject(Fault(kind=FaultKind.ERROR, verb="discover", occurrence=2))
    told = seen(server)
    assert told.broken == {SETS: "unreachable"}
    assert SETS not in told.missing
    assert told.deployments.keys() == {"shop/orders@infra/edge"}


def test_a_kind_that_is_served_in_another_version_by_now_is_read_in_that(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.change(definition("gateways", "gateway.networking.k8s.io", "v1beta1"))
    session = Session(server)
    look, looks = session.catalogue.look, list[Any]()

    def look_and_move() -> Any:
        found = look()
        if not looks:
            cluster.change(definition("gateways"))
        looks.append(found)
        return found

    session.catalogue.look = look_and_move  # type: ignore[method-assign]
    told = read(session)
    assert GATEWAYS in told.whole
    assert told.gateways.keys() == {"infra/edge"}


# ── Some namespaces alone ────────────────────────────────────────────────────


def test_one_namespace_alone_is_read(server: KubernetesServer, cluster: Cluster) -> None:
    cluster.add(namespace("pay"), route("cards", namespace="pay"))
    told = seen(server, namespaces=["shop"])
    assert told.deployments.keys() == {"shop/orders@infra/edge"}
    assert told.broken["namespaces"] == "access_denied"
    assert told.accepted["namespaces"] == "in no namespace, and the source names shop alone"
    made = told.deployments["shop/orders@infra/edge"]
    assert not isinstance(made.owners, tuple)
    assert not isinstance(made.endpoints, tuple)  # its gateway is where nobody may look
    assert told.signals("shop/orders@infra/edge")["condition.Accepted"].value is None


def test_a_namespace_that_may_not_be_read_keeps_nothing_back_of_the_others(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.add(namespace("pay"), route("cards", namespace="pay"))
    everywhere = Rule(("*",), ("*",), ("list", "watch"), "pay")
    cluster.access.grant("reader", "sesame", [everywhere])
    told = seen(server, namespaces=["shop", "pay"], token="sesame")
    assert told.broken[ROUTES] == "access_denied"
    assert ROUTES not in told.whole
    assert told.deployments.keys() == {"pay/cards@infra/edge"}


# ── Odd objects, and rules of people ─────────────────────────────────────────

ODD_SPECS = {
    "a spec that is a list": [],
    "rules that are a word": {"parentRefs": [], "rules": "all of them"},
    "a host that is a number": {"hostnames": [7]},
    "a weight that is a word": {"rules": [{"backendRefs": [{"name": "x", "weight": "much"}]}]},
}
EMPTY_SPECS = {
    "null lists": {"parentRefs": None, "hostnames": None, "rules": None},
    "null lists in a rule": {"rules": [{"matches": None, "backendRefs": None, "filters": None}]},
    "nothing": {},
}


@pytest.mark.parametrize("spec", ODD_SPECS.values(), ids=ODD_SPECS.keys())
def test_an_odd_object_is_a_counted_failure_and_the_others_are_unaffected(
    server: KubernetesServer, cluster: Cluster, spec: Any
) -> None:
    cluster.add(route("odd") | {"spec": spec})
    told = seen(server)
    assert told.ends(Failed) == ["shop/odd"]
    assert told.deployments.keys() == {"shop/orders@infra/edge"}
    assert ROUTES in told.whole
    assert told.closes()


@pytest.mark.parametrize("spec", EMPTY_SPECS.values(), ids=EMPTY_SPECS.keys())
def test_a_route_that_says_nothing_is_attached_to_nothing(
    server: KubernetesServer, cluster: Cluster, spec: Any
) -> None:
    cluster.add(route("bare") | {"spec": spec})
    told = seen(server)
    made = told.deployments["shop/bare"]
    assert (made.gateway, made.endpoints) == (None, ())
    signal = told.signals("shop/bare")["condition.Accepted"]
    assert (signal.value, signal.reason) == (False, "it names no parent")


def test_huge_annotations_and_terminal_escapes_are_data(
    server: KubernetesServer, cluster: Cluster
) -> None:
    escape = "\x1b]0;owned\x07\u202e"
    cluster.add(
        route(
            "loud",
            metadata={"annotations": {"note": "x" * (1 << 20), "apiscape.io/title": escape}},
            hostnames=[f"{escape}.example"],
        ),
        service("hostile", metadata={"annotations": {"x": escape}}),
        gateway(name="second", metadata={"annotations": {"y": escape}}),
    )
    told = seen(server)
    assert told.closes()
    assert told.deployments["shop/loud@infra/edge"].title == escape
