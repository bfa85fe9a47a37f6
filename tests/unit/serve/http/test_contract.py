"""The running API keeps its own document: examples and edge cases of every operation, all checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

from apiscape.query import FIELDS, Kind, format_view
from apiscape.serve.http.openapi import openapi_document
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.store.filled import fill
from tests.store.making import DAY, T0
from tests.strategies import views
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import OPERATOR, QUICK, READER, serving

LENIENT = msgspec.structs.replace(QUICK, wrong_per_peer=10**9, wrong_in_all=10**9)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("api")
    with open_store(str(folder / "store.db"), write=True) as store:
        fill(store)
        inventory = LocalInventory(store, lambda: T0 + DAY)
        with serving(inventory, folder, limits=LENIENT) as doors:
            yield doors
