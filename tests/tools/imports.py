"""Import every module of the project: does each load on this interpreter?

Run as `python tests/tools/imports.py`, with the project installed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOM = Path(__file__).parents[2]
ROOTS = ("agent", "collectors", "tui")

MIGRATIONS = "migrations"
"""A folder whose modules are loaded by path, with a database at hand."""


def modules(room: Path) -> Iterator[str]:
    """Yield the dotted name of every module below the roots of a room."""
    for root in ROOTS:
        for file in sorted((room / root / "apiscape").rglob("*.py")):
            parts = file.relative_to(room / root).with_suffix("").parts
            if MIGRATIONS not in parts:
                yield ".".join(parts).removesuffix(".__init__")


def main() -> int:
    """Import them all, and say how many there are; what does not load ends this with its traceback."""
    names = list(modules(ROOM))
    for name in names:
        importlib.import_module(name)
    print(f"Python {sys.version.split()[0]} imports all {len(names)} modules")
    return 0 if names else 1


if __name__ == "__main__":
    sys.exit(main())
