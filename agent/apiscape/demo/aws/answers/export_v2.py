"""`ExportApi`: an HTTP API as OpenAPI 3, of a stage or of the working copy."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.demo.aws.answers.export import ANY_METHOD
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.v2_api import V2Api, V2Definition

Document = dict[str, Any]

_INTEGRATION_MEMBERS = {
    "IntegrationMethod": "httpMethod",
    "IntegrationUri": "uri",
    "ConnectionType": "connectionType",
    "ConnectionId": "connectionId",
    "CredentialsArn": "credentials",
    "PayloadFormatVersion": "payloadFormatVersion",
    "TimeoutInMillis": "timeoutInMillis",
    "RequestParameters": "requestParameters",
    "TlsConfig": "tlsConfig",
}


def export_document(api: V2Api, stage: str | None, *, extensions: bool) -> bytes:
    """Write the OpenAPI document of a stage, or of the working copy if none is named."""
    definition = api.stage_definition(stage) if stage else api.working
    paths: dict[str, Document] = {}
    for route in definition.routes.values():
        verb, path = _place(route["RouteKey"])
        paths.setdefault(path, {})[verb] = _operation(definition, route, extensions=extensions)
    base_path = "" if stage in {None, "$default"} else f"/{stage}"
    server: Document = {"url": f"{api.fields['ApiEndpoint']}/{{basePath}}"}
    server["variables"] = {"basePath": {"default": base_path}}
    document: Document = {
        "openapi": "3.0.1",
        "info": {"title": api.name, "version": api.fields.get("Version", "v1")},
        "servers": [server],
        "paths": paths,
        "components": {"securitySchemes": _schemes(definition, extensions=extensions)},
    }
    if extensions:
        document["x-amazon-apigateway-importexport-version"] = "1.0"
    return msgspec.json.encode(document)


def _place(route_key: str) -> tuple[str, str]:
    if route_key == "$default":
        return ANY_METHOD, "/$default"
    verb, _, path = route_key.partition(" ")
    return (ANY_METHOD if verb == "ANY" else verb.lower()), path


def _operation(definition: V2Definition, route: Fields, *, extensions: bool) -> Document:
    operation: Document = {"responses": {"default": {"description": f"{route['RouteKey']}"}}}
    if route["RouteKey"] == "$default":
        operation["isDefaultRoute"] = True
    authorizer = definition.authorizers.get(route.get("AuthorizerId", ""))
    if authorizer is not None:
        operation["security"] = [{authorizer["Name"]: list(route.get("AuthorizationScopes", ()))}]
    if extensions:
        if route["AuthorizationType"] == "AWS_IAM":
            operation["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
        target = route["Target"].removeprefix("integrations/")
        integration = _integration(definition.integrations[target])
        operation["x-amazon-apigateway-integration"] = integration
    return operation


def _integration(integration: Fields) -> Document:
    document: Document = {
        wire_name: integration[name]
        for name, wire_name in _INTEGRATION_MEMBERS.items()
        if name in integration
    }
    document["type"] = integration["IntegrationType"].lower()
    return document


def _schemes(definition: V2Definition, *, extensions: bool) -> Document:
    return {
        authorizer["Name"]: _scheme(authorizer, extensions=extensions)
        for authorizer in definition.authorizers.values()
    }


def _scheme(authorizer: Fields, *, extensions: bool) -> Document:
    if authorizer["AuthorizerType"] == "JWT":
        scheme: Document = {"type": "oauth2", "flows": {}}
        given = authorizer["JwtConfiguration"]
        configuration = {"issuer": given["Issuer"], "audience": given["Audience"]}
        details: Document = {"type": "jwt", "jwtConfiguration": configuration}
    else:
        scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
        details = {"type": "request", "authorizerUri": authorizer["AuthorizerUri"]}
        if "AuthorizerCredentialsArn" in authorizer:
            details["authorizerCredentials"] = authorizer["AuthorizerCredentialsArn"]
    details["identitySource"] = ",".join(authorizer["IdentitySource"])
    return scheme | {"x-amazon-apigateway-authorizer": details} if extensions else scheme
