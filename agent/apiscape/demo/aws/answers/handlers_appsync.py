"""AppSync: GraphQL, merged and Event APIs, their schemas, data sources, namespaces and domain names."""

from __future__ import annotations

import re

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.appsync import AppSync, EventApi, GraphqlApi
from apiscape.demo.aws.refusing.refusals import Refusal, bad_request, not_found

_DIRECTIVE = re.compile(r"\s*@aws_\w+(?:\([^)]*\))?")


def list_graphql_apis(context: Context, params: Params) -> Output:
    """List GraphQL and merged APIs, of one type and of one's own or others' where that is asked for."""
    own = {None: None, "CURRENT_ACCOUNT": True, "OTHER_ACCOUNTS": False}[params.get("owner")]
    kind = params.get("apiType")
    chosen = [
        dict(api.fields)
        for api in list(_held(context).apis.values())
        if kind in {None, api.fields["apiType"]}
        and own in {None, api.fields["owner"] == context.account.id}
    ]
    return page("appsync:ListGraphqlApis", chosen, params)


def get_introspection_schema(context: Context, params: Params) -> Output:
    """Give an API's schema in its own language; the directives of AWS only where they are asked for."""
    api = _graphql(context, params)
    if params["format"] != "SDL":
        raise bad_request("This emulation gives SDL only")
    if not api.sdl:
        raise Refusal("GraphQLSchemaException", "No schema for this API")
    kept = params.get("includeDirectives", True)
    return {"schema": (api.sdl if kept else _DIRECTIVE.sub("", api.sdl)).encode()}


def list_data_sources(context: Context, params: Params) -> Output:
    """List an API's data sources."""
    held = _held(context)
    api = held.event_apis.get(params["apiId"]) or _graphql(context, params)
    return page("appsync:ListDataSources", [dict(each) for each in api.data_sources], params)


def list_resolvers(context: Context, params: Params) -> Output:
    """List the resolvers of the fields of one type."""
    found = _graphql(context, params).resolvers
    of_type = [dict(each) for each in found if each["typeName"] == params["typeName"]]
    return page("appsync:ListResolvers", of_type, params)


def list_functions(context: Context, params: Params) -> Output:
    """List the functions that pipelines are made of."""
    found = [dict(each) for each in _graphql(context, params).functions]
    return page("appsync:ListFunctions", found, params)


def list_source_api_associations(context: Context, params: Params) -> Output:
    """List what a merged API is made of."""
    found = [dict(each) for each in _graphql(context, params).sources]
    return page("appsync:ListSourceApiAssociations", found, params)


def get_graphql_api(context: Context, params: Params) -> Output:
    """Give one GraphQL or merged API."""
    return {"graphqlApi": dict(_graphql(context, params).fields)}


def get_api(context: Context, params: Params) -> Output:
    """Give one Event API."""
    return {"api": dict(_event(context, params).fields)}


def get_domain_name(context: Context, params: Params) -> Output:
    """Give one domain name."""
    found = _held(context).domains.get(params["domainName"])
    if found is None:
        raise not_found(f"Domain name {params['domainName']} not found.")
    return {"domainNameConfig": dict(found)}


def list_apis(context: Context, params: Params) -> Output:
    """List Event APIs."""
    found = [dict(api.fields) for api in list(_held(context).event_apis.values())]
    return page("appsync:ListApis", found, params)


def list_channel_namespaces(context: Context, params: Params) -> Output:
    """List an Event API's channel namespaces."""
    api = _event(context, params)
    found = [dict(each) for each in list(api.namespaces.values())]
    return page("appsync:ListChannelNamespaces", found, params)


def list_domain_names(context: Context, params: Params) -> Output:
    """List the region's domain names."""
    found = [dict(each) for each in list(_held(context).domains.values())]
    return page("appsync:ListDomainNames", found, params)


def get_api_association(context: Context, params: Params) -> Output:
    """Give the API that a domain name leads to."""
    found = _held(context).associations.get(params["domainName"])
    if found is None:
        raise not_found("The domain name is associated with no API")
    return {"apiAssociation": dict(found)}


def list_api_keys(context: Context, params: Params) -> Output:
    """List an API's keys: their ids are what callers send."""
    return {"apiKeys": [{"id": key} for key in _graphql(context, params).keys]}


def _held(context: Context) -> AppSync:
    return context.region.shelves.of(AppSync)


def _graphql(context: Context, params: Params) -> GraphqlApi:
    api = _held(context).apis.get(params["apiId"])
    if api is None:
        raise not_found(f"GraphQL API {params['apiId']} not found.")
    return api


def _event(context: Context, params: Params) -> EventApi:
    api = _held(context).event_apis.get(params["apiId"])
    if api is None:
        raise not_found(f"Api {params['apiId']} not found.")
    return api


HANDLERS: dict[str, Handler] = {
    "appsync:GetApi": get_api,
    "appsync:GetApiAssociation": get_api_association,
    "appsync:GetDomainName": get_domain_name,
    "appsync:GetGraphqlApi": get_graphql_api,
    "appsync:GetIntrospectionSchema": get_introspection_schema,
    "appsync:ListApiKeys": list_api_keys,
    "appsync:ListApis": list_apis,
    "appsync:ListChannelNamespaces": list_channel_namespaces,
    "appsync:ListDataSources": list_data_sources,
    "appsync:ListDomainNames": list_domain_names,
    "appsync:ListFunctions": list_functions,
    "appsync:ListGraphqlApis": list_graphql_apis,
    "appsync:ListResolvers": list_resolvers,
    "appsync:ListSourceApiAssociations": list_source_api_associations,
}
