"""Policies of kgateway: each field of the most specific policy that states it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.kgateway import EXTENSIONS, TRAFFIC
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    KGATEWAY,
    ROUTE,
    Json,
    accepted,
    asked_of,
    decoded,
    holding,
    made,
    point,
)

AT = point(KGATEWAY)
CANARY = "canary-77aa"
ISSUER = {"name": "n", "issuer": "https://id.example"}


def traffic(name: str = "p", target: Json | None = ROUTE, **spec: Any) -> Json:
    status = spec.pop("status", accepted(KGATEWAY))
    refs = {} if target is None else {"targetRefs": [target]}
    return made("TrafficPolicy", name, refs | spec, status=status)


def extension(**jwt: Any) -> Json:
    return made("GatewayExtension", "jwt", {"type": "JWT", "jwt": jwt}, status={})


def asked(*objects: Json) -> tuple[Any, ...]:
    return asked_of(*objects, at=AT)


JWT: Json = {"jwtAuth": {"extensionRef": {"name": "jwt"}}}


@pytest.mark.parametrize(
    ("spec", "kind", "location"),
    [
        ({"basicAuth": {"users": [CANARY]}}, "basic", "header:Authorization"),
        ({"apiKeyAuth": {"secretRef": {"name": "keys"}}}, "api_key", "header:api-key"),
        ({"apiKeyAuth": {"keySources": [{"query": "key"}]}}, "api_key", "query:key"),
        ({"apiKeyAuth": {"keySources": [{}, {"query": "key"}]}}, "api_key", "query:key"),
        (
            {"apiKeyAuth": {"keySources": [{"cookie": "c", "header": "X-K"}]}},
            "api_key",
            "header:X-K",
        ),
        ({"oauth2": {"extensionRef": {"name": "o"}}}, "oauth2", None),
        ({"extAuth": {"extensionRef": {"name": "e"}}}, "custom", None),
    ],
)
def test_how_a_caller_proves_who_it_is(spec: Json, kind: str, location: str | None) -> None:
    security = holding(traffic(**spec), at=AT).security
    (scheme,) = security.schemes
    assert security.requirement == "required"
    assert (scheme.kind, scheme.location) == (kind, location)
    assert scheme.native_id == security.evidence == "TrafficPolicy shop/p"


@pytest.mark.parametrize(
    ("jwt", "requirement", "location", "issuer"),
    [
        ({"providers": [ISSUER]}, "required", "header:Authorization", "https://id.example"),
        (
            {"providers": [ISSUER], "validationMode": "AllowMissing"},
            "optional",
            "header:Authorization",
            "https://id.example",
        ),
        (
            {"providers": [ISSUER | {"tokenSource": {"header": {"header": "X-T"}}}]},
            "required",
            "header:X-T",
            "https://id.example",
        ),
        (
            {"providers": [ISSUER | {"tokenSource": {"queryParameter": "t"}}]},
            "required",
            "query:t",
            "https://id.example",
        ),
        (
            {"providers": [ISSUER | {"tokenSource": {}}]},
            "required",
            "header:Authorization",
            "https://id.example",
        ),
        ({"providers": None}, "required", None, None),
    ],
)
def test_tokens_are_as_the_extension_says(
    jwt: Json, requirement: str, location: str | None, issuer: str | None
) -> None:
    security = holding(traffic(**JWT), extension(**jwt), at=AT).security
    (scheme,) = security.schemes
    assert security.requirement == requirement
    assert (scheme.kind, scheme.location, scheme.issuer) == ("jwt", location, issuer)


def test_an_extension_that_is_not_there_says_nothing() -> None:
    assert asked(traffic(**JWT)) == ("unknown", "jwt")
    assert asked(traffic(jwtAuth={})) == ("unknown", "jwt")
    other = made("GatewayExtension", "jwt", {"extAuth": {}}, status={})
    assert asked(traffic(**JWT), other) == ("unknown", "jwt")


def test_an_extension_may_be_in_another_namespace() -> None:
    told: Json = {"jwtAuth": {"extensionRef": {"name": "jwt", "namespace": "infra"}}}
    far = extension(providers=[ISSUER])
    far["metadata"]["namespace"] = "infra"
    assert asked(traffic(**told), far) == ("required", "jwt")


def test_each_field_is_of_the_most_specific_policy_that_states_it() -> None:
    wide = traffic("wide", GATEWAY, basicAuth={}, **JWT)
    assert asked(wide, extension(providers=[ISSUER])) == ("required", "jwt", "basic")
    off = traffic("narrow", basicAuth={"disable": {}})
    assert asked(wide, off, extension(providers=[ISSUER])) == ("required", "jwt")
    both = traffic("narrow", basicAuth={"disable": {}}, jwtAuth={"disable": {}})
    assert asked(wide, both) == ("none",)


def test_a_filter_may_refer_to_a_policy() -> None:
    referred = traffic(target=None, basicAuth={})
    here = point(KGATEWAY, extensions=(("gateway.kgateway.dev", "TrafficPolicy", "p"),))
    assert asked_of(referred, at=here) == ("required", "basic")
    assert asked_of(referred, at=AT) == ("none",)
    assert asked_of(at=here) == ("none",)


@pytest.mark.parametrize(("field", "words"), [("rbac", "rbac"), ("extProc", "ext proc")])
def test_what_may_ask_for_more_leaves_nothing_known(field: str, words: str) -> None:
    spec: Json = {field: {}}
    security = holding(traffic(**spec), at=AT).security
    assert security.requirement == "unknown"
    assert security.evidence == f"TrafficPolicy shop/p: {words} may ask for more"


def test_a_policy_that_waits_or_is_rejected() -> None:
    assert asked(traffic(basicAuth={}, status={})) == ("unknown",)
    rejected = traffic(basicAuth={}, status=accepted(KGATEWAY, "False", reason="Invalid"))
    assert asked(rejected) == ("none",)


def test_where_policies_could_not_be_read_nobody_knows_what_is_asked() -> None:
    assert asked_of(traffic(basicAuth={}), at=AT, unseen=["TrafficPolicy"]) == ("unknown",)


@pytest.mark.parametrize(
    ("spec", "unseen", "told"),
    [
        ({"rateLimit": {"local": {}}}, [], "enabled"),
        ({"rateLimit": {"disable": {}}}, [], "disabled"),
        ({"rateLimit": {"local": {}}, "status": {}}, [], "unknown"),
        ({}, [], "disabled"),
        ({}, ["TrafficPolicy"], "unknown"),
    ],
)
def test_whether_rates_are_limited(spec: Json, unseen: list[str], told: str) -> None:
    assert holding(traffic(**spec), at=AT, unseen=unseen).rate_limit == told


def test_cors_is_on_where_a_policy_says_so() -> None:
    assert holding(traffic(cors={"allowOrigins": ["*"]}), at=AT).cors == "enabled"
    assert holding(traffic(cors={"disable": {}}), at=AT).cors == "disabled"


def test_no_secret_is_decoded() -> None:
    spec: Json = {
        "basicAuth": {"users": [CANARY]},
        "apiKeyAuth": {"secretRef": {"name": CANARY}},
    }
    kept = decoded(traffic(**spec), TRAFFIC)
    jwks = {"local": {"inline": CANARY}}
    told = decoded(extension(providers=[ISSUER | {"jwks": jwks}]), EXTENSIONS)
    assert CANARY not in msgspec.json.encode([kept, told]).decode()
