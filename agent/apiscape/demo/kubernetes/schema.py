"""What a schema makes of a custom resource: unknown fields are pruned, defaults filled in, faults named.

Structural schemas only, as `apiextensions.k8s.io/v1` takes them; rules in CEL are not looked at.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_KEPT = ("apiVersion", "kind", "metadata")
_OPEN = "x-kubernetes-preserve-unknown-fields"
_EITHER = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"


def faults(item: Json, schema: Json) -> list[str]:
    """Return what breaks a schema, each with its path."""
    body = {name: value for name, value in item.items() if name not in _KEPT}
    return list(_faults(body, schema, ""))


def shaped(item: Json, schema: Json) -> Json:
    """Return an object pruned and with its defaults."""
    body = {name: value for name, value in item.items() if name not in _KEPT}
    kept: Json = {name: item[name] for name in _KEPT if name in item}
    return kept | dict(_shape(body, schema))


def _shape(value: Any, schema: Json) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_shape(each, schema.get("items") or {}) for each in value]
    if not isinstance(value, dict):
        return value
    known: Json = schema.get("properties") or {}
    others = schema.get("additionalProperties")
    kept: Json = {}
    for name, each in value.items():
        if name in known:
            kept[name] = _shape(each, known[name])
        elif isinstance(others, dict):
            kept[name] = _shape(each, others)
        elif others or schema.get(_OPEN) or (schema.get(_EMBEDDED) and name in _KEPT):
            kept[name] = each
    for name, each in known.items():
        if (
            "default" in each
            and kept.get(name) is None
            and not (name in kept and each.get("nullable"))
        ):
            kept[name] = _shape(copy.deepcopy(each["default"]), each)
    return kept


def _faults(value: Any, schema: Json, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if value is None and schema.get("nullable"):
        return
    wrong = _wrong_type(value, schema)
    if wrong:
        yield f"{path or '<root>'}: Invalid value: {wrong}"
        return
    yield from _wrong_value(value, schema, path)
    if isinstance(value, dict):
        known: Json = schema.get("properties") or {}
        for name in schema.get("required") or ():
            if name not in value:
                yield f"{_below(path, name)}: Required value"
        others = schema.get("additionalProperties")
        for name, each in value.items():
            inner = known.get(name, others if isinstance(others, dict) else {})
            yield from _faults(each, inner, _below(path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _faults(each, schema.get("items") or {}, f"{path}[{index}]")


def _wrong_type(value: Any, schema: Json) -> str:  # noqa: ANN401 - JSON
    if schema.get(_EITHER):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else "must be an integer or a string"
    wanted = schema.get("type")
    if wanted is None:
        return ""
    fits = isinstance(value, _TYPES[wanted])
    if wanted in {"integer", "number"} and isinstance(value, bool):
        fits = False
    return "" if fits else f"{type(value).__name__!r}: must be of type {wanted}"


def _wrong_value(value: Any, schema: Json, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: Unsupported value: {value!r}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{path}: Invalid value: {value!r}: should match '{schema['pattern']}'"
        yield from _wrong_size(len(value), schema, path, "minLength", "maxLength")
    elif isinstance(value, list):
        yield from _wrong_size(len(value), schema, path, "minItems", "maxItems")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _wrong_size(value, schema, path, "minimum", "maximum")


def _wrong_size(size: float, schema: Json, path: str, least: str, most: str) -> Iterator[str]:
    if least in schema and size < schema[least]:
        yield f"{path}: Invalid value: {size}: {least} is {schema[least]}"
    if most in schema and size > schema[most]:
        yield f"{path}: Invalid value: {size}: {most} is {schema[most]}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
