"""The store and the matcher of the view language agree on every view."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from apiscape.query import View, format_view, select_rows
from apiscape.query.syntax import fields_of
from apiscape.store import schema
from apiscape.store.engine import Database, parse_url
from apiscape.store.reader import Reader
from apiscape.store.search import prepare_search
from tests.store.seeding import Inventory, fill, is_shown, storable
from tests.strategies import NOW, inventories, views


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("store") / "views.db"
    database = Database(parse_url(str(path)), write=True)
    with database.write() as connection:
        schema.metadata.create_all(connection)
        prepare_search(connection)
    yield database
    database.close()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inventory=inventories().map(storable), view=views())
def test_sql_and_the_matcher_agree_on_rows_order_and_undecided(
    database: Database, inventory: Inventory, view: View
) -> None:
    view = msgspec.structs.replace(view, at=None)
    with database.write() as connection:
        fill(connection, inventory)
    asked = "presence" in fields_of(view)
    rows = [row for row, _ in inventory if asked or is_shown(row)]
    deep = {row.uid: details for row, details in inventory}
    expected = select_rows(view, rows, NOW, deep)
    page = Reader(database, lambda: NOW).page(format_view(view), limit=100)
    assert page.items == expected.rows
    assert page.undecided == expected.undecided
