"""A door before the application: which host was asked for, who asks, and how long they take to read."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Mapping
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from apiscape.serve.errors import Rejected
from apiscape.serve.http.answering import refuse
from apiscape.serve.http.attempts import Attempts
from apiscape.serve.http.audit import Audit
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.protocol import CONNECTION, Connection
from apiscape.serve.http.ready import PRINCIPAL, ROUTE
from apiscape.serve.http.tokens import Tokens
from apiscape.serve.principal import Principal

logger = logging.getLogger("apiscape.serve")

Headers = Mapping[str, str]
Identify = Callable[[Scope, Headers], Principal]
"""Says who asks; raises `Rejected` where nobody knows."""

Answered = Callable[[str, str, int], None]

UNMATCHED = "unmatched"
"""The route of what was refused before one was found."""

_HINT = (
    "send `Authorization: Bearer TOKEN`; commands take it from APISCAPE_TOKEN,"
    " or from the file of a context"
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="apiscape"'}


class Door:
    """Lets in who asks for this host and is known, and says to the application who it is."""

    def __init__(
        self,
        app: ASGIApp,
        identify: Identify,
        hosts: frozenset[str],
        limits: Limits,
        answered: Answered,
    ) -> None:
        """Stand before an application; `hosts` are names that callers know it by; `answered` is told of answers."""
        self._app = app
        self._identify = identify
        self._hosts = hosts | {"localhost"}
        self._limits = limits
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        told: Any = dict(scope)
        patient = self._impatient(told, send)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        try:
            self._check_size(scope)
            self._check_host(headers)
            who = self._identify(scope, headers)
        except Rejected as error:
            await refuse(error, patient)
            return
        path = scope["raw_path"].decode("latin-1")  # still encoded, so that a name may hold a slash
        told |= {PRINCIPAL: who, "path": path}
        await self._app(told, receive, patient)

    def _check_size(self, scope: Scope) -> None:
        """Refuse a head that came at once and is too long all the same.

        Raises:
            Rejected: It is.
        """
        pairs = sum(len(name) + len(value) for name, value in scope["headers"])
        if pairs + len(scope["raw_path"]) + len(scope["query_string"]) > self._limits.head_bytes:
            raise Rejected("head-too-large", "the request's head is too long")

    def _check_host(self, headers: Headers) -> None:
        """Refuse a page of another site that a browser was led here by (DNS rebinding).

        Raises:
            Rejected: The host is no name of ours, or the request comes from a page.
        """
        host = headers.get("host", "")
        if not is_ours(host, self._hosts):
            raise Rejected("misdirected", "this agent is not known by that name")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            raise Rejected("forbidden", "pages of other sites may not ask this agent")

    def _impatient(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that breaks the connection of a caller that does not read on."""
        connection = dict(scope).get(CONNECTION)
        clock, limits = asyncio.get_running_loop().time, self._limits
        waited_s, sent, is_dropped = 0.0, 0, False

        async def send_in_time(message: Message) -> None:
            nonlocal waited_s, sent, is_dropped
            if is_dropped:
                return
            if message["type"] == "http.response.start":
                asked = dict(scope)
                route = str(asked.get(ROUTE, UNMATCHED))
                self._answered(str(asked["method"]), route, message["status"])
            size = len(message["body"]) if message["type"] == "http.response.body" else 0
            if not isinstance(connection, Connection) or not connection.is_full:
                await send(message)  # nothing to wait for
                sent += size
                return
            began = clock()
            patience_s = limits.send_s + sent / limits.slowest_bytes_s - waited_s
            try:
                async with asyncio.timeout(min(patience_s, limits.send_s)):
                    await send(message)
            except TimeoutError:
                logger.warning("a caller does not read on and is dropped: %s", scope["path"])
                is_dropped = True
                connection.abort()
            waited_s += clock() - began
            sent += size

        return send_in_time


def is_ours(host: str, names: frozenset[str]) -> bool:
    """Say whether a `Host` is one of some names, or an address, which no foreign name can lead to."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.lower() in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Bearers:
    """Identifies callers by their tokens; wrong ones are refused, logged and counted."""

    def __init__(
        self, tokens: Tokens, audit: Audit, attempts: Attempts, *, behind_proxy: bool = False
    ) -> None:
        """Know who tokens are; behind a proxy the peer is whom the proxy names."""
        self._tokens = tokens
        self._audit = audit
        self._attempts = attempts
        self._behind_proxy = behind_proxy

    def __call__(self, scope: Scope, headers: Headers) -> Principal:
        """Return who asks.

        Raises:
            Rejected: No token, a wrong one, or too many of those.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bears = scheme.lower() == "bearer" and token.strip() != ""
        who = self._tokens.find(token.strip()) if bears else None
        if who is not None:
            return who
        peer = self._peer(scope, headers)
        reason = "wrong or expired" if bears else "none"
        if not self._attempts.allow(peer):
            raise Rejected(
                "too-many",
                "too many requests without a valid token",
                headers={"Retry-After": "10", "Connection": "close"},
            )
        self._audit.wrong_token(peer, scope["path"], reason)
        detail = "the token is wrong or has expired" if bears else "a token is needed"
        raise Rejected("unauthenticated", detail, hint=_HINT, headers=_CHALLENGE)

    def _peer(self, scope: Scope, headers: Headers) -> str:
        forwarded = headers.get("x-forwarded-for", "")
        if self._behind_proxy and forwarded:
            return forwarded.rpartition(",")[2].strip()[:100]
        client = scope["client"]
        return client[0] if client else "socket"


def local_principal(_scope: Scope, _headers: Headers) -> Principal:
    """Return who comes through the socket: the user whose agent this is, who may do everything."""
    return Principal(name="local", rights=frozenset({"read", "operate"}))
