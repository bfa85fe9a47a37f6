"""How a visit hands the store what it saw: in batches, heavy documents early, nothing of what stands."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from apiscape.collect import intake
from apiscape.collectors.contract import Listed, Observation, Recorded, Visit
from apiscape.model.run import Scope
from tests.unit.collect.toy import Bench, recorded, scripted
from tests.unit.collect.visiting import bench


def test_large_visits_are_stored_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 3)
    world = bench(**{f"n{index:02}": ("live", "test") for index in range(5)})
    world.visit()
    assert [len(batch.writes) for batch in world.store.runs.batches] == [3, 1, 3, 1, 2]


def test_heavy_documents_are_stored_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_BYTES", 10)
    world = Bench()
    heavy = [
        msgspec.structs.replace(each, documents={each.native_id: b"0123456789"})
        for each in recorded("a", "b")
    ]
    world.script(Listed("apis", ("a", "b"), last=True), *heavy)
    assert [len(batch.writes) for batch in world.store.runs.batches] == [1, 1]


def test_a_contract_of_what_stands_is_kept_though_nothing_else_is_written() -> None:
    world, [said] = Bench(), recorded("a")
    world.script(Listed("apis", ("a",), last=True), said)
    before = len(world.store.runs.batches)
    late = msgspec.structs.replace(said, documents={"sum": b"openapi"})
    world.script(Listed("apis", ("a",), last=True), late)
    [batch] = world.store.runs.batches[before:]
    assert (batch.writes, batch.documents) == ((), {"sum": b"openapi"})
    world.script(Listed("apis", ("a",), last=True), said)
    assert world.store.runs.batches[before:] == [batch]


def test_what_moved_is_stored_though_more_that_stands_is_seen_meanwhile() -> None:
    world, names = Bench(), tuple("abcdefgh")
    listed = Listed("apis", names, last=True)
    world.script(listed, *recorded(*names))
    before = len(world.store.runs.batches)

    def slowly(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield listed
        for each in recorded(*names):
            yield _moved(each) if each.native_id in {"a", "b", "h"} else each
            world.clock.advance(seconds=intake.HELD_BACK.total_seconds() / 3)

    world.visit(scripted(slowly))
    assert _stored(world, before) == [["a", "b"], ["h"]]


def test_what_stands_fills_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH", 2)
    world, names = Bench(), tuple("abcdefgh")
    listed = Listed("apis", names, last=True)
    world.script(listed, *recorded(*names))
    before = len(world.store.runs.batches)
    moved = [_moved(each) if each.native_id in set("aeh") else each for each in recorded(*names)]
    world.script(listed, *moved)
    assert _stored(world, before) == [["a", "e"], ["h"]]


def _moved(said: Recorded) -> Recorded:
    [item] = said.entities
    return msgspec.structs.replace(said, entities=(msgspec.structs.replace(item, title="moved"),))


def _stored(world: Bench, before: int) -> list[list[str]]:
    return [[w.listed_id for w in b.writes] for b in world.store.runs.batches[before:]]
