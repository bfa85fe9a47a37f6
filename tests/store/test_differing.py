"""Two days side by side: what is otherwise, whatever happened in between; and what nobody could see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from apiscape.client.inventory import Difference, DiffPage, ScopeThen
from apiscape.errors import NotKept, QueryError, UsageError
from apiscape.model.known import PresenceChange, Verdict
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Api
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Conclusion, Store
from apiscape.store.reading import differing
from tests.store.making import (
    DAY,
    MINUTE,
    OTHER_SCOPE,
    SCOPE,
    T0,
    batch,
    make,
    part,
    report,
    visit,
)

A, B = T0 + MINUTE, T0 + 9 * DAY


@pytest.fixture
def inventory(store: Store) -> LocalInventory:
    return LocalInventory(store, lambda: B)


def gone(store: Store, presence: str, *numbers: int, at: datetime) -> None:
    changes = tuple(
        PresenceChange(uid=make(number).uid, presence=presence, missing_since=at)
        for number in numbers
    )
    visit(store, at=at, verdict=Verdict(presence=changes))


def drawn(store: Store, number: int, at: datetime, **said: Any) -> None:
    conclusion = Conclusion(**said)
    apis = [Api(uid=conclusion.api, title="Tax")] if conclusion.api else []
    seq = store.changes.last_seq()
    store.conclusions.save({make(number).uid: conclusion}, apis, seq=seq, at=at)


def told(page: DiffPage) -> list[tuple[str, str]]:
    return [(each.kind, each.name.removeprefix("payments-")) for each in page.items]


def values(item: Difference) -> list[tuple[str, object, object]]:
    return [(each.field, each.old, each.new) for each in item.fields]


def test_what_came_and_went_is_told_once_by_where_it_stands(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(*(make(number) for number in range(1, 8))))
    gone(store, "retired", 7, at=T0)
    visit(store, batch(make(8), make(9)), at=T0 + DAY)
    visit(store, batch(make(7), kind="returned"), at=T0 + DAY)
    gone(store, "missing", 1, 2, 9, at=T0 + 2 * DAY)
    visit(store, batch(make(2), kind="returned"), at=T0 + 3 * DAY)
    gone(store, "retired", 3, 9, at=T0 + 3 * DAY)
    gone(store, "superseded", 4, at=T0 + 3 * DAY)
    gone(store, "suspect", 5, at=T0 + 3 * DAY)
    gone(store, "retired", 6, at=T0 + 3 * DAY)
    store.upkeep.forget(make(6).uid, by="ann", at=T0 + 4 * DAY)
    assert told(inventory.diff(A, B)) == [
        *(("missing", "1"), ("retired", "3"), ("superseded", "4"), ("suspect", "5")),
        *(("forgotten", "6"), ("returned", "7"), ("appeared", "8")),
    ]
    assert [each.fields for each in inventory.diff(A, B).items] == [()] * 7


def test_a_field_that_went_there_and_back_is_no_difference(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1), make(2)))
    for day, title in enumerate(("draft", "final", "draft", "final"), start=1):
        items = (make(1, title=title), make(2, title=title, labels={"team": "Duty"}))
        visit(store, batch(*items, kind="changed"), at=T0 + day * DAY)
    visit(store, batch(make(1), kind="changed"), at=T0 + 5 * DAY)
    (item,) = inventory.diff(A, B).items
    assert (item.kind, item.uid, item.scope) == ("changed", make(2).uid, SCOPE.key)
    assert values(item) == [("title", UNKNOWN, "final"), ("labels[team]", "Tax", "Duty")]
    assert told(inventory.diff(T0 + DAY, T0 + 4 * DAY)) == [("changed", "1"), ("changed", "2")]
    assert told(inventory.diff(T0 + DAY, T0 + 3 * DAY + MINUTE)) == []


def test_health_and_what_is_concluded_are_told_apart_and_net(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1), make(2), make(3)))
    well = dict(health="healthy", basis="serving", health_reason="0 % of 90 answers 5xx")
    ill = dict(health="failing", basis="serving", health_reason="5xx 7 %, limit 1 %")
    for number in (1, 2, 3):
        drawn(store, number, T0, **well)
    drawn(store, 1, T0 + DAY, **ill)
    drawn(store, 1, T0 + 2 * DAY, **well)
    drawn(store, 2, T0 + 2 * DAY, **ill, api="tax", owners=("Tax",))
    drawn(store, 3, T0 + 2 * DAY, **well, errors_5xx=0.2)
    turn, moved = inventory.diff(A, B).items
    assert (turn.kind, turn.name, turn.reason) == ("health", "payments-2", "5xx 7 %, limit 1 %")
    assert values(turn) == [("health", "healthy", "failing"), ("basis", "serving", "serving")]
    assert (moved.kind, [name for name, *_ in values(moved)]) == ("concluded", ["api", "owners"])


def test_how_the_missing_fare_is_no_difference_of_its_own(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1), make(2)))
    for number in (1, 2):
        drawn(store, number, T0, health="healthy", basis="serving")
    for number, presence in ((1, "missing"), (2, "suspect")):
        gone(store, presence, number, at=T0 + DAY)
    for number in (1, 2):
        drawn(store, number, T0 + 2 * DAY, health="unknown", basis="none")
    assert told(inventory.diff(A, B)) == [("missing", "1"), ("suspect", "2"), ("health", "2")]


def test_a_fact_that_a_conclusion_repeats_is_told_once(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1, exposure="internet")))
    visit(store, batch(make(1, exposure="private"), kind="changed"), at=T0 + DAY)
    (item,) = inventory.diff(A, B).items
    assert values(item) == [("exposure", "internet", "private")]


def test_what_came_and_is_missing_already_says_so(store: Store, inventory: LocalInventory) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(2)), at=T0 + DAY)
    gone(store, "missing", 2, at=T0 + 2 * DAY)
    (item,) = inventory.diff(A, B).items
    assert (item.kind, values(item)) == ("appeared", [("presence", UNKNOWN, "missing")])


def test_a_view_is_asked_as_it_is_on_the_later_day_and_of_the_gone_as_it_was(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(*(make(number, environment="staging") for number in (1, 2, 3, 4))))
    visit(store, batch(make(1, environment="production"), kind="changed"), at=T0 + DAY)
    visit(store, batch(make(4, environment="unknown"), kind="changed"), at=T0 + DAY)
    gone(store, "retired", 2, at=T0 + DAY)
    store.upkeep.forget(make(2).uid, by="ann", at=T0 + 2 * DAY)
    assert told(inventory.diff(A, B, view="environment:production")) == [("changed", "1")]
    staging = inventory.diff(A, B, view="environment:staging")
    assert (told(staging), staging.undecided) == ([("forgotten", "2")], 1)
    assert told(inventory.diff(A, B, view="paths:/payments/1")) == [
        ("changed", "1"),
        ("changed", "4"),
    ]
    with pytest.raises(QueryError, match="compared already"):
        inventory.diff(A, B, view="at:2026-09-02")


def test_pages_are_of_deployments_and_add_up(
    store: Store, inventory: LocalInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differing, "CHUNK", 2)
    visit(store, batch(make(0)))
    visit(store, batch(*(make(number) for number in range(1, 8))), at=T0 + DAY)
    whole = inventory.diff(A, B)
    assert (len(whole.items), whole.next) == (7, None)
    found, after, sizes = [], None, []
    while True:
        page = inventory.diff(A, B, limit=3, after=after, view="-name:payments-2")
        found += told(page)
        sizes.append(len(page.items))
        after = page.next
        if after is None:
            break
    assert found == [each for each in told(whole) if each[1] != "2"]
    assert sizes == [2, 3, 1]


def test_it_reads_who_moved_and_nobody_else(store: Store, inventory: LocalInventory) -> None:
    """A hundred deployments of which one moved: two documents are read."""
    visit(store, batch(*(make(number) for number in range(100))))
    visit(store, batch(make(7, title="new"), kind="changed"), at=T0 + DAY)
    with store.database.read() as connection:
        days = differing.days_of(connection, A, B)
        assert len(differing._moved(connection, days, 1000, 0)) == 1
    assert told(inventory.diff(A, B)) == [("changed", "7")]


def test_scopes_that_could_not_be_seen_by_either_day_are_named(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1)), parts=[part("partial")])
    page = inventory.diff(A, B)
    assert page.unseen_since == page.unseen_until == (ScopeThen(SCOPE.key, "partial"),)
    visit(store, batch(make(2)), at=T0 + DAY, scope=OTHER_SCOPE)
    visit(store, at=T0 + DAY, parts=[part()])
    page = inventory.diff(A, B)
    assert page.unseen_since == (ScopeThen(OTHER_SCOPE.key), ScopeThen(SCOPE.key, "partial"))
    assert page.unseen_until == ()
    assert told(page) == [("appeared", "2")]
    following = inventory.diff(A, B, after="0")
    assert (following.unseen_since, following.unseen_until) == ((), ())


def test_a_gap_that_somebody_accepted_is_not_named(store: Store, inventory: LocalInventory) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    ended = report(run, T0, part("failed"), error=ErrorRecord(kind="access_denied", message="no"))
    accepted = {"outcome": "failed", "accepted": "not ours"}
    store.runs.end(run, msgspec.structs.replace(ended, **accepted), Verdict())
    assert inventory.diff(A, B).unseen_since == ()
    other = store.runs.begin(SCOPE, at=T0 + DAY)
    store.runs.end(
        other,
        msgspec.structs.replace(ended, generation=other.generation, outcome="failed"),
        Verdict(),
    )
    assert inventory.diff(A, B).unseen_until == (ScopeThen(SCOPE.key, "failed"),)


def test_a_time_that_is_not_kept_is_refused_and_two_days_are_in_order(
    store: Store, inventory: LocalInventory
) -> None:
    visit(store, batch(make(1)))
    with pytest.raises(NotKept):
        inventory.diff(T0 - DAY, B)
    with pytest.raises(UsageError, match="not after"):
        inventory.diff(B, B)
    for place in ("x", "-1", "9" * 30):
        with pytest.raises(UsageError, match="not a place"):
            inventory.diff(A, B, after=place)
    visit(store, batch(make(1, title="b"), kind="changed"), at=T0 + DAY)
    visit(store, batch(make(1, title="c"), kind="changed"), at=T0 + 3 * DAY)
    store.upkeep.retain(T0 + 402 * DAY)
    with pytest.raises(NotKept):
        inventory.diff(T0 + DAY, B)
    (item,) = inventory.diff(T0 + 2 * DAY, B).items
    assert values(item) == [("title", "b", "c")]


def test_the_later_time_is_now_if_it_is_left_out(store: Store, inventory: LocalInventory) -> None:
    visit(store, batch(make(1)))
    page = inventory.diff(A)
    assert (page.since, page.until) == (A, B)
