"""Batches that come twice, late and from an older run leave the store as if each had come once, in order."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.model.change import Change
from apiscape.model.deployment import Deployment
from apiscape.model.known import Batch, Verdict
from apiscape.model.run import Scope
from apiscape.store import Fenced, Store, open_store
from tests.store.looking import current, records
from tests.store.making import MINUTE, OTHER_SCOPE, SCOPE, T0, batch, make, report, visit

SIZE = 4
ALL = SIZE * 3


def batches(title: str) -> list[Batch]:
    items: list[Deployment] = [make(number, title=title) for number in range(ALL)]
    return [batch(*items[start : start + SIZE]) for start in range(0, ALL, SIZE)]


def clear(store: Store) -> None:
    """Empty a store between examples, faster than making one."""
    from apiscape.store.schema import metadata

    with store.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "meta":
                connection.execute(table.delete())
    store._writer.sets.forget()


DELIVERIES = st.lists(
    st.tuples(st.sampled_from(("older", "newer")), st.integers(0, 2)), max_size=12
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(st.integers(0, 2), max_size=4), after=DELIVERIES)
def test_duplicates_disorder_and_an_older_run_do_not_matter(
    store: Store, before: list[int], after: list[tuple[str, int]]
) -> None:
    clear(store)
    given_batches = {"older": batches("older"), "newer": batches("newer")}
    older = store.runs.begin(SCOPE, at=T0)
    for index in before:
        store.runs.apply(older, given_batches["older"][index], at=T0)
    newer = store.runs.begin(SCOPE, at=T0 + MINUTE)
    for which, index in (*after, *(("newer", index) for index in range(3))):
        if which == "older":
            with pytest.raises(Fenced):
                store.runs.apply(older, given_batches[which][index], at=T0)
        else:
            store.runs.apply(newer, given_batches[which][index], at=T0 + MINUTE)
    store.runs.end(newer, report(newer, T0 + MINUTE), Verdict())
    seen = current(store)
    facts = store.runs.documents(seen)
    assert facts == {item.uid: item for item in (make(n, title="newer") for n in range(ALL))}
    early = {make(n).uid for index in set(before) for n in range(index * SIZE, (index + 1) * SIZE)}
    for uid, (presence, _facts, row, logged) in seen.items():
        assert (presence, row["title"]) == ("present", "newer")
        assert logged == (["appeared", "changed"] if uid in early else ["appeared"])
    assert [record["seq"] for record in records(store, "change")] == list(
        range(1, store.changes.last_seq() + 1)
    )


def follow(store: Store, until: threading.Event) -> Iterator[Change]:
    """Yield changes as a reader that tails the log sees them."""
    seq = 0
    while True:
        done = until.is_set()
        for change in store.changes.after(seq, 7):
            seq = change.seq
            yield change
        if done and seq == store.changes.last_seq():
            return


def test_a_tailing_reader_sees_every_change_once_and_in_order(address: str) -> None:
    """On PostgreSQL the writers are two stores, as of two replicas; on SQLite two threads of one."""
    done = threading.Event()
    with open_store(address, write=True) as first:
        replica = open_store(address, write=True) if not first.database.is_sqlite else first
        try:
            threads = [
                threading.Thread(target=write_much, args=(first, SCOPE, 0)),
                threading.Thread(target=write_much, args=(replica, OTHER_SCOPE, 1000)),
            ]
            seen: list[int] = []
            reader = threading.Thread(
                target=lambda: seen.extend(change.seq for change in follow(first, done))
            )
            for thread in (reader, *threads):
                thread.start()
            for thread in threads:
                thread.join()
            done.set()
            reader.join()
        finally:
            if replica is not first:
                replica.close()
        assert seen == list(range(1, 2 * 20 * 5 + 1))
        assert first.changes.last_seq() == len(seen)


def write_much(store: Store, scope: Scope, start: int) -> None:
    chosen = random.Random(start)
    for turn in range(20):
        items = [make(start + turn * 5 + n, title=str(chosen.random())) for n in range(5)]
        visit(store, batch(*items), scope=scope)


def test_a_reader_stands_still_while_a_writer_moves(store: Store) -> None:
    visit(store, batch(make(1)))
    with store.database.read() as connection:
        statement = "SELECT count(*) FROM deployment"
        before = connection.exec_driver_sql(statement).scalar_one()
        visit(store, batch(make(2)))
        assert connection.exec_driver_sql(statement).scalar_one() == before
    assert len(store.runs.known(SCOPE)) == 2
