"""Who may import whom: the contracts hold, and each is shown to catch a planted import."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.layers import configuration, layers
from tests.architecture.tree import ROOM, ROOTS

#: Runs the linter without `.pth` files, so that only the roots named on PYTHONPATH are seen.
LINT = "import sys; sys.path.append(sys.argv.pop(1)); from importlinter.cli import lint_imports_command as c; c()"


@dataclass(frozen=True)
class Import:
    """One planted statement: where, what, and the contract that must break."""

    module: str
    statement: str
    breaks: str


PLANTED = (
    Import("apiscape.model", "import apiscape.query", "layers"),
    Import("apiscape.errors", "import apiscape.model.x; import apiscape.client", "layers"),
    Import("apiscape.store", "import apiscape.collect", "layers"),
    Import("apiscape.store", "import apiscape.health", "layers"),
    Import("apiscape.collectors.contract", "import apiscape.collectors.aws", "layers"),
    Import("apiscape.demo", "import apiscape.tui", "layers"),
    Import("apiscape.query", "import apiscape.collectors.contract", "query-and-contract"),
    Import("apiscape.collectors.testing", "import apiscape.query", "query-and-contract"),
    Import("apiscape.serve", "import botocore.config", "sdk-rooms"),
    Import("apiscape.tui", "import boto3", "sdk-rooms"),
    Import("apiscape.tui", "import sqlalchemy", "tui-and-client"),
    Import("apiscape.tui", "import apiscape.serve; import apiscape.store", "tui-and-client"),
    Import("apiscape.client", "import apiscape.store", "tui-and-client"),
    Import("apiscape.client", "def late() -> None:\n    import aiohttp", "tui-and-client"),
    Import("apiscape.collect", "from apiscape.collectors.aws import x", "contract-only"),
    Import("apiscape.cli", "import apiscape.collectors.gcp", "contract-only"),
    Import("apiscape.collectors.aws", "import apiscape.collectors.azure", "providers-apart"),
    Import("apiscape.collectors.kubernetes", "import botocore.config", "sdk-of-its-own"),
    Import("apiscape.collectors.kubernetes", "import google.auth", "sdk-of-its-own"),
    Import("apiscape.collectors.aws", "import kubernetes.client", "sdk-of-its-own-aws"),
)


def test_the_project_keeps_every_contract() -> None:
    done = lint(ROOM)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contracts())} kept, 0 broken" in done.stdout


def test_a_tree_without_a_forbidden_import_passes(tmp_path: Path) -> None:
    house(tmp_path)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: f"{each.breaks}: {each.module}")
def test_a_planted_import_breaks_its_contract(planted: Import, tmp_path: Path) -> None:
    house(tmp_path)
    with home(tmp_path, planted.module).open("a", encoding="utf-8") as module:
        module.write(planted.statement + "\n")
    done = lint(tmp_path, "--contract", planted.breaks)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout


@pytest.mark.parametrize(
    "contract", [each["id"] for each in configuration(ROOM)["importlinter"]["contracts"]]
)
def test_every_contract_has_a_planted_import(contract: str) -> None:
    assert contract in {each.breaks for each in PLANTED}


def contracts() -> list[str]:
    return [each["id"] for each in configuration(ROOM)["importlinter"]["contracts"]]


def house(root: Path) -> None:
    """Write every module that the layers name, empty, under the project's own configuration."""
    (root / "pyproject.toml").write_text((ROOM / "pyproject.toml").read_text("utf-8"), "utf-8")
    for name in layers(root):
        path = home(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("apiscape.collectors.aws.x", "apiscape.model.x"):
        (home(root, name.rpartition(".")[0]).parent / "x.py").touch()
    home(root, "apiscape.collectors").touch()
    excepted = home(root, "apiscape.collectors.kubernetes").parent / "auth"
    excepted.mkdir()
    (excepted / "__init__.py").touch()
    (excepted / "eks.py").write_text("import botocore\n", "utf-8")


def home(root: Path, module: str) -> Path:
    """Return the file of a module that the layers name, in the root where it belongs."""
    top = {"apiscape.collectors": "collectors", "apiscape.tui": "tui"}.get(
        ".".join(module.split(".")[:2]), "agent"
    )
    path = root / top / Path(*module.split("."))
    single = module == "apiscape.errors" or (
        path.parent.name == "collectors"
        and path.name
        in {
            "contract",
            "registry",
            "testing",
        }
    )
    return path.with_suffix(".py") if single else path / "__init__.py"


def lint(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the checkout at `root`."""
    return subprocess.run(
        [
            *(sys.executable, "-S", "-c", LINT, sysconfig.get_path("purelib")),
            *("--config", str(root / "pyproject.toml"), "--no-cache", "--no-logo", *arguments),
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(root / top) for top in ROOTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
