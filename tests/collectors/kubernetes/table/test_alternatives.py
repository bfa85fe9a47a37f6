"""What callers need one of: tokens of several issuers, and what an expression chooses."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.model.security import Security
from tests.collectors.kubernetes.table.room import Json, Room, rules
from tests.collectors.kubernetes.table.test_gateways import made

ONE, OTHER = "https://one.example", "https://other.example"


def service(**options: Any) -> Json:
    routes = [{"matchers": [{"prefix": "/"}]}]
    host = {"domains": ["a.example"], "routes": routes, "options": options}
    return made("gateway.solo.io/v1", "VirtualService", "a", {"virtualHost": host})


def providers(**issuers: str | None) -> Json:
    return {"providers": {name: {"issuer": told} if told else {} for name, told in issuers.items()}}


def asked(*objects: Json) -> Security:
    exposed = Room(objects).exposed()["VirtualService shop/a"][0]
    assert isinstance(exposed, Exposed)
    return rules(exposed)[0].security


def schemes(told: Security) -> list[tuple[str, str | None]]:
    return [(each.kind, each.issuer) for each in told.schemes]


TOKENS: dict[str, tuple[Json, str, list[tuple[str, str | None]]]] = {
    "of one issuer": ({"jwt": providers(a=ONE)}, "required", [("jwt", ONE)]),
    "of either issuer": (
        {"jwt": providers(a=ONE, b=OTHER)},
        "required",
        [("jwt", f"{ONE} or {OTHER}")],
    ),
    "of an issuer or of anybody": (
        {"jwt": providers(a=ONE, b=None)},
        "required",
        [("jwt", None)],
    ),
    "at each of two stages": (
        {"jwtStaged": {"beforeExtAuth": providers(a=ONE), "afterExtAuth": providers(b=OTHER)}},
        "required",
        [("jwt", ONE), ("jwt", OTHER)],
    ),
    "that need not be there": (
        {"jwt": providers(a=ONE, b=OTHER) | {"allowMissingOrFailedJwt": True}},
        "optional",
        [("jwt", f"{ONE} or {OTHER}")],
    ),
    "of nobody": ({"jwt": {"providers": {}}}, "unknown", []),
}


@pytest.mark.parametrize(("options", "requirement", "found"), TOKENS.values(), ids=TOKENS.keys())
def test_a_token_of_any_provider_is_enough(
    options: Json, requirement: str, found: list[tuple[str, str | None]]
) -> None:
    told = asked(service(**options))
    assert (told.requirement, schemes(told)) == (requirement, found)


def test_what_asks_for_either_token_is_named_by_both() -> None:
    told = asked(service(jwt=providers(a=ONE, b=OTHER)))
    assert told.evidence == "VirtualService shop/a a or b"


def test_no_issuer_of_several_keeps_what_is_none_of_its_name() -> None:
    secret = "https://user:canary@one.example/?key=canary"
    told = asked(service(jwt=providers(a=OTHER, b=secret)))
    assert schemes(told) == [("jwt", f"{OTHER} or https://one.example/")]


BOTH: list[Json] = [{"name": "k", "apiKeyAuth": {}}, {"name": "o", "basicAuth": {}}]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({}, ["api_key", "basic"]),
        ({"booleanExpr": "k && o"}, ["api_key", "basic"]),
        ({"booleanExpr": "k || o"}, ["custom"]),
        ({"booleanExpr": "k && !o"}, ["custom"]),
    ],
)
def test_configurations_are_all_passed_unless_an_expression_chooses(
    expression: Json, found: list[str]
) -> None:
    reference = {"configRef": {"name": "c", "namespace": "shop"}}
    spec = {"configs": BOTH} | expression
    config = made("enterprise.gloo.solo.io/v1", "AuthConfig", "c", spec)
    told = asked(service(extauth=reference), config)
    assert told.requirement == "required"
    assert [each.kind for each in told.schemes] == found
