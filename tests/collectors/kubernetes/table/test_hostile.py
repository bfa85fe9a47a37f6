"""Objects that are not as their kinds have to be: whatever stands in them, the others go on, and nothing is made up."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed, Stated
from apiscape.collectors.kubernetes.resource import Role
from apiscape.collectors.kubernetes.table.picking import MAX_RULES
from apiscape.collectors.kubernetes.table.slots import MAX_ITEMS, MAX_TEXT
from apiscape.collectors.kubernetes.world import Subject
from tests.collectors.kubernetes.table.room import (
    Json,
    Room,
    elsewhere,
    gate,
    route,
    rules,
    trimmed,
)
from tests.collectors.kubernetes.table.test_samples import SAMPLES, sample

ODD: tuple[Any, ...] = (None, 7, -1.5, True, "odd", [], {}, [None], [[{}]], {"odd": [1]})


def places(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the trails of all values below a value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, held in inner:
        yield (*trail, key)
        yield from places(held, (*trail, key))


def changed(made: Json, trail: tuple[Any, ...], value: Any) -> Json:
    """Return an object with another value at a place."""
    copied = copy.deepcopy(made)
    target: Any = copied
    for key in trail[:-1]:
        target = target[key]
    target[trail[-1]] = value
    return copied


NEIGHBOURS = (
    (
        "route.openshift.io/v1",
        "Route",
        {"host": "n.example", "to": {"kind": "Service", "name": "n"}},
    ),
    ("projectcontour.io/v1", "HTTPProxy", {"virtualhost": {"fqdn": "n.example"}, "routes": [{}]}),
)


def neighbours() -> list[Json]:
    """Return APIs that nothing in a sample has a part in."""
    metadata = {"name": "neighbour", "namespace": "next-door"}
    return [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
        for version, kind, spec in NEIGHBOURS
    ]


def said_of_neighbours(room: Room) -> dict[str, Any]:
    found = room.exposed()
    return {name: trimmed(told) for name, told in found.items() if "next-door/" in name}


def is_sound(exposed: Stated) -> bool:
    """Say whether what is stated is known, or said to be unread: never open for want of reading it."""
    if not isinstance(exposed, Exposed):
        return True
    unread = any(each.endswith("could not be read") for each in exposed.incomplete)
    return not unread or not any(
        (rule.security.evidence or "").endswith("all that holds for it ask nothing")
        for rule in exposed.rules or ()
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_whatever_stands_in_place_of_a_value_concerns_nobody_else(name: str) -> None:
    told = sample(name)
    others = [elsewhere(**each) for each in told.get("others", ())]
    room = Room([*neighbours(), *told["objects"]], others=others)
    before = said_of_neighbours(room)
    assert len(before) == len(NEIGHBOURS)
    whole = {key: trimmed(each) for key, each in room.exposed().items()}
    for made in told["objects"]:
        body = {
            key: held for key, held in made.items() if key not in {"apiVersion", "kind", "metadata"}
        }
        for at, trail in enumerate(places(body)):
            resource, thing = room.add(changed(made, trail, ODD[at % len(ODD)]))
            look = room.world.look(Subject(resource.name, thing.key))
            if resource.role is not Role.SUPPORT:
                assert all(map(is_sound, room.family.expose(resource, thing, look))), trail
            for each in room.family.describing(resource, thing.metadata, look):
                assert each.by
        room.add(made)
        assert said_of_neighbours(room) == before
    assert {key: trimmed(each) for key, each in room.exposed().items()} == whole


@pytest.mark.parametrize("value", ODD)
def test_a_body_that_is_no_object_at_all_is_read_as_nothing(value: Any) -> None:
    for resource in Room().family.resources:
        made = {
            "apiVersion": f"{resource.group}/v1",
            "kind": resource.kind,
            "metadata": {"name": "a", "namespace": "b"},
        }
        room = Room([*neighbours(), made | {"spec": value, "status": value}])
        assert len(said_of_neighbours(room)) == len(NEIGHBOURS)
        assert room.put[-1][1].key == "b/a"
        for exposed in room.exposed().get(f"{resource.kind} b/a", ()):
            assert is_sound(exposed)
            assert not getattr(exposed, "owners", ())
            assert not getattr(exposed, "hosts", ())
            targets = [rule.targets for rule in getattr(exposed, "rules", ()) or ()]
            assert {to.name for each in targets for to in each} <= {"a"}


def test_a_thousand_rules_are_read_and_not_without_end() -> None:
    text = "  rules:\n    - each: spec.rules[]\n      matches: '{path: path}'\n"
    many = [{"path": f"/{at}"} for at in range(MAX_RULES + 5)]
    exposed = route(text, spec={"rules": many[:1000]}).one()
    assert (len(exposed.rules or ()), exposed.incomplete) == (1000, ())
    exposed = route(text, spec={"rules": many}).one()
    assert len(exposed.rules or ()) == MAX_RULES
    assert exposed.incomplete == ("only the first 2,000 rules are read",)


def test_a_list_in_a_slot_ends_somewhere() -> None:
    exposed = route(
        "  owners: 'spec.owners[].{name: @}'\n", spec={"owners": ["a"] * (MAX_ITEMS + 1)}
    ).one()
    assert len(exposed.owners) == MAX_ITEMS
    assert exposed.incomplete == ("only the first 1,000 of owners are read",)


def test_a_text_ends_somewhere() -> None:
    text = "  title: spec.title\n  owners: '{name: spec.title}'\n  links: '{a: spec.title}'\n"
    exposed = route(text, spec={"title": "x" * 1_000_000}).one()
    assert len(exposed.title or "") == MAX_TEXT
    assert len(exposed.owners[0].value) == MAX_TEXT
    assert len(exposed.links["a"]) == MAX_TEXT


def test_names_with_escapes_are_kept_as_they_are_for_whoever_shows_them() -> None:
    name = "a\x1b[31m\u202egpj"
    exposed = route("  title: metadata.name\n", metadata={"name": name}).one()
    assert exposed.title == name


def test_large_annotations_are_read_and_none_of_them_is_json_that_never_ends() -> None:
    text = "  title: 'parse_json(metadata.annotations.big).title'\n"
    big = '{"title": "t", "pad": "' + "x" * 1_048_576 + '"}'
    assert route(text, metadata={"annotations": {"big": big}}).one().title is None
    assert route(text, metadata={"annotations": {"big": '{"title": "t"}'}}).one().title == "t"


def test_what_is_nested_without_end_is_left_out() -> None:
    nested: Any = "end"
    for _ in range(900):
        nested = [nested]
    room = route("  owners: '{name: spec.deep}'\n  title: spec.deep\n", spec={"deep": nested})
    assert room.one().incomplete == ("owners could not be read",)


def test_many_hosts_are_not_addresses_without_end() -> None:
    text = "  addresses: '{scheme: `\"https\"`}'\n  rules:\n    - hosts: spec.hosts\n"
    exposed = route(text, spec={"hosts": [f"h{at}.example" for at in range(600)]}).one()
    assert len(exposed.addresses or ()) == 500
    assert exposed.incomplete == ("only the first 500 addresses are read",)


def test_many_backends_of_a_rule_end() -> None:
    text = "  rules:\n    - targets: 'spec.to[].{name: @}'\n"
    exposed = route(text, spec={"to": [f"s{at}" for at in range(300)]}).one()
    assert len(rules(exposed)[0].targets) == 200
    assert exposed.incomplete == ("only the first 200 backends of a rule are read",)


def test_rules_that_are_no_objects_are_left_out_and_told() -> None:
    exposed = route(
        "  rules:\n    - each: spec.rules[]\n", spec={"rules": ["a", {"b": 1}, 7]}
    ).one()
    assert len(exposed.rules or ()) == 1
    assert exposed.incomplete == ("rules[0].each could not be read",)


def test_what_is_of_no_resource_of_the_table_exposes_nothing() -> None:
    room = Room([gate()], others=[elsewhere("x.example", "gates", "Gate")])
    ((resource, thing),) = room.put
    assert list(room.family.expose(resource, thing, room.look())) == []


def test_what_is_served_nowhere_is_not_listed() -> None:
    room = route("  not_if: spec.off\n", spec={"off": True})
    assert room.exposed() == {}
    assert isinstance(route("  not_if: spec.off\n", spec={"off": False}).one(), Exposed)
