"""API Gateway v1 (`apigateway`): what an account has beside its APIs."""

from __future__ import annotations

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.handlers_rest import escape_policy
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.domain import ApiMapping, Domain
from apiscape.demo.aws.refusing.refusals import not_found

#: How v1 writes the mapping of a domain's root.
NO_BASE_PATH = "(none)"


def get_account(context: Context, params: Params) -> Output:
    """Give the account's settings in a region."""
    del params
    return {
        "cloudwatchRoleArn": f"arn:aws:iam::{context.account.id}:role/apigateway-logs",
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0},
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    }


def get_usage_plans(context: Context, params: Params) -> Output:
    """List usage plans, of one key if asked."""
    region = context.region
    key = params.get("keyId")
    plans = [
        plan
        for plan in list(region.usage_plans.values())
        if key is None or key in region.usage_plan_keys[plan["id"]]
    ]
    return page("apigateway", plans, params)


def get_usage_plan_keys(context: Context, params: Params) -> Output:
    """List the keys of a usage plan with their values: not for a read-only agent."""
    region = context.region
    if params["usagePlanId"] not in region.usage_plans:
        raise not_found("Invalid Usage Plan ID specified")
    keys = [region.api_keys[key] for key in region.usage_plan_keys[params["usagePlanId"]]]
    shown = [
        {"id": k["id"], "type": "API_KEY", "value": k["value"], "name": k["name"]} for k in keys
    ]
    return page("apigateway", shown, params)


def get_api_keys(context: Context, params: Params) -> Output:
    """List API keys, their values only if asked: not for a read-only agent."""
    with_values = params.get("includeValues", False)
    keys = [
        {name: value for name, value in key.items() if with_values or name != "value"}
        for key in list(context.region.api_keys.values())
    ]
    return page("apigateway", keys, params)


def get_vpc_links(context: Context, params: Params) -> Output:
    """List the VPC links of REST APIs."""
    return page("apigateway", list(context.region.vpc_links.values()), params)


def get_client_certificates(context: Context, params: Params) -> Output:
    """List client certificates."""
    return page("apigateway", list(context.region.client_certificates.values()), params)


def get_domain_names(context: Context, params: Params) -> Output:
    """List custom domain names, private ones included; none are shared from other accounts."""
    shared = params.get("resourceOwner") == "OTHER_ACCOUNTS"
    domains = [] if shared else list(context.region.domains.values())
    return page("apigateway", [_domain_fields(domain) for domain in domains], params)


def get_domain_name(context: Context, params: Params) -> Output:
    """Give one custom domain name; a private one by its id as well."""
    domain = context.region.domains.get(params["domainName"])
    if domain is None or params.get("domainNameId") != domain.fields.get("domainNameId"):
        raise not_found("Invalid domain name identifier specified")
    return _domain_fields(domain)


def _domain_fields(domain: Domain) -> Fields:
    if domain.policy is None:
        return domain.fields
    return {**domain.fields, "policy": escape_policy(domain.policy)}


def get_base_path_mappings(context: Context, params: Params) -> Output:
    """List a domain's mappings of REST APIs; multi-level paths show in v2 only."""
    domain = context.region.domains.get(params["domainName"])
    if domain is None or params.get("domainNameId") != domain.fields.get("domainNameId"):
        raise not_found("Invalid domain name identifier specified")
    shown = [
        _base_path_mapping(mapping)
        for mapping in list(domain.mappings)
        if mapping.api_id in context.region.rest_apis and "/" not in mapping.key
    ]
    return page("apigateway", shown, params)


def _base_path_mapping(mapping: ApiMapping) -> Fields:
    base_path = mapping.key or NO_BASE_PATH
    return {"basePath": base_path, "restApiId": mapping.api_id, "stage": mapping.stage}


def get_domain_name_access_associations(context: Context, params: Params) -> Output:
    """List which VPC endpoints reach private domain names."""
    shared = params.get("resourceOwner") == "OTHER_ACCOUNTS"
    found = [] if shared else list(context.region.access_associations)
    return page("apigateway", found, params)


def get_tags(context: Context, params: Params) -> Output:
    """Give the tags of a resource by its ARN."""
    kind, _, rest = params["resourceArn"].rpartition("::/")[2].partition("/")
    identifier, _, below = rest.partition("/")
    region = context.region
    tags: object = None
    if kind == "restapis" and identifier in region.rest_apis:
        api = region.rest_apis[identifier]
        stage = below.removeprefix("stages/")
        tags = (api.stages.get(stage) if stage else api.fields) or {}
    elif kind == "domainnames" and identifier in region.domains:
        tags = region.domains[identifier].fields
    elif kind == "usageplans":
        tags = region.usage_plans.get(identifier)
    if not isinstance(tags, dict):
        raise not_found("Invalid resource specified")
    return {"tags": tags.get("tags", {})}


HANDLERS: dict[str, Handler] = {
    "apigateway:GetAccount": get_account,
    "apigateway:GetApiKeys": get_api_keys,
    "apigateway:GetBasePathMappings": get_base_path_mappings,
    "apigateway:GetClientCertificates": get_client_certificates,
    "apigateway:GetDomainNameAccessAssociations": get_domain_name_access_associations,
    "apigateway:GetDomainName": get_domain_name,
    "apigateway:GetDomainNames": get_domain_names,
    "apigateway:GetTags": get_tags,
    "apigateway:GetUsagePlanKeys": get_usage_plan_keys,
    "apigateway:GetUsagePlans": get_usage_plans,
    "apigateway:GetVpcLinks": get_vpc_links,
}
