"""Unix sockets at paths of any length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apiscape.errors import UsageError

LONGEST = 100
"""Bytes of a socket's path that every system takes."""

HANDLES = Path("/proc/self/fd")


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Lend the address of a socket; of a long path it leads over its open directory, where that can be.

    Raises:
        UsageError: The path is too long for this system.
        OSError: Its directory cannot be opened.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    if not HANDLES.exists():
        hint = "move the store to a shorter path"
        raise UsageError(f"too long for a socket: {path}", hint=hint)
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(HANDLES / str(handle) / path.name)
    finally:
        os.close(handle)
