"""Views that a person keeps under a number."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

FILE = "views.json"


class SavedViews:
    """Nine views by number, kept in a folder if there is one."""

    def __init__(self, folder: Path | None) -> None:
        """Read what was kept; a file that cannot be read is left alone and counts as empty."""
        self._path = folder / FILE if folder else None
        self._views: dict[str, str] = {}
        try:
            self._views = self._read()
        except (OSError, msgspec.DecodeError):
            self._path = None

    def _read(self) -> dict[str, str]:
        if self._path is None or not self._path.is_file():
            return {}
        return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])

    def get(self, number: int) -> str | None:
        """Return the view of a number."""
        return self._views.get(str(number))

    def keep(self, number: int, view: str) -> bool:
        """Keep a view under a number; return whether it will be there next time."""
        self._views[str(number)] = view
        if self._path is None:
            return False
        try:
            self._views = {**self._read(), str(number): view}  # another UI may have kept some
            self._write(self._path)
        except (OSError, msgspec.DecodeError):
            return False
        return True

    def _write(self, path: Path) -> None:
        """Put the new file in place of the old one at once: half a file would lose all views."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._views)))
        fresh.replace(path)
