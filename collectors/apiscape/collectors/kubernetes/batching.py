"""What is said of a cluster, in batches that are bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.contract import Observation

BATCH = 500
"""Most that is said at once."""


def chunks(said: Iterable[Observation]) -> Iterator[tuple[Observation, ...]]:
    """Yield what is said, so much at a time; at last what is left, even if that is nothing."""
    batch: list[Observation] = []
    for each in said:
        batch.append(each)
        if len(batch) >= BATCH:
            yield tuple(batch)
            batch = []
    yield tuple(batch)
