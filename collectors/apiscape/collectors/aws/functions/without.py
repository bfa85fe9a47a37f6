"""Which functions have no URL: remembered in this process, for most have none and no listing says so.

A change token is stored with a deployment, and a function without a URL gives none. So what was
looked at in vain is kept here, by revision, for as long as a token is believed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import blake2b

LIFE = timedelta(days=7)
JITTER = 0.25
"""The last part of that life over which looking again is spread, so that it is not due all at once."""

MOST = 200_000
"""Functions remembered; beyond them the oldest are forgotten, and looked at again."""

_RANGE = 1 << 64


class WithoutUrl:
    """Functions that had no URL, by where they are, with their revision then. Safe to use from several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._found: OrderedDict[tuple[str, str], tuple[str, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, place: str, function: str, mark: str, now: datetime) -> None:
        """Remember that a function has no URL as it stands."""
        with self._lock:
            self._found[place, function] = (mark, now)
            self._found.move_to_end((place, function))
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def knows(self, place: str, function: str, mark: str, now: datetime) -> bool:
        """Say whether a function was looked at in vain since it changed, and not too long ago."""
        with self._lock:
            noted, at = self._found.get((place, function), ("", now))
        return noted == mark and now < at + _life(function)

    def forget(self, place: str, function: str) -> None:
        """Forget a function: it has a URL."""
        with self._lock:
            self._found.pop((place, function), None)


def _life(function: str) -> timedelta:
    drawn = int.from_bytes(blake2b(function.encode("utf-8", "replace"), digest_size=8).digest())
    return LIFE * (1 - JITTER * drawn / _RANGE)
