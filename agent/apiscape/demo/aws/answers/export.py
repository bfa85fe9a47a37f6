"""`GetExport`: what a stage of a REST API serves, as OpenAPI 3 in the manner of API Gateway.

Every operation carries its `security` (`api_key`, `sigv4`, or the authorizer's name), and with
extensions its integration and `x-amazon-apigateway-auth`. As with the real service, a body model
for other content than JSON makes the export fail.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.rest_api import RestApi, RestDefinition
from apiscape.demo.aws.refusing.refusals import bad_request

Document = dict[str, Any]

ANY_METHOD = "x-amazon-apigateway-any-method"
_LABEL = re.compile(r"{([^}+]+)\+?}")
_AUTHORIZERS = frozenset({"authorizers", "apigateway"})
_INTEGRATIONS = frozenset({"integrations", "apigateway"})
_INTEGRATION_MEMBERS = (
    "httpMethod",
    "uri",
    "connectionType",
    "connectionId",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "timeoutInMillis",
    "contentHandling",
    "tlsConfig",
)
_AUTHORIZER_MEMBERS = (
    "authorizerUri",
    "authorizerCredentials",
    "authorizerResultTtlInSeconds",
    "identityValidationExpression",
    "identitySource",
    "providerARNs",
    "jwtConfiguration",
)


def export_document(api: RestApi, stage: str, extensions: str) -> bytes:
    """Write the OpenAPI document of a stage.

    Args:
        api: The API.
        stage: Name of one of its stages.
        extensions: Value of the `extensions` parameter: comma-separated names.

    Raises:
        Refusal: The document cannot be built.
    """
    if api.export_refusal:
        raise bad_request(api.export_refusal)
    wanted = frozenset(extensions.split(","))
    definition = api.stage_definition(stage)
    deployed = api.deployments[api.stages[stage]["deploymentId"]].created
    version = str(api.fields.get("version") or deployed.strftime("%Y-%m-%dT%H:%M:%SZ"))
    document: Document = {
        "openapi": "3.0.1",
        "info": {"title": api.name, "version": version},
        "servers": [_server(api, stage)],
        "paths": {
            path: {
                _verb(verb): _operation(definition, path, m, wanted) for verb, m in verbs.items()
            }
            for path, verbs in definition.methods.items()
        },
        "components": _components(definition, wanted),
    }
    if api.fields.get("description"):
        document["info"]["description"] = api.fields["description"]
    if "apigateway" in wanted and api.policy is not None:
        document["x-amazon-apigateway-policy"] = api.policy
    return msgspec.json.encode(document)


def _server(api: RestApi, stage: str) -> Document:
    host = f"{api.id}.execute-api.{api.region.name}.amazonaws.com"
    return {
        "url": f"https://{host}/{{basePath}}",
        "variables": {"basePath": {"default": f"/{stage}"}},
    }


def _verb(verb: str) -> str:
    return ANY_METHOD if verb == "ANY" else verb.lower()


def _operation(
    definition: RestDefinition, path: str, method: Fields, wanted: frozenset[str]
) -> Document:
    operation: Document = {"responses": _responses(method)}
    if method.get("operationName"):
        operation["operationId"] = method["operationName"]
    parameters = _parameters(path, method)
    if parameters:
        operation["parameters"] = parameters
    if method.get("requestModels"):
        operation["requestBody"] = _request_body(definition, path, method)
    security = _security(definition, method)
    if security:
        operation["security"] = security
    if wanted & _AUTHORIZERS and method["authorizationType"] in {"NONE", "AWS_IAM"}:
        operation["x-amazon-apigateway-auth"] = {"type": method["authorizationType"]}
    if wanted & _INTEGRATIONS:
        operation["x-amazon-apigateway-integration"] = _integration(method["methodIntegration"])
    return operation


def _responses(method: Fields) -> Document:
    given = method.get("methodResponses") or {"200": {}}
    return {
        status: {
            "description": f"{status} response",
            "content": _content(response.get("responseModels", {})),
        }
        for status, response in given.items()
    }


def _content(models: dict[str, str]) -> Document:
    return {
        content_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}
        for content_type, model in models.items()
    }


def _request_body(definition: RestDefinition, path: str, method: Fields) -> Document:
    models: dict[str, str] = method["requestModels"]
    if not any("json" in content_type for content_type in models):
        verb = method["httpMethod"]
        raise bad_request(f"Only found non-JSON body models for {verb} {path}; cannot export")
    known = {kind: name for kind, name in models.items() if name in definition.models}
    return {"content": _content(known), "required": True}


def _parameters(path: str, method: Fields) -> list[Document]:
    found = [_parameter(name, "path", required=True) for name in _LABEL.findall(path)]
    places = {"querystring": "query", "header": "header"}
    for source, required in method.get("requestParameters", {}).items():
        _, _, rest = source.partition("method.request.")
        place, _, name = rest.partition(".")
        if place in places:
            found.append(_parameter(name, places[place], required=required))
    return found


def _parameter(name: str, place: str, *, required: bool) -> Document:
    parameter: Document = {"name": name, "in": place, "schema": {"type": "string"}}
    return parameter | {"required": True} if required else parameter


def _security(definition: RestDefinition, method: Fields) -> list[Document]:
    security: list[Document] = []
    authorizer = definition.authorizers.get(method.get("authorizerId", ""))
    if authorizer is not None:
        security.append({authorizer["name"]: list(method.get("authorizationScopes", ()))})
    elif method["authorizationType"] == "AWS_IAM":
        security.append({"sigv4": []})
    if method["apiKeyRequired"]:
        security.append({"api_key": []})
    return security


def _integration(integration: Fields) -> Document:
    document = {name: integration[name] for name in _INTEGRATION_MEMBERS if name in integration}
    document["type"] = integration["type"].lower()
    document["passthroughBehavior"] = integration["passthroughBehavior"].lower()
    responses = integration.get("integrationResponses") or {"default": {"statusCode": "200"}}
    document["responses"] = responses
    return document


def _components(definition: RestDefinition, wanted: frozenset[str]) -> Document:
    components: Document = {}
    if definition.models:
        components["schemas"] = {
            name: msgspec.json.decode(model["schema"])
            for name, model in definition.models.items()
            if "json" in model["contentType"]
        }
    methods = [method for verbs in definition.methods.values() for method in verbs.values()]
    schemes = {
        authorizer["name"]: _authorizer_scheme(authorizer, wanted)
        for authorizer in definition.authorizers.values()
    }
    if any(method["authorizationType"] == "AWS_IAM" for method in methods):
        schemes["sigv4"] = _header_scheme("Authorization") | {
            "x-amazon-apigateway-authtype": "awsSigv4"
        }
    if any(method["apiKeyRequired"] for method in methods):
        schemes["api_key"] = _header_scheme("x-api-key")
    if schemes:
        components["securitySchemes"] = schemes
    return components


def _header_scheme(header: str) -> Document:
    return {"type": "apiKey", "name": header, "in": "header"}


def _authorizer_scheme(authorizer: Fields, wanted: frozenset[str]) -> Document:
    header = authorizer.get("identitySource", "Authorization").rpartition(".")[2]
    scheme = _header_scheme(header)
    scheme["x-amazon-apigateway-authtype"] = authorizer.get("authType", "custom")
    if wanted & _AUTHORIZERS:
        scheme["x-amazon-apigateway-authorizer"] = {
            "type": authorizer["type"].lower(),
            **{name: authorizer[name] for name in _AUTHORIZER_MEMBERS if name in authorizer},
        }
    return scheme
