"""The document of the API (OpenAPI 3.1), made from the table of operations and the structs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from apiscape.client.problem import KINDS, MEDIA_TYPE, Problem
from apiscape.client.wire import JSON
from apiscape.serve.http.operations import OPERATIONS, Answer, Operation, Right

TEMPLATE = "#/components/schemas/{name}"
ANY = (
    "unauthenticated",
    "forbidden",
    "usage",
    "misdirected",
    "head-too-large",
    "too-many",
    "defect",
    "overloaded",
    "too-slow",
    "store",
    "store-full",
    "store-locked",
)
"""Problems that any operation may answer with."""

WITH_BODY = ("too-large", "media-type")

_DESCRIPTION = """\
Every API behind every gateway, in one inventory: the same questions that the terminal UI and the
commands ask. Views are texts of the view language. In rows and deployments a key that is left out
is unknown, and `null` is absent; neither is zero.
"""


@cache
def openapi_document() -> Mapping[str, Any]:
    """Return the document."""
    references, components = _components()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        told = _operation(operation, references)
        paths.setdefault(operation.path, {})[operation.method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "apiscape",
            "version": version("apiscape"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
            {"name": Right.READ.value, "description": "For tokens that may read."},
            {"name": Right.OPERATE.value, "description": "For tokens that may operate."},
        ],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": _SCHEME},
            "responses": {_named(words): _problems(words) for words in _sets()},
        },
    }


_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of the agent's file of tokens. The socket of the same user needs none.",
}


def _components() -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the reference of every struct that is asked or answered, and their schemas by name."""
    kinds = [answer.body for operation in OPERATIONS for answer in operation.answers]
    kinds += [operation.body for operation in OPERATIONS if operation.body]
    structs = [*dict.fromkeys(kind for kind in kinds if isinstance(kind, type)), Problem]
    schemas, components = msgspec.json.schema_components(structs, ref_template=TEMPLATE)
    return dict(zip(structs, schemas, strict=True)), components


def _operation(operation: Operation, references: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.right.value],
        "parameters": [*map(_in_path, operation.parameters), *_in_query(operation)],
        "responses": {str(operation.status): _good(operation, references)},
    }
    for words in _by_status(operation):
        told["responses"][str(KINDS[words[0]].status)] = {
            "$ref": f"#/components/responses/{_named(words)}"
        }
    if operation.body:
        content = {JSON: {"schema": references[operation.body]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _good(operation: Operation, references: Mapping[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": operation.summary}
    if operation.answers:
        told["content"] = {
            answer.media: {"schema": _schema(answer, references)} for answer in operation.answers
        }
    return told


def _schema(answer: Answer, references: Mapping[Any, Any]) -> Any:  # noqa: ANN401 - a JSON Schema
    return references[answer.body] if isinstance(answer.body, type) else answer.body


def _in_path(name: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(operation: Operation) -> Iterable[dict[str, Any]]:
    """Yield the parameters of a query: the fields of its struct."""
    whole = msgspec.json.schema(operation.query)["$defs"][operation.query.__name__]
    required = whole.get("required", ())
    for name, schema in whole["properties"].items():
        given = _without_null(schema)
        description = given.pop("description", name)
        yield {
            "name": name,
            "in": "query",
            "description": description,
            "required": name in required,
            "schema": given,
        }


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that a query leaves out where a struct has `null`."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    given = dict(choices[0]) if choices else dict(schema)
    if given.get("default", 0) is None:
        del given["default"]
    return given


def _by_status(operation: Operation) -> list[tuple[str, ...]]:
    """Return the problems that an operation may answer with, those of one status together."""
    words = dict.fromkeys((*operation.problems, *ANY, *(WITH_BODY if operation.body else ())))
    statuses: dict[int, list[str]] = {}
    for word in KINDS:
        if word in words:
            statuses.setdefault(KINDS[word].status, []).append(word)
    return [tuple(statuses[status]) for status in sorted(statuses)]


def _sets() -> dict[tuple[str, ...], None]:
    return dict.fromkeys(words for operation in OPERATIONS for words in _by_status(operation))


def _named(words: tuple[str, ...]) -> str:
    return "-or-".join(words)


def _problems(words: tuple[str, ...]) -> dict[str, Any]:
    schema = {"$ref": TEMPLATE.format(name="Problem")}
    description = "; ".join(f"{KINDS[word].title} (`{word}`)" for word in words) + "."
    told: dict[str, Any] = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    headers = [name for word in words for name in _HEADERS.get(word, ())]
    if headers:
        told["headers"] = {name: _HEADER_TEXTS[name] for name in headers}
    return told


_HEADERS = {"unauthenticated": ("WWW-Authenticate",), "too-many": ("Retry-After",)}
_HEADER_TEXTS = {
    "WWW-Authenticate": {
        "description": "How to say who asks.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}
