"""Kinds that come, go and move while a cluster is followed."""

from __future__ import annotations

import pytest

from apiscape.collectors.contract import PartAbsent, PartFailed, Synced
from apiscape.collectors.kubernetes import defining, following, reflectors
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery
from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import (
    KINDS,
    definition,
    definitions,
    namespace,
    route,
    rule,
    shop,
)
from tests.collectors.kubernetes.following.room import (
    GATEWAYS,
    GROUP,
    ORDERS,
    ROUTES,
    SETS,
    is_synced,
)
from tests.collectors.kubernetes.visiting import Session
from tests.collectors.kubernetes.visiting import following as follow


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
    core = (
        "namespaces",
        "services",
        "endpointslices",
        "ingresses",
        "ingressclasses",
        "apiservices",
    )
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


# By definitions, which are followed.

DEFINITIONS = "customresourcedefinitions"


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a change of a definition be looked into at once, and nothing be looked for besides."""
    monkeypatch.setattr(defining, "SETTLED_S", (0.0, 0.05))
    monkeypatch.setattr(reflectors, "REDISCOVER_S", 1_000_000.0)


@pytest.mark.usefixtures("prompt")
def test_that_a_kind_is_installed_is_noticed_by_its_definition() -> None:
    with KubernetesServer(Cluster()) as server, follow(Session(server)) as watch:
        assert watch.until(lambda told: "services" in told.synced)
        server.cluster.add(*definitions(), namespace("infra"), namespace("shop"), *shop())
        assert watch.until(is_synced)
        assert watch.until(lambda told: told.deployments[ORDERS].endpoints)


@pytest.mark.usefixtures("prompt")
def test_that_a_kind_is_taken_away_is_noticed_by_its_definition(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.remove(definition("listenersets"))
        assert watch.until(lambda told: SETS in told.missing)
        assert watch.told.missing[SETS] == "not installed"
        assert watch.told.broken == {}


@pytest.mark.usefixtures("prompt")
def test_that_a_kind_is_served_in_another_version_is_noticed_by_its_definition(
    server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.change(definition("gateways", GROUP, "v1beta1"))
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.change(definition("gateways", GROUP, "v1beta1", "v1"))
        assert watch.until(
            lambda told: (
                [each.part for each in told.said if isinstance(each, Synced)].count(GATEWAYS) == 2
            )
        )
        assert (watch.told.broken, GATEWAYS in watch.told.missing) == ({}, False)
        assert watch.told.gateways.keys() == {"infra/edge"}


@pytest.mark.usefixtures("prompt")
def test_a_definition_that_changes_nothing_has_nothing_listed_anew(
    server: KubernetesServer, cluster: Cluster
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.add(definition("widgets", "x.example"))
        cluster.change(route("orders", rule("/other")))
        watch.since()
        assert watch.until(lambda told: "/other" in repr(told.deployments[ORDERS].operations))
        assert not [each for each in watch.since() if isinstance(each, Synced)]


def test_whoever_may_not_follow_definitions_finds_out_by_looking_once_in_a_while(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflectors, "REDISCOVER_S", 0.05)
    for verb in ("list", "watch"):
        server.inject(Fault(kind=FaultKind.DENY, verb=verb, resource=DEFINITIONS))
    cluster.remove(definition("listenersets"))
    with follow(Session(server)) as watch:
        assert watch.until(lambda told: ROUTES in told.synced)
        assert (watch.told.broken, watch.told.missing[SETS]) == ({}, "not installed")
        cluster.add(definition("listenersets"))
        assert watch.until(is_synced)


def test_definitions_are_followed_as_soon_as_they_may_be(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflectors, "REDISCOVER_S", 0.05)
    monkeypatch.setattr(defining, "SETTLED_S", (0.0, 0.05))
    server.inject(Fault(kind=FaultKind.DENY, verb="watch", resource=DEFINITIONS))
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        server.clear_faults()
        asked = len(server.calls)
        assert watch.until(
            lambda _: any(each.resource == DEFINITIONS for each in server.calls[asked:])
        )
        monkeypatch.setattr(reflectors, "REDISCOVER_S", 1_000_000.0)
        cluster.remove(definition("listenersets"))
        assert watch.until(lambda told: SETS in told.missing)


def test_what_another_server_serves_and_does_not_answer_for_is_left_as_it_is(
    server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with follow(Session(server)) as watch:
        assert watch.until(is_synced)
        down = Catalogue({}, frozenset({(GROUP, "v1")}))
        monkeypatch.setattr(Discovery, "look", lambda _: down)
        monkeypatch.setattr(reflectors, "REDISCOVER_S", 0.0)
        watch.since()
        for _ in range(5):
            watch.step()
        gone = {each.part for each in watch.since() if isinstance(each, PartAbsent | PartFailed)}
        assert not gone & {f"{plural}.{GROUP}" for plural in KINDS}
