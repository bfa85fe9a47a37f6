"""Whom CloudTrail's events name of load balancers: themselves, their listeners, rules and firewalls."""

from __future__ import annotations

import re

from apiscape.collectors.aws.again import FIREWALLS
from apiscape.collectors.changing import EVERY, Change

TOPIC = "elasticloadbalancing.amazonaws.com"
TOPICS = (TOPIC, FIREWALLS)

_ARN = re.compile(
    r"(arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*):(?:loadbalancer|listener|listener-rule)/(app/[^/]+/[^/]+)(?:/.*)?",
    re.DOTALL,
)
_AROUND = "ModifyTargetGroup"
"""What a backend is changed by; the load balancers that lead to it are not named."""


def named(change: Change) -> tuple[str, ...]:
    """Return the application load balancers that a change is of, whose ARNs are in those of all beneath them."""
    found = filter(None, map(_ARN.fullmatch, change.subjects.values()))
    arns = tuple(dict.fromkeys(f"{arn[1]}:loadbalancer/{arn[2]}" for arn in found))
    return arns or ((EVERY,) if change.name == _AROUND else ())
