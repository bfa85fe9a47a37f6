"""A store whose file was removed, moved or replaced while it is open: said, and nothing is written into nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apiscape.errors import StoreError, StoreLocked
from apiscape.store import Store, open_store
from apiscape.store.database.lock import lock_path, read_holder
from tests.store.making import batch, make, visit


def refused(store: Store, words: str) -> None:
    for work in (
        lambda: visit(store, batch(make(2))),
        store.changes.last_seq,
        store.status,
        store.database.version,
    ):
        with pytest.raises(StoreError, match=words):
            work()


def test_a_file_that_is_gone_is_said_and_used_again_when_it_is_back(sqlite_address: str) -> None:
    file = Path(sqlite_address)
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
        file.rename(file.with_name("elsewhere"))
        refused(store, "the store's file is gone")
        assert not file.exists(), "nobody makes an empty one in its place"
        file.with_name("elsewhere").rename(file)
        visit(store, batch(make(1), make(2)))
    with open_store(sqlite_address, write=False) as reader:
        assert len(reader.changes.after(0)) == 2


def test_another_file_in_its_place_is_left_alone(sqlite_address: str) -> None:
    file = Path(sqlite_address)
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
        copy = file.with_name("copy")
        shutil.copyfile(file, copy)
        before = copy.read_bytes()
        copy.rename(file)
        refused(store, "another file took the place of the store")
        assert file.read_bytes() == before


def test_a_path_that_nobody_may_look_at_says_nothing(
    sqlite_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(path: object, **_: object) -> None:
        raise PermissionError(13, "no", path)

    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
        with monkeypatch.context() as patched:
            patched.setattr("apiscape.store.database.place.os.stat", forbid)
            patched.setattr(Path, "exists", lambda _: True)
            assert store.changes.last_seq() == 1


def test_a_lock_that_was_removed_is_taken_again_unless_somebody_has_it(sqlite_address: str) -> None:
    lock = lock_path(Path(sqlite_address))
    with open_store(sqlite_address, write=True, address="unix:/a") as store:
        store.check_alone()
        lock.unlink()
        assert read_holder(Path(sqlite_address)) is None
        store.check_alone()
        holder = read_holder(Path(sqlite_address))
        assert holder is not None
        assert holder.address == "unix:/a"
        lock.unlink()
        with (
            open_store(sqlite_address, write=True),
            pytest.raises(StoreLocked, match="writes to"),
        ):
            store.check_alone()
