"""Write changes for the bench of the stream: `python -m tests.bench.http_writer STORE CHANGES AT_ONCE`."""

from __future__ import annotations

import sys

from apiscape.store import open_store
from tests.store.making import batch, make, visit

FIRST = 10**6
"""Above every number of the estate that the changes are written beside; further on, where some were written before."""


def main(path: str, changes: int, at_once: int) -> None:
    """Let deployments appear."""
    with open_store(path, write=True) as store:
        begin = FIRST + store.changes.last_seq()
        for first in range(begin, begin + changes, at_once):
            visit(store, batch(*map(make, range(first, first + at_once))))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
