"""Certificates of Certificate Manager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apiscape.collectors.aws.acm.collector import (
    EVERY_KEY,
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
from apiscape.model.surroundings import CERTIFICATE_NOT_AFTER
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import Desk, Seen

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def held(west: Region) -> Certificates:
    return west.shelves.of(Certificates)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(CertificateCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def test_certificates_of_every_key_and_origin_say_when_they_end(
    server: AwsServer, held: Certificates, west: Region, desk: Desk
) -> None:
    arns = [held.certificate(f"{key}.example", KeyAlgorithm=key) for key in EVERY_KEY]
    arns.append(held.certificate("acme.example", CertificateKeyPairOrigin="ACME"))
    arns.append(
        held.certificate(
            "hand.example",
            life=timedelta(days=9),
            Type="IMPORTED",
            RenewalEligibility="INELIGIBLE",
            CertificateKeyPairOrigin="CUSTOMER_PROVIDED",
        )
    )
    seen = scan(desk)
    assert sorted(seen.recorded) == sorted(arns)
    told = {signal.subject_uid: signal for signal in seen.entities}
    last = told[certificate_uid(arns[-1])]
    assert (last.name, last.reason) == (CERTIFICATE_NOT_AFTER, "to be renewed by hand")
    ends = west.account.estate.now + timedelta(days=9)
    assert datetime.fromisoformat(str(last.value)) == ends
    assert told[certificate_uid(arns[0])].reason == "renewed by Certificate Manager"
    assert server.calls.by_operation() == {"acm:ListCertificates": 1}


def test_what_nothing_shows_is_left_out_and_counted(
    server: AwsServer, held: Certificates, desk: Desk
) -> None:
    used, unused = held.certificate("a.example"), held.certificate("b.example", InUse=False)
    seen = scan(desk)
    assert list(seen.recorded) == [used]
    assert seen.skipped == {unused: UNUSED}


def test_a_certificate_that_was_taken_back_says_so(
    server: AwsServer, held: Certificates, desk: Desk
) -> None:
    held.certificate("a.example", Status="REVOKED")
    held.certificate("b.example", Status="EXPIRED")
    words = [(one.value, one.reason) for one in scan(desk).entities if one.name == ISSUED]
    assert words == [(False, "the certificate is revoked")]


def test_an_sdk_that_knows_no_origins_asks_without_them(
    server: AwsServer, held: Certificates, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = held.certificate("a.example", KeyAlgorithm="EC_secp384r1")
    held.certificate("acme.example", CertificateKeyPairOrigin="ACME")
    monkeypatch.setattr(AwsSession, "accepts", lambda *_: False)
    assert list(scan(desk).recorded) == [plain]


def test_certificates_are_left_out_by_name(server: AwsServer, held: Certificates) -> None:
    left, kept = held.certificate("shop.example"), held.certificate("api.example")
    desk = Desk(exclude=Rules(names=("shop.*",)))
    seen = scan(desk)
    desk.close()
    assert (list(seen.recorded), list(seen.skipped)) == ([kept], [left])


def test_an_answer_that_lacks_all_of_it_says_nothing() -> None:
    assert list(read_signals("arn", {"NotAfter": "soon", "Status": 7}, NOW)) == []
