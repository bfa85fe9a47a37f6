"""A listing that two collectors of one reach need is read once, by whoever comes first.

What was read to its end is handed on once, to another collector: it is as complete for that
one, whose ledger counts it by itself. A reading that broke off is handed on to nobody; who
waited for it reads anew, and so does who comes after the reader's visit is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import msgspec

from apiscape.collectors.aws.calls import Page
from apiscape.collectors.contract import CollectorError

LOOK_UP_S = 0.2
"""How often who waits for another's reading looks whether it should stop."""


class _Reading(msgspec.Struct):
    """A listing under way, or read to its end and not yet handed on."""

    reader: str
    pages: tuple[Page, ...] | None = None


class SharedListing:
    """One listing of one reach. Safe to use from several threads."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._reading: _Reading | None = None

    def pages(
        self, taker: str, read: Callable[[], Iterable[Page]], check: Callable[[], None]
    ) -> Iterator[Page]:
        """Yield the pages of the listing, another's where one was read to its end and is still to be had.

        Args:
            taker: Who asks; nobody is handed what they read themselves.
            read: Reads the listing.
            check: Raises where waiting should end.

        Raises:
            CollectorError: the listing could not be read to its end, or waiting should end.
        """
        handed_on = self._wait_for(taker, check)
        if handed_on is not None:
            yield from handed_on
            return
        pages: list[Page] = []
        broken: CollectorError | None = None
        whole = False
        try:
            pages.extend(read())  # an error leaves what was read until then
            whole = True
        except CollectorError as error:
            broken = error
        finally:
            self._settle(taker, tuple(pages) if whole else None)
        yield from pages
        if broken is not None:
            raise broken

    def forget(self, taker: str) -> None:
        """Hand on no more what somebody read: their visit is over, and the listing grows old."""
        self._settle(taker, None)

    def _wait_for(self, taker: str, check: Callable[[], None]) -> tuple[Page, ...] | None:
        """Return what another read, or `None` where it is the taker's turn to read."""
        with self._turn:
            while self._reading is not None and self._reading.reader != taker:
                if self._reading.pages is not None:
                    pages, self._reading = self._reading.pages, None
                    return pages
                check()
                self._turn.wait(LOOK_UP_S)
            self._reading = _Reading(taker)
            return None

    def _settle(self, taker: str, pages: tuple[Page, ...] | None) -> None:
        """Keep what was read to its end for another; let whoever waits go on."""
        with self._turn:
            if self._reading is not None and self._reading.reader == taker:
                self._reading = None if pages is None else _Reading(taker, pages)
            self._turn.notify_all()
