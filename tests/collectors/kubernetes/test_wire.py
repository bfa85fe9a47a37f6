"""The wire: what is sent, what comes back, and what every refusal means to the operator."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
    Unreachable,
)
from apiscape.collectors.kubernetes import wire as wires
from apiscape.collectors.kubernetes.errors import Expired, Refused, ServerFault, error_of, wait_of
from apiscape.collectors.kubernetes.wire import Asked, Wire
from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import SMALLEST_PACKED, KubernetesServer
from tests.collectors.kubernetes.anywhere import Somewhere
from tests.collectors.kubernetes.bench import Line, Purse
from tests.collectors.kubernetes.making import service
from tests.ports import deaf_port

SERVICES = Asked(
    path="/api/v1/services",
    operation="list services",
    permission="list services",
    query={"limit": "2"},
)


def test_a_request_says_what_it_takes_and_costs_one(
    wire: Wire, server: KubernetesServer, purse: Purse
) -> None:
    assert b'"kind":"ServiceList"' in wire.get(SERVICES).body
    (call,) = server.calls
    assert (call.verb, dict(call.query), call.encoding) == ("list", {"limit": "2"}, "gzip")
    assert purse.taken == 1


def test_connections_are_kept(wire: Wire, server: KubernetesServer) -> None:
    for _ in range(3):
        wire.get(SERVICES)
    assert len(server._listener._open) == 1


def services_of(somewhere: Somewhere, **more: Any) -> Asked:
    path = f"/api/v1/namespaces/{somewhere.space}/services"
    return Asked(path=path, operation="", permission="", **more)


def test_a_large_answer_comes_packed(somewhere: Somewhere) -> None:
    big = {"text": "x" * SMALLEST_PACKED}
    somewhere.add(service("big", namespace=somewhere.space, annotations=big))
    with somewhere.wire() as wire:
        reply = wire.get(services_of(somewhere))
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.body) > SMALLEST_PACKED


def test_a_token_that_is_not_taken_is_read_anew_once(
    server: KubernetesServer, cluster: Cluster, purse: Purse
) -> None:
    cluster.access.grant("agent", "new", [EVERYTHING])
    wire = Wire(Line(server.url, "old", "new"), purse)
    assert wire.get(SERVICES).body
    assert (purse.taken, server.calls[-1].user) == (2, "agent")
    cluster.access.revoke("new")
    with pytest.raises(CredentialsInvalid):
        wire.get(SERVICES)
    assert purse.taken == 4


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.DENY, AccessDenied),
        (FaultKind.UNAUTHORIZED, CredentialsInvalid),
        (FaultKind.NO_ROUTE, Gone),
        (FaultKind.GONE, Expired),
        (FaultKind.THROTTLE, Throttled),
        (FaultKind.UNAVAILABLE, Throttled),
        (FaultKind.ERROR, ServerFault),
        (FaultKind.RESET, Unreachable),
        (FaultKind.CUT, Unreachable),
    ],
)
def test_a_refusal_is_named_by_what_it_means(
    wire: Wire, server: KubernetesServer, kind: FaultKind, error: type[CollectorError]
) -> None:
    server.inject(Fault(kind=kind))
    with pytest.raises(error) as caught:
        wire.get(SERVICES)
    assert caught.value.operation == "list services"
    server.clear_faults()
    assert wire.get(SERVICES).body


def test_what_is_denied_names_the_right_that_it_needs(wire: Wire, server: KubernetesServer) -> None:
    server.inject(Fault(kind=FaultKind.DENY))
    with pytest.raises(AccessDenied) as caught:
        wire.get(SERVICES)
    assert (caught.value.permission, caught.value.message) == (
        "list services",
        "needs list services",
    )


def test_a_refusal_for_rate_is_told_to_the_budget(
    wire: Wire, server: KubernetesServer, purse: Purse
) -> None:
    server.inject(Fault(kind=FaultKind.THROTTLE, seconds=7, times=1))
    with pytest.raises(Throttled) as caught:
        wire.get(SERVICES)
    assert (caught.value.retry_after_s, purse.refusals) == (7.0, [7.0])


def test_a_parameter_that_is_not_taken_is_a_refusal(somewhere: Somewhere) -> None:
    with somewhere.wire() as wire, pytest.raises(Refused) as caught:
        wire.get(services_of(somewhere, query={"limit": "x"}))
    assert caught.value.status == 400


def test_nobody_there_is_unreachable(purse: Purse) -> None:
    with deaf_port() as port, pytest.raises(Unreachable, match="cannot be connected to"):
        Wire(Line(f"http://127.0.0.1:{port}"), purse).get(SERVICES)


def test_a_server_that_freezes_is_given_up(wire: Wire, server: KubernetesServer) -> None:
    server.inject(Fault(kind=FaultKind.FREEZE))
    asked = Asked(path="/api/v1/services", operation="", permission="", read_s=0.2)
    with pytest.raises(Unreachable, match="says nothing more"):
        wire.get(asked)


def test_answers_and_events_are_bounded(
    somewhere: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = {"text": "x" * 100_000}
    somewhere.add(service("big", namespace=somewhere.space, annotations=big))
    with somewhere.wire() as wire:
        monkeypatch.setattr(wires, "LARGEST_ANSWER_BYTES", 90_000)
        monkeypatch.setattr(wires, "LARGEST_LINE_BYTES", 1_000)
        with pytest.raises(Malformed, match="larger than 90,000 bytes"):
            wire.get(services_of(somewhere))
        watching = services_of(somewhere, query={"watch": "1"})
        with (
            pytest.raises(Malformed, match="larger than 1,000 bytes"),
            wire.lines(watching) as lines,
        ):
            list(lines)


def test_whoever_reads_a_stream_can_be_let_go_from_another_thread(somewhere: Somewhere) -> None:
    somewhere.add(*(service(name, namespace=somewhere.space) for name in "abc"))
    asked = services_of(somewhere, query={"watch": "1"}, read_s=600)
    began = time.monotonic()
    with somewhere.wire() as wire, wire.lines(asked) as lines:
        assert [next(lines) for _ in range(3)]
        threading.Timer(0.1, wire.hang_up).start()
        with pytest.raises(Unreachable):
            list(lines)
    assert time.monotonic() - began < 300, "let go, and not given up"


def test_an_error_of_nothing_that_can_be_read_is_still_one() -> None:
    given = {"operation": "list x", "permission": "list x"}
    assert error_of(502, {}, b"<html>", **given).message == "the API server answered 502"
    assert isinstance(error_of(0, {}, b"", **given), ServerFault)
    assert isinstance(error_of(504, {}, b'{"reason":"Timeout"}', **given), ServerFault)
    elsewhere = error_of(302, {}, b"<html>", **given)
    assert isinstance(elsewhere, Malformed)
    assert elsewhere.message == "the answer leads elsewhere (302), as to a page to sign in at"
    told = error_of(400, {}, b'{"message":"bad \\u001b[31m' + b"x" * 999 + b'"}', **given)
    assert "\x1b" not in told.message
    assert len(told.message) <= 300


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("5", 5.0), ("99999999999", 600.0), ("soon", None), (None, None), ("-1", None)],
)
def test_how_long_a_server_asks_to_wait(told: str | None, seconds: float | None) -> None:
    assert wait_of({} if told is None else {"Retry-After": told}) == seconds


def test_a_server_may_say_a_moment_to_wait_for() -> None:
    for moment in (datetime.now(UTC) + timedelta(seconds=90), datetime(2000, 1, 1, tzinfo=UTC)):
        told = wait_of({"Retry-After": format_datetime(moment, usegmt=True)})
        assert told is not None
        assert 0 <= told <= 90
    assert wait_of({"Retry-After": "Sat, 01 Jan 2000 00:00:00 -0000"}) == 0.0
