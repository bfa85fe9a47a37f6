"""The running API keeps its own document: examples and edge cases of every operation, all checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

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
from tests.unit.serve.http.harness import OPERATOR, QUICK, READER, STANDING, Pretended, serving

LENIENT = msgspec.structs.replace(QUICK, wrong_per_peer=10**9, wrong_in_all=10**9)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("api")
    with open_store(str(folder / "store.db"), write=True) as store:
        fill(store)
        inventory = LocalInventory(store, lambda: T0 + DAY)
        standing, visits = (lambda: STANDING), Pretended()
        with serving(inventory, folder, limits=LENIENT, visits=visits, standing=standing) as doors:
            yield doors


schemathesis.openapi.format(
    "view", views().map(format_view).filter(lambda text: " at:" not in f" {text}")
)
schemathesis.openapi.format(
    "facet-fields",
    st.lists(
        st.sampled_from([each.name for each in FIELDS.values() if each.kind != Kind.TIME]),
        min_size=1,
        max_size=5,
    ).map(",".join),
)
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format(  # of days before anything was kept nothing is told, rightly
    "date-time",
    st.integers(0, 2 * 86_400).map(lambda seconds: (T0 + timedelta(seconds=seconds)).isoformat()),
)

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What is well-formed may still name nothing, or ask for what cannot be at the moment.
            "positive_data_acceptance": {"expected-statuses": ["2XX", 400, 404, 409]},
            # A text that is no view is refused; that any text is one is the parser's to say.
            "negative_data_rejection": {"expected-statuses": ["4XX"]},
        }
    }
)
SCHEMA = schemathesis.openapi.from_dict(
    msgspec.json.decode(msgspec.json.encode(openapi_document())), config=CONFIG
)


@pytest.mark.slow
@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_operation_keeps_the_document(case: Any, api: Doors) -> None:
    case.call_and_validate(base_url=api.url, headers={"Authorization": f"Bearer {OPERATOR}"})


@hypothesis.settings(max_examples=30)
@hypothesis.given(view=views().map(format_view) | st.text(max_size=40))
def test_no_view_is_a_defect(view: str, api: Doors) -> None:
    for path in ("deployments", "select", "changes"):
        query = urlencode({"view": view}, errors="surrogatepass")
        answer = ask(api.url, f"/v1/{path}?{query}", token=READER)
        assert answer.status in {200, 400, 410}
