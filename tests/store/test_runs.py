"""Runs: generations, those that are fenced or left open, and what is told of them."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.model.known import Happened, Verdict
from apiscape.model.vocabulary import Outcome
from apiscape.store import Fenced, Store, open_store
from tests.store.making import (
    DAY,
    MINUTE,
    OTHER_SCOPE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    report,
    visit,
)


def test_each_run_of_a_scope_claims_the_next_generation(store: Store) -> None:
    assert [visit(store).generation for _ in range(3)] == [1, 2, 3]
    assert visit(store, scope=OTHER_SCOPE).generation == 1


def test_an_older_run_is_fenced_as_soon_as_a_newer_one_begins(store: Store) -> None:
    older = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(older, batch(make(1)), at=T0)
    newer = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(Fenced, match="run 1 of prod/"):
        store.runs.apply(older, batch(make(2)), at=T0)
    with pytest.raises(Fenced):
        store.runs.end(older, report(older, T0), Verdict(stale_parts=(PART,)))
    store.runs.apply(newer, batch(make(3)), at=T0)
    store.runs.end(newer, report(newer, T0), Verdict())
    assert {item.name for item in store.runs.known(SCOPE).values()} == {"payments-1", "payments-3"}
    assert [(run.generation, run.outcome) for run in store.runs.newest()] == [
        (2, Outcome.COMPLETE),
        (1, Outcome.PARTIAL),
    ]


def test_a_run_that_has_ended_writes_no_more(store: Store) -> None:
    run = visit(store, batch(make(1)))
    with pytest.raises(Fenced):
        store.runs.apply(run, batch(make(2)), at=T0)
    with pytest.raises(Fenced):
        store.runs.end(run, report(run, T0), Verdict())


def test_a_scope_goes_on_under_its_newest_run_once_that_has_ended(store: Store) -> None:
    assert store.runs.resume(SCOPE) is None
    first = visit(store, batch(make(1)))
    assert store.runs.resume(SCOPE) == (first, 0)
    store.runs.follow(first, batch(make(2)), Happened(), number=7, at=T0)
    assert store.runs.resume(SCOPE) == (first, 7)
    store.runs.follow(first, batch(make(3)), Happened(), number=8, at=T0)
    with pytest.raises(Fenced):
        store.runs.follow(first, batch(make(4)), Happened(), number=8, at=T0)
    second = store.runs.begin(SCOPE, at=T0)
    assert store.runs.resume(SCOPE) is None, "a visit is under way"
    with pytest.raises(Fenced):
        store.runs.follow(first, batch(make(4)), Happened(), number=9, at=T0)
    store.runs.end(second, report(second, T0), Verdict())
    assert store.runs.resume(SCOPE) == (second, 0), "numbers begin anew with a generation"
    assert visit(store, scope=OTHER_SCOPE).generation == 1
    assert store.runs.resume(SCOPE) == (second, 0)


def test_another_process_goes_on_under_the_same_run(address: str) -> None:
    with open_store(address, write=True) as store:
        run = visit(store, batch(make(1)))
        store.runs.follow(run, batch(make(2)), Happened(), number=3, at=T0)
    with open_store(address, write=True) as store:
        resumed = store.runs.resume(SCOPE)
        assert resumed == (run, 0)
        store.runs.follow(run, batch(make(3)), Happened(), number=1, at=T0)
        assert len(store.runs.known(SCOPE)) == 3


def test_a_run_left_open_is_closed_as_interrupted_at_the_next_start(address: str) -> None:
    with open_store(address, write=True) as store:
        run = store.runs.begin(SCOPE, at=T0, caller="arn:aws:sts::1:role", agent_version="0.1")
        store.runs.apply(run, batch(make(1)), at=T0)
    with open_store(address, write=True, clock=lambda: T0 + MINUTE) as store:
        (left,) = store.runs.newest()
        assert (left.outcome, left.ended_at) == (Outcome.PARTIAL, T0 + MINUTE)
        assert left.error is not None
        assert left.error.kind == "interrupted"
        assert (left.caller, left.agent_version) == ("arn:aws:sts::1:role", "0.1")
        assert len(store.runs.known(SCOPE)) == 1


def test_an_open_run_of_our_own_stays_open(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    assert store.close_interrupted(T0) == 0
    store.runs.end(run, report(run, T0), Verdict())


@pytest.mark.postgres
def test_the_open_run_of_another_living_writer_stays_open(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as first:
        run = first.runs.begin(SCOPE, at=T0)
        with open_store(postgresql_address, write=True) as second:
            assert second.runs.newest()[0].ended_at is None
        first.runs.end(run, report(run, T0), Verdict())
        assert first.runs.newest()[0].outcome == Outcome.COMPLETE


def test_newest_lists_runs_of_one_scope_or_of_all(store: Store) -> None:
    visit(store, at=T0)
    visit(store, at=T0 + DAY, scope=OTHER_SCOPE)
    visit(store, at=T0 + 2 * DAY)
    assert [run.scope.source for run in store.runs.newest()] == ["prod", "again", "prod"]
    assert [run.generation for run in store.runs.newest(scope=SCOPE.key)] == [2, 1]
    assert len(store.runs.newest(1)) == 1


def test_a_report_without_an_end_closes_nothing(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(ValueError, match="not ended"):
        store.runs.end(run, msgspec.structs.replace(report(run, T0), ended_at=None), Verdict())


def test_a_batch_is_bounded(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(ValueError, match="500"):
        store.runs.apply(run, batch(*(make(number) for number in range(501))), at=T0)


def test_the_scopes_of_a_source_are_those_ever_visited(store: Store) -> None:
    for scope in (SCOPE, OTHER_SCOPE, SCOPE):
        visit(store, scope=scope)
    assert store.runs.scopes("prod") == (SCOPE,)
    assert store.runs.scopes("nobody") == ()
