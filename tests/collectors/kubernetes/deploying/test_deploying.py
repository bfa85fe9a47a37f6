"""From what an object exposes to a deployment with its signals: names, people, labels, and gateways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apiscape.collectors.kubernetes.deploying.deployment import deploy
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid, entity_uid
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.deploying.room import api, certificate
from tests.collectors.kubernetes.estate import (
    gateway,
    gateway_class,
    listener,
    namespace,
    route,
    rule,
    said,
    service,
)
from tests.collectors.kubernetes.visiting import NOON
from tests.collectors.kubernetes.worlds import (
    PLACE,
    deployed,
    look,
    resource_of,
    served,
    world_of,
)


def test_a_route_is_a_deployment_by_what_it_is_called_and_where() -> None:
    one = route(
        hostnames=["shop.example"],
        metadata={
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": {"team": "retail", "app": "orders"},
            "annotations": {"apiscape.io/contact": "retail@example.com"},
        },
    )
    world = world_of(gateway_class(), gateway(), one, service(), namespace("shop"))
    ((made, _),) = deployed(world, one)
    native = "cluster:gateway.networking.k8s.io/httproutes:shop/orders"
    assert (made.native_id, made.native_api_id) == (f"{native}@infra/edge", native)
    assert made.uid == deployment_uid(made.native_id)
    assert (made.account, made.provider, made.product) == (
        "cluster",
        "kubernetes",
        "kubernetes.gateways",
    )
    assert made.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert made.labels == {"team": "retail", "app": "orders", "k8s.namespace.name": "shop"}
    assert isinstance(made.owners, tuple)
    assert made.owners[0].name == "retail"
    assert made.provenance["owners"][0].source == "label:team"
    assert made.exposure == "internet"


def test_a_service_behind_a_route_and_its_namespace_say_whose_it_is() -> None:
    one = route()
    behind = service(metadata={"labels": {"team": "pay"}})
    world = world_of(one, behind, namespace("shop", team="retail"))
    ((made, _),) = deployed(world, one)
    assert isinstance(made.owners, tuple)
    assert [each.name for each in made.owners] == ["pay"]
    assert [(each.value, each.source) for each in made.provenance["owners"]] == [
        ("pay", "label:team of Service shop/orders"),
        ("retail", "label:team of Namespace shop"),
    ]


def test_whose_it_is_is_unknown_where_the_namespace_could_not_be_seen() -> None:
    one = route()
    ((made, _),) = deployed(world_of(one, unseen=["namespaces"]), one)
    assert made.owners is UNKNOWN
    ((made, _),) = deployed(world_of(one, namespace("shop")), one)
    assert made.owners == ()


DATES = {
    "when": UNKNOWN,
    "2026-13-01T00:00:00Z": UNKNOWN,
    "2026-01-02": datetime(2026, 1, 2, tzinfo=UTC),
}


@pytest.mark.parametrize("text", DATES)
def test_a_date_that_is_none_is_unknown(text: str) -> None:
    one = route(metadata={"creationTimestamp": text})
    ((made, _),) = deployed(world_of(one), one)
    assert made.created_at == DATES[text]


def test_links_are_labels_and_unknown_rules_are_unknown() -> None:
    one = api(rules=None, links={"aws.arn": "arn"}, addresses=None, host="a.example")
    world = world_of()
    made, *signals = deploy(one, resource_of(route()), PLACE, look(world), NOON)
    assert isinstance(made, Deployment)
    assert (made.operations, made.backends, made.endpoints) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert made.labels == {"aws.arn": "arn", "k8s.namespace.name": "shop"}
    assert made.native_id.endswith("shop/orders#a.example")
    assert signals == []


def test_every_service_behind_a_route_is_asked_whose_it_is() -> None:
    many = [{"name": f"s{number:02}", "port": 80} for number in range(30)]
    one = route("orders", rule("/", *many))
    last = service("s29", metadata={"labels": {"team": "last"}})
    ((made, _),) = deployed(world_of(one, last, namespace("shop")), one)
    assert made.owners is not UNKNOWN
    assert [each.name for each in made.owners] == ["last"]


def test_a_gateway_is_given_with_its_conditions_and_certificates() -> None:
    status = {"conditions": said(Programmed="True"), "addresses": [{"value": "203.0.113.9"}]}
    tls = {"certificateRefs": [{"name": "tls"}]}
    edge = gateway(listener(hostname="a.example", tls=tls), status=status)
    made, *signals = served(world_of(edge, certificate()), edge)
    native = "cluster:gateway.networking.k8s.io/gateways:infra/edge"
    assert (made.native_id, made.uid) == (native, entity_uid("gateway", native))
    assert (made.name, made.hostnames) == ("infra/edge", ("a.example",))
    told: dict[str, Signal] = {each.name: each for each in signals}
    assert told["condition.Programmed"].value is True
    assert told["certificate.not_after"].value == "2027-01-01T00:00:00+00:00"
    assert {each.subject_uid for each in signals} == {made.uid}
