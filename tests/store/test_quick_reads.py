"""What a question reads: the index of words once, narrow indexes instead of wide rows, one statement a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event

from apiscape.client.inventory import Page
from apiscape.model.deployment import Backend
from apiscape.model.values import utc_millis
from apiscape.query import FIELDS, Kind
from apiscape.store import Store, open_store
from apiscape.store.reading import finding, paging
from apiscape.store.reading.cells import is_narrow
from apiscape.store.reading.reader import Reader
from apiscape.store.search import NARROW
from tests.store.making import DAY, T0, batch, make, visit

WIDE = ("SEARCH row USING INTEGER PRIMARY KEY", "SCAN row\n", "SCAN deep\n")
"""Steps of SQLite's plans that read whole rows, a page of the file for each few."""

Asked = list[tuple[str, Any]]


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store.database, lambda: T0 + DAY)


@contextmanager
def listening() -> Iterator[Asked]:
    """Give the statements, with their values, that any connection runs meanwhile."""
    asked: Asked = []

    def hear(_c: object, _cursor: object, statement: str, values: Any, *_more: object) -> None:
        if statement != "BEGIN":
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def listing(asked: Asked) -> tuple[str, Any]:
    """Return the statement that lists a page's rows: the last that has what they are ordered by."""
    return [each for each in asked if "AS key0" in each[0]][-1]


def plan(store: Store, asked: tuple[str, Any]) -> str:
    statement, values = asked
    with store.database.read() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "".join(f"{step[3]}\n" for step in steps)


def opcodes(store: Store, asked: tuple[str, Any]) -> int:
    """Return how many steps of its machine SQLite takes for a statement, to within a hundred."""
    statement, values = asked
    taken: list[None] = []
    with store.database.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(lambda: taken.append(None), 100)
        connection.exec_driver_sql(statement, values).all()
        driver.set_progress_handler(None, 0)
    return 100 * len(taken)


def filled(address: str, count: int = 60) -> Store:
    store = open_store(address, write=True)
    visit(store, batch(*map(make, range(count))))
    return store


@pytest.mark.parametrize(
    "view", ["payments", "payments 42", "payments ay", "payments -refunds", "42", ""]
)
def test_a_page_of_many_rows_with_words_by_name_reads_no_whole_row(
    sqlite_address: str, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "FEW", 0)
    with filled(sqlite_address) as store, listening() as asked:
        page = Reader(store.database, lambda: T0).page(f"{view} sort:name", limit=5)
        steps = plan(store, listing(asked))
    assert page.items
    many, _, few = steps.partition("CO-ROUTINE fetched")
    assert [step for step in WIDE if step in many] == []
    assert "SCAN row USING COVERING INDEX ix_row_name_narrow" in many
    assert [step for step in WIDE if step in few] == ([WIDE[0]] if few else [])


@pytest.mark.parametrize(("view", "are_few"), [("payments", False), ("payments 42", True)])
def test_few_rows_are_fetched_and_many_are_met_in_order_with_the_same_result(
    sqlite_address: str, view: str, are_few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[list[Page]] = []
    reads: list[int] = []
    with filled(sqlite_address, 500) as store:
        reader = Reader(store.database, lambda: T0)
        for few in (0, 10_000):
            monkeypatch.setattr(paging, "FEW", few)
            with listening() as asked:
                first = reader.page(f"{view} sort:name", limit=10)
            reads.append(opcodes(store, listing(asked)))
            second = (
                reader.page(f"{view} sort:name", limit=20, after=first.next)
                if first.next
                else first
            )
            pages.append([first, second])
    assert pages[0] == pages[1]
    assert (reads[1] < reads[0]) is are_few


@pytest.mark.parametrize(
    "view",
    ["payments 42", "payments 4 -42", "payments 4 2 sort:name:desc", "payments 4 -refunds", "payments _"],
)  # fmt: skip
def test_few_names_are_looked_through_and_of_many_the_index_tells_with_the_same_result(
    sqlite_address: str, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[Page] = []
    asks: list[bool] = []
    with filled(sqlite_address, 500) as store:
        reader = Reader(store.database, lambda: T0)
        for few in (0, 10_000):
            monkeypatch.setattr(finding, "FEW", few)
            with listening() as asked:
                pages.append(reader.page(view, limit=10))
            asks.append("deep_search MATCH" in listing(asked)[0])
    assert pages[0] == pages[1]
    assert (pages[0].matched > 0) is (view != "payments _")
    assert asks[0] is (view != "payments _")  # where no name passes there are few
    assert not asks[1]


def test_a_page_in_the_order_of_uids_goes_through_their_index_and_sorts_nothing(
    sqlite_address: str,
) -> None:
    with filled(sqlite_address) as store, listening() as asked:
        page = Reader(store.database, lambda: T0).page("", limit=5)
        steps = plan(store, asked[0])
    assert [row.uid for row in page.items] == sorted(make(n).uid for n in range(60))[:5]
    assert page.matched == 60
    assert "SCAN row USING COVERING INDEX ix_row_uid_narrow" in steps
    assert [step for step in WIDE if step in steps] == []
    assert steps.count("TEMP B-TREE") == 1  # the few rows of the page, beside their count


def test_hidden_rows_are_not_counted_and_forgotten_ones_not_twice(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(*map(make, range(6))))
    with store.database.write() as connection:
        for name, change in (
            ("payments-0", "presence = 'superseded'"),
            ("payments-1", "presence = 'retired', retired_at = 0"),
            ("payments-2", f"presence = 'retired', retired_at = {utc_millis(T0)}"),
        ):
            query = f"UPDATE deployment SET {change} WHERE name = '{name}'"
            connection.exec_driver_sql(query)
    assert reader.page("").matched == 4
    assert len(reader.page("").items) == 4
    store.upkeep.forget(make(1).uid, by="tests", at=T0)
    assert reader.page("").matched == 4


@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("payments owner:team", "ix_row_owners_narrow"),
        ("payments gateway:gw", "ix_row_gateway_narrow"),
        ("payments health:failing", "ix_row_facets"),
        ("backend:pay", "ix_deep_backends_narrow"),
    ],
)
def test_a_term_is_answered_by_the_narrow_index_of_its_field(
    sqlite_address: str, view: str, index: str
) -> None:
    with filled(sqlite_address) as store, listening() as asked:
        Reader(store.database, lambda: T0).page(f"{view} sort:name", limit=5)
        steps = plan(store, asked[0])
    assert f"USING COVERING INDEX {index}" in steps
    assert "SCAN row\n" not in steps
    assert "SCAN deep\n" not in steps


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("view", ["payments", "payments -42", "ayment", "pay ment"])
def test_words_give_the_same_page_however_its_rows_are_found(
    sqlite_address: str, view: str, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    pages: list[Page] = []
    ways: list[str] = []
    with filled(sqlite_address, 300) as store:
        reader = Reader(store.database, lambda: T0)
        for many, near, few in ((10**6, 0, 10**6), (10**6, 0, 0), (0, 2_000, 0), (0, 7, 0)):
            monkeypatch.setattr(paging, "MANY", many)
            monkeypatch.setattr(paging, "NEAR", near)
            monkeypatch.setattr(paging, "FEW", few)
            start = reader.page(f"{view} sort:name", limit=10).next if after else None
            with listening() as asked:
                pages.append(reader.page(f"{view} sort:name", limit=10, after=start))
            ways.append(listing(asked)[0])
    assert pages == pages[:1] * 4
    assert len(pages[0].items) == 10
    is_met = ["AS met" in way for way in ways]
    assert is_met == ([False] * 4 if view == "payments -42" else [False, False, True, False])


@pytest.mark.parametrize("view", ["payments owner:team", "payments backend:b 42"])
def test_a_page_asks_the_index_of_words_once_and_counts_in_the_same_statement(
    sqlite_address: str, view: str
) -> None:
    with filled(sqlite_address) as store, listening() as asked:
        Reader(store.database, lambda: T0).page(f"{view} sort:name", limit=5)
        steps = plan(store, asked[0])
        assert len(asked[:-1]) == 2  # keys with counts, then the rows; the last is the plan itself
    assert steps.count("deep_search VIRTUAL TABLE") == 1


def test_facets_of_everything_are_counted_in_the_order_of_indexes(sqlite_address: str) -> None:
    with filled(sqlite_address) as store, listening() as asked:
        reader = Reader(store.database, lambda: T0)
        reader.facets("", ("provider", "environment", "gateway", "owner"))
        steps = "".join(plan(store, each) for each in list(asked))
    assert "TEMP B-TREE" not in steps
    assert steps.count("USING COVERING INDEX") >= 3
    assert "SCAN row\n" not in steps


def test_facets_asked_together_are_those_asked_alone(store: Store, reader: Reader) -> None:
    odd = make(
        1, environment="unknown", gateway=None, backends=(Backend("b", "http", "https://b"),)
    )
    visit(store, batch(odd, *map(make, range(2, 9))))
    names = [field.name for field in FIELDS.values() if field.kind != Kind.TIME]
    for view in ("", "payments", "owner:team"):
        together = reader.facets(view, (*names, names[0]))
        assert together == tuple(reader.facets(view, (name,))[0] for name in (*names, names[0]))
    assert len(names) > 31
    assert sum(value.count for value in together[names.index("gateway")].values) in {0, 8}


def test_a_page_after_the_last_row_still_says_how_many_there_are(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(*map(make, range(3))))
    for view in ("", "payments", "payments consumers>1000000", "/payments/"):
        asked = f"{view} sort:name"
        first = reader.page(asked, limit=1)
        if first.next is None:
            assert (first.items, first.matched) == ((), 0)
            continue
        with store.database.write() as connection:
            _hide(connection, first.items[0].name)
        rest = reader.page(asked, limit=5, after=first.next)
        assert rest.items == ()
        assert rest.matched == 1
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE deployment SET presence = 'present'")


def _hide(connection: sa.Connection, name: str) -> None:
    """Let all rows but the one of a name be superseded, behind the back of a walk through pages."""
    query = "UPDATE deployment SET presence = 'superseded' WHERE name <> "
    connection.exec_driver_sql(query + f"'{name}'")


def test_an_older_store_is_given_the_narrow_indexes_when_it_is_opened_to_write(
    sqlite_address: str,
) -> None:
    with open_store(sqlite_address, write=True) as store:
        assert set(NARROW) <= _indexes(store)
        with store.database.write() as connection:
            for name in NARROW:
                connection.exec_driver_sql(f"DROP INDEX {name}")
        visit(store, batch(make(1)))
        assert Reader(store.database).page("payments sort:name").matched == 1
    open_store(sqlite_address, write=False).close()
    with open_store(sqlite_address, write=True) as store:
        assert set(NARROW) <= _indexes(store)


def test_a_server_finds_pieces_of_every_list_by_trigrams(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as store:
        names = {f"ix_deep_{name}_trgm" for name in ("text", "paths", "backends")}
        assert names <= _indexes(store)


def _indexes(store: Store) -> set[str | None]:
    with store.database.read() as connection:
        seen, tables = sa.inspect(connection), ("row", "deep", "deployment")
        return {index["name"] for name in tables for index in seen.get_indexes(name)}


@pytest.mark.parametrize(
    ("attributes", "is_so"),
    [
        ((), True),
        (("name",), True),
        (("name", "uid"), True),
        (("health", "provider"), True),
        (("owners",), True),
        (("name", "owners"), False),
        (("p95_ms",), False),
        (("presence",), False),
    ],
)
def test_narrow_is_what_one_index_of_rows_holds(attributes: Sequence[str], is_so: bool) -> None:
    assert is_narrow(attributes) is is_so


@pytest.mark.parametrize(
    ("option", "value", "other"), [("automerge", 8, 4), ("hashsize", 8_388_608, 2_097_152)]
)
def test_the_index_of_words_is_written_in_few_pieces_in_old_stores_too(
    tmp_path: Path, option: str, value: int, other: int
) -> None:
    path = str(tmp_path / "store.db")
    asked = "SELECT v FROM deep_search_config WHERE k = ?"
    chosen = "INSERT INTO deep_search (deep_search, rank) VALUES (?, ?)"
    with open_store(path, write=True) as store, store.database.raw() as driver:
        assert driver.execute(asked, (option,)).fetchall() == [(value,)]
        driver.execute("DELETE FROM deep_search_config WHERE k = ?", (option,))
    with open_store(path, write=True) as store, store.database.raw() as driver:
        assert driver.execute(asked, (option,)).fetchall() == [(value,)]
        driver.execute(chosen, (option, other))
    with open_store(path, write=True) as store, store.database.raw() as driver:
        assert driver.execute(asked, (option,)).fetchall() == [(other,)]
