"""A fixed loop, the unit that benches are given in: figures travel between machines, seconds do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

ROUNDS = 2_000_000


def loop() -> int:
    """Do a fixed amount of plain interpreter work."""
    total = 0
    for number in range(ROUNDS):
        total += number & 7
    return total


LOOKS = 9

CALM_S = 0.213
"""CPU seconds of `reference_loop` on the machine, and when calm, that the UI's goals were set on."""


def reference_loop() -> int:
    """Do the work that the machine of the UI's goals was measured with."""
    total = 0
    for number in range(3_000_000):
        total += number * number % 7
    return total


def cpu_seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the least CPU seconds that `work` took."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def pace() -> float:
    """Return how much slower this machine is at present than the one that the goals were set on.

    The middle of several looks: a shared machine changes its speed within seconds.
    """
    return median(cpu_seconds(reference_loop, times=1) for _ in range(LOOKS)) / CALM_S


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the least wall-clock seconds that `work` took."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
