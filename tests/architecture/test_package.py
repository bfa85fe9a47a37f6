"""What a user installs is what is in the tree: every module, nothing else, the same twice."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.architecture.layers import configuration
from tests.architecture.tree import ROOM, ROOTS, tracked

BUILD = (sys.executable, "-m", "build", "--no-isolation")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist of this checkout's tracked files."""
    source = copy(tmp_path_factory.mktemp("source"))
    return build(source, tmp_path_factory.mktemp("built"))


def test_the_wheel_holds_every_tracked_module_and_nothing_else(built: Path) -> None:
    held = {name for name in names(built) if ".dist-info/" not in name}
    assert held == {name.partition("/")[2] for name in tracked(ROOM) if name.split("/")[0] in ROOTS}


def test_the_wheel_says_how_to_start_it(built: Path) -> None:
    with zipfile.ZipFile(wheel(built)) as archive:
        (entry,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        text = archive.read(entry).decode()
    assert "apiscape = apiscape.cli.main:main" in text
    assert "aws.apigateway.rest = " in text


def test_the_wheel_carries_the_licence(built: Path) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names(built))


def test_the_sdist_makes_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "again")
    assert wheel(again).read_bytes() == wheel(built).read_bytes()


def test_the_three_roots_are_installed_in_place_too() -> None:
    target = configuration(ROOM)["hatch"]["build"]["targets"]["wheel"]
    assert target["dev-mode-dirs"] == list(ROOTS)
    assert target["packages"] == [f"{top}/apiscape" for top in ROOTS]


def copy(target: Path) -> Path:
    """Copy the tracked files, as a clone would have them."""
    for name in tracked(ROOM):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes((ROOM / name).read_bytes())
    return target


def build(source: Path, target: Path) -> Path:
    """Build both distributions of `source` into `target`, without a network."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [*BUILD, "--outdir", str(target), str(source)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def wheel(folder: Path) -> Path:
    (file,) = folder.glob("*.whl")
    return file


def names(folder: Path) -> list[str]:
    with zipfile.ZipFile(wheel(folder)) as archive:
        return archive.namelist()
