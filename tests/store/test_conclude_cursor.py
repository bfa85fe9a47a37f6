"""The cursor of conclusions survives a kill, a restore and retention: in the end all is concluded, and once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apiscape.conclude import follow
from apiscape.conclude.follow import conclude
from apiscape.errors import NotKept, StoreError
from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.store import Conclusion, Store, open_store
from tests.store.looking import counts
from tests.store.making import ACCOUNT, DAY, PART, T0, batch, make, visit

ITEMS = [make(number) for number in range(7)]


def door(number: int) -> Batch:
    """Return a front door that leads to one of the deployments."""
    host = f"{number}.tax.example"
    item = ITEMS[number]
    route = FrontDoorRoute("/", native_api_id=item.native_api_id, stage=item.stage)
    found = FrontDoor(
        uid=host,
        native_id=host,
        native_kind="domain",
        provider="aws",
        account=ACCOUNT,
        name=host,
        endpoint=Endpoint(url=f"https://{host}"),
        routes=(route,),
    )
    return Batch(surroundings=((PART, host, found),))


def concluded(store: Store) -> dict[str, Conclusion]:
    return store.conclusions.load(item.uid for item in ITEMS)


def is_whole(store: Store) -> bool:
    """Say whether everything that stands is concluded, and nothing is left to do or done twice."""
    held = concluded(store)
    before = counts(store)
    again = conclude(store, T0 + 9 * DAY)
    return (
        len(held) == len(ITEMS)
        and all(each.api for each in held.values())
        and (again.deployments, again.moved) == (0, 0)
        and store.conclusions.cursor() == store.changes.last_seq()
        and counts(store) == before
    )


def test_what_a_killed_process_committed_is_concluded_by_the_next(address: str) -> None:
    with open_store(address, write=True) as store:
        visit(store, batch(*ITEMS), door(3))
    with open_store(address, write=True) as store:
        assert concluded(store) == {}
        assert conclude(store, T0).moved == len(ITEMS)
        assert concluded(store)[ITEMS[3].uid].front_doors == ("3.tax.example",)
        assert is_whole(store)


def test_a_kill_between_two_batches_of_conclusions_is_made_good(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 3)
    with open_store(address, write=True) as store:
        visit(store, batch(*ITEMS))
        with monkeypatch.context() as dying:
            dying.setattr(store.conclusions, "save", dies_at(2, store.conclusions.save))
            with pytest.raises(KeyboardInterrupt):
                conclude(store, T0)
    with open_store(address, write=True) as store:
        assert len(concluded(store)) == store.conclusions.cursor() == 3
        assert conclude(store, T0).moved == 4
        assert is_whole(store)


def test_a_conclusion_that_cannot_be_kept_moves_no_cursor(store: Store) -> None:
    visit(store, batch(*ITEMS))
    drawn = {ITEMS[0].uid: Conclusion(health="failing"), ITEMS[1].uid: Conclusion(api="nowhere")}
    before = counts(store)
    with pytest.raises(StoreError):
        store.conclusions.save(drawn, (), seq=7, at=T0)
    assert store.conclusions.cursor() == 0
    assert counts(store) == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restore_brings_the_cursor_of_the_backup(store: Store, tmp_path: Path, when: str) -> None:
    visit(store, batch(*ITEMS))
    if when == "after":
        conclude(store, T0)
    store.upkeep.backup(tmp_path / "backup")
    visit(store, batch(make(0, title="new"), kind="changed"), door(3), at=T0 + DAY)
    conclude(store, T0 + DAY)
    store.upkeep.restore(tmp_path / "backup")
    assert conclude(store, T0 + DAY).moved == (0 if when == "after" else len(ITEMS))
    assert concluded(store)[ITEMS[3].uid].front_doors == ()
    assert is_whole(store)
    visit(store, door(4), at=T0 + 2 * DAY)
    assert conclude(store, T0 + 2 * DAY).moved == 1
    assert concluded(store)[ITEMS[4].uid].front_doors == ("4.tax.example",)
    assert is_whole(store)


def lag_behind(store: Store) -> None:
    """Let retention drop changes that nobody has concluded from yet."""
    visit(store, batch(ITEMS[0]))
    conclude(store, T0)
    visit(store, batch(*ITEMS), door(3), at=T0 + DAY)
    visit(store, batch(make(0, title="new"), kind="changed"), door(3), at=T0 + 2 * DAY)
    store.upkeep.retain(T0 + 500 * DAY)
    with pytest.raises(NotKept):
        store.conclusions.touched(store.conclusions.cursor())


def test_where_retention_has_passed_the_cursor_everything_is_concluded_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 3)
    lag_behind(store)
    done = conclude(store, T0 + 500 * DAY)
    assert (done.deployments, done.moved) == (len(ITEMS), len(ITEMS) - 1)
    assert concluded(store)[ITEMS[3].uid].front_doors == ("3.tax.example",)
    assert is_whole(store)


def test_a_kill_while_everything_is_concluded_anew_begins_it_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 3)
    lag_behind(store)
    with monkeypatch.context() as dying:
        dying.setattr(store.conclusions, "save", dies_at(2, store.conclusions.save))
        with pytest.raises(KeyboardInterrupt):
            conclude(store, T0 + 500 * DAY)
    with pytest.raises(NotKept):
        store.conclusions.touched(store.conclusions.cursor())
    assert conclude(store, T0 + 500 * DAY).deployments == len(ITEMS)
    assert is_whole(store)


def test_what_is_forgotten_is_not_concluded_anew(store: Store) -> None:
    visit(store, batch(*ITEMS))
    keys = store.conclusions.every_key()
    assert list(keys) == sorted(set(store.conclusions.keys_of(i.uid for i in ITEMS).values()))
    assert store.conclusions.every_key(keys[2], 2) == keys[3:5]
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE deployment SET forgotten_at = 1 WHERE pk = 1")
    assert len(store.conclusions.every_key()) == len(keys) - 1


def dies_at(turn: int, save: Callable[..., Any]) -> Callable[..., Any]:
    """Return a save that does its work until a turn, at which the process ends."""
    turns = iter(range(1, turn))

    def saving(*given: Any, **more: Any) -> Any:
        if next(turns, None) is None:
            raise KeyboardInterrupt
        return save(*given, **more)

    return saving
