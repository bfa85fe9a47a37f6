"""One resource, followed: listed, then watched from there, over every way in which a watch breaks.

    list ──────────► watch ──► whatever the server says
      ▲                │ expired (410, as a status or as an event), or an event too large to be read
      └────────────────┘
      cut, garbled, frozen, throttled: watched on from the last version, later every time
      denied, absent, not signed in: over, with the reason
      no success for `Rhythm.patience_s`: over, with the last reason

After Kubernetes' own reflector (client-go, `tools/cache/reflector.go`). The clients in Python have none
that holds: measured, they replay a version that expired, hang on a frozen server, or ask thousands of
times where they are denied.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol

import msgspec

from apiscape.collectors.contract import (
    CollectorError,
    Malformed,
    Throttled,
    Unreachable,
)
from apiscape.collectors.kubernetes.errors import (
    Expired,
    Refused,
    ServerFault,
    TooLarge,
    error_of,
)
from apiscape.collectors.kubernetes.listing import PAGE, Where, read_pages
from apiscape.collectors.kubernetes.objects import Decoder, Event, Odd, T
from apiscape.collectors.kubernetes.wire import Asked, Wire

WATCH_S = (240, 480)
"""Between which times the server is asked to end a watch, so that not all of them end at once."""

GRACE_S = 30.0
"""How long after that nothing may have come before the connection is taken to be dead."""

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 60.0
_MOST_DOUBLINGS = 16

PASSES = (Throttled, Unreachable, ServerFault, Malformed)
"""What another try may mend."""


class Rhythm(Protocol):
    """The clock that a reflector goes by."""

    patience_s: float
    """How long it tries on without success."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never falls."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            Cancelled: It was told to stop.
        """
        ...

    def check(self) -> None:
        """Go on.

        Raises:
            Cancelled: It was told to stop.
        """
        ...


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """A part of what there is: a page of a list.

    Attributes:
        is_first, is_last: Of a list; with a first one everything that was said before is to be forgotten at its last.
    """

    items: tuple[T, ...]
    odd: tuple[Odd, ...]
    is_first: bool
    is_last: bool


class Change(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What happened to an object: what it is now, or that it is gone."""

    item: T | Odd
    is_gone: bool = False


class Trouble(msgspec.Struct, frozen=True):
    """It could not be followed for a moment, and is tried again."""

    error: CollectorError
    wait_s: float


Happening = Listing[T] | Change[T] | Trouble
Put = Callable[[Happening[T]], None]


class Reflector(Generic[T]):
    """Follows the objects of one resource.

    Args:
        wire: The cluster.
        where: Which objects.
        decoder: Reads them.
        rhythm: The clock.
        put: Told what there is and what happens, in order, from the thread that runs it.
        streams: Whether the first list is asked for as a stream, where the server has that.
        watch_s: Between which times the server is asked to end a watch, where others wait for it.
    """

    def __init__(
        self,
        wire: Wire,
        where: Where,
        decoder: Decoder[T],
        rhythm: Rhythm,
        put: Put[T],
        *,
        streams: bool = True,
        watch_s: tuple[int, int] | None = None,
    ) -> None:
        self._wire = wire
        self._where = where
        self._decoder = decoder
        self._rhythm = rhythm
        self._put = put
        self._streams = streams
        self._watch_s = watch_s
        self._version = ""
        self._failures = 0
        self._well_at = rhythm.monotonic()

    def turn(self) -> None:
        """List, or watch until the server ends it; rest a while where that failed. To be done again and again.

        Raises:
            CollectorError: It is over, and why.
        """
        self._rhythm.check()
        try:
            if self._version:
                self._watch()
            elif not self._streams or not self._stream():
                self._list()
        except Expired as error:
            self._version = ""
            self._rest(error)
        except TooLarge as error:
            self._version = (
                ""  # the same event would come again; a list has pages that may be smaller
            )
            self._streams = False
            self._rest(error)
        except PASSES as error:
            self._rest(error)

    def _list(self) -> None:
        """Read the list page by page."""
        version, is_first = "", True
        for page in read_pages(self._wire, self._where, self._decoder, self._rhythm.check):
            version = page.version
            self._put(Listing(page.items, page.odd, is_first, not page.go_on))
            is_first = False
        self._version = version
        self._is_well()

    def _stream(self) -> bool:
        """Take the list as the first events of a watch, and watch on; say whether the server has that."""
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        try:
            with self._events(**query) as events:
                self._take_list(events)
                self._take(events)
        except (Refused, ServerFault):
            self._streams = bool(self._version)
        return self._streams

    def _watch(self) -> None:
        """Watch on from the last version until the server ends it."""
        with self._events(resourceVersion=self._version) as events:
            self._take(events)

    @contextmanager
    def _events(self, **query: str) -> Iterator[Iterator[Event[T]]]:
        """Give the events of a watch.

        Raises:
            CollectorError: It was refused, or broke off.
        """
        ends_s = random.randint(*(self._watch_s or WATCH_S))  # noqa: S311 - spreads requests
        query |= {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(ends_s)}
        asked = msgspec.structs.replace(
            self._where.asked("watch", **query), read_s=ends_s + GRACE_S
        )
        with self._wire.lines(asked) as lines:
            yield (self._read(line, asked) for line in lines)

    def _read(self, line: bytes, asked: Asked) -> Event[T]:
        self._rhythm.check()
        event = self._decoder.event(line, asked.operation)
        if event.kind == "ERROR":
            raise error_of(
                event.code, {}, event.raw, operation=asked.operation, permission=asked.permission
            )
        return event

    def _take_list(self, events: Iterator[Event[T]]) -> None:
        """Put what there is, in pages, up to the bookmark that ends it.

        Raises:
            Unreachable: The events end before it.
        """
        items: list[T] = []
        odd: list[Odd] = []
        is_first = True
        for event in events:
            if isinstance(event.item, Odd):
                odd.append(event.item)
            elif event.item is not None:
                items.append(event.item)
            if event.is_initial_end or len(items) + len(odd) >= PAGE:
                self._put(Listing(tuple(items), tuple(odd), is_first, event.is_initial_end))
                items, odd, is_first = [], [], False
            if event.is_initial_end:
                self._version = event.version
                self._is_well()
                return
        raise Unreachable("the list broke off", operation=f"watch {self._where.served.name}")

    def _take(self, events: Iterator[Event[T]]) -> None:
        """Put what happens until the events end; that they do is as it should be."""
        for event in events:
            if event.item is not None:
                self._put(Change(event.item, event.kind == "DELETED"))
            self._version = event.version or self._version
            self._is_well()
        self._is_well()

    # How it goes.

    def _is_well(self) -> None:
        self._failures = 0
        self._well_at = self._rhythm.monotonic()

    def _rest(self, error: CollectorError) -> None:
        """Wait before the next try, longer every time, at least as long as the server asks.

        Raises:
            Cancelled: It was told to stop, which may be why it failed.
            CollectorError: It has been tried for long enough.
        """
        self._rhythm.check()
        self._failures += 1
        if self._rhythm.monotonic() - self._well_at > self._rhythm.patience_s:
            raise error
        doubled = FIRST_BACK_OFF_S * 2.0 ** min(self._failures - 1, _MOST_DOUBLINGS)
        own = min(doubled, LONGEST_BACK_OFF_S) * random.uniform(0.5, 1)  # noqa: S311 - spreads requests
        wait_s = max(own, getattr(error, "retry_after_s", None) or 0.0)
        self._put(Trouble(error, wait_s))
        self._rhythm.sleep(wait_s)
