"""What runs write of what stands around deployments."""

from __future__ import annotations

import msgspec

from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, Verdict
from apiscape.model.run import ErrorRecord, Exclusion, Gap
from apiscape.model.surroundings import Consumer, FrontDoor, Relation, Signal
from apiscape.model.vocabulary import Outcome
from apiscape.store import Store
from tests.store.looking import counts, records
from tests.store.making import (
    DAY,
    OTHER_SCOPE,
    SCOPE,
    T0,
    batch,
    make,
    part,
    visit,
)


def door(name: str, region: str | None = None) -> FrontDoor:
    return FrontDoor(
        uid=f"u-{name}",
        native_id=name,
        native_kind="domain",
        provider="aws",
        account="1",
        name=name,
        region=region,
        endpoint=Endpoint(url=f"https://{name}"),
    )


def around(*items: FrontDoor | Relation | Signal | Consumer, part: str = "domains") -> Batch:
    return Batch(
        surroundings=tuple((part, getattr(item, "native_id", "x"), item) for item in items)
    )


DOMAINS = part(name="domains")


def test_surroundings_are_versions_too_and_equal_ones_write_nothing(store: Store) -> None:
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    before = counts(store)
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    assert {name: n for name, n in counts(store).items() if n != before[name]} == {"run": 2}
    visit(store, around(door("a"), door("b", region="eu-west-2")), parts=[DOMAINS])
    assert [item.region for item in store.surroundings.current(FrontDoor)] == [None, "eu-west-2"]
    assert store.surroundings.current(Consumer) == ()
    spans = [(item["from_seq"], item["to_seq"]) for item in records(store, "surrounding")]
    assert spans == [(1, None), (2, 3), (3, None)]


def test_only_a_complete_part_closes_what_it_did_not_give_again(store: Store) -> None:
    visit(store, around(door("a"), door("b"), door("c"), door("d")), parts=[DOMAINS])
    partial = part(Outcome.PARTIAL, "domains")
    visit(store, around(door("a")), parts=[partial])
    assert len(store.surroundings.current(FrontDoor)) == 4
    denied = ErrorRecord(kind="access_denied", message="no")
    unsure = part(
        name="domains",
        failed=(Exclusion(native_id="b", error=denied),),
        gaps=(Gap(native_id="c", detail="mappings", error=denied),),
    )
    visit(store, around(door("a")), parts=[unsure])
    assert [item.name for item in store.surroundings.current(FrontDoor)] == ["a", "b", "c"]
    visit(store, parts=[DOMAINS])
    assert store.surroundings.current(FrontDoor) == ()


def test_what_stands_around_an_unchanged_object_stands_too(store: Store) -> None:
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    stands = Verdict(stands=(("domains", "a"), ("elsewhere", "b")))
    visit(store, parts=[DOMAINS], verdict=stands)
    assert [item.name for item in store.surroundings.current(FrontDoor)] == ["a"]


def test_a_door_that_two_scopes_see_stands_until_neither_does(store: Store) -> None:
    for scope in (SCOPE, OTHER_SCOPE):
        visit(store, around(door("a")), parts=[DOMAINS], scope=scope)
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[DOMAINS])
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[DOMAINS], scope=OTHER_SCOPE)
    assert store.surroundings.current(FrontDoor) == ()


def test_a_signal_measured_again_moves_its_time_and_nothing_else(store: Store) -> None:
    signal = Signal(subject_uid="u", name="expiry", value=30, observed_at=T0, source="acm")
    link = Relation(type="routes_to", from_uid="a", to_uid="b")
    visit(store, around(signal, link), parts=[DOMAINS])
    seq = store.changes.last_seq()
    again = msgspec.structs.replace(signal, observed_at=T0 + DAY)
    visit(store, around(again, link), parts=[DOMAINS])
    assert store.surroundings.current(Signal) == (again,)
    assert store.surroundings.current(Relation) == (link,)
    assert store.changes.last_seq() == seq
    visit(store, around(msgspec.structs.replace(again, value=29), link), parts=[DOMAINS])
    assert store.changes.last_seq() == seq + 1


def test_changes_of_surroundings_are_not_among_those_of_deployments(store: Store) -> None:
    visit(store, around(door("a")), batch(make(1)), parts=[DOMAINS])
    assert [(change.seq, change.kind) for change in store.changes.after(0)] == [(2, "appeared")]
    assert store.changes.last_seq() == 2
