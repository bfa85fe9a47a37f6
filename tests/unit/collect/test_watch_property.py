"""Whatever a watch goes through, the inventory is in the end what one complete list would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collect.clock import Stop
from apiscape.collectors.contract import Observation, Unreachable, Visit
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.vocabulary import Presence
from apiscape.store import open_store
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import SCOPE
from tests.unit.collect.watching import PARTS, VARIANTS, Batch, Gate, WatchBench, watching

NAMES = ("a", "b", "c")

PLACES = st.tuples(st.sampled_from(PARTS), st.sampled_from(NAMES))
CHANGES = st.tuples(PLACES, st.sampled_from([None, *range(len(VARIANTS))]))
STEPS = st.one_of(
    st.tuples(st.just("change"), CHANGES),
    st.tuples(st.just("burst"), st.lists(CHANGES, min_size=2, max_size=4)),
    st.tuples(st.just("lost"), CHANGES),
    st.tuples(st.just("relist"), st.tuples(st.sampled_from(PARTS), CHANGES)),
    st.tuples(st.just("cut"), st.integers(0, 8)),
    st.tuples(st.just("restart"), st.integers(0, 8)),
)


@dataclass
class History:
    """A gate that changes step by step, and what its watch says of it.

    Attributes:
        patience: Observations that the next list may say before it is cut; `None` for all.
        deleted: Native ids of the APIs that were deleted with an event.
        adrift: Whether something changed of which nobody was told.
    """

    steps: list[tuple[str, Any]]
    bench: WatchBench
    gate: Gate = field(default_factory=Gate)
    patience: int | None = None
    deleted: set[str] = field(default_factory=set)
    adrift: bool = True
    stop: Stop | None = None

    def watch(self, scope: Scope, visit: Visit) -> Iterator[Batch]:
        for part in PARTS:
            for said in self._cut(self.gate.list(part)):
                yield (said,)
        self.adrift = False
        self.check()
        while self.steps:
            yield from self._do(*self.steps.pop(0))
            self.check()

    def _do(self, kind: str, what: Any) -> Iterator[Batch]:
        match kind:
            case "change":
                yield (self._change(*what),)
            case "burst":
                yield tuple(self._change(*each) for each in what)
            case "lost":
                self._change(*what)
                self.adrift = True
            case "relist":
                yield from self._relist(*what)
            case "cut":
                self.patience = what
                raise Unreachable("cut")
            case _:
                self.patience = what
                assert self.stop is not None
                self.stop.tell()
                yield ()

    def _relist(self, part: str, change: Any) -> Iterator[Batch]:
        """List a part anew, with something else happening in the middle of it."""
        said = list(self.gate.list(part))
        for index, each in enumerate(said):
            yield (each,)
            if index == 0 and change[0][0] != part:
                yield (self._change(*change),)

    def _change(self, place: tuple[str, str], variant: int | None) -> Observation:
        if variant is not None:
            self.gate.apis[place] = variant
        elif place in self.gate.apis:
            self.deleted |= {item.native_api_id for item in self.gate.deployments(*place)}
            del self.gate.apis[place]
        return self.gate.event(*place)

    def _cut(self, said: Iterator[Observation]) -> Iterator[Observation]:
        for each in said:
            if self.patience is not None:
                self.patience -= 1
                if self.patience < 0:
                    self.patience = None
                    raise Unreachable("cut in the middle of a list")
            yield each

    def check(self) -> None:
        """What is synced is right at once; nothing retires but what was said to be gone."""
        if not self.adrift:
            assert inventory(self.bench.store) == self.gate.inventory()
        assert retired(self.bench.store) <= self.deleted

    def play(self) -> None:
        """Watch until every step was taken, and once more to the end of the list."""
        while self.steps:
            self._watch_once()
            assert retired(self.bench.store) <= self.deleted
        self.patience = None
        self._watch_once()

    def _watch_once(self) -> None:
        run = self.bench.run_of(watching(self.watch, PARTS))
        self.stop = run.stop
        run.execute()


def rows(store: MemoryStore, presence: str) -> set[str]:
    return {uid for uid, row in store.runs.known(SCOPE).items() if row.presence == presence}


def inventory(store: MemoryStore) -> dict[str, Deployment]:
    items = store.runs.documents(rows(store, Presence.PRESENT))
    return {item.native_id: item for item in items.values()}


def retired(store: MemoryStore) -> set[str]:
    return {item.native_api_id for item in store.runs.documents(rows(store, "retired")).values()}


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=150)
def test_any_history_ends_as_one_complete_list_would(steps: list[tuple[str, Any]]) -> None:
    history = History(list(steps), WatchBench())
    history.play()
    assert inventory(history.bench.store) == history.gate.inventory()
    newest = history.bench.store.runs.newest(1)[0]
    assert (newest.outcome, newest.ledger.listed) == ("complete", len(history.gate.apis))
    assert all(report.ledger.closes for report in history.bench.store.runs.reports)


@given(steps=st.lists(STEPS, max_size=12))
@settings(max_examples=15)
def test_so_it_does_in_the_store_itself(steps: list[tuple[str, Any]]) -> None:
    with (
        TemporaryDirectory() as room,
        open_store(str(Path(room) / "store.db"), write=True) as store,
    ):
        history = History(list(steps), WatchBench(store=cast("MemoryStore", store)))
        history.play()
        assert inventory(history.bench.store) == history.gate.inventory()
