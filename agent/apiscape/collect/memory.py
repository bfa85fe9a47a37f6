"""How much memory this process may take, and what of it its parts may.

What a container may take is said by the kernel's control groups; where nobody says anything, the parts
keep to bounds of their own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

from apiscape.collectors.apart.readers import READERS, Limits
from apiscape.model.entity import Entity

MEBIBYTE = 1024 * 1024

NO_LIMIT = 2**60
"""What is not less than this is how a control group says that there is none."""

ROOT = Path("/")

LEAST_READER_BYTES = 96 * MEBIBYTE
"""A reader has loaded 26 MB before its first document."""

_ENOUGH_FOR_TWO = 512 * MEBIBYTE

HEAPS = 2
"""Of which threads take memory: what one of many gave back, a thread that takes from another could not use."""

_M_ARENA_MAX = -8
"""The number by which glibc calls the most heaps that it makes (`malloc.h`); it would make eight for each core."""


class Shares(Entity, frozen=True):
    """What the parts of a process may take.

    Attributes:
        limit_bytes: Of all; `None` where nobody says.
        readers: Processes that read other people's documents, and what one of them may take.
        kept_bytes: Answers that are kept.
        sent_bytes: Large answers that are being sent.
        buffered_bytes: Changes kept for streams that read slowly.
    """

    limit_bytes: int | None = None
    readers: int = 2
    reader_bytes: int = 512 * MEBIBYTE
    kept_bytes: int = 64 * MEBIBYTE
    sent_bytes: int = 128 * MEBIBYTE
    buffered_bytes: int = 16 * MEBIBYTE


def share_out(limit_bytes: int | None) -> Shares:
    """Return what the parts may take of a limit: less than half of it together, for the rest is the work itself."""
    most = Shares()
    if limit_bytes is None:
        return most
    for_readers = limit_bytes // 4
    readers = most.readers if for_readers >= _ENOUGH_FOR_TWO else 1
    return Shares(
        limit_bytes=limit_bytes,
        readers=readers,
        reader_bytes=max(min(for_readers // readers, most.reader_bytes), LEAST_READER_BYTES),
        kept_bytes=min(limit_bytes // 16, most.kept_bytes),
        sent_bytes=min(limit_bytes // 8, most.sent_bytes),
        buffered_bytes=min(limit_bytes // 64, most.buffered_bytes),
    )


def keep_within(limit_mb: int | None, root: Path = ROOT) -> Shares:
    """Have readers keep to their share and threads take from few heaps, and return what the others may take.

    Called before threads begin: a heap that is there stays.

    Args:
        limit_mb: What the configuration says; what the kernel does, without it.
        root: Where the kernel's files are.
    """
    shares = share_out(limit_of_group(root) if limit_mb is None else limit_mb * MEBIBYTE)
    READERS.bound(Limits(memory_bytes=shares.reader_bytes, readers=shares.readers))
    keep_few_heaps()
    return shares


def keep_few_heaps() -> bool:
    """Have the threads of this process share `HEAPS` heaps; say whether the C library has such a bound."""
    bound = getattr(ctypes.CDLL(None), "mallopt", None)
    return bound is not None and bool(bound(_M_ARENA_MAX, HEAPS))


def give_back() -> bool:
    """Give the system what the C library holds in reserve; say whether it had something that it could give (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))


def limit_of_group(root: Path = ROOT) -> int | None:
    """Return what the control group of this process may take, of either version; `None` where nobody says.

    The least of its own limit and of those above it holds.
    """
    found = [
        limit
        for folder, name in _folders(root)
        if (limit := _number(folder / name)) is not None and limit < NO_LIMIT
    ]
    return min(found, default=None)


def _folders(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield where limits may stand: of a group, and of all above it as far as they are seen from here."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            top, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        steps = [step for step in path.split("/") if step not in {"", "."}]
        if ".." not in steps:
            yield from (
                (top.joinpath(*steps[:length]), name) for length in range(len(steps), 0, -1)
            )
        yield top, name


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    """Return what a file says; nothing where it may not be read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
