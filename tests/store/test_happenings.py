"""Changes of a view: each asked of its deployment as it was after it, of what went as it was before."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.errors import NotKept
from apiscape.model.known import PresenceChange, Verdict
from apiscape.model.vocabulary import ChangeKind
from apiscape.store import Conclusion, Store
from apiscape.store.reading.happenings import Happenings, Stretch
from apiscape.store.reading.reader import Reader
from tests.store.making import DAY, T0, batch, make, part, visit

EVERY = tuple(kind.value for kind in ChangeKind)


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store.database, lambda: T0 + 9 * DAY)


def read(reader: Reader, view: str = "", **stretch: Any) -> Happenings:
    known: dict[str, Any] = {"after": 0, "limit": 100, "kinds": EVERY}
    return reader.happenings(view, Stretch(**(known | stretch)))


def told(found: Happenings) -> list[tuple[int, str]]:
    return [(each.seq, each.kind) for each in found.items]


def test_each_change_is_asked_of_what_it_left_behind(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1, environment="staging"), make(2)))
    for day, word in enumerate(("production", "staging", "production"), start=1):
        visit(store, batch(make(1, environment=word), kind="changed"), at=T0 + day * DAY)
    assert told(read(reader, "environment:production")) == [
        *((2, "appeared"), (3, "changed"), (5, "changed")),
    ]
    assert told(read(reader, "environment:staging")) == [(1, "appeared"), (4, "changed")]


def test_of_what_went_it_is_asked_as_it_was_before(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1), make(2), make(3)))
    gone = [
        PresenceChange(uid=make(number).uid, presence=word)
        for number, word in ((1, "retired"), (2, "superseded"), (3, "missing"))
    ]
    visit(store, at=T0 + DAY, verdict=Verdict(presence=tuple(gone)))
    store.upkeep.forget(make(1).uid, by="ann", at=T0 + 2 * DAY)
    assert [kind for _, kind in told(read(reader, "presence:present", after=3))] == [
        *("retired", "superseded"),
    ]
    assert [kind for _, kind in told(read(reader, "presence:missing", after=3))] == ["missing"]
    assert [kind for _, kind in told(read(reader, "payments-1", after=3))] == [
        *("retired", "forgotten"),
    ]


def test_verdicts_and_paths_are_those_of_the_change(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1)))
    for day, health in enumerate(("healthy", "failing", "healthy"), start=1):
        said = Conclusion(health=health, basis="serving", errors_5xx=float(day))
        store.conclusions.save({make(1).uid: said}, (), seq=1, at=T0 + day * DAY)
    visit(store, batch(make(1, operations=()), kind="changed"), at=T0 + 5 * DAY)
    assert told(read(reader, "health:failing")) == [(3, "health")]
    assert told(read(reader, "paths:/payments", kinds=("changed", "health"))) == [
        *((3, "health"), (4, "health")),
    ]
    assert [seq for seq, _ in told(read(reader, "5xx>2"))] == [1, 2, 3, 4, 5]


def test_what_nobody_can_decide_is_counted_and_not_of_it(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1, environment="unknown"), make(2)), parts=[part()])
    found = read(reader, "environment:production")
    assert (told(found), found.undecided) == ([(2, "appeared")], 1)
    assert told(read(reader, "freshness:current")) == [(1, "appeared"), (2, "appeared")]


def test_of_a_deployment_that_is_not_kept_nobody_can_tell(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1), make(2)))
    gone = PresenceChange(uid=make(1).uid, presence="retired")
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    store.upkeep.forget(make(1).uid, by="ann", at=T0 + 2 * DAY)
    store.upkeep.retain(T0 + 403 * DAY)
    visit(store, batch(make(3)), at=T0 + 404 * DAY)
    found = read(reader, "payments")
    assert [each.name for each in found.items] == ["payments-2", "payments-3"]
    assert [each.name for each in read(reader).items] == ["payments-2", "payments-3"]
    with pytest.raises(NotKept):
        read(reader, after=1)


def test_the_log_is_read_in_stretches_of_some_kinds_up_to_a_number(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(*map(make, range(5))))
    visit(store, batch(make(1, title="x"), kind="changed"), at=T0 + DAY)
    first = read(reader, limit=2)
    assert (first.last_seq, first.more, len(first.items)) == (2, True, 2)
    rest = read(reader, after=2)
    assert (rest.last_seq, rest.more, len(rest.items)) == (6, False, 4)
    assert told(read(reader, kinds=("changed",))) == [(6, "changed")]
    until = read(reader, after=1, until=3)
    assert (until.last_seq, until.more, len(until.items)) == (3, False, 2)
    beyond = read(reader, after=40)
    assert (beyond.last_seq, beyond.more, beyond.items) == (40, False, ())
