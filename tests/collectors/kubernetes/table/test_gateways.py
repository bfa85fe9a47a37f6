"""What gateways are called that serve objects of the table: by the object's own fields, or by objects that take it."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.table.room import Json, Room
from tests.collectors.kubernetes.table.test_describing import HTTPROUTES, ROUTES

CLASS_KEY = "kubernetes.io/ingress.class"
RULES = [{"match": "Path(`/`)", "services": [{"name": "a"}]}]


def made(version: str, kind: str, name: str, spec: Json, **annotations: str) -> Json:
    metadata = {"name": name, "namespace": "shop", "annotations": annotations}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def traefik(*, said: Any = None, **spec: Any) -> Json:
    body = {"routes": RULES} | spec
    return made("traefik.io/v1alpha1", "IngressRoute", "a", body, **(said or {}))


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (traefik(ingressClassName="edge", entryPoints=["web"]), "edge"),
        (traefik(said={CLASS_KEY: "inner"}, entryPoints=["web"]), "inner"),
        (traefik(entryPoints=["web", "websecure"]), "web, websecure"),
        (traefik(), UNKNOWN),
        (traefik(entryPoints=[]), UNKNOWN),
    ],
)
def test_traefik_is_called_by_its_class_else_by_its_entry_points(route: Json, name: Any) -> None:
    assert Room([route]).one().gateway == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"projectcontour.io/ingress.class": "a", CLASS_KEY: "b"}, "a"),
        ({CLASS_KEY: "b"}, "b"),
        ({}, UNKNOWN),
    ],
)
def test_contour_is_called_by_a_class_that_an_annotation_names_too(said: Any, name: Any) -> None:
    spec = {"virtualhost": {"fqdn": "a.example"}}
    assert (
        Room([made("projectcontour.io/v1", "HTTPProxy", "a", spec, **said)]).one().gateway == name
    )


def mapping(hostname: str) -> Json:
    spec = {"hostname": hostname, "prefix": "/", "service": "a"}
    return made("getambassador.io/v3alpha1", "Mapping", "m", spec)


def host(name: str, hostname: str) -> Json:
    return made("getambassador.io/v3alpha1", "Host", name, {"hostname": hostname})


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        ([], UNKNOWN),
        ([host("other", "b.example")], UNKNOWN),
        ([host("one", "a.example"), host("other", "b.example")], "shop/one"),
        (
            [host(f"h{number}", "*.example") for number in range(5)],
            "shop/h0, shop/h1, shop/h2, 2 more",
        ),
    ],
)
def test_a_gateway_is_an_object_that_takes_the_host(hosts: list[Json], name: Any) -> None:
    exposed = Room([mapping("a.example"), *hosts]).exposed()["Mapping shop/m"]
    assert [getattr(each, "gateway", None) for each in exposed] == [name]


def test_what_only_holds_certificates_is_no_gateway() -> None:
    route = made(
        "apisix.apache.org/v2", "ApisixRoute", "a", {"http": [{"match": {"paths": ["/"]}}]}
    )
    tls = made("apisix.apache.org/v2", "ApisixTls", "t", {"hosts": ["a.example"]})
    assert Room([route, tls]).one().gateway == UNKNOWN


@pytest.mark.parametrize(("unseen", "name"), [((), None), ((HTTPROUTES,), UNKNOWN)])
def test_what_is_served_nowhere_has_no_gateway_as_far_as_that_is_known(
    unseen: tuple[str, ...], name: Any
) -> None:
    spec = {"displayName": "p", "targetRef": {"kind": "HTTPRoute", "name": "r"}}
    product = made("devportal.kuadrant.io/v1alpha1", "APIProduct", "p", spec)
    assert Room([product], others=[ROUTES], unseen=unseen).one().gateway == name
