"""Faults on demand: each does to an answer what its name says, and hits what it is set for and nothing else."""

from __future__ import annotations

import http.client
import json
from contextlib import closing

import pytest

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.unit.demo.kubernetes.widgets import EVERYWHERE, definition, widget
from tests.unit.demo.kubernetes.wire import Wire, eventually, kinds, lines


@pytest.fixture(autouse=True)
def _widgets(cluster: Cluster) -> None:
    cluster.add(definition(), *(widget(name) for name in "abc"))


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        (FaultKind.THROTTLE, 429, "TooManyRequests"),
        (FaultKind.UNAVAILABLE, 503, "ServiceUnavailable"),
        (FaultKind.ERROR, 500, "InternalError"),
        (FaultKind.DENY, 403, "Forbidden"),
        (FaultKind.UNAUTHORIZED, 401, "Unauthorized"),
        (FaultKind.NO_ROUTE, 404, None),
        (FaultKind.GONE, 410, "Expired"),
        (FaultKind.NO_STREAMING, 500, "InternalError"),
        (FaultKind.WRONG_TYPE, 200, None),
        (FaultKind.TRUNCATE, 200, None),
    ],
)
def test_an_answer_is_replaced(
    server: KubernetesServer, wire: Wire, kind: FaultKind, status: int, reason: str | None
) -> None:
    server.inject(Fault(kind=kind, seconds=7))
    told = wire.get(EVERYWHERE)
    assert (told.status, told.reason) == (status, reason)
    again = {FaultKind.THROTTLE, FaultKind.UNAVAILABLE}
    assert told.headers.get("retry-after") == ("7" if kind in again else None)
    assert isinstance(told.body, bytes) is (reason is None)
    server.clear_faults()
    assert wire.get(EVERYWHERE).body["kind"] == "WidgetList"


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.CUT])
def test_an_answer_breaks_off(server: KubernetesServer, wire: Wire, kind: FaultKind) -> None:
    server.inject(Fault(kind=kind))
    with pytest.raises((http.client.HTTPException, OSError)):
        wire.get(EVERYWHERE)


def test_it_hits_what_it_is_set_for(server: KubernetesServer, wire: Wire) -> None:
    server.inject(Fault(kind=FaultKind.ERROR, verb="list", resource="widgets", occurrence=1))
    server.inject(Fault(kind=FaultKind.DENY, verb="discover", times=2))
    assert [wire.get(EVERYWHERE).status for _ in range(3)] == [200, 500, 200]
    assert [wire.get("/apis").status for _ in range(3)] == [403, 403, 200]
    assert wire.get("/api/v1/services").status == 200
    assert wire.get("/apis/x/v1/namespaces/y/z/a/b/c").status == 404


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.GONE_EVENT, FaultKind.GARBLED])
def test_a_watch_is_spoilt_after_some_lines(
    server: KubernetesServer, wire: Wire, kind: FaultKind
) -> None:
    server.inject(Fault(kind=kind, verb="watch", keep=2))
    seen: list[bytes] = []
    with closing(wire.connect()) as connection:
        connection.request("GET", f"{EVERYWHERE}?watch=1&timeoutSeconds=1")
        answer = connection.getresponse()
        try:
            seen += lines(answer)
        except http.client.IncompleteRead:
            assert kind is FaultKind.CUT
    assert [json.loads(line)["type"] for line in seen[:2]] == ["ADDED", "ADDED"]
    if kind is FaultKind.GONE_EVENT:
        assert json.loads(seen[2])["object"]["code"] == 410
    if kind is FaultKind.GARBLED:
        with pytest.raises(ValueError, match="control character"):
            json.loads(seen[2])
    assert len(seen) == {FaultKind.CUT: 2, FaultKind.GONE_EVENT: 3, FaultKind.GARBLED: 4}[kind]


@pytest.mark.parametrize("path", [EVERYWHERE, f"{EVERYWHERE}?watch=1"])
def test_what_is_frozen_says_nothing_more_until_it_thaws(
    server: KubernetesServer, wire: Wire, path: str
) -> None:
    server.inject(Fault(kind=FaultKind.FREEZE, keep=1))
    with closing(wire.connect(0.3)) as connection:
        connection.request("GET", path)
        with pytest.raises(TimeoutError):
            connection.getresponse().read()
    server.clear_faults()
    assert wire.get(EVERYWHERE).status == 200


def test_a_server_that_is_replaced_closes_every_connection(
    server: KubernetesServer, wire: Wire
) -> None:
    with closing(wire.connect()) as connection:
        connection.request("GET", f"{EVERYWHERE}?watch=1&timeoutSeconds=60")
        answer = connection.getresponse()
        assert answer.readline()
        server.hang_up()
        with pytest.raises((http.client.HTTPException, OSError)):
            assert answer.read() is None
    assert kinds(wire.watch(EVERYWHERE)) == ["ADDED", "ADDED", "ADDED", "END"]


def test_a_fault_of_answers_spoils_no_watch(server: KubernetesServer, wire: Wire) -> None:
    server.inject(Fault(kind=FaultKind.TRUNCATE, verb="watch"))
    assert kinds(wire.watch(EVERYWHERE)) == ["ADDED", "ADDED", "ADDED", "END"]


def test_whoever_hangs_up_is_let_go(server: KubernetesServer, wire: Wire, cluster: Cluster) -> None:
    with closing(wire.connect()) as connection:
        connection.request("GET", f"{EVERYWHERE}?watch=1&timeoutSeconds=60")
        assert connection.getresponse().readline()

    def is_let_go() -> bool:
        """Say whether it is; a server finds out that nobody listens when it has something to say."""
        cluster.change(widget("a", host=f"h{cluster.storage.version}"))
        return not server._listener._open

    assert eventually(is_let_go)


def test_it_can_be_stopped_twice() -> None:
    with KubernetesServer() as running:
        running.stop()
    assert not running._thread.is_alive()
