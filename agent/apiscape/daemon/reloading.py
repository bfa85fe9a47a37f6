"""Whether the configuration file changed: two looks that agree, so that one half written is not read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

LOOK_S = 1.0

Stamp = tuple[int, int, int]


class Changes:
    """Looks at a file; one that is not there is a state like any other.

    Args:
        file: The configuration file, through whatever links lead to it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._taken = self._seen = self._stamp()

    def look(self) -> bool:
        """Say whether the file changed since it was last said, and has rested since the last look."""
        stamp = self._stamp()
        rested, self._seen = stamp == self._seen, stamp
        if not rested or stamp == self._taken:
            return False
        self._taken = stamp
        return True

    def _stamp(self) -> Stamp | None:
        with suppress(OSError):
            found = self._file.stat()
            return (found.st_mtime_ns, found.st_size, found.st_ino)
        return None
