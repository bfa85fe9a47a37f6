"""What a load balancer asks of callers: sign-ins, certificates, protocols."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.demo.aws.estate.balancers import (
    cognito_sign_in,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    when,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.balancers.reading import look, one_rule
from tests.collectors.aws.balancers.street import ISSUER, POOL, edge, gateway, item, of, operations

pytestmark = pytest.mark.usefixtures("server")


def test_what_is_asked_of_callers_is_what_stands_before_the_forwarding(west: Region) -> None:
    edge(west)
    seen = look()
    orders = operations(item(seen, "edge.shop.example/orders"))["ANY /orders/*"].security
    assert orders.requirement == "required"
    assert [(each.kind, each.issuer, each.location) for each in orders.schemes] == [
        ("jwt", ISSUER, "header:Authorization")
    ]
    basket = operations(item(seen, "edge.shop.example/basket"))
    assert list(basket) == ["GET /basket*", "POST /basket*"]
    let_through = basket["GET /basket*"].security
    assert let_through.requirement == "optional"
    assert "otherwise allow" in (let_through.evidence or "")
    pages = operations(item(seen, "edge.shop.example"))["ANY /*"].security
    assert [(each.kind, each.issuer) for each in pages.schemes] == [("oidc", POOL)]


def test_conditions_are_told_without_values_that_let_somebody_in(west: Region) -> None:
    edge(west)
    security = operations(item(look(), "edge/health"))["ANY /health"].security
    assert security.requirement == "none"
    assert security.evidence == (
        "HTTPS:443 rule 5: with header x-probe; with query token; from 10.0.0.0/8"
    )


@pytest.mark.parametrize(
    ("action", "requirement"),
    [
        (oidc(ISSUER), "required"),
        (oidc(ISSUER, "deny"), "required"),
        (oidc(ISSUER, "allow"), "optional"),
        (cognito_sign_in(POOL, "allow"), "optional"),
        (jwt_validation(ISSUER), "required"),
    ],
    ids=["oidc", "oidc-deny", "oidc-allow", "cognito-allow", "jwt"],
)
def test_signing_in_counts_where_it_is_enforced(
    west: Region, action: Any, requirement: str
) -> None:
    one_rule(west, when("path-pattern", "/x"), to=[action])
    assert operations(item(look(), "edge/x"))["ANY /x"].security.requirement == requirement


def test_two_listeners_that_ask_differently_are_mixed_and_both_are_told(west: Region) -> None:
    group = of(west).target_group("pool", "healthy")
    balancer = of(west).application("edge")
    for port, protocol, to in ((443, "HTTPS", [jwt_validation(ISSUER)]), (80, "HTTP", [])):
        balancer.listener(port, protocol, to=[fixed_response()]).rule(
            when("path-pattern", "/x"), to=[*to, forward(group)]
        )
    found = item(look(), "edge/x")
    security = operations(found)["ANY /x"].security
    assert security.requirement == "mixed"
    assert security.evidence == "HTTPS:443 rule 1: jwt-validation; HTTP:80 rule 1: asks nothing"
    assert is_known(found.endpoints)
    assert [(each.url.partition(":")[0], each.tls_min) for each in found.endpoints] == [
        ("https", "TLS_1_2"),
        ("http", None),
    ]


@pytest.mark.parametrize(
    ("mutual", "mtls", "requirement", "words"),
    [
        ({"Mode": "off"}, "disabled", "none", "asks nothing"),
        ({"Mode": "passthrough"}, "disabled", "none", "passed on unchecked"),
        ({"Mode": "verify", "TrustStoreArn": "arn:store"}, "enabled", "required", "certificate"),
        (
            {"Mode": "verify", "IgnoreClientCertificateExpiry": True},
            "enabled",
            "required",
            "expired client certificates are taken",
        ),
        (
            {"Mode": "verify", "TrustStoreAssociationStatus": "removed"},
            "enabled",
            "required",
            "the trust store was taken away",
        ),
        ({}, "unknown", "unknown", "is not said"),
        ({"Mode": "of a later year"}, "unknown", "unknown", "is not said"),
    ],
)
def test_client_certificates(
    west: Region, mutual: dict[str, Any], mtls: str, requirement: str, words: str
) -> None:
    one_rule(west, when("path-pattern", "/x"), MutualAuthentication=mutual)
    found = item(look(), "edge/x")
    assert found.protections.mtls == mtls
    security = operations(found)["ANY /x"].security
    assert security.requirement == requirement
    assert words in (security.evidence or "")
    if mutual.get("TrustStoreArn"):
        assert [(each.kind, each.native_id) for each in security.schemes] == [("mtls", "arn:store")]


@pytest.mark.parametrize(
    ("policy", "lowest"),
    [
        ("ELBSecurityPolicy-2016-08", "TLS_1_0"),
        ("ELBSecurityPolicy-FS-1-1-2019-08", "TLS_1_1"),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "TLS_1_2"),
        ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", "TLS_1_3"),
        ("ELBSecurityPolicy-TLS14-1-4-2031-01", UNKNOWN),
    ],
)
def test_the_lowest_protocol_is_looked_up_and_never_guessed(
    west: Region, policy: str, lowest: Any
) -> None:
    one_rule(west, when("path-pattern", "/x"), SslPolicy=policy)
    seen = look()
    [endpoint] = list(item(seen, "edge/x").endpoints or ())
    assert endpoint.tls_min == lowest
    assert gateway(seen).tls_min == lowest
