"""Readers and writers at once: what a reader holds is one moment, and no walk loses or repeats a row that stood."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from queue import Queue

import pytest

from apiscape.errors import StoreError, StoreLocked
from apiscape.model.known import PresenceChange, Verdict
from apiscape.model.row import Row
from apiscape.model.run import EstateEntry, Scope
from apiscape.store import Conclusion, Fenced, Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.looking import records
from tests.store.making import DAY, MINUTE, OTHER_SCOPE, SCOPE, T0, batch, make, report, visit

SIZE = 12


def reader_of(store: Store) -> Reader:
    return Reader(store.database, lambda: T0 + DAY)


@contextmanager
def meanwhile(*tasks: Callable[[], None]) -> Iterator[None]:
    """Run tasks in threads beside the block, and raise what any of them raised."""
    raised: Queue[BaseException] = Queue()

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            raised.put(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if not raised.empty():
        raise raised.get()


def rewrite_often(store: Store, times: int, done: threading.Event) -> None:
    """Let every row say the next version, in one transaction each time."""
    try:
        for version in range(1, times + 1):
            items = [make(number, title=f"version {version}") for number in range(SIZE)]
            visit(store, batch(*items, kind="changed"), at=T0 + version * MINUTE)
    finally:
        done.set()


def titles(rows: tuple[Row, ...]) -> set[object]:
    return {row.title for row in rows}


@pytest.mark.parametrize(
    "look",
    [
        lambda reader: titles(reader.page("", limit=100).items),
        lambda reader: set(reader.snapshot().columns["title"]),
        lambda reader: {
            value.value
            for value in reader.facets("", ("title",))[0].values
            if value.count != SIZE or value.value is None
        },
        lambda reader: {len(reader.select("version").uids), SIZE},
    ],
    ids=["page", "snapshot", "facets", "select"],
)
def test_whatever_is_read_is_of_one_moment(
    sqlite_address: str, look: Callable[[Reader], set[object]]
) -> None:
    done = threading.Event()
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(*(make(number, title="version 0") for number in range(SIZE))))
        with meanwhile(lambda: rewrite_often(store, 8, done)):
            reads = 0
            while not done.is_set() or reads < 3:
                assert len(look(reader_of(store))) <= 1
                reads += 1


def test_detail_facts_and_row_are_of_one_moment(address: str) -> None:
    done = threading.Event()
    with open_store(address, write=True) as store:
        visit(store, batch(*(make(number, title="version 0") for number in range(SIZE))))
        with meanwhile(lambda: rewrite_often(store, 6, done)):
            while not done.is_set():
                detail = reader_of(store).detail(make(3).uid)
                assert detail.row.title == detail.deployment.title
                assert str(len(detail.history) - 1) == str(detail.row.title).rpartition(" ")[2]


def test_many_readers_and_a_writer_get_on(store: Store) -> None:
    done = threading.Event()
    visit(store, batch(*(make(number, title="version 0") for number in range(SIZE))))

    def read() -> None:
        seen = 0
        while not done.is_set():
            page = reader_of(store).changes(after=seen)
            numbers = [change.seq for change in page.items]
            assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
            seen = page.last_seq

    with meanwhile(*[read] * 6, lambda: rewrite_often(store, 6, done)):
        pass
    assert store.changes.last_seq() == SIZE * 7


def test_a_process_that_only_reads_sees_each_commit_and_writes_nothing(sqlite_address: str) -> None:
    with (
        open_store(sqlite_address, write=True) as writer,
        open_store(sqlite_address, write=False) as reader,
    ):
        for number in range(3):
            visit(writer, batch(make(number)))
            assert len(reader_of(reader).page("").items) == number + 1
        for write in (
            lambda: reader.runs.begin(SCOPE, at=T0),
            lambda: reader.upkeep.retain(T0),
            lambda: reader.documents.put("a", b"b"),
            lambda: reader.estate.save("prod", [], provider="aws", at=T0),
            lambda: reader.conclusions.save({}, (), seq=1, at=T0),
        ):
            with pytest.raises(StoreError, match="opened to read"):
                write()
        with pytest.raises(StoreLocked):
            open_store(sqlite_address, write=True)
        assert len(reader_of(reader).page("").items) == 3


# ── Walks ────────────────────────────────────────────────────────────────────

ORDERS = ("sort:name", "sort:name:desc", "", "sort:title,name:desc", "sort:ops:desc,changed:desc")


@pytest.mark.parametrize("order", ORDERS)
def test_a_walk_holds_every_row_that_stood_once_whatever_is_written(
    store: Store, order: str
) -> None:
    """Rows come and go on both sides of the cursor; those that stand meanwhile are each walked once."""
    standing = [make(number, name=f"m-{number:02}") for number in range(SIZE)]
    visit(store, batch(*standing))
    reader, after = reader_of(store), None
    walked: list[str] = []
    for turn in range(20):
        page = reader.page(order, limit=2, after=after)
        walked += [row.uid for row in page.items]
        coming = [make(100 + 2 * turn + n, name=f"{'az'[n]}-{turn}") for n in (0, 1)]
        going = PresenceChange(uid=make(100 + turn).uid, presence="superseded")
        visit(store, batch(*coming), verdict=Verdict(presence=(going,)))
        after = page.next
        if after is None:
            break
    assert len(walked) == len(set(walked))
    assert {item.uid for item in standing} <= set(walked)


def test_a_cursor_whose_row_has_gone_goes_on_behind_it(store: Store) -> None:
    visit(store, batch(*(make(number) for number in range(4))))
    reader = reader_of(store)
    first = reader.page("sort:name", limit=2)
    gone = tuple(PresenceChange(uid=row.uid, presence="superseded") for row in first.items)
    visit(store, verdict=Verdict(presence=gone))
    rest = reader.page("sort:name", limit=2, after=first.next)
    assert [row.name for row in rest.items] == ["payments-2", "payments-3"]
    assert (rest.matched, rest.next) == (2, None)


def test_a_walk_of_an_old_day_is_not_moved_by_what_is_written(store: Store) -> None:
    visit(store, batch(*(make(number) for number in range(5))))
    reader, view = reader_of(store), "at:2026-09-01T09:00Z sort:name"
    walked: list[str] = []
    after = None
    for turn in range(5):
        page = reader.page(view, limit=1, after=after)
        walked += [row.name for row in page.items]
        items = [make(number, name=f"moved-{turn}-{number}") for number in range(5)]
        visit(store, batch(*items, kind="changed"), at=T0 + (turn + 1) * DAY)
        after = page.next
    assert walked == [f"payments-{number}" for number in range(5)]
    assert after is None


def test_a_walk_through_the_log_misses_nothing_that_is_written_between_its_pages(
    store: Store,
) -> None:
    seen: list[int] = []
    after = 0
    for turn in range(6):
        visit(store, batch(make(turn), make(turn + 10)))
        page = reader_of(store).changes(after=after, limit=1)
        seen += [change.seq for change in page.items]
        after = page.last_seq
    while (page := reader_of(store).changes(after=after, limit=4)).items:
        seen += [change.seq for change in page.items]
        after = page.last_seq
    assert seen == list(range(1, 13))


# ── Writers ──────────────────────────────────────────────────────────────────


def test_writers_of_every_kind_take_their_turns(store: Store) -> None:
    visit(store, batch(*(make(number) for number in range(SIZE))))

    def scan(scope: Scope, start: int) -> None:
        for number in range(start, start + 5):
            visit(store, batch(make(number)), scope=scope)

    def conclude() -> None:
        for turn in range(5):
            drawn = {make(n).uid: Conclusion(owners=(f"turn {turn}",)) for n in range(SIZE)}
            store.conclusions.save(drawn, (), seq=turn, at=T0)

    def keep() -> None:
        for turn in range(5):
            store.documents.put(f"sha{turn}", b"x" * turn)
            store.estate.save(
                "prod", [EstateEntry("prod", "aws", str(turn))], provider="aws", at=T0
            )

    with meanwhile(lambda: scan(SCOPE, 100), lambda: scan(OTHER_SCOPE, 200), conclude, keep):
        pass
    log = records(store, "change")
    assert [line["seq"] for line in log] == list(range(1, len(log) + 1))
    assert len(log) == SIZE + 5 + 5 + 5 * SIZE
    assert len({record["pk"] for record in records(store, "deployment")}) == SIZE + 10
    assert [entry.key for entry in store.estate.load()] == ["4"]
    assert store.documents.get("sha4") == b"xxxx"


@pytest.mark.postgres
def test_two_replicas_scan_conclude_and_sweep_without_a_gap(postgresql_address: str) -> None:
    with (
        open_store(postgresql_address, write=True) as first,
        open_store(postgresql_address, write=True) as second,
    ):

        def scan(store: Store, scope_number: int) -> None:
            scope = (SCOPE, OTHER_SCOPE)[scope_number]
            for turn in range(6):
                items = [make(scope_number * 50 + n, title=f"{turn}") for n in range(5)]
                visit(store, batch(*items), scope=scope, at=T0 + turn * DAY)
                store.upkeep.retain(T0 + turn * DAY, keep=99 * DAY)

        with meanwhile(lambda: scan(first, 0), lambda: scan(second, 1)):
            pass
        for store in (first, second):
            assert store.changes.last_seq() == 60
            seqs = [change.seq for change in store.changes.after(0)]
            assert all(after == before + 1 for before, after in pairwise(seqs))
            items = store.runs.documents([make(n).uid for n in (0, 54)])
            assert {item.title for item in items.values()} == {"5"}


@pytest.mark.postgres
def test_a_scope_that_two_replicas_begin_is_written_by_the_later_alone(
    postgresql_address: str,
) -> None:
    with (
        open_store(postgresql_address, write=True) as first,
        open_store(postgresql_address, write=True) as second,
    ):
        runs = [first.runs.begin(SCOPE, at=T0), second.runs.begin(SCOPE, at=T0)]
        assert [run.generation for run in runs] == [1, 2]
        with pytest.raises(Fenced):
            first.runs.apply(runs[0], batch(make(1)), at=T0)
        second.runs.apply(runs[1], batch(make(2)), at=T0)
        with pytest.raises(Fenced):
            first.runs.end(runs[0], report(runs[0], T0), Verdict())
        second.runs.end(runs[1], report(runs[1], T0), Verdict())
        assert [row.name for row in reader_of(first).page("").items] == ["payments-2"]
