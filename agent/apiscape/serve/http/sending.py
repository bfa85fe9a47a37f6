"""Answers on their way out: in slices, so that a caller who reads slowly has a slice of its own and no more.

What is large is held once for all who read the same, and no more of it than fits at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from litestar.types import HTTPResponseStartEvent, Message, Send

from apiscape.serve.errors import Rejected
from apiscape.serve.http.answering import refuse

SLICE_BYTES = 64 * 1024
LARGE_BYTES = 1024 * 1024
"""Bytes from which an answer counts as large."""


class Sending:
    """What is being sent of large answers: each is counted once, however many read it.

    Args:
        most_bytes: Together; one alone is sent however large it is.

    Attributes:
        held_bytes: As much as is being sent now.
    """

    def __init__(self, most_bytes: int) -> None:
        self.held_bytes = 0
        self._most_bytes = most_bytes
        self._readers: dict[int, int] = {}

    def bounded(self, send: Send) -> Send:
        """Return a `send` that sends slices, and refuses a large answer for which there is no room."""
        start: HTTPResponseStartEvent | None = None

        async def send_bounded(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            try:
                with self._holding(message["body"]):
                    if start is not None:
                        await send(start)
                        start = None
                    await _send_slices(send, message["body"], more=message["more_body"])
            except Rejected as error:
                await refuse(error, send)

        return send_bounded

    @contextmanager
    def _holding(self, body: bytes) -> Iterator[None]:
        """Count an answer for as long as it is sent.

        Raises:
            Rejected: It is large, and there is no room.
        """
        key, size = id(body), len(body)
        if size < LARGE_BYTES:
            yield
            return
        readers = self._readers.get(key, 0)
        if not readers and self._readers and self.held_bytes + size > self._most_bytes:
            detail = "too many large answers at once"
            hint = "wait until others have read theirs"
            raise Rejected("overloaded", detail, hint=hint, headers={"Retry-After": "5"})
        self._readers[key] = readers + 1
        self.held_bytes += 0 if readers else size
        try:
            yield
        finally:
            self._readers[key] -= 1
            if not self._readers[key]:
                del self._readers[key]
                self.held_bytes -= size


async def _send_slices(send: Send, body: bytes, *, more: bool) -> None:
    """Send a body slice by slice, each once the caller has read on; an empty one as it is."""
    first = 0
    while first + SLICE_BYTES < len(body):
        piece = body[first : first + SLICE_BYTES]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        first += SLICE_BYTES
    piece = body[first:] if first else body
    await send({"type": "http.response.body", "body": piece, "more_body": more})
