"""Services that are exposed without any gateway, and those by which gateways are reached."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.core import SERVICES
from apiscape.collectors.kubernetes.ingress.services import ServiceFamily
from apiscape.collectors.kubernetes.resource import Role
from apiscape.collectors.kubernetes.world import Subject
from tests.collectors.kubernetes.ingress.room import (
    RESOURCES,
    Json,
    asked,
    condition,
    expose,
    expose_in,
    ingress,
    named,
    one,
    only,
    urls,
    world_of,
)


def balanced(*ports: Json, address: str | None = "8.8.8.8", **more: Any) -> Json:
    key = "ip" if (address or "")[:1].isdigit() else "hostname"
    at = [] if address is None else [{key: address}]
    spec = {"type": more.pop("kind", "LoadBalancer"), "ports": list(ports) or [{"port": 80}]}
    status = {"loadBalancer": {"ingress": at}}
    metadata = {"annotations": more.pop("said", {})} | more
    return named("Service", "web", metadata=metadata, spec=spec, status=status)


def test_services_are_read_once_as_what_exposes_something() -> None:
    assert RESOURCES[SERVICES].role is Role.ROUTE


@pytest.mark.parametrize("kind", ["ClusterIP", "ExternalName"])
def test_a_service_of_the_cluster_alone_exposes_nothing(kind: str) -> None:
    assert expose(balanced(kind=kind)) == []


@pytest.mark.parametrize(
    ("port", "style", "scheme"),
    [
        ({"port": 80, "appProtocol": "http"}, "http", "http"),
        ({"port": 443, "appProtocol": "HTTPS"}, "http", "https"),
        ({"port": 443, "appProtocol": "grpc"}, "grpc", "http"),
        ({"port": 80, "appProtocol": "kubernetes.io/ws"}, "websocket", "ws"),
        ({"port": 80, "appProtocol": "kubernetes.io/h2c"}, "http", "http"),
        ({"port": 80, "name": "http-web"}, "http", "http"),
        ({"port": 80, "name": "http", "appProtocol": "redis"}, "tcp", "tcp"),
        ({"port": 80, "name": "httpd"}, "tcp", "tcp"),
        ({"port": 5432}, "tcp", "tcp"),
        ({"port": 53, "protocol": "UDP", "name": "http"}, "tcp", "udp"),
    ],
)
def test_how_a_port_is_spoken_to(port: Json, style: str, scheme: str) -> None:
    found = one(balanced(port))
    assert found.style == style
    assert urls(found) == [f"{scheme}://:{port['port']}"]
    matches = [each.matches for each in found.rules or ()]
    assert [bool(each) for each in matches] == [style != "tcp"]


def test_all_ports_are_one_api() -> None:
    found = one(balanced({"port": 9000}, {"port": 443, "appProtocol": "https"}))
    assert found.style == "http"
    assert urls(found) == ["tcp://:9000", "https://:443"]
    assert [t.port for each in found.rules or () for t in each.targets] == ["9000", "443"]
    assert (found.gateway, found.parent, found.host) == (None, None, None)


def test_nothing_before_it_asks_callers_for_anything() -> None:
    found = one(balanced())
    assert asked(found) == [("none", [])]
    rule_ = only(found)
    assert (rule_.security.evidence or "").startswith(
        "Service shop/web is reached through no gateway"
    )
    assert (found.rate_limit, found.waf) == ("disabled", "unknown")


def test_a_port_of_every_node() -> None:
    found = one(
        balanced({"port": 80, "nodePort": 30080}, {"port": 81}, kind="NodePort", address=None)
    )
    assert urls(found) == ["tcp://:30080", "tcp://"]
    assert (found.reached.exposure, found.conditions) == ("unknown", ())


def test_names_that_are_asked_for_in_dns_are_addresses() -> None:
    said = {"external-dns.alpha.kubernetes.io/hostname": "A.example, b.example"}
    assert urls(one(balanced(said=said))) == ["tcp://a.example:80", "tcp://b.example:80"]


def test_whether_and_from_where_it_is_reached() -> None:
    assert one(balanced()).reached.exposure == "internet"
    assert condition(one(balanced()), "Programmed") == (True, "has an address")
    pending = one(balanced(address=None))
    assert condition(pending, "Programmed") == (None, "pending: no address yet")
    assert pending.reached.evidence == "no address of the LoadBalancer"
    said = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
    aws = one(balanced(said=said, address="x.elb.eu-west-1.amazonaws.com"))
    assert aws.reached.exposure == "private"
    assert aws.links == {"service.k8s.aws/stack": "shop/web"}
    assert one(balanced()).links == {}


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"gateway.networking.k8s.io/gateway-name": "edge"}},
        {"labels": {"istio": "ingressgateway"}},
        {"labels": {"acme.cert-manager.io/http01-solver": "true"}},
        {"labels": {"app.kubernetes.io/name": "ingress-nginx"}},
        {"ownerReferences": [{"kind": "Gateway", "name": "edge"}]},
        {"ownerReferences": [{"kind": "DataPlane", "name": "kong", "controller": True}]},
    ],
)
def test_services_by_which_gateways_are_reached_expose_nothing_themselves(metadata: Json) -> None:
    assert expose(balanced(**metadata)) == []


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"istio": "monitored"}},
        {"labels": {"app.kubernetes.io/name": "orders"}},
        {"labels": None, "ownerReferences": None},
        {"ownerReferences": [{"kind": "HelmRelease", "name": "x"}]},
    ],
)
def test_other_labels_and_owners_change_nothing(metadata: Json) -> None:
    assert len(expose(balanced(**metadata))) == 1


def test_a_service_without_ports_or_status() -> None:
    bare = named("Service", "web", spec={"type": "LoadBalancer", "ports": None})
    found = one(bare)
    assert (found.addresses, found.rules, found.style) == ((), (), "tcp")


def test_other_objects_are_none_of_it() -> None:
    world = world_of(named("Namespace", "shop", ""))
    resource = RESOURCES["namespaces"]
    look = world.look(Subject("namespaces", "shop"))
    assert list(ServiceFamily().expose(resource, world.find("namespaces", "shop"), look)) == []


def test_a_service_whose_address_ingresses_have_is_their_controllers() -> None:
    there = ingress("nginx", address="8.8.8.8")
    assert expose(balanced(), there) == []
    assert len(expose(balanced(), ingress("nginx", address="8.8.4.4"))) == 1
    assert len(expose(balanced({"port": 5432}), there)) == 1
    sharing = {"metallb.io/allow-shared-ip": "key"}
    assert len(expose(balanced(said=sharing), there)) == 1


def test_a_service_is_asked_again_when_an_ingress_gets_its_address() -> None:
    world = world_of(balanced(), ingress("nginx", address=None))
    assert len(expose_in(world, "Service", "shop/web")) == 1
    served = world_of(ingress("nginx", address="8.8.8.8"))
    name = "ingresses.networking.k8s.io"
    world.put(name, served.held(name)["shop/api"])
    assert Subject("services", "shop/web") in world.stale
    assert expose_in(world, "Service", "shop/web") == []
