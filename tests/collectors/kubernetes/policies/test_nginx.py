"""Policies of NGINX Gateway Fabric."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.nginx import FILTERS
from apiscape.model.security import Scheme
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    NGINX,
    Json,
    accepted,
    asked_of,
    decoded,
    holding,
    made,
    point,
)

CANARY = "canary-19bd"


FILTER = ("gateway.nginx.org", "AuthenticationFilter", "login")
FILTERED = point(NGINX, extensions=(FILTER,))


def login(spec: Json, status: str | None = "True", reason: str = "Accepted") -> Json:
    condition = {"type": "Accepted", "status": status, "reason": reason}
    controllers = [{"controllerName": NGINX, "conditions": [condition]}]
    told: Json = {"controllers": controllers} if status else {}
    return made("AuthenticationFilter", "login", spec, status=told)


@pytest.mark.parametrize(
    ("spec", "scheme"),
    [
        (
            {"type": "Basic", "basic": {"secretRef": {"name": "people"}, "realm": "r"}},
            {"kind": "basic", "location": "header:Authorization"},
        ),
        (
            {"type": "OIDC", "oidc": {"issuer": "https://id.example", "clientID": "c"}},
            {"kind": "oidc", "issuer": "https://id.example"},
        ),
        ({"type": "JWT"}, {"kind": "jwt", "location": "header:Authorization"}),
        ({"type": "New"}, {"kind": "custom"}),
    ],
)
def test_a_filter_of_nginx_asks_callers_of_its_rule(spec: Json, scheme: Json) -> None:
    security = holding(login(spec), at=FILTERED).security
    assert security.requirement == "required"
    assert security.schemes == (Scheme(native_id="AuthenticationFilter shop/login", **scheme),)
    assert asked_of(login(spec), at=point(NGINX)) == ("none",)


@pytest.mark.parametrize(
    ("status", "told"),
    [("False", ("unknown",)), ("Unknown", ("unknown", "basic")), (None, ("unknown", "basic"))],
)
def test_a_filter_of_nginx_counts_once_it_is_accepted(
    status: str | None, told: tuple[str, ...]
) -> None:
    assert asked_of(login({"type": "Basic"}, status), at=FILTERED) == told


def test_a_filter_of_nginx_that_is_not_there() -> None:
    assert holding(at=FILTERED).security.evidence == "AuthenticationFilter shop/login is not there"
    unseen = holding(at=FILTERED, unseen=["AuthenticationFilter"]).security
    assert unseen.evidence == "AuthenticationFilter could not be read"
    assert asked_of(at=FILTERED) == asked_of(at=FILTERED, unseen=["AuthenticationFilter"])


def test_snippets_leave_nothing_known() -> None:
    spec = {"targetRefs": [GATEWAY]}
    snippets = made("SnippetsPolicy", "s", spec, status=accepted(NGINX))
    assert asked_of(snippets, at=point(NGINX)) == ("unknown",)
    by_filter = point(NGINX, extensions=(("gateway.nginx.org", "SnippetsFilter", "s"),))
    assert holding(at=by_filter).security.evidence == "SnippetsFilter s may ask for more"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([{"rate": "10r/s", "key": "$binary_remote_addr"}], "enabled"),
        ([{"rate": "10r/s", "key": "k", "dryRun": True}], "disabled"),
        (None, "disabled"),
    ],
)
def test_nginx_limits_rates_unless_it_only_tries(rules: Any, told: str) -> None:
    spec = {"targetRefs": [GATEWAY], "rateLimit": {"local": {"rules": rules}}}
    policy = made("RateLimitPolicy", "r", spec, group="gateway.nginx.org", status=accepted(NGINX))
    assert holding(policy, at=point(NGINX)).rate_limit == told


def test_nginx_has_a_firewall_where_a_policy_says_so() -> None:
    spec = {"targetRef": GATEWAY, "policySource": {"authSecret": {"name": CANARY}}}
    policy = made("WAFPolicy", "w", spec, status=accepted(NGINX))
    assert holding(policy, at=point(NGINX)).waf == "enabled"
    assert holding(at=point(NGINX)).waf == "disabled"
    assert holding(at=point(NGINX), unseen=["WAFPolicy"]).waf == "unknown"


def test_no_secret_of_a_filter_is_decoded() -> None:
    spec = {"type": "OIDC", "oidc": {"clientID": CANARY, "clientSecretRef": {"name": CANARY}}}
    assert CANARY not in msgspec.json.encode(decoded(login(spec), FILTERS)).decode()
