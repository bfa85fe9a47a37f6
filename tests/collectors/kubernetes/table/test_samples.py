"""Each kind of the table, as it is written: what its objects expose, in full."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.kubernetes.table.room import ENTRIES, Room, elsewhere, loaded, trimmed

SAMPLES = {each.stem: each for each in sorted((Path(__file__).parent / "samples").glob("*.yaml"))}


@cache
def sample(name: str) -> dict[str, Any]:
    """Return a sample; whoever changes it copies it first."""
    told: dict[str, Any] = loaded(SAMPLES[name])
    return told


def found_in(told: dict[str, Any], objects: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return what objects expose, and what is said of those that are of other families."""
    others = [elsewhere(**each) for each in told.get("others", ())]
    room = Room(objects, others=others)
    exposed = {key: [trimmed(each) for each in held] for key, held in room.exposed().items()}
    described = {
        f"{resource.kind} {thing.key}": [trimmed(each) for each in room.told(resource, thing)]
        for resource, thing in room.put
        if resource in others
    }
    behind = {key: [trimmed(each) for each in held] for key, held in room.behind().items()}
    return exposed, described | behind | named_in(told, room)


def named_in(told: dict[str, Any], room: Room) -> dict[str, Any]:
    """Return what is said of what objects of other families name."""
    found = {
        f"{each['kind']} {each['namespace']}/{each['name']}": room.family.named(
            each["group"], each["kind"], each["namespace"], each["name"], room.look()
        )
        for each in told.get("named", ())
    }
    return {name: trimmed(each) for name, each in found.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_exposes_what_is_expected_of_it(name: str) -> None:
    told = sample(name)
    assert found_in(told, told["objects"]) == (told["expected"], told.get("described", {}))


@pytest.mark.parametrize("name", [each.id for each in ENTRIES])
def test_every_entry_has_a_sample_that_would_be_missed(name: str) -> None:
    (entry,) = [each for each in ENTRIES if each.id == name]
    kind = (entry.resource.group, entry.resource.kind)
    for told in map(sample, SAMPLES):
        rest = [
            each
            for each in told["objects"]
            if (each["apiVersion"].rpartition("/")[0], each["kind"]) != kind
        ]
        expected = (told["expected"], told.get("described", {}))
        if len(rest) < len(told["objects"]) and found_in(told, rest) != expected:
            return
    pytest.fail("no sample has an object of it that anything follows from")
