"""API Gateway v2 (`apigatewayv2`): HTTP and WebSocket APIs, and domains as v2 shows them."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.export_v2 import export_document
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.domain import Domain, Rule
from apiscape.demo.aws.refusing.refusals import bad_request, not_found

#: v2 knows only these two policies; it has no name for the newer ones of v1.
_V2_SECURITY_POLICIES = frozenset({"TLS_1_0", "TLS_1_2"})


def get_apis(context: Context, params: Params) -> Output:
    """List HTTP and WebSocket APIs."""
    return _page((api.fields for api in list(context.region.v2_apis.values())), params)


def get_api(context: Context, params: Params) -> Output:
    """Give one API."""
    return dict(context.v2_api(params).fields)


def get_stages(context: Context, params: Params) -> Output:
    """List an API's stages."""
    return _page(context.v2_api(params).stages.values(), params)


def get_routes(context: Context, params: Params) -> Output:
    """List the working copy's routes."""
    return _page(context.v2_api(params).working.routes.values(), params)


def get_integrations(context: Context, params: Params) -> Output:
    """List the working copy's integrations."""
    return _page(context.v2_api(params).working.integrations.values(), params)


def get_authorizers(context: Context, params: Params) -> Output:
    """List the working copy's authorizers."""
    return _page(context.v2_api(params).working.authorizers.values(), params)


def get_deployments(context: Context, params: Params) -> Output:
    """List an API's deployments."""
    deployments = list(context.v2_api(params).deployments.values())
    return _page((deployment.fields for deployment in deployments), params)


def export_api(context: Context, params: Params) -> Output:
    """Export an HTTP API as OpenAPI 3 in JSON: what a stage serves, or the working copy."""
    api = context.v2_api(params)
    if api.fields["ProtocolType"] != "HTTP":
        raise bad_request("Only HTTP APIs can be exported")
    if params["OutputType"] != "JSON":
        raise bad_request("This emulation exports JSON only")
    stage = params.get("StageName")
    if stage is not None and stage not in api.stages:
        raise not_found("Invalid stage identifier specified")
    extensions = params.get("IncludeExtensions", True)
    return {"body": export_document(api, stage, extensions=extensions)}


def get_domain_names(context: Context, params: Params) -> Output:
    """List custom domain names but for private ones, which v2 does not have."""
    domains = [domain for domain in list(context.region.domains.values()) if not domain.private]
    return _page((_domain(domain) for domain in domains), params)


def _domain(domain: Domain) -> Fields:
    given = domain.fields
    endpoint = given["endpointConfiguration"]["types"][0]
    policy = given["securityPolicy"]
    configuration: Fields = {
        "EndpointType": endpoint,
        "DomainNameStatus": given["domainNameStatus"],
        "CertificateArn": given.get("regionalCertificateArn") or given["certificateArn"],
        "ApiGatewayDomainName": given.get("regionalDomainName") or given["distributionDomainName"],
        "SecurityPolicy": policy if policy in _V2_SECURITY_POLICIES else "TLS_1_2",
    }
    fields: Fields = {
        "DomainName": domain.name,
        "DomainNameConfigurations": [configuration],
        "RoutingMode": given["routingMode"].replace("BASE_PATH", "API"),
        "Tags": given.get("tags", {}),
    }
    mutual_tls = given.get("mutualTlsAuthentication")
    if mutual_tls:
        members = {name[0].upper() + name[1:]: value for name, value in mutual_tls.items()}
        fields["MutualTlsAuthentication"] = members
    return fields


def get_api_mappings(context: Context, params: Params) -> Output:
    """List a domain's mappings: of either generation, multi-level ones included."""
    domain = context.region.domains.get(params["DomainName"])
    if domain is None or domain.private:
        raise not_found("Invalid domain name identifier specified")
    return _page(
        (
            {"ApiMappingId": m.id, "ApiId": m.api_id, "ApiMappingKey": m.key, "Stage": m.stage}
            for m in list(domain.mappings)
        ),
        params,
    )


def list_routing_rules(context: Context, params: Params) -> Output:
    """List a domain's routing rules, of a private one by its id as well; in no particular order."""
    domain = context.region.domains.get(params["DomainName"])
    if domain is None or params.get("DomainNameId") != domain.fields.get("domainNameId"):
        raise not_found("Invalid domain name identifier specified")
    place = f"arn:aws:apigateway:{context.region_name}:{context.account.id}"
    above = f"{place}:/domainnames/{domain.name}/routingrules"
    return page(
        "apigatewayv2:ListRoutingRules",
        [_rule(rule, above) for rule in list(domain.rules)],
        params,
    )


def _rule(rule: Rule, above: str) -> Fields:
    conditions: list[Fields] = [
        {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": glob}]}}
        for name, glob in rule.headers.items()
    ]
    if rule.paths:
        conditions.append({"MatchBasePaths": {"AnyOf": list(rule.paths)}})
    invoke = {"ApiId": rule.api_id, "Stage": rule.stage, "StripBasePath": rule.strip}
    return {
        "RoutingRuleId": rule.id,
        "RoutingRuleArn": f"{above}/{rule.id}",
        "Priority": rule.priority,
        "Conditions": conditions,
        "Actions": [{"InvokeApi": invoke}],
    }


def get_vpc_links(context: Context, params: Params) -> Output:
    """List the VPC links of HTTP APIs."""
    return _page(context.region.v2_vpc_links.values(), params)


def _page(items: Iterable[Fields], params: Params) -> Output:
    return page("apigatewayv2", list(items), params)


HANDLERS: dict[str, Handler] = {
    "apigatewayv2:ExportApi": export_api,
    "apigatewayv2:GetApi": get_api,
    "apigatewayv2:GetApiMappings": get_api_mappings,
    "apigatewayv2:GetApis": get_apis,
    "apigatewayv2:GetAuthorizers": get_authorizers,
    "apigatewayv2:GetDeployments": get_deployments,
    "apigatewayv2:GetDomainNames": get_domain_names,
    "apigatewayv2:GetIntegrations": get_integrations,
    "apigatewayv2:GetRoutes": get_routes,
    "apigatewayv2:GetStages": get_stages,
    "apigatewayv2:GetVpcLinks": get_vpc_links,
    "apigatewayv2:ListRoutingRules": list_routing_rules,
}
