"""Annotations of the AWS Load Balancer Controller: JSON, groups, and what holds for the whole load balancer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.ingress.alb import GROUP_SIZE
from apiscape.collectors.kubernetes.ingress.dialects import WORDS
from apiscape.model.surroundings import BALANCER_HOST
from tests.collectors.kubernetes.ingress.room import (
    Json,
    asked,
    cls,
    expose,
    expose_in,
    ingress,
    named,
    one,
    only,
    path,
    rule,
    service,
    urls,
    world_of,
)

A = "alb.ingress.kubernetes.io/"
SECURE = {f"{A}certificate-arn": "arn:aws:acm:eu-west-1:1:certificate/c"}
OIDC = {
    "issuer": "https://u:CANARY-1@id.example/?k=CANARY-2",
    "tokenEndpoint": "https://CANARY-3.example",
    "secretName": "oidc",
}


def alb(said: Json, *rules: Json, **more: Any) -> Json:
    return ingress("alb", *rules, said=said, **more)


@pytest.mark.parametrize(
    ("said", "addresses"),
    [
        ({}, ["http://shop.example:80"]),
        (SECURE, ["https://shop.example:443"]),
        (
            SECURE | {f"{A}listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}, {"HTTPS": 8443}]'},
            ["https://shop.example:443", "https://shop.example:8443", "http://shop.example:80"],
        ),
        (
            {f"{A}listen-ports": '[{"HTTP": 80, "HTTPS": 443}]', f"{A}ssl-redirect": "443"},
            ["https://shop.example:443"],
        ),
        ({f"{A}listen-ports": "no json"}, ["http://shop.example:80"]),
        ({f"{A}listen-ports": '{"HTTPS": 443}'}, ["http://shop.example:80"]),
        ({f"{A}listen-ports": '[{"HTTPS": "443"}, 7, null]'}, ["http://shop.example:80"]),
    ],
)
def test_the_ports_of_a_load_balancer(said: Json, addresses: list[str]) -> None:
    assert urls(one(alb(said))) == addresses


def test_a_secret_of_the_cluster_is_not_its_certificate() -> None:
    tls = [{"hosts": ["shop.example"], "secretName": "cert"}]
    assert urls(one(alb({}, tls=tls))) == ["http://shop.example:80"]
    found = one(alb(SECURE, tls=tls))
    assert [each.certificate for each in found.addresses or ()] == [None]
    assert found.links[f"{A}certificate-arn"] == SECURE[f"{A}certificate-arn"]


@pytest.mark.parametrize(
    ("policy", "tls_min"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "TLS_1_2"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", "TLS_1_3"),
        ("ELBSecurityPolicy-TLS-1-1-2017-01", "TLS_1_1"),
        ("ELBSecurityPolicy-FS-1-2-Res-2019-08", "TLS_1_2"),
        ("ELBSecurityPolicy-2016-08", "TLS_1_0"),
        ("Newer", msgspec.UNSET),
        (None, msgspec.UNSET),
    ],
)
def test_the_lowest_version_of_tls_follows_from_the_policy(
    policy: str | None, tls_min: object
) -> None:
    said = SECURE | ({f"{A}ssl-policy": policy} if policy else {})
    assert [each.tls_min for each in one(alb(said)).addresses or ()] == [tls_min]


# Who may call.


@pytest.mark.parametrize(
    ("said", "told", "issuer"),
    [
        (
            {f"{A}auth-type": "oidc", f"{A}auth-idp-oidc": json.dumps(OIDC)},
            ("required", ["oidc"]),
            "https://id.example/",
        ),
        (
            {
                f"{A}auth-type": "cognito",
                f"{A}auth-idp-cognito": '{"userPoolARN": "arn:aws:cognito-idp:r:1:userpool/p"}',
            },
            ("required", ["oidc"]),
            "arn:aws:cognito-idp:r:1:userpool/p",
        ),
        ({f"{A}auth-type": "oidc", f"{A}auth-idp-oidc": "[]"}, ("required", ["oidc"]), None),
        (
            {f"{A}auth-type": "oidc", f"{A}auth-on-unauthenticated-request": "allow"},
            ("optional", ["oidc"]),
            None,
        ),
        (
            {f"{A}auth-type": "oidc", f"{A}auth-on-unauthenticated-request": "deny"},
            ("required", ["oidc"]),
            None,
        ),
        (
            {f"{A}jwt-validation": '{"issuer": "https://id.example", "jwksEndpoint": "CANARY-4"}'},
            ("required", ["jwt"]),
            "https://id.example",
        ),
        ({f"{A}jwt-validation": "{"}, ("required", ["jwt"]), None),
    ],
)
def test_what_is_asked_of_callers(
    said: Json, told: tuple[str, list[str]], issuer: str | None
) -> None:
    found = one(alb(SECURE | said))
    assert asked(found) == [told]
    assert [s.issuer for each in found.rules or () for s in each.security.schemes] == [issuer]
    assert "CANARY" not in repr((found.rules, found.links, found.incomplete, found.addresses))


def test_annotations_of_the_service_come_first() -> None:
    own = {f"{A}auth-type": "oidc"}
    assert asked(one(alb(SECURE | own), service(said={f"{A}auth-type": "none"}))) == [("none", [])]
    assert asked(one(alb(SECURE), service(said=own))) == [("required", ["oidc"])]
    paths = rule("shop.example", path("/a"), path("/b", "open"))
    found = one(alb(SECURE, paths), service(said=own), service("open"))
    assert asked(found) == [("required", ["oidc"]), ("none", [])]


def test_where_services_could_not_be_seen_nobody_can_tell() -> None:
    assert asked(one(alb(SECURE), unseen=("services",))) == [("unknown", [])]
    assert asked(one(alb(SECURE), service(), unseen=("services",))) == [("none", [])]


def test_nothing_is_asked_at_plain_ports() -> None:
    both = {f"{A}listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', f"{A}auth-type": "oidc"}
    found = one(alb(both))
    assert asked(found) == [("optional", ["oidc"])]
    told = only(found)
    assert (told.security.evidence or "").endswith("not asked at http://shop.example")
    assert asked(one(alb(both | {f"{A}ssl-redirect": "443"}))) == [("required", ["oidc"])]


@pytest.mark.parametrize(
    ("mutual", "told", "switch"),
    [
        ([{"port": 443, "mode": "verify"}], ("required", ["mtls"]), "enabled"),
        ([{"port": 443, "mode": "passthrough"}], ("none", []), "disabled"),
        ([{"port": 443, "mode": "off"}], ("none", []), "disabled"),
        ([{"port": 9443, "mode": "verify"}], ("none", []), "disabled"),
        ("no list", ("none", []), "disabled"),
    ],
)
def test_certificates_are_asked_of_callers_by_port(
    mutual: object, told: tuple[str, list[str]], switch: str
) -> None:
    found = one(alb(SECURE | {f"{A}mutual-authentication": json.dumps(mutual)}))
    assert asked(found) == [told]
    assert found.mtls == switch


def test_certificates_at_some_ports_alone_are_not_asked_of_everybody() -> None:
    said = {
        f"{A}listen-ports": '[{"HTTPS": 443}, {"HTTPS": 8443}]',
        f"{A}mutual-authentication": '[{"port": 443, "mode": "verify"}]',
    }
    found = one(alb(said))
    assert asked(found) == [("optional", ["mtls"])]
    assert found.mtls == "unknown"


@pytest.mark.parametrize(
    ("address", "host"),
    [("K8s-Shop.elb.example", "k8s-shop.elb.example"), ("203.0.113.9", None), (None, None)],
)
def test_the_host_that_the_cloud_made_is_kept_beside_the_name(
    address: str | None, host: str | None
) -> None:
    found = one(alb(SECURE, address=address))
    assert found.links.get(BALANCER_HOST) == host
    assert BALANCER_HOST not in one(ingress("nginx", address="k8s-shop.elb.example")).links


# Groups and classes.


def test_what_one_ingress_says_of_a_shared_load_balancer_holds_for_all() -> None:
    shared = {f"{A}group.name": "edge"}
    said = {
        f"{A}scheme": "internet-facing",
        f"{A}wafv2-acl-arn": "arn:aws:wafv2:r:1:acl",
        f"{A}mutual-authentication": '[{"port": 443, "mode": "verify"}]',
    }
    other = alb(shared | said, rule("other.example"), name="other", namespace="infra")
    found = one(alb(shared | SECURE, address=None), other)
    assert found.gateway == "edge"
    assert found.links["ingress.k8s.aws/stack"] == "edge"
    assert found.reached.exposure == "internet"
    assert found.waf == "enabled"
    assert asked(found) == [("required", ["mtls"])]
    alone = one(alb(SECURE, address=None), other)
    assert alone.links["ingress.k8s.aws/stack"] == "shop/api"
    assert (alone.reached.exposure, alone.waf, asked(alone)) == (
        "unknown",
        "unknown",
        [("none", [])],
    )


def test_ports_and_sign_in_are_each_ingresss_own() -> None:
    shared = {f"{A}group.name": "edge"}
    said = {f"{A}listen-ports": '[{"HTTPS": 8443}]', f"{A}auth-type": "oidc"}
    other = alb(shared | said, name="other")
    found = one(alb(shared), other)
    assert urls(found) == ["http://shop.example:80"]
    assert asked(found) == [("none", [])]


def test_another_ingress_of_a_group_is_asked_again_when_one_changes() -> None:
    shared = {f"{A}group.name": "edge"}
    world = world_of(alb(shared), alb(shared, name="other"))
    expose_in(world, "Ingress", "shop/api")
    expose_in(world, "Ingress", "shop/other")
    resource = "ingresses.networking.k8s.io"
    changed = world_of(alb(shared | {f"{A}scheme": "internal"}, name="other"))
    world.put(resource, changed.held(resource)["shop/other"])
    assert {each.key for each in world.stale} == {"shop/api", "shop/other"}


def test_a_group_is_not_looked_at_without_end() -> None:
    shared = {f"{A}group.name": "edge"}
    many = [alb(shared, name=f"n{number:03}") for number in range(GROUP_SIZE + 2)]
    found = one(alb(shared, name="zz"), *many)
    assert found.incomplete == (f"more than {GROUP_SIZE} Ingresses of group edge",)
    assert asked(found) == [("unknown", [])]


def params(**spec: Any) -> tuple[Json, Json]:
    told = {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "p"}
    spec_ = {"controller": "ingress.k8s.aws/alb", "parameters": told}
    return named("IngressClass", "alb", "", spec=spec_), named(
        "IngressClassParams", "p", "", spec=spec
    )


def test_what_a_class_says_comes_before_annotations() -> None:
    around = params(
        scheme="internal", group={"name": "wide"}, sslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06"
    )
    said = SECURE | {f"{A}scheme": "internet-facing", f"{A}group.name": "edge"}
    found = one(alb(said, address=None), *around)
    assert found.reached.exposure == "private"
    assert found.reached.evidence == "spec.scheme of the IngressClassParams is internal"
    assert found.gateway == "wide"
    assert [each.tls_min for each in found.addresses or ()] == ["TLS_1_3"]
    assert one(alb(SECURE), *params(wafv2AclArn="arn")).waf == "enabled"


def test_a_class_of_eks_is_read_alike() -> None:
    auto = cls("auto", "eks.amazonaws.com/alb")
    assert (
        one(ingress("auto", said={f"{A}auth-type": "oidc", **SECURE}), auto).gateway == "shop/api"
    )


# Actions and conditions.


def action(told: object) -> Json:
    return {f"{A}actions.go": told if isinstance(told, str) else json.dumps(told)}


def targets(said: Json) -> list[tuple[str, str, str | None, int]]:
    thing = alb(said, rule("shop.example", path("/x", "go", port="use-annotation")))
    found = one(thing)
    return [
        (each.kind, each.name, each.port, each.weight)
        for rule_ in found.rules or ()
        for each in rule_.targets
    ]


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ({"type": "forward", "targetGroupARN": "arn:tg"}, [("targetgroup", "arn:tg", None, 1)]),
        ({"type": "forward", "targetGroupName": "tg"}, [("targetgroup", "tg", None, 1)]),
        (
            {
                "type": "forward",
                "forwardConfig": {
                    "targetGroups": [
                        {"serviceName": "one", "servicePort": "http", "weight": 20},
                        {"serviceName": "two", "servicePort": 80, "weight": 0},
                        {"targetGroupARN": "arn:tg", "weight": "60"},
                        {},
                        None,
                    ]
                },
            },
            [
                ("service", "one", "http", 20),
                ("service", "two", "80", 0),
                ("targetgroup", "arn:tg", None, 1),
            ],
        ),
        ({"type": "redirect", "redirectConfig": {"query": "k=CANARY"}}, []),
        ({"type": "fixed-response"}, []),
        ({"type": "forward", "forwardConfig": "odd"}, []),
        ("no json", []),
        ("[1]", []),
        ("[" * 5_000, []),
        ('"' + "x" * (1 << 17) + '"', []),
    ],
)
def test_actions_that_are_called_by_a_backend(
    told: object, sent: list[tuple[str, str, str | None, int]]
) -> None:
    assert targets(action(told)) == sent


def conditions(*told: Json) -> Json:
    return {f"{A}conditions.web": json.dumps(told)}


def test_conditions_add_paths_and_narrow_methods() -> None:
    said = conditions(
        {"field": "http-request-method", "httpRequestMethodConfig": {"Values": ["get", "HEAD", 1]}},
        {"field": "path-pattern", "pathPatternConfig": {"values": ["/more/*"]}},
        {"field": "path-pattern", "pathPatternConfig": None},
        {"field": "http-header", "httpHeaderConfig": {"values": ["CANARY"]}},
    )
    found = one(alb(said, rule("shop.example", path("/x"))))
    told = [(m.method, m.path, m.path_type) for each in found.rules or () for m in each.matches]
    assert told == [
        ("GET", "/x", "prefix"),
        ("HEAD", "/x", "prefix"),
        ("GET", "/more/*", "own"),
        ("HEAD", "/more/*", "own"),
    ]
    assert "CANARY" not in repr((found.rules, found.links, found.incomplete))


@pytest.mark.parametrize(("count", "told"), [(WORDS, False), (WORDS + 1, True)])
def test_conditions_of_which_not_every_value_is_read_are_told(count: int, told: bool) -> None:
    hosts = [f"h{number}.example" for number in range(count)]
    said = conditions({"field": "host-header", "hostHeaderConfig": {"values": hosts}})
    found = expose(alb(said, rule("shop.example", path("/x"))))
    words = f"more than {WORDS} values of {A}conditions.web"
    assert {words in each.incomplete for each in found} == {told}
    assert len(found) == WORDS + 1


def test_conditions_add_hosts() -> None:
    said = conditions({"field": "host-header", "hostHeaderConfig": {"values": ["More.example"]}})
    found = expose(alb(said, rule("shop.example", path("/x"), path("/y", "other"))))
    told = [(each.host, len(each.rules or ())) for each in found]
    assert told == [("shop.example", 2), ("more.example", 1)]
