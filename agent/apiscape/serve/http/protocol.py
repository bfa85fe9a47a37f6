"""Connections, few and short-lived: whoever idles makes room, whoever dawdles is cut off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import OrderedDict
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from apiscape.serve.http.limits import Limits

if TYPE_CHECKING:
    _Server = H11Protocol  # either of the server's own protocols gives the same
else:
    _Server = asyncio.Protocol

CONNECTION = "apiscape.connection"
"""Where a request's scope has the connection that it came by."""


class Room:
    """The connections of one door, the one that was last at work last."""

    def __init__(self, limits: Limits) -> None:
        """Hold no more connections than the limits say."""
        self.limits = limits
        self._held: OrderedDict[Connection, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def enter(self, connection: Connection) -> None:
        """Take a connection in; one too many sends away the one that has idled longest."""
        self._held[connection] = None
        if len(self._held) > self.limits.connections:
            idle = next((held for held in self._held if held.is_idle), connection)
            idle.abort()

    def refresh(self, connection: Connection) -> None:
        """Remember that a connection was at work just now."""
        if connection in self._held:
            self._held.move_to_end(connection)

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        self._held.pop(connection, None)


class Connection(_Server):
    """One connection: must send a whole request in time, and is closed by the room when it idles.

    It stands before one of the server's own protocols, which reads requests and writes answers.
    """

    room: Room
    _deadline: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        cycle = getattr(self, "cycle", None)
        return cycle is None or bool(cycle.response_complete)

    @property
    def is_full(self) -> bool:
        """Whether the caller has yet to read so much that more is not taken for it."""
        return bool(self.flow.write_paused)

    def abort(self) -> None:
        """Break the connection, whatever is yet to be sent."""
        self._cancel_deadline()
        self.room.leave(self)
        held = self.transport.get_extra_info("socket")
        with suppress(
            OSError, AttributeError
        ):  # nothing of it stays in the system's buffers either
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - narrower than the library's own
        """Enter the room, and begin to count."""
        super().connection_made(transport)
        self._set_deadline()
        self.room.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room."""
        self._cancel_deadline()
        self.room.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take data in; the count ends with the head of a request, and begins anew with the next."""
        super().data_received(data)
        if not self.is_idle:
            self._cancel_deadline()
            self.room.refresh(self)
        elif self._deadline is None:
            self._set_deadline()

    def on_response_complete(self) -> None:
        """Count idling from here."""
        self.room.refresh(self)
        super().on_response_complete()

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(self.room.limits.head_s, self._expire)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self.is_idle:
            self.abort()


class PlainConnection(Connection, H11Protocol):
    """One whose requests are read in Python."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - narrower than the library's own
        """Have every request say by which connection it came."""
        super().connection_made(transport)
        app = self.app

        async def connected(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as the server types them
            scope[CONNECTION] = self
            await app(scope, receive, send)

        self.app = connected


def connection_class(room: Room) -> type[Connection]:
    """Return the class of the connections of one room, for the server to make them of.

    Requests are read in C where `httptools` is installed, in Python elsewhere.
    """
    if find_spec("httptools") is None:
        return type("RoomConnection", (PlainConnection,), {"room": room})
    from apiscape.serve.http.quick import QuickConnection

    return type("RoomConnection", (QuickConnection,), {"room": room})
