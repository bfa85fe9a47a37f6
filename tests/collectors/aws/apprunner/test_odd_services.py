"""Odd answers of App Runner: nothing breaks, nothing leaks, and what is not known is neither private nor off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given

from apiscape.collectors.aws.apprunner import services
from apiscape.collectors.aws.apprunner.collector import FIREWALL, AppRunnerCollector
from apiscape.collectors.aws.memos import Memo, write_memo
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.surroundings import FrontDoor, Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.oddities import CANARY, IMPOSSIBLE, few, spoilt
from tests.collectors.aws.test_odd_answers import changed

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")
KEYS = TagSettings()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
ARN = f"arn:aws:apprunner:{REGION}:{ACCOUNT}:service/form/1"

LISTED = {
    "ServiceName": "form",
    "ServiceId": "1",
    "ServiceArn": ARN,
    "ServiceUrl": "Form.awsapprunner.example",
    "CreatedAt": NOW,
    "UpdatedAt": NOW,
    "Status": "RUNNING",
}
ANSWER = {
    "Service": {
        "NetworkConfiguration": {"IngressConfiguration": {"IsPubliclyAccessible": True}},
        "ObservabilityConfiguration": {"ObservabilityEnabled": False},
        "SourceConfiguration": {
            "AuthenticationConfiguration": {"ConnectionArn": CANARY},
            "CodeRepository": {
                "RepositoryUrl": f"https://u:{CANARY}@git.example/form?t={CANARY}",
                "CodeConfiguration": {"CodeConfigurationValues": {"BuildCommand": CANARY}},
            },
            "ImageRepository": {
                "ImageIdentifier": "repo/form:1",
                "ImageConfiguration": {"RuntimeEnvironmentVariables": {"KEY": CANARY}},
            },
        },
    },
}
DOMAINS = [
    {
        "DomainName": "Form.Example",
        "EnableWWWSubdomain": True,
        "Status": "ACTIVE",
        "CertificateValidationRecords": [{"Name": CANARY, "Value": CANARY, "Status": "SUCCESS"}],
    }
]


@pytest.fixture
def runner(west: Region) -> AppRunner:
    return west.shelves.of(AppRunner)


@few
@given(spoilt({"listed": LISTED, "answer": ANSWER, "domains": DOMAINS}))
def test_a_service_of_odd_answers_is_read(odd: dict[str, Any]) -> None:
    listed = {**(odd["listed"] if isinstance(odd.get("listed"), dict) else {}), "ServiceArn": ARN}
    answer = odd["answer"] if isinstance(odd.get("answer"), dict) else {}
    domains = odd["domains"] if isinstance(odd.get("domains"), list) else []
    described, backend = services.read_description(answer), services.read_backend(answer)
    found = services.FoundService(listed, described, backend)
    made = services.normalise(found, PLACE, KEYS)
    around = [
        services.read_health(listed, made.uid, NOW),
        *services.read_domains(domains, found, PLACE, NOW),
    ]
    assert CANARY.encode() not in encode(made) + b"".join(map(encode, around))
    assert made.exposure in {"internet", "unknown"} or described.public is False
    assert made.protections.tracing in {"disabled", "unknown"} or described.traced is True
    assert made.protections.waf == "unknown"
    (operation,) = list(made.operations or ())
    assert operation.security.requirement == "unknown"
    doors = [each for each in around if isinstance(each, FrontDoor)]
    assert len(doors) <= 2
    assert all(door.endpoint.exposure == made.exposure for door in doors)
    assert {door.uid for door in doors} == {
        each.subject_uid for each in around if isinstance(each, Signal)
    } - {made.uid}


# ── What becomes of what ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ingress", "exposure", "words"),
    [
        ({"IsPubliclyAccessible": True}, "internet", "is publicly accessible"),
        ({"IsPubliclyAccessible": False}, "private", "is not publicly accessible"),
        ({"IsPubliclyAccessible": None}, "unknown", "is not known"),
        ({"IsPubliclyAccessible": "false"}, "unknown", "is not known"),
        ({"IsPubliclyAccessible": 0}, "unknown", "is not known"),
        ({}, "unknown", "is not known"),
        (None, "unknown", "is not known"),
        ([False], "unknown", "is not known"),
    ],
)
def test_from_where_a_service_is_reached(ingress: Any, exposure: str, words: str) -> None:
    answer = {"Service": {"NetworkConfiguration": {"IngressConfiguration": ingress}}}
    found = services.FoundService(LISTED, services.read_description(answer))
    made = services.normalise(found, PLACE, KEYS)
    assert made.exposure == exposure
    assert (made.exposure_evidence or "").endswith(words)
    (endpoint,) = list(made.endpoints or ())
    assert (endpoint.exposure, endpoint.url) == (exposure, "https://form.awsapprunner.example")


@pytest.mark.parametrize(
    ("observed", "tracing"),
    [
        ({"ObservabilityEnabled": True}, "enabled"),
        ({"ObservabilityEnabled": False}, "disabled"),
        ({"ObservabilityEnabled": "no"}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_that_nothing_is_traced_is_said_only_where_the_answer_says_it(
    observed: Any, tracing: str
) -> None:
    answer = {"Service": {"ObservabilityConfiguration": observed}}
    found = services.FoundService(LISTED, services.read_description(answer))
    assert services.normalise(found, PLACE, KEYS).protections.tracing == tracing


@pytest.mark.parametrize(
    ("status", "certified", "enabled"),
    [
        ("ACTIVE", True, True),
        ("DELETING", True, True),
        ("DELETE_FAILED", True, True),
        ("CREATE_FAILED", False, False),
        ("CREATING", None, UNKNOWN),
        ("PENDING_CERTIFICATE_DNS_VALIDATION", None, UNKNOWN),
        ("BINDING_CERTIFICATE", None, UNKNOWN),
        ("OF_A_LATER_YEAR", None, UNKNOWN),
        ("", None, UNKNOWN),
        (None, None, UNKNOWN),
    ],
)
def test_what_the_status_of_a_domain_says(
    status: str | None, certified: object, enabled: object
) -> None:
    item = {"DomainName": "Form.Example", "Status": status}
    found = services.FoundService(LISTED)
    door, signal = services.read_domains([item], found, PLACE, NOW)
    assert isinstance(door, FrontDoor)
    assert isinstance(signal, Signal)
    assert (door.name, door.endpoint.url) == ("form.example", "https://form.example")
    assert (door.endpoint.enabled, signal.value) == (enabled, certified)
    assert (signal.subject_uid, signal.reason) == (door.uid, status or None)


@pytest.mark.parametrize(
    ("records", "status", "reason"),
    [
        (["SUCCESS", "SUCCESS"], "ACTIVE", "ACTIVE; validation SUCCESS"),
        (["SUCCESS", "FAILED"], "CREATE_FAILED", "CREATE_FAILED; validation FAILED, SUCCESS"),
        ([None, 7, "", "FAILED"], None, "no status; validation FAILED"),
        ([None, 7, ""], "CREATING", "CREATING"),
        ([], None, None),
    ],
)
def test_why_a_domain_stands_as_it_does(
    records: list[Any], status: str | None, reason: str | None
) -> None:
    listed = [None, 7, *({"Status": each, "Value": CANARY} for each in records)]
    item = {"DomainName": "x.example", "Status": status, "CertificateValidationRecords": listed}
    _, signal = services.read_domains([item], services.FoundService(LISTED), PLACE, NOW)
    assert isinstance(signal, Signal)
    assert signal.reason == reason


@pytest.mark.parametrize(
    ("www", "names"),
    [
        (True, ["x.example", "www.x.example"]),
        (False, ["x.example"]),
        ("true", ["x.example"]),
        (None, ["x.example"]),
    ],
)
def test_a_domain_with_www_is_two_doors_to_one_service(www: Any, names: list[str]) -> None:
    found = services.FoundService(LISTED)
    item = {"DomainName": "x.example", "EnableWWWSubdomain": www}
    said = services.read_domains([item, {"DomainName": None}, {}], found, PLACE, NOW)
    doors = [each for each in said if isinstance(each, FrontDoor)]
    assert [door.name for door in doors] == names
    assert len({door.uid for door in doors}) == len(names)
    assert {door.routes for door in doors} == {doors[0].routes}


@pytest.mark.parametrize("url", [None, "", 7, ["x"]])
def test_a_service_that_says_no_address_has_none_that_is_known(url: Any) -> None:
    found = services.FoundService({**LISTED, "ServiceUrl": url})
    assert services.normalise(found, PLACE, KEYS).endpoints is UNKNOWN


def test_without_a_description_nothing_of_it_is_taken_for_none() -> None:
    made = services.normalise(services.FoundService({"ServiceArn": ARN}), PLACE, KEYS)
    assert made.backends is made.endpoints is made.labels is made.owners is UNKNOWN
    assert (made.created_at, made.updated_at) == (UNKNOWN, UNKNOWN)
    assert (made.protections.waf, made.protections.tracing) == ("unknown", "unknown")
    assert (made.status, made.status_reason) == ("unknown", "no status is given")
    assert made.native_id == f"aws:{ACCOUNT}:{REGION}:apprunner:1"


# ── Coming again ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("acl", [7, "arn:x", ["arn:x"]])
def test_a_firewall_that_makes_no_sense_is_not_off(
    acl: Any, server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    runner.add("form")
    with changed(FIREWALL, lambda _: {"WebACL": acl}):
        assert desk.collect(AppRunnerCollector()).one("form").protections.waf == "unknown"


@pytest.mark.parametrize("time", [None, "yesterday", 7, *IMPOSSIBLE], ids=repr)
def test_a_service_that_says_no_time_is_looked_at_every_time(
    time: Any, server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    runner.add("form")

    def timeless(answer: Any) -> Any:
        key = "ServiceSummaryList"
        return {**answer, key: [{**each, "UpdatedAt": time} for each in answer[key]]}

    with changed("apprunner:ListServices", timeless):
        first = desk.collect(AppRunnerCollector())
        again = desk.collect(AppRunnerCollector(), known=first.known())
    assert first.known() == []
    assert first.one("form").updated_at is UNKNOWN
    assert again.unchanged == []
    assert server.calls.count("apprunner:DescribeService") == 2


def test_what_stands_says_the_same_of_what_a_description_taught(
    server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    runner.add("form", {"team": "x"}, ObservabilityConfiguration={"ObservabilityEnabled": True})
    runner.add("inner", public=False).domain("inner.example")
    first = desk.collect(AppRunnerCollector())
    again = desk.collect(AppRunnerCollector(), known=first.known())
    assert server.calls.count("apprunner:DescribeService") == 2
    for name in ("form", "inner"):
        before, after = first.one(name), again.one(name)
        assert after.exposure == before.exposure
        assert after.protections == before.protections
        assert after.labels == before.labels
        assert after.endpoints == before.endpoints
    assert {each.name for each in again.unchanged} == {"form", "inner"}
    assert again.one("inner.example").endpoint.exposure == "private"


@pytest.mark.parametrize(
    "facts", [{}, {"public": "yes", "traced": "no"}, {"public": None, "traced": None}]
)
def test_what_a_token_does_not_remember_is_unknown(
    facts: dict[str, Any], server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    runner.add("form")
    (known,) = desk.collect(AppRunnerCollector()).known()
    version, _, token = str(known.token).partition("/")
    mark = msgspec.json.decode(token, type=Memo).mark
    odd = f"{version}/{write_memo(Memo(mark, facts=facts))}"
    again = desk.collect(AppRunnerCollector(), known=[msgspec.structs.replace(known, token=odd)])
    (made,) = again.unchanged
    assert (made.exposure, made.protections.tracing, made.labels) == ("unknown", "unknown", UNKNOWN)


def test_what_is_left_out_is_counted_and_its_firewall_is_not_asked_for(
    server: AwsServer, runner: AppRunner
) -> None:
    for name in ("form", "a-test", "b-test"):
        runner.add(name).domain(f"{name}.example")
    desk = Desk(exclude=Rules(names=("*-test",)))
    seen = desk.collect(AppRunnerCollector())
    desk.close()
    assert (len(seen.listed), len(seen.skipped), len(seen.recorded)) == (3, 2, 1)
    assert seen.closes()
    assert server.calls.count(FIREWALL) == 1
    assert server.calls.count("apprunner:DescribeCustomDomains") == 1
