"""Which operation a request means, told from botocore's own service models.

rest-json and rest-xml services are routed by method and path template, `json` by the `X-Amz-Target`
header and `query` by the `Action` of the form.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.loaders
import botocore.model
import msgspec

#: Services this world speaks, by the name requests are signed with. The two generations of
#: API Gateway share one signing name and one host and differ by path; so do Lambda's.
SERVICES_BY_SIGNING_NAME = {
    "account": ("account",),
    "acm": ("acm",),
    "agent-registry": ("agent-registry-control",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "apprunner": ("apprunner",),
    "appsync": ("appsync",),
    "bedrock-agentcore": ("bedrock-agentcore-control",),
    "cloudfront": ("cloudfront",),
    "cloudtrail": ("cloudtrail",),
    "elasticloadbalancing": ("elbv2",),
    "lambda": ("lambda", "lambda-web"),
    "monitoring": ("cloudwatch",),
    "organizations": ("organizations",),
    "route53": ("route53",),
    "sts": ("sts",),
    "vpc-lattice": ("vpc-lattice",),
    "wafv2": ("wafv2",),
}

#: Services asked in nearly every visit: their tables are made before the first request.
_WARM = ("account", "apigateway", "sts")

REST = frozenset({"rest-json", "rest-xml"})
"""Protocols that speak by method and path."""

_LONGEST_BODY_PARSED = 65_536


class Request(msgspec.Struct, frozen=True, gc=False):
    """One HTTP request; `path` and `query` are still percent-encoded, header names lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""


class Match(msgspec.Struct, frozen=True, gc=False):
    """The operation that a request means, with the labels of its path."""

    service: str
    operation: str
    labels: dict[str, str]

    @property
    def name(self) -> str:
        """Qualified name, for instance `apigateway:GetRestApis`."""
        return f"{self.service}:{self.operation}"


class _Route(msgspec.Struct, frozen=True, gc=False):
    """A path template: labels stand as `{name}`, `query` must be among the request's pairs.

    The last label may be greedy (`{name+}`): it takes the rest of the path, slashes included.
    """

    service: str
    operation: str
    segments: tuple[str, ...]
    query: frozenset[tuple[str, str]]

    @property
    def greedy(self) -> bool:
        """Whether the last label takes the rest of the path."""
        return self.segments[-1].endswith("+}")

    def labels(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Match path segments; None if a literal or their number differs."""
        if self.greedy and len(segments) > len(self.segments):
            last = len(self.segments) - 1
            segments = (*segments[:last], "/".join(segments[last:]))
        if len(segments) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for template, given in zip(self.segments, segments, strict=True):
            if template.startswith("{"):
                found[template[1:-1].rstrip("+")] = unquote(given)
            elif template != given:
                return None
        return found

    def order(self) -> tuple[int, bool, int]:
        """Sort key: the most particular template first."""
        labels = sum(segment.startswith("{") for segment in self.segments)
        return -len(self.query), self.greedy, labels


_GREEDY = -1
"""Stands for any number of segments."""

_Table = dict[tuple[str, int], list[_Route]]


@cache
def model_loader() -> botocore.loaders.Loader:
    """Give the one reader of botocore's data files; it keeps what it read."""
    return botocore.loaders.create_loader()


@cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Load a service's model, once per process."""
    description = model_loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(description, service)


def protocol_of(service: str) -> str:
    """Give the protocol that the SDK speaks to a service: some services offer several."""
    return str(service_model(service).resolved_protocol)


@cache
def operation_model(service: str, operation: str) -> botocore.model.OperationModel:
    """Give an operation's model; resolving its shapes is costly, so it is kept."""
    return service_model(service).operation_model(operation)


@cache
def _rest_table(signing_name: str) -> _Table:
    table: _Table = {}
    for service in SERVICES_BY_SIGNING_NAME[signing_name]:
        model = service_model(service)
        if protocol_of(service) not in REST:
            continue
        for operation in model.operation_names:
            http: dict[str, Any] = model.operation_model(operation).http
            path, _, query = http["requestUri"].partition("?")
            segments = _segments(path)
            pairs = frozenset(parse_qsl(query, keep_blank_values=True))
            route = _Route(service, operation, segments, pairs)
            number = _GREEDY if route.greedy else len(segments)
            table.setdefault((http["method"], number), []).append(route)
    for routes in table.values():
        routes.sort(key=_Route.order)
    return table


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def find_operation(signing_name: str, request: Request) -> Match | None:
    """Say which operation a request means.

    Args:
        signing_name: Service name of the signature's credential scope.
        request: The request as read.

    Returns:
        The match, or None where no model of the service knows such a request.
    """
    if signing_name not in SERVICES_BY_SIGNING_NAME:
        return None
    service = SERVICES_BY_SIGNING_NAME[signing_name][0]
    protocol = protocol_of(service)
    if protocol in REST:
        return _find_rest(signing_name, request)
    operation = _action(request) if protocol == "query" else _target(request)
    known = operation in service_model(service).operation_names
    return Match(service, operation, {}) if known else None


def _target(request: Request) -> str:
    return request.headers.get("x-amz-target", "").rpartition(".")[2]


def _action(request: Request) -> str:
    form = parse_qs(request.body[:_LONGEST_BODY_PARSED].decode("utf-8", "replace"))
    return form.get("Action", [""])[0]


def _find_rest(signing_name: str, request: Request) -> Match | None:
    segments = _segments(request.path)
    pairs = set(parse_qsl(request.query, keep_blank_values=True))
    table = _rest_table(signing_name)
    routes = [
        route
        for number in (len(segments), _GREEDY)
        for route in table.get((request.method, number), ())
    ]
    for route in sorted(routes, key=_Route.order):
        if route.query and not route.query <= pairs:
            continue
        labels = route.labels(segments)
        if labels is not None:
            return Match(route.service, route.operation, labels)
    return None


def warm_up() -> None:
    """Build the routing tables that nearly every visit needs, so that its first request does not wait."""
    for signing_name in _WARM:
        _rest_table(signing_name)
