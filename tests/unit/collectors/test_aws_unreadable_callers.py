"""What callers are asked for is unknown where it cannot be read, and never nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.apigateway.exports import read_export, read_surface
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.appsync import events, graphql, modes
from apiscape.collectors.contract import Malformed
from apiscape.collectors.sdl import RootField
from tests.unit.collectors.nonsense import (
    KEYS,
    NO_TEXT,
    NOBODY_KNOWS,
    OFF,
    ON,
    PLACE,
)


def requirement_of_export(operation: Any) -> str:
    document = {"openapi": "3.0.1", "paths": {"/x": {"get": operation}}}
    (found,) = list(read_surface(document).operations or ())
    return found.security.requirement


@pytest.mark.parametrize(
    ("operation", "requirement"),
    [
        ({}, "none"),
        ({"security": []}, "none"),
        ({"security": [{}]}, "none"),
        ({"security": [7]}, "unknown"),
        ({"security": [None, {}]}, "unknown"),
        ({"security": {"a": []}}, "unknown"),
        ({"x-amazon-apigateway-auth": 7}, "unknown"),
        ({"x-amazon-apigateway-auth": {"type": 7}}, "unknown"),
        ({"x-amazon-apigateway-auth": {"type": "NONE"}}, "none"),
        ({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}, "required"),
    ],
)
def test_security_of_an_export_that_cannot_be_read_asks_nobody_knows_what(
    operation: Any, requirement: str
) -> None:
    assert requirement_of_export(operation) == requirement


@pytest.mark.parametrize(
    "paths", [7, "x", [1], {"/x": 7}, {"/x": {"get": 7}}, {"/x": {"get": None}}]
)
def test_what_stands_in_the_place_of_an_operation_is_not_left_out(paths: Any) -> None:
    with pytest.raises(Malformed):
        read_export(msgspec.json.encode({"openapi": "3.0.1", "paths": paths}), "")
    whole = {"openapi": "3.0.1", "paths": {"/x": {"get": {}}, "x-of-somebody": 7}}
    read = read_export(msgspec.json.encode(whole), "")
    assert read is not None
    assert [one.template for one in read.surface.operations or ()] == ["/x"]


@pytest.mark.parametrize(
    ("key", "requirement"),
    [(None, "none"), (False, "none"), (True, "required"), (7, "unknown"), ("true", "unknown")],
)
def test_an_api_key_that_is_asked_for_perhaps_is_not_taken_for_none(
    key: Any, requirement: str
) -> None:
    method = {"authorizationType": "NONE", "apiKeyRequired": key}
    (of_method,) = list(
        read_resources([{"path": "/x", "resourceMethods": {"GET": method}}], "x").operations or ()
    )
    route = {"RouteKey": "GET /x", "AuthorizationType": "NONE", "ApiKeyRequired": key}
    (of_route,) = list(read_http_routes(Routes([route], (), ())).operations or ())
    assert of_method.security.requirement == of_route.security.requirement == requirement


def test_a_route_whose_key_cannot_be_read_may_be_the_one_that_guards_all() -> None:
    routes: list[dict[str, Any]] = [{"RouteKey": 7}, {"RouteKey": "send"}]
    found = read_websocket_routes(Routes(routes, (), ())).operations or ()
    assert {each.security.requirement for each in found} == {"unknown"}
    guarded = read_websocket_routes(
        Routes([*routes, {"RouteKey": "$connect", "AuthorizationType": "AWS_IAM"}], (), ())
    )
    assert {each.security.requirement for each in guarded.operations or ()} == {"required"}
    plain = read_websocket_routes(Routes([{"RouteKey": "send"}], (), ())).operations or ()
    assert [each.security.requirement for each in plain] == ["none"]


@pytest.mark.parametrize(
    ("validator", "word"),
    [(None, OFF), ("", OFF), ("v", ON), (7, NOBODY_KNOWS), ([], NOBODY_KNOWS)],
)
def test_a_validator_that_cannot_be_read(validator: Any, word: str) -> None:
    operation = {"x-amazon-apigateway-request-validator": validator}
    document = {"openapi": "3.0.1", "paths": {"/x": {"get": operation}}}
    assert read_surface(document).validation == word
    method = {"authorizationType": "NONE", "requestValidatorId": validator}
    found = read_resources([{"path": "/x", "resourceMethods": {"GET": method}}], "x")
    assert found.validation == word


@pytest.mark.parametrize(
    ("kind", "word"),
    [("mock", ON), ("http", OFF), (None, OFF), (7, NOBODY_KNOWS), ([], NOBODY_KNOWS)],
)
def test_who_answers_a_preflight_that_cannot_be_read(kind: Any, word: str) -> None:
    operation = {"x-amazon-apigateway-integration": {"type": kind}}
    document = {"openapi": "3.0.1", "paths": {"/x": {"options": operation}}}
    assert read_surface(document).cors == word
    method = {"authorizationType": "NONE", "methodIntegration": {"type": kind}}
    found = read_resources([{"path": "/x", "resourceMethods": {"OPTIONS": method}}], "x")
    assert found.cors == word


FIELD = RootField(verb="QUERY", name="x", own=(), inherited=(), deprecated=False)


def asked_of(api: dict[str, Any]) -> tuple[str, list[str]]:
    (found,) = graphql.read_operations([FIELD], graphql.ways_in(api))
    return found.security.requirement, [each.kind for each in found.security.schemes]


@pytest.mark.parametrize("odd", [None, *NO_TEXT], ids=repr)
def test_a_default_that_cannot_be_read_is_none_of_the_others(odd: Any) -> None:
    others = [{"authenticationType": "API_KEY"}]
    api = {"authenticationType": odd, "additionalAuthenticationProviders": others}
    assert asked_of(api) == ("unknown", [])
    assert asked_of({**api, "authenticationType": "AWS_IAM"}) == ("required", ["iam"])


@pytest.mark.parametrize(
    ("others", "only"),
    [
        ([], True),
        (None, True),
        ([{"authenticationType": "API_KEY"}], False),
        ([{"authenticationType": 7}], False),
        ([7], False),
        (7, False),
    ],
)
def test_a_way_in_is_the_only_one_where_all_others_could_be_read(others: Any, only: bool) -> None:
    pool = "AMAZON_COGNITO_USER_POOLS"
    api = {"authenticationType": pool, "additionalAuthenticationProviders": others}
    assert modes.read_graphql(api).only == (pool if only else None)


@pytest.mark.parametrize(
    ("own", "requirement"),
    [
        ([{"authType": "API_KEY"}], "required"),
        ([{"authType": 7}], "unknown"),
        ([{"authType": "AWS_IAM"}, {"authType": None}], "unknown"),
        ([7], "unknown"),
        (7, "unknown"),
        ({"authType": "AWS_IAM"}, "unknown"),
    ],
)
def test_a_mode_of_a_namespace_that_cannot_be_read_leaves_it_unknown(
    own: Any, requirement: str
) -> None:
    configuration = {"defaultPublishAuthModes": [{"authType": "AWS_IAM"}]}
    namespace = {"name": "n", "publishAuthModes": own}
    made = events.normalise(
        {"apiId": "a", "eventConfig": configuration}, [namespace], (), PLACE, KEYS
    )
    found = {each.verb: each.security.requirement for each in made.operations or ()}
    assert found["publish"] == requirement
