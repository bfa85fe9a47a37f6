"""Whom CloudTrail's events of Lambda name: a function, by its name or an ARN, perhaps with a qualifier."""

from __future__ import annotations

import re

from apiscape.collectors.changing import Change

TOPIC = "lambda.amazonaws.com"

_CONCERNS = re.compile(
    r"(?:(?:Create|Update|Delete)FunctionUrlConfig|(?:Add|Remove)Permission|DeleteFunction|(?:Tag|Untag)Resource)"
    r"(?:\d{8}(?:v\d+)?)?"
)
"""Names of events that may concern a URL; most end in the day of a version of the API."""

_FUNCTION = re.compile(r"(?:(?:arn:[^:]+:lambda:[^:]*:)?[^:]*:?function:)?([^:]+)(?::[^:]+)?")


def named(change: Change) -> tuple[str, ...]:
    """Return the function that a change is of, where it may concern a URL."""
    given = change.subjects.get("functionName") or change.subjects.get("resource")
    if given is None or not _CONCERNS.fullmatch(change.name):
        return ()
    found = _FUNCTION.fullmatch(given)
    return (found[1],) if found else ()
