"""Broken answers: nothing ever ends complete with less than there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as LateError

from apiscape.collectors.aws.acm.collector import CertificateCollector
from apiscape.collectors.aws.apigateway.consumers_collector import UsagePlanCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.bounded import LARGEST_ANSWER_BYTES, bound_answers
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.paging import Paging
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Collector
from apiscape.demo.aws.estate.authorizers import cognito, v2_lambda
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.doors.builds import add_doors

POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"
ONCE = AwsSettings(total_max_attempts=1)

COLLECTORS: tuple[Callable[[], Collector], ...] = (
    RestApiCollector,
    HttpApiCollector,
    WebSocketApiCollector,
    DomainCollector,
    UsagePlanCollector,
    DistributionCollector,
    NameCollector,
    CertificateCollector,
)

LISTINGS = (
    *("GetRestApis", "GetApis", "GetDomainNames", "GetUsagePlans"),
    *("ListDistributions", "ListHostedZones", "ListCertificates"),
)

CALL = AwsSession.call

MAPPED = {
    "throttle": {ErrorKind.THROTTLED},
    "error": {ErrorKind.UNREACHABLE},
    "deny": {ErrorKind.ACCESS_DENIED},
    "deny_scp": {ErrorKind.ACCESS_DENIED},
    "expired_token": {ErrorKind.CREDENTIALS},
    "reset": {ErrorKind.UNREACHABLE},
    "cut": {ErrorKind.UNREACHABLE},
    "truncate": {ErrorKind.UNREACHABLE, ErrorKind.MALFORMED},
    "wrong_type": {ErrorKind.UNREACHABLE, ErrorKind.MALFORMED},
}


def small_estate() -> AwsEstate:
    """Four kinds of API, a domain and a plan: at most five calls per collector."""
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    rest = west.rest_api("claims").authorizer("c", cognito(POOL)).method("GET", "/x", auth="c")
    rest.deploy("prod")
    west.rest_api("draft").method("GET", "/x")
    west.http_api("pay").route("GET /x").stage()
    check = v2_lambda(ACCOUNT, REGION, "check")
    chat = west.websocket_api("chat").authorizer("c", check).route("$connect", auth="c")
    chat.deploy("prod")
    west.domain("api.example").map("", rest, "prod")
    west.usage_plan("gold", (rest, "prod"))
    add_doors(estate.accounts[ACCOUNT], west)
    return estate


def visit(collector: Collector) -> Seen:
    desk = Desk(ONCE)
    seen = desk.collect(collector)
    desk.close()
    return seen


def errors(seen: Seen) -> set[str]:
    kinds = {error.kind for error in seen.failed.values()} | {kind for _, kind in seen.unseen}
    if seen.error is not None:
        kinds.add(getattr(seen.error, "kind", "defect"))
    return kinds


@pytest.mark.parametrize("kind", MAPPED)
@pytest.mark.parametrize("make", COLLECTORS)
def test_whichever_call_breaks_it_is_said_and_nothing_is_lost(
    make: Callable[[], Collector],
    kind: str,
    point_at: PointAt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with AwsServer(small_estate()) as server:
        point_at(server, ACCOUNT)
        clean = visit(make())
        calls = len(server.calls)
        assert clean.error is None
        assert 1 <= calls <= 12
        for index in range(calls):
            server.clear_faults()
            start = len(server.calls)
            server.inject(Fault(kind=kind, call_index=range(start + index, start + index + 9)))
            seen = visit(make())
            said = errors(seen)
            assert said, f"call {index}: nothing is said"
            assert said <= MAPPED[kind], f"call {index}: {said}"
            assert not seen.whole or set(seen.listed) == set(clean.listed)
            assert seen.closes() or not seen.whole
        assert server.violations == []


@pytest.mark.parametrize("make", COLLECTORS)
def test_a_document_that_breaks_off_once_is_asked_for_again(
    make: Callable[[], Collector], point_at: PointAt
) -> None:
    with AwsServer(small_estate()) as server:
        point_at(server, ACCOUNT)
        for operation in ("GetExport", "ExportApi"):
            server.inject(Fault(kind="cut", operation=operation, times=1))
        seen = visit(make())
        assert errors(seen) == set()
        assert seen.whole


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
@pytest.mark.parametrize("operation", LISTINGS)
def test_a_listing_without_an_end_ends_and_is_not_complete(
    operation: str, kind: str, point_at: PointAt
) -> None:
    with AwsServer(small_estate()) as server:
        point_at(server, ACCOUNT)
        server.inject(Fault(kind=kind, operation=operation))
        for make in COLLECTORS:
            seen = visit(make())
            if operation in make().parts:
                assert not seen.whole
                assert errors(seen) == {ErrorKind.MALFORMED}
                assert len(set(seen.listed)) == len(seen.listed)
        assert len(server.calls) < 60


def test_a_denial_by_an_organisation_says_so(server: AwsServer, west: Region) -> None:
    west.deny("apigateway:GetRestApis", scp=True)
    seen = visit(RestApiCollector())
    assert str(seen.error) == (
        "a service control policy explicitly denies apigateway:GET on /restapis in eu-west-1"
    )
    assert seen.error is not None
    assert getattr(seen.error, "permission") == "apigateway:GET on /restapis"  # noqa: B009


def test_a_listing_that_moves_while_it_is_read_counts_each_api_once(
    server: AwsServer, west: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = Paging("position", "position", {"limit": 2}, "items")
    monkeypatch.setattr("apiscape.collectors.aws.paging.PAGING", {"apigateway": tiny})
    for number in range(5):
        west.rest_api(f"api-{number}").deploy("prod")
    ids = list(west.rest_apis)
    pages = []

    def turn(session: AwsSession, operation: str, *given: Any) -> Any:
        answer = CALL(session, operation, *given)
        if operation == "apigateway:GetRestApis":
            pages.append([item["id"] for item in answer["items"]])
            moved = west.rest_apis.pop(ids[0])  # to the end: the others move up by one
            west.rest_apis[moved.id] = moved
        return answer

    monkeypatch.setattr(AwsSession, "call", turn)
    seen = visit(RestApiCollector())
    assert len(pages) == 3
    assert sum(len(page) for page in pages) > len(set(seen.listed))
    assert len(set(seen.listed)) == len(seen.listed)
    assert seen.closes()


def test_a_slow_listing_is_waited_for(server: AwsServer, west: Region, desk: Desk) -> None:
    west.rest_api("one").deploy("prod")
    server.inject(Fault(kind="slow", operation="GetStages", seconds=0.2))
    server.inject(Fault(kind="delay", operation="GetExport", seconds=0.2))
    assert desk.collect(RestApiCollector()).whole


@pytest.mark.parametrize(
    ("operation", "loses"), [("GetRestApis", True), ("GetStages", True), ("GetExport", False)]
)
def test_an_answer_of_fifty_megabytes_is_not_read_to_its_end(
    operation: str, loses: bool, point_at: PointAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with AwsServer(small_estate()) as server:
        point_at(server, ACCOUNT)
        whole = visit(RestApiCollector())
        server.inject(Fault(kind="huge", operation=operation))
        seen = visit(RestApiCollector())
    assert (len(seen.recorded) < len(whole.recorded)) is loses
    assert (errors(seen) == {ErrorKind.MALFORMED}) is loses
    if loses:
        said = [*seen.failed.values(), seen.error]
        assert any(f"larger than {LARGEST_ANSWER_BYTES:,} bytes" in str(each) for each in said)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LateError(None, "/", "late"), ReadTimeoutError),  # type: ignore[arg-type]  # of no pool
        (ProtocolError("cut"), ConnectionClosedError),
        (HTTPError("odd"), HTTPClientError),
        (OSError("gone"), HTTPClientError),
    ],
)
def test_what_breaks_while_an_answer_comes_is_said_as_the_sdk_says_it(
    error: Exception, kind: type[Exception]
) -> None:
    def stream() -> Iterator[bytes]:
        yield b"{"
        raise error

    answer = SimpleNamespace(raw=SimpleNamespace(stream=stream))
    client = SimpleNamespace(_endpoint=SimpleNamespace(http_session=Mock()))
    client._endpoint.http_session.send.return_value = answer
    bound_answers(client)
    request = SimpleNamespace(url="https://x.example", stream_output=False)
    with pytest.raises(kind):
        client._endpoint.http_session.send(request)
    assert not request.stream_output
    client._endpoint.http_session.close()
