"""A connection through a proxy that is itself spoken to by TLS: what comes out of it is spoken to by TLS once more.

The standard library wraps nothing but sockets. So one end of a pair stands for the proxy's connection, and a
thread carries between the other end and it.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
from contextlib import ExitStack, suppress

from apiscape.network.connect import MOST_HEAD_BYTES, MULTIPLE, OK, connect_request, status_of
from apiscape.network.ways import Proxy

_PIECE = 65_536


class TunnelConnection(http.client.HTTPConnection):
    """A connection to an agent, through a proxy by TLS.

    Args:
        place: Host and port of the agent.
        proxy: What leads there.
        trust: Whose certificates are trusted of the proxy.
        context: What checks the agent's; it is spoken to in clear without.
        timeout_s: Longest silence.
    """

    def __init__(
        self,
        place: tuple[str, int],
        proxy: Proxy,
        trust: ssl.SSLContext,
        context: ssl.SSLContext | None,
        timeout_s: float,
    ) -> None:
        super().__init__(*place, timeout=timeout_s)
        self._proxy = proxy
        self._trust = trust
        self._context = context

    def connect(self) -> None:
        """Open the tunnel.

        Raises:
            OSError: There is no proxy, or it does not let through.
        """
        with ExitStack() as undo:
            plain = socket.create_connection((self._proxy.host, self._proxy.port), self.timeout)
            undo.callback(plain.close)
            outer = self._trust.wrap_socket(plain, server_hostname=self._proxy.host)
            undo.callback(outer.close)
            _ask(outer, connect_request(self._proxy, self.host, self.port))
            undo.pop_all()
        with ExitStack() as undo:
            near = carried(outer)
            undo.callback(near.close)
            near.settimeout(self.timeout)
            context = self._context
            self.sock = context.wrap_socket(near, server_hostname=self.host) if context else near
            undo.pop_all()


def _ask(outer: ssl.SSLSocket, request: bytes) -> None:
    """Have a proxy connect to a host; nothing of what comes from there is read.

    Raises:
        OSError: It does not.
    """
    outer.sendall(request)
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < MOST_HEAD_BYTES:
        some = outer.recv(1)  # the host's own bytes may follow at once
        if not some:
            break
        head += some
    status = status_of(head)
    if status is None or not OK <= status < MULTIPLE:
        message = f"Tunnel connection failed: {status or 'no answer'}"
        raise OSError(message)


def carried(outer: ssl.SSLSocket) -> socket.socket:
    """Return a socket that stands for a connection by TLS; closing it closes that too."""
    near, far = socket.socketpair()
    threading.Thread(target=_carry, args=(outer, far), name="tunnel", daemon=True).start()
    return near


def _carry(outer: ssl.SSLSocket, far: socket.socket) -> None:
    """Carry both ways until one side ends; one thread alone uses the connection, which takes no two."""
    poller = select.poll()
    poller.register(outer, select.POLLIN)
    poller.register(far, select.POLLIN)
    with outer, far, suppress(OSError):
        while True:
            ready = [outer.fileno()] if outer.pending() else [each for each, _ in poller.poll()]
            if far.fileno() in ready and not _send(far, outer):
                return
            if outer.fileno() in ready and not _receive(outer, far):
                return


def _send(far: socket.socket, outer: ssl.SSLSocket) -> bool:
    some = far.recv(_PIECE)
    outer.settimeout(None)
    outer.sendall(some)
    return bool(some)


def _receive(outer: ssl.SSLSocket, far: socket.socket) -> bool:
    """Hand on what came; of what is no data of anybody's, as of a record that is not whole yet, nothing."""
    outer.settimeout(0)
    try:
        some = outer.recv(_PIECE)
    except ssl.SSLWantReadError:
        return True
    far.sendall(some)
    return bool(some)
