"""Whatever objects hold, each is read or odd, and nothing is made up of it.

Objects are made of the fields that an entry reads, with values in between that do not belong there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.exposed import Exposed, Stated
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.resource import Resource, Role
from apiscape.collectors.kubernetes.table.describing import Told
from apiscape.collectors.kubernetes.table.family import TableFamily
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.table.sketch import SWITCHES
from apiscape.collectors.kubernetes.world import Subject, World
from apiscape.model.vocabulary import Lifecycle, Requirement, Status, Style, Switch
from tests.collectors.kubernetes.table.room import ENTRIES, Json
from tests.collectors.kubernetes.table.test_paths import written
from tests.collectors.kubernetes.table.test_samples import SAMPLES, sample
from tests.tools.crd_paths import Schema

EXAMPLES = 10
LARGEST = 600_000
FAMILY = TableFamily(ENTRIES)
PLAIN = {"metadata": {"name": "plain", "namespace": "shop"}}
TEXTS = (
    "",
    "a",
    "shop/a",
    "/",
    "~ ^/x",
    "/~/v\\d+",
    "a.example.com",
    "*.example.com",
    "https://user:pass@a.example.com:443/x?y=z",
    "http://[::1:80",
    "//:99999",
    "svc.shop.svc.cluster.local:x",
    "Host(`a.example`) && (Path(`/x`) || !Method(`GET`))",
    "Host(`a" + "(" * 40,
    "True",
    "\x1b[31m\u202e\x00",
    "x" * 1_048_576,
)
LONG = "x" * 65_536
NUMBERS = (0, 1, 443, -1, 65_536, 10**30, 1.5)

Strategy = st.SearchStrategy[Any]


def nested(levels: int) -> Any:
    """Return lists and objects in each other, deeper than anybody reads."""
    value: Any = "a"
    for at in range(levels):
        value = [value] if at % 2 else {"name": value}
    return value


DEEP = nested(600)
ODD = st.sampled_from(
    (
        None,
        True,
        7,
        1.5,
        "odd",
        "",
        [],
        {},
        [None],
        [[{}]],
        [None, "a", {"a": None}],
        {"a": 1},
        DEEP,
    )
)
SCALARS: Mapping[str, Strategy] = {
    "string": st.sampled_from(TEXTS),
    "integer": st.sampled_from(NUMBERS),
    "number": st.sampled_from(NUMBERS),
    "boolean": st.booleans(),
}


@st.composite
def sometimes_odd(draw: st.DrawFn, fit: Strategy) -> Any:
    """Draw what fits; one time of six, something that does not."""
    return draw(ODD) if draw(st.integers(0, 5)) == 0 else draw(fit)


def values(schema: Schema) -> Strategy:
    """Return values of a schema, each part of them at times odd."""
    kind = schema.get("type")
    if kind == "array":
        return sometimes_odd(st.lists(values(schema["items"]), max_size=2))
    if kind == "object":
        named = {name: values(held) for name, held in schema.get("properties", {}).items()}
        fields = st.fixed_dictionaries({}, optional=named)
        more = schema.get("additionalProperties")
        if more is None:
            return sometimes_odd(fields)
        return sometimes_odd(
            fields | st.dictionaries(st.sampled_from("ab"), values(more), max_size=2)
        )
    return sometimes_odd(SCALARS.get(str(kind), ODD))


@cache
def shapes() -> Mapping[tuple[str, str], Schema]:
    """Return what objects of samples are made of, by group and kind."""
    found: dict[tuple[str, str], list[Json]] = {}
    for made in (each for name in SAMPLES for each in sample(name)["objects"]):
        key = (made["apiVersion"].rpartition("/")[0], made["kind"])
        found.setdefault(key, []).append(made)
    return {key: shape(objects) for key, objects in found.items()}


def shape(held: list[Any]) -> Schema:
    """Return the schema of some values."""
    maps = [each for each in held if isinstance(each, dict)]
    if maps:
        names = dict.fromkeys(name for each in maps for name in each)
        return {
            "type": "object",
            "properties": {name: shape([e[name] for e in maps if name in e]) for name in names},
        }
    lists = [each for each in held if isinstance(each, list)]
    if lists:
        return {"type": "array", "items": shape([item for each in lists for item in each])}
    words = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": words.get(type(held[0]), "any") if held else "any"}


def filled(schema: Schema, leaf: Any) -> Any:
    """Return a value of a schema, of which each scalar is the same."""
    if schema.get("type") == "array":
        return [filled(schema["items"], leaf)]
    if schema.get("type") == "object":
        more = schema.get("additionalProperties")
        extra = {} if more is None else {"a": filled(more, leaf)}
        return {name: filled(held, leaf) for name, held in schema["properties"].items()} | extra
    return leaf


def schema_of_entry(entry: Entry) -> Schema:
    """Return what is known of the fields that an entry reads."""
    kind = entry.resource
    known = written().get((kind.group, kind.plural)) or shapes()[(kind.group, kind.kind)]
    fields = {name: known["properties"].get(name, {}) for name in kind.fields}
    return {"type": "object", "properties": fields}


def metadata(entry: Entry) -> Strategy:
    """Return metadata of an object, with what the entry looks at in it."""
    text = st.sampled_from(TEXTS)
    annotation = entry.policies.annotation if entry.policies else None
    names = st.sampled_from(["global", "networking.knative.dev/visibility", annotation or "a"])
    texts = sometimes_odd(st.dictionaries(names, text, max_size=2))
    owner = {"kind": text, "name": text, "apiVersion": text}
    optional = {
        "generation": st.sampled_from((0, 3)),
        "labels": texts,
        "annotations": texts,
        "ownerReferences": sometimes_odd(st.lists(st.fixed_dictionaries(owner), max_size=1)),
    }
    named = {"name": st.just("a"), "namespace": st.just("shop")}
    return st.fixed_dictionaries(named, optional=optional)


def stated(resource: Resource, thing: Any, world: World) -> Iterator[Stated]:
    """Yield what an object states by itself."""
    if resource.role is not Role.SUPPORT:
        look = world.look(Subject(resource.name, thing.key))
        yield from FAMILY.expose(resource, thing, look)


@cache
def alone(name: str) -> list[Stated]:
    """Return what a plain object of a resource states where there is nothing else."""
    resource = next(each for each in FAMILY.resources if each.name == name)
    assert resource.pick is not None
    thing = resource.pick(msgspec.convert(PLAIN, resource.type))
    world = World(FAMILY.resources)
    for each in FAMILY.resources:
        world.see(each.name, whole=True)
    world.put(name, thing)
    return list(stated(resource, thing, world))


def said(entry: Entry, resource: Resource, made: Json) -> Iterator[Stated | Told]:
    """Yield all that is said of an object beside a plain one, which is always read."""
    body = json.dumps({"metadata": {}, "items": [made, PLAIN]}).encode()
    page: Any = Decoder(resource.type).page(body, "list")
    assert len(page.items) + len(page.odd) == 2
    assert page.items[-1].metadata.name == "plain"
    assert all(each.why and "plain" not in each.key for each in page.odd)
    world = World(FAMILY.resources)
    for each in FAMILY.resources:
        world.see(each.name, whole=True)
    things = [resource.pick(each) for each in page.items] if resource.pick else []
    assert len(things) == len(page.items)
    for thing in things:
        world.put(resource.name, thing)
    for thing in things:
        if thing.key == "shop/plain":
            assert list(stated(resource, thing, world)) == alone(resource.name)
        look = world.look(Subject(resource.name, thing.key))
        if resource.role is not Role.SUPPORT:
            yield from FAMILY.expose(resource, thing, look)
        yield from FAMILY.describing(resource, thing.metadata, look)
        kind = entry.resource
        told = FAMILY.named(kind.group, kind.kind, "shop", thing.metadata.name, look)
        yield from [told] if told else []


def is_of_the_model(found: Stated | Told) -> bool:
    """Say whether something is of the form that it states, and of a size to be kept."""
    plain = msgspec.to_builtins(found)
    is_the_same = msgspec.convert(plain, type(found)) == found
    plain.pop("metadata", None)
    return is_the_same and len(msgspec.json.encode(plain)) < LARGEST


def words_unheard_of(found: Stated | Told) -> list[str]:
    """Return the words that something says and that no vocabulary has."""
    if not isinstance(found, Exposed):
        return []
    said = [
        (found.style, Style),
        (found.status, Status),
        (found.lifecycle, Lifecycle),
        *((getattr(found, name), Switch) for name in SWITCHES),
        *((rule.security.requirement, Requirement) for rule in found.rules or ()),
    ]
    return [word for word, vocabulary in said if word not in set(vocabulary)]


def made_up(found: Stated | Told) -> list[str]:
    """Return the evidence of what is said to be open by default, though something could not be read."""
    if not isinstance(found, Exposed):
        return []
    if not any(each.endswith("could not be read") for each in found.incomplete):
        return []
    rules = [rule.security for rule in found.rules or ()]
    open_to_all = [each.evidence or "" for each in rules if each.requirement == Requirement.NONE]
    return [each for each in open_to_all if each.endswith("all that holds for it ask nothing")]


@pytest.mark.parametrize("name", [each.id for each in ENTRIES])
def test_any_object_is_read_or_odd_and_nothing_is_made_up(name: str) -> None:
    entry = next(each for each in ENTRIES if each.id == name)
    resource = next(each for each in FAMILY.resources if each.name == entry.resource.name)
    body = values(schema_of_entry(entry))

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    @given(fields=body, about=metadata(entry))
    def holds(fields: Any, about: Json) -> None:
        made = (fields if isinstance(fields, dict) else {"spec": fields}) | {"metadata": about}
        tried.append(made)
        for found in said(entry, resource, made):
            assert is_of_the_model(found)
            assert words_unheard_of(found) == made_up(found) == []

    tried: list[Json] = []
    holds()
    assert len(tried) >= EXAMPLES // 2, "most of what was made was thrown away"


@pytest.mark.parametrize("leaf", [DEEP, LONG, None, [], {}, 7], ids=lambda leaf: str(leaf)[:4])
@pytest.mark.parametrize("name", [each.id for each in ENTRIES])
def test_an_object_with_the_same_odd_value_everywhere_is_read(name: str, leaf: Any) -> None:
    entry = next(each for each in ENTRIES if each.id == name)
    resource = next(each for each in FAMILY.resources if each.name == entry.resource.name)
    made = filled(schema_of_entry(entry), leaf) | {"metadata": {"name": "a", "namespace": "shop"}}
    told = list(said(entry, resource, made))
    assert all(map(is_of_the_model, told))
    assert [word for found in told for word in (*words_unheard_of(found), *made_up(found))] == []
