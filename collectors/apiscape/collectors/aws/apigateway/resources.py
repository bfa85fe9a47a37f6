"""Read the working copy of a REST API (`GetResources` with methods embedded).

Only where there is no export: an API without a stage, or an export that was refused. It is not
what a stage serves, and each operation says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.apigateway.matching import match_of
from apiscape.collectors.aws.authorizers import security_of_type
from apiscape.collectors.aws.backends import Backends, Integration
from apiscape.collectors.aws.picking import Item, is_set, opted, part, parts, text, texts
from apiscape.collectors.aws.surface import Surface, switch
from apiscape.model.deployment import Operation
from apiscape.model.security import Scheme
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import SchemeKind

_TOKEN_KINDS = frozenset({"COGNITO_USER_POOLS", "JWT"})


def read_resources(resources: Sequence[Item], reason: str) -> Surface:
    """Return operations and backends of a working copy.

    Args:
        resources: Items of `GetResources`.
        reason: Why there is no export, for the evidence (`not deployed`).
    """
    backends = Backends()
    operations = tuple(_operations(resources, backends, f"working copy ({reason})"))
    methods = [pair for each in resources for pair in parts(each, "resourceMethods")]
    checked = [is_set(method, "requestValidatorId") for _, method in methods]
    odd = any(is_set(method, "methodIntegration", "type") is None for _, method in methods)
    preflights = any(operation.preflight for operation in operations)
    return Surface(
        operations=tuple(sorted(operations, key=lambda one: (one.template, one.verb))),
        backends=backends.all(),
        validation=switch(True if True in checked else None if None in checked else False),
        cors=switch(True if preflights else None if odd else False),
    )


def _operations(
    resources: Sequence[Item], backends: Backends, evidence: str
) -> Iterator[Operation]:
    for resource in resources:
        path = text(resource, "path") or "/"
        for verb, method in parts(resource, "resourceMethods"):
            integration = _integration(method)
            backend = backends.add(integration)
            yield Operation(
                verb=verb,
                template=path,
                operation_id=text(method, "operationName"),
                security=security_of_type(
                    text(method, "authorizationType"),
                    _authorizer(method),
                    api_key=opted(method, "apiKeyRequired"),
                    scopes=texts(method, "authorizationScopes"),
                    evidence=evidence,
                ),
                backend=backend if method else UNKNOWN,
                preflight=verb == "OPTIONS" and integration.mock,
                match=match_of(path),
            )


def _authorizer(method: Item) -> Scheme | None:
    identifier = text(method, "authorizerId")
    if identifier is None:
        return None
    token = text(method, "authorizationType") in _TOKEN_KINDS
    return Scheme(kind=SchemeKind.JWT if token else SchemeKind.CUSTOM, native_id=identifier)


def _integration(method: Item) -> Integration:
    given = part(method, "methodIntegration")
    kind = text(given, "type")
    return Integration(
        type=kind.upper() if kind else None,
        uri=text(given, "uri"),
        connection=text(given, "connectionId"),
    )
