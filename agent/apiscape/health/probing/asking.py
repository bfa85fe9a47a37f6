"""One request of a probe, and what became of it in words."""

from __future__ import annotations

import errno
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TypedDict

import aiohttp
import msgspec

from apiscape.health.probing.answers import Answer
from apiscape.health.probing.guard import Guard, Refused
from apiscape.health.probing.lookup import Lookup
from apiscape.health.probing.tunnel import no_proxy_there, turned_away
from apiscape.network.connect import ASKS
from apiscape.network.ways import Proxy

USER_AGENT = f"apiscape/{version('apiscape')} (health probe; sends no data)"
_HEAD_BYTES = 16_384

LOOKUP_SHARE = 0.8
"""Of the time for a request, what looking up its name may take: so that it is said that this took too long."""


class Request:
    """Sends probes over one session: no cookies, no redirects, and no credentials but the proxy's to the proxy.

    Args:
        session: As `open_session` makes it.
        timeout_s: Longest that one answer may take.
        proxy: Through which they are sent, if any.
        resolves: What an answer says of the name: nothing where only the proxy knows it.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        timeout_s: float,
        proxy: Proxy | None = None,
        *,
        resolves: bool | None = True,
    ) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._proxy = proxy
        self._resolves = resolves

    async def send(self, method: str, url: str) -> Answer:
        """Return what answered; everything that can go wrong is an answer too."""
        began = time.monotonic()
        try:
            async with self._session.request(
                method,
                url,
                allow_redirects=False,
                timeout=self._timeout,
                **by_proxy(self._proxy, url),
            ) as response:
                took_ms = 1_000.0 * (time.monotonic() - began)
                if self._proxy is not None and response.status == ASKS:
                    return turned_away(self._proxy, response.status)
                return Answer(status=response.status, latency_ms=took_ms, resolves=self._resolves)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._describe(error)

    def _describe(self, error: Exception) -> Answer:
        if self._proxy is None:
            return describe(error)
        return msgspec.structs.replace(
            describe_through(self._proxy, error), resolves=self._resolves
        )


class ByProxy(TypedDict, total=False):
    """What the library is told of headers and of a proxy."""

    headers: dict[str, str]
    proxy: str
    proxy_headers: dict[str, str]


def by_proxy(proxy: Proxy | None, url: str, headers: Mapping[str, str] | None = None) -> ByProxy:
    """Return what the library is told: credentials of a proxy go to it alone, never through it."""
    sent: dict[str, str] = dict(headers or {})
    to_it: dict[str, str] = {}
    if proxy is None:
        return ByProxy(headers=sent)
    if proxy.authorization is not None:
        target = to_it if url.startswith("https:") else sent
        target["Proxy-Authorization"] = proxy.authorization
    return ByProxy(headers=sent, proxy=proxy.address, proxy_headers=to_it)


@asynccontextmanager
async def open_session(
    guard: Guard | None, trust: ssl.SSLContext, timeout_s: float
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session whose every socket the guard has made; without one it is for proxies alone.

    Args:
        guard: Where it may connect.
        trust: Whose certificates are trusted.
        timeout_s: Longest that a request may take; a name is looked up in less.
    """
    lookup = Lookup(LOOKUP_SHARE * timeout_s)
    connector = aiohttp.TCPConnector(
        resolver=lookup,
        socket_factory=guard.socket if guard is not None else None,
        ssl=trust,
        force_close=True,
        limit=0,
        ttl_dns_cache=None,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
        auto_decompress=False,
        trust_env=False,
        max_line_size=_HEAD_BYTES,
        max_field_size=_HEAD_BYTES,
    )
    try:
        async with session:
            yield session
    finally:
        await lookup.close()


def describe(error: Exception) -> Answer:
    """Return an error as an answer: in words that name the cause, and hold nothing that was sent."""
    refusal = _refusal(error)
    if refusal is not None:
        return Answer(refused=str(refusal))
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Answer(failure=_distrust(error.certificate_error), resolves=True)
    if isinstance(error, aiohttp.ClientConnectorError) and type(error) not in _MEANINGS:
        return _unconnected(error.os_error)
    for kind, answer in _MEANINGS.items():
        if isinstance(error, kind):
            return answer
    return Answer(failure=f"no usable answer ({type(error).__name__})", resolves=True)


def describe_through(proxy: Proxy, error: Exception) -> Answer:
    """Return an error on the way through a proxy as an answer: one of the proxy names it, without credentials."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return turned_away(proxy, error.status)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientConnectorDNSError):
        return no_proxy_there(proxy)
    return describe(error)


_MEANINGS: dict[type[Exception], Answer] = {
    TimeoutError: Answer(failure="no answer in time"),
    aiohttp.ClientConnectorDNSError: Answer(failure="name not found", resolves=False),
    aiohttp.ServerDisconnectedError: Answer(
        failure="connection closed without an answer", resolves=True
    ),
    aiohttp.InvalidURL: Answer(refused="not an address that can be asked"),
}


_ISSUER = frozenset({18, 19, 20, 21})
"""OpenSSL's codes of a certificate whose issuer nobody told us to trust."""


def _distrust(error: Exception) -> str:
    """Return that a certificate is not trusted, and what to do where it is its issuer that is not known."""
    if getattr(error, "verify_code", None) in _ISSUER:
        return "certificate not trusted: its issuer is not known (`network.ca_bundle`)"
    return "certificate not trusted"


_OURS = frozenset(
    {
        *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM),
        *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
    }
)
"""Errors of this machine, which say nothing of the other one."""


def _unconnected(error: OSError) -> Answer:
    """Return what it means that there is no connection: where this machine makes none, nothing was asked."""
    if error.errno in _OURS:
        return Answer(refused=f"this machine makes no connection there: {_words(error)}")
    return Answer(failure=_words(error), resolves=True)


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
