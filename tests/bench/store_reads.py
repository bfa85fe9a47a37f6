"""Ask a store what screens and lists ask, until told to stop; prints how long each answer took.

python -m tests.bench.store_reads STORE 40        # rounds; 0 goes on until standard input ends
"""

from __future__ import annotations

import itertools
import select
import sys
import time
from pathlib import Path

import msgspec

from apiscape.store import open_store
from apiscape.store.reading.reader import Reader

WORDS = (
    *("tax", "refunds", "payments-refunds", "team 42", "notices-0123", "eu-west-2"),
    *('vehicles owner:"team 7"', "path:items-77-3", "backend:load-12", "nothing-like-it"),
)
"""Common and rare substrings, with and without a second term, of the text and of what lies deep."""

FACETS = ("provider", "product", "gateway", "environment", "owner", "health", "exposure")


class Latencies(msgspec.Struct, frozen=True):
    """Seconds of every answer, by kind of question."""

    search: list[float]
    facets: list[float]


def ask(path: Path, rounds: int) -> Latencies:
    """Ask every question once a round; 0 rounds go on until standard input ends, but at least once."""
    found = Latencies([], [])
    with open_store(str(path), write=False) as store:
        reader = Reader(store.database)
        for number in itertools.count(1):
            for word in WORDS:
                began = time.perf_counter()
                reader.page(f"{word} sort:name", limit=50)
                found.search.append(time.perf_counter() - began)
            began = time.perf_counter()
            reader.facets("", FACETS)
            found.facets.append(time.perf_counter() - began)
            if number == rounds or (not rounds and select.select([sys.stdin], [], [], 0)[0]):
                return found
    raise AssertionError("unreachable")


def percentile(values: list[float], share: float) -> float:
    """Return the value that so much of all does not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(ask(Path(sys.argv[1]), int(sys.argv[2]))))
