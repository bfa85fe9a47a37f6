"""HTTP/1.1 on a socket, no more than the SDK needs: keep-alive, bodies by length, one at a time.

Answers may be told to come late, slowly, cut short or not at all; the time that passes holds up
nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

import msgspec

from apiscape.demo.aws.wire.routing import Request
from apiscape.demo.aws.wire.writing import Answer

_LARGEST_REQUEST_BYTES = 1_000_000
_SLOW_STEPS = 8
_HEAD_END = b"\r\n\r\n"


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """An answer and how it goes out.

    Args:
        answer: What to send; None closes the connection instead.
        delay_s: Time before the first byte.
        spread_s: Time over which the body dribbles in.
        cut: Close in the middle of the body.
    """

    answer: Answer | None
    delay_s: float = 0.0
    spread_s: float = 0.0
    cut: bool = False


class Connection(asyncio.Protocol):
    """One client's connection.

    Args:
        respond: Answers a request; must not block.
        opened: The server's set of open connections.
    """

    def __init__(
        self, respond: Callable[[Request], Delivery], opened: set[asyncio.Transport]
    ) -> None:
        self._respond = respond
        self._opened = opened
        self._buffer = b""
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._opened.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport; what was under way is dropped."""
        del exc
        if self._transport is not None:
            self._opened.discard(self._transport)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Take bytes in and answer the request once it is whole."""
        self._buffer += data
        self._advance()

    def _advance(self) -> None:
        if self._busy or self._transport is None:
            return
        try:
            request, self._buffer = take_request(self._buffer)
        except ValueError:  # not HTTP
            self._transport.abort()
            return
        if request is None:
            return
        self._busy = True
        delivery = self._respond(request)
        if delivery.delay_s:
            asyncio.get_running_loop().call_later(delivery.delay_s, self._send, delivery)
        else:
            self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        if self._transport is None:
            return
        if delivery.answer is None:
            self._transport.abort()
            return
        head, body = _head(delivery.answer), delivery.answer.body
        if delivery.cut:
            self._transport.write(head + body[: len(body) // 2])
            self._transport.close()
        elif delivery.spread_s:
            self._transport.write(head)
            self._dribble(body, delivery.spread_s / _SLOW_STEPS, len(body) // _SLOW_STEPS + 1)
        else:
            self._transport.write(head + body)
            self._done()

    def _dribble(self, body: bytes, pause_s: float, step: int) -> None:
        if self._transport is None:
            return
        self._transport.write(body[:step])
        if len(body) <= step:
            self._done()
            return
        loop = asyncio.get_running_loop()
        loop.call_later(pause_s, self._dribble, body[step:], pause_s, step)

    def _done(self) -> None:
        self._busy = False
        if self._buffer:
            self._advance()


def take_request(buffer: bytes) -> tuple[Request | None, bytes]:
    """Take one whole request off the front of a buffer.

    Returns:
        The request and what is left; None and the buffer unchanged while bytes are missing.

    Raises:
        ValueError: The bytes are no HTTP request.
    """
    if len(buffer) > _LARGEST_REQUEST_BYTES:
        raise ValueError("Longer than any request of the SDK")
    end = buffer.find(_HEAD_END)
    if end < 0:
        return None, buffer
    lines = buffer[:end].decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    start = end + len(_HEAD_END)
    stop = start + _length(headers.get("content-length", "0"))
    if len(buffer) < stop:
        return None, buffer
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, buffer[start:stop]), buffer[stop:]


def _length(text: str) -> int:
    if not (
        text.isascii() and text.isdecimal()
    ):  # a negative one would give the same request for ever
        raise ValueError("No length of a body")
    return int(text)


def _head(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    extra = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return (
        f"HTTP/1.1 {answer.status} {phrase}\r\nContent-Type: {answer.content_type}\r\n"
        f"Content-Length: {len(answer.body)}\r\n{extra}\r\n"
    ).encode("latin-1")
