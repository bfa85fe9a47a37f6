"""A fixed loop, the unit that benches are given in: figures travel between machines, seconds do not."""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 2_000_000


def loop() -> int:
    """Do a fixed amount of plain interpreter work."""
    total = 0
    for number in range(ROUNDS):
        total += number & 7
    return total


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the least wall-clock seconds that `work` took."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
