"""Policies of Envoy Gateway: what they ask of callers, and what of them is never kept."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.envoy import SECURITY
from apiscape.model.security import Scheme
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import SchemeKind
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    ROUTE,
    Json,
    asked_of,
    decoded,
    gateway,
    holding,
    made,
    point,
)

HTTPS = gateway(https="HTTPS", http="HTTP")
CANARY = "canary-5f1c"


def asks(**spec: object) -> Json:
    return made("SecurityPolicy", "p", {"targetRefs": [ROUTE]} | spec)


def jwt(*issuers: str, **given: object) -> Json:
    return {"jwt": {"providers": [{"name": "n", "issuer": each} for each in issuers]} | given}


# ── Who may call ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spec", "scheme"),
    [
        (
            jwt("https://id.example"),
            {"kind": "jwt", "location": "header:Authorization", "issuer": "https://id.example"},
        ),
        (
            {"jwt": {"providers": [{"name": "n", "extractFrom": {"headers": [{"name": "X-T"}]}}]}},
            {"kind": "jwt", "location": "header:X-T"},
        ),
        (
            {"jwt": {"providers": [{"name": "n", "extractFrom": {"cookies": ["t"]}}]}},
            {"kind": "jwt", "location": "cookie:t"},
        ),
        ({"jwt": {"providers": None}}, {"kind": "jwt"}),
        (
            {"oidc": {"provider": {"issuer": "https://id.example"}, "clientID": "c"}},
            {"kind": "oidc", "issuer": "https://id.example"},
        ),
        ({"oidc": {}}, {"kind": "oidc"}),
        (
            {"basicAuth": {"users": {"name": "people"}}},
            {"kind": "basic", "location": "header:Authorization"},
        ),
        (
            {"apiKeyAuth": {"credentialRefs": [], "extractFrom": [{"headers": ["X-Key"]}]}},
            {"kind": "api_key", "location": "header:X-Key"},
        ),
        (
            {"apiKeyAuth": {"extractFrom": [{"params": ["key"]}]}},
            {"kind": "api_key", "location": "query:key"},
        ),
        ({"apiKeyAuth": {}}, {"kind": "api_key"}),
        ({"extAuth": {"http": {"path": "/check"}}}, {"kind": "custom"}),
    ],
)
def test_what_a_policy_asks_of_callers(spec: Json, scheme: Json) -> None:
    security = holding(HTTPS, asks(**spec)).security
    assert security.requirement == "required"
    assert security.schemes == (Scheme(native_id="SecurityPolicy shop/p", **scheme),)
    assert security.evidence == "SecurityPolicy shop/p"


def test_all_that_a_policy_asks_for_is_asked_together() -> None:
    told = asks(basicAuth={}, extAuth={}, **jwt("https://id.example"))
    assert asked_of(HTTPS, told) == ("required", "basic", "custom", "jwt")


def test_a_token_may_be_of_any_of_several_issuers() -> None:
    (scheme,) = holding(HTTPS, asks(**jwt("https://a", "https://b"))).security.schemes
    assert (scheme.kind, scheme.issuer) == ("jwt", "https://a or https://b")
    (loose,) = holding(HTTPS, asks(**jwt("https://a", ""))).security.schemes
    assert loose.issuer is None


TOKEN_RULE = {"action": "Allow", "principal": {"jwt": {"provider": "n"}}}
ADDRESS_RULE = {"action": "Allow", "principal": {"clientCIDRs": ["10.0.0.0/8"]}}


@pytest.mark.parametrize(
    ("authorization", "requirement"),
    [
        (None, "optional"),
        ({"rules": [TOKEN_RULE]}, "required"),
        ({"defaultAction": "Deny", "rules": [TOKEN_RULE, TOKEN_RULE]}, "required"),
        ({"defaultAction": "Allow", "rules": [TOKEN_RULE]}, "unknown"),
        ({"rules": [TOKEN_RULE, ADDRESS_RULE]}, "unknown"),
        ({"rules": [ADDRESS_RULE]}, "optional"),
        ({"rules": None}, "optional"),
    ],
)
def test_a_token_that_is_optional_may_be_asked_for_by_rules(
    authorization: Json | None, requirement: str
) -> None:
    told = asks(**jwt("https://id.example", optional=True), authorization=authorization)
    assert asked_of(HTTPS, told) == (requirement, "jwt")


def test_signing_in_that_lets_a_callers_own_header_through_asks_for_nothing_by_itself() -> None:
    oidc = {"oidc": {"passThroughAuthHeader": True}}
    assert asked_of(HTTPS, asks(**oidc)) == ("unknown", "oidc")
    assert asked_of(HTTPS, asks(**oidc, **jwt("https://id.example"))) == ("required", "jwt")


def test_a_policy_that_asks_for_nothing_is_said_so() -> None:
    security = holding(HTTPS, asks(cors={"allowOrigins": ["*"]})).security
    assert security.requirement == "none"
    assert security.evidence == "SecurityPolicy shop/p asks for nothing; no AuthPolicy attached"


def test_policies_are_merged_where_they_say_so() -> None:
    wide = made("SecurityPolicy", "wide", {"targetRefs": [GATEWAY], "basicAuth": {}})
    narrow = asks(**jwt("https://id.example"), mergeType="StrategicMerge")
    assert asked_of(HTTPS, wide, narrow) == ("required", "basic", "jwt")
    assert asked_of(HTTPS, wide, asks(**jwt("https://id.example"))) == ("required", "jwt")
    waiting = made("SecurityPolicy", "wide", {"targetRefs": [GATEWAY], "basicAuth": {}}, status={})
    assert asked_of(HTTPS, waiting, narrow) == ("unknown",)


@pytest.mark.parametrize(
    "kind", ["SecurityPolicy", "ClientTrafficPolicy", "EnvoyPatchPolicy", "AuthPolicy"]
)
def test_where_policies_of_a_kind_could_not_be_read_nobody_knows_that_nothing_is_asked(
    kind: str,
) -> None:
    security = holding(HTTPS, unseen=[kind]).security
    assert security.requirement == "unknown"
    assert security.evidence == f"{kind} could not be read"


def test_a_policy_that_was_seen_says_nothing_where_a_narrower_one_may_be_unseen() -> None:
    assert asked_of(HTTPS, asks(basicAuth={}), unseen=["SecurityPolicy"]) == ("unknown",)


@pytest.mark.parametrize("kind", ["EnvoyExtensionPolicy", "EnvoyPatchPolicy"])
def test_what_changes_the_proxy_unsaid_leaves_nothing_known(kind: str) -> None:
    changes = made(kind, "wasm", {"targetRefs": [GATEWAY]}, group="gateway.envoyproxy.io")
    security = holding(HTTPS, changes).security
    assert (security.requirement, security.evidence) == (
        "unknown",
        f"{kind} shop/wasm may ask for more",
    )
    assert asked_of(HTTPS, changes, asks(basicAuth={})) == ("required", "basic")


def test_what_kuadrant_makes_of_its_own_policies_is_no_unknown_change() -> None:
    spec = {"targetRefs": [GATEWAY]}
    made_by = made("EnvoyExtensionPolicy", "wasm", spec, labels={"kuadrant.io/managed": "true"})
    assert asked_of(HTTPS, made_by) == ("none",)


# ── Certificates ─────────────────────────────────────────────────────────────


def clients(tls: Json | None, *, target: Json = GATEWAY, status: Json | None = None) -> Json:
    return made("ClientTrafficPolicy", "c", {"targetRefs": [target], "tls": tls}, status=status)


ASKS = {"clientValidation": {"caCertificateRefs": [{"name": "ca"}]}}


@pytest.mark.parametrize(
    ("policy", "listener", "mtls", "asked"),
    [
        (clients(ASKS), "https", "enabled", ("required", "mtls")),
        (clients(ASKS), "http", "disabled", ("none",)),
        (clients(ASKS), "set", "unknown", ("unknown", "mtls")),
        (clients(None), "https", "disabled", ("none",)),
        (clients({"minVersion": "1.3"}), "https", "disabled", ("none",)),
        (clients({"clientValidation": {"optional": True}}), "https", "disabled", ("none",)),
        (
            clients({"clientValidation": {"mode": "RequireAny"}}),
            "https",
            "enabled",
            ("required", "mtls"),
        ),
        (clients({"clientValidation": {"mode": "New"}}), "https", "unknown", ("unknown", "mtls")),
        (clients(ASKS, status={}), "https", "unknown", ("unknown", "mtls")),
        (clients(ASKS, target=GATEWAY | {"sectionName": "http"}), "https", "disabled", ("none",)),
    ],
)
def test_a_certificate_is_asked_for_where_callers_speak_tls_to_the_gateway(
    policy: Json, listener: str, mtls: str, asked: tuple[str, ...]
) -> None:
    at = point(listener=listener)
    assert holding(HTTPS, policy, at=at).mtls == mtls
    assert asked_of(HTTPS, policy, at=at) == asked


def test_where_policies_of_clients_could_not_be_read_nobody_knows_of_certificates() -> None:
    assert holding(HTTPS, unseen=["ClientTrafficPolicy"]).mtls == "unknown"


def test_a_certificate_is_asked_for_beside_all_else() -> None:
    assert asked_of(HTTPS, clients(ASKS), asks(basicAuth={})) == ("required", "basic", "mtls")


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        ({"minVersion": "1.2"}, "TLS_1_2"),
        ({"minVersion": "1.3"}, "TLS_1_3"),
        ({"minVersion": "Auto"}, UNKNOWN),
        ({}, UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_lowest_version_of_tls_is_known_where_it_is_said(
    tls: Json | None, told: object
) -> None:
    assert holding(HTTPS, clients(tls)).tls_min == told


# ── Switches ─────────────────────────────────────────────────────────────────


def limits(**spec: object) -> Json:
    return made("BackendTrafficPolicy", "b", {"targetRefs": [ROUTE]} | spec)


def test_rates_are_limited_where_a_policy_says_so() -> None:
    local = {"rateLimit": {"type": "Local", "local": {"rules": []}}}
    assert holding(HTTPS, limits(**local)).rate_limit == "enabled"
    assert holding(HTTPS, limits()).rate_limit == "disabled"
    assert holding(HTTPS).rate_limit == "disabled"
    assert holding(HTTPS, unseen=["BackendTrafficPolicy"]).rate_limit == "unknown"


def test_cors_is_on_where_a_policy_says_so() -> None:
    assert holding(HTTPS, asks(cors={"allowOrigins": ["*"]})).cors == "enabled"
    assert holding(HTTPS, asks(basicAuth={})).cors == "disabled"
    assert holding(HTTPS, asks(cors={}), unseen=["SecurityPolicy"]).cors == "enabled"
    waiting = made("SecurityPolicy", "p", {"targetRefs": [ROUTE], "cors": {}}, status={})
    assert holding(HTTPS, waiting).cors == "unknown"


# ── What is never kept ───────────────────────────────────────────────────────


def test_no_secret_of_a_policy_is_decoded() -> None:
    spec = {
        "targetRefs": [ROUTE],
        "jwt": {"providers": [{"name": "n", "localJWKS": {"inline": CANARY}}]},
        "oidc": {"clientID": CANARY, "clientSecret": {"name": CANARY}},
        "basicAuth": {"users": {"name": CANARY}},
        "extAuth": {"http": {"headersToBackend": [CANARY]}},
        "authorization": {
            "rules": [{"action": "Allow", "principal": {"jwt": {"claims": [CANARY]}}}]
        },
    }
    last = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    kept = decoded(made("SecurityPolicy", "p", spec, annotations=last), SECURITY)
    assert CANARY not in msgspec.json.encode(kept).decode()


def test_schemes_are_words_of_the_model() -> None:
    told = asks(basicAuth={}, extAuth={}, apiKeyAuth={}, oidc={}, **jwt("https://id.example"))
    kinds = {each.kind for each in holding(HTTPS, told).security.schemes}
    assert kinds <= set(SchemeKind)
