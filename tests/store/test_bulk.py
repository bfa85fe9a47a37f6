"""Many rows at a time, few or many: the same rows, the same refusals, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from apiscape.errors import StoreError
from apiscape.store import Store, open_store
from apiscape.store.database import bulk
from apiscape.store.database.bulk import (
    COPIED_FROM,
    TOGETHER,
    find_in,
    insert_many,
    insert_together,
    rewrite,
    rewrite_together,
)
from apiscape.store.schema import api, api_member, deep, operation_set, part, row, source
from tests.store.looking import count, records, search
from tests.store.making import T0, batch, make, visit

FEW = (1, COPIED_FROM - 1, COPIED_FROM, 3 * COPIED_FROM)
SIZES = (*FEW, TOGETHER, 2 * TOGETHER + 1)

TEXTS = (
    "",
    "\\N",
    "\\.",
    "a\tb",
    "a\nb\r",
    "back\\slash",
    "\x1f",
    "é\u202e\U0001f600",
    "NULL",
    "'\"",
)
"""Texts that mean something to a text format of rows, and must come back as they went."""


def sources(size: int) -> list[dict[str, Any]]:
    return [
        {
            "pk": number,
            "name": f"{number}{TEXTS[number % len(TEXTS)]}",
            "provider": TEXTS[number % len(TEXTS)],
            "planned_at": None if number % 3 else -(2**62) + number,
            "error": None if number % 2 else bytes(range(256)) * (number % 3),
        }
        for number in range(1, size + 1)
    ]


def test_the_driver_asks_nobody_how_bytes_and_nothing_are_bound(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        for value in (None, b"", b"\x00" * 10_000):
            adapter = sqlite3.adapters[type(value), sqlite3.PrepareProtocol]
            assert adapter(value) is value
            with store.database.raw() as driver:
                assert driver.execute("SELECT ?", (value,)).fetchall() == [(value,)]


@pytest.mark.parametrize("asked", [(), (2,), (3, 2, 2, 9), range(1, 300)])
def test_rows_are_found_by_many_values_of_a_column(store: Store, asked: tuple[int, ...]) -> None:
    given = sources(5)
    with store.database.write() as connection:
        insert_many(connection, source, given)
        found = find_in(connection, [source.c.error, source.c.name], source.c.pk, asked)
    wanted = {(each["error"], each["name"]) for each in given if each["pk"] in asked}
    assert {tuple(record) for record in found} == wanted
    assert len(found) == len(wanted)


def test_rows_are_found_by_bytes(store: Store) -> None:
    held = operation_set.c
    hashes = [bytes([number]) * 16 for number in range(4)]
    with store.database.write() as connection:
        rows = [{"pk": 1 + n, "hash": each, "size": 0} for n, each in enumerate(hashes[:3])]
        insert_many(connection, operation_set, rows)
        found = find_in(connection, [held.pk, held.hash], held.hash, hashes[1:])
    assert sorted((key, bytes(content)) for key, content in found) == [
        (2, hashes[1]),
        (3, hashes[2]),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_rows_come_back_as_they_went(store: Store, size: int) -> None:
    given = sources(size)
    with store.database.write() as connection:
        insert_many(connection, source, [])
        insert_many(connection, source, given)
    assert records(store, "source") == given


@pytest.mark.parametrize("size", FEW)
def test_numbers_and_flags_come_back_as_they_went(store: Store, size: int) -> None:
    visit(store, batch(*map(make, range(size))))
    rates = (0.0, -1.0, 1.5e300, 0.1, None)
    given = [{"deployment_pk": n + 1, "p95_ms": rates[n % len(rates)]} for n in range(size)]
    parts = [
        {"pk": n, "scope_pk": 1, "name": str(n), "stale": n % 2 == 0} for n in range(2, size + 2)
    ]
    with store.database.write() as connection:
        connection.execute(row.delete())
        insert_many(connection, row, given)
        insert_many(connection, part, parts)
    assert [each["p95_ms"] for each in records(store, "row")] == [each["p95_ms"] for each in given]
    stored = {each["pk"]: each["stale"] for each in records(store, "part")}
    assert [stored[each["pk"]] for each in parts] == [each["stale"] for each in parts]


def insert_after_an_api(store: Store, table: Table, values: list[dict[str, Any]]) -> None:
    """Insert an Api and then rows, in one transaction."""
    with store.database.write() as connection:
        insert_many(connection, api, [{"uid": "a", "title": "A", "doc": b""}])
        insert_many(connection, table, values)


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_row_that_is_refused_takes_the_rest_with_it_and_the_store_goes_on(
    store: Store, size: int
) -> None:
    twice = [*sources(size - 1), {**sources(1)[0], "name": "another"}]
    strays = [{"deployment_pk": number, "api_uid": "nowhere"} for number in range(size)]
    unnamed: list[dict[str, Any]] = [{**each, "name": None} for each in sources(size)]
    for table, values, said in (
        (source, twice, "(?i)unique"),
        (api_member, strays, "(?i)foreign key"),
        (source, unnamed, "(?i)not.null"),
    ):
        with pytest.raises(StoreError, match=said):
            insert_after_an_api(store, table, values)
        assert count(store, "api") == count(store, table.name) == 0
    visit(store, batch(make(1)), at=T0)
    assert count(store, "deployment") == 1


def test_rows_are_read_in_the_transaction_that_inserted_them(store: Store) -> None:
    with store.database.write() as connection:
        insert_many(connection, source, sources(50))
        rewrite(connection, source, "pk", [{"pk": 7, "provider": "moved"}])
        found = connection.execute(source.select().where(source.c.pk == 7)).one()
    assert found.provider == "moved"


def texts(store: Store, word: str, size: int) -> list[dict[str, Any]]:
    """Return texts for the first deployments of a store, last first, each with a word of its own."""
    keys = [each["deployment_pk"] for each in records(store, "row")][:size]
    return [{"deployment_pk": key, "text": f"{word}-{key:05}."} for key in reversed(keys)]


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 20])
def test_rows_given_together_are_stored_and_found_one_by_one(
    store: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "TOGETHER", 7)
    visit(store, batch(*map(make, range(21))))
    untouched = {each["deployment_pk"]: each for each in records(store, "deep")}
    given = texts(store, "anew", size)
    with store.database.write() as connection:
        rewrite_together(connection, deep, "deployment_pk", given)
    texts_by_key = {each["deployment_pk"]: each["text"] for each in given}
    stored = {each["deployment_pk"]: each for each in records(store, "deep")}
    assert stored == {
        key: each | {"text": texts_by_key.get(key, each["text"])} for key, each in untouched.items()
    }
    assert len(search(store, "anew-")) == size
    for each in given[:1] + given[-1:]:
        assert len(search(store, each["text"])) == 1
    kept = [{**each, "text": f"back-{key:05}."} for key, each in sorted(stored.items())[:size]]
    with store.database.write() as connection:
        connection.execute(deep.delete().where(deep.c.deployment_pk.in_(texts_by_key)))
        insert_together(connection, deep, kept)
    assert {each["deployment_pk"]: each for each in records(store, "deep")} == stored | {
        each["deployment_pk"]: each for each in kept
    }
    assert (len(search(store, "back-")), len(search(store, "anew-"))) == (size, 0)


def writes_of_the_index(store: Store, work: Callable[[], object]) -> int:
    """Return how often SQLite's search index wrote a part of itself during some work."""
    said: list[str] = []
    with store.database.raw() as driver:
        driver.set_trace_callback(said.append)
    work()
    with store.database.raw() as driver:
        driver.set_trace_callback(None)
    return sum("REPLACE INTO 'main'.'deep_search_data'" in each for each in said)


def test_the_search_index_writes_itself_out_once_a_batch_and_not_once_a_row(
    sqlite_address: str,
) -> None:
    with open_store(sqlite_address, write=True) as store:
        few = writes_of_the_index(store, lambda: visit(store, batch(make(0))))
        many = writes_of_the_index(store, lambda: visit(store, batch(*map(make, range(1, 60)))))
        moved = [make(number, name=f"moved-{number}") for number in range(60)]
        again = writes_of_the_index(store, lambda: visit(store, batch(*moved)))
        assert len(search(store, "moved-")) == 60
    assert 0 < few <= many < 60
    assert 0 < again < 60
