"""Whom CloudTrail's events of AgentCore name: a gateway or a runtime, by id or ARN.

Rules, limits and targets of a gateway, endpoints and versions of a runtime are named with what they are of.
"""

from __future__ import annotations

import re

from apiscape.collectors.changing import Change

TOPIC = "bedrock-agentcore.amazonaws.com"

_ARN = re.compile(
    r"arn:[^:]+:bedrock-agentcore:[^:]*:[^:]*:(gateway|runtime)/([^/]+)(?:/.*)?", re.DOTALL
)


def named_gateway(change: Change) -> tuple[str, ...]:
    """Return the id of the gateway that a change is of."""
    return _named(change, "gateway", "gatewayIdentifier", "gatewayId", "made.gatewayId")


def named_runtime(change: Change) -> tuple[str, ...]:
    """Return the id of the runtime that a change is of."""
    return _named(change, "runtime", "agentRuntimeId", "made.agentRuntimeId")


def _named(change: Change, kind: str, *members: str) -> tuple[str, ...]:
    said = change.subjects
    given = next((said[member] for member in members if member in said), None)
    if given is None:
        given = said.get("resourceArn", "")
    elif not given.startswith("arn:"):
        return (given,)
    arn = _ARN.fullmatch(given)
    return (arn[2],) if arn is not None and arn[1] == kind else ()
