from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.apigateway.exports import read_export, read_surface
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    needs_authorizers,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.authorizers import (
    authorizer_of_v2,
    security_of_export,
    security_of_type,
)
from apiscape.collectors.aws.backends import Backends, Integration, clean_uri
from apiscape.model.deployment import Backend, Operation
from apiscape.model.values import UNKNOWN, is_known

LAMBDA = "arn:aws:lambda:eu-west-1:1:function:orders"
INVOKE = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{LAMBDA}/invocations"


def backend(**given: Any) -> Backend:
    backends = Backends()
    backends.add(Integration(**given))
    return backends.all()[0]


@pytest.mark.parametrize(
    ("given", "kind", "address", "key"),
    [
        ({"type": "AWS_PROXY", "uri": INVOKE}, "lambda", LAMBDA, "lambda:orders"),
        ({"type": "AWS_PROXY", "uri": LAMBDA}, "lambda", LAMBDA, "lambda:orders"),
        (
            {"type": "AWS_PROXY", "uri": INVOKE.replace("orders", "${stageVariables.f}")},
            "lambda",
            LAMBDA.replace("orders", "${stageVariables.f}"),
            "lambda:${stageVariables.f}",
        ),
        (
            {"type": "AWS", "uri": "arn:aws:apigateway:eu-west-1:sqs:path/1/queue?x=1"},
            "queue",
            "arn:aws:apigateway:eu-west-1:sqs:path/1/queue",
            "queue:queue",
        ),
        (
            {"type": "AWS", "uri": "arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem"},
            "aws",
            "arn:aws:apigateway:eu-west-1:dynamodb:action/PutItem",
            "aws:PutItem",
        ),
        (
            {"type": "HTTP", "uri": "https://u:p@H.example:8443/a?k=1#f"},
            "http",
            "https://H.example:8443/a",
            "http:H.example",
        ),
        (
            {"type": "HTTP", "uri": "http://${stageVariables.h}/x"},
            "http",
            "http://${stageVariables.h}/x",
            "http:${stageVariables.h}",
        ),
        (
            {
                "type": "HTTP_PROXY",
                "uri": "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/x/1/2",
            },
            "service",
            "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/x/1/2",
            "service:2",
        ),
        ({"type": "MOCK"}, "mock", None, "mock"),
        (
            {"type": "AWS_PROXY", "subtype": "SQS-SendMessage"},
            "queue",
            "SQS-SendMessage",
            "queue:SQS-SendMessage",
        ),
        ({"type": "HTTP"}, "unknown", UNKNOWN, "unknown"),
    ],
)
def test_where_a_request_is_sent_on(
    given: dict[str, Any], kind: str, address: object, key: str
) -> None:
    found = backend(**given)
    assert (found.kind, found.address, found.key) == (kind, address, key)


def test_backends_of_one_name_have_keys_of_their_own_and_equal_ones_share_one() -> None:
    backends = Backends()
    keys = [
        backends.add(Integration(type="HTTP", uri=uri, connection=via))
        for uri, via in (
            ("https://h.example/a", None),
            ("https://h.example/b", None),
            ("https://h.example/a", None),
            ("https://h.example/a", "vpc1"),
        )
    ]
    assert keys == ["http:h.example", "http:h.example-2", "http:h.example", "http:h.example-3"]
    assert [one.via for one in backends.all()] == [None, None, "vpc1"]
    assert backends.add(Integration(type=None)) is None


@pytest.mark.parametrize(
    "uri", ["https://us\ner:p@h.example", "  https://u:p@h.example", "HTTPS://u:p@h.example?x"]
)
def test_no_trick_keeps_the_userinfo(uri: str) -> None:
    assert "p@" not in clean_uri(uri)


SCHEMES = {
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "pool": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {
            "type": "cognito_user_pools",
            "providerARNs": ["arn:pool"],
        },
    },
    "check": {
        "type": "apiKey",
        "name": "Unused",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "request",
            "identitySource": "method.request.header.Auth, method.request.querystring.q, context.x",
        },
    },
    "jwt": {
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]},
        },
    },
    "jwt1": {
        "type": "apiKey",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "jwtConfiguration": {"issuers": [{"issuer": "https://first.example"}]},
        },
    },
    "plain": {"type": "oauth2"},
    "oidc": {"type": "openIdConnect"},
    "odd": {"type": "telepathy"},
}


def asked(operation: dict[str, Any], *, inherits: bool = False) -> tuple[str, list[Any]]:
    security = security_of_export(operation, SCHEMES, inherits=inherits)
    return security.requirement, [
        (scheme.kind, scheme.location, scheme.issuer) for scheme in security.schemes
    ]


AUTH = "x-amazon-apigateway-auth"
HEADER = "header:Authorization"


@pytest.mark.parametrize(
    ("operation", "requirement", "schemes"),
    [
        ({}, "none", []),
        ({"security": []}, "none", []),
        ({AUTH: {"type": "NONE"}}, "none", []),
        ({AUTH: {"type": "AWS_IAM"}}, "required", [("iam", HEADER, None)]),
        (
            {"security": [{"sigv4": []}], AUTH: {"type": "AWS_IAM"}},
            "required",
            [("iam", HEADER, None)],
        ),
        (
            {"security": [{"api_key": []}], AUTH: {"type": "AWS_IAM"}},
            "required",
            [("iam", HEADER, None), ("api_key", "header:x-api-key", None)],
        ),
        ({"security": [{"api_key": []}]}, "required", [("api_key", "header:x-api-key", None)]),
        ({"security": [{"pool": ["r"]}]}, "required", [("jwt", HEADER, "arn:pool")]),
        (
            {"security": [{"check": []}]},
            "required",
            [("custom", "header:Auth, query:q", None)],
        ),
        ({"security": [{"jwt": []}]}, "required", [("jwt", HEADER, "https://issuer.example")]),
        ({"security": [{"jwt1": []}]}, "required", [("jwt", None, "https://first.example")]),
        ({"security": [{"plain": []}]}, "required", [("oauth2", None, None)]),
        ({"security": [{"oidc": []}]}, "required", [("oidc", None, None)]),
        ({"security": [{"odd": []}]}, "required", [("custom", None, None)]),
        ({"security": [{"never-defined": []}]}, "required", [("custom", None, None)]),
        ({AUTH: {"type": "COGNITO_USER_POOLS"}}, "required", [("jwt", None, None)]),
        ({AUTH: {"type": "QUANTUM"}}, "required", [("custom", None, None)]),
        ({"security": "nonsense"}, "unknown", []),
    ],
)
def test_what_an_exported_operation_asks_for(
    operation: dict[str, Any], requirement: str, schemes: list[Any]
) -> None:
    assert asked(operation) == (requirement, schemes)


def test_a_scheme_that_is_not_defined_is_known_by_its_usual_name() -> None:
    for name, kind in (("sigv4", "iam"), ("api_key", "api_key")):
        security = security_of_export({"security": [{name: []}]}, {}, inherits=False)
        assert [scheme.kind for scheme in security.schemes] == [kind]


def test_security_at_the_root_makes_what_has_none_of_its_own_unknown() -> None:
    assert asked({}, inherits=True) == ("unknown", [])
    assert asked({AUTH: {"type": "NONE"}}, inherits=True) == ("none", [])
    assert asked({"security": []}, inherits=True) == ("none", [])


@pytest.mark.parametrize(
    ("authorization", "requirement", "kinds"),
    [
        ("NONE", "none", []),
        ("AWS_IAM", "required", ["iam"]),
        ("CUSTOM", "required", ["custom"]),
        ("COGNITO_USER_POOLS", "required", ["jwt"]),
        ("JWT", "required", ["jwt"]),
        ("QUANTUM", "required", ["custom"]),
        (None, "unknown", []),
    ],
)
def test_what_an_authorization_type_asks_for(
    authorization: str | None, requirement: str, kinds: list[str]
) -> None:
    security = security_of_type(authorization, None, api_key=False, scopes=(), evidence="x")
    assert security.requirement == requirement
    assert [scheme.kind for scheme in security.schemes] == kinds
    with_key = security_of_type(authorization, None, api_key=True, scopes=(), evidence="x")
    if authorization:
        assert [scheme.kind for scheme in with_key.schemes] == [*kinds, "api_key"]
    perhaps = security_of_type(authorization, None, api_key=None, scopes=(), evidence="x")
    assert perhaps.requirement == ("required" if kinds else "unknown")
    assert [scheme.kind for scheme in perhaps.schemes] == kinds


def test_an_authorizer_of_the_second_generation() -> None:
    scheme = authorizer_of_v2(
        {
            "AuthorizerId": "a1",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": "https://i.example"},
        }
    )
    assert (scheme.kind, scheme.location, scheme.issuer, scheme.native_id) == (
        "jwt",
        HEADER,
        "https://i.example",
        "a1",
    )
    assert authorizer_of_v2({}).kind == "custom"


def one(operations: object) -> Operation:
    assert isinstance(operations, tuple)
    assert len(operations) == 1
    operation: Operation = operations[0]
    return operation


def test_an_export_with_shared_integrations_and_odd_entries() -> None:
    document = {
        "openapi": "3.0.1",
        "x-amazon-apigateway-request-validator": "all",
        "paths": {
            "/$default": {
                "x-amazon-apigateway-any-method": {
                    "isDefaultRoute": True,
                    "deprecated": True,
                    "x-amazon-apigateway-integration": {
                        "$ref": "#/components/x-amazon-apigateway-integrations/i1"
                    },
                },
                "parameters": [],
                "get": "nonsense",
                "GET": {},
            },
            "/nothing": None,
        },
        "components": {
            "x-amazon-apigateway-integrations": {
                "i1": {"type": "http_proxy", "uri": "http://b.example"}
            }
        },
    }
    surface = read_surface(document)
    operation = one(surface.operations)
    assert (operation.verb, operation.template, operation.deprecated) == ("ANY", "$default", True)
    assert operation.backend == "http:b.example"
    assert (surface.validation, surface.cors) == ("enabled", "disabled")


def test_an_export_of_nothing_has_no_operations() -> None:
    assert read_surface({}).operations == ()
    assert read_surface({"paths": {"/x": {"get": {}}}}).validation == "disabled"
    validated = {"paths": {"/x": {"get": {"x-amazon-apigateway-request-validator": "body"}}}}
    assert read_surface(validated).validation == "enabled"


@pytest.mark.parametrize("source", [b'{"swagger": "2.0"}', b'{"openapi": "2"}', b"{}"])
def test_an_export_in_another_format_than_asked_for_says_nothing(source: bytes) -> None:
    assert read_export(source, "/x") is None


def test_methods_without_content_are_unknown_and_not_open() -> None:
    surface = read_resources([{"path": "/x", "resourceMethods": {"GET": {}}}], "not deployed")
    operation = one(surface.operations)
    assert operation.security.requirement == "unknown"
    assert operation.backend is UNKNOWN


def test_the_working_copy_is_read() -> None:
    method = {
        "authorizationType": "COGNITO_USER_POOLS",
        "authorizerId": "a1",
        "authorizationScopes": ["r"],
        "operationName": "readX",
        "requestValidatorId": "v",
        "methodIntegration": {"type": "AWS_PROXY", "uri": INVOKE, "connectionId": "vpc1"},
    }
    preflight = {"authorizationType": "NONE", "methodIntegration": {"type": "MOCK"}}
    surface = read_resources(
        [
            {"path": "/x", "resourceMethods": {"GET": method, "OPTIONS": preflight}},
            {"path": "/", "resourceMethods": "nonsense"},
        ],
        "not deployed",
    )
    assert is_known(surface.operations)
    read, options = surface.operations
    assert (read.operation_id, read.backend) == ("readX", "lambda:orders")
    assert (read.security.schemes[0].native_id, read.security.schemes[0].scopes) == ("a1", ("r",))
    assert options.preflight
    assert (surface.validation, surface.cors) == ("enabled", "enabled")


def test_routes_whose_integrations_could_not_be_read_have_unknown_backends() -> None:
    routes = [{"RouteKey": "GET /x", "Target": "integrations/i1", "AuthorizationType": "NONE"}]
    surface = read_http_routes(Routes(routes, None, ()))
    assert surface.backends is UNKNOWN
    assert one(surface.operations).backend is UNKNOWN


def test_routes_with_odd_keys_are_kept() -> None:
    surface = read_http_routes(Routes([{}, {"RouteKey": "$default"}], [], ()))
    assert is_known(surface.operations)
    assert {(each.verb, each.template) for each in surface.operations} == {
        ("ANY", "?"),
        ("ANY", "$default"),
    }
    assert {each.security.requirement for each in surface.operations} == {"unknown"}


def test_an_unreadable_connect_route_leaves_every_message_unknown() -> None:
    routes = [{"RouteKey": "$connect"}, {"RouteKey": "send"}, {}]
    surface = read_websocket_routes(Routes(routes, [], ()))
    assert is_known(surface.operations)
    assert {each.security.requirement for each in surface.operations} == {"unknown"}


def test_authorizers_are_asked_for_only_where_a_route_points_at_one() -> None:
    assert needs_authorizers([{"AuthorizationType": "JWT"}])
    assert not needs_authorizers([{"AuthorizationType": "AWS_IAM"}, {}])


def test_an_authorizer_that_could_not_be_read_is_known_by_its_kind() -> None:
    route = {"RouteKey": "GET /x", "AuthorizationType": "JWT", "AuthorizerId": "a1"}
    surface = read_http_routes(Routes([route], [], None))
    scheme = one(surface.operations).security.schemes[0]
    assert (scheme.kind, scheme.native_id) == ("jwt", "a1")
