"""The inventory over a store in this process: the whole protocol, from any thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apiscape.client.inventory import Inventory
from apiscape.errors import NotFound, UsageError
from apiscape.model.known import PresenceChange, Verdict
from apiscape.model.run import EstateEntry
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.copies import opened_copy
from tests.store.making import DAY, MINUTE, SCOPE, T0, batch, make, visit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        visit(opened, batch(*map(make, range(20))))
        yield opened


@pytest.fixture
def inventory(store: Store) -> LocalInventory:
    return LocalInventory(store, lambda: T0 + DAY)


def lose(store: Store, presence: str) -> None:
    change = PresenceChange(uid=make(1).uid, presence=presence, missing_since=T0)
    visit(store, at=T0 + MINUTE, verdict=Verdict(presence=(change,)))


def test_every_question_of_the_protocol_is_answered(store: Store, inventory: Inventory) -> None:
    entry = EstateEntry(source="prod", provider="aws", key="1/eu")
    store.estate.save("prod", (entry,), provider="aws", at=T0)
    assert inventory.page("payments-1 sort:name", limit=3).matched == 11
    assert len(inventory.select("").uids) == 20
    assert inventory.facets("", ("provider",))[0].values[0].count == 20
    assert len(inventory.snapshot().columns["uid"]) == 20
    assert inventory.detail("payments-3").deployment == make(3)
    assert len(inventory.changes(limit=5).items) == 5
    assert [status.scope for status in inventory.scopes()] == [SCOPE]
    assert [run.scope for run in inventory.runs(scope=SCOPE.key)] == [SCOPE]
    assert inventory.runs(scope="no such") == ()
    assert inventory.estate() == (entry,)
    assert inventory.summary().deployments == 20


def test_the_version_changes_with_every_commit_and_with_nothing_else(
    store: Store, inventory: LocalInventory
) -> None:
    before = inventory.version()
    inventory.page("")
    assert inventory.version() == before
    visit(store, batch(make(30)), at=T0 + MINUTE)
    assert inventory.version() != before


def test_a_person_confirms_that_suspects_are_gone(store: Store, inventory: Inventory) -> None:
    lose(store, "suspect")
    assert inventory.scopes()[0].suspect == 1
    assert inventory.confirm(SCOPE.key, by="ada") == 1
    assert [row.name for row in inventory.page("presence:retired").items] == ["payments-1"]
    assert inventory.detail("payments-1").history[0].evidence == "person"
    with pytest.raises(NotFound):
        inventory.confirm("no/such/scope", by="ada")


def test_what_is_forgotten_leaves_every_view_and_stays_in_history(
    store: Store, inventory: Inventory
) -> None:
    with pytest.raises(UsageError):
        inventory.forget(make(1).uid, by="ada")
    lose(store, "retired")
    inventory.forget(make(1).uid, by="ada")
    assert inventory.page("presence:retired").matched == 0
    with pytest.raises(NotFound):
        inventory.detail("payments-1")
    assert inventory.changes().items[-1].kind == "forgotten"


def test_threads_read_while_a_run_writes(store: Store, inventory: Inventory) -> None:
    def read(number: int) -> int:
        page = inventory.page("sort:name", limit=50)
        assert page.matched == len(page.items)
        assert len(inventory.select("payments").uids) >= 20
        return number

    with ThreadPoolExecutor(8) as threads:
        reads = [threads.submit(read, number) for number in range(40)]
        for start in range(20, 40, 5):
            visit(store, batch(*map(make, range(start, start + 5))), at=T0 + start * MINUTE)
        assert [done.result(timeout=60) for done in reads] == list(range(40))
    assert inventory.page("").matched == 40


def test_now_is_the_utc_clock(store: Store) -> None:
    assert (datetime.now(UTC) - LocalInventory(store).snapshot().taken_at) < 10 * MINUTE
