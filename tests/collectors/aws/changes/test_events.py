"""What CloudTrail tells, event by event: who was changed, never what to, and nothing of whoever did it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.collectors.aws.cloudtrail import LARGEST_EVENT, LOOKUP, MOST_PAGES, read_event
from apiscape.collectors.changing import Change, TellsChanges, Unheard
from apiscape.collectors.contract import AccessDenied, Throttled
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.trail import Trail
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.changes.desk import TOPICS, HearingDesk
from tests.collectors.aws.desk import REGION, START

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
(TOPIC,) = TOPICS
SECRET = "CANARY-of-an-event"
ARN = f"arn:aws:apigateway:{REGION}::"

REST, V2, DOMAINS = RestApiCollector(), HttpApiCollector(), DomainCollector()


def body(name: str = "CreateDeployment", **more: Any) -> dict[str, Any]:
    given = {
        "eventSource": TOPIC,
        "eventName": name,
        "readOnly": False,
        "requestParameters": {"restApiId": "abc"},
        "responseElements": None,
    }
    return given | more


def item(event: object = None, **more: Any) -> dict[str, Any]:
    document = event if isinstance(event, str) else json.dumps(event or body())
    given = {
        "EventId": "e-1",
        "EventName": "CreateDeployment",
        "ReadOnly": "false",
        "EventTime": NOON,
        "CloudTrailEvent": document,
    }
    return given | more


def read(event: object = None, **more: Any) -> Change | Unheard | None:
    return read_event(item(event, **more), TOPIC)


def change(name: str, **members: Any) -> Change:
    found = read(body(name, **members))
    assert isinstance(found, Change)
    return found


def test_an_event_says_who_was_changed_and_how_that_is_called() -> None:
    assert read() == Change("e-1", TOPIC, "CreateDeployment", NOON, {"restApiId": "abc"})


@pytest.mark.parametrize(
    "more",
    [
        {"readOnly": True},
        {"errorCode": "AccessDenied"},
        {"errorCode": "NotFoundException", "readOnly": False},
        {"eventSource": "appsync.amazonaws.com"},
    ],
    ids=["a read", "a refusal", "not found", "another service's"],
)
def test_what_changed_nothing_is_no_change(more: dict[str, Any]) -> None:
    assert read(body(**more)) is None


def test_what_the_summary_says_to_be_a_read_is_not_even_opened() -> None:
    assert read("no JSON", ReadOnly="true") is None


@pytest.mark.parametrize(
    ("name", "reads"),
    [("GetStages", True), ("ExportApi", True), ("ListPortals", True), ("UpdateStage", False)],
)
def test_an_event_that_does_not_say_whether_it_reads_is_told_by_its_name(
    name: str, reads: bool
) -> None:
    event = body(name)
    del event["readOnly"]
    assert (read(event) is None) is reads


def test_an_unknown_name_is_a_change_all_the_same() -> None:
    assert change("RearrangeApi").name == "RearrangeApi"


@pytest.mark.parametrize(
    "hostile",
    [
        {"CloudTrailEvent": None},
        {"CloudTrailEvent": 7},
        {"CloudTrailEvent": "{"},
        {"CloudTrailEvent": "[]"},
        {"CloudTrailEvent": "[" * 200_000},
        {"CloudTrailEvent": json.dumps({"a": "b" * LARGEST_EVENT})},
        {"EventId": None},
        {"EventId": "x" * 513},
        {"EventTime": "yesterday"},
    ],
    ids=["none", "number", "cut", "list", "deep", "huge", "nameless", "long id", "no time"],
)
def test_an_event_that_cannot_be_read_is_said_and_not_asked_for_again(
    hostile: dict[str, Any],
) -> None:
    found = read(**hostile)
    assert isinstance(found, Unheard)
    assert found.lost
    assert found.error.kind == "malformed"
    assert found.id in {None, "e-1"}


@pytest.mark.parametrize(
    "hostile",
    [
        {"requestParameters": None},
        {"requestParameters": []},
        {"requestParameters": {"restApiId": 7, "apiId": None, "domainName": ""}},
        {"requestParameters": {"restApiId": "x" * 513}},
        {"requestParameters": {"restApiId": {"restApiId": {"restApiId": "deep"}}}},
        {"eventName": 7},
    ],
)
def test_members_of_other_kinds_name_nobody(hostile: dict[str, Any]) -> None:
    found = read(body(**hostile))
    assert isinstance(found, Change)
    if "eventName" not in hostile:
        assert list(REST.touched(found)) == []
    assert found.name == "CreateDeployment"


def test_nothing_but_ids_is_picked() -> None:
    event = body(
        requestParameters={
            "restApiId": "abc",
            "variables": {"password": SECRET},
            "createStageInput": {"variables": {"token": SECRET}},
        },
        responseElements={"id": "abc", "value": SECRET, "apiKey": {"value": SECRET}},
        userIdentity={"accessKeyId": SECRET, "userName": SECRET},
        sourceIPAddress=SECRET,
    )
    assert SECRET not in repr(read(event, AccessKeyId=SECRET, Username=SECRET))


@pytest.mark.parametrize(
    ("event", "rest", "v2", "domains"),
    [
        (change("PutMethod"), ["abc"], [], []),
        (change("DeleteRestApi"), ["abc"], [], []),
        (
            change(
                "CreateRestApi",
                requestParameters={"createRestApiInput": {"name": "x"}},
                responseElements={"id": "new"},
            ),
            ["new"],
            [],
            [],
        ),
        (
            change(
                "ImportRestApi", requestParameters={"body": "…"}, responseElements={"id": "new"}
            ),
            ["new"],
            [],
            [],
        ),
        (
            change(
                "CreateResource",
                requestParameters={"restApiId": "abc"},
                responseElements={"id": "resource"},
            ),
            ["abc"],
            [],
            [],
        ),
        (
            change("CreateApiKey", requestParameters={}, responseElements={"id": "key"}),
            [],
            [],
            [],
        ),
        (change("UpdateRoute", requestParameters={"apiId": "v2"}), [], ["v2"], []),
        (
            change("CreateApi", requestParameters={"name": "x"}, responseElements={"apiId": "new"}),
            [],
            ["new"],
            [],
        ),
        (
            change("TagResource", requestParameters={"resourceArn": f"{ARN}/restapis/abc"}),
            ["abc"],
            [],
            [],
        ),
        (
            change(
                "TagResource",
                requestParameters={"resource-arn": f"{ARN}/apis/v2/stages/prod"},
            ),
            [],
            ["v2"],
            [],
        ),
        (
            change(
                "UntagResource", requestParameters={"resourceArn": f"{ARN}/domainnames/a.example"}
            ),
            [],
            [],
            ["a.example"],
        ),
        (
            change("TagResource", requestParameters={"resourceArn": "arn:aws:s3:::restapis/abc"}),
            [],
            [],
            [],
        ),
        (
            change(
                "CreateApiMapping",
                requestParameters={"domainName": "a.example", "apiId": "v2", "stage": "prod"},
            ),
            [],
            [],
            ["a.example"],
        ),
        (
            change(
                "UpdateBasePathMapping",
                requestParameters={"domainName": "a.example", "domainNameId": "p1"},
            ),
            [],
            [],
            ["a.example+p1"],
        ),
        (
            change(
                "CreateDomainName",
                requestParameters={"createDomainNameInput": {"domainName": "a.example"}},
                responseElements={"domainName": "a.example", "domainNameId": "p1"},
            ),
            [],
            [],
            ["a.example+p1"],
        ),
        (change("UpdateAccount", requestParameters={}), [], [], []),
    ],
    ids=lambda each: each.name if isinstance(each, Change) else "",
)
def test_each_collector_knows_its_own(
    event: Change, rest: list[str], v2: list[str], domains: list[str]
) -> None:
    found = (REST.touched(event), V2.touched(event), DOMAINS.touched(event))
    assert found == (tuple(rest), tuple(v2), tuple(domains))


# ── Over the wire ────────────────────────────────────────────────────────────


def test_what_changed_since_is_heard_and_reads_are_not(
    west: Region, ears: HearingDesk, trail: Trail
) -> None:
    api = west.rest_api("one").method("GET", "/x").deploy("prod")
    trail.note("GetStages", {"restApiId": api.id}, read_only=True)
    trail.note("DeleteStage", {"restApiId": api.id}, error="AccessDenied")
    trail.note("CreateGraphqlApi", {"name": "x"}, source="appsync.amazonaws.com")
    heard = ears.changes()
    assert sorted(each.name for each in heard) == [
        *("CreateDeployment", "CreateRestApi", "PutMethod"),
    ]
    assert {name for each in heard for name in REST.touched(each)} == {api.id}
    ears.clock.virtual.advance(60)
    assert ears.hear(since=START + timedelta(seconds=30)) == []
    (early,) = ears.hear(since=START + timedelta(days=1))
    assert isinstance(early, Unheard), "a clock that is fast is no silence"


def test_a_log_is_read_page_after_page_for_each_topic(
    server: AwsServer, west: Region, ears: HearingDesk, trail: Trail
) -> None:
    for _ in range(60):
        west.rest_api("one")
    trail.note("CreateGraphqlApi", {"name": "x"}, source="appsync.amazonaws.com")
    heard = ears.hear(topics=(*TOPICS, "appsync.amazonaws.com"))
    assert len(heard) == 61
    assert server.calls.by_operation() == {LOOKUP: 3}
    assert ears.budget.calls == 3


def test_what_is_too_much_to_read_is_said_to_be_lost(
    west: Region, ears: HearingDesk, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.cloudtrail.MOST_PAGES", 2)
    for _ in range(101):
        west.rest_api("one")
    heard = ears.hear()
    assert len([each for each in heard if isinstance(each, Change)]) == 100
    (lost,) = [each for each in heard if isinstance(each, Unheard)]
    assert lost.lost
    assert lost.id is None
    assert MOST_PAGES > 2


def test_a_topic_that_cannot_be_read_hides_no_other(
    server: AwsServer, west: Region, ears: HearingDesk, trail: Trail
) -> None:
    trail.note("CreateGraphqlApi", {"name": "x"}, source="appsync.amazonaws.com")
    server.inject(Fault(kind="deny", operation="LookupEvents", times=1))
    denied, heard = ears.hear(topics=(*TOPICS, "appsync.amazonaws.com"))
    assert isinstance(denied, Unheard)
    assert (denied.topic, denied.error.kind, denied.lost) == (TOPIC, AccessDenied.kind, False)
    assert denied.error.permission == LOOKUP
    assert isinstance(heard, Change)


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_pages_that_turn_in_a_circle_end_as_unread(
    server: AwsServer, west: Region, ears: HearingDesk, trail: Trail, kind: str
) -> None:
    for _ in range(120):
        west.rest_api("one")
    server.inject(Fault(kind=kind, operation="LookupEvents", times=99))
    (unheard,) = ears.unheard()
    assert (unheard.error.kind, unheard.lost) == ("malformed", False)


def test_a_refusal_for_rate_ends_the_read(
    server: AwsServer, ears: HearingDesk, trail: Trail
) -> None:
    server.inject(Fault(kind="throttle", operation="LookupEvents", times=9))
    with pytest.raises(Throttled):
        ears.hear()
    assert ears.budget.throttled_calls == 1


def test_the_right_is_tried_by_one_call(
    server: AwsServer, west: Region, ears: HearingDesk, trail: Trail
) -> None:
    provider = ears.provider
    assert isinstance(provider, TellsChanges)
    for expected in ("granted", "denied"):
        with ears.session() as session:
            visit = ears.visit(session, REST.product)
            (tried,) = provider.try_changes(None, visit)  # type: ignore[arg-type]  # not looked at
        assert (tried.permission, tried.grant) == (provider.change_permissions[0], expected)
        west.deny(LOOKUP)
    assert server.calls.by_operation() == {LOOKUP: 2}
