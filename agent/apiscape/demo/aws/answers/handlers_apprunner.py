"""AWS App Runner (`apprunner`), and the one call of its firewall (`wafv2`)."""

from __future__ import annotations

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.apprunner import AppRunner, Service
from apiscape.demo.aws.refusing.refusals import Refusal, no_such_item

_SUMMARY = (
    *("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl"),
    *("CreatedAt", "UpdatedAt", "Status"),
)


def _service(context: Context, arn: str) -> Service:
    held = context.region.shelves.of(AppRunner)
    found = held.by_arn.get(arn) or held.deleted.get(arn)
    if found is None:
        raise Refusal(
            "ResourceNotFoundException", f"Service with the provided ARN not found: {arn}"
        )
    return found


def list_services(context: Context, params: Params) -> Output:
    """List services, as summaries."""
    services = list(context.region.shelves.of(AppRunner).by_arn.values())
    summaries = [{name: each.fields[name] for name in _SUMMARY} for each in services]
    return page("apprunner:ListServices", summaries, params)


def describe_service(context: Context, params: Params) -> Output:
    """Give a service, the values of its environment included."""
    return {"Service": dict(_service(context, params["ServiceArn"]).fields)}


def describe_custom_domains(context: Context, params: Params) -> Output:
    """List a service's custom domains."""
    service = _service(context, params["ServiceArn"])
    listed = page("apprunner:DescribeCustomDomains", service.domains, params)
    target = {"DNSTarget": service.fields["ServiceUrl"], "ServiceArn": service.arn}
    return {**listed, **target, "VpcDNSTargets": []}


def list_tags_for_resource(context: Context, params: Params) -> Output:
    """Give a service's tags."""
    tags = _service(context, params["ResourceArn"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def get_web_acl_for_resource(context: Context, params: Params) -> Output:
    """Give the web ACL before a service, nothing where there is none."""
    service = context.region.shelves.of(AppRunner).by_arn.get(params["ResourceArn"])
    if service is None:
        raise no_such_item()
    arn = service.firewall
    if arn is None:
        return {}
    web_acl = {
        "Name": arn.split("/")[-2],
        "Id": arn.rpartition("/")[2],
        "ARN": arn,
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": {
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "edge",
        },
    }
    return {"WebACL": web_acl}


HANDLERS: dict[str, Handler] = {
    "apprunner:DescribeCustomDomains": describe_custom_domains,
    "apprunner:DescribeService": describe_service,
    "apprunner:ListServices": list_services,
    "apprunner:ListTagsForResource": list_tags_for_resource,
    "wafv2:GetWebACLForResource": get_web_acl_for_resource,
}
