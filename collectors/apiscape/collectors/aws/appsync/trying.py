"""What the rights of AppSync's collectors are tried with: each by one call, on the first API of a listing."""

from __future__ import annotations

from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.trials import Parameters, Recipes, Told

LIST_GRAPHQL, LIST_EVENT, LIST_DOMAINS = (
    "appsync:ListGraphqlApis",
    "appsync:ListApis",
    "appsync:ListDomainNames",
)


def _nothing(_told: Told) -> Parameters:
    return {}


def _merged(_told: Told) -> Parameters:
    return {"apiType": "MERGED"}


def _graphql_api(told: Told) -> Parameters:
    return {"apiId": text(told.first(LIST_GRAPHQL), "apiId") or ""}


def _root(told: Told) -> Parameters:
    return {**_graphql_api(told), "typeName": "Query"}


def _event_api(told: Told) -> Parameters:
    return {"apiId": text(told.first(LIST_EVENT), "apiId") or ""}


def _schema(told: Told) -> Parameters:
    return {**_graphql_api(told), "format": "SDL"}


def _domain(told: Told) -> Parameters:
    return {"domainName": text(told.first(LIST_DOMAINS), "domainName") or ""}


GRAPHQL_RECIPES: Recipes = {
    LIST_GRAPHQL: _nothing,
    "appsync:GetGraphqlApi": _graphql_api,
    "appsync:GetIntrospectionSchema": _schema,
    "appsync:ListDataSources": _graphql_api,
    "appsync:ListResolvers": _root,
    "appsync:ListFunctions": _graphql_api,
    "appsync:ListSourceApiAssociations": _graphql_api,
}
MERGED_RECIPES: Recipes = {**GRAPHQL_RECIPES, LIST_GRAPHQL: _merged}
EVENT_RECIPES: Recipes = {
    LIST_EVENT: _nothing,
    "appsync:GetApi": _event_api,
    "appsync:ListChannelNamespaces": _event_api,
    "appsync:ListDataSources": _event_api,
}
DOMAIN_RECIPES: Recipes = {
    LIST_DOMAINS: _nothing,
    "appsync:GetDomainName": _domain,
    "appsync:GetApiAssociation": _domain,
}
