from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from apiscape.errors import NotFound, NotKept, StoreError, StoreTooNew, UsageError
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.surroundings import Api
from apiscape.model.values import from_utc_millis
from apiscape.model.vocabulary import Presence
from apiscape.store import Conclusion, Fenced, Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.filled import fill
from tests.store.looking import count, everything, records, search
from tests.store.making import (
    DAY,
    OTHER_SCOPE,
    SCOPE,
    T0,
    batch,
    doomed_environment,
    make,
    visit,
)
from tests.store.postgres import Server

YEAR = timedelta(days=365)


def retire(store: Store, number: int, presence: str = Presence.RETIRED, *, days: int = 1) -> None:
    change = PresenceChange(
        uid=make(number).uid, presence=presence, missing_since=T0, missing_runs=2
    )
    visit(store, at=T0 + days * DAY, verdict=Verdict(presence=(change,)))


# ── What a person settles ────────────────────────────────────────────────────


def test_confirming_retires_the_suspects_of_one_scope(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    retire(store, 1, Presence.SUSPECT)
    assert store.upkeep.confirm(SCOPE.key, by="ann", at=T0 + 2 * DAY) == 1
    assert store.upkeep.confirm(SCOPE.key, by="ann", at=T0 + 2 * DAY) == 0
    last = store.changes.after(3)[0]
    assert (last.kind, last.uid, last.reason, last.evidence, last.generation) == (
        *("retired", make(1).uid, "confirmed by ann", "person", 2),
    )
    known = store.runs.known(SCOPE)
    assert known[make(1).uid].presence == Presence.RETIRED
    assert known[make(1).uid].missing_since == T0
    assert known[make(2).uid].presence == Presence.PRESENT
    with pytest.raises(NotFound, match="no scope 'x'"):
        store.upkeep.confirm("x", by="ann", at=T0)


def test_what_is_forgotten_leaves_every_view_and_stays_in_history(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    concluded = {make(1).uid: Conclusion(api="a", front_doors=("d",))}
    store.conclusions.save(concluded, [Api(uid="a", title="A")], seq=2, at=T0)
    retire(store, 1)
    store.upkeep.forget(make(1).uid, by="ann", at=T0 + 2 * DAY)
    assert count(store, "api") == count(store, "conclusion") == 0
    assert set(store.runs.known(SCOPE)) == {make(2).uid}
    assert count(store, "row") == count(store, "deep") == count(store, "row_doc") == 1
    assert search(store, "payments-1") == set()
    assert [change.kind for change in store.changes.after(2)] == [
        *("concluded", "retired", "forgotten"),
    ]
    spans = [(v["from_seq"], v["to_seq"]) for v in records(store, "deployment_version")]
    assert spans == [(1, 5), (2, None)]
    with pytest.raises(NotFound):
        store.upkeep.forget(make(1).uid, by="ann", at=T0)


def test_only_what_is_retired_can_be_forgotten(store: Store) -> None:
    visit(store, batch(make(1)))
    with pytest.raises(UsageError, match="payments-1 is present"):
        store.upkeep.forget(make(1).uid, by="ann", at=T0)
    with pytest.raises(NotFound):
        store.upkeep.forget("nobody", by="ann", at=T0)


def test_what_was_forgotten_and_is_seen_again_appears(store: Store) -> None:
    visit(store, batch(make(1)))
    retire(store, 1)
    store.upkeep.forget(make(1).uid, by="ann", at=T0 + 2 * DAY)
    visit(store, batch(make(1, title="again")), at=T0 + 3 * DAY)
    assert store.changes.after(3)[0].kind == "appeared"
    assert store.runs.documents([make(1).uid]) == {make(1).uid: make(1, title="again")}
    assert search(store, "again") == {make(1).uid}
    (held,) = records(store, "deployment")
    assert from_utc_millis(held["first_seen_at"]) == T0 + 3 * DAY
    assert (held["forgotten_at"], held["presence"]) == (None, Presence.PRESENT)


# ── Retention ────────────────────────────────────────────────────────────────


def test_what_is_valid_at_the_horizon_or_later_stays(store: Store) -> None:
    visit(store, batch(make(1), make(2)), at=T0)
    visit(store, batch(make(1, title="a"), kind="changed"), at=T0 + DAY)
    visit(store, batch(make(1, title="b"), kind="changed"), at=T0 + DAY)
    visit(store, batch(make(1, title="c"), kind="changed"), at=T0 + 3 * DAY)
    dropped = store.upkeep.retain(T0 + 2 * DAY + YEAR, keep=YEAR)
    assert dropped > 0
    versions = records(store, "deployment_version")
    assert [(v["from_seq"], v["to_seq"]) for v in versions] == [(4, 5), (5, None), (2, None)]
    assert [record["seq"] for record in records(store, "change")] == [1, 2, 4, 5]
    assert [run.generation for run in store.runs.newest()] == [4, 3]
    assert store.status().horizon == T0 + 2 * DAY
    assert store.runs.documents([make(2).uid]) == {make(2).uid: make(2)}


def test_readers_before_the_horizon_are_told(store: Store) -> None:
    visit(store, batch(*(make(number) for number in range(5))))
    store.upkeep.retain(T0 + DAY + YEAR, keep=YEAR)
    visit(store, batch(make(9)), at=T0 + 2 * DAY)
    with pytest.raises(NotKept, match="not kept before 2026-09-02"):
        store.changes.after(3)
    with pytest.raises(NotKept):
        store.conclusions.touched(3)
    assert [change.seq for change in store.changes.after(0)] == [1, 2, 3, 4, 5, 6]
    assert [change.seq for change in store.changes.after(5)] == [6]


def test_the_horizon_never_goes_back_and_numbers_never_repeat(store: Store) -> None:
    visit(store, batch(make(1)))
    store.upkeep.retain(T0 + DAY + YEAR, keep=YEAR)
    store.upkeep.retain(T0 + YEAR, keep=YEAR)
    assert store.status().horizon == T0 + DAY
    assert store.changes.last_seq() == 1
    visit(store, batch(make(2)))
    assert store.changes.last_seq() == 2


def test_the_horizon_does_not_lie_before_the_first_visit(store: Store) -> None:
    store.upkeep.retain(T0, keep=YEAR)
    assert store.status().horizon is None
    visit(store, batch(make(1)), at=T0)
    for keep in (2 * YEAR, YEAR):
        store.upkeep.retain(T0 + YEAR, keep=keep)
        assert store.status().horizon is None
    reader = Reader(store.database, lambda: T0 + DAY)
    assert reader.page(f"at:{T0 + DAY:%Y-%m-%d}").matched == 1
    with pytest.raises(NotKept, match="nothing is kept before"):
        reader.page(f"at:{T0 - DAY:%Y-%m-%d}")


def test_retired_long_ago_goes_with_everything_that_only_it_used(store: Store) -> None:
    gone = make(1)
    visit(store, Batch(documents={"c0ffee": b"kept", "unused": b"x"}), batch(gone, make(2)))
    retire(store, 1)
    store.upkeep.retain(T0 + 31 * DAY + YEAR, keep=YEAR)
    assert count(store, "deployment") == 2
    store.upkeep.retain(T0 + 32 * DAY + YEAR, keep=YEAR)
    assert [record["name"] for record in records(store, "deployment")] == ["payments-2"]
    assert count(store, "operation_set") == count(store, "deployment_version") == 1
    assert count(store, "presence_version") == count(store, "row") == 1
    assert store.documents.get("c0ffee") == b"kept"
    assert store.documents.get("unused") is None
    visit(store, batch(gone), at=T0 + 3 * DAY)
    assert store.runs.documents([gone.uid]) == {gone.uid: gone}


@pytest.mark.postgres
def test_a_set_swept_by_another_process_is_stored_anew(postgresql_address: str) -> None:
    with (
        open_store(postgresql_address, write=True) as first,
        open_store(postgresql_address, write=True) as second,
    ):
        visit(first, batch(make(1)))
        retire(first, 1)
        second.upkeep.retain(T0 + 32 * DAY + YEAR, keep=YEAR)
        assert count(first, "operation_set") == 0
        visit(second, batch(make(2)), at=T0 + 3 * DAY)
        visit(first, batch(make(1)), at=T0 + 3 * DAY, scope=OTHER_SCOPE)
        assert first.runs.documents([make(1).uid]) == {make(1).uid: make(1)}


# ── Backups ──────────────────────────────────────────────────────────────────


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a further, empty store of the kind that a test asks for."""
    if request.param == "sqlite":
        return str(tmp_path / "elsewhere.db")
    server: Server = request.getfixturevalue("server")
    return server.url(request.getfixturevalue("bare_database"))


@pytest.mark.parametrize("elsewhere", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_of_either_database_is_restored_into_either(
    store: Store, elsewhere: str, tmp_path: Path
) -> None:
    fill(store)
    path = tmp_path / "backup"
    store.upkeep.backup(path)
    before = everything(store)
    visit(store, batch(make(77)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(item.name for item in tmp_path.glob("backup*")) == ["backup"]
    with open_store(elsewhere, write=True) as other:
        visit(other, batch(make(50), make(51)))
        other.upkeep.restore(path)
        after = everything(other)
        moved = {"cursor", "run", "scope"}
        assert {n: rows for n, rows in after.items() if n not in moved} == {
            n: rows for n, rows in before.items() if n not in moved
        }
        assert other.changes.last_seq() == before["cursor"][1]["seq"]
        assert search(other, "payments-3") == {make(3).uid}
        assert search(other, "payments-50") == set()
        visit(other, batch(make(1, title="moved"), make(60), kind="changed"))
        assert search(other, "moved") == {make(1).uid}
    with open_store(elsewhere, write=True) as other:
        assert all(run.ended_at is not None for run in other.runs.newest())
        assert len(other.runs.known(SCOPE)) == 7


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        store.upkeep.backup(path)
    assert path.read_text() == "mine"
    with pytest.raises(StoreError, match="cannot be written"):
        store.upkeep.backup(tmp_path / "nowhere" / "backup")


def test_what_is_no_backup_is_not_restored(store: Store, tmp_path: Path) -> None:
    visit(store, batch(make(1)))
    (tmp_path / "text").write_text("not a database, and longer than the header of one " * 9)
    (tmp_path / "empty").touch()
    for name, said in (
        ("text", "text is not a backup of a store"),
        ("empty", "empty is not a backup of a store"),
        ("none", "cannot be read"),
    ):
        with pytest.raises(StoreError, match=said) as caught:
            store.upkeep.restore(tmp_path / name)
        assert "apiscape restore" not in (caught.value.hint or "")
    assert len(store.runs.known(SCOPE)) == 1


def test_a_backup_of_a_newer_version_is_not_restored(store: Store, tmp_path: Path) -> None:
    store.upkeep.backup(tmp_path / "backup")
    with (
        open_store(str(tmp_path / "backup"), write=True) as newer,
        newer.database.write() as connection,
    ):
        connection.exec_driver_sql("UPDATE apiscape_revision SET version_num = '9999'")
        connection.exec_driver_sql("UPDATE meta SET value = '9999' WHERE key = 'oldest_reader'")
    with pytest.raises(StoreTooNew):
        store.upkeep.restore(tmp_path / "backup")


def test_a_run_that_was_open_before_a_restore_writes_no_more(store: Store, tmp_path: Path) -> None:
    visit(store, batch(make(1)))
    store.upkeep.backup(tmp_path / "backup")
    run = store.runs.begin(SCOPE, at=T0)
    store.upkeep.restore(tmp_path / "backup")
    with pytest.raises(Fenced, match="may write no more"):
        store.runs.apply(run, batch(make(2)), at=T0)


LIMITED = """
import resource, sys
from pathlib import Path
from apiscape.errors import StoreError
from apiscape.store import open_store
from tests.store.making import SCOPE
with open_store(sys.argv[1], write=True) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    try:
        store.upkeep.backup(Path(sys.argv[2]))
    except StoreError as error:
        print(error.message.partition(":")[0], len(store.runs.known(SCOPE)))
"""


def test_a_backup_that_finds_no_room_leaves_no_file(sqlite_address: str, tmp_path: Path) -> None:
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
    command = [sys.executable, "-c", LIMITED, sqlite_address, str(tmp_path / "backup")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=doomed_environment()
    )
    assert done.stdout == "the backup cannot be written 1\n"
    assert list(tmp_path.glob("backup*")) == []


def test_a_backup_that_cannot_be_written_is_said(
    sqlite_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    with open_store(sqlite_address, write=True) as store:
        monkeypatch.setattr(
            sqlite3, "connect", lambda path: connect(f"file:{path}?mode=ro", uri=True)
        )
        with pytest.raises(StoreError, match="backup cannot be written"):
            store.upkeep.backup(tmp_path / "backup")
        monkeypatch.undo()
    assert list(tmp_path.glob("backup*")) == []
