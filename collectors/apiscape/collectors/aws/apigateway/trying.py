"""What the rights to API Gateway are tried with: each by one call, on the first API or domain of a listing."""

from __future__ import annotations

from apiscape.collectors.aws.apigateway import domains
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.trials import NothingToTry, Parameters, Recipes, Told

REST_APIS, V2_APIS, DOMAINS = (
    "apigateway:GetRestApis",
    "apigatewayv2:GetApis",
    "apigateway:GetDomainNames",
)


def _nothing(_told: Told) -> Parameters:
    return {}


def _one(_told: Told) -> Parameters:
    return {"limit": 1}


def _rest_api(told: Told) -> Parameters:
    return {"restApiId": text(told.first(REST_APIS), "id") or ""}


def _rest_resources(told: Told) -> Parameters:
    return {**_rest_api(told), "limit": 1}


def _rest_export(told: Told) -> Parameters:
    api = _rest_api(told)
    stages = told.stages("apigateway:GetStages", "item")
    if stages is None:
        raise NothingToTry("no stage to try it on, for none could be listed")
    deployed = (text(stage, "stageName") for stage in stages if text(stage, "deploymentId"))
    stage = next(filter(None, deployed), None)
    if stage is None:
        raise NothingToTry("no deployed stage to try it on: the first REST API has none")
    return {**api, "stageName": stage, "exportType": "oas30", "accepts": "application/json"}


def _v2_api(told: Told) -> Parameters:
    return {"ApiId": text(told.first(V2_APIS), "ApiId") or ""}


def _v2_export(told: Told) -> Parameters:
    return {**_v2_api(told), "Specification": "OAS30", "OutputType": "JSON"}


def _public_domain(told: Told) -> Parameters:
    found = told.first(DOMAINS, "public domain", lambda each: not domains.is_private(each))
    return {"DomainName": text(found, "domainName") or ""}


def _private_domain(told: Told) -> Parameters:
    found = told.first(DOMAINS, "private domain", domains.is_private)
    identifier = text(found, "domainNameId")
    named = {"domainNameId": identifier} if identifier else {}
    return {"domainName": text(found, "domainName") or "", **named}


def _domain(told: Told) -> Parameters:
    found = told.first(DOMAINS)
    identifier = text(found, "domainNameId")
    named = {"domainNameId": identifier} if identifier else {}
    return {"domainName": text(found, "domainName") or "", **named}


def _plan(told: Told) -> Parameters:
    return {"usagePlanId": text(told.first("apigateway:GetUsagePlans"), "id") or "", "limit": 1}


RECIPES: Recipes = {
    REST_APIS: _nothing,
    "apigateway:GetDomainName": _domain,
    "apigateway:GetRestApi": _rest_api,
    "apigatewayv2:GetApi": _v2_api,
    "apigateway:GetStages": _rest_api,
    "apigateway:GetExport": _rest_export,
    "apigateway:GetResources": _rest_resources,
    V2_APIS: _nothing,
    "apigatewayv2:GetStages": _v2_api,
    "apigatewayv2:ExportApi": _v2_export,
    "apigatewayv2:GetRoutes": _v2_api,
    "apigatewayv2:GetIntegrations": _v2_api,
    "apigatewayv2:GetAuthorizers": _v2_api,
    DOMAINS: _nothing,
    "apigatewayv2:GetApiMappings": _public_domain,
    "apigatewayv2:ListRoutingRules": _public_domain,
    "apigateway:GetBasePathMappings": _private_domain,
    "apigateway:GetUsagePlanKeys": _plan,
    "apigateway:GetUsagePlans": _one,
}
