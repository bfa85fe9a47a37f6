"""The small repositories, search, encoding and what the databases' errors mean."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from apiscape.errors import StoreError, StoreFull, StoreLocked
from apiscape.model.row import Deep, Row
from apiscape.model.run import ErrorRecord, EstateEntry
from apiscape.model.values import UNKNOWN
from apiscape.query.fields import FIELDS
from apiscape.store import Store, schema
from apiscape.store.database.failures import explain
from apiscape.store.encoding import MARK, encode_deep, encode_number, encode_row, encode_text
from apiscape.store.writing.operations import Recent
from tests.store.looking import records, search
from tests.store.making import T0, batch, make, visit


def entry(key: str, source: str = "prod") -> EstateEntry:
    return EstateEntry(source=source, provider="aws", key=key)


def test_the_estate_is_the_last_plan_of_each_source(store: Store) -> None:
    store.estate.save("prod", [entry("b"), entry("a")], provider="aws", at=T0)
    store.estate.save("more", [entry("c", "more")], provider="aws", at=T0)
    assert [item.key for item in store.estate.load()] == ["c", "a", "b"]
    store.estate.save("prod", [entry("d")], provider="aws", at=T0)
    assert [item.key for item in store.estate.load()] == ["c", "d"]
    store.estate.save("more", [], provider="aws", at=T0)
    assert [item.key for item in store.estate.load()] == ["d"]


def test_an_estate_that_could_not_be_read_stands_and_says_so(store: Store) -> None:
    denied = ErrorRecord(kind="access_denied", message="no", permission="organizations:List")
    store.estate.save("prod", [entry("a")], provider="aws", at=T0)
    store.estate.save("prod", [], provider="aws", at=T0, error=denied)
    assert store.estate.load() == (entry("a"),)
    assert store.estate.errors() == {"prod": denied}
    store.estate.save("prod", [entry("a")], provider="aws", at=T0)
    assert store.estate.errors() == {}


def test_a_contract_is_kept_once_and_compressed(store: Store) -> None:
    body = b"openapi: 3.0.1\n" * 1000
    for _ in range(2):
        store.documents.put("ab", body)
    assert store.documents.get("ab") == body
    assert store.documents.get("cd") is None
    (held,) = records(store, "spec_document")
    assert len(held["body"]) < held["size"] == len(body)
    with pytest.raises(ValueError, match="more than 5242880"):
        store.documents.put("ef", b"x" * (5 * 1024 * 1024 + 1))


@pytest.mark.parametrize("text", ['say "hi"', "100%", "a_b", "back\\slash", "税金表", "straße*"])
def test_search_finds_what_would_break_naive_matching(store: Store, text: str) -> None:
    visit(store, batch(make(1, name=text), make(2)))
    assert search(
        store, text.casefold().replace('"', '""' if store.database.is_sqlite else '"')
    ) == {make(1).uid}


def test_the_columns_of_rows_are_the_fields_of_views() -> None:
    moving = {
        "presence",
        "freshness",
        "observed_at",
        "first_seen_at",
        "changed_at",
        "missing_since",
    }
    asked = {field.attribute for field in FIELDS.values() if not field.deep} - moving
    held = {column.name for column in schema.row.columns} - {"deployment_pk"}
    assert held == asked
    deep = {field.attribute for field in FIELDS.values() if field.deep}
    assert set(schema.DEEP_LISTS) == deep
    lists = {field.attribute for field in FIELDS.values() if field.multi and not field.deep}
    assert set(schema.ROW_LISTS) == lists


def test_unknown_absent_empty_and_known_are_four_values() -> None:
    assert [encode_text(value) for value in (UNKNOWN, None, "", "Tax")] == [None, "", MARK, "tax"]
    assert [encode_number(value) for value in (UNKNOWN, None, 0, 1.5)] == [None, -1, 0, 1.5]
    row = Row(
        uid="U",
        name="Straße",
        provider="aws",
        product="p",
        source="s",
        scope="s/r/p",
        account="1",
        native_id="n",
        style="Unknown",
        version="unknown",
        owners=("Team Tax", "B\x1fC"),
        schemes=(),
    )
    values = encode_row(7, row)
    assert (values["name"], values["style"], values["version"]) == ("strasse", None, "unknown")
    assert (values["owners"], values["schemes"], values["endpoints"]) == (
        f"{MARK}team tax{MARK}b�c{MARK}",
        "",
        None,
    )
    deep = encode_deep(7, row, Deep(paths=("/A", "")))
    assert (deep["paths"], deep["labels"]) == (f"{MARK}/a{MARK}{MARK}", None)
    assert deep["text"].startswith("strasse\nn\np")


class _FromServer(Exception):
    sqlstate = "53100"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", StoreFull),
        ("SQLITE_READONLY_DBMOVED", StoreFull),
        ("SQLITE_IOERR_WRITE", StoreFull),
        ("SQLITE_BUSY_SNAPSHOT", StoreLocked),
        ("SQLITE_CORRUPT_VTAB", StoreError),
        ("SQLITE_SOMETHING", StoreError),
    ],
)
def test_errors_of_sqlite_are_named_by_what_to_do(name: str, kind: type[StoreError]) -> None:
    cause = sqlite3.OperationalError("words of the driver")
    cause.sqlite_errorname = name
    error = explain(DBAPIError("SELECT 1", None, cause))
    assert type(error) is kind
    assert "words of the driver" in error.message


def test_errors_of_a_server_are_named_by_what_to_do() -> None:
    error = explain(DBAPIError("SELECT 1", None, _FromServer("no space left on device")))
    assert isinstance(error, StoreFull)
    assert error.hint is not None
    assert explain(InvalidRequestError("")).message.endswith("InvalidRequestError")
    assert explain(DBAPIError("SELECT 1", None, ValueError("odd"))).message.endswith("odd")


def test_what_was_used_longest_ago_is_let_go_first() -> None:
    recent: Recent[str] = Recent(limit=2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
