from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.client.inventory import Snapshot
from apiscape.model.row import search_text
from apiscape.query import parse, select_rows
from apiscape.tui.store import ATTRIBUTES, ColumnStore
from tests.strategies import NOW as MOMENT
from tests.strategies import rows as any_rows
from tests.strategies import views
from tests.tui.rows import NOW, department


@settings(max_examples=60)
@given(st.lists(any_rows(), max_size=8, unique_by=lambda row: row.uid))
def test_the_searched_text_is_that_of_the_model(rows: list) -> None:  # type: ignore[type-arg]
    store = ColumnStore.of_rows(rows)
    by_uid = {row.uid: search_text(row) for row in rows}
    assert {uid: store.haystack[place] for uid, place in store.row_of.items()} == by_uid


@settings(max_examples=60)
@given(st.lists(any_rows(), max_size=8, unique_by=lambda row: row.uid), views())
def test_views_find_what_the_language_says(rows: list, view: object) -> None:  # type: ignore[type-arg]
    from apiscape.query import View, needs_store

    assert isinstance(view, View)
    if needs_store(view):
        return
    store = ColumnStore.of_rows(rows)
    found = store.evaluate(view, MOMENT)
    expected = select_rows(view, rows, MOMENT)
    assert {store.uids[place] for place in found.rows} == {row.uid for row in expected.rows}
    assert found.undecided == expected.undecided


def test_a_snapshot_is_laid_in_the_order_of_names() -> None:
    rows = department(40)
    columns = {name: [getattr(row, name) for row in rows] for name in ATTRIBUTES}
    store = ColumnStore.of(Snapshot(seq=9, taken_at=NOW, columns=columns))
    assert store.seq == 9
    assert store.columns["name"] == sorted(store.columns["name"])
    assert {store.row(row.uid) for row in rows} == set(rows)


def test_an_empty_store_is_empty() -> None:
    store = ColumnStore()
    assert len(store) == 0
    assert list(store.evaluate(parse("tax"), NOW).rows) == []
    assert store.row("nobody") is None
    assert store.longest("name") == 1


def test_an_update_says_what_differs_and_is_found_again() -> None:
    rows = department(10)
    store = ColumnStore.of_rows(rows)
    changed = msgspec.structs.replace(rows[3], name="Quite-Another", health="failing")
    assert store.update([changed, rows[4]]) == {rows[3].uid}
    assert store.row(rows[3].uid) == changed
    found = store.evaluate(parse("quite-another"), NOW)
    assert [store.uids[place] for place in found.rows] == [rows[3].uid]


def test_an_update_of_a_stranger_is_left_to_a_new_store() -> None:
    rows = department(10)
    store = ColumnStore.of_rows(rows[:9])
    assert store.update(rows[9:]) == set()
    grown = store.rebuilt(rows[9:], {rows[0].uid}, 5)
    assert set(grown.uids) == {row.uid for row in rows[1:]}
    assert grown.columns["name"] == sorted(grown.columns["name"])
    assert grown.seq == 5


def test_counting_names_absence_and_the_unknown() -> None:
    rows = [
        msgspec.structs.replace(row, owners=owners)
        for row, owners in zip(department(4), [("a", "b"), (), msgspec.UNSET, ("a",)], strict=True)
    ]
    store = ColumnStore.of_rows(rows)
    assert store.count("owner", range(4)) == [("a", 2), (None, 1), ("b", 1), ("unknown", 1)]
    assert store.values("owner") == ["a", "b", "unknown"]


def test_counting_is_over_the_rows_asked_for() -> None:
    store = ColumnStore.of_rows(department(30))
    failing = [place for place in range(30) if store.columns["health"][place] == "healthy"]
    assert store.count("health", failing) == [("healthy", len(failing))]


def test_the_longest_value_gives_a_column_its_width() -> None:
    store = ColumnStore.of_rows(department(30))
    assert store.longest("name") == max(map(len, store.columns["name"]))
