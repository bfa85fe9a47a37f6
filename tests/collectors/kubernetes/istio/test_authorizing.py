"""What Istio asks of callers: tokens, certificates, whoever is asked elsewhere, and when nobody can tell."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.istio.authorizing import Rules, security_of
from apiscape.collectors.kubernetes.istio.matching import Request
from apiscape.collectors.kubernetes.istio.security import (
    AUTHORIZATIONS,
    REQUESTS,
    AuthorizationPolicy,
    RequestAuthentication,
)
from apiscape.collectors.kubernetes.istio.workloads import Workload, is_for
from tests.collectors.kubernetes.policies.clusters import decoded, made

Json = dict[str, Any]
CANARY = "canary-c0de"
GET_A = Request(Match(path="/a", path_type="exact", method="GET"), ("a.example",), 443)
ALL_OF_IT = Request()

TOKEN = {"issuer": "https://id.example", "jwksUri": "https://id.example/keys"}


def tokens(*rules: Json) -> RequestAuthentication:
    body = {"metadata": {"name": "jwt", "namespace": "shop"}, "spec": {"jwtRules": list(rules)}}
    return msgspec.convert(body, RequestAuthentication)


def policy(action: str | None, *rules: Json, name: str = "p", **given: Any) -> AuthorizationPolicy:
    spec = {"action": action, "rules": list(rules)} | given
    body = {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    return msgspec.convert(body, AuthorizationPolicy)


def asked(
    *policies: RequestAuthentication | AuthorizationPolicy,
    request: Request = GET_A,
    sure: bool = True,
) -> tuple[str, ...]:
    told = Rules(
        [(each, sure) for each in policies if isinstance(each, RequestAuthentication)],
        [(each, sure) for each in policies if isinstance(each, AuthorizationPolicy)],
    )
    security = security_of(request, told)
    assert security.evidence
    return (str(security.requirement), *(str(each.kind) for each in security.schemes))


def of(**source: Any) -> Json:
    return {"from": [{"source": source}]}


WITH_TOKEN = of(requestPrincipals=["*"])
WITHOUT_TOKEN = of(notRequestPrincipals=["*"])
WITH_CERTIFICATE = of(principals=["cluster.local/ns/shop/sa/till"])


# ── Tokens ───────────────────────────────────────────────────────────────────


def test_where_no_policy_is_for_it_nothing_is_asked() -> None:
    assert asked() == ("none",)


def test_a_token_that_is_only_looked_at_is_optional() -> None:
    assert asked(tokens(TOKEN)) == ("optional", "jwt")


def test_a_token_may_have_to_be_there() -> None:
    there = TOKEN | {"presence": "REQUIRED"}
    assert asked(tokens(there)) == ("required", "jwt")
    assert asked(tokens(there, TOKEN)) == ("optional", "jwt")


def test_policies_without_rules_for_tokens_look_at_none() -> None:
    assert asked(tokens()) == ("none",)


@pytest.mark.parametrize(
    ("rule", "location"),
    [
        ({}, "header:Authorization"),
        ({"fromHeaders": [{"name": "X-T", "prefix": "Bearer "}]}, "header:X-T"),
        ({"fromParams": ["t"]}, "query:t"),
        ({"fromCookies": ["t"]}, "cookie:t"),
    ],
)
def test_where_a_token_travels(rule: Json, location: str) -> None:
    security = security_of(GET_A, Rules([(tokens(TOKEN | rule), True)]))
    (scheme,) = security.schemes
    assert (scheme.location, scheme.issuer) == (location, "https://id.example")
    assert scheme.native_id == security.evidence == "RequestAuthentication shop/jwt"


# ── Allowed ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([WITH_TOKEN], ("required", "jwt")),
        ([WITH_CERTIFICATE], ("required", "mtls")),
        ([of(namespaces=["shop"])], ("required", "mtls")),
        ([of(requestPrincipals=["*"], principals=["*"])], ("required", "jwt", "mtls")),
        ([WITH_TOKEN, WITH_CERTIFICATE], ("required", "custom")),
        ([WITH_TOKEN, of(requestPrincipals=["*"], principals=["*"])], ("required", "jwt")),
        ([{}], ("none",)),
        ([of(ipBlocks=["10.0.0.0/8"])], ("none",)),
        ([{"from": [{}]}], ("none",)),
        ([WITH_TOKEN, {"to": [{"operation": {"paths": ["/a"]}}]}], ("none",)),
        ([WITH_TOKEN, {"to": [{"operation": {"paths": ["/b"]}}]}], ("required", "jwt")),
        ([{"to": [{"operation": {"ports": ["80"]}}]}], ("unknown",)),
        ([], ("unknown",)),
        ([{"when": [{"key": "request.auth.claims[group]", "values": ["a"]}]}], ("required", "jwt")),
        ([{"when": [{"key": "request.auth.claims[group]", "notValues": ["a"]}]}], ("unknown",)),
        ([{"when": [{"key": "source.principal", "values": ["a"]}]}], ("required", "mtls")),
        ([{"when": [{"key": "request.headers[x]", "values": ["a"]}]}], ("unknown",)),
        (
            [WITH_TOKEN | {"when": [{"key": "request.headers[x]", "values": ["a"]}]}],
            ("required", "jwt"),
        ),
    ],
)
def test_what_a_caller_shows_to_be_let_in(rules: list[Json], told: tuple[str, ...]) -> None:
    assert asked(policy("ALLOW", *rules)) == told
    assert asked(policy(None, *rules)) == told


def test_what_is_known_of_a_token_is_said_where_it_is_asked_for() -> None:
    security = security_of(
        GET_A, Rules([(tokens(TOKEN), True)], [(policy("ALLOW", WITH_TOKEN), True)])
    )
    assert security.requirement == "required"
    assert [each.issuer for each in security.schemes] == ["https://id.example"]
    assert security.evidence == "AuthorizationPolicy shop/p"


def test_a_token_that_is_looked_at_stays_optional_where_anyone_is_let_in() -> None:
    assert asked(tokens(TOKEN), policy("ALLOW", {})) == ("optional", "jwt")


def test_requests_that_are_let_in_in_part_are_not_known() -> None:
    rule = {"to": [{"operation": {"methods": ["GET"]}}]}
    assert asked(policy("ALLOW", rule)) == ("none",)
    assert asked(policy("ALLOW", rule), request=ALL_OF_IT) == ("unknown",)


def test_one_of_several_policies_lets_in() -> None:
    assert asked(policy("ALLOW", WITH_TOKEN), policy("ALLOW", {}, name="q")) == ("none",)


# ── Denied ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([WITHOUT_TOKEN], ("required", "jwt")),
        ([of(notPrincipals=["*"])], ("required", "mtls")),
        ([of(notPrincipals=["*"], notNamespaces=["shop"])], ("unknown",)),
        ([WITHOUT_TOKEN, of(notPrincipals=["*"])], ("required", "jwt")),
        (
            [
                {
                    "from": [
                        {"source": {"notRequestPrincipals": ["*"]}},
                        {"source": {"notPrincipals": ["*"]}},
                    ]
                }
            ],
            ("required", "jwt", "mtls"),
        ),
        ([{}], ("unknown",)),
        ([{"from": [{}]}], ("unknown",)),
        ([WITH_TOKEN], ("none",)),
        ([of(ipBlocks=["10.0.0.0/8"])], ("none",)),
        ([of(notRequestPrincipals=["*"], notIpBlocks=["10.0.0.0/8"])], ("unknown",)),
        ([{"to": [{"operation": {"paths": ["/b"]}}]}], ("none",)),
        ([{"when": [{"key": "request.headers[x]", "values": ["a"]}]}], ("unknown",)),
        ([], ("none",)),
    ],
)
def test_what_saves_a_caller_from_being_denied(rules: list[Json], told: tuple[str, ...]) -> None:
    assert asked(policy("DENY", *rules)) == told


def test_requests_that_are_denied_in_part_are_not_known() -> None:
    rule = WITHOUT_TOKEN | {"to": [{"operation": {"paths": ["/a"]}}]}
    assert asked(policy("DENY", rule)) == ("required", "jwt")
    assert asked(policy("DENY", rule), request=ALL_OF_IT) == ("unknown",)


def test_what_is_denied_is_asked_beside_what_is_allowed() -> None:
    told = asked(policy("DENY", WITHOUT_TOKEN), policy("ALLOW", WITH_CERTIFICATE, name="q"))
    assert told == ("required", "jwt", "mtls")


# ── Elsewhere ────────────────────────────────────────────────────────────────


def test_somebody_else_may_decide() -> None:
    custom = policy("CUSTOM", {}, provider={"name": "opa"})
    security = security_of(GET_A, Rules((), [(custom, True)]))
    assert asked(custom) == ("required", "custom")
    assert security.evidence == "AuthorizationPolicy shop/p asks opa"
    some = policy("CUSTOM", {"to": [{"operation": {"paths": ["/a"]}}]})
    assert asked(some) == ("required", "custom")
    assert asked(some, request=ALL_OF_IT) == ("unknown", "custom")
    assert asked(policy("CUSTOM", of(ipBlocks=["10.0.0.0/8"]))) == ("unknown", "custom")
    assert asked(policy("CUSTOM", {"to": [{"operation": {"paths": ["/b"]}}]})) == ("none",)


def test_what_is_only_written_down_asks_for_nothing() -> None:
    assert asked(policy("AUDIT", {})) == ("none",)
    assert asked(policy("NEWER", {})) == ("unknown",)


# ── For whom ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "told",
    [
        tokens(TOKEN | {"presence": "REQUIRED"}),
        policy("ALLOW", WITH_TOKEN),
        policy("ALLOW", {}),
        policy("ALLOW"),
        policy("DENY", WITHOUT_TOKEN),
        policy("CUSTOM", {}),
    ],
)
def test_of_a_policy_that_may_be_for_others_nobody_can_tell(
    told: RequestAuthentication | AuthorizationPolicy,
) -> None:
    assert asked(told, sure=False)[0] == "unknown"


def test_a_policy_that_may_be_for_others_changes_nothing_where_it_would_not() -> None:
    assert asked(policy("DENY", WITH_TOKEN), sure=False) == ("none",)


POLICIES = st.lists(
    st.builds(
        policy,
        st.sampled_from(["ALLOW", "DENY", "CUSTOM", "AUDIT"]),
        st.sampled_from([{}, WITH_TOKEN, WITHOUT_TOKEN, WITH_CERTIFICATE, of(ipBlocks=["::/0"])]),
        name=st.sampled_from("abc"),
    ),
    max_size=4,
)


@given(policies=POLICIES, data=st.data())
def test_the_order_of_policies_does_not_matter(
    policies: list[AuthorizationPolicy], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(policies))
    assert asked(*policies)[0] == asked(*mixed)[0]


@given(policies=POLICIES)
def test_one_more_denial_never_takes_away_what_is_asked(
    policies: list[AuthorizationPolicy],
) -> None:
    before = asked(*policies)[0]
    after = asked(*policies, policy("DENY", WITHOUT_TOKEN, name="more"))[0]
    assert after == "required"
    assert before in {"none", "required", "unknown"}


WORKLOAD = Workload(("shop",), {"istio": "edge"}, named=(("", "Service", "shop/web"),))


@pytest.mark.parametrize(
    ("spec", "namespace", "workload", "told"),
    [
        ({}, "shop", WORKLOAD, True),
        ({}, "istio-system", WORKLOAD, True),
        ({}, "other", WORKLOAD, False),
        ({"selector": {"matchLabels": {"istio": "edge"}}}, "shop", WORKLOAD, True),
        ({"selector": {"matchLabels": {"istio": "other"}}}, "shop", WORKLOAD, False),
        ({"selector": {"matchLabels": {"app": "x"}}}, "shop", WORKLOAD, None),
        ({"selector": {"matchLabels": {"app": "x", "istio": "other"}}}, "shop", WORKLOAD, False),
        (
            {"selector": {"matchLabels": {"app": "x"}}},
            "shop",
            msgspec.structs.replace(WORKLOAD, has_all_labels=True),
            False,
        ),
        ({}, "shop", msgspec.structs.replace(WORKLOAD, namespaces=("shop", "till")), None),
        ({}, "shop", msgspec.structs.replace(WORKLOAD, namespaces=None), None),
        ({"targetRefs": [{"kind": "Service", "name": "web"}]}, "shop", WORKLOAD, True),
        ({"targetRef": {"kind": "Service", "name": "web"}}, "shop", WORKLOAD, True),
        ({"targetRefs": [{"kind": "Service", "name": "till"}]}, "shop", WORKLOAD, False),
        ({"targetRefs": [{"kind": "Service", "name": "web"}]}, "other", WORKLOAD, False),
    ],
)
def test_which_workloads_a_policy_is_for(
    spec: Json, namespace: str, workload: Workload, told: bool | None
) -> None:
    chosen = msgspec.convert({"metadata": {"name": "p"}, "spec": spec}, AuthorizationPolicy).spec
    assert is_for(chosen, namespace, workload) is told


# ── What is never kept ───────────────────────────────────────────────────────


def test_no_key_or_credential_is_decoded() -> None:
    rule = {
        "when": [{"key": "request.headers[x-api-key]", "values": [CANARY], "notValues": [CANARY]}]
    }
    asks = decoded(made("AuthorizationPolicy", "p", {"rules": [rule]}), AUTHORIZATIONS)
    jwks = {"jwtRules": [TOKEN | {"jwks": CANARY}]}
    looks = decoded(made("RequestAuthentication", "p", jwks), REQUESTS)
    assert CANARY not in msgspec.json.encode([asks, looks]).decode()
