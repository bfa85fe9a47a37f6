"""What is tried on other Pythons before their tests: every module, and no file that is none."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tests.tools.imports import ROOM, modules


def test_every_module_is_named_as_it_is_imported() -> None:
    names = list(modules(ROOM))
    assert {"apiscape.cli.main", "apiscape.model", "apiscape.tui", "apiscape.errors"} <= set(names)
    assert len(names) == len(set(names)) > 400
    assert [name for name in names if importlib.util.find_spec(name) is None] == []


def test_what_is_loaded_by_path_is_left_out(tmp_path: Path) -> None:
    house = tmp_path / "agent" / "apiscape" / "store"
    (house / "migrations" / "versions").mkdir(parents=True)
    for name in ("__init__.py", "rows.py", "migrations/env.py", "migrations/versions/0001.py"):
        (house / name).touch()
    assert list(modules(tmp_path)) == ["apiscape.store", "apiscape.store.rows"]
