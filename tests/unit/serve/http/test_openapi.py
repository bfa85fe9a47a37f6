"""The document of the API: valid, whole, and true of every operation."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from apiscape.client.problem import KINDS
from apiscape.serve.http import actions, documents, reads
from apiscape.serve.http.openapi import openapi_document
from apiscape.serve.http.operations import OPERATIONS, Operation

DOCUMENT: Any = json.loads(msgspec.json.encode(openapi_document()))


def described(operation: Operation) -> Any:
    return DOCUMENT["paths"][operation.path][operation.method.lower()]


def test_it_is_valid() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


def test_a_broken_document_is_found_out() -> None:
    broken = {**DOCUMENT, "paths": {"/v1": {"get": {"responses": {"200": {}}}}}}
    with pytest.raises(Exception, match="description"):
        validate(broken, cls=OpenAPIV31SpecValidator)


def test_operations_are_unique_and_all_described() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    told = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert sorted(told) == sorted(names)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_each_operation_says_who_may_and_how_it_can_fail(operation: Operation) -> None:
    told = described(operation)
    assert told["tags"] == [operation.right]
    assert told["summary"].endswith(".")
    statuses = {str(KINDS[word].status) for word in operation.problems}
    assert statuses | {"401", "403", "429", "500", "503", str(operation.status)} <= set(
        told["responses"]
    )
    assert ("requestBody" in told) == (operation.body is not None)
    assert {each["name"] for each in told["parameters"]} == {
        *operation.parameters,
        *(field.encode_name for field in msgspec.structs.fields(operation.query)),
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_each_operation_has_one_handler(operation: Operation) -> None:
    assert sum(hasattr(module, operation.name) for module in (reads, actions, documents)) == 1


def test_every_call_is_secured_by_a_token() -> None:
    assert DOCUMENT["security"] == [{"token": []}]
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_rows_are_described_by_the_model() -> None:
    row = DOCUMENT["components"]["schemas"]["Row"]
    assert row["required"] == [
        *("uid", "name", "provider", "product", "source", "scope", "account", "native_id"),
    ]
    assert {"type": "null"} in row["properties"]["region"]["anyOf"]
    assert "anyOf" not in row["properties"]["operations"]
