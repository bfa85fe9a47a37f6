"""Tests of the operations of a document, as Schemathesis makes them: examples, edge cases and what dice give.

Imported by the test that runs them alone: to load it, and to make them, takes others more time than they run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import hypothesis
import msgspec
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

from apiscape.query import FIELDS, Kind, format_view
from apiscape.serve.http.openapi import openapi_document
from tests.store.making import T0
from tests.strategies import views

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
            # What is well-formed may still name nothing, ask for what cannot be at the moment, or go on
            # from a change that the log does not hold.
            "positive_data_acceptance": {"expected-statuses": ["2XX", 400, 404, 409, 410]},
            # A text that is no view is refused; that any text is one is the parser's to say.
            "negative_data_rejection": {"expected-statuses": ["4XX"]},
        }
    }
)
SETTINGS = hypothesis.settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Keeps = Callable[[Any], None]
"""Fails where an answer to a case is not as the document says."""


class Document:
    """The document of the API, as who tries it reads it."""

    def __init__(self) -> None:
        load_all_checks()
        plain = msgspec.json.decode(msgspec.json.encode(openapi_document()))
        self._schema: Any = schemathesis.openapi.from_dict(plain, config=CONFIG)
        self._feedback = FeedbackSources(
            constants_value_source=make_constants_value_source(self._schema)
        )

    def names(self) -> set[tuple[str, str]]:
        """Return the method and path of every operation that it holds."""
        found = (each.ok() for each in self._schema.get_all_operations())
        return {(each.method.upper(), each.path) for each in found}

    def attempt(self, method: str, path: str, keeps: Keeps) -> None:
        """Try one operation with every case that it gives rise to."""

        def each(case: Any) -> None:
            keeps(case)

        attempts = build_operation_test(
            config=self._schema.config,
            operation=self._schema[path][method],
            test_func=SETTINGS(each),
            given_kwargs={},
            feedback=self._feedback,
        )
        attempts()
