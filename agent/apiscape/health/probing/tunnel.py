"""Through a proxy: the connection to a host that it makes for us, and what is said where it makes none."""

from __future__ import annotations

import asyncio
import ssl

from apiscape.health.probing.answers import Answer
from apiscape.network.ways import Proxy

MOST_HEAD_BYTES = 16_384

CREDENTIALS_ASKED = 407
_OK, _MULTIPLE, _SERVER_ERROR = 200, 300, 500

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_tunnel(proxy: Proxy, host: str, port: int, trust: ssl.SSLContext) -> Streams:
    """Have a proxy connect to a host, and return what leads there.

    Args:
        proxy: By its scheme it is itself spoken to in clear or by TLS.
        host: Where to; a name is looked up by the proxy.
        port: Of that host.
        trust: Whose certificates are trusted of a proxy that is spoken to by TLS.

    Raises:
        OSError: There is no proxy, or it makes no connection.
    """
    over = trust if proxy.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        proxy.host, proxy.port, ssl=over, limit=MOST_HEAD_BYTES
    )
    try:
        writer.write(_request(proxy, host, port))
        head = await reader.readuntil(b"\r\n\r\n")
        status = _status(head)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        writer.transport.abort()
        raise OSError("the proxy's answer is none") from None
    if not _OK <= status < _MULTIPLE:
        writer.transport.abort()
        raise OSError(f"the proxy answered {status}")
    return reader, writer


def _request(proxy: Proxy, host: str, port: int) -> bytes:
    name = host if host.isascii() else host.encode("idna").decode()
    place = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _status(head: bytes) -> int:
    """Return the status of a head.

    Raises:
        ValueError: It is none.
    """
    words = head.split(b" ", 2)
    if not words[0].startswith(b"HTTP/") or len(words) == 1:
        message = "no head of HTTP"
        raise ValueError(message)
    return int(words[1])


# ── In words ─────────────────────────────────────────────────────────────────


def no_proxy_there(proxy: Proxy) -> Answer:
    """Return that a proxy does not answer, which says nothing of the host."""
    return Answer(refused=f"the proxy {proxy} does not answer; check `network.proxy`")


def turned_away(proxy: Proxy, status: int) -> Answer:
    """Return what a proxy's own answer means: of the host only that it has none, if it says so."""
    if status == CREDENTIALS_ASKED:
        step = "set HTTPS_PROXY with user and password"
        return Answer(refused=f"the proxy {proxy} asks for credentials ({status}); {step}")
    if status >= _SERVER_ERROR:
        return Answer(failure=f"the proxy {proxy} got no connection ({status})")
    step = "`network.no_proxy` would go without it"
    return Answer(refused=f"the proxy {proxy} does not let it through ({status}); {step}")
