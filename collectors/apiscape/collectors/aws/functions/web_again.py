"""Whom CloudTrail's events name of web functions, which are logged as Lambda's: one, by its name or an ARN."""

from __future__ import annotations

import re

from apiscape.collectors.changing import Change

_CONCERNS = re.compile(r"(?:Create|Update|Delete)WebFunction\w*")
_ARN = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:web-function/([^/:]+)(?:[/:].*)?", re.DOTALL)
_MEMBERS = ("functionName", "resource", "resourceArn")


def named(change: Change) -> tuple[str, ...]:
    """Return the web function that a change is of; functions have the same events for tags and policies."""
    said = change.subjects
    for given in (said[member] for member in _MEMBERS if member in said):
        arn = _ARN.fullmatch(given)
        if arn is not None:
            return (arn[1],)
        if _CONCERNS.fullmatch(change.name):
            return (given,)
    return ()
