"""Where an agent answers, and how it is reached from here."""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from apiscape.client.sockets import socket_address
from apiscape.errors import UsageError

UNIX = "unix:"
TIMEOUT_S = 60.0
"""Longest silence of an agent: twice what it gives itself for an answer, and more than between signs of life."""


class Address(msgspec.Struct, frozen=True):
    """Where an agent answers, and what is needed to ask it.

    Attributes:
        url: `unix:PATH`, `http://HOST:PORT` or `https://HOST:PORT`.
        token: What it is asked with; none is needed at a socket.
        ca_file: Certificates to trust instead of the system's.
    """

    url: str
    token: str | None = None
    ca_file: Path | None = None
    timeout_s: float = TIMEOUT_S

    def __repr__(self) -> str:
        """Return where, without the token."""
        return f"Address({self.url!r})"


class _UnixConnection(http.client.HTTPConnection):
    """A connection to an agent's socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with socket_address(self._path) as address:
            self.sock.connect(address)


def open_connection(address: Address) -> http.client.HTTPConnection:
    """Return a connection to an agent, over the proxy of the environment where that is not this machine.

    Raises:
        UsageError: The address is none, or would send a token in clear over a network.
    """
    if address.url.startswith(UNIX):
        return _UnixConnection(Path(address.url.removeprefix(UNIX)), address.timeout_s)
    parts = urlsplit(address.url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query:
        hint = "unix:PATH, http://HOST:PORT or https://HOST:PORT"
        shown = address.url.replace(parts.netloc, f"***@{host}") if parts.username else address.url
        raise UsageError(f"not the address of an agent: {shown}", hint=hint)
    if parts.scheme == "http" and address.token and not is_here(host):
        hint = "use https, or name an address of this machine"
        raise UsageError("a token would go over the network in clear", hint=hint)
    proxy = None if is_here(host) else _proxy(parts.scheme, host)
    context = _context(address) if parts.scheme == "https" else None
    return _connection(
        proxy or (host, _port(parts.port, parts.scheme)),
        context,
        address.timeout_s,
        ((host, _port(parts.port, parts.scheme)) if proxy else None),
    )


def _connection(
    place: tuple[str, int],
    context: ssl.SSLContext | None,
    timeout_s: float,
    beyond: tuple[str, int] | None,
) -> http.client.HTTPConnection:
    host, port = place
    if context is None:
        opened = http.client.HTTPConnection(host, port, timeout=timeout_s)
    else:
        opened = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    if beyond is not None:
        opened.set_tunnel(*beyond)
    return opened


def is_here(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    """Return the proxy that the environment names for a host."""
    if urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies().get(scheme)
    parts = urlsplit(named or "")
    if not parts.hostname:
        return None
    return parts.hostname, _port(parts.port, parts.scheme)


def _port(port: int | None, scheme: str) -> int:
    return port or {"https": 443}.get(scheme, 80)


def _context(address: Address) -> ssl.SSLContext:
    """Return what checks the agent's certificate.

    Raises:
        UsageError: The certificates to trust cannot be read.
    """
    try:
        return ssl.create_default_context(
            cafile=os.fspath(address.ca_file) if address.ca_file else None
        )
    except (OSError, ssl.SSLError) as error:
        message = f"the certificates to trust cannot be read: {error}"
        raise UsageError(message, hint=f"give PEM: {address.ca_file}") from error
