"""Checks decoded kinds against the schema of a CustomResourceDefinition: which fields are read that there are not?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tests.tools.crd_paths import Schema

_OPEN = "x-kubernetes-preserve-unknown-fields"


def strange_fields(kind: type[Any], schema: Schema) -> list[str]:
    """Return the fields that a kind reads and its schema does not have, each with where it is; never metadata."""
    return sorted(_strange(msgspec.inspect.type_info(kind), schema, ""))


def _strange(told: msgspec.inspect.Type, schema: Schema, trail: str) -> Iterator[str]:
    if schema.get(_OPEN):
        return
    if isinstance(told, msgspec.inspect.UnionType):
        for each in told.types:
            yield from _strange(each, schema, trail)
    elif isinstance(told, msgspec.inspect.ListType):
        yield from _strange(told.item_type, schema.get("items", {}), f"{trail}[]")
    elif isinstance(told, msgspec.inspect.DictType):
        yield from _strange(
            told.value_type, schema.get("additionalProperties", {}), f"{trail}{{*}}"
        )
    elif isinstance(told, msgspec.inspect.StructType):
        for field in told.fields:
            where = f"{trail}.{field.encode_name}".lstrip(".")
            if where == "metadata":
                continue
            below = schema.get("properties", {}).get(field.encode_name)
            if below is None:
                yield where
            else:
                yield from _strange(field.type, below, where)
