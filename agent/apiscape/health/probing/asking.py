"""One request of a probe, and what became of it in words."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import aiohttp

from apiscape.health.probing.answers import Answer
from apiscape.health.probing.guard import Guard, Refused

USER_AGENT = f"apiscape/{version('apiscape')} (health probe; sends no data)"
_HEAD_BYTES = 16_384


class Request:
    """Sends probes over one session: no cookies, no redirects, no credentials, no environment's proxy.

    Args:
        session: As `open_session` makes it.
        timeout_s: Longest that one answer may take.
    """

    def __init__(self, session: aiohttp.ClientSession, timeout_s: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def send(self, method: str, url: str) -> Answer:
        """Return what answered; everything that can go wrong is an answer too."""
        began = time.monotonic()
        try:
            async with self._session.request(
                method, url, allow_redirects=False, timeout=self._timeout
            ) as response:
                took_ms = 1_000.0 * (time.monotonic() - began)
                return Answer(status=response.status, latency_ms=took_ms, resolves=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return describe(error)


@asynccontextmanager
async def open_session(guard: Guard, trust: ssl.SSLContext) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session whose every socket the guard has made."""
    connector = aiohttp.TCPConnector(
        socket_factory=guard.socket, ssl=trust, force_close=True, limit=0, ttl_dns_cache=None
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
        auto_decompress=False,
        trust_env=False,
        max_line_size=_HEAD_BYTES,
        max_field_size=_HEAD_BYTES,
    ) as session:
        yield session


def describe(error: Exception) -> Answer:
    """Return an error as an answer: in words that name the cause, and hold nothing that was sent."""
    refusal = _refusal(error)
    if refusal is not None:
        return Answer(refused=str(refusal))
    if isinstance(error, aiohttp.ClientConnectorError) and type(error) not in _MEANINGS:
        return Answer(failure=_words(error.os_error), resolves=True)
    for kind, answer in _MEANINGS.items():
        if isinstance(error, kind):
            return answer
    return Answer(failure=f"no usable answer ({type(error).__name__})", resolves=True)


_MEANINGS: dict[type[Exception], Answer] = {
    TimeoutError: Answer(failure="no answer in time"),
    aiohttp.ClientConnectorDNSError: Answer(failure="name not found", resolves=False),
    aiohttp.ClientConnectorCertificateError: Answer(
        failure="certificate not trusted", resolves=True
    ),
    aiohttp.ServerDisconnectedError: Answer(
        failure="connection closed without an answer", resolves=True
    ),
    aiohttp.InvalidURL: Answer(refused="not an address that can be asked"),
}


def _words(error: OSError) -> str:
    """Return an operating system's error in its own words, without the address that it names."""
    return os.strerror(error.errno).lower() if error.errno else "no connection"


def _refusal(error: BaseException | None) -> Refused | None:
    """Return the guard's refusal behind an error, through those that wrap it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, Refused):
            return error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return None
