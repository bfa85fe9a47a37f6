"""Verdicts on names are kept beside what collectors see, on both databases, and who holds hosts is read whole."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.surroundings import DANGLES, FrontDoor, Gateway, Signal
from apiscape.model.values import UNKNOWN
from apiscape.store import Store
from tests.store.looking import records
from tests.store.making import DAY, PART, T0, batch, make, visit


def door(name: str, **more: Any) -> FrontDoor:
    given: dict[str, Any] = {
        "endpoint": Endpoint(f"https://{name}"),
        "answers_at": (f"d.{name}",),
    } | more
    return FrontDoor(
        uid=name,
        native_id=name,
        native_kind="k",
        provider="aws",
        account="1",
        name=name,
        **given,
    )


def around(*seen: Any) -> Batch:
    return Batch(surroundings=tuple((PART, "listed", item) for item in seen))


def verdict(name: str, value: bool | None, why: str = "why") -> Signal:
    return Signal(name, DANGLES, value, T0, "conclude", reason=why)


NAMES = (door("a.example", is_name=True), door("b.example", is_name=True))


def keep(store: Store, *verdicts: Signal, seq: int = 1) -> frozenset[str]:
    told = {each.subject_uid: each for each in verdicts}
    return store.pointing.save(told, name="names", seq=seq, at=T0)


def test_only_what_says_something_else_is_kept_anew(store: Store) -> None:
    visit(store, around(*NAMES))
    first = verdict("a.example", True), verdict("b.example", None)
    assert keep(store, *first) == {"a.example", "b.example"}
    assert store.pointing.verdicts() == {each.subject_uid: each for each in first}
    later = [msgspec.structs.replace(each, observed_at=T0 + DAY) for each in first]
    seq = store.changes.last_seq()
    assert keep(store, *later, seq=2) == frozenset()
    assert (store.changes.last_seq(), store.conclusions.cursor("names")) == (seq, 2)
    assert keep(store, verdict("a.example", True, "else"), first[1]) == {"a.example"}
    assert keep(store, verdict("a.example", True, "else")) == {"b.example"}
    assert list(store.pointing.verdicts()) == ["a.example"]


def test_a_verdict_is_closed_by_no_listing_and_touches_nobody(store: Store) -> None:
    visit(store, around(*NAMES))
    seq = store.changes.last_seq()
    keep(store, verdict("a.example", True))
    touched = store.conclusions.touched(seq)
    assert (touched.uids, touched.surroundings) == ((), ())
    assert touched.seq == store.changes.last_seq() > seq
    visit(store, around(*NAMES))
    visit(store)
    assert list(store.pointing.verdicts()) == ["a.example"]
    assert keep(store) == {"a.example"}
    ended = [each["to_seq"] for each in records(store, "surrounding") if each["kind"] == "verdict"]
    assert ended == [store.changes.last_seq()]


def test_a_verdict_on_a_name_that_does_not_stand_is_not_kept(store: Store) -> None:
    keep(store, verdict("a.example", True))
    assert store.pointing.verdicts() == {}


def test_who_has_and_had_hosts_is_told_with_whether_it_stands(store: Store) -> None:
    items = (
        make(1, endpoints=(Endpoint("https://one.example/v1", enabled=False),)),
        make(2, endpoints=UNKNOWN, native_api_id="aws:1:r:apigateway:two"),
    )
    gateway = Gateway("g", "g", "k", "aws", "1", "gate", hostnames=("g.example",))
    visit(store, batch(*items), around(door("c.example"), gateway, NAMES[0]))
    gone = Verdict(presence=(PresenceChange(uid=items[0].uid, presence="retired"),))
    visit(store, verdict=gone)
    held = {holder.title: holder for holder in store.pointing.holders(["aws"])}
    assert sorted(held) == sorted((items[0].name, items[1].name, "c.example", "gate"))
    one, two = held[items[0].name], held[items[1].name]
    assert (one.hosts, one.stands) == (("one.example",), False)
    assert (two.hosts, two.native, two.stands) == (UNKNOWN, "two", True)
    assert held["c.example"].hosts == ("c.example", "d.c.example")
    assert (held["c.example"].stands, held["gate"].stands) == (False, False)
    assert held["gate"].hosts == ("g.example",)
    assert store.pointing.holders(["azure"]) == ()
