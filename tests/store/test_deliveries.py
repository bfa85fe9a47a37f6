"""How far targets were told: kept by name, begun at the end of the log, forgotten with the target."""

from __future__ import annotations

from apiscape.store import Store
from apiscape.store.database.transaction import LOG
from apiscape.store.writing.deliveries import Delivery
from tests.store.looking import records
from tests.store.making import batch, make, visit


def test_a_target_begins_at_the_end_of_the_log_and_stands_where_it_was_told(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    assert store.deliveries.begin("desk") == Delivery(2)
    visit(store, batch(make(3)))
    assert store.deliveries.begin("desk") == Delivery(2)
    assert store.deliveries.begin("other") == Delivery(3)
    store.deliveries.deliver("desk", 3)
    assert store.deliveries.begin("desk") == Delivery(3)


def test_a_promised_digest_stands_until_it_is_delivered(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    store.deliveries.begin("desk")
    store.deliveries.promise("desk", 9)
    assert store.deliveries.begin("desk") == Delivery(2, 9)
    store.deliveries.deliver("desk", 9)
    assert store.deliveries.begin("desk") == Delivery(9)


def test_targets_that_are_gone_are_forgotten_and_nothing_else(store: Store) -> None:
    visit(store, batch(make(1)))
    for name in ("desk", "other"):
        store.deliveries.begin(name)
        store.deliveries.promise(name, 9)
    before = {each["name"] for each in records(store, "cursor")}
    store.deliveries.keep_only(["desk"])
    gone = before - {each["name"] for each in records(store, "cursor")}
    assert gone == {"notify:other", "notify-until:other"}
    assert LOG in before
    store.deliveries.keep_only(["desk"])
    visit(store, batch(make(2)))
    assert store.deliveries.begin("other") == Delivery(2)
    assert store.deliveries.begin("desk") == Delivery(1, 9)
