"""Whom CloudTrail's events of App Runner name: a service, by its ARN."""

from __future__ import annotations

import re

from apiscape.collectors.aws.again import FIREWALLS
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.collectors.changing import Change
from apiscape.collectors.contract import Gone, Malformed

TOPIC = "apprunner.amazonaws.com"
TOPICS = (TOPIC, FIREWALLS)

_ARN = re.compile(r"arn:[^:]+:apprunner:[^:]*:[^:]*:service/[^/]+/[^/]+")
_LISTED = (
    *("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl"),
    *("CreatedAt", "UpdatedAt", "Status"),
)
"""What a listing says of a service: its description says much besides, an environment too."""


def named(change: Change) -> tuple[str, ...]:
    """Return the service that a change is of, one that was made among them."""
    found = filter(None, map(_ARN.fullmatch, change.subjects.values()))
    return tuple(dict.fromkeys(arn[0] for arn in found))


def read_listed(answer: Item, operation: str) -> Item:
    """Return a service as its listing has it.

    Args:
        answer: Its description, which App Runner gives of deleted services as well.
        operation: What answered.

    Raises:
        Gone: it is deleted.
        Malformed: there is no service in the answer.
    """
    service = part(answer, "Service")
    if not service:
        raise Malformed("the answer has no service", operation=operation)
    if text(service, "Status") == "DELETED":
        raise Gone(f"{operation} answered that it is deleted", operation=operation)
    return {name: service[name] for name in _LISTED if name in service}
