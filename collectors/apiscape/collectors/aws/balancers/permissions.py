"""The rights that reading load balancers takes, and the call that each is tried with."""

from __future__ import annotations

from apiscape.collectors.aws.balancers.network import is_network
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.trials import Parameters, Recipes, Told
from apiscape.collectors.contract import Permission

_BALANCERS, _LISTENERS = "elbv2:DescribeLoadBalancers", "elbv2:DescribeListeners"
_GROUPS, _FIREWALLS = "elbv2:DescribeTargetGroups", "wafv2:ListWebACLs"
_GUARDED = "wafv2:ListResourcesForWebACL"


def _reading(name: str, reveals: str, *, optional: bool = True) -> Permission:
    return Permission(
        action=f"elasticloadbalancing:{name}",
        operations=(f"elbv2:{name}",),
        reveals=reveals,
        optional=optional,
    )


PERMISSIONS = (
    _reading("DescribeLoadBalancers", "which load balancers exist", optional=False),
    _reading(
        "DescribeListeners", "listeners: ports, TLS policies, client certificates", optional=False
    ),
    _reading(
        "DescribeRules",
        "rules: hosts, paths and methods, who may call them, where they lead",
        optional=False,
    ),
    _reading("DescribeTags", "tags: owners, environments, which cluster made a load balancer"),
    _reading("DescribeTargetGroups", "whether targets speak gRPC"),
    Permission(
        action="elasticloadbalancing:DescribeTargetHealth",
        operations=("elbv2:DescribeTargetHealth",),
        reveals="how many targets take requests, and which are functions",
        optional=True,
        asked_where="load_balancers.target_health",
    ),
    _reading("DescribeLoadBalancerAttributes", "access logs, and how odd requests are treated"),
    Permission(
        action="wafv2:ListWebACLs",
        operations=(_FIREWALLS,),
        reveals="which firewalls exist; without it nobody knows whether one stands before a load balancer",
        optional=True,
    ),
    Permission(
        action="wafv2:ListResourcesForWebACL",
        operations=(_GUARDED,),
        reveals="which load balancers each firewall stands before",
        optional=True,
    ),
    Permission(
        action="elasticloadbalancing:DescribeWebACLAssociation",
        operations=(_GUARDED,),
        reveals="the same: that call asks for both",
        optional=True,
    ),
)


def _nothing(_told: Told) -> Parameters:
    return {}


def _balancer(told: Told) -> Parameters:
    found = told.first(_BALANCERS, takes=lambda each: not is_network(each))
    return {"LoadBalancerArn": text(found, "LoadBalancerArn") or ""}


def _listener(told: Told) -> Parameters:
    return {"ListenerArn": text(told.first(_LISTENERS, "listener"), "ListenerArn") or ""}


def _tagged(told: Told) -> Parameters:
    return {"ResourceArns": [text(told.first(_BALANCERS), "LoadBalancerArn") or ""]}


def _group(told: Told) -> Parameters:
    return {"TargetGroupArn": text(told.first(_GROUPS, "target group"), "TargetGroupArn") or ""}


def _regional(_told: Told) -> Parameters:
    return {"Scope": "REGIONAL"}


def _firewall(told: Told) -> Parameters:
    arn = text(told.first(_FIREWALLS, "firewall"), "ARN") or ""
    return {"WebACLArn": arn, "ResourceType": "APPLICATION_LOAD_BALANCER"}


RECIPES: Recipes = {
    _BALANCERS: _nothing,
    _LISTENERS: _balancer,
    "elbv2:DescribeRules": _listener,
    "elbv2:DescribeTags": _tagged,
    _GROUPS: _nothing,
    "elbv2:DescribeTargetHealth": _group,
    "elbv2:DescribeLoadBalancerAttributes": _balancer,
    _FIREWALLS: _regional,
    _GUARDED: _firewall,
}
"""What each call is asked with."""
