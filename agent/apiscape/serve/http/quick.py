"""Connections whose requests are read in C; their heads are held to the same limit as those read in Python."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from apiscape.serve.http.protocol import CONNECTION, Connection


class QuickConnection(Connection, HttpToolsProtocol):  # type: ignore[misc] # either protocol gives the same
    """One whose requests are read by `httptools`, which itself takes heads of any length."""

    _head_bytes = 0
    _in_head = False
    _is_all_head = False

    def data_received(self, data: bytes) -> None:
        """Take data in; a head that has become too long without an end is refused."""
        self._is_all_head = True
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data) if self._is_all_head else 0
        if self._head_bytes > self.room.limits.head_bytes and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()
        scope: Any = self.scope
        scope[CONNECTION] = self

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what a chunked body says in its trailer is none, whoever asks."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End a head."""
        self._in_head = self._is_all_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request: what follows in the same piece of data is of another."""
        self._is_all_head = False
        super().on_message_complete()
