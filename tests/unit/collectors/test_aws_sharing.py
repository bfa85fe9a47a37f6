"""A listing that two collectors need: read once, handed on once, and never less than whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.sharing import SharedListing
from apiscape.collectors.contract import Cancelled, CollectorError, Unreachable

PAGES = (Page(({"ApiId": "a"},), last=False), Page(({"ApiId": "b"},), last=True))


class Source:
    """Counts how often it is read; waits for a word before its last page, or breaks off there."""

    def __init__(self) -> None:
        self.reads = 0
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None

    def read(self) -> Iterator[Page]:
        self.reads += 1
        yield PAGES[0]
        self.begun.set()
        self.go_on.wait(30)
        if self.error is not None:
            raise self.error
        yield PAGES[1]


def nothing() -> None:
    """Never say to stop."""


def take(
    listing: SharedListing, source: Source, taker: str, check: Callable[[], None] = nothing
) -> tuple[Page, ...]:
    return tuple(listing.pages(taker, source.read, check))


class Aside(threading.Thread):
    """Takes a listing in a thread of its own."""

    def __init__(self, listing: SharedListing, source: Source, taker: str) -> None:
        super().__init__(daemon=True)
        self._asked = (listing, source, taker)
        self.looked = threading.Event()
        self.stop: CollectorError | None = None
        self.pages: tuple[Page, ...] = ()
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.pages = take(*self._asked, self._check)
        except CollectorError as error:
            self.error = error

    def _check(self) -> None:
        self.looked.set()
        if self.stop is not None:
            raise self.stop


def test_what_one_read_is_handed_on_once() -> None:
    listing, source = SharedListing(), Source()
    assert take(listing, source, "http") == PAGES
    assert take(listing, source, "websocket") == PAGES
    assert source.reads == 1
    assert take(listing, source, "websocket") == PAGES
    assert source.reads == 2


def test_nobody_is_handed_what_they_read_themselves() -> None:
    listing, source = SharedListing(), Source()
    assert [take(listing, source, "http") for _ in range(2)] == [PAGES, PAGES]
    assert source.reads == 2


def test_who_comes_while_another_reads_waits_for_it() -> None:
    listing, source = SharedListing(), Source()
    source.go_on.clear()
    first = Aside(listing, source, "http")
    assert source.begun.wait(30)
    second = Aside(listing, source, "websocket")
    assert second.looked.wait(30)
    assert source.reads == 1
    source.go_on.set()
    first.join(30)
    second.join(30)
    assert (first.pages, second.pages, source.reads) == (PAGES, PAGES, 1)


def test_who_should_stop_waits_no_longer_and_the_reader_goes_on() -> None:
    listing, source = SharedListing(), Source()
    source.go_on.clear()
    first = Aside(listing, source, "http")
    assert source.begun.wait(30)
    second = Aside(listing, source, "websocket")
    assert second.looked.wait(30)
    second.stop = Cancelled("told to stop")
    second.join(30)
    assert second.error is second.stop
    source.go_on.set()
    first.join(30)
    assert first.pages == PAGES


def test_a_reading_that_breaks_off_ends_for_its_reader_alone() -> None:
    listing, source = SharedListing(), Source()
    source.error = Unreachable("cut")
    pages = listing.pages("http", source.read, nothing)
    assert next(pages) == PAGES[0]
    with pytest.raises(Unreachable):
        next(pages)
    source.error = None
    assert take(listing, source, "websocket") == PAGES
    assert source.reads == 2


def test_who_waited_for_a_reading_that_breaks_off_reads_anew() -> None:
    listing, source = SharedListing(), Source()
    source.go_on.clear()
    first = Aside(listing, source, "http")
    assert source.begun.wait(30)
    second = Aside(listing, source, "websocket")
    assert second.looked.wait(30)
    source.error = Unreachable("cut")
    source.go_on.set()
    first.join(30)
    second.join(30)
    assert first.error is source.error
    assert second.error is source.error
    assert (first.pages, source.reads) == ((), 2)


def test_a_defect_of_the_reading_leaves_nothing_behind() -> None:
    listing, source = SharedListing(), Source()
    source.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        take(listing, source, "http")
    source.error = None
    assert take(listing, source, "websocket") == PAGES
    assert source.reads == 2


def test_after_the_readers_visit_a_listing_is_read_anew() -> None:
    listing, source = SharedListing(), Source()
    take(listing, source, "http")
    listing.forget("websocket")
    listing.forget("http")
    assert take(listing, source, "websocket") == PAGES
    assert source.reads == 2
