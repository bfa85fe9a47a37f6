"""Elastic Load Balancing v2 (`elbv2`) and the firewalls before it (`wafv2`)."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.balancers import Balancers, Listener, LoadBalancer, TargetGroup
from apiscape.demo.aws.refusing.refusals import Refusal, no_such_item

#: Resources whose tags one call tells.
MOST_TAGGED = 20

_BALANCER_TYPE = "APPLICATION_LOAD_BALANCER"


def describe_load_balancers(context: Context, params: Params) -> Output:
    """List load balancers of every type, or those that are asked for, each of which must be there."""
    held, asked = _shelf(context).balancers, params.get("LoadBalancerArns", [])
    if any(arn not in held for arn in asked):
        raise _not_found("LoadBalancer", "load balancers")
    fields = [each.fields for each in list(held.values()) if not asked or each.arn in asked]
    return page("elbv2:DescribeLoadBalancers", fields, params)


def describe_listeners(context: Context, params: Params) -> Output:
    """List the listeners of a load balancer."""
    balancer = _balancer(context, params)
    fields = [each.fields for each in list(balancer.listeners.values())]
    return page("elbv2:DescribeListeners", fields, params)


def describe_rules(context: Context, params: Params) -> Output:
    """List the rules of a listener, the default one last."""
    found = _listener(_shelf(context).balancers.values(), params.get("ListenerArn", ""))
    return page("elbv2:DescribeRules", found.all_rules(), params)


def describe_load_balancer_attributes(context: Context, params: Params) -> Output:
    """Give the attributes of a load balancer."""
    attributes = _balancer(context, params).attributes
    return {"Attributes": [{"Key": key, "Value": value} for key, value in attributes.items()]}


def describe_target_groups(context: Context, params: Params) -> Output:
    """List target groups."""
    fields: list[Fields] = [each.fields for each in list(_shelf(context).groups.values())]
    return page("elbv2:DescribeTargetGroups", fields, params)


def describe_target_health(context: Context, params: Params) -> Output:
    """Give the state of each target of a group."""
    group = _group(context, params)
    return {
        "TargetHealthDescriptions": [
            {
                "Target": {"Id": target, "Port": group.fields["Port"]},
                "TargetHealth": {"State": state},
            }
            for target, state in group.states.items()
        ]
    }


def describe_tags(context: Context, params: Params) -> Output:
    """Give the tags of load balancers; one that is not there fails the whole call."""
    arns = params["ResourceArns"]
    if len(arns) > MOST_TAGGED:
        raise Refusal("ValidationError", f"Up to {MOST_TAGGED} resources can be described")
    shelf = _shelf(context)
    if any(arn not in shelf.balancers for arn in arns):
        raise _not_found("LoadBalancer", "load balancers")
    return {"TagDescriptions": [_tags(shelf.balancers[arn]) for arn in arns]}


def list_web_acls(context: Context, params: Params) -> Output:
    """List firewalls; those of CloudFront are none of a region."""
    arns = list(_shelf(context).web_acls) if params["Scope"] == "REGIONAL" else []
    named = [(arn, *arn.split("/")[-2:]) for arn in arns]
    found = [{"ARN": arn, "Name": name, "Id": key} for arn, name, key in named]
    return page("wafv2:ListWebACLs", found, params)


def list_resources_for_web_acl(context: Context, params: Params) -> Output:
    """List the load balancers that a firewall stands before."""
    guarded = _shelf(context).web_acls.get(params["WebACLArn"])
    if guarded is None:
        raise no_such_item()
    is_asked = params.get("ResourceType", _BALANCER_TYPE) == _BALANCER_TYPE
    return {"ResourceArns": list(guarded) if is_asked else []}


def _shelf(context: Context) -> Balancers:
    return context.region.shelves.of(Balancers)


def _balancer(context: Context, params: Params) -> LoadBalancer:
    found = _shelf(context).balancers.get(params.get("LoadBalancerArn", ""))
    if found is None:
        raise _not_found("LoadBalancer", "load balancers")
    return found


def _listener(balancers: Iterable[LoadBalancer], arn: str) -> Listener:
    for balancer in list(balancers):
        if arn in balancer.listeners:
            return balancer.listeners[arn]
    raise _not_found("Listener", "listeners")


def _group(context: Context, params: Params) -> TargetGroup:
    found = _shelf(context).groups.get(params["TargetGroupArn"])
    if found is None:
        raise _not_found("TargetGroup", "target groups")
    return found


def _not_found(kind: str, words: str) -> Refusal:
    """Refuse as the service does: 400, and the kind in the code."""
    return Refusal(f"{kind}NotFound", f"One or more {words} not found")


def _tags(balancer: LoadBalancer) -> Fields:
    tags = [{"Key": key, "Value": value} for key, value in balancer.tags.items()]
    return {"ResourceArn": balancer.arn, "Tags": tags}


HANDLERS: dict[str, Handler] = {
    "elbv2:DescribeListeners": describe_listeners,
    "elbv2:DescribeLoadBalancerAttributes": describe_load_balancer_attributes,
    "elbv2:DescribeLoadBalancers": describe_load_balancers,
    "elbv2:DescribeRules": describe_rules,
    "elbv2:DescribeTags": describe_tags,
    "elbv2:DescribeTargetGroups": describe_target_groups,
    "elbv2:DescribeTargetHealth": describe_target_health,
    "wafv2:ListResourcesForWebACL": list_resources_for_web_acl,
    "wafv2:ListWebACLs": list_web_acls,
}
