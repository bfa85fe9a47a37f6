"""Answers that are still good: the store has not changed since, and time has hardly moved."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

import msgspec

from apiscape.serve.http.call import Reply

MOST_ANSWERS = 256
MOST_BYTES = 64 * 1024 * 1024


class _Kept(msgspec.Struct, frozen=True):
    version: int
    at: float
    until: float
    reply: Reply
    lags: bool


class Older(msgspec.Struct, frozen=True):
    """An answer that was good a while ago: how many seconds, and at which version of the store."""

    reply: Reply
    age_s: float
    version: int


class Answers:
    """Answers by what was asked, few; the one that was asked for longest ago goes first."""

    def __init__(
        self,
        version: Callable[[], int | None],
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int | None = None,
    ) -> None:
        """Keep answers while `version` gives the same number; none where it gives `None`."""
        self._most_bytes = MOST_BYTES if most_bytes is None else most_bytes
        self._version = version
        self._clock = clock
        self._held: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0

    def version(self) -> int | None:
        """Return the number that an answer which is begun now belongs to."""
        return self._version()

    def find(self, key: Hashable) -> Reply | None:
        """Return the answer to a question, if it is still good."""
        kept = self._held.get(key)
        if kept is None:
            return None
        if kept.version != self._version() or self._clock() >= kept.until:
            if not kept.lags:
                self._drop(key)
            return None
        self._held.move_to_end(key)
        return kept.reply

    def find_older(self, key: Hashable, stale_s: float) -> Older | None:
        """Return the answer to a question that was good at most so long ago; as old as it is where nothing changed."""
        kept = self._held.get(key)
        if kept is None or not kept.lags:
            return None
        age_s = self._clock() - kept.at
        if age_s > stale_s and kept.version != self._version():
            return None
        self._held.move_to_end(key)
        return Older(kept.reply, age_s, kept.version)

    def keep(
        self,
        key: Hashable,
        version: int | None,
        seconds: float,
        reply: Reply,
        *,
        lags: bool = False,
    ) -> None:
        """Keep an answer that was begun at a version of the store.

        One that `lags` says itself where in the log of changes it stands, so that whoever follows the log
        may be given it when it is no longer good.
        """
        if version is None or len(reply.body) > self._most_bytes:
            return
        self._drop(key)
        now = self._clock()
        self._held[key] = _Kept(version, now, now + seconds, reply, lags)
        self._bytes += len(reply.body)
        while len(self._held) > MOST_ANSWERS or self._bytes > self._most_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, key: Hashable) -> None:
        kept = self._held.pop(key, None)
        if kept is not None:
            self._bytes -= len(kept.reply.body)
