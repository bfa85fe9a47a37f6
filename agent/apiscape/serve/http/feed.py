"""The end of the change log, read once for all who follow it, in batches ready to be sent."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from apiscape.client.inventory import ChangePage, Inventory
from apiscape.errors import ApiscapeError
from apiscape.serve.errors import Rejected
from apiscape.serve.http.limits import Limits

logger = logging.getLogger("apiscape.serve")

Work = Callable[[Callable[[], Any]], Awaitable[Any]]


class Batch(msgspec.Struct, frozen=True):
    """Changes after one sequence number up to another, as one event of the stream."""

    after: int
    last_seq: int
    frame: bytes


class Feed:
    """Follows the log while somebody listens; what is new stays for a while, for slow listeners.

    Attributes:
        last_seq: Up to where the log was read; `None` while nobody listens.
        is_closed: Whether the agent is about to stop; `is_broken`: whether following failed.
    """

    def __init__(self, inventory: Inventory, work: Work, limits: Limits) -> None:
        """Read an inventory's log by `work`, in which its calls may block."""
        self.last_seq: int | None = None
        self.listeners = 0
        self.is_closed = False
        self.is_broken = False
        self._inventory = inventory
        self._work = work
        self.limits = limits
        self._batches: deque[Batch] = deque(maxlen=limits.buffered)
        self._bytes = 0
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def join(self) -> None:
        """Begin to listen.

        Raises:
            Rejected: Too many listen.
        """
        if self.listeners >= self.limits.subscribers:
            raise Rejected("overloaded", "too many streams", headers={"Retry-After": "30"})
        self.listeners += 1

    def begin(self, seq: int) -> None:
        """Follow the log from where a listener has come to, unless it is followed already."""
        if self._task is None:
            self.last_seq = seq
            self.is_broken = False
            self._task = asyncio.create_task(self._follow(), name="follow the change log")
            self._task.add_done_callback(self._ended)

    def leave(self) -> None:
        """Listen no more; the last one to go ends the following."""
        self.listeners -= 1
        if self.listeners == 0 and self._task is not None:
            self._task.cancel()
            self._task = None
            self.last_seq = None
            self._clear()

    def close(self) -> None:
        """Tell all who listen that nothing more will come."""
        self.is_closed = True
        self._tell()

    def after(self, seq: int) -> Batch | None:
        """Return the batch that begins right after a number, if it is still here."""
        return next((batch for batch in self._batches if batch.after == seq), None)

    def keeps(self, seq: int) -> bool:
        """Say whether whoever stands at a number has missed nothing that is no longer here."""
        first = self._batches[0].after if self._batches else self.last_seq
        return first is None or seq >= first

    async def wait(self, beyond: int, timeout_s: float) -> None:
        """Wait until the log was read beyond a number, or a time has passed."""
        moved = self._moved
        if self.last_seq is not None and self.last_seq > beyond:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await moved.wait()
        except TimeoutError:
            return

    async def _follow(self) -> None:
        while True:
            try:
                await self._read()
            except (ApiscapeError, Rejected) as error:
                logger.warning("the change log cannot be read: %s", error)
            await asyncio.sleep(self.limits.batch_s)

    async def _read(self) -> None:
        """Read what is new, however much it is."""
        full = True
        while full and self.last_seq is not None:
            after = self.last_seq
            page: ChangePage = await self._work(partial(self._page, after))
            full = len(page.items) >= self.limits.in_event
            if page.last_seq > after:
                self._keep(Batch(after, page.last_seq, frame_of(page)))
                self.last_seq = page.last_seq
                self._tell()

    def _keep(self, batch: Batch) -> None:
        """Keep a batch for slow listeners, in place of the oldest where there are too many or too large."""
        if len(self._batches) == self._batches.maxlen:
            self._bytes -= len(self._batches.popleft().frame)
        self._batches.append(batch)
        self._bytes += len(batch.frame)
        while self._bytes > self.limits.buffered_bytes and len(self._batches) > 1:
            self._bytes -= len(self._batches.popleft().frame)

    def _clear(self) -> None:
        self._batches.clear()
        self._bytes = 0

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Say that following failed for a reason that nobody foresaw; the next listener begins it anew."""
        if task.cancelled():
            return
        logger.error("the change log is not followed any more", exc_info=task.exception())
        self._task = None
        self._clear()
        self.is_broken = True
        self._tell()

    def _page(self, after: int) -> ChangePage:
        return self._inventory.changes(after=after, limit=self.limits.in_event)

    def _tell(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def frame_of(page: ChangePage) -> bytes:
    """Return a page as an event; JSON has no line breaks in it."""
    data = msgspec.json.encode(page)
    return b"event: changes\nid: %d\ndata: %b\n\n" % (page.last_seq, data)
