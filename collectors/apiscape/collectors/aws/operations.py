"""Published limits of API Gateway's control plane, and which call draws on which.

CloudWatch has a limit of its own (`cloudwatch`), and so has every other service: its name is the
family, unless an operation has one to itself (`families`).

"Amazon API Gateway quotas": all management operations of an account together 10 requests per
second with a burst of 40, of both generations; `GetResources` 5 requests per 2 seconds. They
cannot be raised, and the customer's own deployments draw on them too.
"""

from __future__ import annotations

from apiscape.collectors.contract import Permission, Quota

CONTROL_PLANE = "apigateway"
RESOURCES = "apigateway:GetResources"
CLOUDWATCH = "cloudwatch:"
SOURCE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"

UNPUBLISHED = "not published; chosen low enough to go unnoticed"

_OF_THEIR_OWN = frozenset(
    {
        *("acm", "agent-registry-control", "apprunner", "appsync", "bedrock-agentcore-control"),
        *("cloudfront", "cloudtrail", "elbv2", "lambda", "lambda-web", "route53"),
        *("vpc-lattice", "wafv2"),
    }
)
"""Services whose calls draw on a limit of their own, called after the service."""

EVERYWHERE = frozenset({"cloudfront", "route53"})
"""Services without regions: one of an account, wherever it is asked."""

CONTROL_PLANE_QUOTA = Quota(
    family=CONTROL_PLANE, rate_per_s=10.0, burst=40, scope="account", source=SOURCE
)
RESOURCES_QUOTA = Quota(family=RESOURCES, rate_per_s=2.5, burst=5, scope="account", source=SOURCE)


def families(operation: str) -> tuple[str, ...]:
    """Return the quota families that a call draws on (`apigateway:GetStages`)."""
    service = operation.partition(":")[0]
    if operation.startswith(CLOUDWATCH):
        return (operation,)
    if operation == RESOURCES:
        return (CONTROL_PLANE, RESOURCES)
    return (service if service in _OF_THEIR_OWN else CONTROL_PLANE,)


def whereabouts(operation: str, account: str, region: str) -> str:
    """Return in words where a call is made: in a region, or in an account where its service knows none."""
    service = operation.partition(":")[0]
    return f"account {account} (global)" if service in EVERYWHERE else region


def unpublished_quota(family: str) -> Quota:
    """Return the limit taken for a service that publishes none: 10 calls a second, and no burst above it."""
    return Quota(family=family, rate_per_s=10.0, burst=10, scope="account", source=UNPUBLISHED)


def needed_permission(operation: str, permissions: tuple[Permission, ...]) -> str | None:
    """Return the right that a call needs, in IAM's words: `apigateway:GET on /restapis`."""
    for permission in permissions:
        if operation in permission.operations:
            paths = (resource.rpartition(":")[2] for resource in permission.resources)
            named = " ".join(path for path in paths if path != "*")
            return f"{permission.action} on {named}" if named else permission.action
    return None
