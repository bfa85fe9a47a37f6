"""Answers of Certificate Manager that no certificate should give: no end is told that nobody said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.aws.acm.collector import (
    EVERY_KEY,
    EVERY_ORIGIN,
    ISSUED,
    UNUSED,
    CertificateCollector,
    read_signals,
)
from apiscape.collectors.aws.session import AwsSession
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.identity import certificate_uid
from apiscape.model.surroundings import CERTIFICATE_NOT_AFTER, CERTIFICATES
from tests.collectors.aws.desk import Desk, Seen

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ARN = "arn:aws:acm:eu-west-1:111122223333:certificate/one"
CALL = AwsSession.call


def told(**certificate: Any) -> dict[str, tuple[Any, str | None]]:
    return {each.name: (each.value, each.reason) for each in read_signals(ARN, certificate, NOW)}


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (datetime(2027, 1, 2, tzinfo=UTC), "2027-01-02T00:00:00+00:00"),
        (datetime(2027, 1, 2), "2027-01-02T00:00:00+00:00"),  # noqa: DTZ001 - as a hostile answer
        (datetime(2027, 1, 2, tzinfo=timezone(timedelta(hours=5))), "2027-01-01T19:00:00+00:00"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_an_end_is_told_in_utc(ends: datetime, said: str) -> None:
    assert told(NotAfter=ends) == {CERTIFICATE_NOT_AFTER: (said, None)}


@pytest.mark.parametrize(
    "ends",
    [
        *(None, "", "2027-01-02", 0, 1.8e9, float("nan"), True, [], {}),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        NOW.date(),
    ],
)
def test_an_end_that_is_no_time_is_not_told(ends: Any) -> None:
    assert told(NotAfter=ends, Status="ISSUED") == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("PENDING_VALIDATION", "the certificate is pending validation"),
        ("VALIDATION_TIMED_OUT", "the certificate is validation timed out"),
        ("INACTIVE", "the certificate is inactive"),
        ("FAILED", "the certificate is failed"),
        ("IN_A_LATER_WORD", "the certificate is in a later word"),
    ],
)
def test_a_status_that_does_not_stand_is_said(status: str, reason: str) -> None:
    assert told(Status=status) == {ISSUED: (False, reason)}


@pytest.mark.parametrize("status", ["ISSUED", "EXPIRED", None, "", 7, ["REVOKED"], {}])
def test_a_status_that_stands_or_is_none_says_nothing(status: Any) -> None:
    assert told(Status=status) == {}


@pytest.mark.parametrize(
    ("eligible", "reason"),
    [
        ("ELIGIBLE", "renewed by Certificate Manager"),
        ("INELIGIBLE", "to be renewed by hand"),
        ("eligible", None),
        ("", None),
        (None, None),
        (True, None),
        (["ELIGIBLE"], None),
    ],
)
def test_who_is_to_renew_it_is_told_where_it_is_said(eligible: Any, reason: str | None) -> None:
    given = told(NotAfter=NOW, RenewalEligibility=eligible)
    assert given[CERTIFICATE_NOT_AFTER][1] == reason


def test_a_certificate_that_was_taken_back_still_says_when_it_ends() -> None:
    found = list(read_signals(ARN, {"NotAfter": NOW, "Status": "REVOKED"}, NOW))
    assert [each.name for each in found] == [CERTIFICATE_NOT_AFTER, ISSUED]
    assert {(each.subject_uid, each.source, each.observed_at) for each in found} == {
        (certificate_uid(ARN), CERTIFICATES, NOW)
    }


ANYTHING: Any = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.lists(st.none())
)
SUMMARY = st.fixed_dictionaries(
    {},
    optional={
        "NotAfter": st.datetimes(timezones=st.sampled_from([UTC, None])) | ANYTHING,
        "Status": st.sampled_from(["ISSUED", "REVOKED"]) | ANYTHING,
        "RenewalEligibility": ANYTHING,
        "DomainName": ANYTHING,
    },
)


@settings(max_examples=40)
@given(SUMMARY)
def test_whatever_a_summary_holds_an_end_is_a_time_and_nothing_is_trusted(
    certificate: dict[str, Any],
) -> None:
    for signal in read_signals(ARN, certificate, NOW):
        if signal.name == CERTIFICATE_NOT_AFTER:
            assert datetime.fromisoformat(str(signal.value)).tzinfo == UTC
        else:
            assert (signal.name, signal.value) == (ISSUED, False)


# ── Through the collector ────────────────────────────────────────────────────


def answered(desk: Desk, *summaries: Any) -> Seen:
    """Scan a region whose listing holds some summaries."""

    def call(session: AwsSession, called: str, permission: str | None, asked: Any) -> Any:
        answer = CALL(session, called, permission, asked)
        return {**answer, "CertificateSummaryList": list(summaries)}

    with patch.object(AwsSession, "call", call):
        return desk.collect(CertificateCollector())


@pytest.mark.parametrize("used", [None, "false", 0, [], True])
def test_only_what_is_said_to_be_unused_is_left_out(
    used: Any, server: AwsServer, desk: Desk
) -> None:
    seen = answered(desk, {"CertificateArn": ARN, "InUse": used, "NotAfter": NOW})
    assert seen.whole
    assert [each.name for each in seen.entities] == [CERTIFICATE_NOT_AFTER]
    unused = answered(desk, {"CertificateArn": ARN, "InUse": False, "NotAfter": NOW})
    assert unused.skipped == {ARN: UNUSED}


def test_a_certificate_of_which_nothing_is_told_is_recorded_and_says_nothing(
    server: AwsServer, desk: Desk
) -> None:
    seen = answered(desk, {"CertificateArn": ARN}, {"CertificateArn": ARN, "InUse": False})
    assert seen.closes()
    assert seen.recorded[ARN].entities == ()
    assert seen.skipped == {}


def test_all_keys_and_origins_are_asked_for(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    west.shelves.of(Certificates).certificate("a.example")
    asked: list[dict[str, Any]] = []

    def call(session: AwsSession, called: str, permission: str | None, given: Any) -> Any:
        asked.append(given)
        return CALL(session, called, permission, given)

    monkeypatch.setattr(AwsSession, "call", call)
    assert desk.collect(CertificateCollector()).whole
    (only,) = asked
    assert only["Includes"] == {"keyTypes": list(EVERY_KEY)}
    assert only["CertificateKeyPairOrigins"] == list(EVERY_ORIGIN)
    assert only["MaxItems"] == 1000
