"""Installs the sample distribution once, as any author's would be."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.gate import HERE


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample and install it into a folder of its own, without the network."""
    target = tmp_path_factory.mktemp("installed")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--no-index"),
            *("--target", str(target), str(HERE)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def installed(built: Path) -> Iterator[Path]:
    """Put the sample beside apiscape for the tests of a module; others must not find it."""
    sys.path.insert(0, str(built))
    importlib.invalidate_caches()
    yield built
    sys.path.remove(str(built))
    for name in [name for name in sys.modules if name.partition(".")[0] == "toygate"]:
        del sys.modules[name]
