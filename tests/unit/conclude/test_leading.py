"""Every conclusion is read once in a pass, however often what stands around moves in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from apiscape.conclude import follow
from apiscape.conclude.follow import conclude
from apiscape.conclude.leading import Leading
from apiscape.model.codec import decode
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.store import Conclusion, Store
from apiscape.store.writing import conclusions as kept
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, door, route
from tests.unit.conclude.test_follow import NOON, held, see
from tests.unit.reconcile.rows import deployment

T = TypeVar("T")

LIVE, TEST = deployment(f"{API}/live"), deployment(f"{API}/test")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the batches of a pass, as 0, and the conclusions of which it is read what they name, as 1."""
    noted: list[int] = []
    touched = kept.Conclusions.touched

    def touch(these: kept.Conclusions, after: int, limit: int) -> kept.Touched:
        noted.append(0)
        return touched(these, after, limit)

    def read(doc: bytes, kind: type[T]) -> T:
        noted.extend([1] if kind is kept.Naming else [])
        return decode(doc, kind)

    monkeypatch.setattr(kept.Conclusions, "touched", touch)
    monkeypatch.setattr(kept, "decode", read)
    return noted


@pytest.mark.parametrize("number", [6, 12])
def test_each_is_read_once_whatever_the_number_of_batches(
    number: int, store: Store, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 2)
    items = [deployment(f"t:1:r:toy:n{each}/live") for each in range(number)]
    doors = [
        door(
            f"n{each}.example",
            FrontDoorRoute("/", native_api_id=f"t:1:r:toy:n{each}", stage="live"),
        )
        for each in range(number)
    ]
    see(store, *items)
    conclude(store, NOON)
    reads.clear()
    see(store, *items, *doors)
    assert conclude(store, NOON).moved == number
    assert reads.count(0) >= number / 2
    assert reads.count(1) == number
    assert [held(store, item).front_doors for item in items] == [(each.uid,) for each in doors]


def test_nothing_is_read_where_nothing_moved_around(store: Store, reads: list[int]) -> None:
    see(store, LIVE, TEST)
    conclude(store, NOON)
    assert reads.count(1) == 0


def test_it_knows_what_was_kept_and_what_is_drawn_since(store: Store) -> None:
    see(store, LIVE, TEST, door("pay.example", route("/pay")))
    conclude(store, NOON)
    leading = Leading(store)
    assert leading.to(["door-pay.example", "nobody"]) == {LIVE.uid}
    assert leading.to([]) == set()
    before = {item.uid: held(store, item) for item in (LIVE, TEST)}
    leading.note(before, {TEST.uid: Conclusion(consumers=("gold",)), LIVE.uid: Conclusion()})
    assert leading.to(["door-pay.example"]) == set()
    assert leading.to(["gold", "door-pay.example"]) == {TEST.uid}
