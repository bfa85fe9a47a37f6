"""What is in the way: tried out where something that went out failed, for libraries say it in many ways or not at all.

It connects as whatever failed does, sends nothing but CONNECT to the proxy, and says what it found in words
that hold no credential.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from apiscape.network.connect import (
    ASKED_STEP,
    ASKS,
    DOWN_STEP,
    ISSUER_STEP,
    MOST_HEAD_BYTES,
    MULTIPLE,
    OK,
    TURNED_STEP,
    connect_request,
    place_of,
    status_of,
)
from apiscape.network.ways import Proxy, Way, Ways

TIMEOUT_S: Final = 5.0
_PORTS = {"http": 80, "https": 443}


class Fault(msgspec.Struct, frozen=True):
    """What is in the way, and what to do about it."""

    message: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.message}: {self.next_step}"


class _InTheWay(Exception):
    """Found, and what it is."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.fault = Fault(message, next_step)


def find_fault(
    url: str, way: Way, *, encrypted: bool | None = None, timeout_s: float = TIMEOUT_S
) -> Fault | None:
    """Return what of the way to a URL is at fault; nothing where the proxy lets through and the certificate holds.

    Args:
        url: What could not be reached.
        way: How it was tried.
        encrypted: Whether by TLS; as its scheme says if left out.
        timeout_s: Longest that each step may take.
    """
    parts = urlsplit(url)
    by_tls = parts.scheme == "https" if encrypted is None else encrypted
    try:
        with ExitStack() as undo:
            _go(parts, way, by_tls, timeout_s, undo)
    except _InTheWay as found:
        return found.fault
    except (OSError, ValueError):
        return None  # whoever failed has said as much
    return None


def _go(parts: SplitResult, way: Way, by_tls: bool, timeout_s: float, undo: ExitStack) -> None:  # noqa: FBT001 - of two, which
    """Go the way once.

    Raises:
        _InTheWay: Something is.
        OSError: The host itself does not answer.
    """
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    if way.proxy is None:
        connection = undo.enter_context(socket.create_connection((host, port), timeout_s))
    else:
        connection = _reach_proxy(way, way.proxy, timeout_s, undo)
        _open_tunnel(connection, way.proxy, host, port)
    if by_tls:
        _shake_hands(connection, host, way, f"the certificate of {host}", undo)


def _reach_proxy(way: Way, proxy: Proxy, timeout_s: float, undo: ExitStack) -> socket.socket:
    try:
        connection = socket.create_connection((proxy.host, proxy.port), timeout_s)
    except OSError:
        raise _InTheWay(f"the proxy {proxy} does not answer", DOWN_STEP) from None
    undo.enter_context(connection)
    if proxy.scheme == "https":
        return _shake_hands(
            connection, proxy.host, way, f"the certificate of the proxy {proxy}", undo
        )
    return connection


def _open_tunnel(connection: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    connection.sendall(connect_request(proxy, host, port))
    status = _status(connection)
    if status is None:
        raise _InTheWay(f"the proxy {proxy} does not answer", DOWN_STEP)
    if status == ASKS:
        raise _InTheWay(f"the proxy {proxy} asks for credentials ({status})", ASKED_STEP)
    if not OK <= status < MULTIPLE:
        place = place_of(host, port)
        raise _InTheWay(f"the proxy {proxy} does not let {place} through ({status})", TURNED_STEP)


def _status(connection: socket.socket) -> int | None:
    """Return the status of the answer to CONNECT; nothing where it is none."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MOST_HEAD_BYTES:
        try:
            some = connection.recv(4096)
        except OSError:
            return None
        if not some:
            break
        head += some
    return status_of(head)


def _shake_hands(
    connection: socket.socket, host: str, way: Way, whose: str, undo: ExitStack
) -> socket.socket:
    """Return what is inside TLS.

    Raises:
        _InTheWay: The certificate is not trusted.
    """
    trust = Ways(ca_bundle=way.ca_bundle).trust()
    try:
        return undo.enter_context(trust.wrap_socket(connection, server_hostname=host))
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or "no reason is given"
        raise _InTheWay(f"{whose} is not trusted ({why})", ISSUER_STEP) from None
