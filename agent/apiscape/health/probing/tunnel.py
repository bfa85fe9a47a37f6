"""Through a proxy: the connection to a host that it makes for us, and what is said where it makes none."""

from __future__ import annotations

import asyncio
import ssl

from apiscape.health.probing.answers import Answer
from apiscape.network.connect import (
    ASKS,
    MOST_HEAD_BYTES,
    MULTIPLE,
    OK,
    SERVER_ERROR,
    connect_request,
    status_of,
)
from apiscape.network.ways import Proxy

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
        writer.write(connect_request(proxy, host, port))
        status = status_of(await reader.readuntil(b"\r\n\r\n"))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, UnicodeError):
        status = None
    if status is None or not OK <= status < MULTIPLE:
        writer.transport.abort()
        raise OSError(f"the proxy answered {status or 'nothing'}")
    return reader, writer


# ── In words ─────────────────────────────────────────────────────────────────


def no_proxy_there(proxy: Proxy) -> Answer:
    """Return that a proxy does not answer, which says nothing of the host."""
    return Answer(refused=f"the proxy {proxy} does not answer; check `network.proxy`")


def turned_away(proxy: Proxy, status: int) -> Answer:
    """Return what a proxy's own answer means: of the host only that it has none, if it says so."""
    if status == ASKS:
        step = "set HTTPS_PROXY with user and password"
        return Answer(refused=f"the proxy {proxy} asks for credentials ({status}); {step}")
    if status >= SERVER_ERROR:
        return Answer(failure=f"the proxy {proxy} got no connection ({status})")
    step = "`network.no_proxy` would go without it"
    return Answer(refused=f"the proxy {proxy} does not let it through ({status}); {step}")
