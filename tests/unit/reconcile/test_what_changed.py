"""What must hold of the differences between any two looks, whatever was seen."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.model.change import FieldChange
from apiscape.model.codec import detail_hash, facts_hash
from apiscape.model.deployment import DETAIL_FIELDS, VOLATILE_FIELDS, Deployment, Operation, Owner
from apiscape.model.security import ANONYMOUS
from apiscape.model.values import UNKNOWN, is_known
from apiscape.reconcile.compare import compare, differs, sight
from apiscape.reconcile.fields import LONGEST, diff
from tests.unit.reconcile.drawn import deployments
from tests.unit.reconcile.rows import NOON, deployment, known_of

LISTS = ("operations", "backends", "specs", "endpoints", "owners")


def canonical(item: Deployment) -> Deployment:
    """Return a deployment without times, its lists in one order."""
    lists = {name: getattr(item, name) for name in LISTS}
    ordered = {
        name: tuple(sorted(held, key=repr)) if is_known(held) else held
        for name, held in lists.items()
    }
    plain: dict[str, Any] = {name: UNKNOWN for name in VOLATILE_FIELDS if name != "provenance"}
    return msgspec.structs.replace(item, **ordered, **plain)


def turned(changes: tuple[FieldChange, ...]) -> list[FieldChange]:
    """Return the changes of the way back."""
    return [FieldChange(field=each.field, old=each.new, new=each.old) for each in changes]


def shuffled(item: Deployment, seed: int) -> Deployment:
    dice = random.Random(seed)
    lists = {name: getattr(item, name) for name in LISTS if is_known(getattr(item, name))}
    return msgspec.structs.replace(
        item, **{name: tuple(dice.sample(held, len(held))) for name, held in lists.items()}
    )


@settings(max_examples=50)
@given(deployments(), deployments())
def test_something_changed_wherever_something_differs_and_nowhere_else(
    before: Deployment, after: Deployment
) -> None:
    same = canonical(before) == canonical(after)
    assert (diff(before, after) == ()) is same


@settings(max_examples=50)
@given(deployments(), deployments())
def test_the_way_back_is_the_way_there_turned_round(before: Deployment, after: Deployment) -> None:
    assert list(diff(after, before)) == turned(diff(before, after))


@settings(max_examples=50)
@given(deployments(), deployments(), st.integers(0, 9))
def test_the_order_of_members_says_nothing(
    before: Deployment, after: Deployment, seed: int
) -> None:
    assert diff(before, shuffled(after, seed)) == diff(before, after)


@settings(max_examples=50)
@given(deployments(), deployments())
def test_a_kept_detail_takes_its_fields_out_and_no_others(
    before: Deployment, after: Deployment
) -> None:
    expected = [
        change for change in diff(before, after) if not change.field.startswith(DETAIL_FIELDS)
    ]
    assert list(diff(before, after, keeps_detail=True)) == expected


@settings(max_examples=50)
@given(deployments(), deployments())
def test_every_change_has_two_sides_that_differ_and_can_be_logged(
    before: Deployment, after: Deployment
) -> None:
    changes = diff(before, after)
    assert all(change.old != change.new for change in changes)
    assert len({change.field for change in changes}) == len(changes)
    logged = msgspec.json.encode(changes)
    assert msgspec.json.encode(msgspec.json.decode(logged, type=list[FieldChange])) == logged


@settings(max_examples=50)
@given(deployments(), deployments(), st.booleans())
def test_a_write_says_what_changed_exactly_where_the_content_moved(
    before: Deployment, after: Deployment, keeps: Any
) -> None:
    known = known_of(before)
    seen = sight(after, part="apis", listed_id=known.listed_id, at=NOON, keeps_detail=keeps)
    moved = facts_hash(before) != facts_hash(after)
    if not keeps:
        moved = moved or detail_hash(before) != detail_hash(after)
    assert differs(known, seen) is moved
    write = compare(known, seen, before)
    assert (write is not None) is moved
    if write is not None:
        assert (write.kind, write.facts) == ("changed", facts_hash(after))
        assert write.fields == diff(before, after, keeps_detail=keeps)
        assert write.detail == (known.detail if keeps else detail_hash(after))


@settings(max_examples=50)
@given(deployments(), deployments(), st.booleans())
def test_what_appears_or_returns_is_always_written_whole(
    before: Deployment, after: Deployment, keeps: Any
) -> None:
    seen = sight(after, part="apis", listed_id="a", at=NOON, keeps_detail=keeps)
    appeared = compare(None, seen)
    returned = compare(known_of(before, presence="retired"), seen, before)
    assert appeared is not None
    assert returned is not None
    assert (appeared.kind, appeared.detail) == ("appeared", detail_hash(after))
    assert (returned.kind, returned.keeps_detail) == ("returned", keeps)
    assert returned.fields == diff(before, after, keeps_detail=keeps)


# One by one: what the properties above do not draw.


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[FieldChange]:
    return list(diff(deployment(**old), deployment(**new)))


def many(count: int, **more: Any) -> tuple[Operation, ...]:
    return tuple(Operation("GET", f"/{index:03}", **more) for index in range(count))


@pytest.mark.parametrize(
    ("old", "new"), [((), ("GET /000",)), (("GET /000",), ())], ids=["came", "went"]
)
def test_members_that_only_came_or_only_went_have_an_empty_side(
    old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    sides = [{"operations": many(len(side))} for side in (old, new)]
    assert changes(*sides) == [FieldChange(field="operations", old=list(old), new=list(new))]


@pytest.mark.parametrize("over", [0, 1])
def test_members_are_named_one_by_one_up_to_the_limit(over: int) -> None:
    count = LONGEST + over
    before, after = {"operations": many(count)}, {"operations": many(count, security=ANONYMOUS)}
    said = changes(before, after)
    assert len(said) == LONGEST + over
    assert [change.field for change in said[:LONGEST]] == [
        f"operations[GET /{index:03}].security" for index in range(LONGEST)
    ]
    assert [change.new for change in said[LONGEST:]] == [1] * over
    [gone] = changes(before, {"operations": ()})
    assert gone.old[:LONGEST] == [f"GET /{index:03}" for index in range(LONGEST)]
    assert gone.old[LONGEST:] == ["and 1 more"] * over


def test_members_that_stand_do_not_count_towards_the_limit() -> None:
    before = many(LONGEST * 2)
    after = (msgspec.structs.replace(before[0], deprecated=True), *before[1:])
    assert [change.field for change in changes({"operations": before}, {"operations": after})] == [
        "operations[GET /000].deprecated"
    ]


def test_a_member_that_was_doubled_is_told_as_a_whole() -> None:
    once = (Owner("Tax"),)
    twice = (Owner("Tax"), Owner("Tax", contact="tax@example.org"))
    [doubled] = changes({"owners": once}, {"owners": twice})
    [single] = changes({"owners": twice}, {"owners": once})
    assert (doubled.field, single.field) == ("owners[owner Tax]", "owners[owner Tax]")
    assert doubled.old == {"name": "Tax"}
    assert doubled.new == [{"name": "Tax", "contact": "tax@example.org"}, {"name": "Tax"}]
    assert single.old == doubled.new


def test_a_detail_alone_that_moved_is_a_change() -> None:
    before, after = deployment(operations=many(1)), deployment(operations=many(2))
    seen = sight(after, part="apis", listed_id=before.native_api_id, at=NOON)
    write = compare(known_of(before), seen, before)
    assert write is not None
    assert write.fields == (FieldChange(field="operations", old=[], new=["GET /001"]),)
