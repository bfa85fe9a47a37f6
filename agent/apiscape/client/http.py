"""The Inventory protocol over HTTP, and over an agent's socket; no library but the standard one."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from apiscape.client.address import Address
from apiscape.client.catalogues import CataloguePage
from apiscape.client.collected import Collection
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    DiffPage,
    Facet,
    Page,
    ScopeStatus,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.line import Line
from apiscape.client.names import NamePage
from apiscape.client.packed import read_snapshot
from apiscape.client.problem import Problem, error_of
from apiscape.client.standing import Standing
from apiscape.client.wire import (
    EVENT_STREAM,
    MSGPACK,
    PACKED,
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
)
from apiscape.errors import ApiscapeError, NotFound, StoreError, UnreachableError
from apiscape.model.codec import ready
from apiscape.model.run import EstateEntry, RunReport

T = TypeVar("T")


class HttpInventory:
    """An `Inventory` whose answers come from an agent. Safe from any thread; `close` it in the end.

    Errors are those that the agent's own inventory raised; `UnreachableError` where it does not
    answer, `Refused` where it does not know who asks.
    """

    def __init__(self, address: Address) -> None:
        """Ask an agent; nothing is sent before the first question."""
        self._line = Line(address)
        is_near = address.url.startswith("unix:")  # where bytes cost less than unpacking them
        self._snapshot_as = MSGPACK if is_near else f"{PACKED}, {MSGPACK}"

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view."""
        return _call(self._line, "/v1/deployments", Page, view=view, limit=limit, after=after)

    def select(self, view: str) -> Selection:
        """Return all uids of a view, without the rows."""
        return _call(self._line, "/v1/select", Selection, view=view)

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view."""
        if not fields:
            self.select(view)
            return ()
        return _call(self._line, "/v1/facets", Facets, view=view, fields=",".join(fields)).items

    def snapshot(self, *, stale_s: float = 0.0) -> Snapshot:
        """Return every row of the default view, in columns; with `stale_s` it may be so many seconds old."""
        data = self._line.ask("GET", "/v1/snapshot", accept=self._snapshot_as, stale_s=stale_s)
        return _decoded(read_snapshot, data)

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment, now or as it was at some time.

        Raises:
            NotFound: No deployment has that uid, native id or name, or several have that name.
        """
        if not uid_or_name:
            message = "no deployment has the uid, native id or name ''"
            raise NotFound(message, hint="`apiscape list` shows what is there")
        asked = quote(uid_or_name, safe="", errors="surrogatepass")
        return _call(
            self._line, f"/v1/deployments/{asked}", Detail, at=at.isoformat() if at else None
        )

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number, of deployments that match a view."""
        return _call(self._line, "/v1/changes", ChangePage, after=after, limit=limit, view=view)

    def diff(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        view: str = "",
        limit: int = 1000,
        after: str | None = None,
    ) -> DiffPage:
        """Return what is otherwise at a later time than at an earlier one."""
        asked = {
            "from": since.isoformat(),
            "to": until.isoformat() if until else None,
            "view": view,
            "limit": limit,
            "after": after,
        }
        return _call(self._line, "/v1/diff", DiffPage, None, **asked)

    def names(self, view: str = "", *, limit: int = 1000, after: str | None = None) -> NamePage:
        """Return a page of the names in DNS that point at lent hosts."""
        return _call(self._line, "/v1/names", NamePage, view=view, limit=limit, after=after)

    def catalogues(
        self, view: str = "", *, limit: int = 1000, after: str | None = None
    ) -> CataloguePage:
        """Return a page of the records of catalogues, and what they lead to."""
        path = "/v1/catalogues"
        return _call(self._line, path, CataloguePage, view=view, limit=limit, after=after)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return every scope with its last run."""
        return _call(self._line, "/v1/scopes", Scopes).items

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        return _call(self._line, "/v1/runs", Runs, scope=scope, limit=limit).items

    def estate(self) -> tuple[EstateEntry, ...]:
        """Return every reach that the providers say exists, and what became of it."""
        return _call(self._line, "/v1/estate", Estate).items

    def summary(self) -> Summary:
        """Return what the inventory rests on."""
        return _call(self._line, "/v1/summary", Summary)

    def confirm(self, scope: str, *, by: str) -> int:
        """Say that the suspect losses of a scope are real; return how many rows were retired."""
        return _call(self._line, "/v1/confirm", Retired, ConfirmRequest(scope=scope, by=by)).retired

    def forget(self, uid: str, *, by: str) -> None:
        """Drop a retired deployment from every view; its history keeps that it was there."""
        self._line.ask("POST", "/v1/forget", body=ForgetRequest(uid=uid, by=by))

    @contextlib.contextmanager
    def events(self, after: int, view: str = "") -> Iterator[http.client.HTTPResponse]:
        """Lend the stream of changes after a sequence number, on a connection of its own.

        Raises:
            ApiscapeError: The agent refuses, or does not answer.
        """
        path = "/v1/changes?" + urlencode({"after": after, "view": view})
        with self._line.stream(path, EVENT_STREAM) as answer:
            yield answer

    def close(self) -> None:
        """Close every connection."""
        self._line.close()


class HttpAgent(HttpInventory):
    """An agent: its inventory, how it fares itself, and what it may be told to do."""

    def collect(self, asked: CollectRequest) -> Collection:
        """Begin to visit scopes; ask `collection` for what comes of it."""
        return _call(self._line, "/v1/collect", Collection, asked)

    def collection(self, number: str) -> Collection:
        """Return how far a collection is, or what came of it."""
        return _call(self._line, f"/v1/collect/{quote(number, safe='')}", Collection)

    def standing(self) -> Standing:
        """Return how the agent itself fares."""
        return _call(self._line, "/v1/status", Standing)

    def pause(self, sources: Sequence[str] = ()) -> Paused:
        """Let no visit of some sources, or of any, begin."""
        return _call(self._line, "/v1/pause", Paused, PauseRequest(sources=tuple(sources)))

    def resume(self, sources: Sequence[str] = ()) -> Paused:
        """Let visits begin again."""
        return _call(self._line, "/v1/resume", Paused, PauseRequest(sources=tuple(sources)))


def _unheard(_error: ApiscapeError) -> None:
    """Tell nobody."""


class Follow:
    """The changes of an agent as they come, over every interruption.

    A connection that breaks, or an agent whose store does not answer, is asked again from the last
    change that came, after a pause that grows; what cannot be mended (a view that cannot be read, a
    number no longer kept) is raised.
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
        lost: Callable[[ApiscapeError], None] = _unheard,
    ) -> None:
        """Follow an inventory; `pause` waits for some seconds, `lost` is told of each interruption, once."""
        self.after = after
        self._inventory = inventory
        self._view = view
        self._pause = pause
        self._lost = lost

    def __iter__(self) -> Iterator[ChangePage]:
        """Yield batches, without an end.

        Raises:
            NotKept: The agent no longer keeps what came after `after`.
            ApiscapeError: It refuses.
        """
        pause_s, is_lost = self.FIRST_PAUSE_S, False
        while True:
            try:
                with self._inventory.events(self.after, self._view) as stream:
                    is_lost = False
                    for batch in self._batches(stream):
                        pause_s = self.FIRST_PAUSE_S
                        yield batch
            except (UnreachableError, StoreError) as error:
                if not is_lost:
                    self._lost(error)
                is_lost = True
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


def _call(
    line: Line,
    path: str,
    kind: type[T],
    body: msgspec.Struct | None = None,
    **query: str | int | None,
) -> T:
    """Return what an operation answers; one with a body is an action."""
    method = "POST" if body is not None else "GET"
    return _struct(line.ask(method, path, query=query, body=body), kind)


def _struct(data: bytes, kind: type[T]) -> T:
    return _decoded(lambda told: msgspec.json.decode(told, type=ready(kind)), data)


def _decoded(read: Callable[[bytes], T], data: bytes) -> T:
    try:
        return read(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError) as error:
        hint = "see that the address is that of an agent, of about this version"
        raise UnreachableError(f"the answer cannot be read: {error}", hint=hint) from error
