"""Requests are read in C or in Python, and what comes of them is the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from apiscape.serve.http.limits import DEFAULT_LIMITS
from apiscape.serve.http.protocol import Connection, Room, connection_class
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from tests.unit.serve.http.harness import OPERATOR, QUICK, READER, serving

HEAD = f"Host: localhost\r\nAuthorization: Bearer {READER}\r\n"
OPERATE = (
    f"Host: localhost\r\nAuthorization: Bearer {OPERATOR}\r\nContent-Type: application/json\r\n"
)
LIMITS = msgspec.structs.replace(QUICK, head_bytes=2048, head_s=600.0)


@pytest.fixture
def doors(inventory: LocalInventory, tmp_path: Path, reading: type[Connection]) -> Iterator[Doors]:
    with serving(inventory, tmp_path, limits=LIMITS) as opened:
        yield opened


def told(doors: Doors, *pieces: str | bytes) -> bytes:
    """Send pieces of data one after the other; return all that comes until the other side closes."""
    parts = urlsplit(doors.url or "")
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as opened:
        for piece in pieces:
            opened.sendall(piece.encode() if isinstance(piece, str) else piece)
        answer = b""
        while data := _more(opened):
            answer += data
    return answer


def _more(opened: socket.socket) -> bytes:
    try:
        return opened.recv(65536)
    except ConnectionResetError:
        return b""


def test_a_room_is_of_the_connections_that_can_be_had(reading: type[Connection]) -> None:
    assert issubclass(connection_class(Room(DEFAULT_LIMITS)), reading)


def test_requests_that_come_together_are_answered_in_order(doors: Doors) -> None:
    first = f"GET /v1/summary HTTP/1.1\r\n{HEAD}\r\n"
    last = f"GET /v1/nothing HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"
    answer = told(doors, first + first + last)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.rindex(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 404")


def test_a_request_may_come_in_pieces(doors: Doors) -> None:
    whole = f"GET /v1/summary HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n"
    assert told(doors, whole[:10], whole[10:60], whole[60:]).startswith(b"HTTP/1.1 200")


def test_a_head_that_grows_piece_by_piece_is_refused_before_it_ends(doors: Doors) -> None:
    """Nothing is sent after the piece that is too much: whoever sends on may lose the answer."""
    begun = f"GET /v1/summary HTTP/1.1\r\n{HEAD}"
    line = f"X-Long: {'x' * 400}\r\n"
    most = (LIMITS.head_bytes - len(begun)) // len(line)
    answer = told(doors, begun, *[line] * (most + 1))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"200 OK" not in answer
    answer = told(doors, begun, *[line] * (most - 1), "Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_body_is_no_head_of_what_follows_it(doors: Doors) -> None:
    body = b'{"scope": "s", "by": "%s"}' % (b"x" * 1900)
    action = f"POST /v1/confirm HTTP/1.1\r\n{OPERATE}Content-Length: {len(body)}\r\n\r\n".encode()
    after = f"GET /v1/summary HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode()
    answer = told(doors, action, body + after[:40], after[40:])
    assert answer.count(b"HTTP/1.1 404") == 1  # no such scope
    assert answer.count(b"HTTP/1.1 200") == 1


def test_a_trailer_of_a_body_says_nothing_of_who_asks(doors: Doors) -> None:
    body = "2\r\n{}\r\n0\r\n"
    head = "POST /v1/confirm HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    answer = told(doors, f"{head}\r\n{body}Authorization: Bearer {OPERATOR}\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401")


def test_what_is_no_request_is_refused(doors: Doors) -> None:
    assert told(doors, "this is no request\r\n\r\n").startswith(b"HTTP/1.1 400")
