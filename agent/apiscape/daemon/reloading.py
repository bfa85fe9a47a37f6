"""Whether the configuration or its overlay changed: two looks that agree, so that one half written is not read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from apiscape.settings.overlay import overlay_files

LOOK_S = 1.0

Stamp = tuple[int, int, int]

Stamps = tuple[tuple[str, Stamp | None], ...]
"""Of each file by its name, the directory before its files."""


class Changes:
    """Looks at a file and at a directory of them; what is not there is a state like any other.

    Args:
        file: The configuration file, through whatever links lead to it; `None` where there is none to watch.
        folder: The directory of the overlay.
    """

    def __init__(self, file: Path | None, folder: Path | None = None) -> None:
        self._file = file
        self._folder = folder
        self._taken = self._seen = self._stamps()

    def look(self) -> bool:
        """Say whether anything changed since it was last said, and has rested since the last look."""
        stamps = self._stamps()
        rested, self._seen = stamps == self._seen, stamps
        if not rested or stamps == self._taken:
            return False
        self._taken = stamps
        return True

    def turn_to(self, folder: Path | None) -> None:
        """Look at another directory from now on; what stands there now was taken."""
        if folder != self._folder:
            self._folder = folder
            self._taken = self._seen = self._stamps()

    def _stamps(self) -> Stamps:
        files = [self._file] if self._file is not None else []
        if self._folder is not None:
            with suppress(OSError):
                files += overlay_files(self._folder)
        return tuple((str(file), _stamp(file)) for file in files)


def _stamp(file: Path) -> Stamp | None:
    with suppress(OSError):
        found = file.stat()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
    return None
