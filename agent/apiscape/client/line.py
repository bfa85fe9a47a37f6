"""Questions and answers over HTTP: connections, tokens, limits, and what went wrong in our own words."""

from __future__ import annotations

import contextlib
import http.client
import threading
import zlib
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import msgspec

from apiscape.client.address import Address, open_connection, proxy_of
from apiscape.client.problem import Problem, error_of
from apiscape.client.wire import EVENT_STREAM, JSON
from apiscape.errors import ApiscapeError, UnreachableError, in_words
from apiscape.model.codec import ready

_GOOD = range(200, 300)
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of an answer, unpacked; more than that no agent of ours sends."""

_BROKEN = (OSError, http.client.HTTPException)
Query = Mapping[str, str | int | None]


class Line:
    """The line to one agent, with a connection for every thread that asks."""

    def __init__(self, address: Address) -> None:
        """Prepare to ask; nothing is sent yet."""
        self._address = address
        self._held = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    @contextlib.contextmanager
    def stream(self, target: str, media: str) -> Iterator[http.client.HTTPResponse]:
        """Lend an answer that goes on, on a connection of its own.

        Raises:
            ApiscapeError: The agent refuses, or does not answer.
        """
        connection = open_connection(self._address)
        try:
            with _reaching(self._address):
                connection.request("GET", target, headers=self._headers(media))
                answer = connection.getresponse()
                if answer.status not in _GOOD:
                    raise _refusal(answer, _body(answer))
                yield answer
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        for connection in self._all:
            connection.close()
        self._all.clear()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: msgspec.Struct | None = None,
        accept: str = JSON,
        stale_s: float = 0.0,
    ) -> bytes:
        """Return the body of an answer.

        Raises:
            ApiscapeError: The agent refuses, or does not answer.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = path + ("?" + urlencode(given, errors="surrogatepass") if given else "")
        headers = self._headers(accept)
        if stale_s:
            headers["Cache-Control"] = f"max-stale={stale_s:.0f}"
        data = None
        if body is not None:
            data, headers = msgspec.json.encode(body), {**headers, "Content-Type": JSON}
        with _reaching(self._address):
            answer = self._exchange(method, target, data, headers)
            told = _body(answer)
        if answer.status not in _GOOD:
            raise _refusal(answer, told)
        return told

    def _exchange(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """Send a question and return the answer; a connection that was closed since is opened anew."""
        connection, fresh = self._connection()
        try:
            connection.request(method, target, body=data, headers=dict(headers))
            return connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            if fresh or method != "GET":
                raise
            connection.request(method, target, body=data, headers=dict(headers))
            return connection.getresponse()
        except _BROKEN:
            connection.close()
            raise

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        """Return this thread's connection, and whether it was not used before."""
        held: http.client.HTTPConnection | None = getattr(self._held, "connection", None)
        if held is not None:
            return held, held.sock is None
        self._held.connection = opened = open_connection(self._address)
        self._all.append(opened)
        return opened, True

    def _headers(self, accept: str) -> dict[str, str]:
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        if accept == EVENT_STREAM:
            del headers["Accept-Encoding"]
        token = self._address.token
        return {**headers, "Authorization": f"Bearer {token}"} if token else headers


@contextlib.contextmanager
def _reaching(address: Address) -> Iterator[None]:
    """Say of an agent that does not answer where it was looked for."""
    try:
        yield
    except _BROKEN as error:
        proxy = proxy_of(address)
        hint = "see that it runs and that the address is right"
        if proxy is not None:
            hint = f"{hint}, and that the proxy {proxy} lets through; NO_PROXY names what is asked without it"
        raise UnreachableError(
            f"no answer from {address.url}: {in_words(error)}", hint=hint
        ) from error


def _body(answer: http.client.HTTPResponse) -> bytes:
    """Return the body of an answer, unpacked up to the most that we take.

    Raises:
        UnreachableError: It is larger, or cannot be unpacked.
    """
    data = answer.read(LARGEST_ANSWER + 1)
    try:
        if answer.headers.get("Content-Encoding") == "gzip":
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            data = unpacker.decompress(data, LARGEST_ANSWER + 1)
    except zlib.error as error:
        raise UnreachableError(f"the answer cannot be unpacked: {error}") from error
    if len(data) > LARGEST_ANSWER:
        raise UnreachableError("the answer is larger than any of an agent")
    return data


def _refusal(answer: http.client.HTTPResponse, data: bytes) -> ApiscapeError:
    try:
        return error_of(msgspec.json.decode(data, type=ready(Problem)))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        words = f"the answer was {answer.status} {answer.reason}"
        return UnreachableError(words, hint="see that the address is that of an agent")
