"""Authorizers and resource policies in the members that each generation of API Gateway gives them."""

from __future__ import annotations

from apiscape.demo.aws.estate.backends import Fields, invocation_uri

_HEADER = "method.request.header.Authorization"
_V2_HEADER = "$request.header.Authorization"


def cognito(*pool_arns: str, **fields: object) -> Fields:
    """Check tokens of Cognito user pools; for REST APIs."""
    return {
        "type": "COGNITO_USER_POOLS",
        "providerARNs": list(pool_arns),
        "authType": "cognito_user_pools",
        "identitySource": _HEADER,
    } | fields


def lambda_token(account: str, region: str, function: str, **fields: object) -> Fields:
    """Ask a Lambda function about the bearer token; for REST APIs."""
    return {
        "type": "TOKEN",
        "authType": "custom",
        "authorizerUri": invocation_uri(account, region, function),
        "identitySource": _HEADER,
        "authorizerResultTtlInSeconds": 300,
    } | fields


def lambda_request(account: str, region: str, function: str, **fields: object) -> Fields:
    """Ask a Lambda function about the whole request; for REST APIs."""
    return lambda_token(account, region, function) | {"type": "REQUEST"} | fields


def jwt(issuer: str, *audience: str, **fields: object) -> Fields:
    """Check JSON web tokens of an issuer; for HTTP APIs."""
    return {
        "AuthorizerType": "JWT",
        "IdentitySource": [_V2_HEADER],
        "JwtConfiguration": {"Issuer": issuer, "Audience": list(audience)},
    } | fields


def v2_lambda(account: str, region: str, function: str, **fields: object) -> Fields:
    """Ask a Lambda function; for HTTP and WebSocket APIs."""
    return {
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": invocation_uri(account, region, function),
        "AuthorizerPayloadFormatVersion": "2.0",
        "AuthorizerResultTtlInSeconds": 300,
        "IdentitySource": [_V2_HEADER],
    } | fields


def allow_from(condition: dict[str, dict[str, object]] | None = None) -> Fields:
    """Allow everyone to invoke, under a condition if one is given: a resource policy."""
    statement: Fields = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "execute-api:/*",
    }
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}
