"""A view finds the deployments whose owners nobody confirmed in time, on both databases and as of any day."""

from __future__ import annotations

from datetime import date

import pytest

from apiscape.model.provenance import Claim, Confirmation
from apiscape.store import Conclusion, Store
from apiscape.store.reading.reader import Reader
from tests.store.making import DAY, T0, batch, make, visit

STANDS = Confirmation("Ada", date(2026, 9, 1), due=date(2026, 9, 30))


def owned(confirmation: Confirmation | None) -> Conclusion:
    claims = (Claim(["Tax"], "overlay", "owners.yaml:1", confirmation=confirmation),)
    return Conclusion(owners=("Tax",), said={"owners": claims})


def found(store: Store, view: str) -> list[str]:
    return [row.name for row in Reader(store.database, lambda: T0 + 9 * DAY).page(view).items]


@pytest.fixture
def names(store: Store) -> dict[str, str]:
    """Give the names of four deployments: confirmed, overdue, unconfirmed, and of which nothing was concluded."""
    items = [make(number) for number in range(4)]
    visit(store, batch(*items))
    said = [owned(STANDS), owned(STANDS.seen_on(date(2026, 10, 1))), owned(None)]
    told = {item.uid: word for item, word in zip(items, said, strict=False)}
    store.conclusions.save(told, (), seq=store.changes.last_seq(), at=T0)
    words = ("confirmed", "overdue", "none", "unknown")
    return dict(zip(words, (item.name for item in items), strict=True))


@pytest.mark.parametrize("word", ["confirmed", "overdue", "none", "unknown"])
def test_each_is_found_by_its_word_alone(store: Store, names: dict[str, str], word: str) -> None:
    assert found(store, f"confirmation:{word}") == [names[word]]


def test_what_nobody_can_tell_is_neither_overdue_nor_not(
    store: Store, names: dict[str, str]
) -> None:
    assert found(store, "-confirmation:overdue sort:name") == [names["confirmed"], names["none"]]
    assert found(store, "undecided:yes confirmation:overdue") == [names["unknown"]]


def test_one_that_falls_due_later_is_not_overdue_as_of_before(
    store: Store, names: dict[str, str]
) -> None:
    uid = make(0).uid
    overdue = owned(STANDS.seen_on(date(2026, 10, 1)))
    store.conclusions.save({uid: overdue}, (), seq=store.changes.last_seq(), at=T0 + 2 * DAY)
    assert sorted(found(store, "confirmation:overdue")) == sorted(
        (names["confirmed"], names["overdue"])
    )
    then = T0 + DAY
    assert found(store, f"confirmation:overdue at:{then:%Y-%m-%dT%H:%M:%SZ}") == [names["overdue"]]
