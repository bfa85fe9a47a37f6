"""Data sources: where AppSync gets what it answers with, without anything that could be a credential."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.aws.backends import clean_uri
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.model.deployment import Backend
from apiscape.model.values import UNKNOWN, Unknown

NONE = "NONE"

_ADDRESSED = {
    "AWS_LAMBDA": ("lambda", "lambdaConfig", "lambdaFunctionArn"),
    "AMAZON_ELASTICSEARCH": ("search", "elasticsearchConfig", "endpoint"),
    "AMAZON_OPENSEARCH_SERVICE": ("search", "openSearchServiceConfig", "endpoint"),
    "HTTP": ("http", "httpConfig", "endpoint"),
    "AMAZON_EVENTBRIDGE": ("event_bus", "eventBridgeConfig", "eventBusArn"),
}
"""Kind of backend by type, and where its address is."""


def read_data_sources(given: Iterable[Item]) -> tuple[Backend, ...]:
    """Return the backends that data sources are, in the order of their names."""
    found = {name: _backend(name, item) for item in given if (name := text(item, "name"))}
    return tuple(found[name] for name in sorted(found))


def _backend(name: str, item: Item) -> Backend:
    kind = text(item, "type") or ""
    if kind == NONE:
        return Backend(key=name, kind="mock", address=None)
    if kind == "AMAZON_DYNAMODB":
        return Backend(key=name, kind="table", address=_table(part(item, "dynamodbConfig")))
    if kind == "RELATIONAL_DATABASE":
        database = part(part(item, "relationalDatabaseConfig"), "rdsHttpEndpointConfig")
        cluster = text(database, "dbClusterIdentifier")
        return Backend(key=name, kind="database", address=cluster or UNKNOWN)
    if kind in _ADDRESSED:
        word, configuration, member = _ADDRESSED[kind]
        address = text(part(item, configuration), member)
        return Backend(key=name, kind=word, address=clean_uri(address) if address else UNKNOWN)
    return Backend(key=name, kind="aws" if kind else "unknown")


def _table(configuration: Item) -> str | Unknown:
    table, region = text(configuration, "tableName"), text(configuration, "awsRegion")
    return f"dynamodb:{region or '?'}:table/{table}" if table else UNKNOWN
