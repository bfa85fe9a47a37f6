"""A store with something of everything, and the API over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.serve.http import protocol
from apiscape.serve.http.protocol import Connection, PlainConnection
from apiscape.serve.http.quick import QuickConnection
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.copies import opened_copy
from tests.store.filled import fill
from tests.store.making import DAY, T0
from tests.unit.serve.http.harness import serving


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give a store with something in every table."""
    with opened_copy(tmp_path / "store.db", fill) as opened:
        yield opened


@pytest.fixture
def inventory(store: Store) -> LocalInventory:
    """Give the inventory of that store, on the day after."""
    return LocalInventory(store, lambda: T0 + DAY)


@pytest.fixture
def doors(inventory: LocalInventory, tmp_path: Path) -> Iterator[Doors]:
    """Give open doors before that inventory."""
    with serving(inventory, tmp_path) as opened:
        yield opened


@pytest.fixture(params=["read in C", "read in Python"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Connection]:
    """Have requests read in one of both ways; give the connections that do it."""
    if request.param == "read in C":
        return QuickConnection
    monkeypatch.setattr(protocol, "find_spec", lambda _name: None)
    return PlainConnection
