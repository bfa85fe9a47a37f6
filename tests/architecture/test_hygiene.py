"""What is loaded at run time, seen from a child process: the import contracts cannot see it all."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from apiscape.cli.catalogue import PACKAGE, SUMMARIES

SDK = ("azure", "boto3", "botocore", "google", "kubernetes")
HTTP = ("aiohttp", "httpx", "litestar", "requests", "starlette", "urllib3", "uvicorn")
STORE = ("alembic", "psycopg", "sqlalchemy", "apiscape.store")
SCREEN = ("rich", "textual", "apiscape.tui")
HEAVY = (*SDK, *HTTP, *STORE, *SCREEN)

MODULES = {
    "apiscape.model": (*HEAVY, "click", "re2", "yaml"),
    "apiscape.errors": (*HEAVY, "click", "msgspec", "re2", "yaml"),
    "apiscape.query": (*HEAVY, "click", "yaml"),
    "apiscape.client": (*HEAVY, "click"),
    "apiscape.collectors.contract": HEAVY,
    "apiscape.collectors.registry": HEAVY,
    "apiscape.collectors.testing": (*SDK, *STORE, *SCREEN),
    "apiscape.collectors.kubernetes.provider": HEAVY,
    "apiscape.collect": HEAVY,
    "apiscape.reconcile": HEAVY,
    "apiscape.settings": HEAVY,
    "apiscape.cli.main": HEAVY,
    "apiscape.tui": (*SDK, *HTTP, *STORE),
    "apiscape.tui.app": (*SDK, *HTTP, *STORE),
    "apiscape.demo": HEAVY,
}

COMMANDS = (("--help",), ("version",), *((name, "--help") for name in SUMMARIES))

LOAD = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""

RUN = """
import json, sys
out, sys.argv = sys.argv[1], ["apiscape", *sys.argv[2:]]
try:
    from apiscape.cli.main import main
    sys.exit(main())
finally:
    with open(out, "w") as file:
        json.dump(sorted(sys.modules), file)
"""


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_nothing_that_it_must_not(module: str) -> None:
    written(module)
    done = child("-c", LOAD, module)
    assert done.returncode == 0, done.stderr
    assert offending(json.loads(done.stdout), MODULES[module]) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_light_command_loads_no_sdk_no_store_and_no_screen(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    written("apiscape.cli.main" if command[0] == "--help" else f"{PACKAGE}.{command[0]}")
    report = tmp_path / "modules.json"
    done = child("-c", RUN, str(report), *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert offending(json.loads(report.read_text("utf-8")), HEAVY) == []


def test_a_planted_import_is_seen(tmp_path: Path) -> None:
    (tmp_path / "innocent.py").write_text("import sqlite3, xml.dom\n", "utf-8")
    done = child("-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{LOAD}", "innocent")
    assert offending(json.loads(done.stdout), ("sqlite3", "xml.dom", "xml.sax")) == [
        "sqlite3",
        "xml.dom",
    ]


def test_a_name_that_only_begins_alike_is_not_taken_for_it() -> None:
    assert offending(["googlemaps", "richer", "google"], ("google", "rich")) == ["google"]


def written(module: str) -> None:
    """Skip while a module is not written yet."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"not written yet: {module}")


def offending(loaded: Iterable[str], forbidden: tuple[str, ...]) -> list[str]:
    """Return the forbidden names of which anything was loaded."""
    names = set(loaded)
    return sorted(
        name
        for name in forbidden
        if any(each == name or each.startswith(f"{name}.") for each in names)
    )


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on its own, without what coverage would load into it."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PATH": "", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
