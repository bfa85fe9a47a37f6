"""Policies of Istio at gateways of Gateway API."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Match, PathType
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    ISTIO,
    Json,
    asked_of,
    gateway,
    holding,
    made,
    point,
)

JWT: Json = {"jwtRules": [{"issuer": "https://id.example"}]}
ASKS: Json = {"rules": [{"from": [{"source": {"requestPrincipals": ["*"]}}]}]}
NAMED = {"selector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "edge"}}}


def looks(spec: Json, **given: Any) -> Json:
    return made("RequestAuthentication", "jwt", JWT | spec, status={}, **given)


def allows(spec: Json, **given: Any) -> Json:
    return made("AuthorizationPolicy", "ask", spec, status={}, **given)


def exact(path: str, method: str = "GET") -> Match:
    return Match(path=path, path_type=PathType.EXACT, method=method)


def prefix(path: str) -> Match:
    return Match(path=path)


def asked(*objects: Json, **at: Any) -> tuple[Any, ...]:
    return asked_of(*objects, at=point(ISTIO, **at))


@pytest.mark.parametrize(
    ("spec", "namespace", "told"),
    [
        ({"targetRefs": [GATEWAY]}, "shop", ("optional", "jwt")),
        ({"targetRef": GATEWAY}, "shop", ("optional", "jwt")),
        ({"targetRefs": [GATEWAY]}, "other", ("none",)),
        ({"targetRefs": [GATEWAY | {"name": "other"}]}, "shop", ("none",)),
        (
            {"targetRefs": [{"group": GATEWAY["group"], "kind": "GatewayClass", "name": "c"}]},
            "istio-system",
            ("optional", "jwt"),
        ),
        (NAMED, "shop", ("optional", "jwt")),
        ({}, "shop", ("optional", "jwt")),
        ({}, "istio-system", ("optional", "jwt")),
        ({}, "other", ("none",)),
        ({"selector": {"matchLabels": {"istio": "edge"}}}, "shop", ("optional", "jwt")),
        ({"selector": {"matchLabels": {"app": "x"}}}, "shop", ("unknown", "jwt")),
        ({"selector": {"matchLabels": {"istio": "other"}}}, "shop", ("none",)),
    ],
)
def test_which_policies_are_for_a_gateway(
    spec: Json, namespace: str, told: tuple[str, ...]
) -> None:
    policy = looks(spec, namespace=namespace)
    assert asked(policy, gateway_labels={"istio": "edge"}) == told


def test_the_class_of_a_gateway_is_looked_up() -> None:
    of_class = {"targetRefs": [{"group": GATEWAY["group"], "kind": "GatewayClass", "name": "c"}]}
    policy = looks(of_class, namespace="istio-system")
    assert asked(policy, gateway(http="HTTP"), gateway_class=None) == ("optional", "jwt")
    assert asked(policy, gateway_class=None) == ("none",)


def test_a_token_is_asked_for_by_both_kinds_together() -> None:
    assert asked(looks(NAMED), allows(NAMED | ASKS)) == ("required", "jwt")


def test_what_is_asked_goes_by_the_paths_of_the_rule() -> None:
    open_paths: Json = {"rules": [*ASKS["rules"], {"to": [{"operation": {"paths": ["/open*"]}}]}]}
    told = allows(open_paths)
    assert asked(told, matches=(exact("/open/a"),)) == ("none",)
    assert asked(told, matches=(prefix("/open"), exact("/open/b", "POST"))) == ("none",)
    assert asked(told, matches=(exact("/else"),)) == ("required", "jwt")
    assert asked(told, matches=(prefix("/"),)) == ("unknown",)
    assert asked(told) == ("unknown",)
    mixed = point(ISTIO, matches=(exact("/open/a"), exact("/else")))
    security = holding(told, at=mixed).security
    assert security.requirement == "unknown"
    assert (security.evidence or "").startswith(
        "some of it: AuthorizationPolicy shop/ask allows anyone"
    )


def test_what_is_asked_goes_by_the_hosts_of_the_rule() -> None:
    rule: Json = {"rules": [{"to": [{"operation": {"hosts": ["open.example"]}}]}, *ASKS["rules"]]}
    assert asked(allows(rule), hosts=("open.example",)) == ("none",)
    assert asked(allows(rule), hosts=("else.example",)) == ("required", "jwt")


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("EnvoyFilter", {"workloadSelector": {"labels": {"istio": "edge"}}}),
        ("EnvoyFilter", {"workloadSelector": {"labels": {"app": "x"}}}),
        ("EnvoyFilter", {}),
        ("WasmPlugin", {"selector": {"matchLabels": {"istio": "edge"}}}),
        ("WasmPlugin", {"targetRefs": [GATEWAY]}),
    ],
)
def test_what_changes_the_proxy_unsaid_leaves_nothing_known(kind: str, spec: Json) -> None:
    changes = made(kind, "x", spec, status={})
    assert asked(changes, gateway_labels={"istio": "edge"}) == ("unknown",)


def test_what_changes_other_proxies_or_is_of_kuadrant_does_not_matter() -> None:
    other = made(
        "EnvoyFilter", "x", {"workloadSelector": {"labels": {"istio": "other"}}}, status={}
    )
    assert asked(other, gateway_labels={"istio": "edge"}) == ("none",)
    made_by = made("WasmPlugin", "x", {}, status={}, labels={"kuadrant.io/managed": "true"})
    assert asked(made_by) == ("none",)


@pytest.mark.parametrize(
    "kind", ["RequestAuthentication", "AuthorizationPolicy", "EnvoyFilter", "WasmPlugin"]
)
def test_where_policies_could_not_be_read_nobody_knows_that_nothing_is_asked(kind: str) -> None:
    security = holding(at=point(ISTIO), unseen=[kind]).security
    assert (security.requirement, security.evidence) == ("unknown", f"{kind} could not be read")


LIMITS: Json = {"workloadSelector": {"labels": {"istio": "edge"}}, "configPatches": []}


@pytest.mark.parametrize("labels", [{}, {"kuadrant.io/managed": "true"}])
def test_that_nothing_limits_callers_at_istio_is_never_known(labels: dict[str, str]) -> None:
    at = point(ISTIO, gateway_labels={"istio": "edge"})
    local = made("EnvoyFilter", "local-rate-limit", LIMITS, status={}, labels=labels)
    for objects in ([], [local]):
        told = holding(*objects, at=at)
        assert (told.rate_limits, told.rate_limit) == (UNKNOWN, "unknown")


def test_a_limit_of_kuadrant_is_known_at_istio_whatever_a_filter_adds() -> None:
    target = {"targetRef": GATEWAY, "limits": {"all": {"rates": [{"limit": 5, "window": "1m"}]}}}
    said = [{"type": name, "status": "True"} for name in ("Accepted", "Enforced")]
    limit = made(
        "RateLimitPolicy", "five", target, group="kuadrant.io", status={"conditions": said}
    )
    local = made("EnvoyFilter", "local-rate-limit", LIMITS, status={})
    told = holding(limit, local, at=point(ISTIO, gateway_labels={"istio": "edge"}))
    assert is_known(told.rate_limits)
    assert [each.requests for each in told.rate_limits] == [5.0]
