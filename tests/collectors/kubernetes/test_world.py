"""What was read of a cluster: whoever would say something else now is asked again, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Metadata, Thing, key_of
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.collectors.kubernetes.world import Subject, World


class PartSpec(Field):
    value: int = 0
    refers: str = ""


class Part(Thing):
    """Anything: a value, and what it refers to."""

    spec: PartSpec


def refers(thing: Part) -> Iterable[str]:
    return [thing.spec.refers] if thing.spec.refers else []


def resource(plural: str, role: Role = Role.SUPPORT) -> Resource:
    return Resource(
        group="",
        plural=plural,
        kind=plural.title(),
        versions=("v1",),
        type=Part,
        role=role,
        indexes={"refers": refers},
    )


ROUTES, GATES, PARTS = "routes", "gates", "parts"
RESOURCES = (resource(PARTS), resource(GATES, Role.GATEWAY), resource(ROUTES, Role.ROUTE))
NAMES = ("a", "b", "c")


def part(name: str, value: int = 0, refers: str = "") -> Part:
    return Part(Metadata(name=name, namespace="n"), PartSpec(value=value, refers=refers))


def values(things: Iterable[Any]) -> list[Any]:
    return [(each.key, each.spec.value, each.spec.refers) for each in things]


def expose(world: World, subject: Subject) -> Any:
    """Say something of a subject that leans on every manner of looking."""
    thing = world.find(subject.resource, subject.key)
    assert thing is not None
    look = world.look(subject)
    said = [values([thing]), *_behind(thing.spec.refers, look)]
    if thing.spec.value == 1:
        said.append(
            look.once("sum", thing.spec.refers, lambda look: sum_of(thing.spec.refers, look))
        )
    if thing.spec.value == 2:
        said.append(look.once("twice", "", twice))
    look.done()
    return said


def _behind(name: str, look: Look) -> Iterator[Any]:
    gate = look.get(GATES, key_of("n", name))
    yield gate is None and look.sees(GATES)
    if gate is not None:
        yield values([gate])
        yield values(look.those(PARTS, "refers", name))


def sum_of(name: str, look: Look) -> int:
    found: list[int] = [each.spec.value for each in look.those(PARTS, "refers", name)]
    return sum(found) + look.sees(PARTS)


def twice(look: Look) -> list[Any]:
    return [_sum_once(name, look) for name in "ab"] + [values(look.all(GATES))]


def _sum_once(name: str, look: Look) -> Any:
    return look.once("sum", name, lambda look: sum_of(name, look))


def subjects(world: World) -> list[Subject]:
    return [
        Subject(each.name, key)
        for each in RESOURCES
        if each.role is not Role.SUPPORT
        for key in world.keys(each.name)
    ]


@pytest.fixture
def world() -> World:
    return World(RESOURCES)


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"),
            st.sampled_from([each.name for each in RESOURCES]),
            st.sampled_from(NAMES),
            st.integers(0, 2),
            st.sampled_from(["", *NAMES]),
        ),
        st.tuples(
            st.just("drop"),
            st.sampled_from([each.name for each in RESOURCES]),
            st.sampled_from(NAMES),
        ),
        st.tuples(st.just("see"), st.sampled_from([GATES, PARTS]), st.booleans()),
        st.tuples(st.just("ask"), st.integers(0, 3)),
    ),
    max_size=40,
)


def take(world: World, step: tuple[Any, ...]) -> None:
    match step:
        case ("put", name, key, value, refers):
            world.put(name, part(key, value, refers))
        case ("drop", name, key):
            world.drop(name, f"n/{key}")
        case ("see", name, whole):
            world.see(name, whole=whole)


def afresh(world: World) -> dict[Subject, Any]:
    """Return what everybody would say of a world that was never asked before."""
    new = World(RESOURCES)
    for each in RESOURCES:
        for thing in world.held(each.name).values():
            new.put(each.name, thing)
        new.see(each.name, whole=world.sees(each.name))
    return {subject: expose(new, subject) for subject in subjects(new)}


@pytest.mark.no_cover
@settings(max_examples=150)
@given(STEPS)
def test_whoever_is_not_stale_would_say_the_same(steps: list[tuple[Any, ...]]) -> None:
    world = World(RESOURCES)
    said: dict[Subject, Any] = {}
    for step in steps:
        take(world, step)
        said = {subject: words for subject, words in said.items() if subject in subjects(world)}
        assert world.stale.keys() <= set(subjects(world))
        if step[0] == "ask":
            for subject in list(world.stale)[: step[1]]:
                said[subject] = expose(world, subject)
                assert said[subject] == afresh(world)[subject]
        true = afresh(world)
        differs = {subject for subject in true if said.get(subject) != true[subject]}
        assert differs <= world.stale.keys()


@settings(max_examples=100)
@given(STEPS)
def test_nothing_is_left_of_what_is_gone(steps: list[tuple[Any, ...]]) -> None:
    world = World(RESOURCES)
    for step in steps:
        take(world, step)
        for subject in list(world.stale):
            expose(world, subject)
    for each in RESOURCES:
        for key in world.keys(each.name):
            world.drop(each.name, key)
    kept: list[Any] = [
        world._indexed,
        world._lookers,
        world._looked,
        world.shared,
        world._works,
        world.doubted,
        world.stale,
    ]
    assert not any(kept)
    assert not any(world._things.values())


@pytest.mark.no_cover
@given(STEPS)
def test_what_is_worked_out_once_is_never_old_even_where_nothing_is_remembered(
    steps: list[tuple[Any, ...]],
) -> None:
    world = World(RESOURCES, remembers=False)
    for step in steps:
        take(world, step)
        true = afresh(world)
        assert {subject: expose(world, subject) for subject in subjects(world)} == true
        assert not world.stale


def test_what_is_shared_is_worked_out_once_until_it_changes(world: World) -> None:
    asked: list[str] = []

    def work(look: Look) -> int:
        asked.append("again")
        return sum_of("a", look)

    def ask(key: str) -> int:
        look = world.look(Subject(ROUTES, key))
        found = look.once("sum", "a", work)
        look.done()
        return found

    world.put(PARTS, part("x", 2, "a"))
    assert [ask("n/a"), ask("n/b"), ask("n/a")] == [2, 2, 2]
    assert len(asked) == 1
    world.put(PARTS, part("y", 3, "b"))
    assert (ask("n/b"), len(asked)) == (2, 1)
    world.put(PARTS, part("x", 5, "a"))
    assert set(world.stale) == {Subject(ROUTES, "n/a"), Subject(ROUTES, "n/b")}
    assert [ask("n/a"), ask("n/b")] == [5, 5]
    assert len(asked) == 2
    world.see(PARTS, whole=True)
    assert [ask("n/a"), len(asked)] == [6, 3]


def test_where_what_is_shared_comes_out_as_before_nobody_is_asked_again(world: World) -> None:
    def ask(key: str) -> int:
        look = world.look(Subject(ROUTES, key))
        found = look.once("twice", "a", lambda look: 2 * look.once("sum", "a", _sum_of_a))
        look.done()
        return found

    world.put(PARTS, part("x", 2, "a"))
    assert [ask("n/a"), ask("n/b")] == [4, 4]
    world.put(PARTS, part("y", 0, "a"))  # adds nothing to the sum
    assert not world.stale
    world.put(PARTS, part("y", 3, "a"))
    assert set(world.stale) == {Subject(ROUTES, "n/a"), Subject(ROUTES, "n/b")}
    assert [ask("n/a"), ask("n/b")] == [10, 10]
    assert not world.stale


def test_who_is_asked_before_that_is_worked_out_does_not_hear_of_old_sums(world: World) -> None:
    def ask(key: str) -> int:
        look = world.look(Subject(ROUTES, key))
        found = look.once("twice", "a", lambda look: 2 * look.once("sum", "a", _sum_of_a))
        look.done()
        return found

    world.put(PARTS, part("x", 2, "a"))
    assert [ask("n/a"), ask("n/b")] == [4, 4]
    world.put(PARTS, part("x", 5, "a"))
    assert ask("n/a") == 10
    assert list(world.stale) == [Subject(ROUTES, "n/b")]


def _sum_of_a(look: Look) -> int:
    return sum_of("a", look)


def test_an_object_that_is_as_it_was_makes_nobody_stale(world: World) -> None:
    world.put(ROUTES, part("a", refers="a"))
    expose(world, Subject(ROUTES, "n/a"))
    assert not world.put(ROUTES, part("a", refers="a"))
    assert not world.stale
    world.put(ROUTES, part("a", 1, refers="a"))
    assert list(world.stale) == [Subject(ROUTES, "n/a")]


def test_objects_of_an_index_come_in_the_order_of_their_keys(world: World) -> None:
    for name in "cab":
        world.put(PARTS, part(name, refers="x"))
    look = world.look(Subject(ROUTES, "n/a"))
    assert [each.key for each in look.those(PARTS, "refers", "x")] == ["n/a", "n/b", "n/c"]
    assert [each.key for each in look.all(PARTS)] == ["n/a", "n/b", "n/c"]


def test_what_is_not_read_is_not_there_and_not_seen(world: World) -> None:
    look = world.look(Subject(ROUTES, "n/a"))
    assert look.get("lanes", "n/a") is None
    assert list(look.those("lanes", "refers", "n/a")) == list(look.all("lanes")) == []
    assert not look.sees("lanes")


def test_an_object_says_whether_it_is_new_and_whether_it_was_there(world: World) -> None:
    assert world.put(PARTS, part("a"))
    assert not world.put(PARTS, part("a", 1))
    assert world.drop(PARTS, "n/a")
    assert not world.drop(PARTS, "n/a")
    assert world.find(PARTS, "n/a") is None


# ── Odd objects ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "everywhere", "here", "there"),
    [("n/a", False, False, True), ("m/a", False, True, False), ("", False, False, False)],
)
def test_nothing_follows_from_absence_where_an_object_could_not_be_read(
    key: str, everywhere: bool, here: bool, there: bool
) -> None:
    world = World(RESOURCES)
    world.see(PARTS, whole=True)
    world.doubt(PARTS, key)
    assert world.sees(PARTS) is everywhere
    assert (world.sees(PARTS, "n"), world.sees(PARTS, "m")) == (here, there)
    assert not world.sees(GATES)


def test_whoever_asked_is_asked_again_once_an_object_is_odd_and_once_it_is_not() -> None:
    world = World(RESOURCES)
    world.see(PARTS, whole=True)
    subject = Subject(ROUTES, "n/r")

    def stale() -> bool:
        was = subject in world.stale
        look = world.look(subject)
        look.sees(PARTS)
        look.done()
        return was

    assert not stale()
    world.doubt(PARTS, "n/a")
    assert stale()
    world.doubt(PARTS, "n/a")
    assert not stale()
    world.put(PARTS, part("a"))
    assert stale()
    assert world.sees(PARTS)
    world.doubt(PARTS, "n/a")
    world.drop(PARTS, "n/a")
    assert world.sees(PARTS)
