"""The change log as server-sent events: batches, resumable by the number of the last event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec
from litestar.response import Stream

from apiscape.client.inventory import ChangePage
from apiscape.client.problem import problem_of
from apiscape.client.wire import EVENT_STREAM
from apiscape.errors import ApiscapeError, NotKept
from apiscape.serve.errors import Rejected
from apiscape.serve.http.call import Call
from apiscape.serve.http.feed import Feed, Work, frame_of
from apiscape.serve.http.operations import ChangesQuery

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}


async def stream_changes(call: Call, feed: Feed, work: Work, last_event_id: str | None) -> Stream:
    """Return the stream of what happened after the last event that the caller has.

    Raises:
        UsageError, QueryError: It cannot be asked so; what is said before the stream begins.
        Rejected: Too many listen.
    """
    asked = call.asked(ChangesQuery)
    if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 19:  # noqa: PLR2004 - digits of 2**63
        asked = msgspec.structs.replace(asked, after=int(last_event_id))
    listener = Listener(call, asked, feed, work)
    first: ChangePage | NotKept
    try:
        first = await listener.read()
    except NotKept as error:
        first = error
    feed.join()
    return Stream(listener.events(first), media_type=EVENT_STREAM, headers=HEADERS)


class Listener:
    """One stream: first what the store has, then batches of the feed as they come."""

    def __init__(self, call: Call, asked: ChangesQuery, feed: Feed, work: Work) -> None:
        """Listen to a feed on behalf of a call."""
        self._call = call
        self._asked = asked
        self._feed = feed
        self._work = work
        self._at = asked.after
        self._limit = min(asked.limit, feed.limits.in_event)
        self._shares = not asked.view and call.principal.view is None

    async def read(self) -> ChangePage:
        """Read on from the store."""
        asked, inventory, at = self._asked, self._call.inventory, self._at
        page: ChangePage = await self._work(
            lambda: inventory.changes(after=at, limit=self._limit, view=asked.view)
        )
        return page

    async def events(self, first: ChangePage | NotKept) -> AsyncGenerator[bytes, None]:
        """Yield events until the caller goes, is dropped, or may no longer ask."""
        try:
            if isinstance(first, NotKept):
                raise first
            caught_up = self._catch_up(first)
            del first  # a caller that reads slowly holds no more than the frame that it reads
            async for frame in caught_up:
                yield frame
            async for frame in self._follow():
                yield frame
        except NotKept as error:
            yield _event("reset", self._at, problem_of(error))
        except ApiscapeError as error:
            yield _event("end", self._at, problem_of(error))
        except Rejected as error:
            yield _event("end", self._at, error.problem)
        finally:
            self._feed.leave()

    async def _catch_up(self, page: ChangePage) -> AsyncGenerator[bytes, None]:
        """Yield what lies between the caller's last event and the end of the log."""
        while True:
            self._at = page.last_seq
            number, frame = len(page.items), frame_of(page)
            del page
            if number:
                yield frame
            if number < self._limit:
                return
            page = await self.read()

    async def _follow(self) -> AsyncGenerator[bytes, None]:
        """Yield what comes, and a sign of life where nothing does."""
        limits = self._feed.limits
        self._feed.begin(self._at)
        yield self._sign_of_life()
        clock = asyncio.get_running_loop().time
        silent_since = clock()
        while self._call.principal.stands():
            if self._feed.is_closed:
                raise Rejected("overloaded", "the agent stops", hint="connect again")
            if self._feed.is_broken:
                raise Rejected("defect", "the agent failed to read on; its log says why")
            frame = await self._next()
            if frame is None:
                await self._feed.wait(self._at, limits.heartbeat_s)
                if clock() - silent_since < limits.heartbeat_s:
                    continue
                frame = self._sign_of_life()
            yield frame
            silent_since = clock()
        raise Rejected("unauthenticated", "the token is no longer valid")

    async def _next(self) -> bytes | None:
        """Return the next event, `None` where there is none yet.

        Raises:
            Rejected: The caller reads too slowly: what it has yet to read is no longer buffered.
        """
        end = self._feed.last_seq
        if end is None or self._at >= end:
            return None
        if not self._shares:
            return await self._own(end)
        batch = self._feed.after(self._at)
        if batch is not None:
            self._at = batch.last_seq
            return batch.frame
        if not self._feed.keeps(self._at):
            hint = f"go on after {self._at}, and read faster"
            raise Rejected("overloaded", f"read too slowly, dropped after {self._at}", hint=hint)
        return await self._own(end)

    async def _own(self, end: int) -> bytes | None:
        """Return what the store has up to a number, beyond which others read the same at once."""
        page = await self.read()
        items = page.items
        if self._shares:
            items = tuple(change for change in items if change.seq <= end)
            page = ChangePage(items=items, last_seq=min(page.last_seq, end))
        self._at = page.last_seq
        return frame_of(page) if items else None

    def _sign_of_life(self) -> bytes:
        """Return a comment, with the number to resume at: an event without data is not told to anyone."""
        return b": at %d\nid: %d\n\n" % (self._at, self._at)


def _event(name: str, seq: int, problem: object) -> bytes:
    data = msgspec.json.encode(problem)
    return b"event: %b\nid: %d\ndata: %b\n\n" % (name.encode(), seq, data)
