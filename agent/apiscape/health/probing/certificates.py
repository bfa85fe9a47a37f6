"""The certificate that a server shows: until when it holds, and whether it is trusted."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import ExitStack

import msgspec
from cryptography import x509

from apiscape.health.probing.answers import Answer
from apiscape.health.probing.guard import Guard
from apiscape.health.probing.tunnel import open_tunnel
from apiscape.model.entity import Entity
from apiscape.network.ways import Proxy


class Look(Entity, frozen=True):
    """How to get to a server.

    Attributes:
        guard: Makes the sockets, where no proxy does.
        trust: Whose certificates are trusted.
        timeout_s: Longest that it may take.
        proxy: What connects for us, if anything; it was checked before that it may.
    """

    guard: Guard
    trust: ssl.SSLContext
    timeout_s: float
    proxy: Proxy | None = None


async def look_at_certificate(host: str, port: int, way: Look) -> Answer:
    """Return what a server's certificate says of itself, trusted or not.

    Raises:
        Refused: The address is not to be probed.
        OSError: There is no connection, or no handshake.
        TimeoutError: It took too long.
    """
    async with asyncio.timeout(way.timeout_s):
        try:
            shown = await _shake_hands(host, port, way, way.trust)
        except ssl.SSLCertVerificationError as error:
            shown = await _shake_hands(host, port, way, _trusting())
            fault = error.verify_message or "not trusted"
            return read_certificate(shown, trusted=False, fault=fault)
    return read_certificate(shown, trusted=True, fault=None)


def read_certificate(shown: bytes, *, trusted: bool, fault: str | None) -> Answer:
    """Return what a certificate in its binary form says; one that cannot be read is not trusted."""
    answer = Answer(certificate_trusted=trusted, certificate_fault=fault)
    try:
        ends = x509.load_der_x509_certificate(shown).not_valid_after_utc
    except ValueError:
        return msgspec.structs.replace(
            answer, certificate_trusted=False, certificate_fault="cannot be read"
        )
    return msgspec.structs.replace(answer, certificate_not_after=ends)


async def _shake_hands(host: str, port: int, way: Look, context: ssl.SSLContext) -> bytes:
    """Return the certificate of one handshake, in its binary form."""
    with ExitStack() as undo:
        if way.proxy is not None:
            _, writer = await open_tunnel(way.proxy, host, port, way.trust)
        else:
            connection = await _connect(host, port, way.guard)
            undo.callback(connection.close)
            _, writer = await asyncio.open_connection(sock=connection)
        undo.callback(_abort, writer)  # start_tls gives it another transport
        await writer.start_tls(context, server_hostname=host)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return bytes(shown or b"")


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _connect(host: str, port: int, guard: Guard) -> socket.socket:
    """Connect to the first address of a host that answers."""
    loop = asyncio.get_running_loop()
    failure = OSError(f"{host} has no address")
    for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with ExitStack() as undo:
            connection = guard.socket(info)
            undo.callback(connection.close)
            try:
                await loop.sock_connect(connection, info[4])
            except OSError as error:
                failure = error
                continue
            undo.pop_all()
            return connection
    raise failure


def _trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate, for looking at it only: nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
