"""Virtual services at gateways: which servers take them, under which hosts, at which addresses."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Address
from apiscape.collectors.kubernetes.istio.resources import GATEWAYS, VIRTUAL_SERVICES
from apiscape.collectors.kubernetes.world import Subject
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.istio.meshes import (
    exposed,
    front,
    gateway,
    istio,
    mesh_of,
    one,
    served,
    server,
    to,
    told_of,
    virtual,
    wrong,
)
from tests.collectors.kubernetes.policies.clusters import Json

ROUTE = {"route": [to()]}
NO_SERVER = "no server of Gateway shop/edge has a host of it, for a route that it takes"


def hosts(*objects: Json) -> list[str]:
    return [each.host for each in one(*objects).addresses or ()]


# ── Gateways ─────────────────────────────────────────────────────────────────


def test_a_virtual_service_is_one_api_at_each_of_its_gateways_and_in_the_mesh() -> None:
    service = virtual(ROUTE, gateways=["edge", "infra/inner", "mesh", "shop/edge"])
    told = exposed(service, gateway(), gateway(name="inner", namespace="infra"))
    assert [each.parent for each in told] == ["shop/edge", "infra/inner", "mesh"]
    assert [each.gateway for each in told] == ["shop/edge", "infra/inner", "mesh"]


def test_a_virtual_service_without_gateways_is_in_the_mesh_alone() -> None:
    told = one(virtual(ROUTE, hosts=["web"], gateways=None))
    assert told.parent == "mesh"
    assert told.reached.exposure == "cluster"
    assert told.addresses == (Address(host="web.shop.svc.cluster.local", scheme="http"),)


def test_a_virtual_service_without_hosts_is_a_part_of_others() -> None:
    assert exposed(virtual(ROUTE, hosts=[]), gateway()) == []


def test_a_gateway_that_is_not_there_is_told_from_one_that_nobody_could_see() -> None:
    missing = one(virtual(ROUTE))
    assert wrong(missing) == {"Accepted": (False, "there is no Gateway shop/edge")}
    assert missing.addresses == ()
    unseen = one(virtual(ROUTE), unseen=["Gateway"])
    assert wrong(unseen) == {"Accepted": (None, "Gateway shop/edge could not be read")}
    assert unseen.addresses is None
    assert [each.security.requirement for each in unseen.rules or ()] == ["unknown"]


# ── Hosts ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("of_server", "asks", "common"),
    [
        ("*", "*", [""]),
        ("*", "a.example", ["a.example"]),
        ("a.example", "*", ["a.example"]),
        ("*.example", "a.example", ["a.example"]),
        ("A.example", "a.EXAMPLE", ["a.example"]),
        ("b.example", "a.example", []),
        ("*/a.example", "a.example", ["a.example"]),
        ("./a.example", "a.example", ["a.example"]),
        ("shop/a.example", "a.example", ["a.example"]),
        ("other/a.example", "a.example", []),
        ("shop/*", "a.example", ["a.example"]),
    ],
)
def test_which_hosts_a_server_and_a_virtual_service_have_in_common(
    of_server: str, asks: str, common: list[str]
) -> None:
    told = virtual(ROUTE, hosts=[asks]), gateway(server("HTTP", 80, of_server))
    assert hosts(*told) == common
    assert wrong(one(*told)) == ({} if common else {"Accepted": (False, NO_SERVER)})


def test_the_own_namespace_of_a_gateway_is_not_that_of_a_virtual_service() -> None:
    service = virtual(ROUTE, gateways=["infra/edge"])
    near = gateway(server("HTTP", 80, "./a.example"), namespace="infra")
    assert hosts(service, near) == []
    assert hosts(service, gateway(server("HTTP", 80, "*/a.example"), namespace="infra"))


@pytest.mark.parametrize(
    ("export_to", "services", "accepted"),
    [
        (None, [front()], {}),
        (["*"], [front()], {}),
        (["."], [front("shop")], {}),
        (["istio-system"], [front()], {}),
        (
            ["."],
            [front()],
            {"Accepted": (False, "it is not exported to the namespaces of Gateway shop/edge")},
        ),
        (
            ["."],
            [],
            {
                "Accepted": (
                    None,
                    "nobody knows where the workloads of Gateway shop/edge are, and it is not exported to all",
                )
            },
        ),
    ],
)
def test_a_gateway_takes_what_is_exported_to_its_workloads(
    export_to: list[str] | None, services: list[Json], accepted: Json
) -> None:
    told = one(virtual(ROUTE, exportTo=export_to), gateway(), *services)
    assert wrong(told) == accepted
    holds = accepted.get("Accepted", (True, None))[0]
    if holds is None:
        assert told.addresses is None
    else:
        assert bool(told.addresses) is holds


# ── Addresses ────────────────────────────────────────────────────────────────

TLS = {"mode": "SIMPLE", "credentialName": "cert", "minProtocolVersion": "TLSV1_2"}


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (server(), {"scheme": "http", "port": 80, "tls_min": None, "mtls": "disabled"}),
        (
            server("HTTPS", 443, **TLS),
            {
                "scheme": "https",
                "port": 443,
                "tls_min": "TLS_1_2",
                "certificate": "istio-system/cert",
                "mtls": "disabled",
                "tls_mode": "terminate",
            },
        ),
        (
            server("HTTPS", 443, **TLS | {"mode": "MUTUAL"}),
            {
                "scheme": "https",
                "port": 443,
                "tls_min": "TLS_1_2",
                "certificate": "istio-system/cert",
                "mtls": "enabled",
                "tls_mode": "terminate",
            },
        ),
        (
            server("HTTPS", 443, mode="OPTIONAL_MUTUAL", credentialName="kubernetes://cert"),
            {
                "scheme": "https",
                "port": 443,
                "certificate": "istio-system/cert",
                "mtls": "disabled",
                "tls_mode": "terminate",
            },
        ),
        (
            server("HTTPS", 443, mode="SIMPLE", credentialName="kubernetes-gateway://infra/cert"),
            {
                "scheme": "https",
                "port": 443,
                "certificate": "infra/cert",
                "mtls": "disabled",
                "tls_mode": "terminate",
            },
        ),
        (
            server("HTTPS", 443, mode="SIMPLE", credentialName="sds://else"),
            {"scheme": "https", "port": 443, "mtls": "disabled", "tls_mode": "terminate"},
        ),
        (server("HTTPS", 443, mode="NEWER"), {"scheme": "https", "port": 443, "mtls": "unknown"}),
        (
            server("GRPC", 9000),
            {"scheme": "http", "port": None, "tls_min": None, "mtls": "disabled"},
        ),
    ],
)
def test_how_callers_reach_a_server(told: Json, address: Json) -> None:
    ports = [{"port": 80}, {"port": 443}]
    got = one(virtual(ROUTE), gateway(told), front(ports=ports))
    assert got.addresses == (Address(host="a.example", **address),)


def test_a_server_that_only_sends_elsewhere_is_no_address() -> None:
    both = gateway(server("HTTP", 80, httpsRedirect=True), server("HTTPS", 443, **TLS))
    assert [each.scheme for each in one(virtual(ROUTE), both).addresses or ()] == ["https"]


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ([{"port": 80, "targetPort": 8080}], 80),
        ([{"port": 8080}], 8080),
        ([{"port": 80, "targetPort": "http"}], None),
        (None, 8080),
    ],
)
def test_the_port_that_callers_type_is_that_of_the_service(ports: Any, port: int | None) -> None:
    told = one(virtual(ROUTE), gateway(server("HTTP", 8080)), front(ports=ports))
    assert [each.port for each in told.addresses or ()] == [port]


def test_where_a_certificate_is_nobody_knows_without_the_workloads() -> None:
    told = one(virtual(ROUTE), gateway(server("HTTPS", 443, **TLS)))
    assert [each.certificate for each in told.addresses or ()] == [None]
    two = front(), front("other")
    told = one(virtual(ROUTE), gateway(server("HTTPS", 443, **TLS)), *two)
    assert [each.certificate for each in told.addresses or ()] == [None]


def test_connections_that_are_passed_through_go_by_their_own_routes() -> None:
    through = server("TLS", 443, mode="PASSTHROUGH")
    route = {"match": [{"port": 443, "sniHosts": ["b.example"]}], "route": [to()]}
    told = one(virtual(hosts=["*.example"], http=None, tls=[route]), gateway(through))
    assert told.style == "tcp"
    at = Address(host="b.example", scheme="tls", port=443, tls_mode="passthrough")
    assert told.addresses == (at,)
    assert [each.targets[0].name for each in told.rules or ()] == ["web"]
    without = one(virtual(ROUTE), gateway(through))
    assert wrong(without) == {"Accepted": (False, NO_SERVER)}


def test_plain_connections_go_by_their_own_routes() -> None:
    plain = gateway(server("TCP", 5432))
    route = {"match": [{"port": 5432}], "route": [to("db")]}
    told = one(virtual(http=None, tcp=[route, {"match": [{"port": 1}]}]), plain)
    assert [(each.scheme, each.port) for each in told.addresses or ()] == [("tcp", 5432)]
    assert [each.targets[0].name for each in told.rules or ()] == ["db"]


# ── From where ───────────────────────────────────────────────────────────────


def test_a_gateway_is_reached_by_the_services_that_select_by_its_labels() -> None:
    told = one(virtual(ROUTE), gateway(), front("istio-system", "192.0.2.7"))
    assert told.reached.addresses == ("192.0.2.7",)
    assert (told.reached.evidence or "").startswith("Service istio-system/ingress: ")
    other = front("istio-system", "192.0.2.7", selector={"istio": "egressgateway"})
    nobody = one(virtual(ROUTE), gateway(), other)
    assert nobody.reached.exposure == "unknown"
    assert nobody.reached.evidence == "no Service selects by the labels of the Gateway"


def test_a_service_that_selects_by_less_than_the_gateway_is_of_others_too() -> None:
    told = istio(
        "Gateway", "edge", {"selector": {"istio": "i", "tier": "gold"}, "servers": [server()]}
    )
    wide = front("istio-system", "192.0.2.7", selector={"istio": "i"})
    assert one(virtual(ROUTE), told, wide).reached.addresses == ()
    exact = front("istio-system", "192.0.2.7", selector={"istio": "i", "tier": "gold"})
    assert one(virtual(ROUTE), told, exact).reached.addresses == ("192.0.2.7",)


def test_of_several_services_the_widest_counts() -> None:
    inner = front("inner", "10.0.0.7")
    outer = front("outer", "203.0.113.7")
    told = one(virtual(ROUTE), gateway(), inner, outer)
    assert told.reached.addresses == ("10.0.0.7", "203.0.113.7")
    assert told.reached.exposure == one(virtual(ROUTE), gateway(), outer).reached.exposure


def test_a_gateway_without_a_selector_is_of_workloads_that_nobody_knows() -> None:
    told = istio("Gateway", "edge", {"servers": [server()]})
    assert one(virtual(ROUTE), told, front()).reached.exposure == "unknown"


# ── How it serves ────────────────────────────────────────────────────────────


def test_how_a_gateway_serves() -> None:
    told = served(
        gateway(
            server("HTTPS", 443, "shop/a.example", **TLS),
            server("HTTPS", 8443, "b.example", **TLS | {"minProtocolVersion": "TLSV1_3"}),
            server("TLS", 9443, "*.c.example", mode="PASSTHROUGH"),
        ),
        front("istio-system", "192.0.2.7"),
    )
    assert told.hosts == ("a.example", "b.example", "*.c.example")
    assert told.tls_min == "TLS_1_2"
    assert told.certificates == ("istio-system/cert",)
    assert told.reached.addresses == ("192.0.2.7",)


def test_a_gateway_for_any_host_names_none() -> None:
    told = served(gateway(server("HTTP", 80, "a.example"), server("HTTP", 81, "*/*")))
    assert (told.hosts, told.tls_min, told.certificates) == ((), UNKNOWN, ())
    half = gateway(server("HTTPS", 443, **TLS), server("HTTPS", 444, mode="SIMPLE"))
    assert served(half).tls_min is UNKNOWN


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({}, {}),
        (
            {"conditions": [{"type": "Reconciled", "status": "True", "observedGeneration": "2"}]},
            {"Reconciled": (True, None)},
        ),
        (
            {"conditions": [{"type": "Reconciled", "status": "True", "observedGeneration": 1}]},
            {"Reconciled": (None, "stale: said of generation 1, which is 2 now")},
        ),
        (
            {"validationMessages": [{"level": "ERROR", "type": {"code": "IST0101", "name": "N"}}]},
            {"Valid": (False, "IST0101 N")},
        ),
        ({"validationMessages": [{"level": "ERROR"}]}, {"Valid": (False, "no reason is given")}),
        ({"validationMessages": [{"level": "WARNING"}], "conditions": None}, {}),
    ],
)
def test_what_the_control_plane_says(status: Json, told: Json) -> None:
    assert wrong(served(gateway(generation=2, status=status))) == told
    service = virtual(ROUTE, status=status, metadata={"generation": 2})
    assert wrong(one(service, gateway())) == told


def test_a_change_of_a_gateway_or_its_service_asks_again_whoever_is_bound_to_it() -> None:
    world = mesh_of(virtual(ROUTE), gateway(), front())
    told_of(world, VIRTUAL_SERVICES, "shop/web")
    subject = Subject(VIRTUAL_SERVICES, "shop/web")
    assert subject not in world.stale
    world.drop("services", "istio-system/ingress")
    assert subject in world.stale
    told_of(world, VIRTUAL_SERVICES, "shop/web")
    world.drop(GATEWAYS, "shop/edge")
    assert subject in world.stale
