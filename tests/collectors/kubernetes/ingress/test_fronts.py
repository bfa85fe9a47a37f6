"""How requests are taken before any path is looked at: names of servers, redirects to https, networks let in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collectors.kubernetes.ingress.room import (
    Json,
    ingress,
    named,
    one,
    only,
    path,
    rule,
    service,
    urls,
)

TLS: dict[str, Any] = {"tls": [{"secretName": "cert"}]}

# Kong.


@pytest.mark.parametrize(
    ("said", "text", "told"),
    [
        ({}, "/~/v\\d+", ("/v\\d+", "regex")),
        ({"konghq.com/regex-prefix": "/@"}, "/@/v\\d+", ("/v\\d+", "regex")),
        ({"konghq.com/regex-prefix": "/@"}, "/~/v1", ("/~/v1", "prefix")),
        ({"konghq.com/regex-prefix": ""}, "/~/v1", ("/v1", "regex")),
        ({"konghq.com/regex-prefix": "/@"}, "/@", ("/", "regex")),
    ],
)
def test_what_paths_of_kong_begin_with_that_are_patterns_may_be_set(
    said: Json, text: str, told: tuple[str, str]
) -> None:
    kind = "ImplementationSpecific"
    (match,) = only(
        one(ingress("kong", rule("a.example", path(text, kind=kind)), said=said))
    ).matches
    assert (match.path, match.path_type) == told


def test_only_kong_reads_a_tilde_so() -> None:
    (match,) = only(one(ingress("traefik", rule("a.example", path("/~/v1"))))).matches
    assert (match.path, match.path_type) == ("/~/v1", "prefix")


@pytest.mark.parametrize(
    ("host", "snis", "addresses"),
    [
        ("a.example", "a.example, b.example", ["https://a.example", "http://a.example"]),
        ("a.example", "b.example", ["http://a.example"]),
        ("a.example", "", ["https://a.example", "http://a.example"]),
        (None, "A.example,b.example", ["https://a.example", "https://b.example", "http://"]),
    ],
)
def test_tls_reaches_kong_by_the_names_alone_that_it_takes(
    host: Any, snis: str, addresses: list[str]
) -> None:
    found = one(ingress("kong", rule(host), said={"konghq.com/snis": snis}, **TLS))
    assert urls(found) == addresses


# GKE.

FRONT_KEY = "networking.gke.io/v1beta1.FrontendConfig"


def front(**spec: Any) -> Json:
    return named("FrontendConfig", "front", spec=spec)


def gke(**said: str) -> Json:
    key = "kubernetes.io/ingress.class"
    return ingress(None, said={key: "gce", FRONT_KEY: "front"} | said, **TLS)


@pytest.mark.parametrize(
    ("redirect", "addresses"),
    [
        ({"enabled": True}, ["https://shop.example"]),
        ({"enabled": False}, ["https://shop.example", "http://shop.example"]),
        (None, ["https://shop.example", "http://shop.example"]),
    ],
)
def test_google_sends_plain_requests_to_https_where_an_object_says_so(
    redirect: Any, addresses: list[str]
) -> None:
    found = one(gke(), front(redirectToHttps=redirect))
    assert urls(found) == addresses
    told = found.links.get("apiscape.io/plain-http")
    assert told == ("sent to https: FrontendConfig shop/front" if len(addresses) == 1 else None)


def test_the_policy_of_tls_is_kept_by_its_name() -> None:
    found = one(gke(), front(sslPolicy="modern"))
    assert found.links["networking.gke.io/ssl-policy"] == "modern"
    assert "networking.gke.io/ssl-policy" not in one(gke(), front()).links


@pytest.mark.parametrize(
    ("unseen", "words"),
    [
        ((), "FrontendConfig shop/front is not there"),
        (
            ("frontendconfigs.networking.gke.io",),
            "FrontendConfig shop/front could not be looked at",
        ),
    ],
)
def test_an_object_that_cannot_be_found_may_say_otherwise(unseen: Any, words: str) -> None:
    assert words in one(gke(), unseen=unseen).incomplete


@pytest.mark.parametrize("name", ["", " ", "x" * 300])
def test_what_is_no_name_refers_to_nothing(name: str) -> None:
    assert one(gke(**{FRONT_KEY: name}), front(redirectToHttps={"enabled": True})).incomplete == ()


def test_only_google_reads_its_objects() -> None:
    found = one(ingress("kong", said={FRONT_KEY: "front"}), front(sslPolicy="modern"))
    assert "networking.gke.io/ssl-policy" not in found.links


# AWS.

A = "alb.ingress.kubernetes.io/"
PARAMETERS = {
    "parameters": {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "p"}
}


def alb(**said: str) -> Json:
    return ingress(
        "alb", said={f"{A}{key.replace('_', '-')}": value for key, value in said.items()}
    )


def evidence(*objects: Json) -> str:
    return one(*objects).reached.evidence or ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"inbound_cidrs": "198.51.100.0/24, 10.0.0.0/8"},
            f"{A}inbound-cidrs lets in 198.51.100.0/24, 10.0.0.0/8 alone",
        ),
        ({"inbound_cidrs": "0.0.0.0/0, ::/0"}, ""),
        ({"inbound_cidrs": "10.0.0.0/8", "security_groups": "sg-1"}, ""),
        ({}, ""),
    ],
)
def test_networks_that_alone_are_let_in_are_evidence(said: Any, words: str) -> None:
    found = one(alb(**said, scheme="internet-facing"))
    assert found.reached.exposure == "internet"
    assert (found.reached.evidence or "").endswith(words)
    assert ("lets in" in (found.reached.evidence or "")) is bool(words)


def test_networks_of_a_class_come_before_those_of_annotations() -> None:
    parameters = named("IngressClassParams", "p", "", spec={"inboundCIDRs": ["192.0.2.0/24"]})
    controller = {"controller": "ingress.k8s.aws/alb"} | PARAMETERS
    of_class = named("IngressClass", "alb", "", spec=controller)
    told = evidence(alb(inbound_cidrs="10.0.0.0/8"), of_class, parameters, service())
    assert told.endswith("spec.inboundCIDRs of the IngressClassParams lets in 192.0.2.0/24 alone")


def test_nobody_else_is_asked_who_is_let_in() -> None:
    told = evidence(ingress("kong", said={f"{A}inbound-cidrs": "10.0.0.0/8"}))
    assert "lets in" not in told
