"""Where an agent answers, and how it is reached from here."""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from apiscape.client.sockets import socket_address
from apiscape.client.tunnel import TunnelConnection
from apiscape.errors import UsageError
from apiscape.network.ways import Network, Proxy, read_ways

UNIX = "unix:"
_PORTS = {"http": 80, "https": 443}
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
        SettingsError: The environment names a proxy or certificates that cannot be used.
    """
    if address.url.startswith(UNIX):
        return _UnixConnection(Path(address.url.removeprefix(UNIX)), address.timeout_s)
    scheme, host, port = _place(address.url)
    if scheme == "http" and address.token and not is_here(host):
        hint = "use https, or name an address of this machine"
        raise UsageError("a token would go over the network in clear", hint=hint)
    context = _context(address) if scheme == "https" else None
    proxy = proxy_of(address)
    if proxy is None:
        return _connection((host, port), context, address.timeout_s)
    if proxy.scheme == "https":
        trust = read_ways(Network()).trust()
        return TunnelConnection((host, port), proxy, trust, context, address.timeout_s)
    opened = _connection((proxy.host, proxy.port), context, address.timeout_s)
    to_it = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    opened.set_tunnel(host, port, headers=to_it)
    return opened


def _place(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an agent.

    Raises:
        UsageError: It is no address of one.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port, parts = "", None, None, urlsplit("")
    if scheme not in _PORTS or not host or parts.username or parts.query:
        hint = "unix:PATH, http://HOST:PORT or https://HOST:PORT"
        raise UsageError(f"not the address of an agent: {_shown(url)}", hint=hint)
    return scheme, host, port or _PORTS[scheme]


def _shown(url: str) -> str:
    """Return an address without what stands before its host: that may be a password."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://***@{after}" if at else url


def proxy_of(address: Address) -> Proxy | None:
    """Return the proxy that the environment names for an agent, none where it is on this machine.

    Raises:
        SettingsError: It names one that cannot be used.
    """
    if address.url.startswith(UNIX) or is_here(urlsplit(address.url).hostname or ""):
        return None
    return read_ways(Network()).to(address.url).proxy


def _connection(
    place: tuple[str, int], context: ssl.SSLContext | None, timeout_s: float
) -> http.client.HTTPConnection:
    host, port = place
    if context is None:
        return http.client.HTTPConnection(host, port, timeout=timeout_s)
    return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)


def is_here(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(address: Address) -> ssl.SSLContext:
    """Return what checks the agent's certificate: by those that the context names, else as the environment says.

    Raises:
        UsageError: The certificates to trust cannot be read.
        SettingsError: Those that the environment names cannot be.
    """
    if address.ca_file is None:
        return read_ways(Network()).trust()
    try:
        return ssl.create_default_context(cafile=os.fspath(address.ca_file))
    except (OSError, ssl.SSLError) as error:
        message = f"the certificates to trust cannot be read: {error}"
        raise UsageError(message, hint=f"give PEM: {address.ca_file}") from error
