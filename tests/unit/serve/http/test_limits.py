"""Limits: whoever asks too much, too slowly or too often holds up nobody else."""

from __future__ import annotations

import asyncio
import http.client
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from apiscape.client.inventory import Summary
from apiscape.errors import UsageError
from apiscape.serve.errors import Rejected
from apiscape.serve.http import attempts
from apiscape.serve.http.app import Kitchen
from apiscape.serve.http.audit import Audit
from apiscape.serve.http.call import Reply
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.listen import ApiDoor, bind
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from tests.unit.serve.http.asking import Answer, ask, read
from tests.unit.serve.http.harness import LOOPBACK, OPERATOR, QUICK, READER, serving

pytestmark = pytest.mark.usefixtures("reading")


def dial(url: str | None) -> socket.socket:
    parts = urlsplit(url or "")
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


def take(opened: socket.socket) -> bytes:
    """Read a little, after a while that is no silence; nothing once the other side has closed."""
    select.select([], [], [], 0.01)
    try:
        return opened.recv(2048)
    except ConnectionResetError:
        return b""


def is_closed(opened: socket.socket) -> bool:
    """Wait until the other side closes; a byte that comes instead is a failure."""
    try:
        return opened.recv(1) == b""
    except ConnectionResetError:
        return True


def test_idle_connections_make_room_for_those_that_ask(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    limits = msgspec.structs.replace(QUICK, connections=10)
    with serving(inventory, tmp_path, limits=limits) as doors, ExitStack() as held:
        idle = [held.enter_context(dial(doors.url)) for _ in range(200)]
        assert ask(doors.url, "/v1/summary", token=READER).status == 200
        assert all(map(is_closed, idle[:190]))
        assert ask(doors.url, "/v1/summary", token=READER).status == 200


def test_a_connection_at_work_is_not_sent_away(inventory: LocalInventory, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, connections=2)
    with serving(inventory, tmp_path, limits=limits) as doors, ExitStack() as held:
        parts = urlsplit(doors.url or "")
        stream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {READER}"}
        stream.request("GET", "/v1/changes", headers=headers)
        answer = held.enter_context(stream.getresponse())
        for _ in range(20):
            held.enter_context(dial(doors.url))
        assert answer.readline() == b"event: changes\n"
        assert ask(doors.url, "/v1/summary", token=READER).status == 200
        stream.close()


def test_a_request_that_does_not_come_to_its_end_is_cut_off(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    limits = msgspec.structs.replace(QUICK, head_s=0.01)
    with serving(inventory, tmp_path, limits=limits) as doors, dial(doors.url) as opened:
        with suppress(ConnectionError):  # the time may be up before this is sent
            opened.sendall(b"GET /v1/summary HTTP/1.1\r\nHost:")
        assert is_closed(opened)


def answer_to(url: str | None, *pieces: bytes) -> Answer:
    """Send pieces one after the other; return the answer.

    What is too much must be the last of them, and small: whoever sends on may lose the answer.
    """
    with dial(url) as opened:
        for piece in pieces:
            opened.sendall(piece)
        with http.client.HTTPResponse(opened) as answer:
            answer.begin()
            return read(answer)


def test_a_head_that_is_too_long_is_refused(doors: Doors) -> None:
    begun = b"GET /v1/deployments?view="
    begun += b"x" * (QUICK.head_bytes - len(begun))
    assert answer_to(doors.url, begun, b"x").status == 400
    known = f"Host: localhost\r\nAuthorization: Bearer {READER}\r\n".encode()
    begun = b"GET /v1/summary HTTP/1.1\r\n" + known + b"X-Long: "
    begun += b"x" * (QUICK.head_bytes - len(begun))
    long = answer_to(doors.url, begun, b"x" * 200 + b"\r\n\r\n")
    assert (long.status, long.problem) == (431, "head-too-large")


def test_a_body_without_an_end_is_refused(doors: Doors) -> None:
    head = (
        f"POST /v1/confirm HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {OPERATOR}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    most = b"%x\r\n%b\r\n" % (QUICK.body_bytes, b" " * QUICK.body_bytes)
    assert answer_to(doors.url, head.encode(), most, b"1\r\n \r\n").problem == "too-large"


class Slow:
    """An inventory that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go_on = threading.Event()

    def summary(self) -> Summary:
        self.asked.release()
        self.go_on.wait(30)
        return Summary(deployments=0, apis=0, scopes=0)


async def settled(kitchen: Kitchen) -> None:
    while kitchen._at_work:  # noqa: ASYNC110 - what ends has no event
        await asyncio.sleep(0)


@pytest.fixture
def slow() -> Iterator[Any]:
    inventory = Slow()
    yield inventory
    inventory.go_on.set()


def test_too_many_requests_at_once_are_told_to_come_back(slow: Any, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, reads=1, waiting=3)
    with serving(slow, tmp_path, limits=limits) as doors, ExitStack() as held:
        asking = {}
        parts = urlsplit(doors.url or "")
        for _ in range(4):
            opened = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
            held.callback(opened.close)
            opened.request("GET", "/v1/summary", headers={"Authorization": f"Bearer {READER}"})
            asking[opened.sock] = opened
        (answered,), _, _ = select.select(list(asking), [], [], 30)
        answer = read(asking.pop(answered).getresponse())
        assert (answer.status, answer.problem) == (503, "overloaded")
        assert answer.headers["retry-after"] == "1"
        assert ask(doors.probe_url, "/healthz").status == 200
        slow.go_on.set()
        assert [read(each.getresponse()).status for each in asking.values()] == [200, 200, 200]


def test_an_answer_that_takes_too_long_is_not_waited_for(slow: Any, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, request_s=0.01)
    with serving(slow, tmp_path, limits=limits) as doors:
        answer = ask(doors.unix, "/v1/summary")
        assert (answer.status, answer.problem) == (503, "too-slow")
        slow.go_on.set()


async def test_work_that_nobody_waits_for_any_more_still_counts_until_it_ends(slow: Any) -> None:
    limits = Limits(reads=1, waiting=2, request_s=0.01)
    with Kitchen(Offer(slow), Audit(), limits) as kitchen:
        for _ in range(2):
            with pytest.raises(Rejected, match="too long"):
                await kitchen.work(slow.summary)
        kitchen.limits = msgspec.structs.replace(limits, waiting=1, request_s=30.0)
        with pytest.raises(Rejected, match="too many"):
            await kitchen.work(slow.summary)
        slow.go_on.set()
        await settled(kitchen)
        assert (await kitchen.work(slow.summary)).scopes == 0


async def test_a_failure_that_comes_too_late_is_not_reported_as_forgotten(slow: Any) -> None:
    def fail() -> None:
        slow.go_on.wait(30)
        raise UsageError("late")

    with Kitchen(Offer(slow), Audit(), Limits(request_s=0.01)) as kitchen:
        with pytest.raises(Rejected):
            await kitchen.work(fail)
        slow.go_on.set()
        await settled(kitchen)


def test_a_caller_that_does_not_read_on_is_dropped_and_others_are_served(
    inventory: LocalInventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tuple(inventory.page("").items) * 20_000
    monkeypatch.setattr(inventory, "estate", lambda: big)
    limits = msgspec.structs.replace(QUICK, send_s=0.05)
    with serving(inventory, tmp_path, limits=limits) as doors, dial(doors.url) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(
            f"GET /v1/estate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {READER}\r\n\r\n"
            f"GET /v1/estate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {READER}\r\n\r\n".encode()
        )
        assert ask(doors.url, "/v1/summary", token=READER).status == 200
        poller = select.poll()
        poller.register(opened, 0)
        ((_, what),) = poller.poll(30_000)
        assert what & select.POLLHUP


def test_a_caller_that_reads_a_little_now_and_then_is_dropped(
    inventory: LocalInventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tuple(inventory.page("").items) * 50_000
    monkeypatch.setattr(inventory, "estate", lambda: big)
    limits = msgspec.structs.replace(QUICK, send_s=0.5, slowest_bytes_s=1e9)
    with serving(inventory, tmp_path, limits=limits) as doors, dial(doors.url) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(
            f"GET /v1/estate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {READER}\r\n\r\n".encode()
        )
        got = 0
        while piece := take(opened):
            got += len(piece)
        assert 0 < got < len(msgspec.json.encode(big)), "dropped long before the end"
        assert ask(doors.url, "/v1/summary", token=READER).status == 200


async def test_what_many_ask_at_once_is_made_once(slow: Any) -> None:
    made: list[int] = []

    def make() -> Reply:
        made.append(slow.summary().scopes)
        return Reply(b"all")

    with Kitchen(Offer(slow), Audit(), Limits(reads=4)) as kitchen:
        asking = [asyncio.create_task(kitchen.make_once("same", make)) for _ in range(20)]
        other = asyncio.create_task(kitchen.make_once("other", make))
        for _ in range(2):
            await asyncio.to_thread(slow.asked.acquire)
        asking[0].cancel()
        await asyncio.sleep(0)
        slow.go_on.set()
        answers = await asyncio.gather(*asking[1:], other)
        assert {id(answer) for answer in answers[:-1]} == {id(answers[0])}
        assert len(made) == 2, "whoever asked first and went away takes it from nobody"
        await kitchen.make_once("same", make)
        assert len(made) == 3, "nothing of it is kept here"


async def test_what_tells_of_everything_is_made_one_at_a_time_and_holds_up_nothing_else(
    slow: Any,
) -> None:
    at_work: list[int] = []

    def make() -> Reply:
        at_work.append(1)
        slow.summary()
        return Reply(b"all")

    with Kitchen(Offer(slow), Audit(), Limits(reads=2)) as kitchen:
        wholes = [asyncio.create_task(kitchen.make_once(key, make, whole=True)) for key in range(8)]
        await asyncio.to_thread(slow.asked.acquire)
        assert (await kitchen.work(lambda: Reply(b"small"))).body == b"small"
        assert len(at_work) == 1
        slow.go_on.set()
        await asyncio.gather(*wholes)
        assert len(at_work) == 8


async def test_what_many_ask_at_once_fails_for_all_and_is_tried_anew(slow: Any) -> None:
    def fail() -> Reply:
        slow.summary()
        raise UsageError("no")

    with Kitchen(Offer(slow), Audit(), Limits()) as kitchen:
        asking = [asyncio.create_task(kitchen.make_once("same", fail)) for _ in range(2)]
        await asyncio.to_thread(slow.asked.acquire)
        slow.go_on.set()
        failed = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(each) for each in failed] == [UsageError, UsageError]
        assert (await kitchen.make_once("same", lambda: Reply(b"now"))).body == b"now"


def test_guesses_are_limited_while_probes_and_right_tokens_are_answered(
    inventory: LocalInventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "REFILL_SHARE", 0.0)  # however long the guesses take here
    with serving(inventory, tmp_path) as doors:
        statuses = [ask(doors.url, "/v1/summary", token=f"guess-{n}").status for n in range(20)]
        assert statuses == [401] * 10 + [429] * 10
        refused = ask(doors.url, "/v1/summary", token="guess")
        assert (refused.problem, refused.headers["retry-after"]) == ("too-many", "10")
        assert ask(doors.probe_url, "/healthz").status == 200
        assert ask(doors.url, "/v1/summary", token=READER).status == 200


def test_behind_a_proxy_the_peer_is_whom_the_proxy_names(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    door = ApiDoor(address=LOOPBACK, behind_proxy=True)
    limits = msgspec.structs.replace(QUICK, wrong_per_peer=1)
    with serving(inventory, tmp_path, api=door, limits=limits) as doors:

        def guess(peer: str) -> int:
            return ask(
                doors.url, "/v1/summary", token="x", X_Forwarded_For=f"spoofed, {peer}"
            ).status

        assert [guess("192.0.2.1"), guess("192.0.2.1"), guess("192.0.2.2")] == [401, 429, 401]


def test_an_answer_in_two_pieces_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    with closing(bind(LOOPBACK)) as bound:
        bound.listen()
        with socket.create_connection(bound.getsockname()), closing(bound.accept()[0]) as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
