"""What stands behind a method or a route: Lambda, HTTP, a VPC link, nothing.

A backend is said once and takes the form of either generation of API Gateway.
"""

from __future__ import annotations

from typing import Any

import msgspec

Fields = dict[str, Any]  #: members of an AWS shape, by their modelled names


class Backend(msgspec.Struct, frozen=True, gc=False):
    """A backend before it is attached.

    Args:
        type: Integration type as API Gateway names it.
        target: Function name for Lambda, address for HTTP.
        link: Id of the VPC link it is reached through, if any.
        extra: Further members of the REST integration shape.
    """

    type: str
    target: str = ""
    link: str = ""
    extra: dict[str, Any] = {}


def lambda_backend(function: str, **extra: object) -> Backend:
    """Proxy to a Lambda function of the same account and region."""
    return Backend("AWS_PROXY", function, extra=extra)


def http_backend(url: str, **extra: object) -> Backend:
    """Proxy to an HTTP address over the internet."""
    return Backend("HTTP_PROXY", url, extra=extra)


def link_backend(link: str, url: str, **extra: object) -> Backend:
    """Proxy to an address inside a VPC through the link of that id."""
    return Backend("HTTP_PROXY", url, link, extra)


def mock_backend(**extra: object) -> Backend:
    """Answer without any backend, as CORS preflights do."""
    return Backend("MOCK", extra=extra)


def function_arn(account: str, region: str, function: str) -> str:
    """Give the ARN of a Lambda function."""
    return f"arn:aws:lambda:{region}:{account}:function:{function}"


def invocation_uri(account: str, region: str, function: str) -> str:
    """Give the address by which API Gateway invokes a Lambda function."""
    arn = function_arn(account, region, function)
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"


def rest_integration(backend: Backend, http_method: str, account: str, region: str) -> Fields:
    """Give a backend as the `methodIntegration` of a REST method."""
    fields: Fields = {
        "type": backend.type,
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29_000,
        "cacheKeyParameters": [],
    }
    if backend.type == "AWS_PROXY":
        fields |= {"httpMethod": "POST", "uri": invocation_uri(account, region, backend.target)}
    elif backend.type == "MOCK":
        fields |= {"requestTemplates": {"application/json": '{"statusCode": 200}'}}
    else:
        fields |= {"httpMethod": http_method, "uri": backend.target}
    if backend.link:
        fields |= {"connectionType": "VPC_LINK", "connectionId": backend.link}
    return fields | backend.extra


def v2_integration(backend: Backend, http_method: str, account: str, region: str) -> Fields:
    """Give a backend as an integration of an HTTP or WebSocket API, without its id."""
    fields: Fields = {
        "IntegrationType": backend.type,
        "ConnectionType": "VPC_LINK" if backend.link else "INTERNET",
        "PayloadFormatVersion": "2.0" if backend.type == "AWS_PROXY" else "1.0",
        "TimeoutInMillis": 30_000,
    }
    if backend.type == "AWS_PROXY":
        uri = function_arn(account, region, backend.target)
        fields |= {"IntegrationMethod": "POST", "IntegrationUri": uri}
    elif backend.type != "MOCK":
        fields |= {"IntegrationMethod": http_method, "IntegrationUri": backend.target}
    if backend.link:
        fields["ConnectionId"] = backend.link
    return fields
