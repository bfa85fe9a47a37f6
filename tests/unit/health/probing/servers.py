"""Small real servers on loopback, for probes to look at."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.0/8"
ENDS = datetime(2031, 5, 4, tzinfo=UTC)


class Heard:
    """A server's requests, each as its lines; `connections` counts those that were opened."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0
        self.requests: list[list[str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def header(self, name: str) -> list[str]:
        return [
            line.partition(": ")[2]
            for lines in self.requests
            for line in lines
            if line.lower().startswith(f"{name}: ")
        ]


@asynccontextmanager
async def serving(
    reply: bytes | Callable[[str], bytes] = b"HTTP/1.1 204 No Content\r\n\r\n",
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Heard]:
    """Answer every request alike, or as its first line asks; an empty reply closes, None is silence."""
    heard = Heard(0)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        lines = head.strip().split("\r\n")
        heard.requests.append(lines)
        writer.write(reply(lines[0]) if callable(reply) else reply)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    heard.port = server.sockets[0].getsockname()[1]
    async with server:
        yield heard


def certificate(folder: Path, *, ends: datetime = ENDS, name: str = "localhost") -> Path:
    """Write a certificate of its own making, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(ends, datetime.now(UTC)) - timedelta(days=90))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def showing(file: Path) -> ssl.SSLContext:
    """Return what a server shows a certificate with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
