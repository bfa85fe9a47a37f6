"""Whom CloudTrail's events of AppSync name. GraphQL, merged and Event APIs share one space of ids."""

from __future__ import annotations

import re

from apiscape.collectors.aws.again import FIREWALLS
from apiscape.collectors.changing import Change

TOPIC = "appsync.amazonaws.com"
TOPICS = (TOPIC, FIREWALLS)

_OF_EVENT_API = re.compile(r"(Create|Update|Delete)(Api|ChannelNamespace)")
_OF_DOMAIN = re.compile(r"(Create|Update|Delete)DomainName|(Associate|Disassociate)Api")
_OF_EITHER = re.compile(r"(Create|Update|Delete)(DataSource|ApiKey)|(Tag|Untag)Resource|.*WebACL")
_ARN = re.compile(
    r"arn:[^:]+:appsync:[^:]*:[^:]*:(?:/?v\d/)?(apis|domainnames)/([^/]+)(?:/.*)?", re.DOTALL
)


def named(change: Change, *, event: bool) -> tuple[str, ...]:
    """Return the id of the API that a change is of; what may be of any API is of all until one is known.

    Args:
        change: As the log has it.
        event: Whether Event APIs are meant, or all others.
    """
    said = change.subjects
    is_of_event = _OF_EVENT_API.fullmatch(change.name) is not None
    if _OF_DOMAIN.fullmatch(change.name) or "domainName" in said:
        return ()
    if is_of_event != event and not _OF_EITHER.fullmatch(change.name):
        return ()
    found = said.get("mergedApiIdentifier") or said.get("apiId") or said.get("made.in.apiId")
    return (_plain(found),) if found else _by_arn(change, "apis")


def named_domain(change: Change) -> tuple[str, ...]:
    """Return the domain name that a change is of."""
    found = change.subjects.get("domainName")
    return (found,) if found else _by_arn(change, "domainnames")


def _plain(identifier: str) -> str:
    """Return an id, of which a merged API's may be an ARN."""
    arn = _ARN.fullmatch(identifier)
    return arn[2] if arn else identifier


def _by_arn(change: Change, collection: str) -> tuple[str, ...]:
    arn = _ARN.fullmatch(change.subjects.get("resourceArn", ""))
    return (arn[2],) if arn is not None and arn[1] == collection else ()
