"""Policies of Kuadrant: defaults yield, overrides win, and only what is enforced counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.policies.kuadrant import Stated, reduced
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    ISTIO,
    ROUTE,
    Json,
    asked_of,
    holding,
    made,
    point,
)

KEYS = {"keys": {"apiKey": {"selector": {"matchLabels": {"app": "web"}}}}}
TOKENS = {"tokens": {"jwt": {"issuerUrl": "https://id.example"}}}
AT = point(ISTIO)


def enforced(status: str = "True", reason: str = "Enforced") -> Json:
    conditions = [
        {"type": "Accepted", "status": "True"},
        {"type": "Enforced", "status": status, "reason": reason},
    ]
    return {"conditions": conditions}


def auth(name: str, target: Json, spec: Json, **given: Any) -> Json:
    given.setdefault("status", enforced())
    return made("AuthPolicy", name, {"targetRef": target} | spec, **given)


def rules(authentication: Json | None, **given: Any) -> Json:
    return {"rules": {"authentication": authentication} | given}


def asked(*objects: Json) -> tuple[str, ...]:
    return asked_of(*objects, at=AT)


# ── What is asked ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("way", "kind", "location", "issuer"),
    [
        (TOKENS["tokens"], "jwt", "header:Authorization", "https://id.example"),
        (KEYS["keys"], "api_key", "header:Authorization", None),
        (
            KEYS["keys"] | {"credentials": {"customHeader": {"name": "X-Key"}}},
            "api_key",
            "header:X-Key",
            None,
        ),
        (
            KEYS["keys"] | {"credentials": {"queryString": {"name": "key"}}},
            "api_key",
            "query:key",
            None,
        ),
        (KEYS["keys"] | {"credentials": {"cookie": {"name": "k"}}}, "api_key", "cookie:k", None),
        (
            KEYS["keys"] | {"credentials": {"authorizationHeader": {"prefix": "APIKEY"}}},
            "api_key",
            "header:Authorization",
            None,
        ),
        (
            {"oauth2Introspection": {"endpoint": "https://id.example/introspect"}},
            "oauth2",
            "header:Authorization",
            "https://id.example/introspect",
        ),
        ({"kubernetesTokenReview": {}}, "jwt", "header:Authorization", None),
        ({"x509": {"selector": {}}}, "mtls", "tls", None),
        ({"plain": {"selector": "context.x"}}, "custom", None, None),
    ],
)
def test_how_a_caller_proves_who_it_is(
    way: Json, kind: str, location: str | None, issuer: str | None
) -> None:
    security = holding(auth("a", ROUTE, rules({"way": way})), at=AT).security
    (scheme,) = security.schemes
    assert security.requirement == "required"
    assert (scheme.kind, scheme.location, scheme.issuer) == (kind, location, issuer)
    assert scheme.native_id == "AuthPolicy shop/a"
    assert (security.evidence or "").startswith("AuthPolicy shop/a")


def test_a_caller_needs_one_of_several_ways_in() -> None:
    assert asked(auth("a", ROUTE, rules(KEYS | TOKENS))) == ("required", "custom")
    other = {"more": {"jwt": {"issuerUrl": "https://more.example"}}}
    assert asked(auth("a", ROUTE, rules(TOKENS | other))) == ("required", "jwt")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (rules(TOKENS | {"anyone": {"anonymous": {}}}), ("optional", "jwt")),
        (rules({"anyone": {"anonymous": {}}}), ("none",)),
        (rules(TOKENS, authorization={"opa": {}}), ("required", "jwt")),
        (rules(None, authorization={"opa": {}}), ("unknown",)),
        (rules(None), ("none",)),
        ({"rules": None}, ("none",)),
        (rules(TOKENS) | {"when": [{"predicate": "request.path != '/'"}]}, ("unknown",)),
        (rules({"t": TOKENS["tokens"] | {"when": [{"predicate": "x"}]}}), ("unknown", "jwt")),
        ({"defaults": rules(TOKENS)}, ("required", "jwt")),
        ({"overrides": rules(TOKENS)}, ("required", "jwt")),
    ],
)
def test_what_a_policy_asks_of_callers(spec: Json, told: tuple[str, ...]) -> None:
    assert asked(auth("a", ROUTE, spec)) == told


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (enforced(), ("required", "jwt")),
        (enforced("False", "Overridden"), ("none",)),
        (enforced("Unknown"), ("unknown",)),
        ({"conditions": [{"type": "Accepted", "status": "True"}]}, ("unknown",)),
        ({"conditions": None}, ("unknown",)),
    ],
)
def test_a_policy_counts_once_it_is_enforced(status: Json, told: tuple[str, ...]) -> None:
    assert asked(auth("a", ROUTE, rules(TOKENS), status=status)) == told


def test_a_policy_holds_at_envoy_gateway_too() -> None:
    assert asked_of(auth("a", GATEWAY, rules(TOKENS))) == ("required", "jwt")


def test_where_policies_could_not_be_read_nobody_knows_what_is_asked() -> None:
    told = asked_of(auth("a", ROUTE, rules(TOKENS)), at=AT, unseen=["AuthPolicy"])
    assert told == ("unknown",)


# ── How policies go together ─────────────────────────────────────────────────


def test_defaults_yield_and_overrides_win() -> None:
    narrow = auth("narrow", ROUTE, rules(KEYS))
    assert asked(auth("wide", GATEWAY, rules(TOKENS)), narrow) == ("required", "api_key")
    above = auth("wide", GATEWAY, {"overrides": rules(TOKENS)})
    assert asked(above, narrow) == ("required", "jwt")
    security = holding(above, narrow, at=AT).security
    assert "AuthPolicy shop/narrow" not in (security.evidence or "")


@pytest.mark.parametrize("block", ["defaults", "overrides"])
def test_rules_are_merged_where_a_policy_says_so(block: str) -> None:
    wide = auth("wide", GATEWAY, {block: rules(TOKENS) | {"strategy": "merge"}})
    security = holding(wide, auth("narrow", ROUTE, rules(KEYS)), at=AT).security
    assert security.requirement == "required"
    assert {"AuthPolicy shop/wide", "AuthPolicy shop/narrow"} <= set(
        (security.evidence or "").replace(";", ",").split(", ")
    )


def test_merged_rules_of_one_name_are_of_the_side_that_wins() -> None:
    told = {"way": KEYS["keys"]}, {"way": TOKENS["tokens"]}
    narrow = auth("narrow", ROUTE, rules(told[0]))
    for block, kind in (("defaults", "api_key"), ("overrides", "jwt")):
        wide = auth("wide", GATEWAY, {block: rules(told[1]) | {"strategy": "merge"}})
        assert asked(wide, narrow) == ("required", kind)


def test_of_two_at_one_place_the_older_one_holds() -> None:
    old = auth("b", GATEWAY, {"overrides": rules(TOKENS)}, creationTimestamp="2026-01-01T00:00:00Z")
    young = auth("a", GATEWAY, {"overrides": rules(KEYS)}, creationTimestamp="2026-02-01T00:00:00Z")
    assert asked(young, old) == ("required", "jwt")


def test_one_policy_that_waits_makes_all_unknown() -> None:
    waits = auth("wide", GATEWAY, {"overrides": rules(TOKENS)}, status=enforced("Unknown"))
    assert asked(waits, auth("narrow", ROUTE, rules(KEYS))) == ("unknown",)


NAMES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3)
STATED = st.builds(Stated, st.sampled_from(["p", "q", "r"]), NAMES, st.booleans(), st.booleans())


@given(policies=st.lists(STATED, max_size=4), rules=NAMES)
def test_an_override_above_all_others_is_what_holds(
    policies: list[Stated], rules: dict[str, int]
) -> None:
    top = Stated("top", rules, overrides=True)
    assert reduced([*policies, top]) == {name: (rule, "top") for name, rule in rules.items()}


@given(policies=st.lists(STATED, max_size=4), rules=NAMES, merged=st.booleans())
def test_defaults_above_all_others_take_nothing_away(
    policies: list[Stated], rules: dict[str, int], merged: bool
) -> None:
    before = reduced(policies)
    after = reduced([*policies, Stated("top", rules, is_merged=merged)])
    assert before.items() <= after.items()


@given(policies=st.lists(STATED, max_size=4), rules=NAMES)
def test_an_override_that_is_merged_leaves_every_rule_there(
    policies: list[Stated], rules: dict[str, int]
) -> None:
    before = reduced(policies)
    after = reduced([*policies, Stated("top", rules, overrides=True, is_merged=True)])
    assert after.keys() == before.keys() | rules.keys()
    assert {name: after[name][0] for name in rules} == rules


# ── Limits ───────────────────────────────────────────────────────────────────


def limits(spec: Json, **given: Any) -> Json:
    given.setdefault("status", enforced())
    return made("RateLimitPolicy", "l", {"targetRef": ROUTE} | spec, group="kuadrant.io", **given)


@pytest.mark.parametrize(
    ("objects", "unseen", "told"),
    [
        ([limits({"limits": {"all": {"rates": [{"limit": 5, "window": "10s"}]}}})], [], "enabled"),
        ([limits({"defaults": {"limits": {"all": {}}}})], [], "enabled"),
        ([limits({"overrides": {"limits": {"all": {}}}})], [], "enabled"),
        ([limits({"limits": None})], [], "disabled"),
        ([limits({"limits": {"all": {}}}, status=enforced("False"))], [], "disabled"),
        ([limits({"limits": {"all": {}}}, status=enforced("Unknown"))], [], "unknown"),
        ([], [], "disabled"),
        ([], ["RateLimitPolicy"], "unknown"),
    ],
)
def test_whether_rates_are_limited(objects: list[Json], unseen: list[str], told: str) -> None:
    assert holding(*objects, unseen=unseen).rate_limit == told
