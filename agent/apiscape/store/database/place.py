"""Whether the file of a store still is where it was opened.

SQLite goes on in a file that was removed, moved away or replaced, and nothing of what is written there is found
again. It is told by its identity alone: to open the file beside SQLite would give up its locks.
"""

from __future__ import annotations

import os
from pathlib import Path

from apiscape.errors import StoreError

Identity = tuple[int, int]
"""Device and number of a file."""

_STEP = "put it back; or start anew what has it open, which then makes another one"


def identity_of(path: Path | None) -> Identity | None:
    """Return which file is at a path, `None` where nobody can tell or there is no path."""
    if path is None:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116 - asked before each read
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_place(path: Path | None, opened: Identity | None) -> None:
    """See that a store that was opened still is the file at its path, as far as that is known.

    Raises:
        StoreError: It is gone, or another one is there.
    """
    if path is None or opened is None:
        return
    found = identity_of(path)
    if found is None and not path.exists():
        raise StoreError(f"the store's file is gone: {path}", hint=_STEP)
    if found is not None and found != opened:
        raise StoreError(f"another file took the place of the store: {path}", hint=_STEP)
