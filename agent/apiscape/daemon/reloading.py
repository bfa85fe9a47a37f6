"""Whether what an agent reads of files changed: two looks that agree, so that one half written is not read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from apiscape.settings.overlay import overlay_files

LOOK_S = 1.0

Stamp = tuple[int, int, int]

Stamps = dict[str, Stamp | None]
"""Of each file by its name."""


class Changes:
    """Looks at files and at a directory of them; what is not there is a state like any other.

    Args:
        file: The configuration file, through whatever links lead to it; `None` where there is none to watch.
        folder: The directory of the overlay.
        others: Files that either names.
    """

    def __init__(
        self, file: Path | None, folder: Path | None = None, others: Iterable[str] = ()
    ) -> None:
        self._file = file
        self._folder = folder
        self._others = frozenset(others)
        self._taken = self._seen = self._stamps()

    def look(self) -> bool:
        """Say whether anything changed since it was last said, and has rested since the last look."""
        stamps = self._stamps()
        rested, self._seen = stamps == self._seen, stamps
        if not rested or stamps == self._taken:
            return False
        self._taken = stamps
        return True

    def turn_to(self, folder: Path | None, others: Iterable[str] = ()) -> None:
        """Look at another directory, and at other files, from now on; what is new there was taken."""
        if (folder, frozenset(others)) != (self._folder, self._others):
            self._folder = folder
            self._others = frozenset(others)
            now = self._stamps()
            self._taken = {name: self._taken.get(name, stamp) for name, stamp in now.items()}
            self._seen = {name: self._seen.get(name, stamp) for name, stamp in now.items()}

    def _stamps(self) -> Stamps:
        files = [self._file] if self._file is not None else []
        files += map(Path, sorted(self._others))
        if self._folder is not None:
            with suppress(OSError):
                files += overlay_files(self._folder)
        return {str(file): _stamp(file) for file in files}


def _stamp(file: Path) -> Stamp | None:
    with suppress(OSError):
        found = file.stat()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
    return None
