"""A region, endpoint or SDK that lacks AppSync: the part is absent, in words, and nothing else is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Collector, PartAbsent, Unreachable, Unsupported
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.appsync.samples import fill
from tests.collectors.aws.desk import Desk, Seen

Make = Callable[[], Collector]

COLLECTORS = (GraphqlCollector, MergedCollector, EventCollector, DomainNameCollector)


@pytest.fixture
def once() -> Any:
    desk = Desk(AwsSettings(total_max_attempts=1))
    yield desk
    desk.close()


def absent(seen: Seen) -> list[str]:
    return [one.reason for one in seen.of(PartAbsent)]


@pytest.mark.parametrize("make", COLLECTORS)
def test_an_endpoint_that_knows_no_such_call(
    make: Make, server: AwsServer, west: Region, once: Desk
) -> None:
    fill(west)
    server.inject(Fault(kind="no_route", call_index=range(99)))
    seen = once.collect(make())
    assert seen.error is None
    assert [one.part for one in seen.of(PartAbsent)] == list(make().parts)
    assert absent(seen)[0].endswith("is not known to the endpoint (404)")


@pytest.mark.parametrize("make", COLLECTORS)
@pytest.mark.parametrize("regions", [("us-east-1",), ("eu-west-1",), ()])
def test_where_nobody_answers_the_sdk_says_whether_the_region_has_it(
    make: Make,
    regions: tuple[str, ...],
    server: AwsServer,
    once: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.signin.SignIn.regions_of", lambda *_: regions)
    server.inject(Fault(kind="reset", call_index=range(99)))
    seen = once.collect(make())
    if regions == ("us-east-1",):
        assert absent(seen) == ["appsync is not offered in eu-west-1, as far as the SDK knows"]
        assert seen.error is None
    else:
        assert absent(seen) == []
        assert isinstance(seen.error, Unreachable)


def test_a_listing_that_broke_off_is_not_absent(
    server: AwsServer, west: Region, once: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.signin.SignIn.regions_of", lambda *_: ("x",))
    fill(west, apis=30)
    for kind in ("no_route", "reset"):
        server.clear_faults()
        at = len(server.calls) + 1  # the second page
        server.inject(Fault(kind=kind, call_index=range(at, at + 99), operation="ListApis"))
        server.inject(Fault(kind=kind, operation="ListApis", call_index=range(at, 10**6)))
        seen = once.collect(EventCollector())
        assert not seen.whole
        assert seen.error is not None
        assert absent(seen) == []


@pytest.mark.parametrize("make", COLLECTORS)
def test_an_sdk_that_does_not_know_the_service(
    make: Make, server: AwsServer, once: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import Session

    def unknown(*_: object, **__: object) -> Any:
        raise UnknownServiceError(service_name="appsync", known_service_names="")

    monkeypatch.setattr(Session, "create_client", unknown)
    seen = once.collect(make())
    assert isinstance(seen.error, Unsupported)  # the ledger takes the part for absent
    assert str(seen.error).startswith("the SDK knows no appsync:")
    assert len(server.calls) == 0


def test_the_sdk_knows_where_a_service_is(server: AwsServer, once: Desk) -> None:
    with once.session() as session:
        assert isinstance(session, AwsSession)
        assert session.offers("appsync") is True
        assert session.offers("apprunner") is True
        assert session.offers("organizations") is None
    with once.session(region="eu-west-3") as session:
        assert session.offers("nothing-of-the-kind") is None
