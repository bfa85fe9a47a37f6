"""What a store's file holds, value by value: what is packed is unpacked."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class Kept(NamedTuple):
    """A value, or what was packed in one."""

    value: bytes
    was_packed: bool = False


def kept_in(path: Path) -> Iterator[Kept]:
    """Yield every value of every table, and after one that is packed what is in it."""
    with closing(sqlite3.connect(path)) as driver:
        for (table,) in driver.execute(_TABLES).fetchall():
            for row in driver.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if not isinstance(value, bytes):
                        yield Kept(str(value).encode())
                        continue
                    yield Kept(value)
                    with suppress(zlib.error):
                        yield Kept(zlib.decompress(value), was_packed=True)
