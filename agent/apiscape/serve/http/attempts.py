"""Wrong tokens, counted: a bucket for each peer and one for all."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from apiscape.serve.http.limits import Limits

MOST_PEERS = 10_000
"""Peers that are remembered; the one that was heard of longest ago is forgotten first."""

REFILL_SHARE = 0.1
"""Of a bucket, a second."""


class _Bucket:
    def __init__(self, size: int, now: float) -> None:
        self.size = size
        self.left = float(size)
        self.at = now

    def take(self, now: float) -> bool:
        self.left = min(self.size, self.left + (now - self.at) * self.size * REFILL_SHARE)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Attempts:
    """Says of a wrong token whether it is one too many. Right tokens are never counted."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Count by a clock in seconds."""
        self._limits = limits
        self._clock = clock
        self._all = _Bucket(limits.wrong_in_all, clock())
        self._peers: OrderedDict[str, _Bucket] = OrderedDict()

    def allow(self, peer: str) -> bool:
        """Count a wrong token of a peer; say whether it may be told what is wrong."""
        now = self._clock()
        bucket = self._peers.pop(peer, None) or _Bucket(self._limits.wrong_per_peer, now)
        self._peers[peer] = bucket
        if len(self._peers) > MOST_PEERS:
            self._peers.popitem(last=False)
        return bucket.take(now) and self._all.take(now)
