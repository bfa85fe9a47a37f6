"""What a watch says, taken up by the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Recorded,
    Synced,
)
from apiscape.errors import Fenced
from apiscape.model.known import Batch as StoredBatch
from apiscape.model.known import Happened
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Gateway
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.store.copies import opened_copy
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    NOON,
    SCOPE,
    recorded,
    toy_deployment,
)
from tests.unit.collect.watching import Batch, WatchBench, changed, listing, says

DENIED = ErrorRecord(kind="access_denied", message="may not list")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def follow(store: Store, *batches: Batch) -> WatchBench:
    bench = WatchBench(store=cast("MemoryStore", store))
    bench.watch(says(*batches))
    return bench


def test_the_store_retires_on_an_event_and_logs_the_evidence(store: Store) -> None:
    bench = follow(store, listing("apis", "a", "b"), (Absent("apis", "b"), changed("a")))
    assert bench.presence() == {"a": "present", "b": "retired"}
    said = [(change.kind, change.name, change.evidence) for change in store.changes.after(0, 100)]
    assert said[2:] == [("changed", "a", None), ("retired", "b", "event")]


def test_the_store_closes_what_an_object_no_longer_gives(store: Store) -> None:
    def gateway(name: str) -> Gateway:
        return Gateway(
            uid=name, native_id=name, native_kind="toy", provider="toy", account="1", name=name
        )

    item = toy_deployment("a", "live")
    listed = Recorded("a", (item, gateway("g"), gateway("h")))
    kept = Recorded("b", (toy_deployment("b", "live"), gateway("k")))
    page = Listed("apis", ("a", "b"), last=True)
    first = (page, listed, kept, Synced("apis"))
    follow(store, first, (Recorded("a", (item, gateway("h"), gateway("i"))),))
    assert [each.name for each in store.surroundings.current(Gateway)] == ["h", "i", "k"]
    follow(store, first, (Absent("apis", "a"),))
    assert [each.name for each in store.surroundings.current(Gateway)] == ["k"]


def test_the_store_refuses_batches_that_come_too_late(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=NOON)
    store.runs.follow(run, StoredBatch(), Happened(), number=2, at=NOON)
    for number in (1, 2):
        with pytest.raises(Fenced, match="too late"):
            store.runs.follow(run, StoredBatch(), Happened(), number=number, at=NOON)
    store.runs.follow(run, StoredBatch(), Happened(), number=3, at=NOON)
    newer = store.runs.begin(SCOPE, at=NOON)
    with pytest.raises(Fenced, match="newer"):
        store.runs.follow(run, StoredBatch(), Happened(), number=4, at=NOON)
    store.runs.follow(newer, StoredBatch(), Happened(), number=1, at=NOON)


def test_the_store_ends_an_exception_when_its_row_is_seen(store: Store) -> None:
    def freshness() -> list[str]:
        return [row.freshness for row in Reader(store.database).page("").items]

    blind = (Failed("a", DENIED),)
    bench = follow(store, listing("apis", "a"), blind)
    assert bench.presence() == {"a": "present"}
    assert freshness() == ["not_observed"]
    follow(store, listing("apis", "a"), blind, recorded("a"))
    assert freshness() == ["current"]
