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


async def look_at_certificate(
    host: str, port: int, *, guard: Guard, trust: ssl.SSLContext, timeout_s: float
) -> Answer:
    """Return what a server's certificate says of itself, trusted or not.

    Raises:
        Refused: The address is not to be probed.
        OSError: There is no connection, or no handshake.
        TimeoutError: It took too long.
    """
    async with asyncio.timeout(timeout_s):
        try:
            shown = await _shake_hands(host, port, guard, trust)
        except ssl.SSLCertVerificationError as error:
            shown = await _shake_hands(host, port, guard, _trusting())
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


async def _shake_hands(host: str, port: int, guard: Guard, context: ssl.SSLContext) -> bytes:
    """Return the certificate of one handshake, in its binary form."""
    with ExitStack() as undo:
        connection = await _connect(host, port, guard)
        undo.callback(connection.close)
        _, writer = await asyncio.open_connection(
            sock=connection, ssl=context, server_hostname=host
        )
        undo.callback(writer.transport.abort)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return bytes(shown or b"")


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
