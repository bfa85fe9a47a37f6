"""Answers that are still good go out before the application is asked: routing anew costs more than sending them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Self

from litestar.types import ASGIApp, Receive, Scope, Send

from apiscape.client.wire import EVENT_STREAM, MSGPACK, PACKED
from apiscape.serve.http.answering import SECURE
from apiscape.serve.http.call import Reply, names
from apiscape.serve.http.kept import Answers
from apiscape.serve.http.operations import Right
from apiscape.serve.http.sending import Sending
from apiscape.serve.principal import Principal

PRINCIPAL = "apiscape.principal"
"""Where a door says in the scope who asks."""

ROUTE = "apiscape.route"
"""Where the application says in the scope which route it took."""

_FORMS = (EVENT_STREAM, PACKED, MSGPACK)
"""Forms other than JSON that an answer may have."""

_BELOW = "/v1/"
"""What is asked below it is answered alike by whatever name the agent is called."""

_IN_ORDER = (b"accept", b"accept-encoding", b"host", b"cache-control")
_HEARD = frozenset(_IN_ORDER)

_MAX_STALE = re.compile(r"(?:^|,)\s*max-stale\s*=\s*\"?(\d{1,9})")
"""RFC 9111, 5.2.1.2: how much older than good an answer may be that the caller takes."""

MOST_STALE_S = 3600.0


class Asking(NamedTuple):
    """What a request's headers say of the form of its answer."""

    accept: str = ""
    encodings: str = ""
    host: str = ""
    caching: str = ""

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Self:
        """Read the headers of a scope, whose names are in lower case; of several of a name the last counts."""
        heard = {name: value.decode("latin-1") for name, value in headers if name in _HEARD}
        return cls(*(heard.get(name, "") for name in _IN_ORDER))

    @property
    def stale_s(self) -> float:
        """For how long an answer may have been no longer good; bounded."""
        given = _MAX_STALE.search(self.caching.casefold())
        return min(float(given[1]), MOST_STALE_S) if given else 0.0

    @property
    def zips(self) -> bool:
        """Whether the caller takes gzip."""
        return "gzip" in self.encodings


def question(scope: Mapping[str, Any], asking: Asking, who: Principal) -> Hashable:
    """Return what two requests have in common that are answered alike."""
    path = scope["path"]
    called = "" if path.startswith(_BELOW) else (scope["scheme"], asking.host)
    return (path, scope["query_string"], _form(asking.accept), asking.zips, called, who.view)


@lru_cache(maxsize=256)
def _form(accept: str) -> str | None:
    return next((media for media in _FORMS if names(accept, media)), None)


class Ready:
    """Sends kept answers to those who may read, and leaves everything else to the application."""

    def __init__(self, app: ASGIApp, answers: Answers, sending: Sending) -> None:
        """Stand before an application; what goes out goes by `sending`."""
        self._app = app
        self._answers = answers
        self._sending = sending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it be answered."""
        told: Any = scope
        send = self._sending.bounded(send)
        reply = self._find(told)
        if reply is None:
            await self._app(scope, receive, send)
            return
        told[ROUTE] = reply.route
        headers = _encoded(reply.media, len(reply.body), tuple(reply.headers.items()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    def _find(self, scope: Mapping[str, Any]) -> Reply | None:
        who = scope.get(PRINCIPAL)
        if scope["method"] != "GET" or not isinstance(who, Principal):
            return None
        if Right.READ not in who.rights:
            return None
        return self._answers.find(question(scope, Asking.of(scope["headers"]), who))


@lru_cache(maxsize=256)
def _encoded(
    media: str, size: int, more: tuple[tuple[str, str], ...]
) -> tuple[tuple[bytes, bytes], ...]:
    headers = {**SECURE, **dict(more), "Content-Type": media, "Content-Length": str(size)}
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
