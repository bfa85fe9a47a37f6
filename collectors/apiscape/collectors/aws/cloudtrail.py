"""CloudTrail's event history: who is told to have been changed, and nothing of what it was changed to.

`LookupEvents` takes one filter: the service that an event is of. So a read costs a call for each service and
every 50 events, those that only read included. It answers the newest first, minutes after the fact. An event
names an access key, an address and whatever else the caller sent: only ids are picked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.picking import Item, flag, items, moment, part, parts, text, texts
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Heard, Unheard
from apiscape.collectors.contract import Malformed, Permission, Quota, Throttled, Visit

LOOKUP = "cloudtrail:LookupEvents"

PERMISSION = Permission(
    action=LOOKUP,
    operations=(LOOKUP,),
    reveals="what was changed since the last visit, minutes after; the next visit sees it anyway",
    optional=True,
)
QUOTA = Quota(
    family="cloudtrail",
    rate_per_s=2.0,
    burst=2,
    source="https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html",
)

RECIPES: Recipes = {LOOKUP: lambda _told: {"MaxResults": 1}}

MOST_PAGES = 40
"""Pages of one service that are read at once: 2,000 events in a quarter of an hour."""

LARGEST_EVENT = 1_000_000
"""Characters of an event that are read at most; CloudTrail's own limit is a quarter of it."""

LONGEST_ID = 512

IDS = frozenset(
    {
        *("restApiId", "apiId", "mergedApiIdentifier", "usageplanId", "usagePlanId"),
        *("domainName", "domainNameId", "functionName", "resource"),
        *("serviceIdentifier", "resourceIdentifier", "serviceArn"),
        *("gatewayIdentifier", "gatewayId", "agentRuntimeId"),
        *("portalId", "hostedZoneId", "certificateArn"),
        *("distributionId", "distributionTenantId", "targetDistributionId"),
        *("primaryDistributionId", "stagingDistributionId"),
        *("loadBalancerArn", "listenerArn", "ruleArn", "resourceArn", "resource-arn"),
    }
)
"""Members of an event that name what it was done to: ids, and never a credential."""

OUTER_IDS = IDS | {"id"}
"""Those of what is asked or answered itself: one level below, `id` may be an API key of AppSync, its value."""

NAMED_BY_ID = frozenset({"distribution", "distributionTenant", "hostedZone"})
"""What stands one level below and is named by its `id`."""

LISTS = {"resourceArns": "", "rulePriorities": "ruleArn", "loadBalancers": "loadBalancerArn"}
"""Lists of such ids, or of what has such a member."""

MOST_LISTED = 100

READS = ("Get", "List", "Describe", "Lookup", "Export", "Search", "Test")
"""How the names of calls begin that only read, where an event does not say."""


def read_changes(
    calls: Calls, visit: Visit, topics: Sequence[str], since: datetime
) -> Iterator[Heard]:
    """Yield what was changed since a time in the region, by the event sources that `topics` names.

    Raises:
        CollectorError: nothing more can be read.
    """
    for topic in topics:
        visit.check()
        try:
            yield from _read_topic(calls, visit, topic, since)
        except Throttled:
            raise
        except ONE_OBJECT as error:
            yield Unheard(topic, error.record())


def _read_topic(calls: Calls, visit: Visit, topic: str, since: datetime) -> Iterator[Heard]:
    pages = calls.pages(
        LOOKUP,
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": topic}],
        StartTime=since,
    )
    for number, page in enumerate(pages, start=1):
        visit.check()
        for item in page.items:
            heard = read_event(item, topic)
            if heard is not None:
                yield heard
        if number >= MOST_PAGES and not page.last:
            most = Malformed(f"more than {MOST_PAGES} pages of events", operation=LOOKUP)
            yield Unheard(topic, most.record(), lost=True)
            return


def read_event(item: Item, topic: str) -> Heard | None:
    """Return what an event of `LookupEvents` says was changed; `None` where it only read, or came to nothing."""
    if text(item, "ReadOnly") == "true":
        return None
    event_id, at = text(item, "EventId"), moment(item, "EventTime")
    event = _decode(text(item, "CloudTrailEvent"))
    if event is None or event_id is None or at is None or len(event_id) > LONGEST_ID:
        unread = Malformed("an event of CloudTrail cannot be read", operation=LOOKUP)
        known = event_id if event_id is not None and len(event_id) <= LONGEST_ID else None
        return Unheard(topic, unread.record(), id=known, lost=True)
    name = text(event, "eventName") or text(item, "EventName") or ""
    if text(event, "errorCode") is not None or _only_reads(event, name):
        return None
    if text(event, "eventSource") not in {None, topic}:
        return None
    return Change(
        id=event_id, topic=topic, name=name[:LONGEST_ID], at=at, subjects=dict(_subjects(event))
    )


def _only_reads(event: Item, name: str) -> bool:
    said = flag(event, "readOnly")
    return name.startswith(READS) if said is None else said


def _decode(document: str | None) -> Mapping[str, Any] | None:
    """Return an event as an object, `None` where it is none."""
    if document is None or len(document) > LARGEST_EVENT:
        return None
    try:
        decoded = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _subjects(event: Item) -> Iterator[tuple[str, str]]:
    """Yield the ids in what was asked for, and as `made.…` in what was answered; as `in.…` one level below."""
    for member, prefix in (("requestParameters", ""), ("responseElements", "made.")):
        whole = part(event, member)
        for name, below in parts(event, member):
            yield from _ids(below, f"{prefix}in.", OUTER_IDS if name in NAMED_BY_ID else IDS)
        yield from _listed(whole, prefix)
        yield from _ids(whole, prefix, OUTER_IDS)


def _listed(held: Item, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the ids of lists, each under a name of its own."""
    for name, member in LISTS.items():
        given = items(held, name) if member else ()
        values = [text(each, member) for each in given] if member else texts(held, name)
        for number, value in enumerate(values[:MOST_LISTED]):
            if value is not None and len(value) <= LONGEST_ID:
                yield f"{prefix}{name}.{number}", value


def _ids(held: Item, prefix: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        value = text(held, name)
        if value is not None and len(value) <= LONGEST_ID:
            yield f"{prefix}{name}", value
