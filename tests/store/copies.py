"""Stores on SQLite that are made once a process and copied for each test: a copy costs a tenth of a filled one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from apiscape.store import Store, open_store

Fill = Callable[[Store], None]


def nothing(store: Store) -> None:
    """Leave a store empty."""


@cache
def _made(fill: Fill) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with open_store(str(path), write=True) as store:
            fill(store)
        assert [each.name for each in path.parent.glob("*-wal")] == [], "all of it is in one file"
        return path.read_bytes()


def copy_to(path: Path, fill: Fill = nothing) -> None:
    """Put a store at a path that holds what `fill` writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(_made(fill))


@contextmanager
def opened_copy(path: Path, fill: Fill = nothing) -> Iterator[Store]:
    """Put such a store at a path, and give it, open to write."""
    copy_to(path, fill)
    with open_store(str(path), write=True) as store:
        yield store
