"""The store and the matcher of the view language agree on every view, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.errors import NotFound, UsageError
from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN
from apiscape.query import QueryError, Selection, View, format_view, parse, select_rows
from apiscape.query.syntax import fields_of
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.conftest import DATABASES
from tests.store.seeding import Inventory, fill, is_shown, storable
from tests.strategies import NOW, inventories, views


@pytest.fixture(scope="module", params=DATABASES)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """Give one store for all examples of a property; each fills it anew."""
    if request.param == "sqlite":
        with open_store(str(tmp_path_factory.mktemp("views") / "store.db"), write=True) as store:
            yield store
        return
    server = request.getfixturevalue("server")
    name = server.create(request.getfixturevalue("template_database"))
    with open_store(server.url(name), write=True) as store:
        yield store
    server.drop(name)


def reader_of(store: Store, inventory: Inventory) -> Reader:
    with store.database.write() as connection:
        fill(connection, inventory)
    return Reader(store.database, lambda: NOW)


def expect(view: View, inventory: Inventory) -> Selection:
    """Return what the matcher says of the rows that a view is asked of."""
    asked = "presence" in fields_of(view)
    rows = [row for row, _ in inventory if asked or is_shown(row)]
    return select_rows(view, rows, NOW, {row.uid: deep for row, deep in inventory})


def now_views() -> st.SearchStrategy[View]:
    return views(2).map(lambda view: msgspec.structs.replace(view, at=None))


@pytest.mark.no_cover
@settings(max_examples=50)
@given(
    inventory=inventories().map(storable),
    asked=st.lists(now_views(), min_size=1, max_size=5),
)
def test_sql_and_the_matcher_agree_on_rows_order_and_undecided(
    opened: Store, inventory: Inventory, asked: list[View]
) -> None:
    reader = reader_of(opened, inventory)
    for view in asked:
        check_agreement(reader, inventory, view)


def check_agreement(reader: Reader, inventory: Inventory, view: View) -> None:
    """Check what a page and a selection say of a view against the matcher."""
    expected, text = expect(view, inventory), format_view(view)
    page = reader.page(text, limit=100)
    assert page.items == expected.rows
    assert page.undecided == expected.undecided
    assert page.next is None
    matching = expect(msgspec.structs.replace(view, undecided=False), inventory)
    assert page.matched == len(matching.rows)
    selection = reader.select(text)
    assert selection.uids == tuple(row.uid for row in expected.rows)
    assert selection.undecided == expected.undecided


@settings(max_examples=40)
@given(inventory=inventories(12).map(storable), view=now_views(), size=st.integers(1, 4))
def test_pages_hold_every_row_once_and_in_order(
    opened: Store, inventory: Inventory, view: View, size: int
) -> None:
    view = msgspec.structs.replace(view, terms=view.terms[:1])
    reader, text = reader_of(opened, inventory), format_view(view)
    walked: list[Row] = []
    after = None
    while True:
        page = reader.page(text, limit=size, after=after)
        assert len(page.items) <= size
        walked += page.items
        after = page.next
        if after is None:
            break
    assert tuple(walked) == expect(view, inventory).rows


@settings(max_examples=50)
@given(text=st.text(max_size=30) | st.text(alphabet="\"'%_\\/*-:;()[]{}^$.|ab \x00é", max_size=12))
def test_no_text_is_an_error_of_the_database(opened: Store, text: str) -> None:
    reader = Reader(opened.database, lambda: NOW)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    for view in (text, f'"{quoted}"', f'path:"{quoted}"', f'name:"{quoted}",x', f'-tag:"{quoted}"'):
        try:
            parse(view)
        except QueryError:
            continue
        reader.page(view)
    with pytest.raises(NotFound):
        reader.detail(f"{text} of no deployment")
    with pytest.raises(UsageError):
        reader.page("", after=text)


def a_row(number: int, **held: Any) -> Row:
    values: dict[str, Any] = {
        **dict.fromkeys(("name", "provider", "product", "source", "scope", "account"), "x"),
        "uid": str(number),
        "native_id": f"n{number}",
    }
    return Row(**(values | held))


CASES: tuple[tuple[str, dict[str, object], bool | None], ...] = (
    ("owner:tax", {"owners": UNKNOWN}, None),
    ("-owner:tax", {"owners": UNKNOWN}, None),
    ("-owner:tax", {"owners": ()}, True),
    ("owner:tax", {"owners": ("Tax", "Pay")}, True),
    ("owner:ta", {"owners": ("Tax",)}, False),
    ("owner:t*y", {"owners": ("tax", "pay")}, False),
    ("owner:t*y", {"owners": ("pay", "tidy")}, True),
    ("endpoint:*tax*", {"endpoints": ("https://a", "https://TAX.example")}, True),
    ("endpoint:*tax*", {"endpoints": ("https://ta", "x.example")}, False),
    ("owner:none", {"owners": UNKNOWN}, False),
    ("owner:none", {"owners": ()}, True),
    ("owner:unknown", {"owners": UNKNOWN}, True),
    ("owner:none,unknown", {"owners": UNKNOWN}, True),
    ("health:failing", {}, None),
    ("-health:failing", {"health": "healthy"}, True),
    ("auth:none", {"auth": "none"}, True),
    ("5xx>1", {"errors_5xx": UNKNOWN}, None),
    ("-5xx>1", {"errors_5xx": 0.0}, True),
    ("operations:0", {"operations": 0}, True),
    ("name:100%", {"name": "100 percent"}, False),
    ("name:a_b", {"name": "axb"}, False),
    ('name:"a/b"', {"name": "A/B"}, True),
    ('"50% off"', {"name": "50% OFF"}, True),
    ("strasse", {"name": "Straße"}, True),
    ("-title:x", {"title": UNKNOWN}, None),
    ("-title:x", {"title": None}, True),
    ("title:*", {"title": ""}, True),
    ("/^n1$/", {}, True),
    ("-title:/x/", {"title": UNKNOWN}, None),
    ("changed<2d", {}, True),
    ("missing>2d", {}, False),
    ("freshness:current", {}, True),
    ("presence:present", {}, True),
)


@pytest.mark.parametrize(("text", "held", "verdict"), CASES)
def test_unknown_is_undecided_and_absent_is_not(
    opened: Store, text: str, held: dict[str, object], verdict: bool | None
) -> None:
    inventory = storable([(a_row(1, **held), Deep())])
    page = reader_of(opened, inventory).page(text)
    assert (page.matched, page.undecided) == (int(verdict is True), int(verdict is None))


@pytest.mark.parametrize(
    ("text", "paths", "verdict"),
    [
        ("path:/pay", ("/pay/{id}",), True),
        ("path:/pay", ("/users",), False),
        ("path:/pay", UNKNOWN, None),
        ("-path:/pay", UNKNOWN, None),
        ("-path:/pay", (), True),
        ("path:/p", ("/pay",), True),
        ("path:none", (), True),
        ("path:pay*id", ("/pay", "/id"), False),
        ("path:pay*id", ("/pay/{id}",), True),
    ],
)
def test_paths_are_searched_one_by_one(
    opened: Store, text: str, paths: tuple[str, ...], verdict: bool | None
) -> None:
    inventory = storable([(a_row(1), Deep(paths=paths))])
    page = reader_of(opened, inventory).page(text)
    assert (page.matched, page.undecided) == (int(verdict is True), int(verdict is None))
