"""Who calls: by name, with what they are let in to and how often, as far as an object says."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Called
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.table.room import Room, entry_of, gate

HEAD = (
    "- id: caller\n  role: consumer\n"
    "  resource: {group: x.example, plural: callers, kind: Caller, versions: [v1]}\n"
)
ATTACHES = "  attaches:\n    each: spec.to\n    kinds: {Gate: gates.x.example}\n"


def called(text: str, **spec: Any) -> Called:
    room = Room([gate(kind="Caller", spec=spec)], entries=entry_of(HEAD + text))
    ((each,),) = room.exposed().values()
    assert isinstance(each, Called)
    return each


def test_a_caller_of_whom_only_the_name_is_read_is_let_in_nobody_knows_where() -> None:
    found = called("  title: spec.name\n", name="Till")
    assert (found.name, found.admits) == ("Till", UNKNOWN)
    assert (found.rate_limit_per_s, found.quota) == (UNKNOWN, UNKNOWN)


def test_a_caller_without_a_title_in_its_entry_is_only_counted() -> None:
    room = Room([gate(kind="Caller", spec={"name": "Till"})], entries=entry_of(HEAD + ATTACHES))
    assert room.exposed() == {}


@pytest.mark.parametrize(
    ("to", "admits"),
    [
        ([], ()),
        (
            [{"kind": "Gate", "name": "a"}, {"kind": "Gate", "name": "a", "namespace": "shop"}],
            (("x.example/gates", "shop/a"),),
        ),
        ([{"kind": "Gate", "name": "a", "namespace": "b"}], (("x.example/gates", "b/a"),)),
        ([{"kind": "Gate", "name": "a"}, {"kind": "Door", "name": "b"}], UNKNOWN),
        ([{"kind": "Gate", "labels": {"team": "a"}}], UNKNOWN),
    ],
)
def test_it_is_known_what_a_caller_is_let_in_to_where_every_reference_is(
    to: Any, admits: Any
) -> None:
    assert called("  title: spec.name\n" + ATTACHES, to=to).admits == admits


@pytest.mark.parametrize(
    ("allows", "rate", "quota"),
    [
        ({"rate": 30, "per_s": 60, "quota": 10, "renewed_s": 60}, 0.5, "10/60s"),
        ({"rate": -1, "per_s": 60, "quota": -1, "renewed_s": 60}, None, None),
        ({"rate": 5, "per_s": 0, "quota": 10}, None, "10"),
        ({"rate": 5, "quota": 10, "renewed_s": 0}, UNKNOWN, "10"),
        ({}, UNKNOWN, UNKNOWN),
    ],
)
def test_no_limit_is_another_thing_than_one_that_nobody_states(
    allows: Any, rate: Any, quota: Any
) -> None:
    found = called("  title: spec.name\n  allows: spec.allows\n", allows=allows)
    assert (found.rate_limit_per_s, found.quota) == (rate, quota)
