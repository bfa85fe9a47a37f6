"""Of which class an Ingress is, what its annotations mean, and what nobody can tell."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.ingress.controllers import DIALECTS
from apiscape.collectors.kubernetes.ingress.family import IngressFamily
from apiscape.collectors.kubernetes.resource import Role
from apiscape.collectors.kubernetes.world import Subject
from tests.collectors.kubernetes.ingress.room import (
    CONTROLLERS,
    Json,
    asked,
    cls,
    condition,
    expose_in,
    ingress,
    one,
    only,
    world_of,
)

N = "nginx.ingress.kubernetes.io/"
NO_GLOBAL = {f"{N}enable-global-auth": "false"}


# Classes.


def test_the_field_names_the_class_before_the_annotation() -> None:
    said = {"kubernetes.io/ingress.class": "kong"}
    assert one(ingress("nginx", said=said)).gateway == "nginx"
    found = one(ingress(None, said=said))
    assert found.gateway == "kong"
    assert found.links["apiscape.io/ingress-controller"] == "Kong"
    assert condition(found, "ClassFound") == (True, "IngressClass exists")


def test_an_ingress_without_a_class_is_of_the_default_one() -> None:
    usual = cls(
        "usual",
        CONTROLLERS["alb"],
        metadata={"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
    )
    found = one(ingress(None), usual)
    assert found.links["apiscape.io/ingress-controller"] == "AWS Load Balancer Controller"
    assert condition(found, "ClassFound") == (True, "by the default class")


def test_without_any_class_nobody_can_tell() -> None:
    found = one(ingress(None))
    assert msgspec.UNSET is found.gateway
    assert condition(found, "ClassFound") == (None, "pending: no class, and no default class")
    assert asked(found) == [("unknown", [])]
    hidden = one(ingress(None), unseen=("ingressclasses.networking.k8s.io",))
    assert condition(hidden, "ClassFound") == (
        None,
        "pending: no class; default classes not seen",
    )


def test_a_class_that_is_not_there() -> None:
    assert condition(one(ingress("gone")), "ClassFound") == (False, "no IngressClass gone")
    noted = one(ingress(None, said={"kubernetes.io/ingress.class": "gone"}))
    assert condition(noted, "ClassFound") == (
        None,
        "pending: no IngressClass gone, named by annotation",
    )
    unseen = one(ingress("gone"), unseen=("ingressclasses.networking.k8s.io",))
    assert condition(unseen, "ClassFound") == (None, "pending: classes could not be seen")


def test_another_ingress_class_changes_what_is_said() -> None:
    world = world_of(ingress("late"))
    assert expose_in(world, "Ingress", "shop/api")
    assert list(world.stale) == []
    late = cls("late", CONTROLLERS["agic"])
    resource = "ingressclasses.networking.k8s.io"
    world.put(resource, world_of(late).held(resource)["late"])
    assert [each.key for each in world.stale] == ["shop/api"]
    (found,) = expose_in(world, "Ingress", "shop/api")
    assert asked(found) == [("none", [])]


@pytest.mark.parametrize(
    ("controller", "name"),
    [
        ("k8s.io/ingress-nginx", "ingress-nginx"),
        ("k8s.io/ingress-nginx-internal", "ingress-nginx"),
        ("webapprouting.kubernetes.azure.com/nginx", "ingress-nginx"),
        ("haproxy-ingress.github.io/controller/staging", "HAProxy Ingress"),
        ("haproxy.org/ingress-controller/prod", "HAProxy Kubernetes Ingress Controller"),
        ("projectcontour.io/projectcontour/contour", "Contour"),
        ("k8s.io/ingress-nginxy", "k8s.io/ingress-nginxy"),
        ("example.org/own", "example.org/own"),
    ],
)
def test_the_controller_of_a_class_says_who_serves_it(controller: str, name: str) -> None:
    found = one(ingress("x"), cls("x", controller))
    assert found.links["apiscape.io/ingress-controller"] == name


def test_a_class_without_an_object_is_guessed_by_its_name_and_proves_nothing() -> None:
    old = {"kubernetes.io/ingress.class": "azure/application-gateway"}
    found = one(ingress(None, said=old))
    assert found.links["apiscape.io/ingress-controller"] == "Azure Application Gateway"
    assert asked(found) == [("unknown", [])]
    asking = {"kubernetes.io/ingress.class": "nginx", f"{N}auth-type": "basic"}
    world = world_of(ingress(None, said=asking))
    world.drop("ingressclasses.networking.k8s.io", "nginx")
    (guessed,) = expose_in(world, "Ingress", "shop/api")
    assert asked(guessed) == [("required", ["basic"])]


def test_two_controllers_are_called_nginx_and_annotations_tell_them_apart() -> None:
    said = {"kubernetes.io/ingress.class": "nginx", "nginx.org/basic-auth-secret": "s"}
    world = world_of(ingress(None, said=said))
    world.drop("ingressclasses.networking.k8s.io", "nginx")
    (found,) = expose_in(world, "Ingress", "shop/api")
    assert found.links["apiscape.io/ingress-controller"] == "NGINX Ingress Controller"


def test_that_a_controller_was_given_up_is_said() -> None:
    assert one(ingress("nginx")).links["apiscape.io/ingress-controller-retired"] == "2026-03"
    assert "apiscape.io/ingress-controller-retired" not in one(ingress("f5")).links


def test_every_controller_is_told_by_one_class_alone() -> None:
    starts = [start for dialect in DIALECTS for start in dialect.controllers]
    names = [name for dialect in DIALECTS for name in dialect.classes]
    assert len(starts) == len(set(starts))
    assert len(names) == len(set(names))


# What is asked.


@pytest.mark.parametrize(
    ("class_name", "said", "told"),
    [
        ("nginx", {f"{N}auth-url": "https://auth.example/check"}, ("required", ["custom"])),
        ("nginx", {f"{N}auth-type": "basic"}, ("required", ["basic"])),
        ("nginx", {f"{N}auth-type": "digest", **NO_GLOBAL}, ("required", ["basic"])),
        ("nginx", {f"{N}auth-type": "none"}, ("unknown", [])),
        ("nginx", {f"{N}auth-tls-secret": "shop/ca"}, ("optional", ["mtls"])),
        ("nginx", {}, ("unknown", [])),
        ("nginx", NO_GLOBAL, ("none", [])),
        ("f5", {"nginx.com/jwt-key": "secret"}, ("required", ["jwt"])),
        ("f5", {"nginx.org/basic-auth-secret": "secret"}, ("required", ["basic"])),
        ("f5", {}, ("none", [])),
        ("f5", {f"{N}auth-type": "basic"}, ("none", [])),
        ("kong", {}, ("none", [])),
        ("traefik", {}, ("unknown", [])),
        ("apisix", {"k8s.apisix.apache.org/auth-type": "keyAuth"}, ("required", ["api_key"])),
        ("apisix", {"k8s.apisix.apache.org/auth-type": "basicAuth"}, ("required", ["basic"])),
        (
            "apisix",
            {"k8s.apisix.apache.org/auth-uri": "http://a.example"},
            ("required", ["custom"]),
        ),
        ("apisix", {}, ("unknown", [])),
        ("contour", {}, ("unknown", [])),
        ("alb", {}, ("none", [])),
        ("agic", {}, ("none", [])),
        ("agic", {"appgw.ingress.kubernetes.io/appgw-ssl-profile": "mutual"}, ("unknown", [])),
        ("openshift", {}, ("unknown", [])),
        ("haproxy", {"haproxy.org/auth-type": "basic-auth"}, ("required", ["basic"])),
        ("haproxy", {}, ("unknown", [])),
        (
            "haproxy-ingress",
            {"haproxy-ingress.github.io/auth-secret": "s"},
            ("required", ["basic"]),
        ),
        (
            "haproxy-ingress",
            {"haproxy-ingress.github.io/oauth": "oauth2_proxy"},
            ("required", ["oidc"]),
        ),
        (
            "haproxy-ingress",
            {"haproxy-ingress.github.io/auth-url": "http://a"},
            ("required", ["custom"]),
        ),
        ("istio", {}, ("unknown", [])),
        ("cilium", {}, ("unknown", [])),
        ("own", {f"{N}auth-type": "basic"}, ("unknown", [])),
    ],
)
def test_what_annotations_ask_of_callers(
    class_name: str, said: Json, told: tuple[str, list[str]]
) -> None:
    assert asked(one(ingress(class_name, said=said))) == [told]


def test_what_asks_is_named_in_evidence_and_scheme() -> None:
    rule_ = only(one(ingress("nginx", said={f"{N}auth-type": "basic"})))
    assert rule_.security.evidence == f"Ingress shop/api: {N}auth-type is basic"
    (scheme,) = rule_.security.schemes
    assert scheme.native_id == f"Ingress shop/api: {N}auth-type"
    assert scheme.location == "header:Authorization"


def test_where_something_may_be_asked_that_nobody_sees_is_said() -> None:
    rule_ = only(one(ingress("nginx")))
    assert rule_.security.evidence == (
        "Ingress shop/api asks for nothing that can be seen; "
        "hidden: global-auth-url in the ConfigMap of the controller"
    )
    open_ = only(one(ingress("nginx", said=NO_GLOBAL)))
    assert open_.security.evidence == "Ingress shop/api asks for nothing"


TLS = [{"hosts": ["shop.example"], "secretName": "cert"}]


@pytest.mark.parametrize(
    ("mode", "told", "switch"),
    [
        (None, ("required", ["mtls"]), "enabled"),
        ("on", ("required", ["mtls"]), "enabled"),
        ("off", ("unknown", []), "unknown"),
        ("optional", ("optional", ["mtls"]), "unknown"),
        ("optional_no_ca", ("optional", ["mtls"]), "unknown"),
    ],
)
def test_how_strictly_certificates_are_asked_of_callers(
    mode: str | None, told: tuple[str, list[str]], switch: str
) -> None:
    said = {f"{N}auth-tls-secret": "shop/ca"}
    said |= {f"{N}auth-tls-verify-client": mode} if mode else {}
    found = one(ingress("nginx", said=said, tls=TLS))
    assert asked(found) == [told]
    assert found.mtls == switch
    assert [each.mtls for each in found.addresses or ()] == [switch]


def test_a_certificate_is_not_asked_of_plain_requests() -> None:
    said = {f"{N}auth-tls-secret": "shop/ca", f"{N}ssl-redirect": "false"}
    found = one(ingress("nginx", said=said, tls=TLS))
    assert asked(found) == [("optional", ["mtls"])]
    assert found.mtls == "unknown"
    assert [each.mtls for each in found.addresses or ()] == ["enabled", "disabled"]
    rule_ = only(found)
    assert (rule_.security.evidence or "").endswith("not asked at http://shop.example")


def test_passing_one_check_of_several_may_be_enough() -> None:
    said = {f"{N}auth-type": "basic", f"{N}satisfy": "any"}
    assert asked(one(ingress("nginx", said=said))) == [("required", ["basic"])]
    wide = said | {f"{N}whitelist-source-range": "10.0.0.0/8"}
    found = one(ingress("nginx", said=wide))
    assert asked(found) == [("optional", ["basic"])]
    assert asked(one(ingress("nginx", said=wide | {f"{N}satisfy": "all"}))) == [
        ("required", ["basic"])
    ]


def test_a_snippet_may_change_everything() -> None:
    said = {f"{N}configuration-snippet": "auth_basic off; # CANARY", **NO_GLOBAL}
    found = one(ingress("nginx", said=said))
    assert asked(found) == [("unknown", [])]
    assert found.incomplete == (
        f"{N}configuration-snippet of Ingress shop/api may change what holds",
    )
    assert (found.rate_limit, found.cors) == ("unknown", "unknown")
    assert "CANARY" not in repr((found.rules, found.incomplete, found.links))


@pytest.mark.parametrize(
    ("class_name", "said", "switch", "state"),
    [
        ("nginx", {f"{N}limit-rps": "5"}, "rate_limit", "enabled"),
        ("nginx", {f"{N}limit-rps": "0"}, "rate_limit", "disabled"),
        ("nginx", {}, "rate_limit", "disabled"),
        ("nginx", {f"{N}enable-cors": "true"}, "cors", "enabled"),
        ("nginx", {f"{N}enable-cors": "false"}, "cors", "disabled"),
        ("nginx", {f"{N}enable-modsecurity": "true"}, "waf", "enabled"),
        ("nginx", {}, "waf", "unknown"),
        ("nginx", {f"{N}enable-opentelemetry": "true"}, "tracing", "enabled"),
        ("f5", {"nginx.org/limit-req-rate": "10r/s"}, "rate_limit", "enabled"),
        ("f5", {"appprotect.f5.com/app_protect_enable": "True"}, "waf", "enabled"),
        ("f5", {}, "waf", "unknown"),
        ("apisix", {"k8s.apisix.apache.org/enable-cors": "true"}, "cors", "enabled"),
        ("apisix", {}, "cors", "unknown"),
        ("agic", {"appgw.ingress.kubernetes.io/waf-policy-for-path": "/p"}, "waf", "enabled"),
        ("agic", {}, "waf", "unknown"),
        ("haproxy", {"haproxy.org/rate-limit-requests": "10"}, "rate_limit", "enabled"),
        ("haproxy-ingress", {"ingress.kubernetes.io/cors-enable": "true"}, "cors", "enabled"),
        ("own", {f"{N}limit-rps": "5"}, "rate_limit", "unknown"),
    ],
)
def test_what_else_stands_there(class_name: str, said: Json, switch: str, state: str) -> None:
    assert getattr(one(ingress(class_name, said=said)), switch) == state


@pytest.mark.parametrize(
    ("class_name", "said"),
    [
        ("nginx", {f"{N}backend-protocol": "GRPC"}),
        ("apisix", {"k8s.apisix.apache.org/upstream-scheme": "grpcs"}),
        ("kong", {"konghq.com/protocols": "grpc,grpcs"}),
        ("alb", {"alb.ingress.kubernetes.io/backend-protocol-version": "GRPC"}),
        ("f5", {"nginx.org/grpc-services": "other,web"}),
    ],
)
def test_callers_speak_grpc_where_it_is_said(class_name: str, said: Json) -> None:
    assert one(ingress(class_name, said=said)).style == "grpc"
    assert one(ingress("own", said=said)).style == "http"


def test_services_that_speak_grpc_are_to_be_all_of_them() -> None:
    said = {"nginx.org/grpc-services": "other"}
    assert one(ingress("f5", said=said)).style == "http"


def test_what_things_are_called_elsewhere_is_kept() -> None:
    said = {
        "hub.traefik.io/api": "orders@shop",
        "traefik.ingress.kubernetes.io/router.tls": "true",
        "hub.traefik.io/api-version": "x" * 2_000,
    }
    found = one(ingress("traefik", said=said))
    assert found.links["hub.traefik.io/api"] == "orders@shop"
    assert "hub.traefik.io/api-version" not in found.links
    assert [each.scheme for each in found.addresses or ()] == ["https"]


def test_classes_and_what_ingresses_name_expose_nothing_themselves() -> None:
    world = world_of(ingress("nginx"))
    look = world.look(Subject("ingressclasses.networking.k8s.io", "nginx"))
    family = IngressFamily()
    resource = next(each for each in family.resources if each.plural == "ingressclasses")
    assert list(family.expose(resource, world.find(resource.name, "nginx"), look)) == []
    assert {each.plural for each in family.resources if each.role is Role.ROUTE} == {"ingresses"}
