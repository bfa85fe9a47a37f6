"""Ask a store what screens and lists ask, until told to stop; prints what each answer took.

python -m tests.bench.store_reads STORE 40        # rounds; 0 goes on until standard input ends
"""

from __future__ import annotations

import itertools
import select
import sys
import time
from collections.abc import Callable
from functools import partial
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


class Taken(msgspec.Struct, frozen=True):
    """Seconds of every answer to a kind of question: until it came, and of this process's CPU."""

    wall_s: list[float] = msgspec.field(default_factory=list)
    cpu_s: list[float] = msgspec.field(default_factory=list)

    def note(self, ask: Callable[[], object]) -> None:
        """Ask, and note what that took."""
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        self.cpu_s.append(time.process_time() - cpu)
        self.wall_s.append(time.perf_counter() - wall)


class Latencies(msgspec.Struct, frozen=True):
    """What every answer took, by kind of question."""

    search: Taken
    facets: Taken


def ask(path: Path, rounds: int) -> Latencies:
    """Ask every question once a round; 0 rounds go on until standard input ends, but at least once."""
    found = Latencies(Taken(), Taken())
    with open_store(str(path), write=False) as store:
        reader = Reader(store.database)
        for number in itertools.count(1):
            for word in WORDS:
                found.search.note(partial(reader.page, f"{word} sort:name", limit=50))
            found.facets.note(partial(reader.facets, "", FACETS))
            if number == rounds or (not rounds and select.select([sys.stdin], [], [], 0)[0]):
                return found
    raise AssertionError("unreachable")


def percentile(values: list[float], share: float) -> float:
    """Return the value that so much of all does not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(ask(Path(sys.argv[1]), int(sys.argv[2]))))
