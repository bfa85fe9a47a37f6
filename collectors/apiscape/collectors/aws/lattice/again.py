"""Whom CloudTrail's events of VPC Lattice name: a service, or what stands around many."""

from __future__ import annotations

import re

from apiscape.collectors.changing import EVERY, Change

TOPIC = "vpc-lattice.amazonaws.com"

_SERVICE = re.compile(
    r"(?:arn:[^:]+:vpc-lattice:[^:]*:[^:]*:service/)?(svc-[^/:]+)(?:/.*)?", re.DOTALL
)
_AROUND = re.compile(r".*(ServiceNetwork|AuthPolicy|AccessLogSubscription).*")
_MEMBERS = ("serviceIdentifier", "resourceIdentifier", "resourceArn")


def named(change: Change) -> tuple[str, ...]:
    """Return the service that a change is of; what is of a network may be of all that it reaches."""
    said = change.subjects
    given = [said[member] for member in _MEMBERS if member in said]
    if change.name == "CreateService":
        given.append(said.get("made.id", ""))
    found = next(filter(None, map(_SERVICE.fullmatch, given)), None)
    if found is not None:
        return (found[1],)
    return (EVERY,) if _AROUND.fullmatch(change.name) else ()
