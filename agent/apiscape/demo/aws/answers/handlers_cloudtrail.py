"""CloudTrail: `LookupEvents` over the event history of a region, newest first."""

from __future__ import annotations

from datetime import timedelta

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.trail import Trail, TrailEvent
from apiscape.demo.aws.refusing.refusals import Refusal

KEPT = timedelta(days=90)


def lookup_events(context: Context, params: Params) -> Output:
    """List what happened, by one attribute at most; what is too fresh is not told yet."""
    asked = params.get("LookupAttributes", [])
    if len(asked) > 1:
        raise Refusal("InvalidLookupAttributesException", "Specify one lookup attribute.")
    trail = context.region.shelves.of(Trail)
    now = trail.now()
    start, end = params.get("StartTime", now - KEPT), params.get("EndTime", now)
    if start > end:
        raise Refusal("InvalidTimeRangeException", "The start time is after the end time.")
    found = [
        each.fields
        for each in sorted(trail.events, key=lambda event: event.at, reverse=True)
        if start <= each.at <= end and each.told_at <= now and _fits(each, asked)
    ]
    return page("cloudtrail:LookupEvents", found, params)


def _fits(event: TrailEvent, asked: list[dict[str, str]]) -> bool:
    return all(
        str(event.fields.get(each["AttributeKey"])) == each["AttributeValue"] for each in asked
    )


HANDLERS: dict[str, Handler] = {"cloudtrail:LookupEvents": lookup_events}
