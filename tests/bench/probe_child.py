"""What probes ask, in a process of its own: answers every request with 204 on a few ports, and says them."""

from __future__ import annotations

import asyncio
import ssl
import sys

ANSWER = b"HTTP/1.1 204 No Content\r\nDate: Sat, 01 Aug 2026 12:00:00 GMT\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer what is asked over one connection."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def main(ports: int, certificate: str | None) -> None:
    """Serve until the process is ended."""
    shown = None
    if certificate is not None:
        shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        shown.load_cert_chain(certificate)
    servers = [await asyncio.start_server(answer, "127.0.0.1", 0, ssl=shown) for _ in range(ports)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
