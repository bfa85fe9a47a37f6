"""What reads a cluster in tests: a link without sign-in, a budget that counts, a clock, a mirror of what is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import urllib3

from apiscape.collectors.contract import Cancelled, CollectorError
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery
from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.objects import Decoder, Odd, Thing
from apiscape.collectors.kubernetes.reflector import Change, Happening, Listing, Reflector, Trouble
from apiscape.collectors.kubernetes.wire import Wire

PATIENCE_S = 120.0


class Purse:
    """A budget that is never empty, and counts."""

    def __init__(self) -> None:
        self.taken = 0
        self.refusals: list[float | None] = []

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        assert (families, account, region) == (["kubernetes"], "cluster", None)
        self.taken += 1

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        assert (families, account, region) == (["kubernetes"], "cluster", None)
        self.refusals.append(retry_after_s)


class Line:
    """How the emulated server is reached.

    Attributes:
        tokens: Taken one after the other, each time that the one before was not taken; none without.
    """

    account = "cluster"

    def __init__(self, url: str, *tokens: str) -> None:
        self.tokens = list(tokens)
        self._url = url
        self._pool = urllib3.PoolManager(maxsize=20)

    def url(self) -> str:
        return self._url

    def headers(self, *, anew: bool) -> Mapping[str, str]:
        if anew and len(self.tokens) > 1:
            del self.tokens[0]
        return {"Authorization": f"Bearer {self.tokens[0]}"} if self.tokens else {}

    def pool(self) -> Any:
        return self._pool


class Pulse:
    """A clock that runs and rests as long as it is told to at most; `stop` cancels who waits."""

    def __init__(self, patience_s: float = PATIENCE_S, longest_s: float = 0.01) -> None:
        self.patience_s = patience_s
        self.rests: list[float] = []
        self._longest_s = longest_s
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        self._stopped.wait(min(seconds, self._longest_s))
        self.check()

    def check(self) -> None:
        if self._stopped.is_set():
            raise Cancelled("told to stop")


class Mirror:
    """What a reflector says, taken up as whoever keeps joins would.

    Attributes:
        things: Generation by key, as of the last whole list and all that happened since.
        odd: Why, by key.
        lists: How many lists came to their end.
        pages: How many objects came with each page.
    """

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        self.lists = 0
        self.pages: list[int] = []
        self.troubles: list[CollectorError] = []
        self._listing: dict[str, str] = {}
        self._moved = threading.Condition()

    def put(self, happening: Happening[Thing]) -> None:
        with self._moved:
            if isinstance(happening, Listing):
                self._take_page(happening)
            elif isinstance(happening, Change):
                self._take(happening)
            else:
                assert isinstance(happening, Trouble)
                self.troubles.append(happening.error)
            self._moved.notify_all()

    def _take_page(self, page: Listing[Thing]) -> None:
        if page.is_first:
            self._listing = {}
            self.odd = {}
        self.pages.append(len(page.items))
        self._listing |= {each.key: each.metadata.resource_version for each in page.items}
        self.odd |= {each.key: each.why for each in page.odd}
        if page.is_last:
            self.things = self._listing
            self.lists += 1

    def _take(self, change: Change[Thing]) -> None:
        item = change.item
        self.things.pop(item.key, None)
        self.odd.pop(item.key, None)
        if change.is_gone:
            return
        if isinstance(item, Odd):
            self.odd[item.key] = item.why
        else:
            self.things[item.key] = item.metadata.resource_version

    def until(self, holds: Any, patience_s: float = PATIENCE_S) -> bool:
        """Wait until something holds of it."""
        with self._moved:
            return bool(self._moved.wait_for(lambda: holds(self), patience_s))


def services(wire: Wire) -> Where:
    """Return where the services of all namespaces are."""
    return Where(found(Discovery(wire).look()))


def found(catalogue: Catalogue) -> Any:
    served = catalogue.find("", "services", ["v1"])
    assert served is not None
    return served


class Following:
    """A reflector at work in a thread of its own, for the time of a `with`."""

    def __init__(
        self,
        wire: Wire,
        where: Where,
        pulse: Pulse,
        kind: type[Thing] = Thing,
        *,
        streams: bool = True,
    ) -> None:
        self.mirror = Mirror()
        self.pulse = pulse
        self.ended: CollectorError | None = None
        decoder = Decoder(kind)
        self._reflector = Reflector(wire, where, decoder, pulse, self.mirror.put, streams=streams)
        self._wire = wire
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def _run(self) -> None:
        try:
            while True:
                self._reflector.turn()
        except CollectorError as error:
            self.ended = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pulse.stop()
        self._wire.hang_up()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def join(self) -> CollectorError | None:
        """Wait for its end; return why."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self.ended
