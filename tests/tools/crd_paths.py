"""Checks expressions against the schema of a CustomResourceDefinition: which fields do they read that there are not?

An expression is carried out on the schema in place of an object: a field of an object is a property, an item
of a list is what its items are, and what nobody can tell (`x-kubernetes-preserve-unknown-fields`, what a
function makes) may hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apiscape.collectors.kubernetes.table.expressions import Expression

Schema = Mapping[str, Any]
Node = Mapping[str, Any]

ANY: Schema = {"x-kubernetes-preserve-unknown-fields": True}
BOOLEAN: Schema = {"type": "boolean"}


class NoSuchField(Exception):
    """A field is read that the schema does not have."""


def schema_of(crd: Mapping[str, Any], version: str) -> Schema | None:
    """Return the schema of a version of a CRD; `None` where it is not served."""
    for each in crd["spec"]["versions"]:
        if each["name"] == version and each["served"]:
            schema: Schema = each["schema"]["openAPIV3Schema"]
            return {**schema, "properties": {**schema["properties"], "metadata": ANY}}
    return None


def short_schema(short: Any) -> Schema:
    """Return the schema of a short form: `{a: [{b: string}], c: {"*": integer}, d: any}`."""
    if isinstance(short, list):
        return {"type": "array", "items": short_schema(short[0])}
    if isinstance(short, str):
        return ANY if short == "any" else {"type": short}
    fields = {name: short_schema(value) for name, value in short.items() if name != "*"}
    found: dict[str, Any] = {"type": "object", "properties": fields}
    return found | ({"additionalProperties": short_schema(short["*"])} if "*" in short else {})


def result(expression: Expression, schema: Schema) -> Schema:
    """Return the schema of what an expression finds.

    Raises:
        NoSuchField: It reads a field that there is not.
    """
    return _walk(expression.tree, schema)


def items(schema: Schema) -> Schema:
    """Return the schema of each of a list, or of a value alone."""
    return _union(each.get("items", ANY) if _is_list(each) else each for each in _options(schema))


def _walk(node: Node, schema: Schema) -> Schema:
    children = node.get("children", [])
    step = _STEPS.get(node["type"])
    if step is not None:
        return step(node, children, schema)
    found = [_walk(each, schema) for each in children]
    return found[-1] if node["type"] in {"and_expression", "expref"} else BOOLEAN


def _through(node: Node, children: list[Node], schema: Schema) -> Schema:
    for child in children:
        schema = _walk(child, schema)
    return schema


def _projection(node: Node, children: list[Node], schema: Schema) -> Schema:
    each = items(_walk(children[0], schema))
    for condition in children[2:]:
        _walk(condition, each)
    return {"type": "array", "items": _walk(children[1], each)}


def _value_projection(node: Node, children: list[Node], schema: Schema) -> Schema:
    each = _values(_walk(children[0], schema))
    return {"type": "array", "items": _walk(children[1], each)}


def _flatten(node: Node, children: list[Node], schema: Schema) -> Schema:
    return {"type": "array", "items": items(items(_walk(children[0], schema)))}


def _multi_dict(node: Node, children: list[Node], schema: Schema) -> Schema:
    pairs = {pair["value"]: _walk(pair["children"][0], schema) for pair in children}
    return {"type": "object", "properties": pairs}


def _multi_list(node: Node, children: list[Node], schema: Schema) -> Schema:
    return {"type": "array", "items": _union(_walk(each, schema) for each in children)}


def _call(node: Node, children: list[Node], schema: Schema) -> Schema:
    first = _walk(children[0], schema) if children else ANY
    inner = (items(first) if each["type"] == "expref" else schema for each in children)
    given = [_walk(each, one) for each, one in zip(children, inner, strict=True)]
    return _called(node["value"], given)


_STEPS: Mapping[str, Callable[[Node, list[Node], Schema], Schema]] = {
    "field": lambda node, _, schema: _field(node["value"], schema),
    "subexpression": _through,
    "pipe": _through,
    "index_expression": _through,
    "projection": _projection,
    "filter_projection": _projection,
    "value_projection": _value_projection,
    "flatten": _flatten,
    "index": lambda _, __, schema: items(schema),
    "slice": lambda _, __, schema: schema,
    "identity": lambda _, __, schema: schema,
    "current": lambda _, __, schema: schema,
    "literal": lambda _, __, ___: ANY,
    "multi_select_dict": _multi_dict,
    "multi_select_list": _multi_list,
    "or_expression": lambda _, children, schema: _union(_walk(each, schema) for each in children),
    "function_expression": _call,
}


def _field(name: str, schema: Schema) -> Schema:
    found = [held for each in _options(schema) for held in _held(name, each)]
    if not found:
        raise NoSuchField(name)
    return _union(found)


def _held(name: str, schema: Schema) -> Iterator[Schema]:
    properties = schema.get("properties", {})
    if name in properties:
        yield properties[name]
    elif schema.get("x-kubernetes-preserve-unknown-fields"):
        yield ANY
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]


def _values(schema: Schema) -> Schema:
    return _union(
        held
        for each in _options(schema)
        for held in ([each["additionalProperties"]] if each.get("additionalProperties") else [ANY])
    )


def _called(name: str, given: list[Schema]) -> Schema:
    if name == "listed":
        return {"type": "array", "items": items(given[0])}
    if name == "entries":
        return (
            short_schema([{"key": "string", "value": "any"}])
            if given[0] == ANY
            else {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"key": {"type": "string"}, "value": _values(given[0])},
                },
            }
        )
    if name == "values":
        return {"type": "array", "items": _values(given[0])}
    return ANY


def _is_list(schema: Schema) -> bool:
    return schema.get("type") == "array"


def _options(schema: Schema) -> Iterator[Schema]:
    yield from schema["anyOf"] if set(schema) == {"anyOf"} else (schema,)


def _union(schemas: Iterable[Schema]) -> Schema:
    options = [option for each in schemas for option in _options(each)]
    return options[0] if len(options) == 1 else {"anyOf": options}
