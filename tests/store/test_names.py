"""What was concluded of names is read with where they are written, who looked, and since when it is so."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.client.names import DnsName
from apiscape.model.known import Batch
from apiscape.model.values import UNKNOWN
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.store.making import DAY, PART, T0, visit
from tests.store.named import VERDICTS, ZONES, a_name, fill_names, judge


def names(store: Store) -> dict[str, DnsName]:
    found = Reader(store.database, lambda: T0 + 2 * DAY).names("", limit=100).items
    return {each.name.partition(".")[0]: each for each in found}


def test_a_name_is_told_with_its_evidence(store: Store) -> None:
    assert names(store) == {}
    fill_names(store)
    held = names(store)
    assert list(held) == ["old", "odd", "fine"]
    assert {name: each.dangling for name, each in held.items()} == {
        "old": "yes",
        "odd": "unknown",
        "fine": "no",
    }
    old = held["old"]
    assert (old.zone, old.points_at) == ("public zone example", ("old.host.example",))
    assert (old.scope, old.source, old.product) == (ZONES.key, "prod", ZONES.product)
    assert (old.reason, old.since, old.seen_at) == (VERDICTS["old"][1], T0, T0)
    assert (old.uid, old.account) == ("name-old", "111122223333")


def test_a_name_is_so_since_it_was_first_judged_so(store: Store) -> None:
    fill_names(store)
    judge(store, T0 + DAY, odd=(None, "for another reason"), fine=(True, "gone"))
    held = names(store)
    assert (held["odd"].since, held["odd"].reason) == (T0, "for another reason")
    assert (held["fine"].since, held["fine"].dangling) == (T0 + DAY, "yes")


def test_what_is_no_longer_listed_is_no_name(store: Store) -> None:
    fill_names(store)
    visit(store, scope=ZONES, at=T0 + DAY)
    seen = (PART, "Z1", a_name("old"))
    assert set(names(store)) in ({"old", "odd", "fine"}, set())
    visit(store, Batch(surroundings=(seen,)), scope=ZONES, at=T0 + 2 * DAY)
    assert names(store)["old"].seen_at == T0 + 2 * DAY


def test_a_name_that_two_sources_list_is_there_once_as_seen_last(store: Store) -> None:
    other = msgspec.structs.replace(ZONES, source="again")
    fill_names(store)
    fill_names(store, T0 + DAY, other)
    held = names(store)
    assert len(held) == len(VERDICTS)
    assert held["old"].seen_at in {T0, T0 + DAY}


@pytest.mark.parametrize("value", [UNKNOWN, ()])
def test_a_name_of_which_nobody_knows_where_it_points_is_there(store: Store, value: object) -> None:
    fill_names(store)
    unread = msgspec.structs.replace(a_name("old"), routes=value)
    visit(store, Batch(surroundings=((PART, "Z1", unread),)), scope=ZONES, at=T0 + DAY)
    judge(store, T0 + DAY)
    assert names(store)["old"].points_at == ()
