"""What Ingresses name of Kong, Traefik, NGINX and GKE: who may call by it, and what cannot be seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apiscape.collectors.kubernetes.ingress.plugins import MEMBERS
from tests.collectors.kubernetes.ingress.room import (
    Json,
    asked,
    condition,
    ingress,
    named,
    one,
    only,
    path,
    rule,
    service,
)


def evidence(thing: Json, *around: Json) -> list[str | None]:
    return [each.security.evidence for each in one(thing, *around).rules or ()]


# Kong.

KONG_KEY = "konghq.com/plugins"


def plugin(name: str, kind: str, namespace: str = "shop", **more: Any) -> Json:
    return named("KongPlugin", name, namespace, plugin=kind, **more)


def wide(name: str, kind: str, *, everywhere: bool = True, **more: Any) -> Json:
    labels = {"global": "true"} if everywhere else {}
    return named("KongClusterPlugin", name, "", plugin=kind, metadata={"labels": labels}, **more)


def kong(names: str = "p", *rules: Json) -> Json:
    return ingress("kong", *rules, said={KONG_KEY: names} if names else {})


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("basic-auth", "basic"),
        ("header-cert-auth", "mtls"),
        ("hmac-auth", "custom"),
        ("jwt", "jwt"),
        ("jwt-signer", "jwt"),
        ("key-auth", "api_key"),
        ("key-auth-enc", "api_key"),
        ("ldap-auth", "basic"),
        ("ldap-auth-advanced", "basic"),
        ("mtls-auth", "mtls"),
        ("oauth2", "oauth2"),
        ("oauth2-introspection", "oauth2"),
        ("openid-connect", "oidc"),
        ("saml", "session"),
        ("vault-auth", "api_key"),
    ],
)
def test_each_plugin_that_asks_callers_who_they_are(kind: str, scheme: str) -> None:
    thing = ingress("kong", said={KONG_KEY: "p", "konghq.com/protocols": "https"})
    assert asked(one(thing, plugin("p", kind))) == [("required", [scheme])]
    assert evidence(thing, plugin("p", kind)) == [f"KongPlugin shop/p: {kind}"]


def test_of_a_configuration_only_what_is_no_credential_is_kept() -> None:
    config = {
        "issuer": "https://u:CANARY-1@id.example/realm?secret=CANARY-2",
        "client_secret": ["CANARY-3"],
        "scopes_required": ["orders", 7],
        "anonymous": None,
    }
    found = one(kong(), plugin("p", "openid-connect", config=config))
    rule_ = only(found)
    (scheme,) = rule_.security.schemes
    assert (scheme.issuer, scheme.scopes) == ("https://id.example/realm", ("orders",))
    assert scheme.native_id == "KongPlugin shop/p"
    assert "CANARY" not in repr((found.rules, found.links, found.incomplete))


@pytest.mark.parametrize("config", [{"issuer": 7, "scopes_required": "x"}, {}, None])
def test_an_odd_configuration_is_none(config: Json | None) -> None:
    found = one(kong(), plugin("p", "openid-connect", config=config))
    rule_ = only(found)
    assert [(s.issuer, s.scopes) for s in rule_.security.schemes] == [(None, ())]


def test_anonymous_callers_may_be_let_in() -> None:
    found = one(kong(), plugin("p", "key-auth", config={"anonymous": "guest"}))
    assert asked(found) == [("optional", ["api_key"])]


def test_a_plugin_that_is_switched_off_asks_for_nothing() -> None:
    assert asked(one(kong(), plugin("p", "jwt", disabled=True))) == [("none", [])]


def test_plugins_of_services_hold_for_their_paths_alone() -> None:
    paths = rule("shop.example", path("/a"), path("/b", "open"))
    around = (service(said={KONG_KEY: "p"}), service("open"), plugin("p", "jwt"))
    assert asked(one(kong("", paths), *around)) == [("required", ["jwt"]), ("none", [])]


def test_plugins_for_everything_hold_unless_a_nearer_one_of_the_kind_does() -> None:
    everywhere = wide("w", "key-auth")
    assert asked(one(kong(""), everywhere)) == [("required", ["api_key"])]
    assert asked(one(kong(""), wide("w", "key-auth", everywhere=False))) == [("none", [])]
    off = plugin("p", "key-auth", disabled=True)
    assert asked(one(kong("p"), everywhere, off)) == [("none", [])]
    both = one(kong("p"), everywhere, plugin("p", "jwt"))
    assert asked(both) == [("required", ["api_key", "jwt"])]


def test_a_plugin_is_of_the_namespace_else_of_the_cluster_or_of_the_one_that_is_named() -> None:
    cluster = wide("p", "jwt", everywhere=False)
    assert asked(one(kong(), cluster)) == [("required", ["jwt"])]
    assert asked(one(kong(), cluster, plugin("p", "key-auth"))) == [("required", ["api_key"])]
    other = plugin("p", "basic-auth", "infra")
    assert asked(one(kong("infra:p"), other)) == [("required", ["basic"])]


def test_a_plugin_that_cannot_be_seen_leaves_it_open() -> None:
    assert asked(one(kong("gone"))) == [("unknown", [])]
    unseen = ("kongclusterplugins.configuration.konghq.com",)
    assert asked(one(kong(""), unseen=unseen)) == [("unknown", [])]
    assert asked(one(kong("p"), plugin("p", "jwt"), unseen=unseen)) == [("required", ["jwt"])]


def test_a_script_may_change_everything() -> None:
    found = one(kong(), plugin("p", "pre-function", config={"access": ["CANARY"]}))
    assert asked(found) == [("unknown", [])]
    assert found.incomplete == ("KongPlugin shop/p: it runs a script",)


@pytest.mark.parametrize(
    ("kind", "switch"),
    [
        ("rate-limiting", "rate_limit"),
        ("cors", "cors"),
        ("request-validator", "request_validation"),
        ("http-log", "access_log"),
        ("opentelemetry", "tracing"),
    ],
)
def test_what_else_plugins_of_kong_are(kind: str, switch: str) -> None:
    found = one(kong(), plugin("p", kind))
    assert getattr(found, switch) == "enabled"
    assert asked(found) == [("none", [])]
    assert (one(kong("")).rate_limit, one(kong("")).access_log) == ("disabled", "unknown")


def test_what_limits_some_paths_alone_is_partial() -> None:
    paths = rule("shop.example", path("/a"), path("/b", "open"))
    around = (service(said={KONG_KEY: "p"}), plugin("p", "rate-limiting"))
    assert one(kong("", paths), *around).rate_limit == "partial"


def test_what_else_stands_before_some_paths_alone_is_unknown_of_all() -> None:
    paths = rule("shop.example", path("/a"), path("/b", "open"))
    around = (service(said={KONG_KEY: "p"}), plugin("p", "cors"))
    assert one(kong("", paths), *around).cors == "unknown"


# Traefik.

TRAEFIK_KEY = "traefik.ingress.kubernetes.io/router.middlewares"


def middleware(name: str, namespace: str = "shop", **spec: Any) -> Json:
    return named("Middleware", name, namespace, spec=spec)


def traefik(names: str = "shop-m@kubernetescrd") -> Json:
    return ingress("traefik", said={TRAEFIK_KEY: names})


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"basicAuth": {"secret": "s"}}, ("required", ["basic"])),
        ({"digestAuth": {"secret": "s"}}, ("required", ["basic"])),
        (
            {"forwardAuth": {"address": "https://u:CANARY@auth.example/c?k=CANARY"}},
            ("required", ["custom"]),
        ),
        ({"rateLimit": {"average": 1}}, ("unknown", [])),
        ({"plugin": {"jwt": {"signingSecret": "CANARY"}}}, ("required", ["jwt"])),
        ({"plugin": {"odd": {"signingSecret": "CANARY"}}}, ("unknown", [])),
        ({}, ("unknown", [])),
    ],
)
def test_what_middlewares_ask(spec: Json, told: tuple[str, list[str]]) -> None:
    found = one(traefik(), middleware("m", **spec))
    assert asked(found) == [told]
    assert "CANARY" not in repr((found.rules, found.incomplete, found.links))


def test_plugins_of_traefik_are_named_as_what_may_change_everything() -> None:
    found = one(traefik(), middleware("m", plugin={"jwt": {"secret": "CANARY"}, "odd": None}))
    assert found.incomplete == (
        "Middleware shop/m: plugin jwt may change anything",
        "Middleware shop/m: plugin odd may change anything",
    )


@pytest.mark.parametrize(
    ("spec", "switch"),
    [
        ({"rateLimit": {"average": 1}}, "rate_limit"),
        ({"inFlightReq": {"amount": 1}}, "rate_limit"),
        ({"headers": {"accessControlAllowOriginList": ["*"]}}, "cors"),
        ({"headers": {"accessControlAllowOriginListRegex": ["x"]}}, "cors"),
    ],
)
def test_what_else_middlewares_are(spec: Json, switch: str) -> None:
    assert getattr(one(traefik(), middleware("m", **spec)), switch) == "enabled"
    plain = one(traefik(), middleware("m", headers={"customRequestHeaders": {"X": "CANARY"}}))
    assert getattr(plain, switch) == "unknown"


def test_chains_are_followed_and_cycles_end() -> None:
    first = middleware("m", chain={"middlewares": [{"name": "n"}]})
    second = middleware(
        "n", chain={"middlewares": [{"name": "m"}, {"name": "a", "namespace": "infra"}]}
    )
    last = middleware("a", "infra", basicAuth={"secret": "s"})
    assert asked(one(traefik(), first, second, last)) == [("required", ["basic"])]
    assert "middleware infra/a is not there" in (evidence(traefik(), first, second)[0] or "")


def test_no_more_middlewares_are_looked_at_than_so_many() -> None:
    many = [middleware(f"n{number}") for number in range(MEMBERS + 1)]
    refs = [{"name": each["metadata"]["name"]} for each in many]
    told = evidence(traefik(), middleware("m", chain={"middlewares": refs}), *many)[0] or ""
    assert f"more than {MEMBERS} middlewares" in told


def test_middlewares_of_no_object_or_that_are_not_there_leave_it_open() -> None:
    for name in ("auth@file", "shop-gone@kubernetescrd"):
        assert f"middleware {name} is in no object" in (evidence(traefik(name))[0] or "")


def test_a_name_is_split_wherever_that_gives_a_middleware() -> None:
    login = middleware("log-in", "my-shop", basicAuth={"secret": "s"})
    assert asked(one(traefik("my-shop-log-in@kubernetescrd"), login)) == [("required", ["basic"])]
    other = middleware("in", "my-shop-log", forwardAuth={"address": "http://a.example"})
    both = one(traefik("my-shop-log-in@kubernetescrd"), login, other)
    assert asked(both) == [("required", ["basic", "custom"])]
    assert asked(one(traefik(f"{'-' * 400}@kubernetescrd"))) == [("unknown", [])]


def test_middlewares_of_the_older_group_are_found_too() -> None:
    older = middleware("m", basicAuth={"secret": "s"}) | {
        "apiVersion": "traefik.containo.us/v1alpha1"
    }
    assert asked(one(traefik(), older)) == [("required", ["basic"])]


def test_middlewares_of_a_service_hold_too() -> None:
    said = {"traefik.ingress.kubernetes.io/service.middlewares": "shop-m@kubernetescrd"}
    around = (service(said=said), middleware("m", basicAuth={}))
    assert asked(one(ingress("traefik"), *around)) == [("required", ["basic"])]


# NGINX.


def policy(name: str = "p", namespace: str = "shop", **spec: Any) -> Json:
    return named("Policy", name, namespace, spec=spec)


def f5(names: str = "p") -> Json:
    return ingress("f5", said={"nginx.org/policies": names})


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"jwt": {"secret": "s", "jwksURI": "https://u:CANARY@id.example/keys"}},
            ("required", ["jwt"]),
        ),
        ({"oidc": {"clientSecret": "s"}}, ("required", ["oidc"])),
        ({"basicAuth": {"secret": "s"}}, ("required", ["basic"])),
        ({"apiKey": {"clientSecret": "s"}}, ("required", ["api_key"])),
        ({"externalAuth": {"authURI": "/a"}}, ("required", ["custom"])),
        ({"ingressMTLS": {"clientCertSecret": "s"}}, ("optional", ["mtls"])),
        ({"ingressMTLS": {"verifyClient": "off"}}, ("none", [])),
        ({"accessControl": {"allow": ["10.0.0.0/8"]}}, ("none", [])),
    ],
)
def test_what_policies_ask(spec: Json, told: tuple[str, list[str]]) -> None:
    found = one(f5(), policy(**spec))
    assert asked(found) == [told]
    assert "CANARY" not in repr(found.rules)


def test_certificates_that_policies_ask_for() -> None:
    tls = [{"secretName": "c"}]
    thing = ingress("f5", said={"nginx.org/policies": "p"}, tls=tls)
    found = one(thing, policy(ingressMTLS={"verifyClient": "on"}))
    assert (asked(found), found.mtls) == ([("required", ["mtls"])], "enabled")
    loose = one(thing, policy(ingressMTLS={"verifyClient": "optional"}))
    assert (asked(loose), loose.mtls) == ([("optional", ["mtls"])], "unknown")


def test_policies_of_other_namespaces_and_those_that_are_not_there() -> None:
    protections = {
        "rateLimit": {"rate": "1r/s"},
        "cors": {"allowOrigin": ["*"]},
        "waf": {"enable": True},
    }
    other = policy("p", "infra", basicAuth={}, **protections)
    found = one(f5("infra/p"), other)
    assert asked(found) == [("required", ["basic"])]
    assert (found.rate_limit, found.cors, found.waf) == ("enabled", "enabled", "enabled")
    assert asked(one(f5("gone"))) == [("unknown", [])]


@pytest.mark.parametrize(
    "spec",
    [{"waf": {}}, {"waf": {"enable": False}}, {"rateLimit": {"rate": "1r/s", "dryRun": True}}],
)
def test_what_a_policy_of_nginx_does_not_switch_on_is_off(spec: Json) -> None:
    found = one(f5(), policy(**spec))
    assert (found.waf, found.rate_limit) == (one(f5(), policy()).waf, "disabled")


def test_a_policy_that_its_controller_does_not_carry_out_leaves_it_open() -> None:
    refused = policy(jwt={"secret": "s"}) | {"status": {"state": "Invalid", "reason": "Rejected"}}
    found = one(f5(), refused)
    assert asked(found) == [("unknown", [])]
    assert found.incomplete == ("Policy shop/p is not in force: Invalid: Rejected",)
    assert found.rate_limit == "unknown"


def test_what_a_policy_asks_that_nobody_knows_leaves_it_open() -> None:
    found = one(f5(), policy(retinaScan={"eye": "left"}))
    assert asked(found) == [("unknown", [])]
    assert found.incomplete == ("Policy shop/p: what retinaScan asks is not known",)


# GKE.

CONFIG_KEY = "cloud.google.com/backend-config"


def gke(said: Json | None = None, **more: Any) -> Json:
    return ingress(None, said={"kubernetes.io/ingress.class": "gce"} | (said or {}), **more)


def config(name: str = "c", **spec: Any) -> Json:
    return named("BackendConfig", name, spec=spec)


@pytest.mark.parametrize(
    ("told", "result"),
    [
        ('{"default": "c"}', ("required", ["oidc"])),
        ('{"ports": {"80": "c"}, "default": "other"}', ("required", ["oidc"])),
        ('{"ports": {"81": "c"}}', ("unknown", [])),
        ('{"default": "gone"}', ("unknown", [])),
        ("no json", ("unknown", [])),
        ("x" * (1 << 17), ("unknown", [])),
    ],
)
def test_the_proxy_before_a_backend_of_gke(told: str, result: tuple[str, list[str]]) -> None:
    iap = {"enabled": True, "oauthclientCredentials": {"secretName": "s"}}
    around = (service(said={CONFIG_KEY: told}), config(iap=iap))
    assert asked(one(gke(), *around)) == [result]


def test_without_the_proxy_nobody_can_tell_and_its_rules_are_seen() -> None:
    around = (service(said={CONFIG_KEY: '{"default": "c"}'}), config(securityPolicy={"name": "p"}))
    found = one(gke(), *around)
    assert (asked(found), found.waf) == ([("unknown", [])], "enabled")
    assert asked(one(gke(), service())) == [("unknown", [])]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ('{"a": "HEALTHY", "b": "HEALTHY"}', (True, None)),
        ('{"a": "UNHEALTHY", "b": "HEALTHY"}', (False, "unhealthy: a")),
        (json.dumps(dict.fromkeys("dcbae", "UNHEALTHY")), (False, "unhealthy: a, b, c and 2 more")),
        ('{"a": "Unknown"}', (None, "pending: not measured yet")),
        ("{}", (None, "pending: not measured yet")),
        ("no json", None),
        ('{"a": 1}', None),
    ],
)
def test_how_a_load_balancer_of_google_finds_its_backends(
    told: str, state: tuple[bool | None, str | None] | None
) -> None:
    found = one(gke({"ingress.kubernetes.io/backends": told}))
    assert condition(found, "BackendsHealthy") == state


def test_addresses_certificates_and_names_of_gke() -> None:
    said = {
        "networking.gke.io/managed-certificates": "cert",
        "kubernetes.io/ingress.allow-http": "false",
        "ingress.kubernetes.io/url-map": "k8s2-um-1",
    }
    found = one(gke(said))
    assert [each.scheme for each in found.addresses or ()] == ["https"]
    assert found.links["ingress.kubernetes.io/url-map"] == "k8s2-um-1"
    assert found.links["apiscape.io/plain-http"] == (
        "not taken: kubernetes.io/ingress.allow-http is false"
    )
    internal = ingress(None, said={"kubernetes.io/ingress.class": "gce-internal"}, address=None)
    assert one(internal).reached.exposure == "private"
