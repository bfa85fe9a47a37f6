"""The Inventory protocol over HTTP, and over an agent's socket; no library but the standard one."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from apiscape.client.address import Address, open_connection
from apiscape.client.collected import Collection
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    Facet,
    Page,
    ScopeStatus,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.problem import Problem, error_of
from apiscape.client.wire import (
    EVENT_STREAM,
    JSON,
    MSGPACK,
    CollectRequest,
    ConfirmRequest,
    Estate,
    Facets,
    ForgetRequest,
    Paused,
    PauseRequest,
    Retired,
    Runs,
    Scopes,
    read_columns,
)
from apiscape.errors import ApiscapeError, NotFound, UnreachableError
from apiscape.model.run import EstateEntry, RunReport

T = TypeVar("T")

_GOOD = range(200, 300)
_FAILED = 400
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of an answer, unpacked; more than that no agent of ours sends."""

_BROKEN = (OSError, http.client.HTTPException)
Query = Mapping[str, str | int | None]


class HttpInventory:
    """An `Inventory` whose answers come from an agent. Safe from any thread; `close` it in the end.

    Errors are those that the agent's own inventory raised; `UnreachableError` where it does not
    answer, `Refused` where it does not know who asks.
    """

    def __init__(self, address: Address) -> None:
        """Ask an agent; nothing is sent before the first question."""
        self._address = address
        self._held = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view."""
        return self._get("/v1/deployments", Page, view=view, limit=limit, after=after)

    def select(self, view: str) -> Selection:
        """Return all uids of a view, without the rows."""
        return self._get("/v1/select", Selection, view=view)

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view."""
        if not fields:
            self.select(view)
            return ()
        return self._get("/v1/facets", Facets, view=view, fields=",".join(fields)).items

    def snapshot(self) -> Snapshot:
        """Return every row of the default view, in columns."""
        data = self._ask("GET", "/v1/snapshot", accept=MSGPACK)
        return _decoded(read_columns, data)

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment, now or as it was at some time.

        Raises:
            NotFound: No deployment has that uid, native id or name, or several have that name.
        """
        if not uid_or_name:
            message = "no deployment has the uid, native id or name "
            raise NotFound(message, hint="`apiscape list` shows what is there")
        asked = quote(uid_or_name, safe="", errors="surrogatepass")
        return self._get(f"/v1/deployments/{asked}", Detail, at=at.isoformat() if at else None)

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number, of deployments that match a view."""
        return self._get("/v1/changes", ChangePage, after=after, limit=limit, view=view)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return every scope with its last run."""
        return self._get("/v1/scopes", Scopes).items

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        return self._get("/v1/runs", Runs, scope=scope, limit=limit).items

    def estate(self) -> tuple[EstateEntry, ...]:
        """Return every reach that the providers say exists, and what became of it."""
        return self._get("/v1/estate", Estate).items

    def summary(self) -> Summary:
        """Return what the inventory rests on."""
        return self._get("/v1/summary", Summary)

    def confirm(self, scope: str, *, by: str) -> int:
        """Say that the suspect losses of a scope are real; return how many rows were retired."""
        return self._post("/v1/confirm", ConfirmRequest(scope=scope, by=by), Retired).retired

    def forget(self, uid: str, *, by: str) -> None:
        """Drop a retired deployment from every view; its history keeps that it was there."""
        self._ask("POST", "/v1/forget", body=ForgetRequest(uid=uid, by=by))

    def collect(self, asked: CollectRequest) -> Collection:
        """Begin to visit scopes; ask `collection` for what comes of it."""
        return self._post("/v1/collect", asked, Collection)

    def collection(self, number: str) -> Collection:
        """Return how far a collection is, or what came of it."""
        return self._get(f"/v1/collect/{quote(number, safe='')}", Collection)

    def pause(self, sources: Sequence[str] = ()) -> Paused:
        """Let no visit of some sources, or of any, begin."""
        return self._post("/v1/pause", PauseRequest(sources=tuple(sources)), Paused)

    def resume(self, sources: Sequence[str] = ()) -> Paused:
        """Let visits begin again."""
        return self._post("/v1/resume", PauseRequest(sources=tuple(sources)), Paused)

    @contextlib.contextmanager
    def events(self, after: int, view: str = "") -> Iterator[http.client.HTTPResponse]:
        """Lend the stream of changes after a sequence number, on a connection of its own.

        Raises:
            ApiscapeError: The agent refuses, or does not answer.
        """
        path = "/v1/changes?" + urlencode({"after": after, "view": view})
        connection = open_connection(self._address)
        try:
            with _reaching(self._address):
                connection.request("GET", path, headers=self._headers(EVENT_STREAM))
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

    def _get(self, path: str, kind: type[T], **query: str | int | None) -> T:
        return _struct(self._ask("GET", path, query=query), kind)

    def _post(self, path: str, body: msgspec.Struct, kind: type[T]) -> T:
        return _struct(self._ask("POST", path, body=body), kind)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: msgspec.Struct | None = None,
        accept: str = JSON,
    ) -> bytes:
        """Return the body of an answer.

        Raises:
            ApiscapeError: The agent refuses, or does not answer.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = path + ("?" + urlencode(given, errors="surrogatepass") if given else "")
        headers = self._headers(accept)
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


class Follow:
    """The changes of an agent as they come, over every interruption.

    A connection that breaks is made again from the last change that came, after a pause that
    grows; what cannot be mended (a view that cannot be read, a number no longer kept) is raised.
    """

    FIRST_PAUSE_S = 0.5
    LONGEST_PAUSE_S = 30.0

    def __init__(
        self,
        inventory: HttpInventory,
        *,
        after: int = 0,
        view: str = "",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Follow an inventory; `pause` waits for some seconds."""
        self.after = after
        self._inventory = inventory
        self._view = view
        self._pause = pause

    def __iter__(self) -> Iterator[ChangePage]:
        """Yield batches, without an end.

        Raises:
            NotKept: The agent no longer keeps what came after `after`.
            ApiscapeError: It refuses.
        """
        pause_s = self.FIRST_PAUSE_S
        while True:
            try:
                with self._inventory.events(self.after, self._view) as stream:
                    for batch in self._batches(stream):
                        pause_s = self.FIRST_PAUSE_S
                        yield batch
            except UnreachableError:
                pass
            self._pause(pause_s)
            pause_s = min(self.LONGEST_PAUSE_S, pause_s * 2)

    def _batches(self, stream: http.client.HTTPResponse) -> Iterator[ChangePage]:
        for event in read_events(stream):
            if event.name == "changes":
                page = _struct(event.data, ChangePage)
                self.after = page.last_seq
                if page.items:
                    yield page
            elif event.name in {"reset", "end"}:
                raise error_of(_struct(event.data, Problem))
            elif event.seq is not None:
                self.after = event.seq


class Event(msgspec.Struct, frozen=True):
    """One event of a stream; a sign of life has no name and no data."""

    name: str = ""
    seq: int | None = None
    data: bytes = b""


def read_events(lines: Iterator[bytes] | http.client.HTTPResponse) -> Iterator[Event]:
    """Yield the events of a stream, line by line (WHATWG, server-sent events)."""
    told: dict[str, bytes] = {}
    for line in lines:
        text = line.rstrip(b"\r\n")
        if text:
            name, _, value = text.partition(b":")
            told[name.decode("latin-1")] = value.removeprefix(b" ")
            continue
        seq = told.get("id", b"")
        yield Event(
            name=told.get("event", b"").decode("latin-1"),
            seq=int(seq) if seq.isdigit() else None,
            data=told.get("data", b""),
        )
        told = {}


@contextlib.contextmanager
def _reaching(address: Address) -> Iterator[None]:
    """Say of an agent that does not answer where it was looked for."""
    try:
        yield
    except _BROKEN as error:
        words = str(error) or type(error).__name__
        hint = "see that it runs and that the address is right"
        raise UnreachableError(f"no answer from {address.url}: {words}", hint=hint) from error


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
    except (zlib.error, gzip.BadGzipFile) as error:
        raise UnreachableError(f"the answer cannot be unpacked: {error}") from error
    if len(data) > LARGEST_ANSWER:
        raise UnreachableError("the answer is larger than any of an agent")
    return data


def _refusal(answer: http.client.HTTPResponse, data: bytes) -> ApiscapeError:
    try:
        return error_of(msgspec.json.decode(data, type=Problem))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        words = f"the answer was {answer.status} {answer.reason}"
        return UnreachableError(words, hint="see that the address is that of an agent")


def _struct(data: bytes, kind: type[T]) -> T:
    return _decoded(lambda told: msgspec.json.decode(told, type=kind), data)


def _decoded(read: Callable[[bytes], T], data: bytes) -> T:
    try:
        return read(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
        hint = "see that the address is that of an agent, of about this version"
        raise UnreachableError(f"the answer cannot be read: {error}", hint=hint) from error
