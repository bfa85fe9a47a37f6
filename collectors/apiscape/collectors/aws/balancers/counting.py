"""What load balancers call the figures of their APIs, and what they are told apart by.

A load balancer counts by target group and not by rule. So an API is counted whose rules lead to target
groups that no other API is sent to; of the others nobody can say which had how much. What a load
balancer answers itself, before it has chosen a target, is in no target group's figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from apiscape.collectors.aws.balancers.grouping import SPLIT, group_name
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.traffic import Figures, Subject, uncountable
from apiscape.collectors.measuring import Uncounted
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.values import is_known

FIGURES = Figures(
    namespace="AWS/ApplicationELB",
    requests=(("RequestCount", "Sum"),),
    errors_4xx=("HTTPCode_Target_4XX_Count",),
    errors_5xx=("HTTPCode_Target_5XX_Count",),
    latency="TargetResponseTime",
    unit_ms=1000.0,
    silence_is_none=False,
)
FUNCTION = "lambda"
MOST_GROUPS = 10
"""Target groups of one API that are asked for; each costs."""

_UNSEEN = "where its rules lead is not known, and a load balancer counts by target group"
_NOWHERE = "its rules lead to no target group, and a load balancer counts by target group"
_FUNCTION = "it leads to a function, whose target group could not be looked up"
GROUPS = "elbv2:DescribeTargetGroups"


def by_target_group(
    deployments: Sequence[Deployment], arns: Callable[[], Mapping[str, str]]
) -> Iterator[Subject | Uncounted]:
    """Yield APIs that have their target groups to themselves, and why the others cannot be counted.

    Args:
        deployments: All that are known of a region.
        arns: Looks up target groups by name; asked only where one is known by its function.
    """
    if any(each.kind == FUNCTION for item in deployments for each in _groups(item)):
        known = arns()
        deployments = [_with_arns(item, known) for item in deployments]
    shared = Counter(key for item in deployments for key in {each.key for each in _groups(item)})
    for item in deployments:
        groups = _groups(item)
        others = next((each.key for each in groups if shared[each.key] > 1), None)
        if not is_known(item.backends):
            yield uncountable(item, _UNSEEN)
        elif not groups:
            yield uncountable(item, _NOWHERE)
        elif others is not None:
            yield uncountable(item, _ambiguous(others, shared[others]))
        elif any(each.kind == FUNCTION for each in groups):
            yield uncountable(item, _FUNCTION)
        elif len(groups) > MOST_GROUPS:
            yield uncountable(item, f"its rules lead to more than {MOST_GROUPS} target groups")
        else:
            yield Subject(item.uid, tuple(_dimensions(item, str(each.address)) for each in groups))


def look_up(calls: Calls) -> Mapping[str, str]:
    """Return the ARNs of a region's target groups by name; none where they may not be read.

    Raises:
        CollectorError: what may be otherwise the next time.
    """
    try:
        listed = calls.everything(GROUPS)
    except ONE_DETAIL:
        return {}
    arns = filter(None, (text(each, "TargetGroupArn") for each in listed))
    return {group_name(arn): arn for arn in arns}


def _with_arns(item: Deployment, arns: Mapping[str, str]) -> Deployment:
    """Return an API whose functions stand as the target groups that lead to them."""
    if not is_known(item.backends):
        return item
    backends = tuple(
        msgspec.structs.replace(each, kind="target_group", address=arns[each.key])
        if each.kind == FUNCTION and each.key in arns
        else each
        for each in item.backends
    )
    return msgspec.structs.replace(item, backends=backends)


def _groups(item: Deployment) -> tuple[Backend, ...]:
    """Return the target groups that an API is sent to; their names are unique in a region."""
    known = item.backends if is_known(item.backends) else ()
    return tuple(each for each in known if each.kind != SPLIT)


def _dimensions(item: Deployment, arn: str) -> tuple[tuple[str, str], ...]:
    balancer = item.native_id.partition("#")[0].rpartition(":")[2]
    return (("TargetGroup", arn.rpartition(":")[2]), ("LoadBalancer", balancer))


def _ambiguous(group: str, apis: int) -> str:
    return f"a load balancer counts by target group and not by rule, and {apis} APIs are sent to {group!r}"
