"""Every field that an entry reads is in the schema of its kind."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.collectors.kubernetes.table.loading import load
from apiscape.collectors.kubernetes.table.schema import Entry
from tests.collectors.kubernetes.table.room import loaded
from tests.tools.crd_paths import ANY, NoSuchField, Schema, items, result, schema_of, short_schema

ENTRIES = {each.id: each for each in load()}
SHORT = Path(__file__).parent / "crds"
THING = short_schema(
    {
        "spec": {
            "names": ["string"],
            "rules": [{"path": "string", "to": [{"name": "string"}]}],
            "map": {"*": {"a": "string"}},
        }
    }
)


@cache
def recorded() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """The CRDs of gateways as their makers write them, by group and plural, where they are at hand."""
    folder = Path(os.environ.get("APISCAPE_FIXTURES", "/nonexistent")) / "kubernetes"
    crds = [loaded(each) for each in folder.glob("*/crds/*.yaml")]
    return {(each["spec"]["group"], each["spec"]["names"]["plural"]): each for each in crds}


@cache
def written() -> Mapping[tuple[str, str], Schema]:
    """The fields of kinds as far as they are known, by group and plural."""
    return {
        (each["group"], each["plural"]): short_schema(each["fields"] | {"metadata": "any"})
        for file in SHORT.glob("*.yaml")
        for each in loaded(file)
    }


def key_of(entry: Entry, known: Container[tuple[str, str]]) -> tuple[str, str]:
    """Return group and plural of the kind that an entry reads; where only its other group is known, of that one."""
    kind = entry.resource
    own, other = (kind.group, kind.plural), (kind.also_group, kind.plural)
    return other if own not in known and other in known else own


def slots(value: Any, trail: str = "") -> Iterator[tuple[str, Expression]]:
    """Yield the expressions of a part of an entry, with where they are; scopes are left to `wrong`."""
    for name in value.__struct_fields__:
        held = getattr(value, name)
        for each in held if isinstance(held, tuple) else (held,):
            if isinstance(each, Expression):
                yield f"{trail}{name}", each
            elif isinstance(each, msgspec.Struct) and name != "rules":
                yield from slots(each, f"{trail}{name}.")


def wrong(entry: Entry, schema: Schema) -> Iterator[str]:
    """Yield the fields that an entry reads and a schema does not have."""
    for slot, expression in slots(entry):
        yield from checked(slot, expression, schema)
    for position, scope in enumerate(entry.rules):
        rule = schema
        if scope.each is not None:
            yield from (broken := list(checked(f"rules[{position}].each", scope.each, schema)))
            rule = ANY if broken else items(result(scope.each, schema))
        for slot, expression in slots(scope):
            if slot != "each":
                yield from checked(f"rules[{position}].{slot}", expression, rule)


def checked(slot: str, expression: Expression, schema: Schema) -> Iterator[str]:
    try:
        result(expression, schema)
    except NoSuchField as error:
        yield f"{slot}: {error}"


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_reads_only_fields_that_its_kind_is_known_to_have(name: str) -> None:
    entry = ENTRIES[name]
    key = key_of(entry, written())
    if key not in written():
        pytest.skip("its schema is recorded, in the fixtures")
    assert list(wrong(entry, written()[key])) == []


@pytest.mark.fixtures
@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_reads_only_fields_of_the_recorded_schema(name: str) -> None:
    entry = ENTRIES[name]
    key = key_of(entry, recorded())
    crd = recorded().get(key)
    if crd is None:
        key = key_of(entry, written())
        assert not recorded() or key in written(), "its fields are written down nowhere"
        pytest.skip("no schema of its kind is recorded")
    served = [schema for each in entry.resource.versions if (schema := schema_of(crd, each))]
    assert served, "none of its versions is served"
    assert crd["spec"]["names"]["kind"] == entry.resource.kind
    assert (crd["spec"]["scope"] == "Namespaced") == entry.resource.namespaced
    assert [each for schema in served for each in wrong(entry, schema)] == []


@pytest.mark.parametrize(
    "text",
    [
        "spec.names[0]",
        "spec.rules[].{a: path, b: to[].name}",
        "spec.rules[?path].to[] | [0].name",
        "spec.rules[*].to[].name[]",
        "spec.map.*.a",
        "values(spec.map)[].a",
        "entries(spec.map)[].{k: key, v: value.a}",
        "[spec.names, spec.rules[].path][]",
        "spec.{x: names}.x[0]",
        "spec.rules[].[path || to[0].name][]",
        "listed(spec.rules)[].path",
        "!(spec.names) && spec.rules[0].path == 'a'",
        "backend(spec.names[0]).anything",
        "sort_by(spec.rules, &path)",
    ],
)
def test_an_expression_on_fields_that_there_are_is_fine(text: str) -> None:
    result(Expression(text), THING)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("spec.name", "name"),
        ("spec.rules.path", "path"),
        ("spec.rules[].{a: paths}", "paths"),
        ("spec.rules[?pth].path", "pth"),
        ("spec.names[].x", "x"),
        ("spec.map.*.b", "b"),
        ("values(spec.map)[].b", "b"),
        ("entries(spec.map)[].value.b", "b"),
        ("[spec.names, spec.rules[].path][].x", "x"),
        ("spec.{x: names}.y", "y"),
        ("spec.names || spec.nomes", "nomes"),
        ("backend(spec.url)", "url"),
        ("sort_by(spec.rules, &pith)", "pith"),
        ("!spec.names", "names"),
    ],
)
def test_a_field_that_there_is_not_is_found(text: str, field: str) -> None:
    with pytest.raises(NoSuchField, match=rf"^{field}$"):
        result(Expression(text), THING)
