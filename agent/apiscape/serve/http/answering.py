"""Answers that the application does not make, and what stands above every answer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from litestar.types import Send

from apiscape.client.problem import MEDIA_TYPE
from apiscape.serve.errors import Rejected

SECURE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Encoding, Authorization",
}


async def refuse(error: Rejected, send: Send) -> None:
    """Answer with why a request is refused."""
    body = msgspec.json.encode(error.problem)
    headers = {
        **SECURE,
        **error.headers,
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
    }
    await answer(send, error.problem.status, headers, body)


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send an answer that the application does not make."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": False})
