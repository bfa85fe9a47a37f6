"""Listings of front doors that break off, run in circles, or lie: what was not read is never taken for none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.acm.collector import CertificateCollector
from apiscape.collectors.aws.calls import IDLE_PAGES
from apiscape.collectors.aws.cloudfront.collector import PART, TENANTS, DistributionCollector
from apiscape.collectors.aws.paging import PAGING
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Collector, Listed, Observation, Recorded
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import FrontDoor, Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, START, Desk, Seen
from tests.collectors.aws.doors.builds import API
from tests.collectors.aws.world import small_pages

DISTRIBUTIONS = "cloudfront:ListDistributions"
ASKED_TENANTS = "cloudfront:ListDistributionTenants"
ZONES = "route53:ListHostedZones"
RECORDS = "route53:ListResourceRecordSets"
CERTIFICATES = "acm:ListCertificates"
CALL = AwsSession.call

Change = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""Gives the answer in place of one, of that and of what was asked."""

LISTINGS: tuple[tuple[Callable[[], Collector], str], ...] = (
    (DistributionCollector, DISTRIBUTIONS),
    (NameCollector, ZONES),
    (CertificateCollector, CERTIFICATES),
)
each_listing = pytest.mark.parametrize(("make", "operation"), LISTINGS)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(AwsSettings(total_max_attempts=1))
    yield desk
    desk.close()


@pytest.fixture
def five(
    estate: AwsEstate, west: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> AwsServer:
    """Five of each, read by two."""
    paging = small_pages(DISTRIBUTIONS, ASKED_TENANTS, ZONES, CERTIFICATES)
    for operation, small in paging.items():
        monkeypatch.setitem(PAGING, operation, small)
    monkeypatch.setattr("time.sleep", lambda _: None)
    account = estate.accounts[ACCOUNT]
    for number in range(5):
        account.shelves.of(CloudFront).distribution(f"d{number}.example").origin("api", API)
        account.shelves.of(Route53).zone(f"z{number}.example").alias(f"a.z{number}.example", API)
        west.shelves.of(Certificates).certificate(f"c{number}.example")
    return server


def answering(monkeypatch: pytest.MonkeyPatch, operation: str, change: Change) -> None:
    """Have an operation answer otherwise."""

    def call(
        session: AwsSession, called: str, permission: str | None, given: dict[str, Any]
    ) -> Any:
        answer: Any = CALL(session, called, permission, given)
        return change(answer, given) if called == operation else answer

    monkeypatch.setattr(AwsSession, "call", call)


def within(operation: str, answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an answer with other members, where its listing stands."""
    if operation == DISTRIBUTIONS:
        return {"DistributionList": {**answer["DistributionList"], **more}}
    return {**answer, **more}


def kind_of(seen: Seen) -> str | None:
    return getattr(seen.error, "kind", None)


def timeless(one: Observation) -> Observation:
    """Return an observation without when it was made."""
    if not isinstance(one, Recorded):
        return one
    told = (
        msgspec.structs.replace(each, observed_at=START) if isinstance(each, Signal) else each
        for each in one.entities
    )
    return msgspec.structs.replace(one, entities=tuple(told))


def signals_of(one: Recorded) -> list[Signal]:
    assert all(isinstance(each, FrontDoor | Signal) for each in one.entities)
    return [each for each in one.entities if isinstance(each, Signal)]


# ── The listing itself ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("deny", "access_denied"),
        ("deny_scp", "access_denied"),
        ("throttle", "throttled"),
        ("error", "unreachable"),
        ("reset", "unreachable"),
        ("cut", "unreachable"),
        ("truncate", "unreachable"),
        ("wrong_type", "unreachable"),
        ("expired_token", "credentials"),
    ],
)
@pytest.mark.parametrize("page", [0, 1, 2])
@each_listing
def test_a_page_that_fails_ends_a_part_that_is_not_complete(
    page: int,
    make: Callable[[], Collector],
    operation: str,
    fault: str,
    kind: str,
    five: AwsServer,
    desk: Desk,
) -> None:
    whole = desk.collect(make())
    assert whole.whole
    begin = len(five.calls) + page
    five.inject(
        Fault(kind=fault, operation=operation.partition(":")[2], call_index=range(begin, 999))
    )
    seen = desk.collect(make())
    assert kind_of(seen) == kind
    assert not any(listed.last for listed in seen.of(Listed))
    assert seen.listed == whole.listed[: 2 * page]
    assert list(seen.recorded) == seen.listed


@each_listing
def test_a_listing_that_begins_again_at_its_end_is_left_after_a_few_pages_of_nothing_new(
    make: Callable[[], Collector],
    operation: str,
    five: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paging = PAGING[operation]
    leads: dict[object, object] = {None: None}

    def call(session: AwsSession, called: str, permission: str | None, given: Any) -> Any:
        if called != operation:
            return CALL(session, called, permission, given)
        begin = leads[given.get(paging.token_in)]
        asked = given if begin is None else {**given, paging.token_in: begin}
        if begin is None:
            asked = {key: value for key, value in given.items() if key != paging.token_in}
        answer = CALL(session, called, permission, asked)
        fresh = f"token {len(leads)}"
        leads[fresh] = paging.page_of(answer).get(paging.token_out)
        return within(operation, dict(answer), **{paging.token_out: fresh})

    monkeypatch.setattr(AwsSession, "call", call)
    seen = desk.collect(make())
    assert kind_of(seen) == "malformed"
    assert not any(listed.last for listed in seen.of(Listed))
    assert five.calls.by_operation()[operation] == 3 + IDLE_PAGES
    assert len(seen.listed) == len(set(seen.listed)) == 5
    assert list(seen.recorded) == seen.listed


@each_listing
def test_a_page_that_leads_to_itself_is_not_the_last(
    make: Callable[[], Collector],
    operation: str,
    five: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paging = PAGING[operation]

    def lead(answer: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        own = given.get(paging.token_in)
        return within(operation, answer, **{paging.token_out: own}) if own else answer

    answering(monkeypatch, operation, lead)
    seen = desk.collect(make())
    assert kind_of(seen) == "malformed"
    assert [listed.last for listed in seen.of(Listed)] == [False, False]
    assert five.calls.by_operation()[operation] == 2
    assert len(seen.recorded) == 4


@pytest.mark.parametrize(
    ("make", "operation"), [each for each in LISTINGS if each[1] != CERTIFICATES]
)
def test_a_listing_that_is_cut_short_and_does_not_say_where_it_goes_on_is_not_complete(
    make: Callable[[], Collector],
    operation: str,
    five: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(
        monkeypatch,
        operation,
        lambda answer, _: within(operation, answer, IsTruncated=True, NextMarker=None),
    )
    seen = desk.collect(make())
    assert kind_of(seen) == "malformed"
    assert [listed.last for listed in seen.of(Listed)] == [False]
    assert len(seen.listed) == len(seen.recorded) == 2


@each_listing
def test_items_that_are_none_and_items_without_an_id_take_nothing_from_the_others(
    make: Callable[[], Collector],
    operation: str,
    five: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = desk.collect(make())
    member = PAGING[operation].listed

    def spoil(answer: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
        held = answer["DistributionList"] if operation == DISTRIBUTIONS else answer
        odd: list[Any] = [None, 7, [], {}, {"Id": None, "CertificateArn": 9}]
        return within(operation, answer, **{member: [*odd, *held[member], *held[member]]})

    answering(monkeypatch, operation, spoil)
    seen = desk.collect(make())
    assert seen.whole
    assert seen.closes()
    assert list(seen.recorded) == list(whole.recorded)
    assert {error.kind for error in seen.failed.values()} == {"malformed"}
    assert len(seen.failed) == 3 * 5  # of three pages


@each_listing
def test_a_visit_of_what_did_not_change_says_the_same(
    make: Callable[[], Collector], operation: str, five: AwsServer, desk: Desk
) -> None:
    first = desk.collect(make())
    five.calls.clear()
    again = desk.collect(make(), known=first.known())
    assert again.whole
    assert list(map(timeless, again.said)) == list(map(timeless, first.said))
    assert five.calls.by_operation()[operation] == 3


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (Rules(names=("?0.example",)), 1),
        (Rules(names=("?0.example", "?[34].example")), 3),
        (Rules(names=("*",)), 5),
        (Rules(names=("nothing.*",)), 0),
        (Rules(tags=("team",)), 0),
    ],
)
@each_listing
def test_what_is_left_out_is_counted_on_whichever_page_it_comes(
    make: Callable[[], Collector], operation: str, rules: Rules, left: int, five: AwsServer
) -> None:
    desk = Desk(exclude=rules)
    seen = desk.collect(make())
    desk.close()
    assert seen.whole
    assert seen.closes()
    assert (len(seen.skipped), len(seen.recorded)) == (left, 5 - left)
    asked = five.calls.by_operation()
    assert asked[operation] == 3
    assert asked.get(RECORDS, 0) == (5 - left if operation == ZONES else 0)


@each_listing
def test_tags_leave_out_as_names_do_wherever_a_listing_tells_them(
    make: Callable[[], Collector],
    operation: str,
    five: AwsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = PAGING[operation].listed

    def tag(answer: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
        held = answer["DistributionList"] if operation == DISTRIBUTIONS else answer
        first, *others = held[member]
        return within(operation, answer, **{member: [{**first, "tags": {"a": "b"}}, *others]})

    answering(monkeypatch, operation, tag)
    desk = Desk(exclude=Rules(tags=("a=b",)))
    seen = desk.collect(make())
    desk.close()
    assert seen.whole
    assert seen.closes()
    assert list(seen.skipped) == seen.listed[::2]


# ── Tenants, which are listed behind their distributions ─────────────────────


@pytest.fixture
def shared(five: AwsServer, estate: AwsEstate) -> CloudFront:
    """Besides five distributions one that serves by the names of five tenants."""
    held = estate.accounts[ACCOUNT].shelves.of(CloudFront)
    made = held.distribution(WebACLId="arn:acl").origin("api", API)
    for number in range(5):
        held.tenant(made, f"t{number}", f"t{number}.example")
    return held


def of_tenants(seen: Seen) -> list[Listed]:
    return [listed for listed in seen.of(Listed) if listed.part == TENANTS]


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [("deny", "access_denied"), ("throttle", "throttled"), ("cut", "unreachable")],
)
def test_tenants_of_a_page_that_fails_are_not_taken_for_none(
    fault: str, kind: str, page: int, shared: CloudFront, five: AwsServer, desk: Desk
) -> None:
    begin = len(five.calls) + 3 + page
    five.inject(
        Fault(kind=fault, operation="ListDistributionTenants", call_index=range(begin, 999))
    )
    seen = desk.collect(DistributionCollector())
    assert kind_of(seen) == kind
    assert [listed.last for listed in seen.of(Listed) if listed.part == PART] == [
        False,
        False,
        True,
    ]
    assert [listed.last for listed in of_tenants(seen)] == [False] * page
    assert len(seen.recorded) == 6 + 2 * page


def test_nobody_asks_for_tenants_where_the_distributions_could_not_all_be_read(
    shared: CloudFront, five: AwsServer, desk: Desk
) -> None:
    five.inject(Fault(kind="deny", operation="ListDistributions", occurrence=2))
    seen = desk.collect(DistributionCollector())
    assert kind_of(seen) == "access_denied"
    assert of_tenants(seen) == []
    assert ASKED_TENANTS not in five.calls.by_operation()


def test_tenants_are_left_out_by_name_and_those_of_a_distribution_left_out_stay(
    shared: CloudFront, five: AwsServer
) -> None:
    desk = Desk(exclude=Rules(names=("t[01]", "*.cloudfront.net")))
    seen = desk.collect(DistributionCollector())
    desk.close()
    assert seen.whole
    assert seen.closes()
    names = {each["Id"]: each["Name"] for each in shared.tenants.values()}
    assert {names.get(key, "the distribution") for key in seen.skipped} == {
        "the distribution",
        "t0",
        "t1",
    }
    doors = [one for one in seen.entities if isinstance(one, FrontDoor)]
    kept = [door for door in doors if door.native_kind == "aws.cloudfront.tenant"]
    assert [door.name for door in kept] == ["t2.example", "t3.example", "t4.example"]
    assert {door.waf for door in kept} == {"enabled"}


def test_a_tenant_that_does_not_say_whose_it_is_leads_nobody_knows_where(
    shared: CloudFront, five: AwsServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless(answer: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
        held = answer["DistributionList"]["Items"]
        return within(DISTRIBUTIONS, answer, Items=[{**each, "Id": None} for each in held])

    answering(monkeypatch, DISTRIBUTIONS, nameless)
    for tenant in shared.tenants.values():
        tenant["DistributionId"] = ""
    seen = desk.collect(DistributionCollector())
    assert len(seen.failed) == 6
    assert len(seen.recorded) == 5
    assert {(door.routes, door.waf) for door in seen.entities} == {(UNKNOWN, "unknown")}


# ── Records, which are read zone by zone ─────────────────────────────────────


def two_zones(estate: AwsEstate) -> tuple[str, str]:
    """Make a zone that answers are changed of, and one that is well; their ids."""
    held = estate.accounts[ACCOUNT].shelves.of(Route53)
    odd = held.zone("odd.example").alias("api.odd.example", API)
    return odd.id, held.zone("well.example").alias("api.well.example", API).id


@pytest.mark.parametrize(
    "told",
    [
        {"IsTruncated": True},
        {"IsTruncated": True, "NextRecordName": ""},
        {"IsTruncated": True, "NextRecordName": 7, "NextRecordType": None},
        {"IsTruncated": True, "NextRecordName": "z.odd.example.", "NextRecordType": "A"},
        {"NextRecordName": "z.odd.example."},
    ],
)
def test_records_that_lead_nowhere_or_back_fail_their_zone_alone(
    told: dict[str, Any],
    server: AwsServer,
    estate: AwsEstate,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, well = two_zones(estate)
    answering(
        monkeypatch,
        RECORDS,
        lambda answer, given: {**answer, **told} if given["HostedZoneId"] == odd else answer,
    )
    seen = desk.collect(NameCollector())
    assert seen.whole
    assert seen.failed[odd].kind == "malformed"
    assert list(seen.recorded) == [well]


@pytest.mark.parametrize("holds", [True, False])
def test_records_that_go_on_without_a_new_one_end(
    holds: bool,
    server: AwsServer,
    estate: AwsEstate,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, well = two_zones(estate)
    asked: list[str] = []

    def go_on(answer: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        if given["HostedZoneId"] != odd:
            return answer
        asked.append(odd)
        assert len(asked) < 50, "it never ends"
        shown = [{"Name": "api.odd.example.", "Type": "A"}] if holds else []
        following = {"NextRecordName": f"n{len(asked)}.odd.example.", "IsTruncated": True}
        return {**answer, "ResourceRecordSets": shown, **following}

    answering(monkeypatch, RECORDS, go_on)
    seen = desk.collect(NameCollector())
    assert seen.failed[odd].kind == "malformed"
    assert list(seen.recorded) == [well]
    assert len(asked) == IDLE_PAGES + holds


@pytest.mark.parametrize(
    ("held", "passed_over"),
    [([], (0.0, None)), ([None, 7, "A"], (3.0, "3 × ? records"))],
)
def test_records_that_are_none_give_a_zone_without_names_and_are_counted(
    held: list[Any],
    passed_over: tuple[float, str | None],
    server: AwsServer,
    estate: AwsEstate,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, well = two_zones(estate)
    answering(
        monkeypatch,
        RECORDS,
        lambda answer, given: (
            {**answer, "ResourceRecordSets": held} if given["HostedZoneId"] == odd else answer
        ),
    )
    seen = desk.collect(NameCollector())
    assert seen.whole
    assert [(each.value, each.reason) for each in signals_of(seen.recorded[odd])] == [passed_over]
    assert len(seen.recorded[well].entities) == 3


@pytest.mark.parametrize("held", [None, {"Name": "a.odd.example."}, "A"])
def test_an_answer_without_its_list_of_records_fails_the_zone_alone(
    held: Any,
    server: AwsServer,
    estate: AwsEstate,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, well = two_zones(estate)
    answering(
        monkeypatch,
        RECORDS,
        lambda answer, given: (
            {**answer, "ResourceRecordSets": held} if given["HostedZoneId"] == odd else answer
        ),
    )
    seen = desk.collect(NameCollector())
    assert seen.failed[odd].kind == "malformed"
    assert list(seen.recorded) == [well]
