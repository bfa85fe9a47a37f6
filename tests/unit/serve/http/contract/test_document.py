"""The running API keeps its own document: examples and edge cases of every operation, all checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from apiscape.query import format_view
from apiscape.serve.http.operations import OPERATIONS
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.store.declared import fill_catalogues
from tests.store.filled import fill
from tests.store.making import DAY, T0
from tests.strategies import views
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import OPERATOR, QUICK, READER, STANDING, Pretended, serving

if TYPE_CHECKING:
    from tests.unit.serve.http.contract.keeping import Document

LENIENT = msgspec.structs.replace(QUICK, wrong_per_peer=10**9, wrong_in_all=10**9)
NAMES = sorted((each.method, each.path) for each in OPERATIONS)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("api")
    with open_store(str(folder / "store.db"), write=True) as store:
        fill(store)
        fill_catalogues(store)
        inventory = LocalInventory(store, lambda: T0 + DAY)
        standing, visits = (lambda: STANDING), Pretended()
        with serving(inventory, folder, limits=LENIENT, visits=visits, standing=standing) as doors:
            yield doors


@pytest.fixture(scope="module")
def document() -> Document:
    from tests.unit.serve.http.contract.keeping import Document

    return Document()


def test_the_document_holds_every_operation(document: Document) -> None:
    assert document.names() == set(NAMES)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize(("method", "path"), NAMES)
def test_every_operation_keeps_the_document(
    method: str, path: str, document: Document, api: Doors
) -> None:
    tried = []

    def keeps(case: Any) -> None:
        tried.append(case)
        case.call_and_validate(base_url=api.url, headers={"Authorization": f"Bearer {OPERATOR}"})

    document.attempt(method, path, keeps)
    assert tried


@hypothesis.settings(max_examples=30)
@hypothesis.given(view=views().map(format_view) | st.text(max_size=40))
def test_no_view_is_a_defect(view: str, api: Doors) -> None:
    for path in ("deployments", "select", "changes"):
        query = urlencode({"view": view}, errors="surrogatepass")
        answer = ask(api.url, f"/v1/{path}?{query}", token=READER)
        assert answer.status in {200, 400, 410}
