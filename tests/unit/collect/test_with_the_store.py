"""The same visits against the store itself, rather than its double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from apiscape.collect.scan import Tools, scan
from apiscape.collectors.contract import Failed, Listed, Recorded, Unchanged
from apiscape.errors import Fenced
from apiscape.model.known import Batch
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Gateway
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.copies import opened_copy
from tests.unit.collect.scanning import World
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import GET, SCOPE, SOURCE, Bench, ToyGate, ToyProvider, toy_deployment


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def bench(store: Store, *names: str) -> Bench:
    gate = ToyGate(apis={name: {"live": (GET,)} for name in names})
    return Bench(store=cast("MemoryStore", store), provider=ToyProvider(gate))


def presence(store: Store) -> dict[str, str]:
    return {row.name: row.presence for row in store.runs.known(SCOPE).values()}


def test_an_unchanged_visit_logs_nothing(store: Store) -> None:
    world = bench(store, "a", "b")
    assert world.visit().totals.appeared == 2
    seq = store.changes.last_seq()
    report = world.visit()
    assert (report.outcome, report.generation, store.changes.last_seq()) == ("complete", 2, seq)


def test_missing_retired_and_returned_are_kept(store: Store) -> None:
    world = bench(store, "a", "b")
    world.visit()
    held = world.provider.gate.apis.pop("b")
    world.visit()
    assert presence(store) == {"a": "present", "b": "missing"}
    world.clock.advance(hours=25)
    world.visit()
    assert presence(store) == {"a": "present", "b": "retired"}
    world.provider.gate.apis["b"] = held
    assert world.visit().totals.returned == 1
    assert presence(store) == {"a": "present", "b": "present"}


BROKEN = ErrorRecord(kind="malformed", message="no name")


def recorded(*names: str) -> list[Recorded]:
    """Return objects of a live stage each, and a gateway around it."""
    return [Recorded(name, (toy_deployment(name, "live"), gateway(name))) for name in names]


def gateway(name: str) -> Gateway:
    return Gateway(
        uid=name, native_id=name, native_kind="toy", provider="toy", account="1", name=name
    )


def test_an_object_that_always_fails_holds_up_nothing_of_the_rest(store: Store) -> None:
    world = bench(store)
    world.script(Listed("apis", ("a", "b", "bad"), last=True), *recorded("a", "b", "bad"))
    page = Listed("apis", ("a", "bad"), last=True)
    report = world.script(page, *recorded("a"), Failed("bad", BROKEN))
    assert (report.outcome, report.totals.missing, report.totals.not_observed) == ("partial", 1, 1)
    assert presence(store) == {"a": "present", "b": "missing", "bad": "present"}
    assert store.surroundings.current(Gateway) == (gateway("a"), gateway("bad"))
    world.clock.advance(hours=25)
    report = world.script(page, *recorded("a"), Failed("bad", BROKEN))
    assert report.totals.retired == 1
    assert presence(store) == {"a": "present", "b": "retired", "bad": "present"}
    (row,) = Reader(store.database, world.clock.now).page("freshness:not_observed").items
    assert row.name == "bad"


def test_a_listing_cut_short_beside_an_object_that_fails_loses_nothing(store: Store) -> None:
    world = bench(store)
    world.script(Listed("apis", ("a", "b", "bad"), last=True), *recorded("a", "b", "bad"))
    for _ in range(3):
        world.clock.advance(hours=25)
        world.script(Listed("apis", ("a", "bad")), *recorded("a"), Failed("bad", BROKEN))
    assert presence(store) == dict.fromkeys(("a", "b", "bad"), "present")
    assert len(store.surroundings.current(Gateway)) == 3


def test_what_stands_around_an_unchanged_object_stays(store: Store) -> None:
    gateway = Gateway(
        uid="g", native_id="g", native_kind="toy", provider="toy", account="1", name="g"
    )
    world = bench(store)
    page = Listed("apis", ("a",), last=True)
    world.script(page, Recorded("a", (toy_deployment("a", "live"), gateway)))
    world.script(page, Unchanged("a"))
    assert store.surroundings.current(Gateway) == (gateway,)
    world.script(page, Recorded("a", (toy_deployment("a", "live"),)))
    assert store.surroundings.current(Gateway) == ()


def test_a_kept_detail_survives_a_changed_fact(store: Store) -> None:
    item = toy_deployment("a", "live", operations=(GET,))
    world = bench(store)
    page = Listed("apis", ("a",), last=True)
    world.script(page, Recorded("a", (item,), tokens={item.uid: "t"}))
    renamed = toy_deployment("a", "live", style="http")
    report = world.script(page, Recorded("a", unchanged=(renamed,)))
    assert report.totals.changed == 1
    kept = store.runs.documents([item.uid])[item.uid]
    assert (kept.style, kept.operations) == ("http", (GET,))
    assert store.runs.known(SCOPE)[item.uid].token == "1/t"


def test_a_run_that_was_killed_is_closed_and_the_next_goes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "killed.db")
    with open_store(path, write=True) as store:
        world = bench(store, "a")
        world.visit()
        store.runs.begin(SCOPE, at=world.clock.now())
    with open_store(path, write=True) as store:
        killed = store.runs.newest(1)[0]
        assert killed.error is not None
        assert (killed.outcome, killed.error.kind) == ("partial", "interrupted")
        report = bench(store, "a").visit()
        assert (report.generation, report.outcome, report.totals.appeared) == (3, "complete", 0)


def test_an_overtaken_run_is_fenced(store: Store) -> None:
    old = store.runs.begin(SCOPE, at=Bench().clock.now())
    bench(store, "a").visit()
    with pytest.raises(Fenced):
        store.runs.apply(old, Batch(), at=Bench().clock.now())


def test_a_scan_of_several_reaches_writes_from_several_threads(store: Store) -> None:
    world = World()
    world.plan(*(f"{account}/r" for account in range(6)))
    tools = Tools(clock=world.clock, plug_ins=world.toys, limits=world.limits)
    for _ in range(2):
        report = scan([SOURCE], store, tools=tools)
        assert (report.exit_code, len(report.runs)) == (0, 6)
    assert [scope.reach.key for scope in store.runs.scopes("toys")] == [
        f"{account}/r" for account in range(6)
    ]
    assert store.runs.scopes("others") == ()
    assert len(store.estate.load()) == 6
