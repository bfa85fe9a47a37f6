from __future__ import annotations

from datetime import timedelta

from apiscape.model.deployment import Traffic
from apiscape.model.measured import Measured
from apiscape.model.surroundings import Signal
from apiscape.store import Store
from tests.store.looking import count
from tests.store.making import T0, batch, make, visit

ONE, TWO = make(1), make(2)


def counted(requests: int) -> Measured:
    return Measured(traffic=Traffic(window_s=900, until=T0, requests=requests))


def test_the_newest_of_each_source_is_kept(store: Store) -> None:
    visit(store, batch(ONE, TWO))
    assert store.measurements.save("a", {ONE.uid: counted(1), TWO.uid: counted(2)}) == 2
    assert store.measurements.save("b", {ONE.uid: counted(3)}) == 1
    assert store.measurements.save("a", {ONE.uid: counted(4)}) == 1
    assert store.measurements.load([ONE.uid, TWO.uid]) == {
        ONE.uid: (counted(4), counted(3)),
        TWO.uid: (counted(2),),
    }
    assert count(store, "measurement") == 3


def test_what_is_not_stored_is_passed_over(store: Store) -> None:
    visit(store, batch(ONE))
    assert store.measurements.save("a", {"nobody": counted(1)}) == 0
    assert store.measurements.load(["nobody", ONE.uid]) == {}


def test_when_a_source_last_measured_any_of_some_deployments(store: Store) -> None:
    later = T0 + timedelta(minutes=5)
    visit(store, batch(ONE, TWO))
    unmeasured = Signal(
        subject_uid=TWO.uid, name="traffic.unmeasured", value=None, observed_at=later, source="a"
    )
    store.measurements.save("a", {ONE.uid: counted(1), TWO.uid: Measured(signals=(unmeasured,))})
    store.measurements.save("b", {ONE.uid: Measured()})
    newest = store.measurements.newest
    assert newest("a", [ONE.uid, TWO.uid]) == later
    assert newest("a", [ONE.uid]) == T0
    assert (newest("b", [ONE.uid]), newest("b", [TWO.uid]), newest("a", [])) == (None, None, None)


def test_measuring_moves_neither_the_log_nor_what_is_shown(store: Store) -> None:
    visit(store, batch(ONE))
    seq = store.changes.last_seq()
    store.measurements.save("a", {ONE.uid: counted(1)})
    assert store.changes.last_seq() == seq


def test_who_measures_what_is_known_and_may_be_forgotten(store: Store) -> None:
    visit(store, batch(ONE, TWO))
    store.measurements.save("a", {ONE.uid: counted(1), TWO.uid: counted(1)})
    store.measurements.save("b", {ONE.uid: counted(1)})
    assert store.measurements.subjects() == {
        ONE.uid: frozenset({"a", "b"}),
        TWO.uid: frozenset({"a"}),
    }
    store.measurements.forget("a", [ONE.uid, "nobody"])
    assert store.measurements.subjects() == {
        ONE.uid: frozenset({"b"}),
        TWO.uid: frozenset({"a"}),
    }


def test_more_than_one_statement_holds(store: Store) -> None:
    many = [make(number) for number in range(1_201)]
    for start in range(0, len(many), 400):
        visit(store, batch(*many[start : start + 400]))
    found = {item.uid: counted(1) for item in many}
    assert store.measurements.save("a", found) == 1_201
    assert store.measurements.save("a", found) == 1_201
    assert len(store.measurements.load(found)) == 1_201
