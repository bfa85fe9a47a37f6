"""App Runner against the emulated AWS, and its answers made deployments of by table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apiscape.collectors.aws.apprunner import services
from apiscape.collectors.aws.apprunner.collector import AppRunnerCollector
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute, Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")
KEYS = TagSettings()
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def runner(west: Region) -> AppRunner:
    return west.shelves.of(AppRunner)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(AppRunnerCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def signals(seen: Seen) -> dict[tuple[str, str], Any]:
    found = [each for each in seen.entities if isinstance(each, Signal)]
    return {(each.subject_uid, each.name): (each.value, each.reason) for each in found}


def test_a_service_is_a_deployment(server: AwsServer, runner: AppRunner, desk: Desk) -> None:
    form = runner.add("form", {"owner": "Team Forms"}).protect()
    runner.add("inner", public=False)
    seen = scan(desk)
    item, inner = seen.one("form"), seen.one("inner")
    key = form.fields["ServiceId"]
    assert item.native_id == item.native_api_id == f"aws:{ACCOUNT}:{REGION}:apprunner:{key}"
    assert item.endpoints[0].url == f"https://{form.fields['ServiceUrl']}"
    assert (item.exposure, inner.exposure) == ("internet", "private")
    assert (item.protections.waf, inner.protections.waf) == ("enabled", "disabled")
    assert (item.status, item.owners[0].name) == ("active", "Team Forms")
    assert item.backends[0].kind == "container"
    (operation,) = item.operations
    assert operation.security.requirement == "unknown"
    assert operation.security.evidence.startswith("App Runner asks callers for nothing itself")
    assert signals(seen)[item.uid, "condition.Ready"] == (True, "RUNNING")


def test_custom_domains_lead_to_it_with_the_state_of_their_certificates(
    server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    form = runner.add("form").domain("form.example", www=True)
    form.domain("new.example", "PENDING_CERTIFICATE_DNS_VALIDATION")
    form.domain("old.example", "CREATE_FAILED")
    seen = scan(desk)
    doors = {each.name: each for each in seen.entities if isinstance(each, FrontDoor)}
    assert set(doors) == {"form.example", "www.form.example", "new.example", "old.example"}
    to = FrontDoorRoute(base_path="/", native_api_id=seen.one("form").native_api_id)
    assert all(door.routes == (to,) for door in doors.values())
    said = signals(seen)
    states = {name: said[door.uid, services.CERTIFIED][0] for name, door in doors.items()}
    assert states["form.example"] is states["www.form.example"] is True
    assert states["new.example"] is None
    assert states["old.example"] is False
    assert doors["new.example"].endpoint.enabled is UNKNOWN
    assert said[doors["new.example"].uid, services.CERTIFIED][1] == (
        "PENDING_CERTIFICATE_DNS_VALIDATION; validation PENDING_VALIDATION"
    )


def test_an_unchanged_round_costs_two_calls_a_service(
    server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    for number in range(25):
        runner.add(f"form-{number}", {"owner": "Team Forms"})
    first = scan(desk)
    assert server.calls.by_operation() == {
        "apprunner:ListServices": 2,
        "apprunner:DescribeService": 25,
        "apprunner:ListTagsForResource": 25,
        "apprunner:DescribeCustomDomains": 25,
        "wafv2:GetWebACLForResource": 25,
    }
    server.calls.clear()
    services_by_name = {each.fields["ServiceName"]: each for each in runner.by_arn.values()}
    services_by_name["form-1"].protect()
    services_by_name["form-2"].edit(Status="PAUSED")
    again = desk.collect(AppRunnerCollector(), known=first.known())
    assert server.calls.by_operation() == {
        "apprunner:ListServices": 2,
        "apprunner:DescribeService": 1,
        "apprunner:ListTagsForResource": 1,
        "apprunner:DescribeCustomDomains": 25,
        "wafv2:GetWebACLForResource": 25,
    }
    assert len(again.unchanged) == 24
    guarded = again.one("form-1")
    assert (guarded.protections.waf, guarded.exposure) == ("enabled", "internet")
    assert guarded.owners[0].name == "Team Forms"
    assert again.one("form-2").status == "inactive"


@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ("apprunner:DescribeService", "description"),
        ("apprunner:DescribeCustomDomains", "custom domains"),
        ("apprunner:ListTagsForResource", "tags"),
        ("wafv2:GetWebACLForResource", "firewall"),
    ],
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, server: AwsServer, west: Region, runner: AppRunner, desk: Desk
) -> None:
    runner.add("form").domain("form.example").protect()
    west.deny(operation)
    seen = scan(desk)
    item = seen.one("form")
    unknown = {
        "description": item.exposure == "unknown" and item.backends is UNKNOWN,
        "custom domains": not [each for each in seen.entities if isinstance(each, FrontDoor)],
        "tags": item.labels is UNKNOWN and item.owners is UNKNOWN,
        "firewall": item.protections.waf == "unknown",
    }
    assert {name for name, holds in unknown.items() if holds} == {detail}
    assert seen.unseen == [(detail, "access_denied")]


def test_a_service_that_was_deleted_meanwhile_is_gone(
    server: AwsServer, runner: AppRunner, desk: Desk
) -> None:
    form = runner.add("form")
    runner.by_arn["moved"] = runner.by_arn.pop(form.arn)
    assert scan(desk).failed[form.arn].kind == "gone"


@pytest.mark.parametrize("rules", [Rules(names=("form",)), Rules(tags=("team=forms",))])
def test_what_a_source_leaves_out_is_skipped(
    rules: Rules, server: AwsServer, runner: AppRunner
) -> None:
    form = runner.add("form", {"team": "forms"})
    desk = Desk(exclude=rules)
    assert set(scan(desk).skipped) == {form.arn}
    desk.close()


@pytest.mark.parametrize("kind", ["repeat_token", "endless", "truncate"])
def test_a_broken_listing_is_not_complete(
    kind: str, server: AwsServer, runner: AppRunner, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    runner.add("form")
    server.inject(Fault(kind=kind, operation="ListServices"))
    seen = desk.collect(AppRunnerCollector())
    assert not seen.whole
    assert seen.error is not None


# ── By table ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "status", "ready", "enabled"),
    [
        ("RUNNING", "active", True, True),
        ("PAUSED", "inactive", None, False),
        ("DELETED", "inactive", None, False),
        ("CREATE_FAILED", "failed", False, UNKNOWN),
        ("DELETE_FAILED", "failed", False, UNKNOWN),
        ("OPERATION_IN_PROGRESS", "unknown", None, UNKNOWN),
        ("OF_A_LATER_YEAR", "unknown", None, UNKNOWN),
        (None, "unknown", None, UNKNOWN),
    ],
)
def test_what_each_status_says(word: str | None, status: str, ready: object, enabled: Any) -> None:
    listed = {"ServiceName": "form", "ServiceId": "1", "ServiceUrl": "X.example", "Status": word}
    item = services.normalise(services.FoundService(listed), PLACE, KEYS)
    assert item.status == status
    assert isinstance(item.endpoints, tuple)
    assert item.endpoints[0].url == "https://x.example"
    assert item.endpoints[0].enabled is enabled
    assert services.read_health(listed, item.uid, NOW).value is ready


@pytest.mark.parametrize(
    ("source", "kind", "address"),
    [
        ({"ImageRepository": {"ImageIdentifier": "repo/form:1"}}, "container", "repo/form:1"),
        (
            {"CodeRepository": {"RepositoryUrl": "https://u:p@git.example/form?token=x"}},
            "code",
            "https://git.example/form",
        ),
    ],
)
def test_what_a_service_runs(source: dict[str, Any], kind: str, address: str) -> None:
    backend = services.read_backend({"Service": {"SourceConfiguration": source}})
    assert backend is not None
    assert (backend.kind, backend.address) == (kind, address)


def test_a_service_that_says_nothing_of_what_it_runs_runs_nothing_known() -> None:
    assert services.read_backend({}) is None


HOSTILE: tuple[Any, ...] = (None, 7, True, "", "\ud800", [], {}, [None], {"a": 1}, "x" * 9000)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_hostile_values_are_survived(value: Any) -> None:
    members = ("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl", "Status", "UpdatedAt")
    listed = {**dict.fromkeys(members, value), "ServiceArn": "arn:x/1"}
    answer = {"Service": {"NetworkConfiguration": value, "SourceConfiguration": value}}
    described, backend = services.read_description(answer), services.read_backend(answer)
    found = services.FoundService(listed, described, backend)
    assert encode(services.normalise(found, PLACE, KEYS))
    domain: dict[str, Any] = dict.fromkeys(("DomainName", "EnableWWWSubdomain", "Status"), value)
    domain["CertificateValidationRecords"] = value
    for each in services.read_domains(
        [domain, {"DomainName": "x", "Status": value}], found, PLACE, NOW
    ):
        assert encode(each)
