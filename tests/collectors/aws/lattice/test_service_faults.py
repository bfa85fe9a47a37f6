"""Services of VPC Lattice where something is denied, goes, breaks or is not there: said, and nothing else is short."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.contract import PartAbsent, Unsupported
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import Desk
from tests.collectors.aws.lattice.samples import fill
from tests.collectors.aws.lattice.shelf import ONCE

CALL = AwsSession.call


@pytest.mark.parametrize(
    ("operation", "detail", "unknown"),
    [
        ("GetService", "service", "security"),
        ("ListTagsForResource", "tags", "labels"),
        ("ListListeners", "listeners", "endpoints"),
        ("ListRules", "rules", "operations"),
        ("GetRule", "rules", "operations"),
        ("ListTargetGroups", "target groups", "kinds"),
        ("ListServiceNetworkServiceAssociations", "service networks", "access_log"),
        ("ListServiceNetworkVpcAssociations", "VPCs of service network shared", "vpcs"),
        ("GetServiceNetwork", "service network shared", ""),
        ("GetAuthPolicy", "auth policy of the service", "security"),
        ("ListAccessLogSubscriptions", "access logs of the service", "access_log"),
    ],
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, unknown: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    held = fill(west, services=1)
    next(iter(held.networks.values())).fields["authType"] = "NONE"
    west.deny(f"vpc-lattice:{operation}")
    seen = desk.collect(ServiceCollector())
    assert seen.whole
    assert (detail, "access_denied") in seen.unseen
    item = seen.one("orders-0")
    told = {
        "labels": item.labels,
        "endpoints": item.endpoints,
        "operations": item.operations,
        "access_log": item.protections.access_log,
    }
    words = {
        "security": lambda: {one.security.requirement for one in item.operations} == {"unknown"},
        "kinds": lambda: {one.kind for one in item.backends} == {"unknown"},
        "vpcs": lambda: "shared (VPCs not known)" in item.exposure_evidence,
        "": lambda: {one.security.requirement for one in item.operations} == {"required"},
    }
    assert words[unknown]() if unknown in words else told[unknown] in {UNKNOWN, "unknown"}


def test_a_denied_listing_is_no_empty_one(server: AwsServer, west: Region, desk: Desk) -> None:
    fill(west)
    west.deny("vpc-lattice:ListServices")
    seen = desk.collect(ServiceCollector())
    assert not seen.whole
    assert str(seen.error) == "needs vpc-lattice:ListServices in eu-west-1"


@pytest.mark.parametrize("operation", ["ListTagsForResource", "GetService", "GetRule"])
def test_a_service_that_goes_while_it_is_read_is_gone_alone(
    operation: str, server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = fill(west)
    key = next(iter(held.services))

    def gone(session: AwsSession, name: str, *given: Any) -> Any:
        if name == f"vpc-lattice:{operation}":
            held.services.pop(key, None)
        return CALL(session, name, *given)

    monkeypatch.setattr(AwsSession, "call", gone)
    seen = desk.collect(ServiceCollector())
    assert {native_id: error.kind for native_id, error in seen.failed.items()} == {key: "gone"}
    assert len(seen.recorded) == 2
    assert seen.closes()


def test_a_network_that_goes_while_it_is_read_is_a_gap_of_its_services(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = fill(west, services=1)

    def gone(session: AwsSession, name: str, *given: Any) -> Any:
        if name == "vpc-lattice:GetServiceNetwork":
            held.networks.clear()
            next(iter(held.services.values())).networks.clear()
        return CALL(session, name, *given)

    monkeypatch.setattr(AwsSession, "call", gone)
    seen = desk.collect(ServiceCollector())
    assert seen.unseen == [("service network shared", "malformed")]
    assert seen.closes()


@pytest.mark.parametrize(
    ("kind", "said"), [("throttle", "throttled"), ("cut", "unreachable"), ("error", "unreachable")]
)
def test_what_stays_broken_fails_its_service_alone(
    kind: str, said: str, server: AwsServer, west: Region
) -> None:
    held = fill(west)
    key = next(iter(held.services))
    server.inject(Fault(kind=kind, operation="GetService", resource=key))
    desk = Desk(ONCE)
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert seen.failed[key].kind == said
    assert len(seen.recorded) == 2
    assert seen.whole


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_a_listing_without_an_end_is_not_complete(
    kind: str, server: AwsServer, west: Region
) -> None:
    fill(west)
    server.inject(Fault(kind=kind, operation="ListServices"))
    desk = Desk(ONCE)
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert not seen.whole
    assert getattr(seen.error, "kind", None) == "malformed"


def test_a_policy_that_cannot_be_read_is_a_gap(server: AwsServer, west: Region, desk: Desk) -> None:
    held = fill(west, services=1)
    held.policies[next(iter(held.services))] = "{"
    next(iter(held.networks.values())).fields["authType"] = "NONE"
    seen = desk.collect(ServiceCollector())
    assert seen.unseen == [("auth policy of the service", "malformed")]
    asked = {one.security.requirement for one in seen.one("orders-0").operations}
    assert asked == {"unknown"}


def test_an_endpoint_or_sdk_without_lattice(
    server: AwsServer, west: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import Session

    def unknown(*_: object, **__: object) -> Any:
        raise UnknownServiceError(service_name="vpc-lattice", known_service_names="")

    desk = Desk(ONCE)
    server.inject(Fault(kind="no_route", operation="ListServices"))
    seen = desk.collect(ServiceCollector())
    assert [one.part for one in seen.of(PartAbsent)] == ["ListServices"]
    assert seen.error is None
    monkeypatch.setattr(Session, "create_client", unknown)
    assert isinstance(desk.collect(ServiceCollector()).error, Unsupported)
    desk.close()
