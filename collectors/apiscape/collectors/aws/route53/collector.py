"""Names in Amazon Route 53: front doors that are no more than names, and what they point at.

Listed are the zones. Records are read by 300: a zone of 10,000 takes 34 calls, first and unchanged,
for a zone does not say when one of its records moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.again import LooksByListing, only
from apiscape.collectors.aws.calls import IDLE_PAGES, Calls, Page
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.paging import listed_of
from apiscape.collectors.aws.picking import Item, flag, text
from apiscape.collectors.aws.route53 import names
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
from apiscape.collectors.changing import Change
from apiscape.collectors.contract import (
    CollectorError,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope

PART = "ListHostedZones"
ZONES = f"route53:{PART}"
RECORDS = "route53:ListResourceRecordSets"
PAGE = "300"
MEMBERS = Members("listedId", "listedName", "tags")

QUOTA = Quota(
    family="route53",
    rate_per_s=5.0,
    burst=5,
    scope="account",
    source="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html",
)
"""All calls of an account together."""

_NEXT = {
    "StartRecordName": "NextRecordName",
    "StartRecordType": "NextRecordType",
    "StartRecordIdentifier": "NextRecordIdentifier",
}
"""What the next page is asked for by, and what an answer calls it."""

_OF_A_RECORD = ("Name", "Type", "SetIdentifier")
"""What tells one record of a zone from all others."""


def _first_zone(told: Told) -> Parameters:
    return {"HostedZoneId": names.zone_id(told.first(ZONES)) or "", "MaxItems": "1"}


RECIPES: Recipes = {ZONES: lambda _told: {"MaxItems": "1"}, RECORDS: _first_zone}


class NameCollector(LooksByListing):
    """Lists hosted zones: a front door for each name that may lead to an API."""

    product: ClassVar[str] = names.PRODUCT
    title: ClassVar[str] = "Route 53"
    provider: ClassVar[str] = "aws"
    once_per_account: ClassVar[bool] = True
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="route53:ListHostedZones",
            operations=(ZONES,),
            reveals="which zones exist, public and private",
        ),
        Permission(
            action="route53:ListResourceRecordSets",
            resources=("arn:{partition}:route53:::hostedzone/*",),
            operations=(RECORDS,),
            reveals="names that lead to APIs, and names that still point at what is gone",
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    topics: ClassVar[tuple[str, ...]] = (names.TOPIC,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="zone", recipes=RECIPES)

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the zone that a change is of."""
        return names.named(change)

    def read(self, visit: Visit, wanted: frozenset[str] | None = None) -> Iterator[Observation]:
        """Yield every hosted zone of an account, or those that are wanted, with the names that may lead to an API.

        Raises:
            CollectorError: the listing of zones could not be read to its end.
        """
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        pages, broken = _every_page(calls)
        zones = frozenset(
            name for page in pages for item in page.items if (name := names.zone_name(item))
        )

        def look(listed: str, zone: Item) -> list[Observation]:
            records = read_records(calls, names.zone_id(zone) or "")
            found = names.read_names(records, zones, lambda name: visit.includes(name, {}))
            doors = tuple(names.front_doors(found, zone, session.place))
            signals = names.signals(found, doors, zone, session.place, visit.now())
            return [Recorded(listed, entities=(*doors, *signals))]

        chosen = [only(page, MEMBERS.id, wanted) for page in pages]
        yield from walk(PART, _given(chosen, broken), MEMBERS, visit, look)


def read_records(calls: Calls, zone_id: str) -> Iterator[Item]:
    """Yield the records of a zone to its end.

    Raises:
        Malformed: the listing runs in circles, has no end, or does not say where it goes on.
        CollectorError: a call failed.
    """
    begin: dict[str, object] = {}
    seen: set[tuple[object, ...]] = set()
    known: set[tuple[object, ...]] = set()
    idle = 0
    while True:
        answer = calls.call(RECORDS, HostedZoneId=zone_id, MaxItems=PAGE, **begin)
        page = listed_of(answer, "ResourceRecordSets", RECORDS)
        yield from page
        given = {start: text(answer, following) for start, following in _NEXT.items()}
        begin = {start: value for start, value in given.items() if value is not None}
        if not begin and not flag(answer, "IsTruncated"):
            return
        mark = tuple(given.values())
        fresh = {tuple(text(each, member) for member in _OF_A_RECORD) for each in page} - known
        idle = 0 if fresh else idle + 1
        if not begin or mark in seen or idle >= IDLE_PAGES:
            raise Malformed(f"the listing of {RECORDS} has no end", operation=RECORDS)
        seen.add(mark)
        known |= fresh


def _every_page(calls: Calls) -> tuple[list[Page], CollectorError | None]:
    """Return the pages of zones, and what broke their listing off.

    All come before the first zone is looked at, for a record may point into any of them.
    """
    pages: list[Page] = []
    try:
        for page in calls.pages(ZONES):
            pages.append(Page(tuple(map(_listed, page.items)), page.last))  # noqa: PERF401 - what came until an error is kept
    except CollectorError as error:
        return pages, error
    return pages, None


def _given(pages: list[Page], broken: CollectorError | None) -> Iterator[Page]:
    yield from pages
    if broken is not None:
        raise broken


def _listed(zone: Item) -> Item:
    """Return a zone with the id and the name that it is listed by."""
    return {**zone, "listedId": names.zone_id(zone), "listedName": names.zone_name(zone)}
